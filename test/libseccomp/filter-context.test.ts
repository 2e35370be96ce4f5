import { describe, expect, it } from 'vitest';
import { encodeAction, formatAction } from '../../src/action.js';
import { ARCHITECTURES, type ArchitectureName, parseArchitecture } from '../../src/architecture.js';
import { createSimulator, simulate } from '../../src/bpf/index.js';
import { InvalidArgumentError, type ScmpError } from '../../src/errors.js';
import {
  type ArgumentComparison,
  type FilterAttribute,
  type FilterAttributes,
  FilterContext,
  FilterContextStateError,
  LibseccompError,
  loadLibseccompSync,
  UnknownSyscallError,
} from '../../src/libseccomp/index.js';
import type { Action, CompareOperator } from '../../src/policy.js';
import { quote } from '../../src/text.js';
import fc from '../fast-check.js';
import { askOracle, requireOracle } from '../native/oracle.js';

const libseccomp = loadLibseccompSync();
const ALLOW: Action = { kind: 'ALLOW' };
const EPERM: Action = { kind: 'ERRNO', data: 1 };
const ENOENT: Action = { kind: 'ERRNO', data: 2 };

function filterFor(architecture: ArchitectureName = 'x86_64', defaultAction: Action = ALLOW): FilterContext {
  return new FilterContext(libseccomp, { architecture, defaultAction });
}

const when = (index: number, op: CompareOperator, value: bigint, valueTwo = 0n): ArgumentComparison => ({
  index,
  op,
  value,
  valueTwo,
});
const A0_IS_1 = [when(0, 'EQ', 1n)];

/** What the filter decides for a call of `name` with these first arguments. */
function decide(
  filter: FilterContext,
  name: string,
  args: readonly bigint[] = [],
  on: ArchitectureName = 'x86_64',
): string {
  const nr = libseccomp.resolveSyscallName(name, on) as number;
  const all = Array.from({ length: 6 }, (_, i) => args[i] ?? 0n) as [bigint, bigint, bigint, bigint, bigint, bigint];
  const data = { nr, arch: parseArchitecture(on).auditArch, instructionPointer: 0n, args: all };
  return formatAction(simulate(filter.exportBpf(), data).action);
}

/** The typed error of `run`: its message must name the C function and say more than the errno. */
function expectError(run: () => unknown, code: string, ...words: string[]): void {
  const error = errorOf(run);
  expect(error).toBeInstanceOf(LibseccompError);
  expect(error).toMatchObject({ name: 'LibseccompError', code: `LIBSECCOMP_${code}` });
  expect((error as LibseccompError).errno).toBe(code);
  expect(error.message).toContain((error as LibseccompError).call);
  expect(error.message).toContain(`-${code}: `);
  expect(error.message).not.toMatch(/gives no reason|internal failure/);
  for (const word of words) expect(error.message).toContain(word);
}

function errorOf(run: () => unknown): ScmpError {
  try {
    run();
  } catch (error) {
    return error as ScmpError;
  }
  throw new Error('nothing was thrown');
}

