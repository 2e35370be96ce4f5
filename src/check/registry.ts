import { PROGRAM_RULE_IDS } from './program-rule-ids.js';
import type { CheckRule } from './rule.js';
import { ACTION_RULES } from './rules/actions.js';
import { ARGUMENT_RULES } from './rules/arguments.js';
import { CLONE_RULES } from './rules/clone.js';
import { CONDITION_RULES } from './rules/conditions.js';
import { CONFLICT_RULES } from './rules/conflicts.js';
import { ENGINE_RULES } from './rules/engines.js';
import { IGNORE_RULES } from './rules/ignores.js';
import { NAME_RULES } from './rules/names.js';
import { PROCESS_RULES } from './rules/processes.js';
import { PROGRAM_RULES } from './rules/program.js';
import { READER_RULES } from './rules/reader.js';
import { RUNTIME_RULES } from './rules/runtimes.js';
import { SENSITIVE_RULES } from './rules/sensitive.js';
import { SIBLING_RULES } from './rules/siblings.js';

/** Every rule, in the order of docs/check.md. */
export const CHECK_RULES: readonly CheckRule[] = [
  ...NAME_RULES,
  ...SIBLING_RULES,
  ...ARGUMENT_RULES,
  ...CONDITION_RULES,
  ...CONFLICT_RULES,
  ...ACTION_RULES,
  ...CLONE_RULES,
  ...PROCESS_RULES,
  ...SENSITIVE_RULES,
  ...PROGRAM_RULES,
  ...ENGINE_RULES,
  ...RUNTIME_RULES,
  ...READER_RULES,
  ...IGNORE_RULES,
];

export const CHECK_RULE_IDS: ReadonlySet<string> = new Set([...CHECK_RULES.map(({ id }) => id), ...PROGRAM_RULE_IDS]);
