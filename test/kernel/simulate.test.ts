import { readFileSync } from 'node:fs';
import { endianness as hostEndianness } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hostArchitecture } from '../../native-loader/index.js';
import { parseArchitecture } from '../../src/architecture.js';
import {
  createSimulator,
  encodeProgram,
  type Instruction,
  Opcode,
  readProgram,
  type SeccompData,
} from '../../src/bpf/index.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { ALLOW, AUDIT_ARCH_I386, doubleWord, op, validProgram, word } from '../bpf/programs.js';
import fc from '../fast-check.js';
import { type CProgram, compileC, hostWords } from './c-program.js';
import { describeKernel } from './child.js';

const host = parseArchitecture(hostArchitecture());
const order = hostEndianness() === 'LE' ? 'little' : 'big';
const libseccomp = loadLibseccompSync();

/** How many of the minimiser's programs are loaded. */
const LOADED = Number(process.env.FUZZ_LOADED ?? 50);

interface Call {
  /** i386's system call instruction, from a 64-bit process. */
  int80: boolean;
  nr: number;
  args: SeccompData['args'];
}
interface Trial {
  instructions: readonly Instruction[];
  calls: readonly Call[];
}

const getppid = (architecture: string) => {
  const number = libseccomp.resolveSyscallName('getppid', parseArchitecture(architecture));
  if (number === undefined || number < 0) throw new Error(`no getppid on ${architecture}`);
  return number;
};
/** Numbers no kernel has, so that letting one through does nothing; below and above x32's bit. */
const UNUSED = [0x1000, 0x1001, 0x1002, 0x7fff, 0x40001000, 0x7fffffff, 0x80000000, 0xffffffff];

/** Constants near what the calls carry, so that comparisons go either way. */
const interesting = [0n, 1n, 2n, 0x28n, 0xffffffffn, 0x100000000n, 0x100000001n, 0x7fffffffffffffffn, (1n << 64n) - 1n];
const argument = fc.oneof(fc.constantFrom(...interesting), doubleWord);
const returnValue = fc.oneof(
  fc.constantFrom(ALLOW, 0x7ffc0000, 0x7ff00000, 0x7fc00000, 0, 0x80000000, 0x12340000, 0x7fff0007),
  fc.nat({ max: 0xffff }).map((data) => (0x00050000 | data) >>> 0),
  fc.nat({ max: 0xffff }).map((data) => (0x00030000 | data) >>> 0),
  word,
);

