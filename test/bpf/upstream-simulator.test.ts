import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ARCHITECTURES } from '../../src/architecture.js';
import { encodeAction, encodeProgram, kernelAction, Opcode, simulate } from '../../src/bpf/index.js';
import type { Action } from '../../src/policy.js';
import fc from '../fast-check.js';
import { askUpstreamSimulator, upstreamName } from '../upstream/bpf-sim.js';
import { doubleWord, validProgram, word } from './programs.js';

// What tools/scmp_bpf_sim.c implements: these operations, no NOTIFY, and no cap on an errno.
const OPERATIONS = [
  Opcode.LD_ABS,
  Opcode.OR_K,
  Opcode.AND_K,
  Opcode.JA,
  Opcode.JEQ_K,
  Opcode.JGT_K,
  Opcode.JGE_K,
  Opcode.RET_K,
];
const actions = fc.oneof(
  fc.constantFrom<Action>(
    { kind: 'KILL_PROCESS' },
    { kind: 'KILL_THREAD' },
    { kind: 'TRAP' },
    { kind: 'LOG' },
    { kind: 'ALLOW' },
  ),
  fc.nat({ max: 4095 }).map((data): Action => ({ kind: 'ERRNO', data })),
  fc.nat({ max: 65535 }).map((data): Action => ({ kind: 'TRACE', data })),
);

describe('libseccomp’s own simulator', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'scmp-bpf-sim-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('decides as ours does, on every architecture', async () => {
    const question = fc.record({
      instructions: validProgram(OPERATIONS, actions.map(encodeAction)),
      architecture: fc.constantFrom(...ARCHITECTURES),
      nr: word,
      args: fc.tuple(doubleWord, doubleWord, doubleWord, doubleWord, doubleWord, doubleWord),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(question, { minLength: 10, maxLength: 10 }), async (questions) => {
        const asked = questions.map(({ instructions, architecture, nr, args }, index) => {
          const bytes = encodeProgram(instructions, architecture.endianness);
          const program = join(directory, `${index}.bpf`);
          writeFileSync(program, bytes);
          const data = { nr, arch: architecture.auditArch, instructionPointer: 0n, args };
          const ours = simulate({ program: bytes, arches: [architecture.name] }, data);
          return { query: { program, architecture, nr, args }, ours: upstreamName(kernelAction(ours.returnValue)) };
        });
        const theirs = await askUpstreamSimulator(asked.map(({ query }) => query));
        expect(asked.map(({ ours }) => ours)).toEqual(theirs);
      }),
      { numRuns: 40 },
    );
  });
});
