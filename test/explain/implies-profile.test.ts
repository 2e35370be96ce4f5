import { describe, expect, it } from 'vitest';
import { createSimulator, implies, judgeChange, Opcode } from '../../src/bpf/index.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import { impliesProfile } from '../../src/explain/index.js';
import type { CompiledFilter } from '../../src/index.js';
import { ALLOW, EPERM, op } from '../bpf/programs.js';

const BASE = { extends: 'docker' };
const plus = (...names: string[]) => ({ extends: 'docker', syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }] });
const minus = (...remove: string[]) => ({ extends: 'docker', remove });
const OPTIONS = { arch: ['amd64', 'arm64'], capabilities: [] };

describe('impliesProfile', () => {
  it('holds of what is stricter, on every machine', async () => {
    const answer = await impliesProfile(minus('ptrace', 'chown'), BASE, OPTIONS);
    expect(answer.holds).toBe(true);
    expect(answer.machines.map(({ machine, holds, witnesses }) => [machine, holds, witnesses])).toEqual([
      ['x86_64', true, []],
      ['aarch64', true, []],
    ]);
  });

  it('names the calls, with a witness that simulates as it says', async () => {
    const profile = plus('keyctl', 'bpf');
    const { holds, machines } = await impliesProfile(profile, BASE, OPTIONS);
    expect(holds).toBe(false);
    for (const { machine, witnesses, isComplete } of machines) {
      expect(isComplete).toBe(true);
      expect(new Set(witnesses.flatMap(({ syscalls }) => syscalls))).toEqual(new Set(['keyctl', 'bpf']));
      const filters = await Promise.all(
        [profile, BASE].map(async (each) => (await impliesInputs(each, machine)) as CompiledFilter),
      );
      for (const { data, a, b, call } of witnesses) {
        expect(filters.map((filter) => createSimulator(filter).simulate(data).action)).toEqual([a, b]);
        expect(judgeChange(b, a)).toBe('weaker');
        expect(call).toMatch(/^(keyctl|bpf)\(/);
      }
    }
    const abis = machines[0]?.witnesses.map(({ architecture }) => architecture);
    expect(new Set(abis)).toEqual(new Set(['x86_64', 'x86', 'x32']));
  });

  it('sees one machine that differs, and an argument', async () => {
    const socket = { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 40, op: 'SCMP_CMP_EQ' }] };
    const profile = { extends: 'docker', syscalls: [{ ...socket, includes: { arches: ['arm64'] } }] };
    const { machines } = await impliesProfile(profile, BASE, OPTIONS);
    expect(machines.map(({ machine, holds }) => [machine, holds])).toEqual([
      ['x86_64', true],
      ['aarch64', false],
    ]);
    const [witness] = machines[1]?.witnesses ?? [];
    expect([witness?.syscalls, witness?.data.args[0]]).toEqual([['socket'], 40n]);
    expect(witness?.call).toMatch(/^socket\(AF_VSOCK, /);
  });

  it('takes filters that were compiled before, and loads no wasm for two of them', async () => {
    const baseline = ['x86_64', 'aarch64'].map((arch) =>
      compileProfileSync({ defaultAction: 'SCMP_ACT_ERRNO' }, { arch }),
    );
    const profile = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW' }] };
    expect((await impliesProfile(profile, baseline, { arch: 'arm64' })).machines[0]?.witnesses[0]?.syscalls).toEqual([
      'read',
    ]);
    expect((await impliesProfile(baseline, baseline)).machines.length).toBe(2);
    await expect(impliesProfile(profile, baseline, { arch: 's390x' })).rejects.toThrow(
      /no filter for s390x was given, but for x86_64, aarch64/,
    );
  });

  it('is no answer where entries depend on capabilities that were not given', async () => {
    const arch = 'amd64';
    await expect(impliesProfile(BASE, BASE, { arch })).rejects.toThrow(/depends on capabilities.*capabilities: \[\]/);
    const admin = (await impliesProfile(BASE, BASE, { arch, capabilities: ['CAP_SYS_ADMIN'] })).holds;
    expect(admin).toBe(true);
    await expect(impliesProfile(BASE, BASE, { capabilities: [] })).rejects.toThrow(/arch is missing/);
    await expect(impliesProfile('{}', BASE, OPTIONS)).rejects.toMatchObject({ code: 'PROFILE_INVALID' });
  });

  it('does not hold where a flag takes a protection away', async () => {
    const profile = { defaultAction: 'SCMP_ACT_ERRNO' };
    const flagged = { ...profile, flags: ['SECCOMP_FILTER_FLAG_SPEC_ALLOW'] };
    const answer = await impliesProfile(flagged, profile, { arch: 'amd64' });
    expect([answer.holds, answer.machines[0]?.flags]).toEqual([false, ['SECCOMP_FILTER_FLAG_SPEC_ALLOW']]);
    expect((await impliesProfile(profile, flagged, { arch: 'amd64' })).holds).toBe(true);
  });
});

const impliesInputs = async (profile: object, arch: string): Promise<unknown> =>
  (await import('../../src/index.js')).compileProfile(profile, { arch, capabilities: [] });

describe('the witnesses of implies', () => {
  const program = (...instructions: ReturnType<typeof op>[]) => ({ instructions, endianness: 'little' }) as const;
  const DENY = program(op(Opcode.RET_K, EPERM));

  it('are of every architecture and call, grouped by what is decided', () => {
    const some = program(
      op(Opcode.LD_ABS, 4),
      op(Opcode.JEQ_K, 0xc000003e, 0, 4),
      op(Opcode.LD_ABS, 0),
      op(Opcode.JEQ_K, 7, 1, 0),
      op(Opcode.JEQ_K, 9, 0, 1),
      op(Opcode.RET_K, ALLOW),
      op(Opcode.RET_K, EPERM),
    );
    const answer = implies(some, DENY);
    expect(answer).toMatchObject({ holds: false, isComplete: true });
    if (answer.holds) return;
    const numbers = [7, 9].map((number) => ({ from: number, to: number }));
    expect(answer.witnesses.map(({ architecture, numbers }) => ({ architecture, numbers }))).toEqual([
      { architecture: 'x86_64', numbers },
    ]);
    expect(implies(some, DENY, { witnesses: 0 })).toMatchObject({ holds: false, witnesses: [], isComplete: false });
  });

  it('are none, and the answer is the same, where the calls are too many to list', () => {
    // ALLOW for odd numbers
    const odd = program(
      op(Opcode.LD_ABS, 0),
      op(Opcode.JSET_K, 1, 0, 1),
      op(Opcode.RET_K, ALLOW),
      op(Opcode.RET_K, EPERM),
    );
    const answer = implies(odd, DENY);
    expect(answer).toMatchObject({ holds: false, witnesses: [], isComplete: false });
    if (!answer.holds) expect(answer.counterexample.data.nr & 1).toBe(1);
  });
});
