import { encodeAction } from '../../action.js';
import { orTooComplex } from '../../bpf/decisions/diagram-store.js';
import { type NumberRange, policyTable } from '../../bpf/decisions/policy-table.js';
import { minimizeProgram } from '../../bpf/minimize/index.js';
import { INSTRUCTION_SIZE } from '../../bpf/program/instruction.js';
import type { FilterProgram } from '../../bpf/program/program.js';
import { unnamedArchitecture } from '../../explain/unnamed-architecture.js';
import type { Libseccomp } from '../../libseccomp/index.js';
import type { Settings } from '../settings/settings.js';
import { compileOptionsOf } from './compile-options.js';
import { ANY_OTHER, actionLabel } from './policy-map.js';
import type { OtherArchitectures } from './protocol.js';
import type { ReadInput } from './read-input.js';

/** The program that was read, or with `min` the smallest and fastest one found that decides as it does. */
export async function programFilter(
  { filter }: Extract<ReadInput, { kind: 'program' }>,
  settings: Settings,
  libseccomp: Libseccomp,
): Promise<{
  filter: FilterProgram;
  otherArchitectures?: readonly OtherArchitectures[] | undefined;
  instructionsBefore?: number;
}> {
  const otherArchitectures = orTooComplex(() => othersOf(filter));
  if (settings.words.optimize !== 'min') return { filter, otherArchitectures };
  const { weights } = await compileOptionsOf(settings, libseccomp);
  const { program } = minimizeProgram(filter.program, {
    arch: filter.arches[0],
    endianness: filter.endianness,
    weights,
  });
  const instructionsBefore = filter.program.length / INSTRUCTION_SIZE;
  return { filter: { ...filter, program }, otherArchitectures, instructionsBefore };
}

/** What it does with calls of architectures that libseccomp has no table for: those that it treats apart, then all others. */
function othersOf(filter: FilterProgram): OtherArchitectures[] {
  const { unnamedArchitectures, otherArchitectures } = policyTable(filter);
  const of = (name: string, ranges: readonly NumberRange[]): OtherArchitectures => {
    const labels = ranges.flatMap(({ decisions }) =>
      decisions.map(({ action }) => actionLabel(encodeAction(action), filter.arches[0])),
    );
    return { name, actions: [...new Map(labels.map((label) => [label.text, label])).values()] };
  };
  return [
    ...unnamedArchitectures.map(({ auditArches, ranges }) => {
      const name = unnamedArchitecture(auditArches);
      return of(name[0]!.toUpperCase() + name.slice(1), ranges);
    }),
    of(ANY_OTHER, otherArchitectures),
  ];
}
