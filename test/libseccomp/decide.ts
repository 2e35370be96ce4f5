import { type ArchitectureName, parseArchitecture } from '../../src/architecture.js';
import { type SeccompData, simulate } from '../../src/bpf/index.js';
import type { Action } from '../../src/policy.js';

/** A system call as a filter sees it; what is left out is 0. */
export interface Call {
  architecture?: ArchitectureName;
  /** AUDIT_ARCH_… where it is not that of `architecture`, by which the program's byte order goes. */
  auditArch?: number;
  syscall?: number;
  args?: readonly bigint[];
}

/** What a program decides, by the simulator of src/bpf (which is checked against upstream's in its own tests). */
export function decide(
  program: Uint8Array,
  { architecture = 'x86_64', auditArch, syscall = 0, args = [] }: Call,
): Action {
  const { endianness, auditArch: own } = parseArchitecture(architecture);
  const data: SeccompData = {
    nr: syscall,
    arch: auditArch ?? own,
    instructionPointer: 0n,
    args: Array.from({ length: 6 }, (_, index) => args[index] ?? 0n) as unknown as SeccompData['args'],
  };
  return simulate(program, data, { endianness }).action;
}
