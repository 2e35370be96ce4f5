import type { Architecture } from '../architecture.js';
import { ALL_BITS, LOW_HALF } from '../bpf/condition.js';
import type { ConditionNames } from '../bpf/format-conditions.js';
import { describeValue } from '../syscalls/constants.js';
import { syscallSignature } from '../syscalls/signature.js';

/** What a system call's arguments and their values are called on an architecture; numbers where either is unknown. */
export function conditionNames(syscall: string | undefined, architecture: Architecture | undefined): ConditionNames {
  const parameters = (syscall !== undefined && syscallSignature(syscall, architecture?.name)) || [];
  /** Only where names say all of it. */
  const nameOf = (field: number, value: bigint) => {
    const family = parameters[field]?.constants;
    if (family === undefined || value > LOW_HALF) return undefined;
    const text = describeValue(family, value, architecture?.name);
    return /(^|\|)\d/.test(text) ? undefined : text;
  };
  return {
    field: (field) => parameters[field]?.name,
    // Zero of some bits is no name's value (`(flags & CLONE_NEWUSER) == 0`).
    value: (field, value, mask) => (value === 0n && mask !== ALL_BITS ? undefined : nameOf(field, value)),
    mask: (field, mask) => (mask === LOW_HALF ? undefined : nameOf(field, mask)),
    registerBits: architecture?.wordSize,
  };
}
