import type { Architecture } from '../architecture.js';
import { ALL_64_BITS, type DnfTerms, LOW_HALF } from '../bpf/decisions/condition.js';
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
  return formatConditions(terms, names(parameters, register, architecture));
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
      const flags = describeMask(family, mask, arch);
      const described = flags.includes('|') ? `(${flags})` : flags;
      for (const whole of new Set([register, LOW_HALF])) {
        const others = describeMaskOfOthers(family, mask, whole, arch);
        if (others === undefined) continue;
        const text = `${others}${whole === register ? '' : ` & 0x${LOW_HALF.toString(16)}`}`;
        // With a number in it only where that is shorter.
        if (!/\b0x/.test(others) || text.length < described.length) return text;
      }
      return described;
    },
    isFlag: (field, bit) => {
      const { constants: family } = parameters[field] ?? {};
      return family !== undefined && isSingleFlag(family, bit, architecture);
    },
    registerBits: register === LOW_HALF ? 32 : 64,
  };
}

const holds = (mask: bigint, bits: bigint) => (bits & ~mask) === 0n;

function isSingleFlag(
  family: NonNullable<SyscallParameter['constants']>,
  bit: bigint,
  architecture: Architecture | undefined,
): boolean {
  const values = valueBits(family, architecture?.name);
  return (bit & values) === 0n && constantName(family, bit, architecture?.name) !== undefined;
}
