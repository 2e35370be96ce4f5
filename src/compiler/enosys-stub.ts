import { encodeAction, takesEnosysStub } from '../action.js';
import { type Architecture, X32_SYSCALL_BIT } from '../architecture.js';
import { type Instruction, Opcode, SeccompDataOffset } from '../bpf/program/instruction.js';
import { errnoNumber } from '../errno.js';
import type { Action } from '../policy.js';

/** s390's setup(2): the kernel sets the number of a call that is past its table to 0. */
const S390_SETUP = 0;

/** The newest system call any rule names, for one architecture of the filter. */
interface LastSyscall {
  architecture: Architecture;
  last: number;
}

/**
 * Instructions to put in front of a filter. With them, system calls newer than all that the profile names answer ENOSYS
 * instead of the default action. A C library then falls back to an older call, which it does not do after EPERM.
 *
 * It decides as runc's stub does (libcontainer/seccomp/patchbpf). Per architecture of the filter it answers the numbers
 * above the largest one that any rule names; x32 has its own largest number. On s390 it always answers setup(2). There
 * is no stub where the default action is ALLOW, LOG or TRACE, and none for an architecture of which no call is named.
 * There is one where the default is ENOSYS: it answers numbers from 2^31 on. libseccomp takes those for x32's, and
 * kills where x32 is not in the filter.
 *
 * @param architectures those of the filter, the target first: its ENOSYS is answered
 * @param resolve a name's number on an architecture; undefined or negative where it has none
 */
export function enosysStub(
  defaultAction: Action,
  architectures: readonly Architecture[],
  names: Iterable<string>,
  resolve: (name: string, architecture: Architecture) => number | undefined,
): Instruction[] {
  if (!takesEnosysStub(defaultAction)) return [];
  const enosys = errnoNumber('ENOSYS', architectures[0]?.name) as number;

  const known = [...names];
  const lasts = architectures
    .map((architecture) => ({
      architecture,
      last: known.reduce((last, name) => Math.max(last, resolve(name, architecture) ?? 0), 0),
    }))
    .filter(({ last }) => last > 0);
  if (lasts.length === 0) return [];
  return assembleStub(groupByAuditArch(lasts), enosys);
}

/** x86_64 and x32 are one architecture to the kernel; a bit of the number distinguishes them. */
function groupByAuditArch(lasts: readonly LastSyscall[]): Map<number, LastSyscall[]> {
  const groups = new Map<number, LastSyscall[]>();
  for (const last of lasts) {
    const { auditArch } = last.architecture;
    groups.set(auditArch, [...(groups.get(auditArch) ?? []), last]);
  }
  return groups;
}

/**
 * The target of a jump: a number of instructions further, or one of the stub's two ends, which is resolved when the
 * stub is complete.
 */
type Target = number | 'filter' | 'enosys';
interface StubInstruction {
  code: number;
  k: number;
  jt?: Target;
  jf?: Target;
}

function assembleStub(groups: Map<number, LastSyscall[]>, enosys: number): Instruction[] {
  const stub: StubInstruction[] = [{ code: Opcode.LD_ABS, k: SeccompDataOffset.ARCH }];
  for (const [auditArch, lasts] of groups) {
    const section = assembleSection(lasts);
    stub.push({ code: Opcode.JEQ_K, k: auditArch, jf: section.length }, ...section);
  }
  const end = stub.length;
  // The two ends: the first falls through into the filter, the second answers ENOSYS.
  const places = { filter: end, enosys: end + 1 };
  const skip = (target: Target = 0, from: number) => (typeof target === 'number' ? target : places[target] - from - 1);
  return [
    ...stub.map(({ code, k, jt, jf }, index) => ({ code, jt: skip(jt, index), jf: skip(jf, index), k })),
    { code: Opcode.JA, jt: 0, jf: 0, k: 1 },
    { code: Opcode.RET_K, jt: 0, jf: 0, k: encodeAction({ kind: 'ERRNO', data: enosys }) },
  ];
}

/** The decision for one architecture; every path ends at the filter or at ENOSYS. */
function assembleSection(lasts: readonly LastSyscall[]): StubInstruction[] {
  const section: StubInstruction[] = [{ code: Opcode.LD_ABS, k: SeccompDataOffset.NR }];
  const newerThan = (last: number): StubInstruction => ({ code: Opcode.JGT_K, k: last, jt: 'enosys', jf: 'filter' });
  const lastOf = (name: string) => lasts.find(({ architecture }) => architecture.name === name)?.last;

  const [{ architecture, last }] = lasts as [LastSyscall];
  if (architecture.name === 's390' || architecture.name === 's390x') {
    return [...section, { code: Opcode.JEQ_K, k: S390_SETUP, jt: 'enosys' }, newerThan(last)];
  }
  const [x8664, x32] = [lastOf('x86_64'), lastOf('x32')];
  if (x8664 === undefined && x32 === undefined) return [...section, newerThan(last)];
  // The filter decides for an ABI that it does not cover (libseccomp's bad-architecture action).
  const isX32 = { code: Opcode.JSET_K, k: X32_SYSCALL_BIT };
  if (x32 === undefined) return [...section, { ...isX32, jt: 'filter' }, newerThan(x8664 as number)];
  if (x8664 === undefined) return [...section, { ...isX32, jf: 'filter' }, newerThan(x32)];
  return [...section, { ...isX32, jt: 1 }, newerThan(x8664), newerThan(x32)];
}
