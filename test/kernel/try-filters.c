/*
 * Would this kernel load these filters? Standard input: for each program its length in instructions (u32, host order) and
 * its struct sock_filter after struct sock_filter; standard output: a line each, "loads" or the name of the errno.
 *
 * Nothing is installed, so that one process tries any number of them: a second thread has a filter of its own, and with
 * SECCOMP_FILTER_FLAG_TSYNC a program that was taken then fails to be put on that thread, by a positive result, its id
 * (kernel/seccomp.c: seccomp_set_mode_filter() prepares the program first, seccomp_can_sync_threads() comes after).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static pid_t other_thread;
static pthread_barrier_t barrier;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static long set_filter(unsigned flags, struct sock_filter *filter, unsigned short length)
{
	struct sock_fprog program = { .len = length, .filter = filter };
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

static void *differ(void *unused)
{
	struct sock_filter allow = { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW };
	if (set_filter(0, &allow, 1) != 0) fail("the other thread's filter");
	other_thread = syscall(SYS_gettid);
	pthread_barrier_wait(&barrier);
	for (;;) pause();
	return unused;
}

int main(void)
{
	/* sock_fprog.len has 16 bits; the room is for that many and no more. */
	static struct sock_filter filter[65536];
	uint32_t length;
	pthread_t thread;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("no_new_privs");
	pthread_barrier_init(&barrier, NULL, 2);
	if (pthread_create(&thread, NULL, differ, NULL) != 0) fail("pthread_create");
	pthread_barrier_wait(&barrier);

	while (fread(&length, sizeof length, 1, stdin) == 1) {
		if (length >= 65536 || fread(filter, sizeof *filter, length, stdin) != length) {
			fputs("the input is cut off or has a program beyond 16 bits of length\n", stderr);
			return 1;
		}
		long result = set_filter(SECCOMP_FILTER_FLAG_TSYNC, filter, length);
		if (result == other_thread) puts("loads");
		else if (result == -1) puts(strerrorname_np(errno));
		else {
			/* Installed after all, or another thread: whatever comes next would be no answer. */
			fprintf(stderr, "seccomp(2) returned %ld\n", result);
			return 1;
		}
	}
	return 0;
}
