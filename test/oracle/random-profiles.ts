import { decodeReturnValue } from '../../src/action.js';
import { ARCHITECTURES, type Architecture } from '../../src/architecture.js';
import { createSimulator } from '../../src/bpf/index.js';
import { compileProfileSync, LIBSECCOMP_VERSIONS, type OwnCompileOptions } from '../../src/compiler/index.js';
import { RUNTIME_NAMES } from '../../src/compiler/runtime.js';
import type { Libseccomp } from '../../src/libseccomp/index.js';
import { listSyscalls } from '../../src/libseccomp/syscall-table.js';
import {
  type Argument,
  type Behaviour,
  type Call,
  dockerNames,
  type Entry,
  Evaluator,
  type Filter,
  multiplexedCode,
  type Profile,
  RUNTIMES,
  type Runtime,
  TWO_CONDITIONS,
} from './evaluate-profile.js';

/** Calls with something to them: multiplexed, absent from some architectures, the multiplexers themselves. */
const NAMES =
  'read write kill clone socket connect accept4 sendmmsg recv shmat semtimedop semop msgget openat personality socketcall ipc mseal mseal uprobe listns prctl'.split(
    ' ',
  );
const OPERATORS = 'NE LT LE EQ GE GT MASKED_EQ'.split(' ');
const VALUES = [0n, 1n, 2n, 3n, 16n, 0xffn, 0x7e020000n, 0x7fffffffn, 0x80000000n, 0xffffffffn];
/** Past 32 bits: both halves, one, and on both sides of where negative ints begin. */
const WIDE = [1n << 32n, (1n << 32n) + 5n, 0xffffffff00000000n, 1n << 63n, (1n << 64n) - 1n].concat(
  (1n << 64n) - (1n << 31n),
  (1n << 64n) - (1n << 31n) - 1n,
);
/** NOTIFY last: runtimes refuse it as the default. */
const ACTIONS = 'ALLOW ALLOW ERRNO ERRNO KILL_PROCESS KILL KILL_THREAD TRAP LOG TRACE NOTIFY'.split(' ');
const ERRNO_NAMES = ['EPERM', 'ENOSYS', 'EACCES'];
const CAPABILITIES = ['CAP_SYS_ADMIN', 'CAP_SYS_CHROOT', 'CAP_NET_ADMIN', 'CAP_BPF'];
/** Of calls that answer ENOSYS: between those that NAMES has, before all and after all. */
const NEWER_THAN = ['3.0', '4.2', '5.0', '6.9', '6.18', '7.3'];
const KERNELS = ['4.8', '4.19', '5.1', '5.10', '6.0'];
const FLAGS = ['TSYNC', 'LOG', 'SPEC_ALLOW', 'WAIT_KILLABLE_RECV'];
/** Two names of one pseudo-number (seccomp-syscalls.h, -10191): where the target has neither, libseccomp takes one for the other. */
const CONFUSED = ['switch_endian', 'sys_debug_setcontext'];
const CALLS = 60;

export interface Tally {
  compiled: number;
  calls: number;
  /** Calls on which more than one action is right. */
  ambiguous: number;
  /** How often each action was decided, and each runtime compiled for. */
  seen: Record<string, number>;
  /** By reason: the evaluator's, or libseccomp's by the error's code. */
  refused: Record<string, number>;
  differences: string[];
}

/**
 * Compile random profiles and ask program and evaluator about calls next to the profiles' values. A profile is its seed.
 * `more` wins over the options that are random too.
 */
export function compareRandomProfiles(
  libseccomp: Libseccomp,
  first: number,
  count: number,
  more: Partial<OwnCompileOptions> = {},
): Tally {
  const tally: Tally = { compiled: 0, calls: 0, ambiguous: 0, seen: {}, refused: {}, differences: [] };
  for (let seed = first; seed < first + count; seed++) new Comparison(libseccomp, seed, tally, more).run();
  return tally;
}

type Options = OwnCompileOptions & { behaviour: Behaviour };

