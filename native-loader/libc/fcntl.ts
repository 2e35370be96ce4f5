/** Of asm-generic/fcntl.h: fcntl(2). */
export const F_GETFD = 1;
export const F_SETFD = 2;
export const F_GETFL = 3;
export const F_SETFL = 4;
export const FD_CLOEXEC = 1;

/** O_CLOEXEC of asm-generic/fcntl.h: also SOCK_CLOEXEC (linux/net.h) and EFD_CLOEXEC (linux/eventfd.h). */
export const O_CLOEXEC = 0o2000000;