describe('making, resetting and releasing', () => {
  it('takes the default action and the architecture, by any of its names', () => {
    const filter = new FilterContext(libseccomp, {
      defaultAction: { kind: 'TRACE', data: 7 },
      architecture: 'aarch64',
    });
    expect(filter.architecture.name).toBe('aarch64');
    expect(filter.getAttribute('ACT_DEFAULT')).toEqual({ kind: 'TRACE', data: 7 });
    expect(decide(filter, 'read', [], 'aarch64')).toBe('TRACE(7)');
    expect(decide(filter, 'read', [], 'x86_64')).toBe('KILL_THREAD');
    filter.release();
    const alias = { defaultAction: ALLOW, architecture: 'amd64' as ArchitectureName };
    expect(new FilterContext(libseccomp, alias).architecture.name).toBe('x86_64');
  });

  it('refuses a default action that is none', () => {
    expectError(() => filterFor('x86_64', { kind: 'ERRNO', data: 4095 }), 'EINVAL', 'seccomp_init', '0..4094');
    expect(() => filterFor('x86_64', { kind: 'ERRNO', data: 65536 })).toThrow(InvalidArgumentError);
    expect(() => filterFor('x86_64', { kind: 'SHOUT' } as unknown as Action)).toThrow(InvalidArgumentError);
    expect(() => filterFor('vax' as ArchitectureName)).toThrow(InvalidArgumentError);
  });

  it('resets to an empty filter with the defaults', () => {
    using fresh = filterFor('x86_64', { kind: 'LOG' });
    using filter = filterFor();
    filter.addRule(EPERM, 'getcwd', A0_IS_1);
    filter.addArchitecture('x86');
    filter.setAttribute('CTL_OPTIMIZE', 2);
    filter.setAttribute('CTL_TSYNC', true);
    filter.setAttribute('ACT_BADARCH', ALLOW);
    filter.startTransaction();
    filter.reset({ kind: 'LOG' });
    expect(filter.hasArchitecture('x86')).toBe(false);
    expect(filter.getAttribute('CTL_OPTIMIZE')).toBe(1);
    expect(filter.getAttribute('CTL_TSYNC')).toBe(false);
    expect(filter.exportBpf()).toEqual(fresh.exportBpf());
    expect(() => filter.commitTransaction()).toThrow(FilterContextStateError);
    filter.startTransaction();
    filter.rejectTransaction();
  });

  it('stays as it was when a reset is refused', () => {
    using filter = filterFor();
    filter.addRule(EPERM, 'getcwd');
    filter.startTransaction();
    const before = filter.exportBpf();
    expectError(() => filter.reset({ kind: 'ERRNO', data: 4095 }), 'EINVAL', 'seccomp_reset', 'default action');
    expect(filter.exportBpf()).toEqual(before);
    filter.commitTransaction();
  });

  it('keeps its own native architecture between those of others', () => {
    const [intel, arm, big] = [filterFor('x86_64'), filterFor('aarch64'), filterFor('s390x')];
    for (const filter of [intel, arm, big]) filter.addRule(EPERM, 'openat');
    for (const filter of [big, intel, arm]) filter.addRule(EPERM, 'getcwd', A0_IS_1);
    for (const filter of [arm, big, intel]) {
      using alone = filterFor(filter.architecture.name);
      alone.addRule(EPERM, 'openat');
      alone.addRule(EPERM, 'getcwd', A0_IS_1);
      expect(filter.exportBpf()).toEqual(alone.exportBpf());
      filter.reset(ALLOW);
      expect(filter.hasArchitecture(filter.architecture)).toBe(true);
      filter.release();
    }
  });

  it('is used up by release; releasing again is harmless', () => {
    const filter = filterFor();
    filter.release();
    filter.release();
    filter[Symbol.dispose]();
    using other = filterFor();
    const uses: Record<string, () => unknown> = {
      reset: () => filter.reset(ALLOW),
      addArchitecture: () => filter.addArchitecture('x86'),
      removeArchitecture: () => filter.removeArchitecture('x86'),
      hasArchitecture: () => filter.hasArchitecture('x86'),
      getAttribute: () => filter.getAttribute('CTL_NNP'),
      setAttribute: () => filter.setAttribute('CTL_NNP', true),
      addRule: () => filter.addRule(EPERM, 'getcwd'),
      addRuleExact: () => filter.addRuleExact(EPERM, 'getcwd'),
      releaseOnRefusal: () => filter.releaseOnRefusal(),
      setSyscallPriority: () => filter.setSyscallPriority('getcwd', 1),
      merge: () => filter.merge(other),
      precompute: () => filter.precompute(),
      startTransaction: () => filter.startTransaction(),
      commitTransaction: () => filter.commitTransaction(),
      rejectTransaction: () => filter.rejectTransaction(),
      exportBpf: () => filter.exportBpf(),
      exportPfc: () => filter.exportPfc(),
    };
    const methods = Object.getOwnPropertyNames(FilterContext.prototype);
    const harmless = ['constructor', 'architecture', 'release'];
    expect(Object.keys(uses).sort()).toEqual(methods.filter((name) => !harmless.includes(name)).sort());
    for (const [name, use] of Object.entries(uses)) {
      const error = errorOf(use);
      expect(error, name).toBeInstanceOf(FilterContextStateError);
      expect(error.code, name).toBe('FILTER_CONTEXT_STATE');
    }
    expect(() => other.merge(filter)).toThrow(FilterContextStateError);
    expect(other.hasArchitecture('x86_64')).toBe(true);
  });

  it('is released by the first rule that is refused, where that was asked for', () => {
    using filter = filterFor();
    using other = filterFor();
    filter.releaseOnRefusal();
    for (const each of [filter, other]) each.addRule(EPERM, 'getcwd', A0_IS_1);
    expect(filter.exportBpf()).toEqual(other.exportBpf());
    for (const each of [filter, other]) expectError(() => each.addRule(ENOENT, 'getcwd', A0_IS_1), 'EEXIST');
    expect(() => filter.exportBpf()).toThrow(FilterContextStateError);
    expect(decide(other, 'getcwd')).toBe('ALLOW');
  });

  it('takes a transaction back that has rules which no copy was made for', () => {
    using filter = filterFor();
    filter.addRule(EPERM, 'read');
    filter.releaseOnRefusal();
    filter.addRule(EPERM, 'write');
    const before = filter.exportBpf();
    filter.startTransaction();
    filter.addRule(EPERM, 'getcwd', A0_IS_1);
    filter.rejectTransaction();
    expect(filter.exportBpf()).toEqual(before);
  });

  it('is released at the end of a `using` block, also by an error', () => {
    let kept: FilterContext | undefined;
    expect(() => {
      using filter = filterFor();
      kept = filter;
      filter.addRule(ALLOW, 'getcwd');
    }).toThrow(LibseccompError);
    expect(() => kept?.exportBpf()).toThrow(FilterContextStateError);
  });
});

