import type { ArchitectureName } from '../architecture.js';

/** Which bits of an argument to learn from. */
export interface ArgumentMask {
  /** 0..5 */
  readonly index: number;
  readonly mask: bigint;
}

/** The observed bits of an argument, and their values. */
export interface ObservedArgument extends ArgumentMask {
  /** Within `mask`. */
  readonly value: bigint;
}

/** System calls of one kind that were seen. */
export interface ObservedCall {
  readonly architecture: ArchitectureName;
  /** libseccomp's name. */
  readonly name: string;
  /** By index. A missing argument was not observed, or the source does not have it. */
  readonly args: readonly ObservedArgument[];
  /** How many calls. */
  readonly count: number;
}

/** The arguments of a call that distinguish its kinds. */
export type ArgumentMasks = (name: string, architecture: ArchitectureName) => readonly ArgumentMask[];

/**
 * How many kinds of one call are kept apart; past that all are one, without arguments. A program that counts through an
 * argument would otherwise fill the memory, and nobody would read so many entries.
 */
export const MAX_KINDS = 256;

interface CountedCall {
  readonly architecture: ArchitectureName;
  readonly name: string;
  readonly masks: readonly ArgumentMask[];
  readonly byValues: Map<string, { args: readonly ObservedArgument[]; count: number }>;
  isMerged: boolean;
}

/**
 * A tally of system calls: of each kind there is one entry, however often it was made.
 *
 * @example
 * ```js
 * import { learnedArguments, Observations } from 'libseccomp-wasm/learn';
 *
 * const observations = new Observations(learnedArguments);
 * observations.add({ architecture: 'x86_64', name: 'personality', args: [0n] });
 * observations.add({ architecture: 'x86_64', name: 'personality', args: [0n] }, 2);
 * const [{ name, args, count }] = observations.calls();
 * console.log(name, args[0].value, count); // personality 0n 3
 * ```
 */
export class Observations {
  readonly #masks: ArgumentMasks;
  readonly #byArchitecture = new Map<ArchitectureName, Map<string, CountedCall>>();
  /** In the order they were seen first. */
  readonly #calls: CountedCall[] = [];

  /** Without `masks` no arguments are kept. */
  constructor(masks: ArgumentMasks = () => []) {
    this.#masks = masks;
  }

  /** Count a call. `args` are its registers, 64 bits unsigned each; undefined where the source does not have them. */
  add(
    logged: {
      architecture: ArchitectureName;
      name: string;
      args: readonly (bigint | undefined)[];
    },
    count = 1,
  ): void {
    const call = this.#kindsOf(logged.architecture, logged.name);
    // The reader of a log parses arguments when they are asked for.
    const args = call.masks.length > 0 && !call.isMerged ? logged.args : [];
    const kept = call.masks.flatMap(({ index, mask }): ObservedArgument[] => {
      const value = args[index];
      return value === undefined ? [] : [{ index, mask, value: value & mask }];
    });
    const key = kept.length === 0 ? '' : kept.map(({ index, value }) => `${index}=${value}`).join();
    const known = call.byValues.get(key);
    if (known) {
      known.count += count;
      return;
    }
    call.byValues.set(key, { args: kept, count });
    if (call.byValues.size > MAX_KINDS) this.#merge(call);
  }

  #kindsOf(architecture: ArchitectureName, name: string): CountedCall {
    let calls = this.#byArchitecture.get(architecture);
    if (calls === undefined) {
      calls = new Map();
      this.#byArchitecture.set(architecture, calls);
    }
    const known = calls.get(name);
    if (known) return known;
    const masks = this.#masks(name, architecture);
    const call: CountedCall = { architecture, name, masks, byValues: new Map(), isMerged: false };
    calls.set(name, call);
    this.#calls.push(call);
    return call;
  }

  #merge(call: CountedCall): void {
    const count = [...call.byValues.values()].reduce((sum, kind) => sum + kind.count, 0);
    call.byValues.clear();
    call.byValues.set('', { args: [], count });
    call.isMerged = true;
  }

  /** What was seen, in the order it was seen first. */
  calls(): ObservedCall[] {
    return this.#calls.flatMap(({ architecture, name, byValues }) =>
      [...byValues.values()].map(({ args, count }) => ({ architecture, name, args, count })),
    );
  }

  /** Names of calls with more than {@link MAX_KINDS} kinds, which are counted without arguments. */
  merged(): string[] {
    return [...new Set(this.#calls.filter(({ isMerged }) => isMerged).map(({ name }) => name))];
  }
}
