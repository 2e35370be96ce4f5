import { buildDecisionDiagram } from '../../src/bpf/decisions/decision-diagram.js';
import { DiagramStore } from '../../src/bpf/decisions/diagram-store.js';
import type { CompiledRules } from '../../src/compiler/expected-decisions.js';
import { proveDecisions } from '../../src/compiler/prove-decisions.js';
import { ruleDecisions } from '../../src/compiler/rule-decisions.js';
import type { Libseccomp } from '../../src/libseccomp/index.js';
import { compareRandomProfiles, type Tally } from './random-profiles.js';

/** What a program that is not its rules' is refused with. */
const UNEQUAL = 'UNEQUAL';

/** Raise an error where a program is not what its rules say, by the proof that is made for libseccomp's, and by its diagram. */
export function proveTwice(compiledRules: CompiledRules): void {
  proveDecisions(compiledRules);
  const store = new DiagramStore();
  const endianness = compiledRules.architectures[0]?.endianness;
  if (buildDecisionDiagram(compiledRules.program, { store, endianness }).root === ruleDecisions(compiledRules, store))
    return;
  throw Object.assign(new Error('the program is not what its rules say'), { code: UNEQUAL });
}

/**
 * As {@link compareRandomProfiles}, of the programs of `optimize: 'min'`: each proved twice, and compared with an evaluator of its
 * own by simulation. What an evaluator does not refuse compiles.
 */
export function compareMinimizedProfiles(libseccomp: Libseccomp, first: number, count: number): Tally {
  return compareRandomProfiles(libseccomp, first, count, { optimize: 'min', verify: proveTwice });
}
