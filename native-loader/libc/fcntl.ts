import { constants } from 'node:fs';

/** Of asm-generic/fcntl.h: fcntl(2). */
export const F_GETFD = 1;
export const F_SETFD = 2;
export const F_GETFL = 3;
export const F_SETFL = 4;
export const FD_CLOEXEC = 1;
/** linux/fcntl.h: memory files only, fcntl(2) "File sealing". */
export const F_ADD_SEALS = 1033;
export const F_SEAL_EVERYTHING = 0xf;

/** O_CLOEXEC of asm-generic/fcntl.h: also SOCK_CLOEXEC (linux/net.h) and EFD_CLOEXEC (linux/eventfd.h). */
export const O_CLOEXEC = 0o2000000;

/** linux/fcntl.h: the current directory in place of a descriptor, openat(2). */
export const AT_FDCWD = -100;

// open(2). Those of Node are as its machine has them. Programs of other architectures that run on the same kernel have
// the same: arm and arm64, ppc and ppc64, x86 and x86_64.
export const { O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_NOCTTY, O_TRUNC, O_APPEND, O_NONBLOCK } = constants;
export const { O_DIRECTORY, O_NOFOLLOW, O_NOATIME, O_DIRECT, O_SYNC, O_DSYNC } = constants;
export const O_ACCMODE = 3;
// asm-generic/fcntl.h; alpha, parisc and sparc, which differ, have no koffi.
export const O_ASYNC = 0o20000;
export const O_PATH = 0o10000000;
/** Without the O_DIRECTORY that O_TMPFILE has in it. */
export const O_TMPFILE_BIT = 0o20000000;
/** arch/arm, arch/arm64 and arch/powerpc: include/uapi/asm/fcntl.h */
export const O_LARGEFILE = /^arm/.test(process.arch) ? 0o400000 : /^ppc/.test(process.arch) ? 0o200000 : 0o100000;