describe('architectures', () => {
  it('are added, found and removed', () => {
    using filter = filterFor();
    expect(filter.hasArchitecture('x86')).toBe(false);
    filter.addArchitecture('x86');
    filter.addArchitecture(parseArchitecture('aarch64'));
    expect(filter.hasArchitecture('x86')).toBe(true);
    filter.removeArchitecture('x86_64');
    expect(filter.hasArchitecture('x86_64')).toBe(false);
    expect(decide(filter, 'read', [], 'x86_64')).toBe('KILL_THREAD');
    expect(decide(filter, 'read', [], 'aarch64')).toBe('ALLOW');
  });

  it('have typed errors', () => {
    using filter = filterFor();
    expectError(() => filter.addArchitecture('x86_64'), 'EEXIST', 'seccomp_arch_add (x86_64)', 'already in the filter');
    expectError(() => filter.addArchitecture('s390x'), 'EDOM', 'seccomp_arch_add (s390x)', 'byte order');
    expectError(() => filter.removeArchitecture('x86'), 'EEXIST', 'seccomp_arch_remove (x86)', 'not in the filter');
    const vax = { ...parseArchitecture('x86'), name: 'vax' as ArchitectureName, token: 75 };
    expectError(() => filter.addArchitecture(vax), 'EINVAL', 'seccomp_arch_add (vax)', 'does not know');
    expectError(() => filter.removeArchitecture(vax), 'EINVAL', 'does not know');
    expectError(() => filter.hasArchitecture(vax), 'EINVAL', 'does not know');
    expect(() => new FilterContext(libseccomp, { defaultAction: ALLOW, architecture: vax })).toThrow(LibseccompError);
    expect(() => filter.addArchitecture('vax' as ArchitectureName)).toThrow(InvalidArgumentError);
    expect(filter.exportBpf()).toEqual(filterFor().exportBpf());
  });

  it('must be there: without any, calls say so', () => {
    using filter = filterFor();
    using other = filterFor();
    filter.removeArchitecture('x86_64');
    const uses = [
      () => filter.addRule(EPERM, 'getcwd'),
      () => filter.addRuleExact(EPERM, 'getcwd'),
      () => filter.setSyscallPriority('getcwd', 1),
      () => filter.getAttribute('CTL_NNP'),
      () => filter.setAttribute('CTL_NNP', false),
      () => filter.precompute(),
      () => filter.exportBpf(),
      () => filter.exportPfc(),
      () => filter.startTransaction(),
      () => filter.merge(other),
      () => other.merge(filter),
    ];
    for (const use of uses) expectError(use, 'EINVAL', 'architecture');
    // The byte order is free again.
    filter.addArchitecture('s390x');
    expect(decide(filter, 'read', [], 's390x')).toBe('ALLOW');
  });

  it('each have their own decision, on every architecture there is', () => {
    for (const { name } of ARCHITECTURES) {
      using filter = filterFor(name);
      filter.addRule(EPERM, 'getcwd');
      expect([name, decide(filter, 'getcwd', [], name)]).toEqual([name, 'ERRNO(EPERM)']);
      expect([name, decide(filter, 'read', [], name)]).toEqual([name, 'ALLOW']);
    }
  });
});

