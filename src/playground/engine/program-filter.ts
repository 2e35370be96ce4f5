import { minimizeProgram } from '../../bpf/minimize/index.js';
import { INSTRUCTION_SIZE } from '../../bpf/program/instruction.js';
import type { FilterProgram } from '../../bpf/program/program.js';
import type { Libseccomp } from '../../libseccomp/index.js';
import type { Settings } from '../settings/settings.js';
import { compileOptionsOf } from './compile-options.js';
import type { ReadInput } from './read-input.js';

/** The program that was read, or with `min` the smallest and fastest one found that decides as it does. */
export async function programFilter(
  { filter }: Extract<ReadInput, { kind: 'program' }>,
  settings: Settings,
  libseccomp: Libseccomp,
): Promise<{ filter: FilterProgram; instructionsBefore?: number }> {
  if (settings.words.optimize !== 'min') return { filter };
  const { weights } = await compileOptionsOf(settings, libseccomp);
  const { program } = minimizeProgram(filter.program, {
    arch: filter.arches[0],
    endianness: filter.endianness,
    weights,
  });
  return { filter: { ...filter, program }, instructionsBefore: filter.program.length / INSTRUCTION_SIZE };
}
