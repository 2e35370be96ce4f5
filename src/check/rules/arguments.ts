import { permits } from '../../action.js';
import type { Architecture } from '../../architecture.js';
import { isNarrow, narrowMeaning } from '../../compiler/wide-values.js';
import { list, number } from '../../phrases.js';
import type { Action, ArgumentCondition } from '../../policy.js';
import type { AdviceWording } from '../../profile/formats/advice.js';
import { type ConstantFamily, familyConstants } from '../../syscalls/constants.js';
import { type ParameterType, type SyscallParameter, syscallSignature } from '../../syscalls/signature.js';
import { type CheckContext, type CheckedEntry, type PlacedCondition, placedConditions } from '../context.js';
import type { TextEdit } from '../finding.js';
import type { CheckRule } from '../rule.js';

const ALL_64_BITS = 2n ** 64n - 1n;
const LOW_BITS = 0xffffffffn;

/** The parameter of one of an entry's calls that a condition compares. */
interface Compared {
  name: string;
  parameter: SyscallParameter | undefined;
}

/** The argument in each call of the entry, on the architectures that pass the test and have the call. */
function compared(
  { names, architectures }: CheckedEntry,
  index: number,
  { libseccomp }: CheckContext,
  test: (architecture: Architecture) => boolean = () => true,
): Compared[] {
  const found = new Map<string, Compared>();
  for (const { name } of names) {
    for (const architecture of architectures.filter(test)) {
      if ((libseccomp.resolveSyscallNameRewrite(name, architecture) ?? -1) < 0) continue;
      const signature = syscallSignature(name, architecture.name);
      // A name without any parameter is one that Linux answers with ENOSYS, or one without a prototype.
      if (!signature?.length) continue;
      const parameter = signature[index];
      const key = `${name} ${parameter?.name} ${parameter?.bits} ${parameter?.pointer}`;
      if (!found.has(key)) found.set(key, { name, parameter });
    }
  }
  return [...found.values()];
}

/** libseccomp compares 64 bits on these, and the low 32 on the others. */
const isWide = ({ wordSize }: Architecture) => wordSize === 64;

const bitsBeyond = (bits: number) => ALL_64_BITS ^ (2n ** BigInt(bits) - 1n);

/** Whether garbage above the bits that the kernel reads can let a call through that the condition should stop. */
function canBeBypassed(
  entry: CheckedEntry,
  { isDenyList, defaultAction }: CheckContext,
  placed: PlacedCondition,
): boolean {
  const { op } = placed.condition;
  // A caller can set upper bits to change or enlarge the value: a restriction must still match then.
  if (!permits(entry.action)) return isDenyList && ['EQ', 'LT', 'LE', 'MASKED_EQ'].includes(op);
  return !permits(defaultAction) && ['NE', 'GT', 'GE'].includes(op);
}

const wideComparison: CheckRule = {
  id: 'wide-comparison',
  severity: 'error',
  summary: 'An argument of 32 bits compared in 64: bits that the kernel does not look at get a call past the filter.',
  *checkText(context) {
    for (const placed of placedConditions(context)) {
      const { entry, condition, place } = placed;
      if (!canBeBypassed(entry, context, placed)) continue;
      const bypassed = compared(entry, condition.index, context, isWide).filter(({ name, parameter }) => {
        if (parameter === undefined || parameter.pointer || parameter.bits === 64) return false;
        const value = bypassingValue(condition, parameter.bits);
        if (value === undefined) return false;
        return answers(context, placed, name, [equals(condition.index, value)])?.some(permits) ?? true;
      });
      const first = bypassed[0];
      if (first?.parameter === undefined) continue;
      const { parameter } = first;
      const mask = 2n ** BigInt(parameter.bits) - 1n;
      yield {
        place,
        message: `the kernel reads ${parameter.bits} bits of ${list([...new Set(bypassed.map((each) => each.name))])}'s ${parameter.name} and this compares 64: a call with a bit above them set gets past it`,
        advice: remedy(placed, parameter, context.terms),
        fix: context.behaviour.maskedOperands === 'mask-first' ? narrowingEdits(context, placed, bypassed, mask) : [],
      };
    }
  },
};

/**
 * A value with bits above those that the kernel reads, which changes the condition's result; none where it reads 64
 * bits.
 */
