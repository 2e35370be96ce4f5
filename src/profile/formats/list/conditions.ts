import { ARCHITECTURES, type Architecture, type ArchitectureName } from '../../../architecture.js';
import { nearestName } from '../../../nearest-name.js';
import { constantValue, nearestConstant } from '../../../syscalls/constants.js';
import { type SyscallParameter, syscallSignature } from '../../../syscalls/signature.js';
import { quote } from '../../../text.js';
import type { ProfileIssueCode } from '../../document/profile-error.js';
import type { BitComparison } from '../exact-conditions.js';
import type { ListCall, ListCondition, ListValue, ListWord } from './parser.js';

/** Why a condition cannot be read, at a word of it. */
export interface ConditionFault {
  code: ProfileIssueCode;
  message: string;
  hint?: string | undefined;
  offset: number;
}

/** A call's conditions on some architectures; undefined where they have no meaning there. */
export interface ConditionGroup {
  architectures: Architecture[];
  comparisons: BitComparison[] | undefined;
}

const OPERATORS = { '==': 'EQ', '!=': 'NE', '<': 'LT', '<=': 'LE', '>': 'GT', '>=': 'GE' } as const;

/**
 * The conditions of a call, resolved on each architecture: an argument's position and width and a constant's value can
 * differ. Architectures with the same result are grouped. Throws nothing: a fault is returned where the conditions have
 * a meaning on no architecture.
 */
export function groupConditions(
  call: ListCall,
  architectures: readonly Architecture[] = ARCHITECTURES,
): ConditionGroup[] | ConditionFault {
  const groups = new Map<string, ConditionGroup>();
  let fault: ConditionFault | undefined;
  // x86_64 first: its faults are the ones that make sense to most.
  const ordered = [...architectures].sort((a, b) => Number(b.name === 'x86_64') - Number(a.name === 'x86_64'));
  for (const architecture of ordered) {
    const found = comparisonsOn(call, architecture);
    const comparisons = Array.isArray(found) ? found : undefined;
    if (!Array.isArray(found)) fault ??= found;
    const key = comparisons?.map(({ index, bits, op, value, mask }) => [index, bits, op, value, mask].join()).join(';');
    const group = groups.get(key ?? 'none');
    if (group) group.architectures.push(architecture);
    else groups.set(key ?? 'none', { architectures: [architecture], comparisons });
  }
  const list = [...groups.values()];
  return fault && list.every(({ comparisons }) => comparisons === undefined) ? fault : list;
}

function comparisonsOn(call: ListCall, architecture: Architecture): BitComparison[] | ConditionFault {
  const comparisons: BitComparison[] = [];
  for (const condition of call.conditions) {
    const comparison = comparisonOn(call.text, condition, architecture);
    if ('code' in comparison) return comparison;
    comparisons.push(comparison);
  }
  return comparisons;
}

function comparisonOn(
  syscall: string,
  condition: ListCondition,
  architecture: Architecture,
): BitComparison | ConditionFault {
  const argument = argumentOn(syscall, condition, architecture);
  if ('code' in argument) return argument;
  const { index, bits } = argument;
  const op = OPERATORS[condition.op];
  const most = 2n ** BigInt(bits) - 1n;
  const mask = condition.mask && valueOn(condition.mask, bits, architecture);
  if (typeof mask === 'object') return mask;
  const value = valueOn(condition.value, bits, architecture, op === 'EQ' || op === 'NE');
  if (typeof value === 'object') return value;
  for (const [datum, words] of [
    [value, condition.value],
    [mask ?? 0n, condition.mask ?? []],
  ] as const) {
    if (datum <= most) continue;
    const message = `${quote(condition.text)} of ${syscall} has ${bits} bits: 0x${datum.toString(16)} has more`;
    return {
      code: 'wide-value',
      message,
      hint: `write ${condition.text}:64 to compare the whole register`,
      offset: words[0]!.offset,
    };
  }
  if (mask !== undefined && (value & ~mask) !== 0n) {
    const message = `the value has bits that the mask lacks, so they are never equal`;
    return { code: 'impossible-condition', message, offset: condition.value[0]!.offset };
  }
  return { index, bits, op, value, mask };
}

