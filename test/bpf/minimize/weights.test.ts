import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ARCHITECTURES, parseArchitecture } from '../../../src/architecture.js';
import { buildDecisionDiagram } from '../../../src/bpf/index.js';
import { callWeights } from '../../../src/bpf/minimize/index.js';
import { weigh } from '../../../src/bpf/minimize/weigh.js';
import { weightsWhere } from '../../../src/bpf/minimize/weights.js';
import { compileProfileSync } from '../../../src/compiler/index.js';
import { listSyscalls, loadLibseccompSync } from '../../../src/libseccomp/index.js';

const libseccomp = loadLibseccompSync();
const auditArch = (name: string) => parseArchitecture(name).auditArch;
const number = (call: string, name: string) => libseccomp.resolveSyscallName(call, parseArchitecture(name)) as number;
const LIST = fileURLToPath(new URL('../../../src/bpf/minimize/call-frequencies.list', import.meta.url));

describe('the weights of calls', () => {
  it('know every call of every architecture, and no other number', () => {
    for (const { auditArch } of new Set(ARCHITECTURES)) {
      const known = ARCHITECTURES.filter((each) => each.auditArch === auditArch)
        .flatMap((architecture) => listSyscalls(libseccomp, architecture).map((call) => call.number))
        .sort((a, b) => a - b);
      const weights = callWeights([auditArch]);
      expect(weights.numbers(auditArch)).toEqual(known);
      expect(weights.of(auditArch, 0x7fffffff)).toBe(0);
    }
  });

  it('have half for all calls alike, and half for those that programs make', () => {
    const arch = auditArch('aarch64');
    const weights = callWeights([arch]);
    const numbers = weights.numbers(arch);
    const sum = numbers.reduce((total, nr) => total + weights.of(arch, nr), 0);
    expect(sum).toBeCloseTo(1);
    const least = Math.min(...numbers.map((nr) => weights.of(arch, nr)));
    expect(least * numbers.length).toBeCloseTo(0.5);
    expect(weights.of(arch, number('read', 'aarch64'))).toBeGreaterThan(0.05);
  });

  it('give what programs call on an architecture where it lacks a call, or has a wider one', () => {
    const often = (call: string, name: string) => {
      const arch = auditArch(name);
      const weights = callWeights([arch]);
      const least = Math.min(...weights.numbers(arch).map((nr) => weights.of(arch, nr)));
      return weights.of(arch, number(call, name)) / least;
    };
    expect(often('newfstatat', 'x86_64')).toBeGreaterThan(20);
    expect(often('statx', 'arm')).toBeGreaterThan(20);
    expect(often('_llseek', 'arm')).toBeGreaterThan(5);
    expect(often('ppoll', 'riscv64')).toBeGreaterThan(1);
    expect(often('mmap2', 'x86')).toBeGreaterThan(5);
    expect(often('mmap', 'x86')).toBeCloseTo(1);
  });

  it('give other architectures than the first little', () => {
    const [native, foreign] = [auditArch('x86_64'), auditArch('x86')];
    const weights = callWeights([native, foreign]);
    expect(weights.architectures).toEqual([native, foreign]);
    const read = weights.of(native, number('read', 'x86_64'));
    expect(weights.of(foreign, number('read', 'x86'))).toBeLessThan(read / 50);
    const ofX32 = weights.of(native, number('read', 'x32'));
    expect(ofX32).toBeLessThan(read / 500);
    expect(ofX32).toBeGreaterThan(0);
  });

  it('take counted calls in the place of the table', () => {
    const arch = auditArch('x86_64');
    const weights = callWeights(
      [arch],
      [
        { auditArch: arch, nr: 100, weight: 3 },
        { auditArch: arch, nr: 0x40000000, weight: 1 },
      ],
    );
    expect(weights.of(arch, 100)).toBeGreaterThan(0.5);
    expect(weights.of(arch, number('read', 'x86_64'))).toBeLessThan(0.01);
    expect(weights.of(arch, -0x40000000)).toBe(0);
  });

  it('can be taken from calls that do not count, unless none is left', () => {
    const arch = auditArch('x86_64');
    const all = callWeights([arch]);
    expect(weightsWhere(all, (_, nr) => nr === 9).numbers(arch)).toEqual([9]);
    expect(weightsWhere(all, () => false).numbers(arch)).toEqual(all.numbers(arch));
  });

  it('of what is not cached are those of denied and argument-checked calls, and of x32, which no cache has', () => {
    const profile = {
      defaultAction: 'SCMP_ACT_ERRNO',
      architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X32'],
      syscalls: [
        { names: ['read', 'write'], action: 'SCMP_ACT_ALLOW' },
        { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }] },
      ],
    };
    const arch = auditArch('x86_64');
    const decisions = buildDecisionDiagram(compileProfileSync(profile, { arch: 'x86_64', libseccomp }));
    const weights = weigh(decisions, [arch], 'uncached');
    const weightOf = (call: string, name: string) => weights.of(arch, number(call, name));
    expect(weightOf('read', 'x86_64')).toBe(0);
    expect(weightOf('socket', 'x86_64')).toBeGreaterThan(0);
    expect(weightOf('openat', 'x86_64')).toBe(callWeights([arch]).of(arch, number('openat', 'x86_64')));
    expect(weightOf('read', 'x32')).toBeGreaterThan(0);
  });

  it('are of a list that says how it was made', () => {
    const text = readFileSync(LIST, 'utf8');
    expect(text).toMatch(/strace -- version .*, Linux \d/);
    const rows = text.split('\n').filter((line) => line && !line.startsWith('#'));
    expect(rows.every((row) => /^[a-z_]\w* \d+$/.test(row))).toBe(true);
    const counts = rows.map((row) => Number(row.split(' ')[1]));
    expect(counts.reduce((sum, count) => sum + count)).toBeGreaterThan(999_000);
  });
});
