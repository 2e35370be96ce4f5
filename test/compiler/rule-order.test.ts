import { expect, it } from 'vitest';
import { ARCHITECTURES, parseArchitecture } from '../../src/architecture.js';
import { applyOperation, compilePolicy, type FilterOperation } from '../../src/compiler/index.js';
import { MULTIPLEXED_CALLS } from '../../src/compiler/multiplexed-calls.js';
import { fastestOrder } from '../../src/compiler/rule-order.js';
import { FilterContext, LibseccompError, loadLibseccompSync } from '../../src/libseccomp/index.js';
import { listSyscalls, lookUpSyscallName } from '../../src/libseccomp/syscall-table.js';
import type { Action, ArgumentCondition, PolicyRule } from '../../src/policy.js';
import fc from '../fast-check.js';

const libseccomp = loadLibseccompSync();

/** Few names, so that rules meet: several multiplexed ones and the multiplexers themselves, plain ones, absent ones. */
const NAMES = [
  'socketcall',
  'socket',
  'connect',
  'accept4',
  'ipc',
  'shmat',
  'semtimedop',
  'read',
  'openat',
  'clone',
  'arch_prctl',
];
const TARGETS = ['x86_64', 'x86', 's390x', 'mips', 'aarch64', 'ppc64le'] as const;
const OTHERS = { x86_64: ['x86', 'x32'], x86: ['x86_64'], s390x: ['s390'], mips: [], aarch64: ['arm'], ppc64le: [] };

const condition: fc.Arbitrary<ArgumentCondition> = fc.record({
  index: fc.nat(5),
  op: fc.constantFrom('EQ', 'NE', 'GE', 'MASKED_EQ'),
  value: fc.constantFrom(0n, 1n, 2n, 1n << 32n),
  valueTwo: fc.constantFrom(0n, 1n),
});
const action: fc.Arbitrary<Action> = fc.constantFrom({ kind: 'ALLOW' }, { kind: 'ERRNO', data: 1 }, { kind: 'LOG' });
const rule = fc.record({
  name: fc.constantFrom(...NAMES),
  action,
  conditions: fc.uniqueArray(condition, { maxLength: 2, selector: ({ index }) => index }),
});
/** Of few, so that some come twice. */
const repeatable = fc.record({
  name: fc.constantFrom('read', 'clone'),
  action: fc.constant<Action>({ kind: 'ALLOW' }),
  conditions: fc.constant<ArgumentCondition[]>([]),
});
const filter = fc.record({
  target: fc.constantFrom(...TARGETS),
  optimize: fc.constantFrom(1 as const, 2 as const),
  rules: fc.array(fc.oneof({ arbitrary: rule, weight: 3 }, repeatable), { maxLength: 14 }),
});

function outcome(
  target: (typeof TARGETS)[number],
  operations: readonly FilterOperation[],
  prepare: (context: FilterContext) => void = () => {},
): string {
  using context = new FilterContext(libseccomp, { defaultAction: { kind: 'KILL_PROCESS' }, architecture: target });
  prepare(context);
  try {
    for (const operation of operations) applyOperation(context, operation);
  } catch (error) {
    if (error instanceof LibseccompError) return 'refused';
    throw error;
  }
  return Buffer.from(context.exportBpf()).toString('hex');
}

it('knows all calls that libseccomp has behind a multiplexer, on any architecture', () => {
  const behind = new Map<string, string>();
  const names = new Set(ARCHITECTURES.flatMap((each) => listSyscalls(libseccomp, each).map(({ name }) => name)));
  for (const name of names) {
    for (const { multiplexer } of lookUpSyscallName(libseccomp, name)) {
      if (multiplexer) behind.set(name, multiplexer.name);
    }
  }
  const known = [...MULTIPLEXED_CALLS].map(([name, { multiplexer }]) => [name, multiplexer] as const);
  expect(behind).toEqual(new Map(known));
});

it('does not change the program, nor whether there is one', () => {
  let moved = 0;
  let refused = 0;
  fc.assert(
    fc.property(filter, ({ target, optimize, rules }) => {
      const architecture = parseArchitecture(target);
      const operations: FilterOperation[] = [
        ...OTHERS[target].map((name) => ({
          kind: 'addArchitecture' as const,
          architecture: parseArchitecture(name),
        })),
        { kind: 'setAttribute', attribute: 'CTL_OPTIMIZE', value: optimize },
        ...rules.map(({ name, action, conditions }) => ({
          kind: 'addRule' as const,
          action,
          conditions,
          name,
          syscall: libseccomp.resolveSyscallName(name, architecture) as number,
          rule: { names: [{ name, path: '' }], action, conditions, path: '' } satisfies PolicyRule,
        })),
      ];
      const ordered = fastestOrder(operations);
      expect(new Set(ordered)).toEqual(new Set(operations));
      const expected = outcome(target, operations);
      expect(outcome(target, ordered)).toBe(expected);
      // as the compiler does it, which gives a filter up at the first refusal
      expect(outcome(target, ordered, (context) => context.releaseOnRefusal())).toBe(expected);
      if (ordered.some((operation, i) => operation !== operations[i])) moved++;
      if (expected === 'refused') refused++;
    }),
    { numRuns: 2000 },
  );
  expect(moved).toBeGreaterThan(500);
  expect(refused).toBeGreaterThan(100);
});

it('tells the first fault of the profile, whichever rule libseccomp met first', () => {
  const entry = (name: string, action: Action, path: string): PolicyRule => ({
    names: [{ name, path: `${path}.names[0]` }],
    action,
    conditions: [{ index: 0, op: 'EQ', value: 1n, valueTwo: 0n }],
    path,
  });
  const allow: Action = { kind: 'ALLOW' };
  const log: Action = { kind: 'LOG' };
  const rules = ['read', 'openat'].flatMap((name, i) => [
    entry(name, allow, `syscalls[${2 * i}]`),
    entry(name, log, `syscalls[${2 * i + 1}]`),
  ]);
  const policy = { defaultAction: { kind: 'ERRNO', data: 1 } as const, architectures: [], flags: [], rules };
  // read is 0 on x86_64 and openat 257, so that openat's rules are added first.
  expect(() => compilePolicy(policy, { arch: 'x86_64', libseccomp })).toThrow(/syscalls\[1\]: read: /);
});
