import { describe, expect, it } from 'vitest';
import { decodeReturnValue } from '../../../src/action.js';
import { parseArchitecture } from '../../../src/architecture.js';
import { createSimulator, type SeccompData } from '../../../src/bpf/execution/simulate.js';
import { compileProfileSync } from '../../../src/compiler/index.js';
import { ScmpError } from '../../../src/errors.js';
import { loadLibseccompSync } from '../../../src/libseccomp/index.js';
import { readProfile } from '../../../src/profile/index.js';
import fc from '../../fast-check.js';

const X86_64 = parseArchitecture('x86_64');
const libseccomp = loadLibseccompSync();

interface Condition {
  index: number;
  type: 'dword' | 'qword';
  op: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge' | { masked_eq: bigint };
  val: bigint;
}
interface Rule {
  syscall: string;
  args?: Condition[];
}

/** seccompiler's decision, by its own terms: rules of a call are alternatives, conditions of a rule all hold. */
function matches(rules: readonly Rule[], syscall: string, args: readonly bigint[]): boolean {
  const own = rules.filter((rule) => rule.syscall === syscall);
  return own.some((rule) => (rule.args ?? []).every((condition) => holds(condition, args)));
}

function holds({ index, type, op, val }: Condition, args: readonly bigint[]): boolean {
  const bits = type === 'dword' ? 32 : 64;
  const argument = BigInt.asUintN(bits, args[index]!);
  const value = BigInt.asUintN(bits, val);
  if (typeof op === 'object') return (argument & op.masked_eq) === (value & BigInt.asUintN(bits, op.masked_eq));
  const order = argument < value ? -1 : argument > value ? 1 : 0;
  const holding = { eq: [0], ne: [-1, 1], lt: [-1], le: [-1, 0], gt: [1], ge: [0, 1] };
  return holding[op].includes(order);
}

/** JSON with integers of any size. */
function json(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map(json).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${json(member)}`)}}`;
}

const value = fc.oneof(
  fc.bigInt({ min: 0n, max: 9n }),
  fc.constantFrom(0xffffffffn, 0x100000000n, 0x7fffffffn, 2n ** 64n - 1n, 0x500000003n),
);
const condition: fc.Arbitrary<Condition> = fc.record({
  index: fc.constantFrom(0, 2),
  type: fc.constantFrom('dword', 'qword'),
  op: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('eq', 'ne', 'lt', 'le', 'gt', 'ge') },
    { weight: 1, arbitrary: value.map((mask) => ({ masked_eq: mask })) },
  ),
  val: value,
});
const rules = fc.array(
  fc.record({
    syscall: fc.constantFrom('ioctl', 'socket'),
    args: fc.array(condition, { minLength: 1, maxLength: 2 }),
  }),
  { minLength: 1, maxLength: 2 },
);

describe('readSeccompiler', () => {
  it('decides as seccompiler does, dwords by their low half', () => {
    let tried = 0;
    fc.assert(
      fc.property(rules, (made) => {
        const text = json({ main: { mismatch_action: 'trap', match_action: 'allow', filter: made } });
        let compiled: ReturnType<typeof compileProfileSync>;
        try {
          compiled = compileProfileSync(text, { arch: 'x86_64' });
        } catch (error) {
          // What libseccomp gets wrong, or takes too long for, is refused: no filter, so none that is weaker.
          expect(error).toBeInstanceOf(ScmpError);
          const { code, message } = error as ScmpError;
          expect(`${code} ${message}`).toMatch(/^(MISCOMPILED|PROGRAM_TOO_LARGE|TOO_COMPLEX)|more than 512/);
          return;
        }
        const simulator = createSimulator(compiled);
        const values = [
          0n,
          1n,
          3n,
          5n,
          0x100000003n,
          0xffffffffn,
          0x500000003n,
          ...made.flatMap((r) => r.args.map((c) => c.val)),
        ];
        for (const syscall of ['ioctl', 'socket', 'read']) {
          const nr = libseccomp.resolveSyscallName(syscall, X86_64)!;
          for (const a0 of values) {
            for (const a2 of values) {
              const args: SeccompData['args'] = [a0, 0n, a2, 0n, 0n, 0n];
              const call = { nr, arch: X86_64.auditArch, instructionPointer: 0n, args };
              const { kind } = decodeReturnValue(simulator.simulate(call).returnValue);
              expect({ syscall, args, kind }).toEqual({
                syscall,
                args,
                kind: matches(made, syscall, args) ? 'ALLOW' : 'TRAP',
              });
            }
          }
        }
        tried++;
      }),
      { numRuns: 200 },
    );
    expect(tried).toBeGreaterThan(120);
  }, 30_000);

  const filter = (members: object) => ({ default_action: 'trap', filter_action: 'allow', filter: [], ...members });

  it('takes the thread that is named, or the only one', () => {
    const file = { vmm: filter({}), vcpu: filter({ default_action: 'kill_process' }) };
    expect(readProfile(file, { thread: 'vcpu' }).seccomp.defaultAction).toBe('SCMP_ACT_KILL_PROCESS');
    expect(readProfile({ vmm: file.vmm }).format).toBe('seccompiler');
    expect(() => readProfile(file)).toThrow('filters for 2 threads: "vmm", "vcpu"; choose one');
    expect(() => readProfile(file, { thread: 'api' })).toThrow('no filter for a thread "api"');
  });

  it.each([
    ['allow', { action: 'SCMP_ACT_ALLOW' }],
    ['log', { action: 'SCMP_ACT_LOG' }],
    ['kill_thread', { action: 'SCMP_ACT_KILL_THREAD' }],
    [{ errno: 38 }, { action: 'SCMP_ACT_ERRNO', errnoRet: 38n }],
    [{ trace: 7 }, { action: 'SCMP_ACT_TRACE', errnoRet: 7n }],
  ])('knows the action %j', (match_action, expected) => {
    const file = { main: { mismatch_action: 'trap', match_action, filter: [{ syscall: 'read', comment: 'why' }] } };
    expect(readProfile(file).seccomp.syscalls).toEqual([{ names: ['read'], ...expected, comment: 'why' }]);
  });

  it('says where an entry is in the file', () => {
    const text = '{"main": {"default_action": "trap", "filter_action": "allow", "filter": [\n  {"syscall": "read"}]}}';
    const { locate } = readProfile(text);
    expect(locate('syscalls', 0, 'names', 0)).toEqual({
      path: 'main.filter[0].syscall',
      position: { line: 2, column: 15, offset: 88 },
    });
    expect(locate('defaultAction')).toMatchObject({ path: 'main.default_action', position: { line: 1, column: 29 } });
  });

  it('warns of a value cut to a dword, and of a rule that never matches', () => {
    const args = [{ index: 0, type: 'dword', op: 'eq', val: 2 ** 33 + 1 }];
    const never = [
      { index: 0, type: 'dword', op: 'eq', val: 1 },
      { index: 0, type: 'dword', op: 'eq', val: 2 },
    ];
    const { warnings } = readProfile({
      main: filter({
        filter: [
          { syscall: 'read', args },
          { syscall: 'write', args: never },
        ],
      }),
    });
    expect(warnings.map(({ code }) => code)).toEqual(['value-truncated', 'never-matches']);
  });
});