describe('attributes', () => {
  const values: { [A in FilterAttribute]?: FilterAttributes[A][] } = {
    ACT_BADARCH: [
      { kind: 'KILL_PROCESS' },
      { kind: 'TRAP' },
      { kind: 'ERRNO', data: 0 },
      { kind: 'ERRNO', data: 4094 },
      { kind: 'TRACE', data: 65535 },
      { kind: 'NOTIFY' },
      { kind: 'LOG' },
      ALLOW,
      { kind: 'KILL_THREAD' },
    ],
    CTL_NNP: [false, true],
    CTL_TSYNC: [true, false],
    API_TSKIP: [true, false],
    CTL_LOG: [true, false],
    CTL_SSB: [true, false],
    CTL_OPTIMIZE: [2, 1],
    API_SYSRAWRC: [true, false],
    CTL_WAITKILL: [true, false],
  };

  it.each(Object.keys(values) as FilterAttribute[])('%s gives back what was set', (attribute) => {
    using filter = filterFor();
    const first = filter.getAttribute(attribute);
    for (const value of values[attribute] ?? []) {
      filter.setAttribute(attribute, value);
      expect(filter.getAttribute(attribute)).toEqual(value);
    }
    // The last value of each list is libseccomp's default.
    expect(filter.getAttribute(attribute)).toEqual(first);
  });

  it('ACT_DEFAULT can be read only', () => {
    using filter = filterFor('x86_64', EPERM);
    expect(filter.getAttribute('ACT_DEFAULT')).toEqual(EPERM);
    expectError(() => filter.setAttribute('ACT_DEFAULT', ALLOW), 'EACCES', 'seccomp_attr_set (ACT_DEFAULT)', 'reset');
  });

  it('act on the program', () => {
    using filter = filterFor();
    filter.setAttribute('ACT_BADARCH', ENOENT);
    expect(decide(filter, 'read', [], 'aarch64')).toBe('ERRNO(ENOENT)');
    expectError(() => filter.addRule(EPERM, -1), 'EINVAL', 'reserved');
    filter.setAttribute('API_TSKIP', true);
    filter.addRule(EPERM, -1);
    expect(filter.exportBpf()).not.toEqual(filterFor().exportBpf());
  });

  it('refuse values that are none', () => {
    using filter = filterFor();
    for (const level of [0, 3, 0xffffffff]) {
      expectError(() => filter.setAttribute('CTL_OPTIMIZE', level), 'EOPNOTSUPP', 'CTL_OPTIMIZE', '1 or 2');
    }
    for (const value of [1.5, -1, 2 ** 32 + 1, Number.NaN]) {
      expect(() => filter.setAttribute('CTL_OPTIMIZE', value)).toThrow(InvalidArgumentError);
    }
    expect(() => filter.setAttribute('CTL_LOG', 'false' as unknown as boolean)).toThrow(InvalidArgumentError);
    const errno = { kind: 'ERRNO', data: 4095 } as const;
    expectError(() => filter.setAttribute('ACT_BADARCH', errno), 'EINVAL', 'not a valid action');
    for (const name of ['CTL_MAGIC', '__proto__', 'toString'] as unknown as FilterAttribute[]) {
      expect(() => filter.getAttribute(name)).toThrow(InvalidArgumentError);
      expect(() => filter.setAttribute(name, true)).toThrow(InvalidArgumentError);
    }
    expect(filter.getAttribute('CTL_OPTIMIZE')).toBe(1);
    expect(filter.getAttribute('CTL_LOG')).toBe(false);
  });

  it('need the API level that has them', () => {
    const old = loadLibseccompSync();
    using filter = new FilterContext(old, { defaultAction: ALLOW, architecture: 'x86_64' });
    old.setApiLevel(1);
    for (const attribute of ['CTL_TSYNC', 'CTL_LOG', 'CTL_SSB'] as const) {
      expectError(() => filter.setAttribute(attribute, true), 'EOPNOTSUPP', attribute, 'API level');
    }
    for (const kind of ['NOTIFY', 'LOG', 'KILL_PROCESS'] as const) {
      expectError(() => filter.addRule({ kind }, 'getcwd'), 'EINVAL', 'API level');
      const options = { defaultAction: { kind }, architecture: 'x86_64' } as const;
      expectError(() => new FilterContext(old, options), 'EINVAL', 'API level');
    }
    for (const level of [0, 8]) expectError(() => old.setApiLevel(level), 'EINVAL', `level ${level}`, '1 to 7');
    for (const level of [-1, 1.5, 2 ** 32 + 7]) expect(() => old.setApiLevel(level)).toThrow(InvalidArgumentError);
    expect(old.getApiLevel()).toBe(1);
  });
});

