import { kindOfName, takesErrnoRet } from '../../action.js';
import type { OciSeccomp, OciSyscall, SeccompArgument } from '../../profile/model/schema.js';

/** What a runtime gives a call where a rule applies. */
export interface Result {
  readonly action: string;
  readonly errno: bigint | undefined;
}

/** A rule as a runtime adds it to libseccomp, of one entry and for each of its names. */
export interface AddedRule {
  readonly result: Result;
  /** The conditions that libseccomp keeps, as texts, sorted. */
  readonly conditions: readonly Condition[];
}

export interface Condition {
  readonly index: number;
  readonly op: SeccompArgument['op'];
  readonly value: bigint;
  readonly datum: bigint;
}

const EPERM = 1n;

export function defaultResult({ defaultAction, defaultErrnoRet }: OciSeccomp): Result {
  return resultOf({ action: defaultAction, errnoRet: defaultErrnoRet });
}

function resultOf({ action, errnoRet }: Pick<OciSyscall, 'action' | 'errnoRet'>): Result {
  return { action: kindOfName(action), errno: takesErrnoRet(action) ? (errnoRet ?? EPERM) : undefined };
}

export const isSameResult = (one: Result, other: Result): boolean =>
  one.action === other.action && one.errno === other.errno;

/** How many rules an entry makes for each of its names; none where it says what the default does. */
export function ruleCount(entry: OciSyscall, byDefault: Result): number {
  if (isSameResult(resultOf(entry), byDefault)) return 0;
  return repeatsIndex(entry) ? (entry.args ?? []).length : 1;
}

/**
 * The rules of an entry as runc and crun add them: where two conditions are on one argument each becomes a rule of its
 * own. A comparison under an empty mask always holds, and libseccomp drops it.
 */
export function rulesOf(entry: OciSyscall, byDefault: Result): AddedRule[] {
  const result = resultOf(entry);
  if (isSameResult(result, byDefault)) return [];
  const conditions = (entry.args ?? []).map(conditionOf);
  const groups = repeatsIndex(entry) ? conditions.map((each) => [each]) : [conditions];
  return groups.map((group) => ({ result, conditions: kept(group) }));
}

/** A rule on a 32-bit architecture, where libseccomp compares the low half of every value. */
export function onNarrow({ result, conditions }: AddedRule): AddedRule {
  const low = (value: bigint) => BigInt.asUintN(32, value);
  const narrow = conditions.map((each) => ({ ...each, value: low(each.value), datum: low(each.datum) }));
  return { result, conditions: kept(narrow) };
}

export const conditionKey = ({ index, op, value, datum }: Condition): string => `${index}:${op}:${value}:${datum}`;

function repeatsIndex({ args }: OciSyscall): boolean {
  const indexes = (args ?? []).map(({ index }) => index);
  return new Set(indexes).size < indexes.length;
}

/** What decides: `valueTwo` counts under a mask alone, and of it the bits of the mask. */
function conditionOf({ index, op, value, valueTwo }: SeccompArgument): Condition {
  const datum = op === 'SCMP_CMP_MASKED_EQ' ? (valueTwo ?? 0n) & value : 0n;
  return { index: Number(index), op, value, datum };
}

function kept(conditions: readonly Condition[]): Condition[] {
  return conditions
    .filter(({ op, value }) => !(op === 'SCMP_CMP_MASKED_EQ' && value === 0n))
    .sort((one, other) => (conditionKey(one) < conditionKey(other) ? -1 : 1));
}
