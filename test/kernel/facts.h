/* What the programs facts-*.c share: programs of a few instructions, and children that run under them. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOAD_NR BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)
#define UNLESS(number, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, skip)
#define LENGTH(program) (sizeof(program) / sizeof(*(program)))

static inline void fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	_exit(1);
}

static inline long set_filter(unsigned flags, struct sock_filter *filter, unsigned short length)
{
	struct sock_fprog program = { .len = length, .filter = filter };
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

/* A filter that answers one call and allows the others. */
static inline long answer(unsigned flags, unsigned number, unsigned action)
{
	struct sock_filter filter[] = { LOAD_NR, UNLESS(number, 1), RETURN(action), RETURN(SECCOMP_RET_ALLOW) };
	long result = set_filter(flags, filter, LENGTH(filter));
	if (result < 0) fail("seccomp(2)");
	return result;
}

static inline const char *name_of(int error) { return error ? strerrorname_np(error) : "0"; }

/* A child that shares memory that is mapped so, and with CLONE_FILES the descriptors. */
static inline pid_t child_with(unsigned long flags)
{
	fflush(stdout);
	pid_t pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
	if (pid < 0) fail("clone");
	if (pid == 0) alarm(20);
	return pid;
}

static inline void *shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED) fail("mmap");
	return memory;
}
