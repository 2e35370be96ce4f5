import { type Architecture, auditArchitecture, findArchitecture } from '../../architecture.js';
import { errnoName } from '../../errno.js';
import type { FlowState } from '../program/dataflow.js';
import { usesOperand } from '../program/effects.js';
import { type Endianness, isConditionalJump, SeccompDataOffset } from '../program/instruction.js';

// What names mean at a place of a program. The disassembler and the assembler have to agree on it: the assembler reads
// back what the disassembler writes.

/** An architecture by any of its names, also as linux/audit.h's `AUDIT_ARCH_X86_64` and seccomp-tools' `ARCH_X86_64`. */
export function namedArchitecture(name: string): Architecture | undefined {
  return findArchitecture(name) ?? findArchitecture(name.replace(/^(AUDIT_)?ARCH_/, ''));
}

/** The architectures under which a place can be reached; those `assumed` where the program has not compared `arch`. */
export function possibleArchitectures({ arch }: FlowState, assumed: readonly Architecture[]): Architecture[] {
  const auditArches =
    arch.kind === 'only'
      ? [...arch.values]
      : assumed.map(({ auditArch }) => auditArch).filter((value) => !arch.values.has(value));
  return [...new Set(auditArches)].map(auditArchitecture).filter((each) => each !== undefined);
}

/** The one name that an errno has on all of these architectures, the usual one where there are none; else undefined. */
export function commonErrnoName(errno: number, architectures: readonly Architecture[]): string | undefined {
  if (architectures.length === 0) return errnoName(errno);
  const names = new Set(architectures.map(({ name }) => errnoName(errno, name)));
  return names.size === 1 ? [...names][0] : undefined;
}

/** The argument and half of it at an offset of `seccomp_data`; undefined for other fields. */
export function argumentAt(
  offset: number,
  endianness: Endianness,
): { index: number; half: 'low' | 'high' } | undefined {
  const index = (offset - SeccompDataOffset.ARGS) >> 3;
  if (offset % 4 !== 0 || index < 0 || index > 5) return undefined;
  return { index, half: (offset % 8 === 0) === (endianness === 'little') ? 'low' : 'high' };
}

/** The byte offset of half of a 64-bit field that starts at `start`. */
export function halfOffset(start: number, half: 'low' | 'high', endianness: Endianness): number {
  return start + ((half === 'low') === (endianness === 'little') ? 0 : 4);
}

/** Whether the fields of an instruction that the machine ignores are zero, as is usual. */
export function isPlain({ code, jt, jf, k }: { code: number; jt: number; jf: number; k: number }): boolean {
  return (isConditionalJump(code) || (jt === 0 && jf === 0)) && (usesOperand(code) || k === 0);
}
