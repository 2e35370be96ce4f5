import type { Architecture, ArchitectureName } from '../architecture.js';
import { errnoName, errnoNumber } from '../errno.js';

/** `numbered(35, 'A B - C')`: A is 35, B is 36, 37 is unused, C is 38. */
function numbered(first: number, names: string): [string, number][] {
  const entries = names.split(/\s+/).map((name, index): [string, number] => [name, first + index]);
  return entries.filter(([name]) => name !== '-');
}

// arch/mips/include/uapi/asm/errno.h
const MIPS: readonly [string, number][] = [
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
];

// arch/parisc/include/uapi/asm/errno.h
const PARISC: readonly [string, number][] = [
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
];

// arch/powerpc/include/uapi/asm/errno.h
const POWERPC: readonly [string, number][] = [['EDEADLOCK', 58]];

/** What an architecture numbers otherwise than asm-generic does. */
function differences(architecture: ArchitectureName): readonly [string, number][] {
  if (architecture.startsWith('mips')) return MIPS;
  if (architecture.startsWith('parisc')) return PARISC;
  if (architecture.startsWith('ppc')) return POWERPC;
  return [];
}

const LARGEST_GENERIC_ERRNO = 133;
const genericNames = Array.from({ length: LARGEST_GENERIC_ERRNO }, (_, index) => errnoName(index + 1) ?? []).flat();

/** Names of errno values that some architecture of Linux has. */
export const ERRNO_NAMES: ReadonlySet<string> = new Set([
  ...genericNames,
  'EWOULDBLOCK',
  ...[...MIPS, ...PARISC].map(([name]) => name),
]);

/**
 * The value of an errno name (`ENOSYS`) as programs of `architecture` know it: 38 nearly everywhere, 89 on MIPS, 251 on
 * PA-RISC. Undefined for a name the architecture does not have.
 */
export function errnoValue(name: string, architecture: Architecture): number | undefined {
  const own = differences(architecture.name).find(([candidate]) => candidate === name);
  return own ? own[1] : errnoNumber(name);
}
