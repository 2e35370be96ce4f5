import { type Architecture, findArchitecture } from '../../../architecture.js';
import { nearestName } from '../../../nearest-name.js';
import { syscallSignature } from '../../../syscalls/signature.js';
import { syscallNumber } from '../../../syscalls/syscall-name.js';
import { CALL_ARGUMENTS } from './call-arguments.js';
import { kafelName, RENAMED, WIDER } from './names.js';

export interface KafelArgument {
  readonly name: string;
  /** How many bits a comparison of it alone looks at. */
  readonly bits: 32 | 64;
}

/** The targets that kafel compiles for, by the names that ON has. */
export const TARGETS: ReadonlyMap<string, Architecture> = new Map(
  Object.entries({
    x86_64: 'x86_64',
    x86: 'x86',
    arm: 'arm',
    aarch64: 'aarch64',
    mips: 'mips',
    mips64: 'mips64',
    riscv64: 'riscv64',
    m68k: 'm68k',
  }).map(([name, ours]) => [name, findArchitecture(ours)!]),
);

let calls: Map<string, readonly KafelArgument[]> | undefined;

function knownCalls(): ReadonlyMap<string, readonly KafelArgument[]> {
  if (calls) return calls;
  calls = new Map();
  for (const line of CALL_ARGUMENTS.trim().split('\n')) {
    const colon = line.indexOf(':');
    const given = line.slice(colon + 1).trim();
    const parameters = given === '' ? [] : given.split(' ').map(argumentOf);
    for (const name of line.slice(0, colon).split(' ')) calls.set(name, parameters);
  }
  return calls;
}

const argumentOf = (word: string): KafelArgument =>
  word.endsWith('*') ? { name: word.slice(0, -1), bits: 64 } : { name: word, bits: 32 };

export interface KafelCall {
  /** libseccomp's name. */
  readonly name: string;
  /** That of what it is on targets that have both. */
  readonly wider: string | undefined;
  readonly arguments: readonly KafelArgument[];
}

/** A call by kafel's name of it; undefined where it has none. */
export function kafelCall(word: string): KafelCall | undefined {
  const known = knownCalls().get(word);
  const name = RENAMED.get(word) ?? word;
  if (known) return { name, wider: WIDER.get(name), arguments: known };
  // The calls that other targets have and x86_64 has not.
  const isElsewhere = [...TARGETS.values()].some((target) => syscallNumber(name, target.name) !== undefined);
  if (!isElsewhere || kafelName(word) !== word || syscallNumber(name, 'x86_64') !== undefined) return undefined;
  const parameters = syscallSignature(name) ?? [];
  const own = parameters.map(({ name, bits }) => ({ name, bits: bits === 64 ? 64 : 32 }) as const);
  return { name, wider: undefined, arguments: own };
}

/** The call that a wrong name most likely means. */
export function nearestKafelCall(word: string): string | undefined {
  return kafelName(word) !== word ? kafelName(word) : nearestName(word, knownCalls().keys());
}
