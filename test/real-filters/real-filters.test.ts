import { describe, expect, it } from 'vitest';
import { isSameAction, mayRun } from '../../src/action.js';
import { parseArchitecture } from '../../src/architecture.js';
import {
  assemble,
  buildDecisionDiagram,
  compareDecisions,
  createSimulator,
  decide,
  decodeProgram,
  disassemble,
  encodeProgram,
  formatAssembly,
  policyTable,
  verifyProgram,
} from '../../src/bpf/index.js';
import { minimizeProgram } from '../../src/bpf/minimize/index.js';
import { type CompiledFilter, compileParsedProfile } from '../../src/compiler/index.js';
import { decompile, nameTable } from '../../src/explain/index.js';
import { listSyscalls, loadLibseccompSync } from '../../src/libseccomp/index.js';
import { syscallNaming } from '../../src/libseccomp/syscall-naming.js';
import { readProfile, writeProfile } from '../../src/profile/index.js';
import { seeded } from '../owners/owner.js';
import { PROGRAMS } from './filters.js';

// What programs of Debian 12 install, and all that this package does with a program.

const libseccomp = loadLibseccompSync();
const naming = syscallNaming(libseccomp);
const isBrowser = (file: string) => /^(chromium|firefox)/.test(file);
/** It denies shmat of i386 by its own number, and not by ipc. */
const NO_PROFILE = ['firejail-memory.0.bpf'];
/** `scripts/field-programs` sets it: the browsers' filters take as long as all others together. */
const ALL = process.env.REAL_FILTERS === 'all';
/** One of each browser's is minimised in every run. */
const isLeftOut = (file: string) => isBrowser(file) && !ALL && !/^(chromium-renderer|firefox-web-content)/.test(file);

describe.each(PROGRAMS.map((each, index) => ({ ...each, index })))('$file', ({ file, bytes, index }) => {
  const instructions = decodeProgram(bytes, 'little');

  it('is read, written, listed and assembled to the same bytes', () => {
    verifyProgram(instructions);
    expect(encodeProgram(instructions, 'little')).toEqual(bytes);
    const listing = formatAssembly(disassemble(bytes, naming), { target: { architectures: [], endianness: 'little' } });
    expect(encodeProgram(assemble(listing, naming).instructions, 'little')).toEqual(bytes);
  });

  it('is simulated as its diagram decides, on calls made of its own constants', () => {
    const diagram = buildDecisionDiagram(bytes);
    const simulator = createSimulator(bytes);
    const constants = [...new Set(instructions.map(({ k }) => k))];
    const random = seeded(constants.length);
    const word = () => (random.below(2) === 0 ? random.of(constants) : random.below(501));
    const argument = () => (BigInt(random.below(2) === 0 ? 0 : word()) << 32n) | BigInt(word());
    const wrong = Array.from({ length: 100 }, () => ({
      arch: random.of([0xc000003e, 0xc000003e, 0x40000003, 0xc00000b7]),
      nr: word(),
      instructionPointer: BigInt(word()),
      args: [argument(), argument(), argument(), argument(), argument(), argument()] as const,
    })).filter((data) => !isSameAction(simulator.simulate(data).action, decide(diagram, data)));
    expect(wrong).toEqual([]);
  });

  it('is explained: every call of its architectures has a decision', () => {
    const { architectures } = nameTable(policyTable(bytes), libseccomp);
    for (const { calls } of architectures) expect(calls.filter(({ decisions }) => decisions.length === 0)).toEqual([]);
  });

  it.skipIf(isLeftOut(file))('is minimised to no more instructions, which decide the same', () => {
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
    for (const format of formatsOf(index, file)) {
      const read = readProfile(writeProfile(profile, format), { format });
      const optimize = isBrowser(file) ? 'min' : 0;
      const compiled = compileParsedProfile(read, { arch: machine, libseccomp, optimize });
      expect(unlike(bytes, compiled), format).toEqual([]);
    }
  });
});

/** They take turns: each filter goes through one, each kind of filter through both. */
function formatsOf(index: number, file: string): readonly ('docker' | 'list')[] {
  // TRAP's data, by which a handler knows what to do, can be said in the list alone.
  if (isBrowser(file)) return ['list'];
  return ALL ? ['docker', 'list'] : [index % 2 === 0 ? 'docker' : 'list'];
}

/**
 * Where what was compiled decides a call with a name otherwise, or lets any other number through. The kernel has no call
 * with a negative number; by -1 a tracer skips one, and firejail's test of x32 finds it above.
 */
function unlike(program: Uint8Array, { program: compiled, arches }: CompiledFilter): unknown[] {
  return compareDecisions(program, compiled).architectures.flatMap(({ architecture, calls }) => {
    const named = arches.some((name) => name === architecture)
      ? listSyscalls(libseccomp, parseArchitecture(architecture!)).map(({ number }) => number)
      : [];
    return calls.filter(
      ({ numbers, changes }) =>
        numbers.some(({ from, to }) => named.some((number) => from <= number && number <= to)) ||
        (numbers.some(({ from }) => from < 2 ** 31) &&
          changes.some(({ direction, to }) => direction === 'weaker' && mayRun(to))),
    );
  });
}