function bypassingValue({ op, value, valueTwo }: ArgumentCondition, bits: number): bigint | undefined {
  const step = 2n ** BigInt(bits);
  switch (op) {
    case 'EQ':
    case 'NE':
      return otherAbove(value, step, step);
    case 'MASKED_EQ': {
      const beyond = value & bitsBeyond(bits);
      return beyond === 0n ? undefined : otherAbove(valueTwo & value, beyond & -beyond, step);
    }
    default: {
      const above = (value / step + 1n) * step;
      return above > ALL_64_BITS ? undefined : above;
    }
  }
}

/** The value with this bit changed, and with some bit from `step` on set. */
function otherAbove(value: bigint, bit: bigint, step: bigint): bigint {
  const other = value ^ bit;
  if (other >= step) return other;
  return other | (bit === step ? step << 1n : step);
}

/** The program's decisions on 64-bit architectures, for calls that meet an entry's other conditions and these. */
function answers(
  { targets }: CheckContext,
  { entry, condition }: PlacedCondition,
  name: string,
  asked: readonly ArgumentCondition[],
): readonly Action[] | undefined {
  const others = entry.conditions.filter(({ index }) => index !== condition.index);
  const all = targets.flatMap((target) =>
    target.architectures.filter(isWide).map((on) => target.actions(name, on, [...others, ...asked])),
  );
  return all.includes(undefined) ? undefined : all.flatMap((actions) => actions ?? []);
}

const equals = (index: number, value: bigint): ArgumentCondition => ({ index, op: 'EQ', value, valueTwo: 0n });

const maskOf = ({ bits }: SyscallParameter) => 2n ** BigInt(bits) - 1n;

function remedy(
  { condition: { index, op, value, valueTwo } }: PlacedCondition,
  parameter: SyscallParameter,
  terms: AdviceWording,
): string {
  const mask = maskOf(parameter);
  const narrow = terms.narrow(parameter);
  if (op !== 'MASKED_EQ' && narrow !== undefined) return narrow;
  switch (op) {
    case 'EQ':
      return terms.masked({ index, parameter, mask, datum: value & mask });
    case 'MASKED_EQ':
      if ((value & mask) === 0n) return 'take the condition out: the kernel reads none of the bits of its mask';
      return `take the bits above ${number(mask)} out of the mask: ${terms.masked({ index, parameter, mask: value & mask, datum: valueTwo & value & mask })}`;
    case 'NE': {
      if (terms.differing) return terms.differing({ index, parameter, mask, datum: value & mask });
      const groups = allBut(value, parameter);
      if (groups.length > MAX_GROUPS) {
        return `allow the values that are wanted, each with ${terms.maskedForm(mask)}; there is no masked form of "not equal"`;
      }
      const each = groups.map((group) => terms.masked({ index, parameter, ...group }));
      return `write the entry ${each.length} times, with each of these conditions instead: ${each.join('; ')}`;
    }
    default:
      return `say it with ${terms.maskedForm(mask)}, an entry for each group of values`;
  }
}

/** Constants that the kernel counts: it takes no larger value. */
const COUNTED_FAMILIES: ReadonlySet<ConstantFamily> = new Set(['AF']);

/** More entries than these nobody wants to read. */
const MAX_GROUPS = 16;

/**
 * All values of a parameter but one, as comparisons under masks that exclude each other: for each bit those that agree
 * above it and differ in it. Of a parameter whose values are counted, those with bits above all of them are left out.
 */
function allBut(value: bigint, { bits, constants }: SyscallParameter): { mask: bigint; datum: bigint }[] {
  const all = 2n ** BigInt(bits) - 1n;
  const isCounted = constants !== undefined && COUNTED_FAMILIES.has(constants);
  const values = isCounted ? [...familyConstants(constants).values()] : [all];
  const largest = values.reduce((a, b) => (a > b ? a : b));
  const width = [...(largest | (value & all)).toString(2)].length;
  return Array.from({ length: width }, (_, at) => {
    const bit = 1n << BigInt(width - 1 - at);
    const mask = all & ~(bit - 1n);
    return { mask, datum: (value ^ bit) & mask };
  });
}

