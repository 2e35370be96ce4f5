import { expect, it } from 'vitest';
import { encodeProgram, type Instruction, Opcode, readProgram } from '../../src/bpf/index.js';
import type { CompiledRules } from '../../src/compiler/expected-decisions.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import { FUZZ_SEED } from '../fast-check.js';
import { compareMinimizedProfiles, proveTwice } from './random-minimized.js';

const COUNT = Number(process.env.FUZZ_COUNT ?? 300);

it(`the minimised programs of ${COUNT} random profiles are what their rules say, of all that may be compiled (FUZZ_SEED=${FUZZ_SEED}; npm run fuzz asks 20,000)`, () => {
  const tally = compareMinimizedProfiles(loadLibseccompSync(), FUZZ_SEED, COUNT);
  expect(tally.differences).toEqual([]);
  if (COUNT < 300) return;
  expect(tally.compiled).toBeGreaterThan(0.6 * COUNT);
  // What libseccomp refuses and gets wrong is among them.
  expect(tally.refused.MISCOMPILED).toBe(undefined);
  expect(tally.refused.RULE_REFUSED).toBe(undefined);
}, 300_000);

it('a program with one instruction changed is not taken for right', () => {
  const profile = {
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [
      { names: ['read', 'write', 'close'], action: 'SCMP_ACT_ALLOW' },
      { names: ['ioctl'], action: 'SCMP_ACT_ALLOW', args: [{ index: 1, value: 5, op: 'SCMP_CMP_GT' }] },
    ],
  };
  let compiledRules: CompiledRules | undefined;
  const verify = (given: CompiledRules) => {
    compiledRules = given;
    proveTwice(given);
  };
  compileProfileSync(profile, { arch: 'x86_64', optimize: 'min', verify });
  const right = compiledRules as CompiledRules;
  const { instructions } = readProgram(right.program, 'little');
  const change = (instruction: Instruction): Instruction =>
    instruction.code === Opcode.RET_K
      ? { ...instruction, k: instruction.k ^ 0x7fff0000 }
      : { ...instruction, jt: instruction.jf, jf: instruction.jt };
  let tried = 0;
  for (const [index, instruction] of instructions.entries()) {
    if (instruction.code !== Opcode.RET_K && instruction.jt === instruction.jf) continue;
    tried++;
    const program = encodeProgram(
      instructions.map((each, at) => (at === index ? change(each) : each)),
      'little',
    );
    expect(() => proveTwice({ ...right, program })).toThrow();
  }
  expect(tried).toBeGreaterThan(5);
});
