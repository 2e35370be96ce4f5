import { describe, expect, it } from 'vitest';
import { kernelAction } from '../../src/action.js';
import { parseArchitecture } from '../../src/architecture.js';
import { simulate } from '../../src/bpf/execution/simulate.js';
import { compileProfileSync, type OwnCompileProfileOptions, proveDecisions } from '../../src/compiler/index.js';

const PID_NUMBERS = { x86: 37, x86_64: 62 } as const;
const HIGH = 2n ** 32n;

function profile(action: string, otherwise: string, op: string, value: bigint, valueTwo = 0n) {
  return JSON.stringify({
    defaultAction: otherwise,
    syscalls: [
      {
        names: ['kill'],
        action,
        args: [{ index: 0, value: `#${value}`, valueTwo: `#${valueTwo}`, op: `SCMP_CMP_${op}` }],
      },
    ],
  }).replaceAll(/"#(\d+)"/g, '$1');
}

function decide(text: string, on: 'x86' | 'x86_64', pid: bigint, options: Partial<OwnCompileProfileOptions> = {}) {
  const filter = compileProfileSync(text, { arch: on, verify: proveDecisions, ...options });
  const data = {
    arch: parseArchitecture(on).auditArch,
    nr: PID_NUMBERS[on],
    instructionPointer: 0n,
    args: [pid, 0n, 0n, 0n, 0n, 0n],
  };
  const { returnValue } = simulate(filter.program, data as never, { endianness: 'little' });
  return { action: kernelAction(returnValue).kind, codes: filter.warnings.map(({ code }) => code) };
}

describe('a value with bits past 32 on a 32-bit architecture', () => {
  it.each([
    ['EQ', HIGH + 7n, 'KILL_PROCESS'],
    ['GE', HIGH, 'KILL_PROCESS'],
    ['GT', HIGH, 'KILL_PROCESS'],
    ['NE', HIGH + 7n, 'ALLOW'],
    ['LT', HIGH, 'ALLOW'],
    ['LE', HIGH, 'ALLOW'],
  ])('%s means what it can mean there', (op, value, right) => {
    const text = profile('SCMP_ACT_ALLOW', 'SCMP_ACT_KILL_PROCESS', op, value);
    expect(decide(text, 'x86', 7n)).toEqual({ action: right, codes: ['wide-value'] });
  });

  it('in the mask of a masked comparison never holds', () => {
    const text = profile('SCMP_ACT_ALLOW', 'SCMP_ACT_KILL_PROCESS', 'MASKED_EQ', HIGH + 15n, HIGH + 7n);
    expect(decide(text, 'x86', 7n)).toEqual({ action: 'KILL_PROCESS', codes: ['wide-value'] });
  });

  it('is its low half where it is a negative int', () => {
    const text = profile('SCMP_ACT_ALLOW', 'SCMP_ACT_KILL_PROCESS', 'EQ', 2n ** 64n - 1n);
    expect(decide(text, 'x86', HIGH - 1n)).toEqual({ action: 'ALLOW', codes: [] });
  });

  it('is its low half for those who ask for that, and for runc, with a warning', () => {
    const text = profile('SCMP_ACT_ALLOW', 'SCMP_ACT_KILL_PROCESS', 'EQ', HIGH + 7n);
    const cut = { action: 'ALLOW', codes: ['wide-value'] };
    expect(decide(text, 'x86', 7n, { wideValues: 'low-half' })).toEqual(cut);
    expect(decide(text, 'x86', 7n, { runtime: 'runc' })).toEqual(cut);
  });

  it.each(['x86', 'x86_64'] as const)('is exact in one filter for both word sizes, compiled for %s', (arch) => {
    const both = JSON.stringify(['SCMP_ARCH_X86', 'SCMP_ARCH_X86_64']);
    const text = profile('SCMP_ACT_ERRNO', 'SCMP_ACT_ALLOW', 'LT', HIGH).replace('{', `{"architectures":${both},`);
    expect(decide(text, 'x86', 7n, { arch }).action).toBe('ERRNO');
    expect(decide(text, 'x86_64', 7n, { arch }).action).toBe('ERRNO');
    expect(decide(text, 'x86_64', HIGH, { arch })).toEqual({ action: 'ALLOW', codes: ['wide-value'] });
  });
});
