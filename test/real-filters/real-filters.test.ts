import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeReturnValue, isSameAction, mayRun } from '../../src/action.js';
import { parseArchitecture } from '../../src/architecture.js';
import { nodeOfCall } from '../../src/bpf/decisions/witness.js';
import {
  assemble,
  buildDecisionDiagram,
  compareDecisions,
  DiagramStore,
  decide,
  decodeProgram,
  disassemble,
  encodeProgram,
  formatAssembly,
  policyTable,
  type SeccompData,
  simulate,
  verifyProgram,
} from '../../src/bpf/index.js';
import { minimizeProgram } from '../../src/bpf/minimize/index.js';
import { compileParsedProfile } from '../../src/compiler/index.js';
import { decompile, nameTable } from '../../src/explain/index.js';
import { listSyscalls, loadLibseccompSync } from '../../src/libseccomp/index.js';
import { syscallNaming } from '../../src/libseccomp/syscall-naming.js';
import { readProfile, writeProfile } from '../../src/profile/index.js';
import { PROGRAMS } from './filters.js';

// What programs of Debian 12 install, and all that this package does with a program.

const libseccomp = loadLibseccompSync();
const naming = syscallNaming(libseccomp);
const isBrowser = (file: string) => /^(chromium|firefox)/.test(file);
/** It denies shmat of i386 by its own number, and not by ipc. */
const NO_PROFILE = ['firejail-memory.0.bpf'];
/** `scripts/field-programs` sets it: a browser's filter takes as long as all others together. page.test.ts minimises it. */
const ALL = process.env.REAL_FILTERS === 'all';

describe.each(PROGRAMS)('$file', ({ file, bytes }) => {
  const instructions = decodeProgram(bytes, 'little');

  it('is read, written, listed and assembled to the same bytes', () => {
    verifyProgram(instructions);
    expect(encodeProgram(instructions, 'little')).toEqual(bytes);
    const listing = formatAssembly(disassemble(bytes, naming), { target: { architectures: [], endianness: 'little' } });
    expect(encodeProgram(assemble(listing, naming).instructions, 'little')).toEqual(bytes);
  });

  it('is simulated as its diagram decides, on calls made of its own constants', () => {
    const diagram = buildDecisionDiagram(bytes);
    const constants = [...new Set(instructions.map(({ k }) => k))];
    const word = fc.oneof(fc.constantFrom(...constants), fc.nat({ max: 500 }));
    const call: fc.Arbitrary<SeccompData> = fc.record({
      arch: fc.constantFrom(0xc000003e, 0xc000003e, 0x40000003, 0xc00000b7),
      nr: word,
      instructionPointer: word.map(BigInt),
      args: fc.array(
        fc.tuple(fc.oneof(fc.constant(0), word), word).map(([high, low]) => (BigInt(high) << 32n) | BigInt(low)),
        { minLength: 6, maxLength: 6 },
      ) as unknown as fc.Arbitrary<SeccompData['args']>,
    });
    const wrong = fc.sample(call, 100).filter((data) => {
      const { returnValue } = simulate(bytes, data);
      return !isSameAction(decodeReturnValue(returnValue) as never, decide(diagram, data));
    });
    expect(wrong).toEqual([]);
  });

  it('is explained: every call of its architectures has a decision', () => {
    const { architectures } = nameTable(policyTable(bytes), libseccomp);
    for (const { calls } of architectures) expect(calls.filter(({ decisions }) => decisions.length === 0)).toEqual([]);
  });

  it.skipIf(isBrowser(file) && !ALL)('is minimised to no more instructions, which decide the same', () => {
    const made = minimizeProgram(bytes);
    expect(made.instructions).toBeLessThanOrEqual(instructions.length);
    expect(compareDecisions(bytes, made.program).equal).toBe(true);
    expect(compareDecisions(bytes, encodeProgram([{ code: 6, jt: 0, jf: 0, k: 0x7fc00000 }], 'little')).equal).toBe(
      false,
    );
  });

  it.skipIf(isBrowser(file) && !ALL)('becomes a profile, is written, read and compiled again', () => {
    if (NO_PROFILE.includes(file)) {
      expect(() => decompile(bytes, { libseccomp })).toThrow('no profile decides as this program does');
      return;
    }
    const { profile } = decompile(bytes, { libseccomp });
    const machine = parseArchitecture(profile.seccomp.architectures![0]!).name;
    // TRAP's data, by which a handler knows what to do, can be said in the list alone.
    for (const format of isBrowser(file) ? (['list'] as const) : (['docker', 'list'] as const)) {
      const read = readProfile(writeProfile(profile, format), { format });
      const optimize = isBrowser(file) ? 'min' : 0;
      const compiled = compileParsedProfile(read, { arch: machine, libseccomp, optimize });
      expect(callsLetThrough(bytes, compiled.program)).toEqual([]);
      const store = new DiagramStore();
      const [theirs, ours] = [bytes, compiled.program].map((program) => buildDecisionDiagram(program, { store }).root);
      const differing = compiled.arches.flatMap((name) => {
        const architecture = parseArchitecture(name);
        const node = (root: number, nr: number) =>
          nodeOfCall(store, root as never, { arch: architecture.auditArch, nr });
        return listSyscalls(libseccomp, architecture).filter(
          ({ number }) => node(theirs!, number) !== node(ours!, number),
        );
      });
      expect(differing).toEqual([]);
    }
  });
});

/** The kernel has no call with a negative number; by -1 a tracer skips one, and firejail's test of x32 finds it above. */
function callsLetThrough(program: Uint8Array, compiled: Uint8Array): unknown[] {
  return compareDecisions(program, compiled).architectures.flatMap(({ calls }) =>
    calls.filter(
      ({ numbers, changes }) =>
        numbers.some(({ from }) => from < 2 ** 31) &&
        changes.some(({ direction, to }) => direction === 'weaker' && mayRun(to)),
    ),
  );
}
