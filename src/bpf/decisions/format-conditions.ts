import { checkArgument, LIST, OBJECT } from '../../options.js';
import { ALL_64_BITS, type Condition, type DnfTerms, LOW_HALF } from './condition.js';
import { FITS_32_BITS, type Formula, factorConditions, type IsFlag, type Statement } from './factor-conditions.js';
import { type Field, INSTRUCTION_POINTER_FIELD } from './input-variables.js';
import { complementOf, type Interval, valuesIn } from './intervals.js';

export interface ConditionNames {
  /** What to call a field; 6 is the instruction pointer. Default: `arg0`…, `instruction_pointer`. */
  field?: ((field: Field) => string | undefined) | undefined;
  /** What to call a value of a field AND a mask, for instance `AF_UNIX`. Default: the number. */
  value?: ((field: Field, value: bigint, mask: bigint) => string | undefined) | undefined;
  /** What to write after `&` for a mask of some bits of a field, for instance `(O_CREAT|O_EXCL)`. Default: the number. */
  mask?: ((field: Field, mask: bigint) => string | undefined) | undefined;
  /**
   * Whether a bit of a field is a flag with a name. Values that differ in such a flag alone are then one value of the
   * other bits: `(type & ~SOCK_CLOEXEC) == SOCK_STREAM`. Default: no bit is.
   */
  isFlag?: IsFlag | undefined;
  /**
   * The width of the registers in bits, 64 by default. With 32, a comparison of the low half is one of the whole
   * argument.
   */
  registerBits?: 32 | 64 | undefined;
}

/**
 * Terms as text: `domain == AF_UNIX and (type & 0xf) <= 2, or protocol in {1, 6, 17}`. What terms have in common is said
 * once. The text is empty where they always hold.
 *
 * `in {1, 5..9}` are the values 1 and 5 to 9, `not in` all others. A field "fits 32 bits" where its upper half is 0, or
 * repeats the set bit 31: as a 32-bit argument is passed in 64 bits.
 *
 * @throws nothing: every list of terms has a text
 *
 * @example
 * ```js
 * import { ALL_64_BITS, formatConditions } from 'libseccomp-wasm/bpf';
 *
 * const known = (value) => ({ kind: 'equal', field: 0, mask: ALL_64_BITS, value });
 * const small = { kind: 'between', field: 1, mask: 0xfn, from: 0n, to: 2n };
 * const field = (index) => ['domain', 'type'][index];
 * console.log(formatConditions([[known(1n), small]], { field })); // domain == 1 and (type & 0xf) <= 0x2
 * console.log(formatConditions([[known(1n), small], [known(16n), small]], { field })); // domain in {1, 16} and (type & 0xf) <= 0x2
 * console.log(formatConditions([])); // never
 * ```
 */
export function formatConditions(terms: DnfTerms, names: ConditionNames = {}): string {
  checkArgument('formatConditions', 'terms', terms, LIST);
  const formula = factorConditions(terms, names.isFlag);
  if (formula.kind === 'any' && formula.of.length === 0) return 'never';
  const alternatives = formula.kind === 'any' ? formula.of : [formula];
  return alternatives.map((each) => formatFormula(each, names)).join(', or ');
}

/**
 * One condition as text.
 *
 * @throws nothing: every condition has a text
 *
 * @see {@link formatConditions}
 */
export function formatCondition(condition: Condition, names: ConditionNames = {}): string {
  checkArgument('formatCondition', 'condition', condition, OBJECT);
  return formatConditions([[condition]], names);
}

/** Below the top, alternatives are in parentheses. */
function formatFormula(formula: Formula, names: ConditionNames): string {
  switch (formula.kind) {
    case 'all':
      return formula.of.map((each) => formatFormula(each, names)).join(' and ');
    case 'any':
      return `(${formula.of.map((each) => formatFormula(each, names)).join(' or ')})`;
    case 'fits':
      return `${nameOf(formula.field, names)} fits 32 bits`;
    case 'values':
      return formatValues(formula, names);
  }
}

function nameOf(field: Field, names: ConditionNames): string {
  return names.field?.(field) ?? (field === INSTRUCTION_POINTER_FIELD ? 'instruction_pointer' : `arg${field}`);
}

function formatValues({ field, mask, ranges }: Extract<Statement, { kind: 'values' }>, names: ConditionNames): string {
  const name = nameOf(field, names);
  const others = complementOf(ranges, mask);
  if (mask === ALL_64_BITS && isSame(others, FITS_32_BITS)) return `${name} does not fit 32 bits`;
  const whole = names.registerBits === 32 ? LOW_HALF : ALL_64_BITS;
  const isMasked = mask !== whole;
  const subject = isMasked ? `(${name} & ${names.mask?.(field, mask) ?? hexadecimal(mask)})` : name;
  const isHexadecimal = isMasked && mask !== LOW_HALF;
  const text = (value: bigint) => names.value?.(field, value, mask) ?? formatValue(value, isHexadecimal);

  const [only, second] = ranges;
  const [excluded, another] = others;
  if (excluded && !another && excluded.from === excluded.to && !(only?.from === only?.to && !second)) {
    return `${subject} != ${text(excluded.from)}`;
  }
  if (only && !second) {
    if (only.from === only.to) return `${subject} == ${text(only.from)}`;
    const few =
      only.to === mask ? undefined : valuesIn(ranges, mask, 2)?.map((value) => names.value?.(field, value, mask));
    if (few?.every((value) => value !== undefined)) return `${subject} in {${few.join(', ')}}`;
    if (only.from === 0n) return `${subject} <= ${text(only.to)}`;
    if (only.to === mask) return `${subject} >= ${text(only.from)}`;
    return `${text(only.from)} <= ${subject} <= ${text(only.to)}`;
  }
  // A list has ends: where the largest value is in it, the others are listed.
  const isOpen = ranges.at(-1)?.to === mask;
  const listed = (isOpen ? others : ranges).map((range) => formatRange(range, mask, text));
  return `${subject} ${isOpen ? 'not in' : 'in'} {${listed.join(', ')}}`;
}

/** Two neighbours are two values. */
function formatRange(range: Interval, mask: bigint, text: (value: bigint) => string): string {
  const values = valuesIn([range], mask, 2);
  return values ? values.map(text).join(', ') : `${text(range.from)}..${text(range.to)}`;
}

function isSame(one: readonly Interval[], other: readonly Interval[]): boolean {
  return (
    one.length === other.length && one.every(({ from, to }, at) => from === other[at]?.from && to === other[at]?.to)
  );
}

/** Numbers that people know by heart are decimal. */
function formatValue(value: bigint, isHexadecimal: boolean): string {
  return isHexadecimal || value > 0xffffn ? hexadecimal(value) : `${value}`;
}

function hexadecimal(value: bigint): string {
  if (value === 0n) return '0';
  return `0x${value.toString(16)}`;
}
