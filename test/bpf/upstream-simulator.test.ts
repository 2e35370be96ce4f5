import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ARCHITECTURES } from '../../src/architecture.js';
import { encodeAction, encodeProgram, kernelAction, Opcode, simulate } from '../../src/bpf/index.js';
import type { Action } from '../../src/policy.js';
import { doubleWord, validProgram, word } from './programs.js';

const SIMULATOR =
  process.env.SCMP_BPF_SIM ?? fileURLToPath(new URL('../../build/native/tools/scmp_bpf_sim', import.meta.url));
const missing = !existsSync(SIMULATOR);
const MISSING = `libseccomp's scmp_bpf_sim is not at ${SIMULATOR}; run ./build.sh --native or set SCMP_BPF_SIM`;
if (missing && !process.env.CI) console.warn(`SKIPPED, nothing compared: ${MISSING}`);

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

function upstreamName(action: Action): string {
  if ('data' in action) return `${action.kind}(${action.data})`;
  return action.kind === 'KILL_THREAD' ? 'KILL' : action.kind;
}

describe.skipIf(missing && !process.env.CI)('libseccomp’s own simulator', () => {
  let directory: string;
  beforeAll(() => {
    if (missing) throw new Error(MISSING);
    directory = mkdtempSync(join(tmpdir(), 'scmp-bpf-sim-'));
  });
  afterAll(() => {
    if (directory) rmSync(directory, { recursive: true });
  });

  test('decides as ours does, on every architecture', () => {
    const file = () => join(directory, 'program.bpf');
    fc.assert(
      fc.property(
        validProgram(OPERATIONS, actions.map(encodeAction)),
        fc.constantFrom(...ARCHITECTURES),
        word,
        fc.tuple(doubleWord, doubleWord, doubleWord, doubleWord, doubleWord, doubleWord),
        (instructions, { name, endianness, auditArch }, nr, args) => {
          const program = encodeProgram(instructions, endianness);
          writeFileSync(file(), program);
          const options = args.flatMap((value, index) => [`-${index}`, String(value)]);
          const theirs = execFileSync(SIMULATOR, ['-f', file(), '-a', name, '-s', String(nr), ...options]);
          const ours = simulate({ program, arches: [name] }, { nr, arch: auditArch, instructionPointer: 0n, args });
          expect(`${upstreamName(kernelAction(ours.returnValue))}\n`).toBe(theirs.toString());
        },
      ),
      { numRuns: 400 },
    );
  });
});
