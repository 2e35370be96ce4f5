import { mayRun } from '../../src/action.js';
import { parseArchitecture } from '../../src/architecture.js';
import { buildDecisionDiagram, terminalAction } from '../../src/bpf/decisions/decision-diagram.js';
import { DiagramStore, type Node } from '../../src/bpf/decisions/diagram-store.js';
import { implies } from '../../src/bpf/index.js';
import { compileParsedProfile } from '../../src/compiler/library.js';
import { ActionOrder } from '../../src/compose/algebra/action-order.js';
import { decisionAt } from '../../src/compose/algebra/asked-machine.js';
import { combineDecisions, type Operation } from '../../src/compose/algebra/operation.js';
import { ComposeError, intersectProfiles, subtractProfiles, unionProfiles } from '../../src/compose/index.js';
import { CompileError, ProfileError } from '../../src/index.js';
import type { Libseccomp } from '../../src/libseccomp/index.js';
import { readProfile } from '../../src/profile/index.js';
import type { ParsedProfile } from '../../src/profile/model/parsed-profile.js';

/** Plain calls, those with a number of their own on some architectures only, and those behind a multiplexer. */
const NAMES = 'read write open clone socket connect shmat ioctl personality prctl socketcall fork'.split(' ');
const DEFAULTS = ['ERRNO 1', 'ERRNO 1', 'ERRNO 38', 'ALLOW', 'KILL_PROCESS', 'KILL_THREAD', 'LOG', 'TRAP'];
const ACTIONS = [...DEFAULTS, 'ALLOW', 'ALLOW', 'ERRNO 13', 'ERRNO 0', 'TRACE 1', 'TRACE 2', 'NOTIFY'];
const OPERATORS = ['EQ', 'EQ', 'NE', 'LE', 'GE', 'LT', 'GT', 'MASKED_EQ'];
const VALUES = ['0', '1', '2', '3', '16', '255', '4294967295', '4294967296', '18446744073709551615'];
const ARCHITECTURES = [['X86_64'], ['X86_64', 'X86'], ['X86_64', 'X86', 'X32']];

/** What came of the triples of some seeds. */
export interface AlgebraTally {
  triples: number;
  /** Profiles made of two, exactly. */
  exact: number;
  /** Those of which only a stricter one exists. */
  stricter: number;
  /** Calls that a reference by rules decided. */
  byRules: number;
  problems: string[];
}

/** Check the laws of the algebra on random profiles, three at a time. A triple is its seed. */
export function checkRandomTriples(libseccomp: Libseccomp, first: number, count: number): AlgebraTally {
  const tally: AlgebraTally = { triples: 0, exact: 0, stricter: 0, byRules: 0, problems: [] };
  let own = libseccomp;
  for (let seed = first; seed < first + count; seed++) {
    const triple = new Triple(own, seed, tally);
    triple.check();
    own = triple.libseccomp;
  }
  return tally;
}

class Triple {
  #state: number;

  constructor(
    public libseccomp: Libseccomp,
    readonly seed: number,
    readonly tally: AlgebraTally,
  ) {
    this.#state = seed >>> 0;
  }