function argumentOn(
  syscall: string,
  { text, offset, width }: ListCondition,
  { name: architecture, wordSize }: Architecture,
): { index: number; bits: number } | ConditionFault {
  const parameters = syscallSignature(syscall, architecture);
  const numbered = /^arg([0-5])$/.exec(text);
  const index = numbered ? Number(numbered[1]) : (parameters ?? []).findIndex(({ name }) => name === text);
  if (index < 0) return unknownArgument(syscall, parameters, { text, offset });
  if (width) {
    const bits = Number(width.text);
    if ([8, 16, 32, 64].includes(bits)) return { index, bits };
    return { code: 'bad-syntax', message: `a width is 8, 16, 32 or 64 bits, not ${width.text}`, offset: width.offset };
  }
  const parameter = parameters?.[index];
  if (!parameter) {
    const message = parameters
      ? `${syscall} has ${parameters.length} arguments`
      : `what ${quote(syscall)} takes is not known here`;
    return { code: 'unknown-argument', message, hint: `write ${text}:64 to compare the whole register`, offset };
  }
  // A long fills the register, on a 32-bit machine as on a 64-bit one.
  const wide =
    wordSize === 32 && syscallSignature(syscall)?.some(({ name, bits }) => name === parameter.name && bits === 64);
  return { index, bits: wide ? 64 : parameter.bits };
}

function unknownArgument(
  syscall: string,
  parameters: readonly SyscallParameter[] | undefined,
  { text, offset }: ListWord,
): ConditionFault {
  const code = 'unknown-argument';
  if (!parameters) {
    const message = `what ${quote(syscall)} takes is not known here`;
    return { code, message, hint: 'write arg0:64 … arg5:64', offset };
  }
  const names = parameters.map(({ name }) => name);
  const nearest = nearestName(text, names, Math.min(2, text.length - 2));
  const known = names.length > 0 ? `it takes ${names.join(', ')}` : 'it takes none';
  return {
    code,
    message: `${syscall} has no argument ${quote(text)}`,
    hint: nearest ? `did you mean ${quote(nearest)}?` : known,
    offset,
  };
}

/** Words joined by `|`. A negative number is in two's complement of that many bits. */
function valueOn(
  words: ListValue,
  bits: number,
  { name }: Architecture,
  mayBeNegative = false,
): bigint | ConditionFault {
  let sum = 0n;
  for (const { text, offset } of words) {
    if (/^-?\d/.test(text)) {
      const number = parseInteger(text);
      if (number === undefined) return { code: 'not-an-integer', message: `${quote(text)} is no integer`, offset };
      if (number >= 0n) {
        sum |= number;
        continue;
      }
      if (!mayBeNegative || words.length > 1 || number < -(2n ** BigInt(bits - 1))) {
        const message = `${text} in ${bits} bits: arguments are compared unsigned`;
        return { code: 'out-of-range', message, hint: 'write what it is unsigned, for instance 0xffffffff', offset };
      }
      sum = BigInt.asUintN(bits, number);
    } else {
      const value = constantValue(text, name);
      if (value === undefined) return unknownConstant({ text, offset }, name);
      sum |= BigInt.asUintN(value < 0n ? bits : 64, value);
    }
  }
  return sum;
}

/** Decimal or hexadecimal; undefined for a number with a leading zero, which C takes for octal, and for a fraction. */
export function parseInteger(text: string): bigint | undefined {
  const isNegative = text.startsWith('-');
  const digits = isNegative ? text.slice(1) : text;
  if (digits.length > 80 || !/^(?:0|[1-9]\d*|0[xX][0-9a-fA-F]+)$/.test(digits)) return undefined;
  return isNegative ? -BigInt(digits) : BigInt(digits);
}

function unknownConstant({ text, offset }: ListWord, architecture: ArchitectureName): ConditionFault {
  const nearest = nearestConstant(text, architecture);
  const hint = nearest
    ? `did you mean ${quote(nearest)}?`
    : 'see docs/list-format.md for the families there are, or write the number';
  return { code: 'unknown-constant', message: `unknown constant ${quote(text)}`, hint, offset };
}
