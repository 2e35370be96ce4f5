import type { ArchitectureName } from '../../../architecture.js';
import { errnoNames, errnoNumber } from '../../../errno.js';
import { type ConstantFamily, familyConstants } from '../../../syscalls/constants.js';
import { HEADER_CONSTANTS } from './header-constants.js';

/**
 * The families whose names are in the headers that minijail's gen_constants.sh reads. Of the others (FUTEX, EPOLL,
 * KEYCTL…) it knows none.
 */
const FAMILIES: readonly ConstantFamily[] = [
  ...(['AF', 'PF', 'SOCK', 'SOL', 'SO', 'MSG', 'SHUT', 'SOCKETCALL', 'CLONE', 'CLONE3', 'UNSHARE', 'SETNS'] as const),
  ...(['SIG', 'PR', 'ARCH', 'PRIO', 'SCHED', 'RLIMIT', 'RUSAGE', 'O', 'S', 'PERMISSION', 'F', 'AT', 'OK'] as const),
  ...(['SEEK', 'LOCK', 'POSIX_FADV', 'PROT', 'MAP', 'MREMAP', 'MADV', 'MSYNC', 'MLOCK', 'MCL', 'PKEY', 'MS'] as const),
  ...(['OPEN_TREE', 'MOVE_MOUNT', 'FSOPEN', 'FSMOUNT', 'MOUNT_ATTR', 'IOCTL'] as const),
  // Of ChromiumOS's builds: its own policies compare with them.
  'GRND',
];

/**
 * What it does not know of them. A macro counts only if its text begins with a letter or digit, in capitals, and if
 * glibc shows it without _GNU_SOURCE.
 */
const HIDDEN = new Set(
  `AF_DECnet PF_DECnet SOL_IP SOL_TCP SOL_UDP SOL_IPV6 SOL_ICMPV6 SOL_SCTP SCHED_OTHER RUSAGE_THREAD O_PATH O_TMPFILE
O_DIRECT O_LARGEFILE O_NOATIME S_IXOTH S_IWOTH S_IROTH S_IXGRP S_IWGRP S_IRGRP S_IRWXO S_IRWXG S_IRWXU F_SETSIG F_GETSIG
F_SETOWN_EX F_GETOWN_EX F_GETOWNER_UIDS F_OFD_GETLK F_OFD_SETLK F_OFD_SETLKW F_SETLEASE F_GETLEASE F_NOTIFY F_DUPFD_QUERY
F_CREATED_QUERY F_CANCELLK F_SETPIPE_SZ F_GETPIPE_SZ F_ADD_SEALS F_GET_SEALS F_GET_RW_HINT F_SET_RW_HINT
F_GET_FILE_RW_HINT F_SET_FILE_RW_HINT F_GETDELEG F_SETDELEG AT_FDCWD AT_NO_AUTOMOUNT AT_EMPTY_PATH AT_STATX_FORCE_SYNC
AT_STATX_DONT_SYNC AT_RECURSIVE AT_HANDLE_FID MS_POSIXACL MS_UNBINDABLE MS_PRIVATE MS_SLAVE MS_SHARED MS_RELATIME
MS_KERNMOUNT MS_I_VERSION MS_STRICTATIME MS_LAZYTIME SG_IO KDGKBTYPE KDSETMODE KDGETMODE KDGKBMODE KDSKBMODE KDSKBENT
KDSKBSENT VT_OPENQRY VT_GETMODE VT_SETMODE VT_GETSTATE VT_ACTIVATE VT_WAITACTIVE TUNSETIFF TUNSETPERSIST NS_GET_USERNS
NS_GET_PARENT SECCOMP_IOCTL_NOTIF_RECV SECCOMP_IOCTL_NOTIF_SEND SECCOMP_IOCTL_NOTIF_ID_VALID SECCOMP_IOCTL_NOTIF_ADDFD
UFFDIO_API`.split(/\s+/),
);

const tables = new Map<ArchitectureName, ReadonlyMap<string, bigint>>();

/** minijail's constants on an architecture, as 64 bits: negative ones are sign-extended. */
export function minijailConstants(architecture: ArchitectureName): ReadonlyMap<string, bigint> {
  const known = tables.get(architecture);
  if (known) return known;
  const table = new Map<string, bigint>();
  for (const name of errnoNames()) {
    const number = errnoNumber(name, architecture);
    if (number !== undefined) table.set(name, BigInt(number));
  }
  for (const pair of HEADER_CONSTANTS.trim().split(/\s+/)) {
    const [name, value] = pair.split('=') as [string, string];
    table.set(name, BigInt(value));
  }
  for (const family of FAMILIES) {
    for (const [name, value] of familyConstants(family, architecture)) if (!HIDDEN.has(name)) table.set(name, value);
  }
  table.set('RUSAGE_CHILDREN', 2n ** 64n - 1n);
  tables.set(architecture, table);
  return table;
}

/** Why a constant that others know is none of minijail's; undefined where it is just unknown. */
export function whyUnknown(name: string): string | undefined {
  return HIDDEN.has(name)
    ? 'its headers have it not as a plain number, or only with _GNU_SOURCE: write the number'
    : undefined;
}
