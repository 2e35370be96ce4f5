import type { ArchitectureName } from './architecture.js';

// asm-generic/errno-base.h (1..34) and asm-generic/errno.h (35..133) of Linux, in order; `-` is a number without a name.
const NAMES = `
  EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY EEXIST EXDEV
  ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE
  EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP - ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ENOCSI
  EL2HLT EBADE EBADR EXFULL ENOANO EBADRQC EBADSLT - EBFONT ENOSTR ENODATA ETIME ENOSR ENONET ENOPKG EREMOTE ENOLINK EADV
  ESRMNT ECOMM EPROTO EMULTIHOP EDOTDOT EBADMSG EOVERFLOW ENOTUNIQ EBADFD EREMCHG ELIBACC ELIBBAD ELIBSCN ELIBMAX
  ELIBEXEC EILSEQ ERESTART ESTRPIPE EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT
  ESOCKTNOSUPPORT EOPNOTSUPP EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET
  ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED EHOSTDOWN EHOSTUNREACH
  EALREADY EINPROGRESS ESTALE EUCLEAN ENOTNAM ENAVAIL EISNAM EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE ECANCELED ENOKEY
  EKEYEXPIRED EKEYREVOKED EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL EHWPOISON`
  .trim()
  .split(/\s+/);

const LAST_BASE_ERRNO = 34;

// errno(3): other names of the same number.
const numbers = new Map<string, number>([
  ['EWOULDBLOCK', 11],
  ['EDEADLOCK', 35],
  ['ENOTSUP', 95],
]);
NAMES.forEach((name, index) => {
  if (name !== '-') numbers.set(name, index + 1);
});

/**
 * The name of an errno value (`1` → `EPERM`) as Linux numbers it in asm-generic; undefined where there is none. MIPS and
 * PA-RISC number everything past ERANGE (34) differently (their own `asm/errno.h`): with such an architecture given,
 * those values have no name here, so that none is misnamed.
 */
export function errnoName(errno: number, architecture?: ArchitectureName): string | undefined {
  if (errno > LAST_BASE_ERRNO && architecture !== undefined && /^(mips|parisc)/.test(architecture)) return undefined;
  const name = NAMES[errno - 1];
  return name === '-' ? undefined : name;
}

/** The asm-generic number of an errno name (`EPERM` → 1), its aliases of errno(3) included; undefined if unknown. */
export function errnoNumber(name: string): number | undefined {
  return numbers.get(name);
}
