import type { Architecture } from '../architecture.js';
import { buildDecisionDiagram } from '../bpf/decisions/decision-diagram.js';
import { type DiagramStore, type Node, orTooComplex } from '../bpf/decisions/diagram-store.js';
import { INSTRUCTION_SIZE, MAX_INSTRUCTIONS } from '../bpf/program/instruction.js';
import { CompileError } from '../compiler/compile-error.js';
import { type CompileOptions, compileWithEffects, type PlannedPolicy, planPolicy } from '../compiler/compile-policy.js';
import type { EntryEffect } from '../compiler/entry-effect.js';
import { callsBehind, isMultiplexer, MULTIPLEXED_CALLS } from '../compiler/multiplexed-calls.js';
import { behaviourOf, hasEnosysStub } from '../compiler/runtime.js';
import type { Action, ArgumentCondition, SeccompPolicy } from '../policy.js';

/** The filter of a checked target, as far as findings are about it. */
export interface TargetFilter {
  /** At most so many: the exact number, unless all that is asked is whether it is near the limit. */
  readonly instructions: number;
  readonly usesListener: boolean;
  /** Undefined where the program is too complex for an answer. */
  readonly effects: readonly EntryEffect[] | undefined;
  /**
   * What it decides on a number of a call, where the arguments meet the conditions. Undefined where that is too
   * complex.
   */
  actions(
    name: string,
    on: Architecture,
    number: number,
    conditions: readonly ArgumentCondition[],
  ): readonly Action[] | undefined;
  /** @throws {ProgramTooComplexError} when the store's budget is not enough */
  decisions(store: DiagramStore): Node;
}

/** Compile a policy; `plan` gives what `planPolicy` makes of it. */
export function compileFilter(
  policy: SeccompPolicy,
  options: CompileOptions,
  plan: () => PlannedPolicy = () => planPolicy(policy, options),
): TargetFilter | CompileError {
  try {
    const { compiled, effects, decisions } = compileWithEffects(policy, options, plan());
    return {
      instructions: compiled.program.length / INSTRUCTION_SIZE,
      usesListener: compiled.usesListener,
      effects,
      actions: (_, on, number, conditions) => orTooComplex(() => decisions.actions(on, number, conditions)),
      decisions: (store) => buildDecisionDiagram(compiled, { store }).root,
    };
  } catch (error) {
    if (error instanceof CompileError) return error;
    throw error;
  }
}

/** Longer programs are made as a whole, for their exact length. */
const FAR_FROM_LIMIT = MAX_INSTRUCTIONS / 2;

/** A filter, and a policy that differs from the filter's in entries about some names. */
export interface Variant {
  base: TargetFilter | CompileError;
  policy: SeccompPolicy;
  names: readonly string[];
  plan: () => PlannedPolicy;
}

/**
 * The filter of a variant, of which only the calls with other entries are compiled. A call's decision follows from its own
 * entries alone: libseccomp's tests of one call do not depend on those of another, except behind a multiplexer
 * (`fastestOrder` relies on that too). Where more than that is asked, the whole is compiled.
 */
export function compileVariant(variant: Variant, options: CompileOptions): TargetFilter | CompileError {
  const { base, policy, names, plan } = variant;
  const whole = () => compileFilter(policy, options, plan);
  // The stub looks at all names, and a listener may be asked for anywhere.
  const isWhole = hasEnosysStub(policy, behaviourOf(options)) || notifies(policy);
  if (isWhole || base instanceof CompileError || base.usesListener) return whole();
  const differing = withOthersBehind(names);
  const part = compileFilter(onlyAbout(policy, differing), options);
  if (part instanceof CompileError) return whole();
  const instructions = base.instructions + part.instructions;
  if (instructions > FAR_FROM_LIMIT || !base.effects || !part.effects) return whole();
  const unchanged = base.effects.filter((effect) => !effect.names.some((name) => differing.has(name)));
  return {
    instructions,
    usesListener: false,
    effects: [...unchanged, ...part.effects],
    actions: (name, ...asked) => (differing.has(name) ? part : base).actions(name, ...asked),
    decisions: (store) => {
      const made = whole();
      if (made instanceof CompileError) throw made;
      return made.decisions(store);
    },
  };
}

/** Names, and all that share a multiplexer with one of them. */
function withOthersBehind(names: readonly string[]): ReadonlySet<string> {
  return new Set(
    names.flatMap((name) => {
      const multiplexer = isMultiplexer(name) ? name : MULTIPLEXED_CALLS.get(name)?.multiplexer;
      return multiplexer === undefined ? [name] : [multiplexer, ...callsBehind(multiplexer)];
    }),
  );
}

function onlyAbout(policy: SeccompPolicy, wanted: ReadonlySet<string>): SeccompPolicy {
  const rules = policy.rules.flatMap((rule) => {
    const names = rule.names.filter(({ name }) => wanted.has(name));
    return names.length > 0 ? [{ ...rule, names }] : [];
  });
  return { ...policy, rules };
}

function notifies({ defaultAction, rules }: SeccompPolicy): boolean {
  return defaultAction.kind === 'NOTIFY' || rules.some(({ action }) => action.kind === 'NOTIFY');
}
