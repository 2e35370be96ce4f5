import { decodeReturnValue, formatAction } from '../../src/action.js';
import { type ArchitectureName, parseArchitecture } from '../../src/architecture.js';
import { dnfDiagram, equalTo } from '../../src/bpf/decisions/condition.js';
import { createDiagramBuilder } from '../../src/bpf/decisions/decision-diagram.js';
import { DiagramStore, FALSE, type Node, TRUE } from '../../src/bpf/decisions/diagram-store.js';
import type { FilterProgram } from '../../src/bpf/program/program.js';
import type { Libseccomp } from '../../src/libseccomp/index.js';
import { numberFinder } from '../../src/libseccomp/syscall-table.js';
import type { Action } from '../../src/policy.js';
import { type Argument, multiplexedCode } from './evaluate-profile.js';

/** Where a call is made: at a number, and behind a multiplexer with the number of the call in argument 0. */
export interface Way {
  nr: number;
  /** Whether argument 0 is taken by the number of the call. */
  code?: bigint | undefined;
  /** Whether all of a 64-bit argument 0 is that number, and not what the kernel reads of it alone. */
  isWhole?: boolean | undefined;
}

const ALL = (1n << 64n) - 1n;
const OUTSIDE = 2 ** 32;

/** A program, to be asked what calls get: for all their arguments, by its decision diagram and nothing of the compiler. */
export class AskedProgram {
  readonly #build: (call: { arch: number; nr: number }) => Node;
  readonly #ownNumber: ReturnType<typeof numberFinder>;

  constructor(
    readonly filter: FilterProgram & { arches: readonly ArchitectureName[] },
    readonly libseccomp: Libseccomp,
    /** What is asked is put together here; in one store, two programs decide a call alike where their nodes are the same. */
    readonly store: DiagramStore = new DiagramStore(),
  ) {
    this.#build = createDiagramBuilder(filter, { store: this.store }).build;
    this.#ownNumber = numberFinder(libseccomp);
  }

  /** All numbers that a call is made by on an architecture. */
  ways(name: string, arch: ArchitectureName, through?: string): Way[] {
    const architecture = parseArchitecture(arch);
    const multiplexer = /^(sem|msg|shm)/.test(name) ? 'ipc' : 'socketcall';
    const code = multiplexedCode(name);
    const own = this.libseccomp.resolveSyscallName(name, architecture);
    const ways: Way[] = [];
    if (through === undefined) {
      const number = code === undefined ? own : this.#ownNumber(name, architecture);
      if (number !== undefined && number >= 0) ways.push({ nr: number });
    }
    if (code !== undefined && (own === undefined || own < 0)) {
      const nr = this.libseccomp.resolveSyscallName(multiplexer, architecture);
      if (nr !== undefined && nr >= 0) ways.push({ nr, code });
    }
    return ways;
  }

  /** Which calls meet all conditions, however they are made. */
  where(
    arch: ArchitectureName,
    { code, isWhole }: Pick<Way, 'code' | 'isWhole'>,
    conditions: readonly Argument[],
  ): Node {
    const { store } = this;
    const width = parseArchitecture(arch).wordSize === 32 ? 0xffffffffn : ALL;
    const meant = code === undefined ? conditions : conditions.filter(({ index }) => Number(index) !== 0);
    return [
      ...meant.map((condition) => this.#holds(condition, width)),
      ...(code === undefined ? [] : [equalTo(store, 0, isWhole ? width : 0xffffffffn, code)]),
    ].reduce((all, each) => store.and(all, each), TRUE);
  }

  /** What calls get whose arguments meet all conditions, as `ERRNO(EPERM)`. */
  actions(arch: ArchitectureName, way: Way, conditions: readonly Argument[] = []): string[] {
    return this.actionsWhere(arch, way.nr, this.where(arch, way, conditions));
  }

  /** What calls of a number get for which a function of their arguments holds. */
  actionsWhere(arch: ArchitectureName, nr: number, holds: Node): string[] {
    return [...new Set(this.#terminals(arch, nr, holds).map((terminal) => this.#action(terminal, arch)))].sort();
  }

  /** The calls of a number that get an action. */
  whereGiven(arch: ArchitectureName, nr: number, action: string): Node {
    const { store } = this;
    return store.map(this.decision(arch, nr), (each) => (this.#action(each, arch) === action ? TRUE : FALSE));
  }

  /** An action in words, as the kernel takes it. */
  says(action: Action, arch: ArchitectureName): string {
    return formatAction(action, arch);
  }

  /** What a word of an architecture that may be none, and a number, get. */
  decisionAt(auditArch: number, nr: number): Node {
    return this.#build({ arch: auditArch, nr });
  }

  actionsOf(node: Node): string[] {
    return [...this.store.terminalsOf(node)].map((terminal) => this.#action(terminal)).sort();
  }

  /** The decisions of a number. */
  decision(arch: ArchitectureName, nr: number): Node {
    return this.#build({ arch: parseArchitecture(arch).auditArch, nr });
  }

  #terminals(arch: ArchitectureName, nr: number, holds: Node): Node[] {
    const { store } = this;
    const outside = store.terminal(OUTSIDE);
    const asked = store.ite(holds, this.decision(arch, nr), outside);
    return [...store.terminalsOf(asked)].filter((terminal) => terminal !== outside);
  }

  #action(terminal: Node, arch?: ArchitectureName): string {
    const action = decodeReturnValue(this.store.valueOf(terminal) as number);
    return action.kind === 'UNKNOWN' ? 'KILL_PROCESS' : formatAction(action, arch);
  }

  /** What a call gets however it is made, whatever its arguments. */
  fate(name: string, arch: ArchitectureName): string[] {
    return [...new Set(this.ways(name, arch).flatMap((way) => this.actions(arch, way)))].sort();
  }

  #holds({ index, op, value, valueTwo = 0n }: Argument, width: bigint): Node {
    const store = this.store;
    const wide = BigInt(value);
    const field = Number(index) as 0 | 1 | 2 | 3 | 4 | 5;
    // Bits past the width are the argument's that has none: the comparison comes out one way.
    const between = (from: bigint, to: bigint) =>
      from > to || from > width
        ? FALSE
        : dnfDiagram(store, [[{ kind: 'between', field, mask: width, from, to: to > width ? width : to }]]);
    const narrow = width !== ALL && wide >= ALL - 0x7fffffffn ? wide & width : wide;
    const equal = narrow > width ? FALSE : equalTo(store, field, width, narrow);
    switch (op.replace('SCMP_CMP_', '')) {
      case 'EQ':
        return equal;
      case 'NE':
        return store.not(equal);
      case 'LT':
        return narrow === 0n ? FALSE : between(0n, narrow - 1n);
      case 'LE':
        return between(0n, narrow);
      case 'GE':
        return between(narrow, ALL);
      case 'GT':
        return narrow === ALL ? FALSE : between(narrow + 1n, ALL);
      case 'MASKED_EQ': {
        const datum = BigInt(valueTwo) & wide;
        const isSignExtended = width !== ALL && datum >= ALL - 0x7fffffffn;
        if (datum > width && !isSignExtended) return FALSE;
        return equalTo(store, field, wide & width, datum & width);
      }
      default:
        throw new Error(`no operator ${op}`);
    }
  }
}

export const mayRun = (action: string) => action === 'ALLOW' || action === 'LOG';
