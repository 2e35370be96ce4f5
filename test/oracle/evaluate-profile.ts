import { type Architecture, type ArchitectureName, parseArchitecture } from '../../src/architecture.js';
import { errnoNumber } from '../../src/errno.js';
import type { Libseccomp } from '../../src/libseccomp/index.js';
import { listSyscalls, lookUpSyscallName, type SyscallEntry } from '../../src/libseccomp/syscall-table.js';
import { VERSION_TABLES, type VersionTable } from '../../src/libseccomp/version-tables.js';
import { firstLinux } from '../../src/syscalls/first-linux.js';

// What a profile means, call by call. It is written from the OCI runtime spec (config-linux.md, "Seccomp"), Moby's
// profiles/seccomp and docs/runtimes.md. It shares nothing with src/compiler, src/profile and src/check: their programs
// are compared with it. It is slow and plain on purpose.

export interface Argument {
  index: number;
  op: string;
  value: bigint;
  valueTwo?: bigint;
}

export interface Filter {
  arches?: string[];
  caps?: string[];
  minKernel?: string;
}

export interface Entry {
  name?: string;
  names?: string[];
  action: string;
  errnoRet?: number;
  errno?: string;
  args?: Argument[] | null;
  includes?: Filter;
  excludes?: Filter;
}

export interface Profile {
  defaultAction: string;
  defaultErrnoRet?: number;
  defaultErrno?: string;
  architectures?: string[];
  archMap?: { architecture: string; subArchitectures?: string[] }[];
  flags?: string[];
  listenerPath?: string;
  enosysNewerThan?: string;
  syscalls: Entry[];
}

/** What docs/runtimes.md says that runtimes differ in, as far as it changes decisions, flags or refusals. */
export interface Behaviour {
  defaultFlags: readonly string[];
  stub: 'never' | 'where architectures are listed' | 'always';
  conditions: 'together' | 'split-repeated' | 'split-all';
  emptyArgs: 'unconditional' | 'no-rule';
  masks: 'mask-first' | 'datum-first';
  wide: 'exact' | 'low-half';
  errnoRet: 'lenient' | 'strict';
  notifyGuards: boolean;
  needsListenerPath: boolean;
  /** Without prefixes. */
  refusedFlags: readonly string[];
  refusedArchitectures: readonly string[];
}

export const TWO_CONDITIONS = 'two conditions on one argument';
const FLAGS = ['TSYNC', 'LOG', 'SPEC_ALLOW', 'WAIT_KILLABLE_RECV'];
const LIBSECCOMP: Behaviour = {
  defaultFlags: [],
  stub: 'never',
  conditions: 'split-repeated',
  emptyArgs: 'unconditional',
  masks: 'mask-first',
  wide: 'exact',
  errnoRet: 'lenient',
  notifyGuards: true,
  needsListenerPath: false,
  refusedFlags: [],
  refusedArchitectures: [],
};
/** Of no use to containers; runc and youki have no name for them. */
const RARE = ['M68K', 'PARISC', 'PARISC64', 'SHEB', 'SH'];

export type Runtime = 'libseccomp' | 'runc' | 'runc-1.1' | 'crun' | 'youki' | 'youki-0.6';

export const RUNTIMES: Readonly<Record<Runtime, Behaviour>> = {
  libseccomp: LIBSECCOMP,
  runc: {
    ...LIBSECCOMP,
    needsListenerPath: true,
    defaultFlags: ['SPEC_ALLOW'],
    stub: 'always',
    wide: 'low-half',
    refusedArchitectures: ['NATIVE', ...RARE],
  },
  'runc-1.1': {
    ...LIBSECCOMP,
    needsListenerPath: true,
    stub: 'where architectures are listed',
    wide: 'low-half',
    refusedFlags: FLAGS,
    refusedArchitectures: ['NATIVE', 'LOONGARCH64', 'RISCV64', ...RARE],
  },
  crun: {
    ...LIBSECCOMP,
    defaultFlags: ['SPEC_ALLOW'],
    wide: 'low-half',
    errnoRet: 'strict',
    notifyGuards: false,
    refusedArchitectures: ['NATIVE'],
  },
  youki: { ...LIBSECCOMP, needsListenerPath: true, wide: 'low-half', masks: 'datum-first' },
  'youki-0.6': {
    ...LIBSECCOMP,
    needsListenerPath: true,
    wide: 'low-half',
    conditions: 'split-all',
    emptyArgs: 'no-rule',
    masks: 'datum-first',
    refusedFlags: ['WAIT_KILLABLE_RECV'],
    refusedArchitectures: ['LOONGARCH64', ...RARE],
  },
};