class Comparison {
  readonly #random: Random;
  readonly #names: readonly string[];
  readonly #values: readonly bigint[];
  readonly #pool: readonly Architecture[];
  readonly #profile: Profile;
  readonly #options: Options;
  readonly #evaluator: Evaluator;

  constructor(
    readonly libseccomp: Libseccomp,
    readonly seed: number,
    readonly tally: Tally,
    readonly more: Partial<OwnCompileOptions>,
  ) {
    const random = new Random(seed);
    this.#random = random;
    const runtime = random.pick(RUNTIME_NAMES);
    // Mostly what the runtime takes.
    const refused = random.chance(0.9) ? RUNTIMES[runtime].refusedArchitectures : [];
    this.#pool = ARCHITECTURES.filter(({ name }) => !refused.includes(name.toUpperCase()));
    const target = random.pick(this.#pool);
    // Few names and values, so that rules meet.
    this.#names = random.some(random.chance(0.8) ? NAMES : allNames(libseccomp), 4);
    this.#values = random.some(random.chance(0.6) ? VALUES : [...VALUES, ...WIDE], 4);
    this.#profile = this.#makeProfile(target, runtime);
    this.#options = this.#makeOptions(target, runtime);
    const { capabilities = [], kernel, behaviour, libseccompVersion, enosysNewerThan } = this.#options;
    this.#evaluator = new Evaluator(libseccomp, this.#profile, {
      arch: target.name,
      behaviour,
      capabilities: capabilities.map((name) => `CAP_${name}`),
      kernel,
      enosysNewerThan,
      libseccomp: libseccompVersion,
      setsFlags: runtime === 'crun',
    });
  }

  run(): void {
    const { tally } = this;
    // Of libseccomp's, which takes one comparison for an argument.
    const isOfLibseccomp = (refusal: string) => this.more.optimize === 'min' && refusal === TWO_CONDITIONS;
    const refusals = this.#evaluator.refusals().filter((each) => !isOfLibseccomp(each));
    const compile = (more: Partial<OwnCompileOptions> = {}) => {
      const { behaviour: _, ...options } = this.#options;
      return compileProfileSync(this.#text(), { ...options, ...this.more, libseccomp: this.libseccomp, ...more });
    };
    let program: ReturnType<typeof compile>;
    try {
      program = compile();
    } catch (error) {
      const code = String((error as { code?: unknown }).code ?? error);
      count(tally.refused, refusals[0] ?? code);
      if (refusals.length > 0) return;
      // libseccomp refuses, and goes wrong, where several rules meet; whatever else is refused is refused by us.
      const isAsked = this.more.optimize !== 'min';
      const mayRefuse = isAsked && (this.#evaluator.hasRivals() || this.#names.some((name) => CONFUSED.includes(name)));
      if (!/^(MISCOMPILED|RULE_REFUSED|TOO_COMPLEX)$/.test(code) || !mayRefuse) {
        this.#differs(`refused: ${error}`);
      } else if (code === 'MISCOMPILED' && !/ where the same entries hold /.test(String(error))) {
        // A statement too: the program must be wrong on the call that is named, and not in what libseccomp has no part in.
        const simulator = createSimulator(compile({ verify: false }));
        const isWrong = (call: Call) => {
          const { right, holding } = this.#evaluator.answer(call);
          return holding !== 'stub' && !right.has(decide(simulator, call));
        };
        if (!this.#namedCalls(String(error)).some(isWrong)) this.#differs(`refused without reason: ${error}`);
      }
      return;
    }
    if (refusals.length > 0) {
      this.#differs(`not refused: ${refusals.join(', ')}`);
      return;
    }
    tally.compiled++;
    count(tally.seen, String(this.#options.runtime));
    const flags = [...new Set(this.#evaluator.flags)].map((flag) => `SECCOMP_FILTER_FLAG_${flag}`);
    if (flags.join() !== program.flags.join()) this.#differs(`flags ${program.flags.join()}, right ${flags.join()}`);
    else this.#askCalls(createSimulator(program));
  }

  #askCalls(simulator: ReturnType<typeof createSimulator>): void {
    const decisions = new Map<string, string>();
    for (let i = 0; i < CALLS; i++) {
      const call = this.#makeCall();
      const { right, holding } = this.#evaluator.answer(call);
      const got = decide(simulator, call);
      this.tally.calls++;
      count(this.tally.seen, got.replace(/\(.*/, ''));
      if (right.size > 1) this.tally.ambiguous++;
      const key = `${call.arch} ${call.nr} ${holding}`;
      const before = decisions.get(key) ?? got;
      decisions.set(key, before);
      const asked = `arch 0x${call.arch.toString(16)} nr ${call.nr} (${call.args.join(', ')})`;
      if (!right.has(got)) this.#differs(`${asked}: program ${got}, right ${[...right].join(' or ')}`);
      else if (right.size > 1 && got !== before)
        this.#differs(`${asked}: ${got}, and ${before} where the same rules hold`);
      else continue;
      return;
    }
  }

  #differs(how: string): void {
    const { libseccomp: _, ...options } = this.#options;
    this.tally.differences.push(`seed ${this.seed} ${JSON.stringify(options)}: ${how}\n${this.#text()}`);
  }

  /** 64-bit numbers as they are, which JSON.stringify cannot write. */
  #text(): string {
    const mark = (_: string, value: unknown) => (typeof value === 'bigint' ? `#${value}#` : value);
    return JSON.stringify(this.#profile, mark).replace(/"#(\d+)#"/g, '$1');
  }

  #makeOptions(target: Architecture, runtime: Runtime): Options {
    const random = this.#random;
    const options: Options = { arch: target.name, runtime, behaviour: { ...RUNTIMES[runtime] } };
    const { behaviour } = options;
    if (random.chance(0.5)) options.capabilities = random.some(CAPABILITIES, 3).map((name) => name.slice(4));
    if (random.chance(0.5)) options.kernel = random.pick([...KERNELS, '4.7', '5.9']);
    if (random.chance(0.1)) options.optimize = 2;
    if (random.chance(0.2)) options.libseccompVersion = random.pick(LIBSECCOMP_VERSIONS);
    // Pieces that win over the runtime's.
    if (random.chance(0.1)) {
      options.enosysStub = random.chance(0.5);
      behaviour.stub = options.enosysStub ? 'always' : 'never';
    }
    if (random.chance(0.1)) options.maskedOperands = behaviour.masks = random.pick(['mask-first', 'datum-first']);
    if (random.chance(0.2)) options.wideValues = behaviour.wide = random.pick(['exact', 'low-half']);
    if (random.chance(0.05)) options.emptyArgs = behaviour.emptyArgs = random.pick(['unconditional', 'no-rule']);
    if (random.chance(0.05)) options.errnoRet = behaviour.errnoRet = random.pick(['lenient', 'strict']);
    if (random.chance(0.05)) options.notifyGuards = behaviour.notifyGuards = random.chance(0.5);
    if (random.chance(0.1))
      options.conditions = behaviour.conditions = random.pick(['together', 'split-repeated', 'split-all']);
    if (random.chance(0.15)) options.enosysNewerThan = random.pick(NEWER_THAN);
    return options;
  }

  #makeProfile(target: Architecture, runtime: Runtime): Profile {
    const random = this.#random;
    const isDocker = random.chance(0.5);
    const alike = this.#pool.filter(({ endianness }) => endianness === target.endianness);
    const names = (most: number) =>
      random.some(random.chance(0.03) ? this.#pool : alike, most).map(({ ociName }) => ociName);
    const places: Partial<Profile> = {};
    if (isDocker && random.chance(0.5)) {
      places.archMap = random
        .some(alike, 3)
        .map(({ ociName }) => ({ architecture: ociName, subArchitectures: names(3) }));
      if (random.chance(0.7))
        places.archMap.splice(random.below(2), 0, { architecture: target.ociName, subArchitectures: names(3) });
    } else if (random.chance(0.7)) {
      places.architectures = [...(random.chance(0.7) ? [target.ociName] : []), ...names(3)];
      const takesNative = !RUNTIMES[runtime].refusedArchitectures.includes('NATIVE');
      if (!isDocker && random.chance(takesNative ? 0.2 : 0.02)) places.architectures.push('SCMP_ARCH_NATIVE');
    }
    const isGuarded = RUNTIMES[runtime].notifyGuards && random.chance(0.8);
    const { action, errnoRet, errno } = this.#makeAction(isDocker, isGuarded ? ACTIONS.slice(0, -1) : ACTIONS);
    const flags = random.chance(0.3) ? [] : random.some(FLAGS, 2);
    return {
      defaultAction: action,
      ...(errnoRet === undefined ? {} : { defaultErrnoRet: errnoRet }),
      ...(errno === undefined ? {} : { defaultErrno: errno }),
      ...places,
      ...(random.chance(0.9) ? { listenerPath: '/run/agent.sock' } : {}),
      ...(random.chance(0.15) ? { enosysNewerThan: random.pick(NEWER_THAN) } : {}),
      ...(random.chance(runtime === 'runc-1.1' ? 0.05 : 0.2)
        ? { flags: flags.map((flag) => `SECCOMP_FILTER_FLAG_${flag}`) }
        : {}),
      syscalls: Array.from({ length: 1 + random.below(6) }, () => this.#makeEntry(isDocker, target)),
    };
  }

  #makeAction(isDocker: boolean, actions = ACTIONS): Pick<Entry, 'action' | 'errnoRet' | 'errno'> {
    const random = this.#random;
    const action = `SCMP_ACT_${random.pick(actions)}`;
    if (!random.chance(/ERRNO|TRACE/.test(action) ? 0.7 : 0.03)) return { action };
    const errnoRet = random.pick([1, 38, 0, 4000, ...(action.endsWith('TRACE') ? [65535] : [])]);
    if (!isDocker || random.chance(0.6)) return { action, errnoRet };
    return { action, ...(random.chance(0.3) ? { errnoRet } : {}), errno: random.pick(ERRNO_NAMES) };
  }

  #makeEntry(isDocker: boolean, target: Architecture): Entry {
    const random = this.#random;
    const args = Array.from({ length: random.pick([0, 1, 1, 2, 3]) }, (): Argument => {
      const argument = { index: random.pick([0, 0, 1, 2, 5]), op: `SCMP_CMP_${random.pick(OPERATORS)}` };
      const valueTwo = random.chance(0.9) ? { valueTwo: random.pick(this.#values) } : {};
      return { ...argument, value: random.pick(this.#values), ...valueTwo };
    });
    const entry: Entry = { ...this.#makeAction(isDocker) };
    if (isDocker && random.chance(0.1)) entry.name = random.pick(this.#names);
    else entry.names = [...new Set(random.some(this.#names, 2)), ...(random.chance(0.02) ? ['no_such_call'] : [])];
    if (args.length > 0) entry.args = args;
    else if (random.chance(0.3)) entry.args = random.pick([[], null]);
    if (isDocker && random.chance(0.25)) entry.includes = this.#makeFilter(target);
    if (isDocker && random.chance(0.2)) entry.excludes = this.#makeFilter(target);
    return entry;
  }

  #makeFilter(target: Architecture): Filter {
    const random = this.#random;
    const arches = random.some(ARCHITECTURES, 2).flatMap(dockerNames);
    return {
      ...(random.chance(0.4) ? { arches: random.chance(0.6) ? [...arches, ...dockerNames(target)] : arches } : {}),
      ...(random.chance(0.4) ? { caps: random.pick([[], random.some(CAPABILITIES, 2)]) } : {}),
      ...(random.chance(0.4) ? { minKernel: random.pick(KERNELS) } : {}),
    };
  }

  /** A call that some entry is about, mostly, with arguments at and next to what entries ask for. */
  #makeCall(): Call {
    const random = this.#random;
    const architecture = random.chance(0.05)
      ? random.pick(ARCHITECTURES)
      : random.pick(this.#evaluator.architectures as Architecture[]);
    const name = random.pick(this.#names);
    const rewritten = this.libseccomp.resolveSyscallNameRewrite(name, architecture) ?? 0;
    const direct = this.libseccomp.resolveSyscallName(name, architecture) ?? 0;
    const odd = random.pick([0, 1, 359, 999, -1, -2, X32_BIT, X32_BIT + 1, 0x7fffffff, -(2 ** 31), direct ^ X32_BIT]);
    // Above the table too, and in its gaps.
    const any = () => random.pick(tableOf(this.libseccomp, architecture)).number + random.pick([0, 0, 1, 20]);
    const nr = random.chance(0.85) ? random.pick([rewritten, rewritten, direct]) : random.pick([odd, any()]);
    const beside = (value: bigint) => random.pick([value, value, value - 1n, value + 1n, value ^ (1n << 32n)]);
    const args = Array.from({ length: 6 }, () => beside(random.pick([...this.#values, 1n, 3n, 21n])));
    const conditions = random.pick(this.#profile.syscalls).args ?? [];
    if (random.chance(0.7))
      for (const { index, value, valueTwo } of conditions)
        args[index] = beside(random.chance(0.3) ? (valueTwo ?? 0n) : value);
    if (random.chance(0.5)) args[0] = multiplexedCode(name) ?? (args[0] as bigint);
    return { arch: architecture.auditArch, nr, args: unsigned(args) };
  }

  /** The calls that a MISCOMPILED error may speak of: by its own number, or by the multiplexer's. */
  #namedCalls(message: string): Call[] {
    const [, place = '', name = '', values = ''] = /: on (\S+), ([\w ]+)\((0x[^)]*)\) gives/.exec(message) ?? [];
    const architecture = ARCHITECTURES.find((each) => each.name === place);
    if (!architecture) return [];
    const args = unsigned(values.split(', ').map(BigInt));
    const own = listSyscalls(this.libseccomp, architecture).filter((each) => each.name === name);
    const number = /^system call (\d+)$/.exec(name)?.[1];
    const numbers = number
      ? [Number(number)]
      : [...own.map((each) => each.number), this.libseccomp.resolveSyscallNameRewrite(name, architecture)];
    return numbers.flatMap((nr) => (nr === undefined ? [] : [{ arch: architecture.auditArch, nr, args }]));
  }
}

const X32_BIT = 0x40000000;

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

function decide(simulator: ReturnType<typeof createSimulator>, call: Call): string {
  const { returnValue } = simulator.simulate({ ...call, instructionPointer: 0n });
  const decided = decodeReturnValue(returnValue);
  return decided.kind === 'ERRNO' || decided.kind === 'TRACE' ? `${decided.kind}(${decided.data})` : decided.kind;
}

function unsigned(args: readonly bigint[]): Call['args'] {
  return args.map((each) => BigInt.asUintN(64, each)) as unknown as Call['args'];
}

const tables = new Map<Architecture, ReturnType<typeof listSyscalls>>();

function tableOf(libseccomp: Libseccomp, architecture: Architecture): ReturnType<typeof listSyscalls> {
  const table = tables.get(architecture) ?? listSyscalls(libseccomp, architecture);
  tables.set(architecture, table);
  return table;
}

let everyName: string[] | undefined;

function allNames(libseccomp: Libseccomp): string[] {
  everyName ??= [
    ...new Set(ARCHITECTURES.flatMap((each) => listSyscalls(libseccomp, each).map(({ name }) => name))),
  ].sort();
  return everyName;
}

/** mulberry32: small, seeded, the same numbers everywhere. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  below(count: number): number {
    return Math.floor(this.#next() * count);
  }

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** One to `most` of them, some maybe twice. */
  some<T>(items: readonly T[], most: number): T[] {
    return Array.from({ length: 1 + this.below(most) }, () => this.pick(items));
  }
}
