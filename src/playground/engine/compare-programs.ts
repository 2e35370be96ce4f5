import { kernelAction, precedence } from '../../action.js';
import { parseArchitecture } from '../../architecture.js';
import { buildDecisionDiagram, terminalAction } from '../../bpf/decision-diagram.js';
import type { CompiledFilter } from '../../compiler/index.js';
import type { Libseccomp } from '../../libseccomp/index.js';
import type { Comparison } from './protocol.js';

/** placeholder until compare lands */
export function comparePrograms(before: CompiledFilter, after: CompiledFilter, libseccomp: Libseccomp): Comparison {
  void [kernelAction, precedence, parseArchitecture, buildDecisionDiagram, terminalAction, before, libseccomp];
  return { kind: 'compared', differences: [], instructions: after.program.length / 8 };
}