/** Where the profile is to be used. */
export interface Host {
  arch: ArchitectureName;
  behaviour: Behaviour;
  /** Full names, `CAP_SYS_ADMIN`. */
  capabilities: readonly string[];
  /** "X.Y"; undefined: newer than any. */
  kernel?: string | undefined;
  /** Wins over the profile's own. */
  enosysNewerThan?: string | undefined;
  /** Whose names count; undefined: every name that the one here knows. */
  libseccomp?: keyof typeof VERSION_TABLES | undefined;
  /** crun sets flags by itself, the others have libseccomp do it. */
  setsFlags?: boolean | undefined;
}

export interface Call {
  arch: number;
  nr: number;
  args: readonly [bigint, bigint, bigint, bigint, bigint, bigint];
}

/** Actions as text, `ERRNO(1)`, `KILL_THREAD`; where rules with different actions hold at once, any of them is right. */
export interface Evaluation {
  right: ReadonlySet<string>;
  /** Which rules hold: calls of one number that are alike in that must have the same decision. */
  holding: string;
}

/** What one entry says of a number: on one architecture a condition may be left out, or never hold. */
interface Rule {
  tests: readonly Test[];
  action: string;
}
type Test = (args: readonly bigint[]) => boolean;

/** linux/net.h, SYS_…, from 1. */
const SOCKET_CALLS =
  'socket bind connect listen accept getsockname getpeername socketpair send recv sendto recvfrom shutdown setsockopt getsockopt sendmsg recvmsg accept4 recvmmsg sendmmsg'.split(
    ' ',
  );
/** linux/ipc.h. */
const IPC_CALLS: Readonly<Record<string, number>> = {
  semop: 1,
  semget: 2,
  semctl: 3,
  semtimedop: 4,
  msgsnd: 11,
  msgrcv: 12,
  msgget: 13,
  msgctl: 14,
  shmat: 21,
  shmdt: 22,
  shmget: 23,
  shmctl: 24,
};

/** What argument 0 of `socketcall` or `ipc` is for a call that they reach. */
export function multiplexedCode(name: string): bigint | undefined {
  const code = IPC_CALLS[name] ?? SOCKET_CALLS.indexOf(name) + 1;
  return code > 0 ? BigInt(code) : undefined;
}

const X32_BIT = 0x40000000;
const MINUS_ONE = 0xffffffff;

export class Evaluator {
  readonly #target: Architecture;
  readonly #architectures: readonly Architecture[];
  readonly #entries: readonly Entry[];
  readonly #fallback: string;
  readonly #rules: ReadonlyMap<Architecture, ReadonlyMap<number, readonly Rule[]>>;
  readonly #newest: ReadonlyMap<Architecture, number>;

  constructor(
    readonly libseccomp: Libseccomp,
    readonly profile: Profile,
    readonly host: Host,
  ) {
    this.#target = parseArchitecture(host.arch);
    this.#architectures = this.#listArchitectures();
    this.#entries = profile.syscalls.filter((entry) => this.#applies(entry));
    this.#fallback = this.#action(profile.defaultAction, profile.defaultErrnoRet, profile.defaultErrno);
    this.#rules = new Map(this.#architectures.map((each) => [each, this.#rulesOf(each)]));
    this.#newest = new Map(this.#architectures.map((each) => [each, this.#newestNumber(each)]));
  }

  get architectures(): readonly Architecture[] {
    return this.#architectures;
  }

  /** The flags of seccomp(2), without their prefix. */
  get flags(): readonly string[] {
    const { flags } = this.profile;
    return flags?.map((name) => name.replace('SECCOMP_FILTER_FLAG_', '')) ?? this.host.behaviour.defaultFlags;
  }

