/** O_CLOEXEC of asm-generic/fcntl.h: also SOCK_CLOEXEC (linux/net.h) and EFD_CLOEXEC (linux/eventfd.h). */
export const O_CLOEXEC = 0o2000000;
