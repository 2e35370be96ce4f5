import { beforeAll, expect, it } from 'vitest';
import type { CompiledRules } from '../../src/compiler/expected-decisions.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import { proveDecisions } from '../../src/compiler/prove-decisions.js';
import { nativeProgram, oracleLines } from './oracle.js';
import { APPLIED, buildVariant } from './patch-variants.js';

// The fault of GHSA-4q85-33p6-j5g6, which patch 1 fixes, against the proof: native libseccomp with the patch and
// without.

const MERGE_PATCH = 1;
const isNeeded = APPLIED.has(MERGE_PATCH);

// Compiling libseccomp several times takes a while; the objects are kept under build/.
beforeAll(() => {
  buildVariant('oracle');
  if (isNeeded) buildVariant('oracle', { without: [MERGE_PATCH] });
}, 240_000);

it.each([
  ['LT', 0x500000005, 0x500000002],
  ['LE', 0x100000005, 0x100000002],
])('the fault in merging 64-bit ranges is found where the patch is taken out: %s', (op, larger, smaller) => {
  const below = (value: number) => [{ index: 0, op: `SCMP_CMP_${op}`, value }];
  const profile = {
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [
      { names: ['read'], action: 'SCMP_ACT_LOG', args: below(larger) },
      { names: ['read'], action: 'SCMP_ACT_ERRNO', errnoRet: 1, args: below(smaller) },
    ],
  };
  let compiledRules: CompiledRules | undefined;
  const verify = (given: CompiledRules) => {
    compiledRules = given;
    proveDecisions(given);
  };
  compileProfileSync(profile, { arch: 'x86_64', verify });
  const { operations, policy } = compiledRules as CompiledRules;
  const prove = (oracle: string) => {
    const lines = oracleLines(operations, { defaultAction: policy.defaultAction, arch: 'x86_64' });
    proveDecisions({ ...(compiledRules as CompiledRules), program: nativeProgram(lines, oracle) });
  };
  prove(buildVariant('oracle'));
  if (!isNeeded) return; // the release has it: there is nothing to find
  // below the smaller bound both entries hold: which of them decides then hangs on the upper half
  expect(() => prove(buildVariant('oracle', { without: [MERGE_PATCH] }))).toThrow(
    expect.objectContaining({ code: 'MISCOMPILED', message: expect.stringContaining('where the same entries hold') }),
  );
});
