import { returnValueOf, STRICTEST_FIRST } from '../../action.js';
import { ARCHITECTURES, X32_SYSCALL_BIT } from '../../architecture.js';
import { errnoNumber } from '../../errno.js';
import { constantValue } from '../../syscalls/constants.js';

/** Of linux/bpf_common.h and linux/filter.h: the parts of an operation's code. */
const CODE_PARTS: Readonly<Record<string, number>> = {
  BPF_LD: 0x00,
  BPF_LDX: 0x01,
  BPF_ST: 0x02,
  BPF_STX: 0x03,
  BPF_ALU: 0x04,
  BPF_JMP: 0x05,
  BPF_RET: 0x06,
  BPF_MISC: 0x07,
  BPF_W: 0x00,
  BPF_H: 0x08,
  BPF_B: 0x10,
  BPF_IMM: 0x00,
  BPF_ABS: 0x20,
  BPF_IND: 0x40,
  BPF_MEM: 0x60,
  BPF_LEN: 0x80,
  BPF_MSH: 0xa0,
  BPF_ADD: 0x00,
  BPF_SUB: 0x10,
  BPF_MUL: 0x20,
  BPF_DIV: 0x30,
  BPF_OR: 0x40,
  BPF_AND: 0x50,
  BPF_LSH: 0x60,
  BPF_RSH: 0x70,
  BPF_NEG: 0x80,
  BPF_MOD: 0x90,
  BPF_XOR: 0xa0,
  BPF_JA: 0x00,
  BPF_JEQ: 0x10,
  BPF_JGT: 0x20,
  BPF_JGE: 0x30,
  BPF_JSET: 0x40,
  BPF_K: 0x00,
  BPF_X: 0x08,
  BPF_A: 0x10,
  BPF_TAX: 0x00,
  BPF_TXA: 0x80,
};

/** linux/seccomp.h: names that differ from those of actions. */
const RETURN_VALUES: ReadonlyMap<string, number> = new Map([
  ...STRICTEST_FIRST.map((kind) => [`SECCOMP_RET_${kind}`, returnValueOf(kind)] as const),
  ['SECCOMP_RET_KILL', returnValueOf('KILL_THREAD')],
  ['SECCOMP_RET_USER_NOTIF', returnValueOf('NOTIFY')],
  ['SECCOMP_RET_DATA', 0xffff],
  ['SECCOMP_RET_ACTION', 0x7fff0000],
  ['SECCOMP_RET_ACTION_FULL', 0xffff0000],
  ['__X32_SYSCALL_BIT', X32_SYSCALL_BIT],
  ['X32_SYSCALL_BIT', X32_SYSCALL_BIT],
]);

/** linux/audit.h; some are not called as libseccomp calls the architecture. */
const AUDIT_NAMES: Readonly<Record<string, string>> = { x86: 'I386', ppc64le: 'PPC64LE', parisc: 'PARISC' };
const AUDIT_ARCHES: ReadonlyMap<string, number> = new Map(
  ARCHITECTURES.filter(({ name }) => name !== 'x32').map(({ name, auditArch }) => [
    `AUDIT_ARCH_${AUDIT_NAMES[name] ?? name.toUpperCase()}`,
    auditArch,
  ]),
);

/** The name of a call as C, Rust and Go have it: `__NR_read`, `SYS_read`, `libc::SYS_read`, `unix.SYS_READ`. */
export function syscallOfName(name: string): string | undefined {
  const [, call] = /^(?:.*(?:::|\.))?(?:__NR_|SYS_|SCMP_SYS_)(\w+)$/.exec(name) ?? [];
  return call?.toLowerCase();
}

/** What a name of C stands for; undefined where it is unknown, or depends on the architecture. */
export function constantOfName(name: string): number | undefined {
  const own = name.replace(/^.*(?:::|\.)/, '');
  const known =
    (Object.hasOwn(CODE_PARTS, own) ? CODE_PARTS[own] : undefined) ?? RETURN_VALUES.get(own) ?? AUDIT_ARCHES.get(own);
  if (known !== undefined) return known;
  return (
    alike((architecture) => errnoNumber(own, architecture)) ??
    alike((architecture) => {
      const value = constantValue(own, architecture);
      return value === undefined || value > 0xffffffffn ? undefined : Number(value);
    })
  );
}

/** A value that all architectures have which know the name; undefined where they differ. */
function alike(
  valueOn: (architecture: (typeof ARCHITECTURES)[number]['name']) => number | undefined,
): number | undefined {
  const values = new Set(ARCHITECTURES.map(({ name }) => valueOn(name)).filter((value) => value !== undefined));
  return values.size === 1 ? [...values][0] : undefined;
}
