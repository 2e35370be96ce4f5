import { checkArgument, LIST, OBJECT } from '../../options.js';
import { ALL_64_BITS, type Condition, type DnfTerms, LOW_HALF } from './condition.js';
import { type Field, INSTRUCTION_POINTER_FIELD } from './input-variables.js';

export interface ConditionNames {
  /** What to call a field; 6 is the instruction pointer. Default: `arg0`…, `instruction_pointer`. */
  field?: ((field: Field) => string | undefined) | undefined;
  /** What to call a value of a field AND a mask, for instance `AF_UNIX`. Default: the number. */
  value?: ((field: Field, value: bigint, mask: bigint) => string | undefined) | undefined;
  /** What to write after `&` for a mask of some bits of a field, for instance `(O_CREAT|O_EXCL)`. Default: the number. */
  mask?: ((field: Field, mask: bigint) => string | undefined) | undefined;
  /**
   * The width of the registers in bits, 64 by default. With 32, a comparison of the low half is one of the whole
   * argument.
   */
  registerBits?: 32 | 64 | undefined;
}

/**
 * Terms as text: `domain == AF_UNIX and (type & 0xf) <= 2, or protocol != 0`. The text is empty where they always hold.
 *
 * @throws nothing: every list of terms has a text
 *
 * @example
 * ```js
 * import { ALL_64_BITS, formatConditions } from 'libseccomp-wasm/bpf';
 *
 * const known = { kind: 'equal', field: 0, mask: ALL_64_BITS, value: 1n };
 * const small = { kind: 'between', field: 1, mask: 0xfn, from: 0n, to: 2n };
 * const field = (index) => ['domain', 'type'][index];
 * console.log(formatConditions([[known, small]], { field })); // domain == 1 and (type & 0xf) <= 0x2
 * console.log(formatConditions([])); // never
 * ```
 */
export function formatConditions(terms: DnfTerms, names: ConditionNames = {}): string {
  checkArgument('formatConditions', 'terms', terms, LIST);
  if (terms.length === 0) return 'never';
  return terms.map((term) => term.map((each) => formatCondition(each, names)).join(' and ')).join(', or ');
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
  const { field, mask } = condition;
  const name = names.field?.(field) ?? (field === INSTRUCTION_POINTER_FIELD ? 'instruction_pointer' : `arg${field}`);
  const whole = names.registerBits === 32 ? LOW_HALF : ALL_64_BITS;
  const isMasked = mask !== whole;
  const subject = isMasked ? `(${name} & ${names.mask?.(field, mask) ?? hexadecimal(mask)})` : name;
  const isHexadecimal = isMasked && mask !== LOW_HALF;
  const text = (value: bigint) => names.value?.(field, value, mask) ?? formatValue(value, isHexadecimal);
  switch (condition.kind) {
    case 'equal':
      return `${subject} == ${text(condition.value)}`;
    case 'notEqual':
      return `${subject} != ${text(condition.value)}`;
    case 'between': {
      const { from, to } = condition;
      if (from === 0n && to === mask - 1n) return `${subject} != ${text(mask)}`;
      if (from === 1n && to === mask) return `${subject} != ${text(0n)}`;
      if (from === 0n) return `${subject} <= ${text(to)}`;
      if (to === mask) return `${subject} >= ${text(from)}`;
      return `${text(from)} <= ${subject} <= ${text(to)}`;
    }
  }
}

/** Numbers that people know by heart are decimal. */
function formatValue(value: bigint, isHexadecimal: boolean): string {
  return isHexadecimal || value > 0xffffn ? hexadecimal(value) : `${value}`;
}

function hexadecimal(value: bigint): string {
  if (value === 0n) return '0';
  return `0x${value.toString(16)}`;
}