/** Edits for what the kernel reads alone. It holds for every value that the condition holds for, so a denial denies no less. */
function narrowingEdits(
  context: CheckContext,
  { condition: { op, value, valueTwo, index }, place, entry }: PlacedCondition,
  bypassed: readonly Compared[],
  mask: bigint,
): readonly TextEdit[] {
  const parameter = bypassed[0]?.parameter;
  // Only where all calls of the entry read the same number of bits: too narrow a mask would deny too much.
  const all = compared(entry, index, context, isWide);
  const isUniform =
    all.length === bypassed.length && bypassed.every((each) => each.parameter?.bits === parameter?.bits);
  if (parameter === undefined || !isUniform) return [];
  const isMasked = op === 'MASKED_EQ';
  const [newMask, datum] = isMasked ? [value & mask, valueTwo] : [mask, value];
  if (newMask === 0n || (datum & ~mask) !== 0n) return [];
  const isOne = new Set(bypassed.map((each) => JSON.stringify(each.parameter))).size === 1;
  const others = op === 'NE' && isOne ? allBut(value, parameter) : [];
  const groups = op === 'EQ' || isMasked ? [{ mask: newMask, datum }] : others.length > MAX_GROUPS ? [] : others;
  const call = entry.names.length === 1 ? entry.names[0]?.place : undefined;
  const places = { entry: entry.place, condition: place, call };
  return context.text?.narrow(places, { index, op, datum, parameter, mask: newMask, groups }) ?? [];
}

const SIGNED: ReadonlySet<ParameterType> = new Set(['int', 'fd', 'pid']);

/** Whether bits above those that the kernel reads can refuse a call that the condition should allow. */
function refusesMore(
  { action }: CheckedEntry,
  { isDenyList, defaultAction }: CheckContext,
  op: ArgumentCondition['op'],
): boolean {
  if (!permits(action)) return isDenyList && ['NE', 'GT', 'GE'].includes(op);
  return !permits(defaultAction) && ['EQ', 'LT', 'LE', 'MASKED_EQ'].includes(op);
}

const wideComparisonRefuses: CheckRule = {
  id: 'wide-comparison-refuses',
  severity: 'warning',
  summary:
    'An int compared in 64 bits, so that a call with a negative value, or bits above, is refused that was meant to run.',
  *checkText(context) {
    for (const { entry, condition, place } of placedConditions(context)) {
      const { op, index, value, valueTwo } = condition;
      if (!refusesMore(entry, context, op)) continue;
      const datum = op === 'MASKED_EQ' ? valueTwo & value : value;
      // The finding value-too-wide reports values with more bits than the kernel reads.
      if (datum > LOW_BITS || (op === 'MASKED_EQ' && value <= LOW_BITS)) continue;
      const narrow = compared(entry, index, context, isWide).find(
        ({ parameter }) => parameter?.bits === 32 && SIGNED.has(parameter.type),
      );
      if (narrow?.parameter === undefined) continue;
      const isNegative = datum >> 31n === 1n;
      // Small values reach the kernel as they are from nearly every caller.
      if (!isNegative && permits(entry.action)) continue;
      const meets = permits(entry.action)
        ? [equals(index, datum | (ALL_64_BITS ^ LOW_BITS))]
        : [condition, { index, op: 'GT' as const, value: LOW_BITS, valueTwo: 0n }];
      if (answers(context, { entry, condition, place, valuePlace: place }, narrow.name, meets)?.every(permits))
        continue;
      const { name, parameter } = narrow;
      const why = isNegative
        ? `a program may pass ${BigInt.asIntN(32, datum)} as ${number(datum)} or as ${number(BigInt.asUintN(64, BigInt.asIntN(32, datum)))}`
        : 'a caller may leave anything in the upper half of the register';
      yield {
        place,
        severity: isNegative ? undefined : 'advice',
        message: `the kernel reads 32 bits of ${name}'s ${parameter.name} and this compares 64: ${why}, and calls that were meant to run are refused`,
        advice:
          permits(entry.action) && (op === 'EQ' || op === 'MASKED_EQ')
            ? remedy({ entry, condition, place, valuePlace: place }, parameter, context.terms)
            : (context.terms.narrow(parameter) ??
              `allow what is meant with ${context.terms.maskedForm(LOW_BITS)}, in a profile with a restricting default; there is no masked form of this comparison`),
      };
    }
  },
};