describe('rules', () => {
  it('take every action', () => {
    const actions: Action[] = [
      { kind: 'KILL_PROCESS' },
      { kind: 'KILL_THREAD' },
      { kind: 'TRAP' },
      { kind: 'ERRNO', data: 0 },
      { kind: 'ERRNO', data: 4094 },
      { kind: 'TRACE', data: 65535 },
      { kind: 'NOTIFY' },
      { kind: 'LOG' },
    ];
    for (const action of actions) {
      using filter = filterFor();
      filter.addRule(action, 'getcwd');
      expect(decide(filter, 'getcwd')).toBe(formatAction(action));
      expect(decide(filter, 'read')).toBe('ALLOW');
    }
  });

  it('take a name or the native number', () => {
    using byName = filterFor('aarch64');
    using byNumber = filterFor('aarch64');
    byName.addRule(EPERM, 'openat');
    byNumber.addRule(EPERM, 56);
    expect(byNumber.exportBpf()).toEqual(byName.exportBpf());
  });

  it('find no call by another name', () => {
    using filter = filterFor();
    const before = filter.exportBpf();
    const names = [
      'nope',
      '',
      ' read',
      'READ',
      'read\0',
      'read\0x',
      '\0',
      'x'.repeat(100_000),
      'réad',
      '読む',
      '\ud800',
    ];
    for (const name of names) {
      for (const use of [
        () => filter.addRule(EPERM, name),
        () => filter.addRuleExact(EPERM, name),
        () => filter.setSyscallPriority(name, 1),
      ]) {
        const error = errorOf(use);
        expect(error).toBeInstanceOf(UnknownSyscallError);
        expect(error).toMatchObject({ code: 'UNKNOWN_SYSCALL', syscall: name });
        expect(error.message).toContain(quote(name));
      }
    }
    expect(filter.exportBpf()).toEqual(before);
    expect(libseccomp.resolveArchitectureName('x86')).toBe(parseArchitecture('x86').token);
    for (const name of ['x86\0', 'x86\0_64', '', 'vax', 'x'.repeat(1000)]) {
      expect(libseccomp.resolveArchitectureName(name)).toBeUndefined();
    }
  });

  it('refuse numbers that are none', () => {
    using filter = filterFor();
    for (const number of [1.5, Number.NaN, 2 ** 31, -(2 ** 31) - 1, Number.POSITIVE_INFINITY]) {
      expect(() => filter.addRule(EPERM, number)).toThrow(InvalidArgumentError);
      expect(() => libseccomp.resolveSyscallNumber(number, 'x86_64')).toThrow(InvalidArgumentError);
    }
    expect(() => filter.addRule(EPERM, 1n as unknown as number)).toThrow(InvalidArgumentError);
    for (const number of [-1, -99]) expectError(() => filter.addRule(EPERM, number), 'EINVAL', 'reserved');
    filter.addArchitecture('x86');
    expectError(() => filter.addRule(EPERM, 5000), 'EFAULT', 'native architecture');
  });

  it('have typed errors, each with the call and its meaning', () => {
    using filter = filterFor();
    filter.addRule(EPERM, 'read', A0_IS_1);
    const before = filter.exportBpf();
    expectError(
      () => filter.addRule(ENOENT, 'read', A0_IS_1),
      'EEXIST',
      'ERRNO read',
      'another action has the same conditions',
    );
    expectError(() => filter.addRule(ALLOW, 'read'), 'EACCES', 'ALLOW read', 'default action');
    expectError(() => filter.addRule({ kind: 'ERRNO', data: 4095 }, 'read'), 'EINVAL', '0..4094');
    expectError(() => filter.addRule(EPERM, 'read', [when(6, 'EQ', 1n)]), 'EINVAL', 'above 5');
    expectError(() => filter.addRule(EPERM, 'read', [when(0xffffffff, 'EQ', 1n)]), 'EINVAL', 'above 5');
    expectError(() => filter.addRule(EPERM, 'read', [...A0_IS_1, ...A0_IS_1]), 'EINVAL', 'an argument twice');
    for (const count of [7, 9, 1000]) {
      const many = Array.from({ length: count }, (_, index) => when(index, 'EQ', 1n));
      expectError(() => filter.addRule(EPERM, 'read', many), 'EINVAL', 'read');
    }
    expect(() => filter.addRule({ kind: 'ERRNO', data: -1 }, 'read')).toThrow(InvalidArgumentError);
    expect(() => filter.addRule({ kind: 'SHOUT' } as unknown as Action, 'read')).toThrow(InvalidArgumentError);
    expect(filter.exportBpf()).toEqual(before);
  });

  it('refuse comparisons that C would cut to something else', () => {
    using filter = filterFor();
    const before = filter.exportBpf();
    const add = (comparison: object) => () => filter.addRule(EPERM, 'read', [comparison as ArgumentComparison]);
    const good = when(0, 'EQ', 1n);
    for (const bad of [
      { ...good, value: -1n },
      { ...good, value: 2n ** 64n },
      { ...good, value: 1 },
      { ...good, value: '1' },
      { ...good, value: undefined },
      { ...good, op: 'MASKED_EQ', valueTwo: -1n },
      { ...good, op: 'MASKED_EQ', valueTwo: 2n ** 64n },
      { ...good, op: 'MASKED_EQ', valueTwo: 0 },
      { ...good, index: -1 },
      { ...good, index: 0.5 },
      { ...good, index: 2 ** 32 },
      { ...good, index: '0' },
      { ...good, index: undefined },
      { ...good, op: 'ALMOST' },
      { ...good, op: 'eq' },
      { ...good, op: 'toString' },
      { ...good, op: 4 },
      {},
    ]) {
      expect(errorOf(add(bad))).toBeInstanceOf(InvalidArgumentError);
    }
    expect(filter.exportBpf()).toEqual(before);
    // valueTwo may be left out.
    add({ index: 0, op: 'MASKED_EQ', value: 3n })();
    expect(decide(filter, 'read', [4n])).toBe('ERRNO(EPERM)');
    expect(decide(filter, 'read', [1n])).toBe('ALLOW');
  });

  it('keep the first of two actions for all calls, and the unconditional one over conditional ones', () => {
    using filter = filterFor();
    filter.addRule(EPERM, 'getcwd');
    filter.addRule(ENOENT, 'getcwd');
    expect(decide(filter, 'getcwd')).toBe('ERRNO(EPERM)');
    filter.addRule(EPERM, 'read', A0_IS_1);
    filter.addRule(ENOENT, 'read');
    filter.addRule(EPERM, 'read', [when(0, 'EQ', 7n)]);
    for (const value of [0n, 1n, 7n]) expect(decide(filter, 'read', [value])).toBe('ERRNO(ENOENT)');
  });

  it('adapt to an architecture, or when exact, do not', () => {
    const family = [when(0, 'EQ', 16n)];
    using filter = filterFor('x86');
    // socket(2) goes through socketcall(2) too, where the family is behind a pointer.
    expectError(() => filter.addRuleExact(EPERM, 'socket', family), 'EINVAL', 'exact');
    expectError(() => filter.addRuleExact(EPERM, 'uprobe'), 'EDOM', 'cannot be expressed');
    expect(filter.exportBpf()).toEqual(filterFor('x86').exportBpf());
    filter.addRule(EPERM, 'socket', family);
    expect(decide(filter, 'socketcall', [1n], 'x86')).toBe('ERRNO(EPERM)');
    expect(decide(filter, 'socketcall', [2n], 'x86')).toBe('ALLOW');
    filter.addRule(EPERM, 'uprobe');

    using wide = filterFor('x86_64');
    wide.addRuleExact(EPERM, 'socket', family);
    expect(decide(wide, 'socket', [16n])).toBe('ERRNO(EPERM)');
    expect(decide(wide, 'socket', [17n])).toBe('ALLOW');
    expectError(() => wide.addRuleExact(ALLOW, 'socket'), 'EACCES', 'seccomp_rule_add_exact_array');
    wide.addArchitecture('x86');
    expectError(() => wide.addRuleExact(EPERM, 'read'), 'EOPNOTSUPP', 'one architecture');
  });
});

