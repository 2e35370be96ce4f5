/* What libseccomp's ./configure would have found out. */
#define HAVE_LINUX_SECCOMP_H 1

/* emscripten's unistd.h leaves it out; host.c defines it. */
long syscall(long number, ...);
