import { isSameAction, permits } from '../action.js';
import type { Architecture } from '../architecture.js';
import { checkOptions, FUNCTION, OBJECT, type OptionTable, pick, TEXT } from '../options.js';
import type { ArgumentCondition, PolicyRule, SeccompPolicy, Warning } from '../policy.js';
import { suggester } from '../syscalls/nearest-syscall.js';
import { printable, quote } from '../text.js';
import { CompileError } from './compile-error.js';
import type { FilterOperation, RuleOperation } from './filter-operation.js';
import { behaviourOf, RUNTIME_OPTIONS, type RuntimeBehaviour, type RuntimeOptions } from './runtime.js';
import { isCutShort, isNarrow, narrowConditions } from './wide-values.js';

/** The pieces of a runtime's behaviour that libseccomp's calls depend on. */
const PIECES = ['conditions', 'emptyArgs', 'wideValues'] as const;
type PlanPiece = (typeof PIECES)[number];

export interface FilterPlanOptions extends Pick<RuntimeOptions, PlanPiece> {
  /** The architecture that the filter is for; libseccomp treats it as native. */
  architecture: Architecture;
  /** libseccomp's SCMP_FLTATR_CTL_OPTIMIZE; 0 leaves it unset (as if 1: rules by priority and complexity). */
  optimize: 0 | 1 | 2;
  /** What to do about a system call name that libseccomp has in no table. */
  unknownSyscall: 'warn' | 'error' | 'ignore';
  /** The name's number on the target, negative where the target lacks it; undefined where no table has it. */
  resolveSyscall: (name: string) => number | undefined;
  source?: string | undefined;
}

const PLAN_OPTIONS: OptionTable<FilterPlanOptions> = {
  architecture: [OBJECT],
  optimize: [0, 1, 2],
  unknownSyscall: ['warn', 'error', 'ignore'],
  ...pick(RUNTIME_OPTIONS, PIECES),
  resolveSyscall: [FUNCTION],
  source: [TEXT],
};

/** Of a runtime's behaviour what {@link planFilter} takes. */
export const plannedPieces = (behaviour: RuntimeBehaviour): Pick<RuntimeBehaviour, PlanPiece> =>
  pick(behaviour, PIECES);

export interface FilterPlan {
  operations: FilterOperation[];
  /** The rules of entries with the default's action, which are not among the operations. */
  skipped: RuleOperation[];
  warnings: Warning[];
}

/**
 * A policy as the list of libseccomp calls that youki's `initialize_seccomp`, and runc, would make for it. Rules keep the
 * profile's order: libseccomp's output depends on it.
 */
export function planFilter(policy: SeccompPolicy, options: FilterPlanOptions): FilterPlan {
  checkOptions('planFilter', options, PLAN_OPTIONS);
  const { conditions, emptyArgs, wideValues } = behaviourOf(options);
  const operations: FilterOperation[] = [];
  const warnings: Warning[] = [];

  const architectures = new Set([options.architecture]);
  for (const { architecture } of policy.architectures) {
    // The target is in the filter from the start, and naming an architecture twice says nothing new.
    if (architectures.has(architecture)) continue;
    architectures.add(architecture);
    operations.push({ kind: 'addArchitecture', architecture });
  }
  if (options.optimize !== 0) {
    operations.push({ kind: 'setAttribute', attribute: 'CTL_OPTIMIZE', value: options.optimize });
  }

  let nearestOf: ReturnType<typeof suggester> | undefined;
  const skipped: RuleOperation[] = [];
  const alternativesOf = (rule: PolicyRule, reported: Warning[]) => {
    const split = splitConditions(rule, conditions, reported);
    return fitWords(rule, split, { architectures, policy, mode: wideValues, warnings: reported });
  };
  for (const rule of policy.rules) {
    if (rule.hasEmptyArgs && emptyArgs === 'no-rule') {
      const { path, position, source } = rule;
      const message =
        'the list of conditions is empty, of which youki 0.6 makes no rule at all: the entry has no effect';
      warnings.push({ code: 'empty-args', message, path: `${path}.args`, position, source });
      continue;
    }
    if (isSameAction(rule.action, policy.defaultAction)) {
      warnings.push({
        code: 'default-action-rule',
        message: `${rule.names.map(({ name }) => printable(name)).join(', ')}: the action is the default action, so the entry changes nothing and is skipped`,
        path: rule.path,
        position: rule.position,
        source: rule.source,
      });
      const alternatives = alternativesOf(rule, []);
      for (const { name } of rule.names) {
        const syscall = options.resolveSyscall(name);
        if (syscall === undefined) continue;
        for (const alternative of alternatives) {
          skipped.push({ kind: 'addRule', action: rule.action, syscall, ...alternative, name, rule });
        }
      }
      continue;
    }
    const alternatives = alternativesOf(rule, warnings);
    for (const listed of rule.names) {
      const { name } = listed;
      const syscall = options.resolveSyscall(name);
      if (syscall === undefined) {
        if (options.unknownSyscall === 'ignore') continue;
        nearestOf ??= suggester();
        const nearest = nearestOf(name);
        const message = `unknown system call ${quote(name)}${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}`;
        const { name: _, ...place } = listed;
        if (options.unknownSyscall === 'error') {
          throw new CompileError('UNKNOWN_SYSCALL', message, { ...place, source: place.source ?? options.source });
        }
        warnings.push({
          code: 'unknown-syscall',
          message: `${message} is skipped: ${omittedRuleEffect(rule, policy)}`,
          ...place,
        });
        continue;
      }
      for (const alternative of alternatives) {
        operations.push({ kind: 'addRule', action: rule.action, syscall, ...alternative, name, rule });
      }
    }
  }
  return { operations, skipped, warnings };
}