const valueTooWide: CheckRule = {
  id: 'value-too-wide',
  severity: 'warning',
  summary:
    'A value with more bits than the argument it is compared with, or than a 32-bit architecture of the filter compares.',
  *checkText(context) {
    const { terms } = context;
    for (const { entry, condition, valuePlace } of placedConditions(context)) {
      const { op, value, valueTwo, index } = condition;
      const datum = op === 'MASKED_EQ' ? valueTwo & value : value;
      if (datum <= LOW_BITS) continue;
      const narrow = compared(entry, index, context, isWide).find(
        ({ parameter }) => parameter && !parameter.pointer && parameter.bits < 64,
      );
      if (narrow?.parameter) {
        const { name, parameter } = narrow;
        yield {
          place: valuePlace,
          message: `${number(datum)} does not fit into ${name}'s ${parameter.name}, of which the kernel reads ${parameter.bits} bits: whether a caller's register holds the bits above is chance, or its choice`,
          advice: `compare the low bits: ${terms.masked({ index, parameter, mask: maskOf(parameter), datum: datum & maskOf(parameter) })}`,
        };
        continue;
      }
      // Only the sign of a negative number is cut off, and the comparison stays right.
      const meaning = narrowMeaning(condition);
      const cutting = entry.architectures.filter(isNarrow);
      if (cutting.length === 0 || meaning === 'low-half') continue;
      const isCut = context.behaviour.wideValues === 'low-half';
      const there = isCut
        ? `there ${number(datum)} is ${number(datum & LOW_BITS)}`
        : meaning === 'never'
          ? 'no argument meets the condition there, and the entry does not apply'
          : 'every argument meets the condition there';
      const isWeaker = isCut || (meaning === 'never' && !permits(entry.action) && permits(context.defaultAction));
      yield {
        place: valuePlace,
        severity: isWeaker ? 'error' : undefined,
        message: `${list(cutting.map(({ name }) => name))} of this filter ${cutting.length === 1 ? 'compares' : 'compare'} 32 bits: ${there}`,
        advice: `${terms.onlyWide ? `${terms.onlyWide}, or ` : ''}leave the 32-bit architectures out of the filter`,
      };
    }
  },
};

const pointerComparison: CheckRule = {
  id: 'pointer-comparison',
  severity: 'warning',
  summary: 'A condition on an argument that is an address: a filter sees the address, not what is there.',
  *checkText(context) {
    for (const {
      entry,
      condition: { op, value, index },
      place,
    } of placedConditions(context)) {
      // A filter can check whether there is an address at all.
      if ((op === 'EQ' || op === 'NE') && value === 0n) continue;
      // The finding clone-flags-index reports a stack that was taken for the flags.
      const pointer = compared(entry, index, context).find(
        ({ name, parameter }) => name !== 'clone' && parameter?.pointer,
      );
      if (!pointer?.parameter) continue;
      yield {
        place,
        message: `argument ${index} of ${pointer.name} (${pointer.parameter.name}) is an address, which the caller chooses: the filter never sees what it points at`,
        advice:
          'take the condition out, and allow or deny the call as a whole (or decide in an agent that is notified, or with Landlock for paths)',
      };
    }
  },
};

const argumentNotThere: CheckRule = {
  id: 'argument-not-there',
  severity: 'warning',
  summary: 'A condition on an argument that the system call does not have.',
  *checkText(context) {
    for (const {
      entry,
      condition: { index },
      place,
    } of placedConditions(context)) {
      const all = compared(entry, index, context);
      const missing = all.find(({ parameter }) => parameter === undefined);
      if (!missing || all.some(({ name, parameter }) => name === missing.name && parameter !== undefined)) continue;
      const taken = syscallSignature(missing.name)?.length ?? 0;
      yield {
        place,
        message: `${missing.name} takes ${taken} argument${taken === 1 ? '' : 's'}, and argument ${index} (they count from 0) is none of them: the register holds whatever was left there`,
        advice: 'compare the argument that is meant',
      };
    }
  },
};

export const ARGUMENT_RULES: readonly CheckRule[] = [
  wideComparison,
  wideComparisonRefuses,
  valueTooWide,
  pointerComparison,
  argumentNotThere,
];