describe('comparisons of 64 bits', () => {
  const EDGES = [
    0n,
    1n,
    2n ** 31n,
    2n ** 32n - 1n,
    2n ** 32n,
    2n ** 32n + 1n,
    2n ** 63n - 1n,
    2n ** 63n,
    2n ** 64n - 1n,
  ];
  const HOLDS: Record<CompareOperator, (argument: bigint, value: bigint, valueTwo: bigint) => boolean> = {
    NE: (a, value) => a !== value,
    LT: (a, value) => a < value,
    LE: (a, value) => a <= value,
    EQ: (a, value) => a === value,
    GE: (a, value) => a >= value,
    GT: (a, value) => a > value,
    MASKED_EQ: (a, mask, datum) => (a & mask) === datum,
  };
  const OPERATORS = Object.keys(HOLDS) as CompareOperator[];

  /** Which of `values` a rule with this comparison matches as argument `index` of getcwd. */
  function matches(
    { index, op, value, valueTwo }: Required<ArgumentComparison>,
    architecture: ArchitectureName,
    values: bigint[],
  ) {
    using filter = filterFor(architecture);
    filter.addRule(EPERM, 'getcwd', [when(index, op, value, valueTwo)]);
    const simulator = createSimulator(filter.exportBpf(), { endianness: filter.architecture.endianness });
    const nr = libseccomp.resolveSyscallName('getcwd', architecture) as number;
    return values.filter((argument) => {
      const args: [bigint, bigint, bigint, bigint, bigint, bigint] = [0n, 0n, 0n, 0n, 0n, 0n];
      args[index] = argument;
      const data = { nr, arch: filter.architecture.auditArch, instructionPointer: 0n, args };
      return simulator.simulate(data).returnValue === encodeAction(EPERM);
    });
  }

  for (const architecture of ['x86_64', 's390x'] as const) {
    it.each(OPERATORS)(`%s decides edge values right on ${architecture}`, (op) => {
      for (const value of EDGES) {
        for (const valueTwo of op === 'MASKED_EQ' ? EDGES.filter((datum) => (datum & value) === datum) : [0n]) {
          const got = matches({ index: 3, op, value, valueTwo }, architecture, EDGES);
          expect([value, got]).toEqual([value, EDGES.filter((a) => HOLDS[op](a, value, valueTwo))]);
        }
      }
    });
  }

  it('decide any values right, on any argument', () => {
    const word = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.constantFrom(...EDGES));
    fc.assert(
      fc.property(
        fc.nat(5),
        fc.constantFrom(...OPERATORS),
        word,
        word,
        fc.array(word, { minLength: 1, maxLength: 4 }),
        (index, op, value, datum, random) => {
          // A datum outside its mask matches nothing and libseccomp treats it so or not; that is not compared here.
          const valueTwo = datum & value;
          const values = [...random, value, valueTwo, value ^ 1n, value ^ (1n << 32n)];
          const wanted = values.filter((a) => HOLDS[op](a, value, valueTwo));
          expect(matches({ index, op, value, valueTwo }, 'x86_64', values)).toEqual(wanted);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('all hold together in one rule', () => {
    using filter = filterFor();
    filter.addRule(EPERM, 'read', [when(0, 'GE', 2n ** 32n), when(2, 'MASKED_EQ', 6n, 4n), when(5, 'NE', 0n)]);
    expect(decide(filter, 'read', [2n ** 32n, 0n, 5n, 0n, 0n, 1n])).toBe('ERRNO(EPERM)');
    expect(decide(filter, 'read', [2n ** 32n - 1n, 0n, 5n, 0n, 0n, 1n])).toBe('ALLOW');
    expect(decide(filter, 'read', [2n ** 32n, 0n, 6n, 0n, 0n, 1n])).toBe('ALLOW');
    expect(decide(filter, 'read', [2n ** 32n, 0n, 5n, 0n, 0n, 0n])).toBe('ALLOW');
  });
});

describe('priorities', () => {
  function withRules(): FilterContext {
    const filter = filterFor();
    for (const name of ['read', 'write', 'getcwd']) filter.addRule(EPERM, name);
    return filter;
  }

  it('move a call forward in the program, and change no decision', () => {
    const steps = (filter: FilterContext) => {
      const data = { nr: 0, arch: 0xc000003e, instructionPointer: 0n, args: [0n, 0n, 0n, 0n, 0n, 0n] } as const;
      return simulate(filter.exportBpf(), data, { trace: true }).path?.length as number;
    };
    using plain = withRules();
    using first = withRules();
    for (const name of ['write', 'getcwd']) first.setSyscallPriority(name, 1);
    using last = withRules();
    last.setSyscallPriority('read', 255);
    expect(steps(last)).toBeLessThan(steps(first));
    expect(plain.exportBpf().length).toBe(last.exportBpf().length);
    for (const filter of [plain, first, last]) {
      for (const name of ['read', 'write', 'getcwd']) expect(decide(filter, name)).toBe('ERRNO(EPERM)');
      expect(decide(filter, 'chdir')).toBe('ALLOW');
    }
  });

  it('are 0 to 255, of calls that can be', () => {
    using filter = withRules();
    for (const priority of [-1, 256, 1.5, Number.NaN, 2 ** 32]) {
      expect(() => filter.setSyscallPriority('read', priority)).toThrow(InvalidArgumentError);
    }
    filter.setSyscallPriority(0, 0);
    expectError(() => filter.setSyscallPriority(-5, 1), 'EINVAL', 'seccomp_syscall_priority (-5)', 'reserved');
    expect(() => filter.setSyscallPriority('nope', 1)).toThrow(UnknownSyscallError);
    expect(() => filter.setSyscallPriority(0.5, 1)).toThrow(InvalidArgumentError);
  });
});

describe('merge', () => {
  it('takes over the architectures and rules and releases the source', () => {
    using filter = filterFor('x86_64');
    const source = filterFor('aarch64');
    filter.addRule(EPERM, 'getcwd');
    source.addRule(ENOENT, 'read');
    filter.merge(source);
    expect(decide(filter, 'getcwd', [], 'x86_64')).toBe('ERRNO(EPERM)');
    expect(decide(filter, 'read', [], 'x86_64')).toBe('ALLOW');
    expect(decide(filter, 'read', [], 'aarch64')).toBe('ERRNO(ENOENT)');
    expect(() => source.exportBpf()).toThrow(FilterContextStateError);
    source.release();
    expect(decide(filter, 'read', [], 'aarch64')).toBe('ERRNO(ENOENT)');
  });

  it('leaves both as they were on an error', () => {
    const cases: [FilterContext, FilterContext, string, string][] = [
      [filterFor('x86_64'), filterFor('x86_64'), 'EEXIST', 'same architecture'],
      [filterFor('x86_64'), filterFor('s390x'), 'EDOM', 'byte orders'],
      [filterFor('x86_64'), filterFor('aarch64', { kind: 'LOG' }), 'EINVAL', 'default action'],
    ];
    for (const attribute of ['CTL_NNP', 'CTL_TSYNC'] as const) {
      const source = filterFor('aarch64');
      source.setAttribute(attribute, !source.getAttribute(attribute));
      cases.push([filterFor('x86_64'), source, 'EINVAL', attribute]);
    }
    for (const [filter, source, code, word] of cases) {
      filter.addRule(EPERM, 'getcwd', A0_IS_1);
      source.addRule(ENOENT, 'read');
      const before = [filter.exportBpf(), source.exportBpf()];
      expectError(() => filter.merge(source), code, 'seccomp_merge', word);
      expect([filter.exportBpf(), source.exportBpf()]).toEqual(before);
      filter.release();
      source.release();
    }
  });

  it('takes another filter of the same instance only', () => {
    using filter = filterFor();
    using foreign = new FilterContext(loadLibseccompSync(), { defaultAction: ALLOW, architecture: 'aarch64' });
    for (const source of [filter, foreign, undefined, {}] as FilterContext[]) {
      expect(() => filter.merge(source)).toThrow(InvalidArgumentError);
    }
    expect(foreign.hasArchitecture('aarch64')).toBe(true);
  });
});

describe('transactions', () => {
  it('keep the rules when committed, and drop them when rejected', () => {
    using filter = filterFor();
    filter.addRule(EPERM, 'getcwd', A0_IS_1);
    const before = filter.exportBpf();
    filter.startTransaction();
    filter.addRule(EPERM, 'read');
    filter.addRule(ENOENT, 'write', A0_IS_1);
    filter.rejectTransaction();
    expect(filter.exportBpf()).toEqual(before);
    filter.startTransaction();
    filter.addRule(EPERM, 'read');
    filter.commitTransaction();
    expect(decide(filter, 'read')).toBe('ERRNO(EPERM)');
    using direct = filterFor();
    direct.addRule(EPERM, 'getcwd', A0_IS_1);
    direct.addRule(EPERM, 'read');
    expect(filter.exportBpf()).toEqual(direct.exportBpf());
  });

  it('go on after a rule that was refused', () => {
    using filter = filterFor();
    filter.addRule(EPERM, 'getcwd', A0_IS_1);
    const before = filter.exportBpf();
    filter.startTransaction();
    filter.addRule(EPERM, 'read');
    expectError(() => filter.addRule(ENOENT, 'getcwd', A0_IS_1), 'EEXIST');
    expect(decide(filter, 'read')).toBe('ERRNO(EPERM)');
    filter.rejectTransaction();
    expect(filter.exportBpf()).toEqual(before);
  });

  it('do not nest and are paired', () => {
    using filter = filterFor();
    expect(() => filter.commitTransaction()).toThrow(FilterContextStateError);
    expect(() => filter.rejectTransaction()).toThrow(FilterContextStateError);
    filter.startTransaction();
    expect(() => filter.startTransaction()).toThrow(/do not nest/);
    filter.addRule(EPERM, 'read');
    filter.commitTransaction();
    expect(() => filter.commitTransaction()).toThrow(/no transaction is open/);
    expect(() => filter.rejectTransaction()).toThrow(/no transaction is open/);
    expect(decide(filter, 'read')).toBe('ERRNO(EPERM)');
  });

  it('take architectures added inside back', () => {
    using filter = filterFor();
    const before = filter.exportBpf();
    filter.startTransaction();
    filter.addArchitecture('x86');
    filter.addRule(EPERM, 'read');
    filter.rejectTransaction();
    expect(filter.exportBpf()).toEqual(before);
  });

  it('stay open when a commit is refused', () => {
    using filter = filterFor();
    filter.startTransaction();
    filter.removeArchitecture('x86_64');
    expectError(() => filter.commitTransaction(), 'EINVAL', 'architecture');
    filter.addArchitecture('x86');
    filter.rejectTransaction();
    expect(filter.hasArchitecture('x86_64')).toBe(true);
    expect(filter.hasArchitecture('x86')).toBe(false);
  });
});

describe('exports', () => {
  it('are the same with and without precompute, and again', () => {
    using filter = filterFor();
    filter.addRule(EPERM, 'getcwd', A0_IS_1);
    const bytes = filter.exportBpf();
    filter.precompute();
    expect(filter.exportBpf()).toEqual(bytes);
    expect(filter.exportBpf()).toEqual(bytes);
    filter.addRule(EPERM, 'read');
    expect(filter.exportBpf()).not.toEqual(bytes);
  });

  it('are copies', () => {
    using filter = filterFor();
    const bytes = filter.exportBpf();
    const same = bytes.slice();
    bytes.fill(0);
    expect(filter.exportBpf()).toEqual(same);
  });

  it('say what a program past 65535 instructions is refused with', () => {
    // Making one by way of rules takes minutes: generating shared blocks is slow in libseccomp itself.
    for (const call of ['seccomp_export_bpf_mem', 'seccomp_precompute'] as const) {
      const fail = () => {
        throw LibseccompError.fromReturn(call, -7);
      };
      expectError(fail, 'E2BIG', call, 'more than 65535 instructions');
    }
  });

  it.each([
    ['x86_64', 'x86'],
    ['s390x', 's390'],
  ] as const)("give native libseccomp's pseudo filter code for %s with %s", (native, other) => {
    requireOracle();
    using filter = filterFor(native);
    filter.addArchitecture(other);
    filter.addRule(EPERM, 'getcwd');
    filter.addRule({ kind: 'NOTIFY' }, 'socket', [when(0, 'GT', 2n ** 40n + 3n)]);
    filter.addRule({ kind: 'KILL_PROCESS' }, 'personality', [when(0, 'MASKED_EQ', 0xff00ffn, 0x10001n)]);
    filter.setAttribute('CTL_TSYNC', true);
    const number = (name: string) => libseccomp.resolveSyscallName(name, native);
    const answers = askOracle([
      `native ${parseArchitecture(native).token}`,
      `init 0 ${encodeAction(ALLOW)}`,
      `arch_add 0 ${parseArchitecture(other).token}`,
      `rule 0 0 ${encodeAction(EPERM)} ${number('getcwd')} 0`,
      `rule 0 0 ${encodeAction({ kind: 'NOTIFY' })} ${number('socket')} 1 0 6 ${2n ** 40n + 3n} 0`,
      `rule 0 0 ${encodeAction({ kind: 'KILL_PROCESS' })} ${number('personality')} 1 0 7 ${0xff00ff} ${0x10001}`,
      'attr_set 0 4 1',
      'pfc 0',
      'bpf 0',
    ]);
    const [rc, hex = ''] = (answers.at(-2) as string).split(' ');
    expect(rc).toBe('0');
    const text = filter.exportPfc();
    expect(text).toBe(Buffer.from(hex, 'hex').toString());
    expect(text).toMatch(/^#\n# pseudo filter code start\n#\n/);
    expect(filter.exportPfc()).toBe(text);
    expect(`0 ${Buffer.from(filter.exportBpf()).toString('hex')}`).toBe(answers.at(-1));
  });
});