  /** Why there is no filter to be had; none of libseccomp's own reasons. */
  refusals(): string[] {
    const { behaviour } = this.host;
    const { defaultAction, defaultErrnoRet, defaultErrno, syscalls } = this.profile;
    const refusals: string[] = [];
    if (behaviour.notifyGuards) {
      // Before anything else is looked at: of entries too that do not apply.
      if (defaultAction === 'SCMP_ACT_NOTIFY') refusals.push('NOTIFY as the default');
      if (syscalls.some((entry) => entry.action === 'SCMP_ACT_NOTIFY' && namesOf(entry).includes('write')))
        refusals.push('NOTIFY on write');
    }
    if (
      behaviour.needsListenerPath &&
      !this.profile.listenerPath &&
      this.#entries.some(({ action }) => action === 'SCMP_ACT_NOTIFY')
    )
      refusals.push('NOTIFY without a listener');
    if (behaviour.errnoRet === 'strict') {
      const useless = (action: string, number: number | undefined, name: string | undefined) =>
        !/_(ERRNO|TRACE)$/.test(action) && (number !== undefined || name !== undefined);
      if (
        useless(defaultAction, defaultErrnoRet, defaultErrno) ||
        this.#entries.some(({ action, errnoRet, errno }) => useless(action, errnoRet, errno))
      )
        refusals.push('an errno with an action that has none');
    }
    const { libseccomp: version, setsFlags } = this.host;
    if (this.#architectures.some(({ name }) => this.#version?.architectures.includes(name)))
      refusals.push("an architecture that the host's libseccomp lacks");
    if (version?.startsWith('2.5.') && !setsFlags && this.flags.includes('WAIT_KILLABLE_RECV'))
      refusals.push("a flag that the host's libseccomp lacks");
    const isRefused = (names: readonly string[], refused: readonly string[]) =>
      names.some((name) => refused.includes(name.replace(/^SCMP_ARCH_|^SECCOMP_FILTER_FLAG_/, '')));
    if (isRefused(this.profile.flags ?? [], behaviour.refusedFlags)) refusals.push('a flag');
    if (isRefused(this.#listed(), behaviour.refusedArchitectures)) refusals.push('an architecture');
    if (new Set(this.#architectures.map(({ endianness }) => endianness)).size > 1) refusals.push('mixed byte order');
    if (behaviour.conditions === 'together') {
      // What cannot hold makes no rule, and what always does is no condition of one.
      const repeats = ({ args }: Entry, architecture: Architecture) => {
        const made = (args ?? []).map((argument) => this.#condition(argument, architecture));
        return made.every(({ meaning }) => meaning !== 'never') && repeatsArgument(made.filter(isCondition));
      };
      const isCondition = ({ meaning }: { meaning: string }) => meaning !== 'always';
      if (this.#ruleEntries().some((entry) => this.#architectures.some((each) => repeats(entry, each))))
        refusals.push(TWO_CONDITIONS);
    }
    return refusals;
  }

  /** Whether several rules are about one call: without that libseccomp has no reason to refuse one, or to go wrong. */
  hasRivals(): boolean {
    const byNumber = [...this.#rules.values()].some((numbers) =>
      [...numbers.values()].some((rules) => rules.length > 1),
    );
    // libseccomp compares the rules of a name that no architecture of the filter has, too.
    const named = this.#ruleEntries().flatMap((entry) => this.#alternatives(entry).flatMap(() => this.#known(entry)));
    return byNumber || new Set(named).size < named.length;
  }

  answer({ arch, nr, args }: Call): Evaluation {
    const one = (action: string, holding: string): Evaluation => ({ right: new Set([action]), holding });
    const number = nr >>> 0;
    const here = this.#architectures.filter(({ auditArch }) => auditArch === arch);
    const [first] = here;
    if (!first) return one('KILL_THREAD', 'architecture');
    const x32 = here.find(({ name }) => name === 'x32');
    const plain = here.find(({ name }) => name !== 'x32');
    const isX86 = x32 !== undefined || first.name === 'x86_64';

    if (this.#hasStub()) {
      // runc looks at bit 30 alone (patchbpf/enosys_linux.go, generateEnosysStub, "jset (1<<30)").
      const asked = isX86 ? ((number & X32_BIT) !== 0 ? x32 : plain) : first;
      const newest = asked ? (this.#newest.get(asked) ?? 0) : 0;
      const isSetup = number === 0 && (first.name === 's390' || first.name === 's390x');
      if (newest > 0 && (number > newest || isSetup))
        return one(`ERRNO(${errnoNumber('ENOSYS', this.#target.name)})`, 'stub');
    }
    // A tracer cancels a call with number -1, which is x86_64's where that is in the filter.
    const ofX32 = isX86 && number >= X32_BIT && (number !== MINUS_ONE || !plain);
    const applies = ofX32 ? x32 : plain;
    if (!applies) return one('KILL_THREAD', 'abi');
    if (this.#isNewer(applies, number)) return one(`ERRNO(${errnoNumber('ENOSYS', this.#target.name)})`, 'newer');
    const rules = this.#rules.get(applies)?.get(number) ?? [];
    const whole = rules.find(({ tests }) => tests.length === 0);
    if (whole) return one(whole.action, 'whole');
    const holding = rules.flatMap(({ tests }, index) => (tests.every((holds) => holds(args)) ? [index] : []));
    if (holding.length === 0) return one(this.#fallback, '');
    return { right: new Set(holding.map((index) => (rules[index] as Rule).action)), holding: holding.join(' ') };
  }

  #hasStub(): boolean {
    const { stub } = this.host.behaviour;
    const isWanted = stub === 'always' || (stub !== 'never' && this.#listed().length > 0);
    return isWanted && !/^(ALLOW|LOG|TRACE)/.test(this.#fallback);
  }

  /** What the runtime is given to read: Docker and Podman make a list of `archMap`, by the target. */
  #listed(): readonly string[] {
    const { architectures = [], archMap } = this.profile;
    if (!archMap?.length) return architectures;
    const mapped = archMap.find(({ architecture }) => architecture === this.#target.ociName);
    return mapped ? [mapped.architecture, ...(mapped.subArchitectures ?? [])] : [];
  }

  /** The target is in the filter whether listed or not. */
  #listArchitectures(): Architecture[] {
    const parsed = this.#listed().map((name) => (name === 'SCMP_ARCH_NATIVE' ? this.#target : parseArchitecture(name)));
    return [...new Set([this.#target, ...parsed])];
  }

  /** Moby, profiles/seccomp/seccomp_linux.go, setupSeccomp. */
  #applies({ includes = {}, excludes = {} }: Entry): boolean {
    const { capabilities } = this.host;
    const isHere = (arches: readonly string[]) => dockerNames(this.#target).some((name) => arches.includes(name));
    const has = (capability: string) => capabilities.includes(capability);
    if (excludes.arches && isHere(excludes.arches)) return false;
    if (excludes.caps?.some(has)) return false;
    if (excludes.minKernel && this.#isKernelFrom(excludes.minKernel)) return false;
    if (includes.arches?.length && !isHere(includes.arches)) return false;
    if (includes.caps?.length && !includes.caps.every(has)) return false;
    return !includes.minKernel || this.#isKernelFrom(includes.minKernel);
  }

  #isKernelFrom(least: string): boolean {
    return this.host.kernel === undefined || isFrom(this.host.kernel, least);
  }

  /** docs/runtimes.md, "Calls that are newer": came after the Linux that is given, and no entry here names it. */
  #isNewer(architecture: Architecture, number: number): boolean {
    const least = this.host.enosysNewerThan ?? this.profile.enosysNewerThan;
    if (least === undefined || number === MINUS_ONE) return false;
    const calls = callsOf(this.libseccomp, architecture);
    const own = calls.get(number);
    if (!own) {
      // ARM's own calls are far above all others, and not newer than they.
      const least = architecture.name === 'x32' ? X32_BIT : 0;
      return number > Math.max(...[...calls.keys()].filter((each) => each < least + 0x2000));
    }
    if (this.#entries.some((entry) => this.#known(entry).some((name) => this.#numberOf(name, architecture) === number)))
      return false;
    return own.every((name) => {
      const { version, revision } = firstLinux(name, architecture);
      return !isFrom(least, `${version}.${revision}`);
    });
  }

  #numberOf(name: string, architecture: Architecture): number | undefined {
    const known = lookUp(this.libseccomp, name).find((each) => each.architecture === architecture.name);
    return known?.number === undefined ? undefined : known.number >>> 0;
  }

  /** Podman's errno names win over numbers. */
  #action(action: string, number: number | undefined, name: string | undefined): string {
    const kind = action.replace('SCMP_ACT_', '');
    if (kind === 'KILL') return 'KILL_THREAD';
    if (kind !== 'ERRNO' && kind !== 'TRACE') return kind;
    return `${kind}(${(name === undefined ? number : errnoNumber(name, this.#target.name)) ?? 1})`;
  }

  /** Entries that say anything: one that has the default's action is none, nor one without a known name. */
  #ruleEntries(): Entry[] {
    const isRule = ({ action, errnoRet, errno }: Entry) => this.#action(action, errnoRet, errno) !== this.#fallback;
    return this.#entries.filter((entry) => isRule(entry) && this.#known(entry).length > 0);
  }

  /** The names of an entry that the host's libseccomp knows. */
  #known(entry: Entry): string[] {
    const isKnown = (name: string) => this.libseccomp.resolveSyscallName(name, this.#target) !== undefined;
    return namesOf(entry).filter((name) => isKnown(name) && !this.#version?.unknown.includes(name));
  }

  get #version(): VersionTable | undefined {
    return this.host.libseccomp && VERSION_TABLES[this.host.libseccomp];
  }

  #rulesOf(architecture: Architecture): Map<number, Rule[]> {
    const rules = new Map<number, Rule[]>();
    for (const entry of this.#ruleEntries()) {
      const action = this.#action(entry.action, entry.errnoRet, entry.errno);
      for (const alternative of this.#alternatives(entry)) {
        const made = alternative.map((argument) => this.#condition(argument, architecture));
        if (made.some(({ meaning }) => meaning === 'never')) continue;
        const asked = made.filter(({ meaning }) => meaning === 'asked');
        const add = (number: number, tests: Test[]) =>
          rules.set(number >>> 0, [...(rules.get(number >>> 0) ?? []), { tests, action }]);
        for (const name of this.#known(entry)) {
          const known = lookUp(this.libseccomp, name).find((each) => each.architecture === architecture.name);
          if (known?.number !== undefined) {
            const tests = asked.map(({ test }) => test);
            add(known.number, tests);
          }
          if (known?.multiplexer) {
            // Argument 0 says which call it is; conditions on the others are asked of the multiplexer's own arguments.
            // libseccomp compares all of its bits, of which the kernel on a 64-bit architecture takes the low half alone.
            const code = multiplexedCode(name);
            const others = asked.filter(({ index }) => index !== 0).map(({ test }) => test);
            add(known.multiplexer.number, [
              ([first]) => BigInt.asUintN(architecture.wordSize, first as bigint) === code,
              ...others,
            ]);
          }
        }
      }
    }
    return rules;
  }

  /** The lists of conditions of which one must hold whole. */
  #alternatives({ args }: Entry): Argument[][] {
    const { conditions, emptyArgs } = this.host.behaviour;
    // Docker and Podman leave an empty list out when they hand a profile on.
    if (args?.length === 0 && emptyArgs === 'no-rule' && !isDockerFormat(this.profile)) return [];
    const all = args ?? [];
    const isSplit = conditions === 'split-all' || (conditions === 'split-repeated' && repeatsArgument(all));
    return isSplit && all.length > 0 ? all.map((each) => [each]) : [all];
  }

  /** A condition where arguments have the architecture's width. */
  #condition({ index, op, value, valueTwo = 0n }: Argument, { wordSize }: Architecture) {
    const { masks, wide } = this.host.behaviour;
    const isMask = op === 'SCMP_CMP_MASKED_EQ';
    const isSwapped = isMask && masks === 'datum-first';
    let mask = isMask ? (isSwapped ? valueTwo : value) : 2n ** 64n - 1n;
    let datum = (isMask ? (isSwapped ? value : valueTwo) : value) & mask;
    // A negative int with its sign extended means its low half.
    const isNegative = datum >= 2n ** 64n - 2n ** 31n;
    if (wordSize === 32 && (wide === 'low-half' || isNegative)) {
      mask = BigInt.asUintN(32, mask);
      datum = BigInt.asUintN(32, datum);
    }
    const test: Test = (args) => {
      const argument = BigInt.asUintN(wordSize, args[index] as bigint) & mask;
      switch (op) {
        case 'SCMP_CMP_NE':
          return argument !== datum;
        case 'SCMP_CMP_LT':
          return argument < datum;
        case 'SCMP_CMP_LE':
          return argument <= datum;
        case 'SCMP_CMP_GT':
          return argument > datum;
        case 'SCMP_CMP_GE':
          return argument >= datum;
        default:
          return argument === datum;
      }
    };
    let meaning: 'asked' | 'always' | 'never' | 'no-bits' = 'asked';
    if (wordSize === 32 && datum > 0xffffffffn) {
      meaning = /_(NE|LT|LE)$/.test(op) ? 'always' : 'never';
    } else if (BigInt.asUintN(wordSize, mask) === 0n) {
      // libseccomp makes no comparison of a mask without bits (db.c, _db_arg_cmp_need_lo), so an entry with nothing else
      // is one for all arguments: the first of those decides, also before a later one without any condition.
      meaning = 'no-bits';
    }
    return { index, meaning, test };
  }

  #newestNumber(architecture: Architecture): number {
    const names = this.#entries.flatMap((entry) => this.#known(entry));
    return Math.max(0, ...names.map((name) => this.libseccomp.resolveSyscallName(name, architecture) ?? 0));
  }
}

const calls = new Map<Architecture, ReadonlyMap<number, readonly string[]>>();

/** The names of each number. */
function callsOf(libseccomp: Libseccomp, architecture: Architecture): ReadonlyMap<number, readonly string[]> {
  const known = calls.get(architecture);
  if (known) return known;
  const named = new Map<number, string[]>();
  for (const { name, number } of listSyscalls(libseccomp, architecture)) {
    named.set(number >>> 0, [...(named.get(number >>> 0) ?? []), name]);
  }
  calls.set(architecture, named);
  return named;
}

function isFrom(kernel: string, least: string): boolean {
  const [a = 0, b = 0] = kernel.split('.').map(Number);
  const [c = 0, d = 0] = least.split('.').map(Number);
  return a > c || (a === c && b >= d);
}

export function isDockerFormat({ archMap, defaultErrno, enosysNewerThan, syscalls }: Profile): boolean {
  const hasDockerKey = ({ name, errno, includes, excludes }: Entry) =>
    [name, errno, includes, excludes].some((value) => value !== undefined);
  const hasKey = [archMap, defaultErrno, enosysNewerThan].some((value) => value !== undefined);
  return hasKey || syscalls.some(hasDockerKey);
}

/** Go's names, which Docker's `arches` has. */
export function dockerNames({ name }: Architecture): string[] {
  const other: Partial<Record<ArchitectureName, string[]>> = {
    x86_64: ['amd64'],
    aarch64: ['arm64'],
    loongarch64: ['loong64'],
    mipsel64n32: ['mipsel64n32', 'mips3l64n32'],
  };
  return other[name] ?? [name];
}

function namesOf({ name, names }: Entry): string[] {
  return name ? [name] : (names ?? []);
}

function repeatsArgument(args: readonly { index: number }[]): boolean {
  return new Set(args.map(({ index }) => index)).size < args.length;
}

const looked = new WeakMap<Libseccomp, Map<string, SyscallEntry[]>>();

function lookUp(libseccomp: Libseccomp, name: string): SyscallEntry[] {
  const known = looked.get(libseccomp) ?? new Map<string, SyscallEntry[]>();
  looked.set(libseccomp, known);
  const entries = known.get(name) ?? lookUpSyscallName(libseccomp, name);
  known.set(name, entries);
  return entries;
}