describeKernel('simulate, asked beside this kernel', () => {
  let kernel: CProgram;
  beforeAll(() => {
    kernel = compileC('call-under-filters');
  });
  afterAll(() => kernel?.remove());

  /** What the kernel did, and what the simulator says it does, in the same words. */
  function ask(trials: readonly Trial[]) {
    const input = trials.flatMap(({ instructions, calls }) => [
      hostWords(instructions.length, calls.length),
      encodeProgram(instructions, order),
      ...calls.flatMap(({ int80, nr, args }) => [
        hostWords(int80 ? 1 : 0, nr),
        new Uint8Array(BigUint64Array.from(args).buffer),
      ]),
    ]);
    const [native, i386, pid, ...outcomes] = kernel.lines(Buffer.concat(input));
    const address = (line = '') => (line.endsWith('none') ? undefined : BigInt(line.split(' ')[1] as string));
    return { native: address(native)!, i386: address(i386), pid: Number(address(pid)), outcomes };
  }

  function expected(
    simulator: ReturnType<typeof createSimulator>,
    { int80, nr, args }: Call,
    { native, i386, pid }: ReturnType<typeof ask>,
  ): string {
    const arch = int80 ? AUDIT_ARCH_I386 : host.auditArch;
    const instructionPointer = int80 ? i386! : native;
    const { returnValue: value, action } = simulator.simulate({ nr, arch, instructionPointer, args });
    switch (action.kind) {
      case 'ALLOW':
      case 'LOG':
        return nr === getppid(int80 ? 'x86' : host.name) ? `returned ${pid}` : 'returned -38';
      // There is neither a tracer nor a listener: ENOSYS (seccomp(2)).
      case 'TRACE':
      case 'NOTIFY':
        return 'returned -38';
      case 'ERRNO':
        return `returned ${-action.data}`;
      case 'TRAP':
        return `trap ${value & 0xffff} ${nr | 0} ${arch} ${instructionPointer}`;
      default:
        return action.kind.toLowerCase();
    }
  }

  /** Every call where the two disagree, and how often each kind of outcome was seen. */
  function compare(trials: readonly Trial[]) {
    const answer = ask(trials);
    const { outcomes } = answer;
    let at = 0;
    const disagreements = trials.flatMap(({ instructions, calls }) => {
      const simulator = createSimulator({ instructions, endianness: order });
      return calls.flatMap((call) => {
        const kernelDid = outcomes[at++];
        const simulated = expected(simulator, call, answer);
        return kernelDid === simulated ? [] : [{ call, kernelDid, simulated, instructions }];
      });
    });
    expect(at).toBe(outcomes.length);
    const kinds: Record<string, number> = {};
    for (const outcome of outcomes) {
      const kind = outcome.split(' ')[0] as string;
      kinds[kind] = (kinds[kind] ?? 0) + 1;
    }
    return { disagreements: disagreements.slice(0, 3), kinds };
  }

  /**
   * With i386's where this kernel takes them. Made from 64-bit code, a filter sees the whole of their 64-bit registers,
   * though the call itself has 32 bits of each.
   */
  function anyCall(numbers: readonly number[] = UNUSED): fc.Arbitrary<Call> {
    const calls = (int80: boolean, ...more: number[]) =>
      fc.record({
        int80: fc.constant(int80),
        nr: fc.constantFrom(...numbers, ...more),
        args: fc.tuple(argument, argument, argument, argument, argument, argument),
      });
    const native = calls(false, getppid(host.name), getppid(host.name));
    return takesI386() ? fc.oneof(native, native, calls(true, getppid('x86'))) : native;
  }

  let i386: boolean | undefined;
  function takesI386(): boolean {
    i386 ??= ask([{ instructions: [op(Opcode.RET_K, ALLOW)], calls: [] }]).i386 !== undefined;
    return i386;
  }

  it('on random programs of all operations', () => {
    const trials = fc.sample(
      fc.record({
        instructions: validProgram(undefined, returnValue),
        calls: fc.array(anyCall(), { minLength: 20, maxLength: 40 }),
      }),
      200,
    );
    const { disagreements, kinds } = compare(trials);
    expect(disagreements).toEqual([]);
    expect(Object.keys(kinds).sort()).toEqual(['kill_process', 'kill_thread', 'returned', 'trap']);
    expect(Object.values(kinds).reduce((sum, count) => sum + count)).toBeGreaterThan(4000);
  });

  it('on every operation of the accumulator with every pair of corner values', () => {
    const corners = [0, 1, 2, 31, 32, 33, 63, 64, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];
    const load = (index: number) => op(Opcode.LD_ABS, 16 + 8 * index + (order === 'little' ? 0 : 4));
    // The result is shown as an errno, 12 bits at a time; argument 2 says from which bit on.
    const shown = [
      op(Opcode.ST, 0),
      load(2),
      op(Opcode.TAX),
      op(Opcode.LD_MEM, 0),
      op(Opcode.RSH_X),
      op(Opcode.AND_K, 0xfff),
      op(Opcode.OR_K, 0x00050000),
      op(Opcode.RET_A),
    ];
    const calls = (a: number, x: number): Call[] =>
      [0, 12, 24].map((shift) => ({
        int80: false,
        nr: 0x1000,
        args: [BigInt(a), BigInt(x), BigInt(shift), 0n, 0n, 0n],
      }));
    const operations = Object.values(Opcode).filter((code) => (code & 0x07) === 0x04);
    const trials: Trial[] = operations.flatMap((code) => {
      if (code === Opcode.NEG || (code & 0x08) !== 0) {
        return {
          instructions: [load(1), op(Opcode.TAX), load(0), op(code), ...shown],
          calls: corners.flatMap((a) => corners.flatMap((x) => calls(a, x))),
        };
      }
      const isShift = code === Opcode.LSH_K || code === Opcode.RSH_K;
      return corners
        .filter((k) => (isShift ? k < 32 : code !== Opcode.DIV_K || k !== 0))
        .map((k) => ({
          instructions: [load(0), op(code, k), ...shown],
          calls: corners.flatMap((a) => calls(a, 0)),
        }));
    });
    const { disagreements, kinds } = compare(trials);
    expect(disagreements).toEqual([]);
    // Division by an X of 0, and nothing else.
    expect(kinds.kill_thread).toBe(3 * corners.length);
    expect(kinds.returned).toBeGreaterThan(5000);
  });

  it('on what registers and memory hold at the start, on lengths and on the instruction pointer', () => {
    const returned = (...instructions: Instruction[]): Trial => ({
      instructions: [...instructions, op(Opcode.AND_K, 0xfff), op(Opcode.OR_K, 0x00050000), op(Opcode.RET_A)],
      calls: [
        { int80: false, nr: 0x1000, args: [1n, 2n, 3n, 4n, 5n, 6n] },
        ...(takesI386() ? [{ int80: true, nr: 0x1000, args: [1n, 2n, 3n, 4n, 5n, 6n] } as const] : []),
      ],
    });
    const everyWord = Array.from({ length: 16 }, (_, index) => returned(op(Opcode.LD_ABS, 4 * index)));
    const everyWordsTop = Array.from({ length: 16 }, (_, index) =>
      returned(op(Opcode.LD_ABS, 4 * index), op(Opcode.RSH_K, 20)),
    );
    const trials = [
      returned(),
      returned(op(Opcode.TXA)),
      returned(op(Opcode.LD_LEN)),
      returned(op(Opcode.LDX_LEN), op(Opcode.TXA)),
      returned(op(Opcode.LD_IMM, 0x123), op(Opcode.STX, 15), op(Opcode.LD_MEM, 15)),
      ...everyWord,
      ...everyWordsTop,
    ];
    expect(compare(trials).disagreements).toEqual([]);
  });

  it('on filters that libseccomp made', () => {
    const profile = readFileSync(new URL('../../examples/container-default.json', import.meta.url));
    const conditions = (op: string, value: number, valueTwo = 0) => ({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [
        { names: ['getppid'], action: 'SCMP_ACT_ERRNO', errnoRet: 34, args: [{ index: 1, value, valueTwo, op }] },
      ],
    });
    const profiles: (Uint8Array | object)[] = [
      profile,
      ...['SCMP_CMP_EQ', 'SCMP_CMP_NE', 'SCMP_CMP_LT', 'SCMP_CMP_LE', 'SCMP_CMP_GT', 'SCMP_CMP_GE'].flatMap((op) =>
        [1, 0xffffffff, 0x100000001].map((value) => conditions(op, value)),
      ),
      conditions('SCMP_CMP_MASKED_EQ', 0xff00, 0x2800),
      conditions('SCMP_CMP_MASKED_EQ', 0x100000001, 0x100000000),
    ];
    const optimisations = [0, 2] as const;
    const trials = profiles.flatMap((each) =>
      optimisations.map((optimize) => {
        const { instructions } = readProgram(compileProfileSync(each, { arch: host.name, optimize }));
        return { instructions, calls: fc.sample(anyCall([getppid(host.name), 0x1000]), 60) };
      }),
    );
    const { disagreements, kinds } = compare(trials);
    expect(disagreements).toEqual([]);
    expect(kinds.returned).toBeGreaterThan(1000);
  });

  it(`on the minimised filters of ${LOADED} random rule sets (npm run fuzz loads 1,000)`, () => {
    const value = fc.oneof(fc.constantFrom(...interesting), fc.constantFrom(0x27n, 0x29n, 0xfffffffen, 0x100000002n));
    const condition = fc.record({
      index: fc.nat({ max: 5 }),
      op: fc.constantFrom('EQ', 'NE', 'LT', 'LE', 'GT', 'GE', 'MASKED_EQ').map((op) => `SCMP_CMP_${op}`),
      value,
      valueTwo: value,
    });
    const action = fc.constantFrom('ALLOW', 'LOG', 'ERRNO', 'TRAP', 'TRACE', 'NOTIFY', 'KILL_THREAD', 'KILL_PROCESS');
    const acted = action.chain((kind) =>
      fc.record({
        action: fc.constant(`SCMP_ACT_${kind}`),
        errnoRet: kind === 'ERRNO' || kind === 'TRACE' ? fc.nat({ max: 4094 }) : fc.constant(undefined),
      }),
    );
    const entry = fc.tuple(
      acted,
      fc.uniqueArray(fc.constantFrom('getppid', 'getppid', 'read', 'ioctl', 'clone3'), { minLength: 1, maxLength: 2 }),
      fc.uniqueArray(condition, { maxLength: 3, selector: ({ index }) => index }),
    );
    const rules = fc.record({
      otherwise: acted,
      architectures: fc.subarray(['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32']),
      entries: fc.array(entry, { maxLength: 7 }),
    });
    const trials = fc.sample(rules, LOADED).map(({ otherwise, architectures, entries }): Trial => {
      const profile = {
        defaultAction: otherwise.action,
        defaultErrnoRet: otherwise.errnoRet,
        ...(host.name === 'x86_64' ? { architectures } : {}),
        syscalls: entries.map(([made, names, args]) => ({ ...made, names, args })),
      };
      const { program } = compileProfileSync(profile, {
        arch: host.name,
        optimize: 'min',
        notifyGuards: false,
        libseccomp,
      });
      return {
        instructions: readProgram(program, order).instructions,
        calls: fc.sample(anyCall([getppid(host.name), getppid(host.name), 0x1000]), 30),
      };
    });
    const { disagreements, kinds } = compare(trials);
    expect(disagreements).toEqual([]);
    expect(Object.keys(kinds).sort()).toEqual(['kill_process', 'kill_thread', 'returned', 'trap']);
  });
});
