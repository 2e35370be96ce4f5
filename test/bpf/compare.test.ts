import { describe, expect, it } from 'vitest';
import { judgeChange } from '../../src/action.js';
import { parseArchitecture } from '../../src/architecture.js';
import {
  compareDecisions,
  type DecisionChange,
  implies,
  type ProgramComparison,
} from '../../src/bpf/decisions/compare.js';
import { dnfDiagram } from '../../src/bpf/decisions/condition.js';
import { DiagramStore, ProgramTooComplexError, TRUE } from '../../src/bpf/decisions/diagram-store.js';
import { formatConditions } from '../../src/bpf/decisions/format-conditions.js';
import { bitOf } from '../../src/bpf/decisions/input-variables.js';
import { createSimulator, formatAction, type Instruction, Opcode, type SeccompData } from '../../src/bpf/index.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import type { Action } from '../../src/policy.js';
import fc from '../fast-check.js';
import { ALLOW, anySeccompData, EPERM, op, seccompData, validProgram } from './programs.js';

/** Operations with which random programs have differences that can be put into words. */
const SIMPLE = [
  Opcode.LD_ABS,
  Opcode.AND_K,
  Opcode.JEQ_K,
  Opcode.JGE_K,
  Opcode.JGT_K,
  Opcode.JSET_K,
  Opcode.RET_K,
  Opcode.JA,
];
const action = fc.constantFrom(ALLOW, EPERM, 0x50026, 0, 0x7ff00001, 0x7ff00002, 0x7fc00000);
const small = validProgram(SIMPLE, action).map((instructions) =>
  // words that programs share, so that they meet
  instructions.map((each) => (each.code === Opcode.LD_ABS ? { ...each, k: [0, 4, 16, 20][(each.k / 4) % 4]! } : each)),
);

const program = (instructions: Instruction[]) => ({ instructions, endianness: 'little' }) as const;

function attempt(a: Instruction[], b: Instruction[]): ProgramComparison | undefined {
  try {
    return compareDecisions(program(a), program(b));
  } catch (error) {
    if (!(error instanceof ProgramTooComplexError)) throw error;
    return undefined;
  }
}

/** The change that a comparison tells of an input; all of them, where it tells several. */
function changesAt(comparison: ProgramComparison, data: SeccompData): DecisionChange[] {
  const among = (ranges: readonly { from: number; to: number }[], value: number) =>
    ranges.some(({ from, to }) => from <= value && value <= to);
  return comparison.architectures
    .filter(({ auditArches }) => among(auditArches, data.arch))
    .flatMap(({ calls }) => calls.filter(({ numbers }) => among(numbers, data.nr >>> 0)))
    .flatMap(({ changes }) => changes)
    .filter(({ conditions = [] }) => {
      const store = new DiagramStore();
      let node = dnfDiagram(store, conditions);
      while (!store.isTerminal(node)) node = bitOf(data, store.level(node)) ? store.high(node) : store.low(node);
      return node === TRUE;
    });
}

it('tells exactly the inputs that are decided differently, each once', () => {
  let differing = 0;
  fc.assert(
    fc.property(small, small, fc.array(anySeccompData, { minLength: 8, maxLength: 8 }), (a, b, inputs) => {
      const comparison = attempt(a, b);
      // a mask on the number makes too many ranges to list, and that is an error
      fc.pre(comparison !== undefined);
      const [first, second] = [createSimulator(program(a)), createSimulator(program(b))];
      const examples = comparison.architectures.flatMap(({ calls }) =>
        calls.flatMap(({ changes }) => changes.map(({ example }) => example)),
      );
      const all = comparison.architectures.flatMap(({ calls }) => calls.flatMap(({ changes }) => changes));
      fc.pre(all.every(({ conditions }) => conditions !== undefined));
      for (const data of [...inputs, ...examples]) {
        const [from, to] = [first.simulate(data).action, second.simulate(data).action];
        const found = changesAt(comparison, data);
        if (formatAction(from) === formatAction(to)) expect(found).toEqual([]);
        else {
          differing++;
          expect(found).toMatchObject([{ from, to, direction: judgeChange(from, to) }]);
        }
      }
      expect(comparison.equal).toBe(all.length === 0);
    }),
    { numRuns: 300 },
  );
  expect(differing).toBeGreaterThan(100);
});

