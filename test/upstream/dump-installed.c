/*
 * A library to preload into upstream's live tests, which install their filters and print nothing: the first program that
 * would be installed is written to standard output in place of that, and the process ends.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

/* libseccomp calls seccomp(2) through syscall(2); with NULL for the program it only asks whether flags are known. */
long syscall(long number, ...)
{
	long a[6];
	va_list arguments;
	long (*next)(long, ...);

	va_start(arguments, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(arguments, long);
	va_end(arguments);

	if (number == SYS_seccomp && a[0] == SECCOMP_SET_MODE_FILTER && a[2] != 0) {
		const struct sock_fprog *program = (const struct sock_fprog *)a[2];
		size_t size = program->len * sizeof(*program->filter);

		_exit(write(STDOUT_FILENO, program->filter, size) == (ssize_t)size ? 0 : 1);
	}
	next = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
