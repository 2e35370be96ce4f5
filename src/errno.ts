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

/** What is made at its first use: a table of some architecture is no work for those who need none. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** `numbered(35, 'A B - C')`: A is 35, B is 36, 37 is unused, C is 38. */
function numbered(first: number, names: string): [string, number][] {
  const entries = names.split(/\s+/).map((name, index): [string, number] => [name, first + index]);
  return entries.filter(([name]) => name !== '-');
}

// arch/mips/include/uapi/asm/errno.h
const mips = once((): readonly [string, number][] => [
  ...numbered(35, 'ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ENOCSI EL2HLT EDEADLK ENOLCK'),
  ...numbered(50, 'EBADE EBADR EXFULL ENOANO EBADRQC EBADSLT EDEADLOCK - - EBFONT ENOSTR ENODATA ETIME ENOSR ENONET'),
  ...numbered(
    65,
    'ENOPKG EREMOTE ENOLINK EADV ESRMNT ECOMM EPROTO - EDOTDOT EMULTIHOP - - EBADMSG ENAMETOOLONG EOVERFLOW',
  ),
  ...numbered(
    80,
    'ENOTUNIQ EBADFD EREMCHG ELIBACC ELIBBAD ELIBSCN ELIBMAX ELIBEXEC EILSEQ ENOSYS ELOOP ERESTART ESTRPIPE',
  ),
  ...numbered(93, 'ENOTEMPTY EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT'),
  ...numbered(120, 'EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL'),
  ...numbered(127, 'ENETDOWN ENETUNREACH ENETRESET ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN EUCLEAN - ENOTNAM'),
  ...numbered(138, 'ENAVAIL EISNAM EREMOTEIO EINIT EREMDEV ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED EHOSTDOWN'),
  ...numbered(148, 'EHOSTUNREACH EALREADY EINPROGRESS ESTALE'),
  ...numbered(158, 'ECANCELED ENOMEDIUM EMEDIUMTYPE ENOKEY EKEYEXPIRED EKEYREVOKED EKEYREJECTED EOWNERDEAD'),
  ...numbered(166, 'ENOTRECOVERABLE ERFKILL EHWPOISON'),
  ['EDQUOT', 1133],
  ['ENOTSUP', 122],
]);

// arch/parisc/include/uapi/asm/errno.h
const parisc = once((): readonly [string, number][] => [
  ...numbered(35, 'ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ENOCSI EL2HLT EDEADLK ENOLCK EILSEQ'),
  ...numbered(
    50,
    'ENONET ENODATA ETIME ENOSR ENOSTR ENOPKG - ENOLINK EADV ESRMNT ECOMM EPROTO - - EMULTIHOP - EDOTDOT',
  ),
  ...numbered(67, 'EBADMSG EUSERS EDQUOT ESTALE EREMOTE EOVERFLOW'),
  ...numbered(160, 'EBADE EBADR EXFULL ENOANO EBADRQC EBADSLT EBFONT ENOTUNIQ EBADFD EREMCHG ELIBACC ELIBBAD ELIBSCN'),
  ...numbered(173, 'ELIBMAX ELIBEXEC ERESTART ESTRPIPE EUCLEAN ENOTNAM ENAVAIL EISNAM EREMOTEIO ENOMEDIUM EMEDIUMTYPE'),
  ...numbered(184, 'ENOKEY EKEYEXPIRED EKEYREVOKED EKEYREJECTED'),
  ...numbered(215, 'ENOSYM ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT'),
  ...numbered(223, 'EOPNOTSUPP EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET'),
  ...numbered(231, 'ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED'),
  ...numbered(
    240,
    'EREMOTERELEASE EHOSTDOWN EHOSTUNREACH - EALREADY EINPROGRESS - ENOTEMPTY ENAMETOOLONG ELOOP - ENOSYS',
  ),
  ...numbered(252, 'ENOTSUP ECANCELED EOWNERDEAD ENOTRECOVERABLE ERFKILL EHWPOISON'),
  ['EDEADLOCK', 45],
]);

// arch/powerpc/include/uapi/asm/errno.h
const POWERPC: readonly [string, number][] = [['EDEADLOCK', 58]];

/** The names that an architecture numbers otherwise than asm-generic. */
function differences(architecture: ArchitectureName): readonly [string, number][] {
  if (architecture.startsWith('mips')) return mips();
  if (architecture.startsWith('parisc')) return parisc();
  if (architecture.startsWith('ppc')) return POWERPC;
  return [];
}

/** Every name that some architecture of Linux has. */
export const errnoNames = once(
  (): ReadonlySet<string> => new Set([...numbers.keys(), ...[...mips(), ...parisc()].map(([name]) => name)]),
);

/** Whether some architecture of Linux has the name. */
export const isErrnoName = (name: string): boolean => numbers.has(name) || errnoNames().has(name);

/**
 * The name of an errno value (`1` → `EPERM`) as programs of `architecture` know it, and without one as asm-generic has it:
 * MIPS and PA-RISC number everything past ERANGE (34) differently. Undefined where there is none.
 */
export function errnoName(errno: number, architecture?: ArchitectureName): string | undefined {
  const own = architecture === undefined ? [] : differences(architecture);
  if (errno > LAST_BASE_ERRNO && own.length > 1) return own.find(([, number]) => number === errno)?.[0];
  const name = NAMES[errno - 1];
  return name === '-' ? undefined : name;
}

/**
 * The value of an errno name as programs of `architecture` know it; without an architecture as in asm-generic. `ENOSYS`
 * is 38 nearly everywhere, 89 on MIPS and 251 on PA-RISC. The aliases of errno(3) are included. Undefined for a name
 * there is not.
 */
export function errnoNumber(name: string, architecture?: ArchitectureName): number | undefined {
  const own = architecture === undefined ? [] : differences(architecture);
  return own.find((each) => each[0] === name)?.[1] ?? numbers.get(name);
}
