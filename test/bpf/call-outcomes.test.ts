import { expect, it } from 'vitest';
import { createCallExplorer } from '../../src/bpf/execution/call-outcomes.js';
import { createSimulator, Opcode, SeccompDataOffset } from '../../src/bpf/index.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import { builtinProfile } from '../../src/profile/builtin/index.js';
import fc from '../fast-check.js';
import {
  ALLOW,
  AUDIT_ARCH_X86_64,
  anySeccompData,
  EPERM,
  endianness,
  op,
  seccompData,
  validProgram,
} from './programs.js';

it('names every answer that a call can get, and bounds its cost', () => {
  fc.assert(
    fc.property(
      validProgram(),
      endianness,
      fc.array(anySeccompData, { minLength: 1, maxLength: 8 }),
      (instructions, order, inputs) => {
        const program = { instructions, endianness: order };
        const explore = createCallExplorer(program);
        const simulator = createSimulator(program);
        for (const data of inputs) {
          let outcome: ReturnType<typeof explore>;
          try {
            outcome = explore(data.arch, data.nr);
          } catch (error) {
            // It returns what it computes; nothing can be said of it.
            expect(String(error)).toContain('simulate');
            expect(instructions.some(({ code }) => code === Opcode.RET_A)).toBe(true);
            continue;
          }
          const { returnValue, path = [] } = simulator.simulate(data, { trace: true });
          expect(outcome.returnValues).toContain(returnValue);
          expect(path.length).toBeGreaterThanOrEqual(outcome.minSteps);
          expect(path.length).toBeLessThanOrEqual(outcome.maxSteps);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

it('is exact where the arguments do not matter, and shows both ways where they do', () => {
  const compiled = compileProfileSync(builtinProfile('container-default')!, { arch: 'x86_64' });
  const explore = createCallExplorer(compiled);
  const { simulate } = createSimulator(compiled);
  for (let nr = 0; nr < 480; nr++) {
    const { returnValues, minSteps, maxSteps } = explore(AUDIT_ARCH_X86_64, nr);
    const { returnValue, path = [] } = simulate(seccompData({ arch: AUDIT_ARCH_X86_64, nr }), { trace: true });
    expect(returnValues).toContain(returnValue);
    if (returnValues.length === 1) expect([minSteps, maxSteps]).toEqual([path.length, path.length]);
  }
  const clone = 56;
  expect(explore(AUDIT_ARCH_X86_64, clone).returnValues).toEqual([EPERM, ALLOW]);
});

it('counts a division by an X that may be 0, which ends the program with 0', () => {
  const instructions = [
    op(Opcode.LD_ABS, SeccompDataOffset.ARGS),
    op(Opcode.TAX),
    op(Opcode.LD_IMM, 7),
    op(Opcode.DIV_X),
    op(Opcode.RET_K, ALLOW),
  ];
  const outcome = createCallExplorer({ instructions, endianness: 'little' })(AUDIT_ARCH_X86_64, 1);
  expect(outcome).toEqual({ returnValues: [0, ALLOW], minSteps: 4, maxSteps: 5 });
});
