import type { Architecture } from '../architecture.js';
import { ALL_64_BITS, type Condition, type DnfTerm, type DnfTerms, LOW_HALF } from '../bpf/decisions/condition.js';
import { type ConditionNames, formatConditions } from '../bpf/decisions/format-conditions.js';
import { constantName, describeMask, describeMaskOfOthers, describeValue, valueBits } from '../syscalls/constants.js';
import { hasNarrowRegisters, type SyscallParameter, syscallSignature } from '../syscalls/signature.js';

/** Conditions in the words of a system call on an architecture; numbers where either is unknown. */
export function describeConditions(
  terms: DnfTerms,
  syscall: string | undefined,
  architecture: Architecture | undefined,
): string {
  const parameters = (syscall !== undefined && syscallSignature(syscall, architecture?.name)) || [];
  const register = architecture && hasNarrowRegisters(architecture.name) ? LOW_HALF : ALL_64_BITS;
  return formatConditions(maskOutFlags(terms, parameters, architecture), names(parameters, register, architecture));
}

function names(
  parameters: readonly SyscallParameter[],
  register: bigint,
  architecture: Architecture | undefined,
): ConditionNames {
  const arch = architecture?.name;
  return {
    field: (field) => parameters[field]?.name,
    value: (field, value, mask) => {
      const { constants: family, bits = 64 } = parameters[field] ?? {};
      if (family === undefined || value > LOW_HALF) return undefined;
      // Only where names say all of it.
      const named = (text: string) => (/(^|\|)\d/.test(text) ? undefined : text);
      if (holds(mask, (1n << BigInt(bits)) - 1n)) return named(describeValue(family, value, arch));
      const values = valueBits(family, arch);
      if (values !== 0n && holds(mask, values & LOW_HALF)) return named(describeValue(family, value, arch));
      // Some of the bits hold no value of several: their zero is no name's value (`(flags & CLONE_NEWUSER) == 0`).
      if (value === 0n) return undefined;
      const flags = describeMask(family, value, arch);
      return /^\d/.test(flags) ? named(describeValue(family, value, arch)) : flags;
    },
    mask: (field, mask) => {
      const { constants: family } = parameters[field] ?? {};
      if (family === undefined || mask === LOW_HALF) return undefined;
      for (const whole of new Set([register, LOW_HALF])) {
        const others = describeMaskOfOthers(family, mask, whole, arch);
        if (others) return `${others}${whole === register ? '' : ` & 0x${LOW_HALF.toString(16)}`}`;
      }
      const described = describeMask(family, mask, arch);
      return described.includes('|') ? `(${described})` : described;
    },
    registerBits: register === LOW_HALF ? 32 : 64,
  };
}

const holds = (mask: bigint, bits: bigint) => (bits & ~mask) === 0n;

/**
 * Values that differ only in flags that do not matter, as one comparison without these flags. For SOCK_STREAM and
 * SOCK_STREAM|SOCK_CLOEXEC it is `(type & ~SOCK_CLOEXEC) == SOCK_STREAM`. It is the same set, since both values of the
 * bit are in it.
 */
function maskOutFlags(
  terms: DnfTerms,
  parameters: readonly SyscallParameter[],
  architecture: Architecture | undefined,
): DnfTerms {
  const isFlag = ({ field }: Condition, bit: bigint) => {
    const family = parameters[field]?.constants;
    return family !== undefined && isSingleFlag(family, bit, architecture);
  };
  // Excluded values are all in one term; wanted values have a term each.
  const merged = terms.map((term) => mergePairs(term, (one, other) => withoutFlag(one, other, 'notEqual', isFlag)));
  return mergePairs(merged, (one, other) => joinTerms(one, other, isFlag));
}

function isSingleFlag(
  family: NonNullable<SyscallParameter['constants']>,
  bit: bigint,
  architecture: Architecture | undefined,
): boolean {
  const values = valueBits(family, architecture?.name);
  return (bit & values) === 0n && constantName(family, bit, architecture?.name) !== undefined;
}

type IsFlag = (condition: Condition, bit: bigint) => boolean;

/** Two comparisons of one field and mask that differ in one flag, joined to one. */
function withoutFlag(one: Condition, other: Condition, kind: 'equal' | 'notEqual', isFlag: IsFlag) {
  if (one.kind !== kind || other.kind !== kind || one.field !== other.field || one.mask !== other.mask)
    return undefined;
  const bit = one.value ^ other.value;
  if (bit === 0n || (bit & (bit - 1n)) !== 0n || !isFlag(one, bit)) return undefined;
  return { ...one, mask: one.mask & ~bit, value: one.value & ~bit };
}

/** Two terms that are the same but for one comparison. */
function joinTerms(one: DnfTerm, other: DnfTerm, isFlag: IsFlag): DnfTerm | undefined {
  if (one.length !== other.length) return undefined;
  const differing = one.flatMap((each, at) => (isSameCondition(each, other[at]!) ? [] : [at]));
  const [at] = differing;
  if (at === undefined || differing.length > 1) return undefined;
  const joined = withoutFlag(one[at]!, other[at]!, 'equal', isFlag);
  return joined && one.map((each, index) => (index === at ? joined : each));
}

function isSameCondition(one: Condition, other: Condition): boolean {
  if (one.field !== other.field || one.mask !== other.mask) return false;
  if (one.kind === 'between') return other.kind === 'between' && one.from === other.from && one.to === other.to;
  return one.kind === other.kind && one.value === other.value;
}

/** Join two wherever possible, until nothing can be joined. The result takes the place of the first. */
function mergePairs<T>(given: readonly T[], merge: (one: T, other: T) => T | undefined): readonly T[] {
  const list = [...given];
  for (let at = 0; at < list.length; at++) {
    for (let next = at + 1; next < list.length; next++) {
      const merged = merge(list[at]!, list[next]!);
      if (merged === undefined) continue;
      list.splice(next, 1);
      list[at] = merged;
      // It may now join with an earlier one.
      at = -1;
      break;
    }
  }
  return list;
}
