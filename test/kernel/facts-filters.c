/*
 * What filters do on this kernel: their order for PTRACE_SECCOMP_GET_FILTER, threads that follow with TSYNC, calls that are
 * never asked about, and what the cache of actions understands. Standard output: a line for each, for facts.test.ts.
 */
#include "facts.h"
#include <pthread.h>
#include <sys/ptrace.h>
#include <x86intrin.h>

static pthread_barrier_t barrier;

/* --- PTRACE_SECCOMP_GET_FILTER: the first has 1 instruction, the second 4 ------------------------------------------- */

static void order(void)
{
	pid_t pid = child_with(0);
	if (pid == 0) {
		struct sock_filter first[] = { RETURN(SECCOMP_RET_ALLOW) };
		set_filter(0, first, 1);
		answer(0, SYS_getpriority, SECCOMP_RET_ALLOW);
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(pid, NULL, WUNTRACED);
	if (ptrace(PTRACE_SEIZE, pid, 0, 0) != 0) fail("PTRACE_SEIZE");
	ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	waitpid(pid, NULL, __WALL);
	long zero = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, 0, NULL), one = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, 1, NULL);
	if (zero < 0) printf("filters by index: %s\n", name_of(errno));
	else printf("filters by index: %ld, %ld\n", zero, one);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* --- TSYNC: threads whose filters the caller's descend from ---------------------------------------------------------- */

static long own_filter, thread_error;
static void *follower(void *unused)
{
	if (own_filter) answer(0, SYS_getpriority, SECCOMP_RET_ERRNO | 5);
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	thread_error = syscall(SYS_getpriority, 0, 0) < 0 ? errno : 0;
	return unused;
}

static void tsync(const char *name, int has_own)
{
	pid_t pid = child_with(0);
	if (pid == 0) {
		pthread_t thread;
		answer(0, SYS_getpgid, SECCOMP_RET_ALLOW);
		pthread_barrier_init(&barrier, NULL, 2);
		own_filter = has_own;
		pthread_create(&thread, NULL, follower, NULL);
		pthread_barrier_wait(&barrier);
		/* The thread does not get this one now. */
		answer(0, SYS_getpriority, SECCOMP_RET_ERRNO | 7);
		long result = answer(SECCOMP_FILTER_FLAG_TSYNC, SYS_getsid, SECCOMP_RET_ALLOW);
		pthread_barrier_wait(&barrier);
		pthread_join(thread, NULL);
		printf("tsync, %s: %s, the thread's call %ld\n", name, result == 0 ? "0" : "a thread's number", thread_error);
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

/* --- Calls that go by the filter ----------------------------------------------------------------------------------- */

static void probe(unsigned number)
{
	pid_t pid = child_with(0);
	int status;
	if (pid == 0) {
		answer(0, number, SECCOMP_RET_ERRNO | 7);
		_exit(syscall(number, 0, 0, 0, 0, 0, 0) < 0 ? errno : 0);
	}
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status)) printf("call %u under ERRNO(7): %s\n", number, strsignal(WTERMSIG(status)));
	else printf("call %u under ERRNO(7): %d\n", number, WEXITSTATUS(status));
}

static void vsyscall(void)
{
	pid_t pid = child_with(0);
	int status;
	if (pid == 0) {
		/* 7 where the upper half of the instruction pointer is that of the vsyscall page. */
		struct sock_filter filter[] = {
			LOAD_NR, UNLESS(SYS_time, 4),
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer) + 4),
			UNLESS(0xffffffff, 1), RETURN(SECCOMP_RET_ERRNO | 7), RETURN(SECCOMP_RET_ERRNO | 8), RETURN(SECCOMP_RET_ALLOW),
		};
		set_filter(0, filter, LENGTH(filter));
		long (*page)(long *) = (long (*)(long *))0xffffffffff600400;
		_exit(-page(NULL));
	}
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status)) printf("vsyscall: %s\n", strsignal(WTERMSIG(status)));
	else printf("vsyscall: %d\n", WEXITSTATUS(status));
}

/* --- The cache of actions: a call that it knows does not run the filters, which are long ------------------------------ */

/* Many short rounds, spread over time: on a busy machine some are undisturbed. */
enum { ROOM = 4000, STACKED = 3, CALLS = 40, ROUNDS = 100, PAUSE_US = 100 };

static uint64_t cycles(const struct sock_filter *start, unsigned length, unsigned action)
{
	static struct sock_filter filter[ROOM + 8];
	uint64_t *least = shared(sizeof *least);
	pid_t pid = child_with(0);
	if (pid == 0) {
		unsigned at = 0;
		for (; at < length; at++) filter[at] = start[at];
		filter[at++] = (struct sock_filter)LOAD_NR;
		for (unsigned each = 0; each < ROOM; each++) filter[at++] = (struct sock_filter)UNLESS(0x10000 + each, 0);
		filter[at++] = (struct sock_filter)RETURN(action);
		for (int each = 0; each < STACKED; each++)
			if (set_filter(0, filter, at) != 0) fail("a long filter");
		*least = UINT64_MAX;
		for (int round = 0; round < ROUNDS; round++) {
			uint64_t begun = __rdtsc();
			for (int call = 0; call < CALLS; call++) syscall(SYS_getpriority, 0, 0);
			uint64_t taken = (__rdtsc() - begun) / CALLS;
			if (taken < *least) *least = taken;
			usleep(PAUSE_US);
		}
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	uint64_t result = *least;
	munmap(least, sizeof *least);
	return result;
}

static uint64_t known, unknown;
static void cached(const char *name, const struct sock_filter *start, unsigned length, unsigned action)
{
	uint64_t taken = cycles(start, length, action);
	printf("cache, %s: %s (%lu cycles)\n", name, taken * taken < known * unknown ? "known" : "not known", (unsigned long)taken);
}
#define CACHED(name, ...) do { struct sock_filter start[] = { __VA_ARGS__ }; cached(name, start, LENGTH(start), SECCOMP_RET_ALLOW); } while (0)
#define ALU(op) LOAD_NR, BPF_STMT(BPF_ALU | (op) | BPF_K, 1)

int main(void)
{
	alarm(100);
	order();
	tsync("the thread's filters are the caller's earlier ones", 0);
	tsync("the thread has one of its own", 1);
	probe(335);
	probe(336);
	probe(400);
	vsyscall();

	struct sock_filter argument[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)) };
	struct sock_filter number[] = { LOAD_NR };
	known = cycles(number, 1, SECCOMP_RET_ALLOW);
	unknown = cycles(argument, 1, SECCOMP_RET_ALLOW);
	printf("cache: %s\n", unknown > 2 * known ? "a call that it knows takes less than half the cycles" : "there is none");
	CACHED("number", LOAD_NR);
	CACHED("architecture", BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)));
	CACHED("JGT, JGE, JSET", LOAD_NR, BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 9, 0, 0),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 9, 0, 0), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 0));
	CACHED("AND", ALU(BPF_AND));
	CACHED("ADD", ALU(BPF_ADD));
	CACHED("RSH", ALU(BPF_RSH));
	CACHED("OR", ALU(BPF_OR));
	CACHED("TAX", BPF_STMT(BPF_MISC | BPF_TAX, 0));
	CACHED("an immediate", BPF_STMT(BPF_LD | BPF_IMM, 1));
	CACHED("a store", BPF_STMT(BPF_ST, 0));
	CACHED("an argument", BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)));
	cached("ALLOW with data", number, 1, SECCOMP_RET_ALLOW | 1);
	cached("LOG", number, 1, SECCOMP_RET_LOG);
	return 0;
}