it('implies is “nothing weaker in the difference”, with a call that shows it', () => {
  let held = 0;
  fc.assert(
    fc.property(small, small, (a, b) => {
      const answer = implies(program(b), program(a));
      const comparison = attempt(a, b);
      fc.pre(comparison !== undefined);
      const changes = comparison.architectures.flatMap(({ calls }) => calls.flatMap((call) => call.changes));
      expect(answer.holds).toBe(changes.every(({ direction }) => direction !== 'weaker'));
      if (answer.holds) held++;
      else {
        const { data } = answer.counterexample;
        expect(createSimulator(program(b)).simulate(data).action).toEqual(answer.counterexample.a);
        expect(createSimulator(program(a)).simulate(data).action).toEqual(answer.counterexample.b);
        expect(judgeChange(answer.counterexample.b, answer.counterexample.a)).toBe('weaker');
      }
    }),
    { numRuns: 200 },
  );
  expect(held).toBeGreaterThan(20);
});

describe('a change is judged, failing closed:', () => {
  const errno = (data: number): Action => ({ kind: 'ERRNO', data });
  const trace = (data: number): Action => ({ kind: 'TRACE', data });
  const trap = (data: number): Action => ({ kind: 'TRAP', data });
  it.each<[Action, Action, string]>([
    [errno(1), { kind: 'ALLOW' }, 'weaker'],
    [{ kind: 'ALLOW' }, errno(1), 'stronger'],
    [{ kind: 'LOG' }, { kind: 'ALLOW' }, 'weaker'],
    [errno(1), errno(38), 'other'],
    [errno(1), errno(0), 'other'],
    [{ kind: 'KILL_PROCESS' }, { kind: 'KILL_THREAD' }, 'weaker'],
    [{ kind: 'KILL_THREAD' }, { kind: 'TRAP' }, 'weaker'],
    [{ kind: 'TRAP' }, errno(1), 'weaker'],
    [errno(1), trace(1), 'weaker'],
    [{ kind: 'ALLOW' }, { kind: 'NOTIFY' }, 'stronger'],
    [{ kind: 'NOTIFY' }, trace(0), 'weaker'],
    [trace(0), { kind: 'NOTIFY' }, 'weaker'],
    [trace(1), trace(2), 'weaker'],
    [trap(1), trap(23), 'other'],
    [trap(23), { kind: 'TRAP' }, 'other'],
    [trap(23), errno(1), 'weaker'],
    [{ kind: 'KILL_PROCESS' }, trap(23), 'weaker'],
    [errno(1), trap(23), 'stronger'],
  ])('%o to %o', (from, to, direction) => {
    expect(judgeChange(from, to)).toBe(direction);
  });
});

