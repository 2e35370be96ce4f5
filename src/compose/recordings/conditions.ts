import type { ArchitectureName } from '../../architecture.js';
import type { ArgumentCondition } from '../../policy.js';
import { describeMask, describeValue } from '../../syscalls/constants.js';
import { syscallSignature } from '../../syscalls/signature.js';

/** What of its arguments a call is allowed with: all hold. None: whatever they are. In the order of the arguments. */
export type Conditions = readonly ArgumentCondition[];

const ALL_64_BITS = (1n << 64n) - 1n;

/** Equal conditions have equal keys. */
export function conditionsKey(conditions: Conditions): string {
  return conditions.map(({ index, op, value, valueTwo }) => `${index} ${op} ${value} ${valueTwo}`).join();
}

/** Conditions in one form: in order, each once, and an equation under a mask of all bits without it. */
export function normalConditions(conditions: Conditions): Conditions {
  const normal = conditions.map((condition): ArgumentCondition => {
    const { index, op, value, valueTwo } = condition;
    if (op !== 'MASKED_EQ') return { index, op, value, valueTwo: 0n };
    return value === ALL_64_BITS
      ? { index, op: 'EQ', value: valueTwo, valueTwo: 0n }
      : { index, op, value, valueTwo: valueTwo & value };
  });
  const byKey = new Map(normal.map((condition) => [conditionsKey([condition]), condition]));
  return [...byKey.entries()]
    .sort(([a, one], [b, other]) => one.index - other.index || compareText(a, b))
    .map(([, each]) => each);
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The bits of an argument that must have a value; undefined of other comparisons. */
function bitsOf({ op, value, valueTwo }: ArgumentCondition): { mask: bigint; value: bigint } | undefined {
  if (op === 'EQ') return { mask: ALL_64_BITS, value };
  return op === 'MASKED_EQ' ? { mask: value, value: valueTwo } : undefined;
}

/** Whether one allows all that the other does; false where that is not plain to see. */
export function covers(wide: Conditions, narrow: Conditions): boolean {
  return wide.every((condition) => {
    const key = conditionsKey([condition]);
    const bits = bitsOf(condition);
    return narrow.some((other) => {
      if (other.index !== condition.index) return false;
      if (conditionsKey([other]) === key) return true;
      const own = bits && bitsOf(other);
      return own !== undefined && (bits!.mask & ~own.mask) === 0n && (own.value & bits!.mask) === bits!.value;
    });
  });
}

/** Without those that another one covers. */
export function widestConditions(all: readonly Conditions[]): Conditions[] {
  const kept: Conditions[] = [];
  for (const each of [...all].sort((a, b) => a.length - b.length || compareText(conditionsKey(a), conditionsKey(b)))) {
    if (kept.some((other) => covers(other, each))) continue;
    for (let at = kept.length - 1; at >= 0; at--) if (covers(each, kept[at]!)) kept.splice(at, 1);
    kept.push(each);
  }
  return kept;
}

/**
 * Fewer conditions that allow the same calls: two that differ in one bit of one argument are one without this bit. It is
 * done until no two differ so.
 */
export function joinedConditions(all: readonly Conditions[]): Conditions[] {
  let left = new Map(all.map((each) => [conditionsKey(each), each]));
  for (let before = -1; before !== left.size; ) {
    before = left.size;
    for (let index = 0; index < 6; index++) left = joinArgument(left, index);
  }
  return [...left.values()];
}

function joinArgument(all: ReadonlyMap<string, Conditions>, index: number): Map<string, Conditions> {
  const result = new Map<string, Conditions>();
  const groups = new Map<string, { rest: Conditions; mask: bigint; values: Set<bigint> }>();
  for (const [key, each] of all) {
    const own = each.filter((condition) => condition.index === index);
    const bits = own.length === 1 ? bitsOf(own[0]!) : undefined;
    if (!bits) {
      result.set(key, each);
      continue;
    }
    const rest = each.filter((condition) => condition.index !== index);
    const group = `${conditionsKey(rest)}/${bits.mask}`;
    const known = groups.get(group);
    if (known) known.values.add(bits.value);
    else groups.set(group, { rest, mask: bits.mask, values: new Set([bits.value]) });
  }
  for (const { rest, mask, values } of groups.values()) {
    for (const each of joinValues(mask, values)) {
      const condition = { index, op: 'MASKED_EQ', value: each.mask, valueTwo: each.value } as const;
      const conditions = normalConditions(each.mask === 0n ? rest : [...rest, condition]);
      result.set(conditionsKey(conditions), conditions);
    }
  }
  return result;
}

/** Values under one mask, in pairs that differ in one bit where there are such. */
function joinValues(mask: bigint, values: ReadonlySet<bigint>): { mask: bigint; value: bigint }[] {
  const left = new Set([...values].sort((a, b) => (a < b ? -1 : 1)));
  const joined: { mask: bigint; value: bigint }[] = [];
  for (let bit = 1n; bit <= mask; bit <<= 1n) {
    if ((mask & bit) === 0n) continue;
    for (const value of left) {
      if ((value & bit) !== 0n || !left.has(value | bit)) continue;
      left.delete(value);
      left.delete(value | bit);
      joined.push({ mask: mask & ~bit, value });
    }
  }
  return [...joined, ...[...left].map((value) => ({ mask, value }))];
}

const SIGNS = { EQ: '==', NE: '!=', LT: '<', LE: '<=', GT: '>', GE: '>=', MASKED_EQ: '==' } as const;

/** `socket(domain == AF_UNIX)`; the name alone where there are no conditions. */
export function describeKind(name: string, conditions: Conditions, architecture: ArchitectureName | undefined): string {
  if (conditions.length === 0) return name;
  const parameters = syscallSignature(name, architecture) ?? [];
  const texts = conditions.map(({ index, op, value, valueTwo }) => {
    const { name: parameter = `arg${index}`, constants: family, bits = 64 } = parameters[index] ?? {};
    const compared = op === 'MASKED_EQ' ? valueTwo : value;
    const isWhole = op !== 'MASKED_EQ' || value === (1n << BigInt(bits)) - 1n;
    const mask = isWhole ? '' : ` & ${family ? describeMask(family, value, architecture) : `0x${value.toString(16)}`}`;
    const shown =
      family && !(mask !== '' && compared === 0n) ? describeValue(family, compared, architecture) : `${compared}`;
    return `${parameter}${mask} ${SIGNS[op]} ${shown}`;
  });
  return `${name}(${texts.join(', ')})`;
}
