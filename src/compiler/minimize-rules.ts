import type { Architecture } from '../architecture.js';
import { DiagramStore, ProgramTooComplexError } from '../bpf/decisions/diagram-store.js';
import { ProgramTooLongError } from '../bpf/minimize/errors.js';
import { LENGTH_COST_OF_OWN_WEIGHTS, minimize } from '../bpf/minimize/minimize.js';
import { weigh } from '../bpf/minimize/weigh.js';
import { CompileError } from './compile-error.js';
import type { Minimizer } from './minimizer.js';
import { ruleDecisions } from './rule-decisions.js';

/** The minimiser, from rules. */
export const minimizeRules: Minimizer = (rules, { weights, candidates }) => {
  const { architectures, source } = rules;
  const [{ endianness }] = architectures as [Architecture];
  try {
    const store = new DiagramStore();
    const decisions = { store, root: ruleDecisions(rules, store) };
    const auditArches = [...new Set(architectures.map(({ auditArch }) => auditArch))];
    return minimize(decisions, {
      endianness,
      native: auditArches[0],
      weights: weigh(decisions, auditArches, weights),
      lengthCost: weights === undefined ? undefined : LENGTH_COST_OF_OWN_WEIGHTS,
      candidates: candidates(),
    }).program;
  } catch (error) {
    if (error instanceof ProgramTooLongError) {
      throw new CompileError('PROGRAM_TOO_LARGE', error.message, { source }, { cause: error });
    }
    if (error instanceof ProgramTooComplexError) {
      throw new CompileError('TOO_COMPLEX', error.message, { source }, { cause: error });
    }
    throw error;
  }
};
