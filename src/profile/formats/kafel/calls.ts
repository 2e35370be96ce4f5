import { ARCHITECTURES, type Architecture } from '../../../architecture.js';
import { nearestName } from '../../../nearest-name.js';
import { syscallSignature } from '../../../syscalls/signature.js';
import { syscallNumber } from '../../../syscalls/syscall-name.js';
import { CALL_ARGUMENTS, OLDER_CALL_ARGUMENTS } from './call-arguments.js';
import { hasWord, isRenamed, kafelName, libseccompName, TARGETS } from './names.js';

export interface KafelArgument {
  readonly name: string;
  /** How many bits a comparison of it alone looks at. */
  readonly bits: 32 | 64;
}

type KnownCalls = ReadonlyMap<string, readonly KafelArgument[]>;

let calls: KnownCalls | undefined;
let olderCalls: KnownCalls | undefined;

function callsOf(table: string): KnownCalls {
  const calls = new Map<string, readonly KafelArgument[]>();
  for (const line of table.trim().split('\n')) {
    const colon = line.indexOf(':');
    const given = line.slice(colon + 1).trim();
    const parameters = given === '' ? [] : given.split(' ').map(argumentOf);
    for (const name of line.slice(0, colon).split(' ')) calls.set(name, parameters);
  }
  return calls;
}

/** The calls of x86_64. */
function knownCalls(): KnownCalls {
  calls ??= callsOf(CALL_ARGUMENTS);
  return calls;
}

const argumentOf = (word: string): KafelArgument =>
  word.endsWith('*') ? { name: word.slice(0, -1), bits: 64 } : { name: word, bits: 32 };

export interface KafelCall {
  /** libseccomp's names of it, and on which architectures it is this one; undefined where no other has a call of the name. */
  readonly names: ReadonlyMap<string, ReadonlySet<Architecture> | undefined>;
  readonly arguments: readonly KafelArgument[];
}

/** A call by kafel's name of it, on some of its targets or, undefined, on any; undefined where it has none. */
export function kafelCall(word: string, guard?: ReadonlySet<Architecture>): KafelCall | undefined {
  const known = knownCalls().get(word);
  if (guard?.size || !known) {
    if (![...(guard ?? TARGETS.values())].some((target) => hasWord(word, target.name))) return undefined;
    // Who writes for x86_64 means the call that kafel calls otherwise there.
    if (!guard && syscallNumber(word, 'x86_64') !== undefined) return undefined;
  }
  const names = namesOf(word, guard, known !== undefined);
  return { names, arguments: known ?? elsewhere(word, [...names.keys()][0]!) };
}

/** The arguments of a call that x86_64 has not. */
function elsewhere(word: string, name: string): readonly KafelArgument[] {
  olderCalls ??= callsOf(OLDER_CALL_ARGUMENTS);
  const older = olderCalls.get(word) ?? knownCalls().get(word.replace(/16$/, ''));
  return older ?? (syscallSignature(name) ?? []).map(({ name, bits }) => ({ name, bits: bits === 64 ? 64 : 32 }));
}

function namesOf(word: string, guard: ReadonlySet<Architecture> | undefined, isKnown: boolean): KafelCall['names'] {
  if (!isRenamed(word)) return new Map([[word, guard]]);
  const found = new Map<string, Set<Architecture>>();
  const isMeant = (name: string, target: Architecture) =>
    isKnown || hasWord(word, target.name) || (name === word && syscallNumber(name, target.name) !== undefined);
  for (const target of guard ?? TARGETS.values()) {
    const name = libseccompName(word, target.name);
    if (isMeant(name, target)) found.set(name, (found.get(name) ?? new Set()).add(target));
  }
  if (guard) return found;
  // kafel does not compile for the others: there it is each of these.
  const rest = isKnown ? ARCHITECTURES.filter((each) => !TARGETS.has(each.name)) : [];
  const names = new Map<string, ReadonlySet<Architecture> | undefined>();
  for (const [name, on] of found) {
    const isElsewhere = [...TARGETS.values()].some(
      (each) => !on.has(each) && syscallNumber(name, each.name) !== undefined,
    );
    names.set(name, isElsewhere ? new Set([...on, ...rest]) : undefined);
  }
  return names;
}

/** The call that a wrong name most likely means. */
export function nearestKafelCall(word: string): string | undefined {
  return kafelName(word) !== word ? kafelName(word) : nearestName(word, knownCalls().keys());
}
