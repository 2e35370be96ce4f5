import { formatAction } from '../../action.js';
import { compareDecisions } from '../../bpf/decisions/compare.js';
import type { NumberRange } from '../../bpf/decisions/partition.js';
import { INSTRUCTION_SIZE } from '../../bpf/program/instruction.js';
import type { CompiledFilter } from '../../compiler/index.js';
import { nameComparison } from '../../explain/name-comparison.js';
import { otherArchitecture } from '../../explain/unnamed-architecture.js';
import type { Libseccomp } from '../../libseccomp/index.js';
import type { ComparisonResult } from './protocol.js';

/** What two programs decide differently, by name, as `scmp diff` prints it. */
export function comparePrograms(
  before: CompiledFilter,
  after: CompiledFilter,
  libseccomp: Libseccomp,
): Omit<ComparisonResult, 'entriesBefore'> {
  const differences = nameComparison(compareDecisions(before, after), libseccomp).map(
    ({ architecture, auditArches, syscalls, numbers, from, to, direction, when }) => ({
      architecture: architecture ?? otherArchitecture(auditArches),
      calls: [...syscalls, ...numbers.map(formatRange)],
      condition: when === null ? 'on a condition too long to be read' : (when ?? ''),
      from: { kind: from.kind, text: formatAction(from, architecture) },
      to: { kind: to.kind, text: formatAction(to, architecture) },
      change: direction,
    }),
  );
  return { kind: 'compared', differences, instructions: after.program.length / INSTRUCTION_SIZE };
}

function formatRange({ from, to }: NumberRange): string {
  if (from === to) return `number ${from}`;
  return to === 0xffff_ffff ? `numbers from ${from}` : `numbers ${from} to ${to}`;
}