  check(): void {
    const inputs = [this.#profile(), this.#profile(), this.#profile()];
    const problem = (text: string) => this.tally.problems.push(`seed ${this.seed}: ${text}`);
    this.tally.triples++;
    const store = new DiagramStore();
    const roots = inputs.map(({ program }) => buildDecisionDiagram(program, { store }).root);
    const order = this.#one([[], [], ['EPERM', 'ENOSYS'], ['NOTIFY', 'TRACE']]);
    for (const law of brokenLaws(store, roots, order)) problem(law);
    const profiles = inputs.map(({ profile }) => profile);
    for (const difference of differencesFromRules(store, { roots, profiles, libseccomp: this.libseccomp })) {
      problem(difference);
    }
    this.tally.byRules += namesByRules(profiles).length;
    const [a, b] = profiles as [ParsedProfile, ParsedProfile];
    for (const [name, compose] of Object.entries({ intersectProfiles, unionProfiles, subtractProfiles })) {
      const options = { arch: 'x86_64', libseccomp: this.libseccomp };
      const exact = unlessInexpressible(() => compose([a, b], options));
      if (!exact && name === 'unionProfiles') continue; // a stricter one is not implied by its inputs
      let program: Uint8Array;
      let differences: readonly string[];
      try {
        const composed = exact ?? compose([a, b], { ...options, stricter: true });
        ({ differences } = composed);
        const { profile } = composed;
        program = compileParsedProfile(profile, { ...options, unknownSyscall: 'ignore' }).program;
      } catch (error) {
        if (error instanceof ComposeError) continue;
        problem(`${name}: ${String(error)}`);
        continue;
      }
      this.tally[exact ? 'exact' : 'stricter']++;
      const [first, second] = [inputs[0]!.program, inputs[1]!.program];
      const proofs: Record<string, [Uint8Array, Uint8Array][]> = {
        intersectProfiles: [
          [program, first],
          [program, second],
        ],
        unionProfiles: [
          [first, program],
          [second, program],
        ],
        subtractProfiles: [[program, first]],
      };
      for (const [less, more] of proofs[name]!) {
        const { holds, ...why } = implies(less, more);
        const call = 'counterexample' in why ? why.counterexample : undefined;
        // An architecture of which no call may run was left out, and a warning says so.
        const isSaid = call && differences.length > 0 && !mayRun(call.a) && !mayRun(call.b);
        if (!holds && !isSaid)
          problem(`${name}: ${JSON.stringify(why, (_, v) => (typeof v === 'bigint' ? `${v}` : v))}`);
      }
    }
  }

  /** One that libseccomp compiles. */
  #profile(): { profile: ParsedProfile; program: Uint8Array } {
    for (;;) {
      const profile = readProfile(this.#section(), { format: 'oci', notifyGuards: false });
      try {
        const { program } = compileParsedProfile(profile, { arch: 'x86_64', libseccomp: this.libseccomp });
        return { profile, program };
      } catch (error) {
        if (!(error instanceof CompileError || error instanceof ProfileError)) throw error;
        // What is too complex for libseccomp ends its instance.
        if (!this.libseccomp.usable) this.libseccomp = this.libseccomp.another();
      }
    }
  }

  #section(): object {
    const syscalls = Array.from({ length: 1 + this.#below(6) }, () => ({
      names: [...new Set(Array.from({ length: 1 + this.#below(3) }, () => this.#one(NAMES)))],
      ...actionKeys(this.#one(ACTIONS), 'action', 'errnoRet'),
      args: this.#below(2) === 0 ? [] : Array.from({ length: 1 + this.#below(2) }, (_, index) => this.#argument(index)),
    }));
    return {
      ...actionKeys(this.#one(DEFAULTS), 'defaultAction', 'defaultErrnoRet'),
      architectures: this.#one(ARCHITECTURES).map((name) => `SCMP_ARCH_${name}`),
      syscalls,
    };
  }

  #argument(index: number): object {
    const op = this.#one(OPERATORS);
    const value = BigInt(this.#one(VALUES));
    const masked = op === 'MASKED_EQ' && { valueTwo: BigInt(this.#one(VALUES)) & value };
    return { index: BigInt(index), op: `SCMP_CMP_${op}`, value, ...masked };
  }

  #one<T>(all: readonly T[]): T {
    return all[this.#below(all.length)] as T;
  }

  /** mulberry32 */
  #below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  }
}

function actionKeys(text: string, actionKey: string, errnoKey: string): object {
  const [name, data] = text.split(' ');
  return { [actionKey]: `SCMP_ACT_${name}`, ...(data === undefined ? {} : { [errnoKey]: BigInt(data) }) };
}

function unlessInexpressible<Made>(make: () => Made): Made | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof ComposeError && error.code === 'NOT_EXPRESSIBLE') return undefined;
    throw error;
  }
}

const X86_64 = parseArchitecture('x86_64');

/** What a profile answers to a call by its rules alone: undefined where more than one is about it, or one compares arguments. */
function answerByRules({ seccomp }: ParsedProfile, name: string): string | undefined {
  const [own, ...others] = (seccomp.syscalls ?? []).filter(({ names }) => names?.includes(name));
  if (others.length > 0 || own?.args?.length) return undefined;
  const [action, errno] = own ? [own.action, own.errnoRet] : [seccomp.defaultAction, seccomp.defaultErrnoRet];
  return `${action.replace('SCMP_ACT_', '')} ${errno ?? 0}`;
}

/** The calls of which all profiles say it so. */
const namesByRules = (profiles: readonly ParsedProfile[]): string[] =>
  [...NAMES, 'getpid'].filter((name) => profiles.every((each) => answerByRules(each, name) !== undefined));

const KINDS = ['KILL_PROCESS', 'KILL_THREAD', 'TRAP', 'ERRNO', 'NOTIFY', 'LOG', 'ALLOW'];

/** The order of docs/guides/compose.md, in numbers: the strictest is the least. */
function rankByRules(answer: string): number {
  const [kind, data] = answer.split(' ') as [string, string];
  const rank = KINDS.indexOf(kind === 'TRACE' ? 'NOTIFY' : kind) * 1e5;
  return kind !== 'ERRNO' ? rank : rank + (['38', '0'].includes(data) ? -Number(data) : 4096 - Number(data));
}

/** The stricter of two answers, or the weaker one. Of those who ask another process neither is: then it is EPERM, or LOG. */
function pickByRules(operation: Operation, one: string, other: string): string {
  const [less, more] = rankByRules(one) <= rankByRules(other) ? [one, other] : [other, one];
  if (one !== other && rankByRules(one) === rankByRules(other)) return operation === 'union' ? 'LOG 0' : 'ERRNO 1';
  return operation === 'union' ? more : less;
}

/** Where a function of decisions is not what names and their rules say. */
function* differencesFromRules(
  store: DiagramStore,
  given: { roots: readonly Node[]; profiles: readonly ParsedProfile[]; libseccomp: Libseccomp },
): Generator<string> {
  const { roots, profiles, libseccomp } = given;
  const settings = { order: new ActionOrder([], 'x86_64'), denied: { kind: 'ERRNO', data: 1 } } as const;
  for (const operation of ['intersect', 'union'] as const) {
    const root = combineDecisions(store, operation, roots, settings);
    for (const name of namesByRules(profiles)) {
      const number = libseccomp.resolveSyscallName(name, X86_64);
      if (number === undefined || number < 0) continue;
      const answers = profiles.map((each) => answerByRules(each, name)!);
      const expected = answers.reduce((one, other) => pickByRules(operation, one, other));
      const node = decisionAt(store, root, X86_64, number);
      const action = store.isTerminal(node) ? terminalAction(store, node) : undefined;
      const got = action && `${action.kind} ${'data' in action ? action.data : 0}`;
      if (got !== expected) yield `${operation} of ${name}: ${got} for ${expected}, of ${answers}`;
    }
  }
}

/** The laws that do not hold for three functions of one store, by diagram: equal functions are equal nodes. */
function brokenLaws(store: DiagramStore, [a, b, c]: readonly Node[], order: readonly string[] = []): string[] {
  const settings = { order: new ActionOrder(order, 'x86_64'), denied: { kind: 'ERRNO', data: 1 } } as const;
  const operate =
    (operation: Operation) =>
    (...nodes: (Node | undefined)[]) =>
      combineDecisions(store, operation, nodes as Node[], settings);
  const [and, or, minus] = [operate('intersect'), operate('union'), operate('subtract')];
  const laws: Record<string, readonly [Node, Node | undefined]> = {
    'intersection is idempotent': [and(a, a), a],
    'union is idempotent': [or(a, a), a],
    'intersection is commutative': [and(a, b), and(b, a)],
    'union is commutative': [or(a, b), or(b, a)],
    'intersection is associative': [and(and(a, b), c), and(a, and(b, c))],
    'union is associative': [or(or(a, b), c), or(a, or(b, c))],
    'intersection absorbs union': [and(a, or(a, b)), a],
    'union absorbs intersection': [or(a, and(a, b)), a],
    'several are one after the other': [and(a, b, c), and(and(a, b), c)],
    'what was taken away stays away': [minus(minus(a, b), b), minus(a, b)],
    'a difference of a union is of each': [minus(a, or(b, c)), minus(a, b, c)],
  };
  return Object.entries(laws).flatMap(([law, [one, other]]) => (one === other ? [] : [law]));
}