/** The effect of leaving a rule out, so that a reader of the warning sees at once whether the filter got weaker. */
export function omittedRuleEffect(rule: PolicyRule, policy: SeccompPolicy): string {
  return permits(policy.defaultAction) && !permits(rule.action)
    ? `the filter does NOT deny it (its default is ${policy.defaultAction.kind})`
    : `the default, ${policy.defaultAction.kind}, applies to it`;
}

/**
 * An entry's conditions as lists, of which one must hold as a whole. libseccomp takes one comparison per argument and
 * rule. Where an entry has two, runc and crun make one rule of each condition, which turns AND into OR (runc,
 * matchCall, "revert to old behavior"). youki 0.6 does so for every entry with arguments.
 */
function splitConditions(
  rule: PolicyRule,
  mode: RuntimeBehaviour['conditions'],
  warnings: Warning[],
): readonly (readonly ArgumentCondition[])[] {
  const { conditions, path, position, source } = rule;
  const place = { path: `${path}.args`, position, source };
  const indexes = conditions.map(({ index }) => index);
  const repeated = indexes.find((index, i) => indexes.indexOf(index) !== i);
  const consequence =
    'each condition becomes a rule of its own, so the entry applies when ANY of them holds, not when all do';
  if (mode === 'split-all' && conditions.length > 1) {
    warnings.push({ code: 'split-conditions', message: `as in youki 0.6 ${consequence}`, ...place });
  } else if (mode === 'split-repeated' && repeated !== undefined) {
    const message = `argument ${repeated} has several conditions; as in runc, crun and youki ${consequence}`;
    warnings.push({ code: 'repeated-argument', message, ...place });
  } else {
    return [conditions];
  }
  return conditions.map((condition) => [condition]);
}

/** The conditions of one libseccomp rule, and the architectures it is for where it is not for all. */
interface Alternative {
  conditions: readonly ArgumentCondition[];
  on?: readonly Architecture[];
}

/**
 * Conditions on bits past 32, as they apply where an argument has 32 bits: each word size gets its own rules. With
 * `low-half` they stay unchanged, and libseccomp cuts them.
 */
function fitWords(
  rule: PolicyRule,
  split: readonly (readonly ArgumentCondition[])[],
  given: {
    architectures: ReadonlySet<Architecture>;
    policy: SeccompPolicy;
    mode: RuntimeBehaviour['wideValues'];
    warnings: Warning[];
  },
): readonly Alternative[] {
  const { policy, mode, warnings } = given;
  const all = [...given.architectures].filter((each) => rule.abis?.includes(each) ?? true);
  const only = all.length < given.architectures.size ? { on: all } : {};
  const whole = split.map((conditions) => ({ conditions, ...only }));
  if (!split.some(isCutShort)) return whole;
  const narrow = all.filter(isNarrow);
  if (narrow.length === 0) return whole;
  const where = narrow.map(({ name }) => name).join(', ');
  const warn = (consequence: string) =>
    warnings.push({
      code: 'wide-value',
      message: `${where} compares 32 bits, and a value here has more: ${consequence}`,
      path: `${rule.path}.args`,
      position: rule.position,
      source: rule.source,
    });
  if (mode === 'low-half') {
    warn('as libseccomp and the runtimes do it, only its low half is compared there, which is another condition');
    return whole;
  }
  const isMixed = narrow.length < all.length;
  return split.flatMap((conditions): Alternative[] => {
    if (!isCutShort(conditions)) return [{ conditions, ...only }];
    const fitting = narrowConditions(conditions);
    if (fitting === undefined)
      warn(
        `no argument can meet it there, so the entry is left out there, and the default, ${policy.defaultAction.kind}, applies`,
      );
    else warn('every argument meets it there, so that condition is left out');
    const there: Alternative[] = fitting ? [{ conditions: fitting, ...(isMixed ? { on: narrow } : only) }] : [];
    const wide = all.filter((each) => !isNarrow(each));
    return isMixed ? [{ conditions, on: wide }, ...there] : there;
  });
}