describe('of compiled profiles', () => {
  const ENOSYS = { action: 'SCMP_ACT_ERRNO', errnoRet: 38 };
  const compile = (syscalls: object[], rest: object = {}, arch = 'x86_64') =>
    compileProfileSync({ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 1, ...rest, syscalls }, { arch });
  const nr = (name: string) => ({ clone3: 435, socket: 41, read: 0 })[name] as number;
  const allow = (...names: string[]) => ({ names, action: 'SCMP_ACT_ALLOW' });

  /** Architectures, numbers and changes as lines. */
  const lines = (comparison: ProgramComparison) =>
    comparison.architectures.flatMap(({ architecture, calls }) =>
      calls.flatMap(({ numbers, changes }) =>
        changes.map(({ from, to, direction, conditions = [] }) => {
          const ranges = numbers.map((each) => (each.from === each.to ? each.from : `${each.from}-${each.to}`));
          const when = formatConditions(conditions);
          return `${architecture} ${ranges}${when && ` when ${when}`}: ${formatAction(from)} to ${formatAction(to)}, ${direction}`;
        }),
      ),
    );

  it('says what changed and nothing else', () => {
    const a = compile([allow('read', 'socket'), { names: ['clone3'], ...ENOSYS }]);
    const b = compile([
      allow('read', 'clone3'),
      { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 40, op: 'SCMP_CMP_NE' }] },
    ]);
    const comparison = compareDecisions(a, b);
    expect(lines(comparison)).toEqual([
      `x86_64 ${nr('socket')} when arg0 == 40: ALLOW to ERRNO(EPERM), stronger`,
      `x86_64 ${nr('clone3')}: ERRNO(ENOSYS) to ALLOW, weaker`,
    ]);
    expect(comparison.architectures[0]?.calls[0]?.changes[0]?.example).toEqual(
      seccompData({ nr: nr('socket'), args: [40n, 0n, 0n, 0n, 0n, 0n] }),
    );
    expect(compareDecisions(a, a)).toEqual({ equal: true, architectures: [] });
    expect(implies(a, b).holds).toBe(false);
    expect(implies(b, compile([allow('read', 'clone3', 'socket')]))).toEqual({ holds: true });
  });

  it('says in ranges what a new default does to the numbers that nobody names', () => {
    const [a, b] = [compile([allow('read')]), compile([allow('read')], { defaultAction: 'SCMP_ACT_LOG' })];
    expect(lines(compareDecisions(a, b))).toEqual(['x86_64 1-1073741823,4294967295: ERRNO(EPERM) to LOG, weaker']);
  });

  it('x32 and the architectures that one program does not know', () => {
    const architectures = ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'];
    const comparison = compareDecisions(compile([allow('read')]), compile([allow('read')], { architectures }));
    expect(lines(comparison)).toEqual(
      [
        'x86 0-2,4-4294967295: KILL_THREAD to ERRNO(EPERM), weaker',
        'x86 3: KILL_THREAD to ALLOW, weaker',
        'x86_64 2147483648-4294967294: KILL_THREAD to ERRNO(EPERM), weaker',
        'x32 1073741824: KILL_THREAD to ALLOW, weaker',
        'x32 1073741825-2147483647: KILL_THREAD to ERRNO(EPERM), weaker',
      ].sort((one, other) => order(one) - order(other)),
    );
    function order(line: string) {
      return ['x86 ', 'x86_64', 'x32'].findIndex((name) => line.startsWith(name));
    }
  });

  it('any other architecture is one entry', () => {
    const kill = (k: number) => [
      op(Opcode.LD_ABS, 4),
      op(Opcode.JEQ_K, parseArchitecture('x86_64').auditArch, 0, 1),
      op(Opcode.RET_K, ALLOW),
      op(Opcode.RET_K, k),
    ];
    const { architectures } = compareDecisions(program(kill(0)), program(kill(ALLOW)));
    expect(architectures).toMatchObject([
      {
        architecture: undefined,
        auditArches: [
          { from: 0, to: 0xc000003d },
          { from: 0xc000003f, to: 0xffffffff },
        ],
        calls: [{ numbers: [{ from: 0, to: 0xffffffff }], changes: [{ direction: 'weaker', conditions: [[]] }] }],
      },
    ]);
  });

  it('a call that shows a difference is of an architecture that there is, where one differs', () => {
    const numbers = (nr: number) => [
      op(Opcode.LD_ABS, 0),
      op(Opcode.JEQ_K, nr, 0, 1),
      op(Opcode.RET_K, EPERM),
      op(Opcode.RET_K, ALLOW),
    ];
    const x86_64 = parseArchitecture('x86_64').auditArch;
    expect(implies(program(numbers(59)), program(numbers(57)))).toMatchObject({
      counterexample: { data: { arch: x86_64, nr: 57 } },
    });
    const [difference] = compareDecisions(program(numbers(59)), program(numbers(57))).architectures;
    expect(difference?.calls[0]?.changes[0]?.example).toMatchObject({ arch: x86_64, nr: 57 });
    // Where only a number that no machine has is decided otherwise, that is the call.
    const oddArchitecture = [
      op(Opcode.LD_ABS, 4),
      op(Opcode.JEQ_K, 0x1234, 0, 1),
      op(Opcode.RET_K, EPERM),
      op(Opcode.RET_K, ALLOW),
    ];
    expect(implies(program([op(Opcode.RET_K, ALLOW)]), program(oddArchitecture))).toMatchObject({
      counterexample: { data: { arch: 0x1234 } },
    });
  });

  it('byte orders may differ: the arguments are compared', () => {
    const rule = (value: number) => [
      { names: ['read'], action: 'SCMP_ACT_ALLOW', args: [{ index: 1, value, op: 'SCMP_CMP_GT' }] },
    ];
    // mips64 and mipsel64 number alike and have an AUDIT_ARCH each: each kills the other's calls
    const [big, little] = [compile(rule(5), {}, 'mips64'), compile(rule(5), {}, 'mipsel64')];
    expect(compareDecisions(big, little).architectures.map(({ architecture }) => architecture)).toEqual([
      'mips64',
      'mipsel64',
    ]);
    expect(lines(compareDecisions(big, little)).filter((line) => line.includes('when'))).toEqual([
      'mips64 5000 when arg1 >= 6: ALLOW to KILL_THREAD, stronger',
      'mips64 5000 when arg1 <= 5: ERRNO(EPERM) to KILL_THREAD, stronger',
      'mipsel64 5000 when arg1 >= 6: KILL_THREAD to ALLOW, weaker',
      'mipsel64 5000 when arg1 <= 5: KILL_THREAD to ERRNO(EPERM), weaker',
    ]);
  });
});
