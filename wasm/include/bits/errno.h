/*
 * Linux's errno numbers (asm-generic), in place of wasi's, which emscripten's C library has: libseccomp returns negative
 * errnos, and in places a bare -1, which is -EPERM on Linux and would be -E2BIG here.
 */
#define EPERM 1
#define ENOENT 2
#define ESRCH 3
#define EINTR 4
#define E2BIG 7
#define EBADF 9
#define ENOMEM 12
#define EACCES 13
#define EFAULT 14
#define EEXIST 17
#define EINVAL 22
#define EDOM 33
#define ERANGE 34
#define ENOSYS 38
#define EOPNOTSUPP 95
#define ECANCELED 125
