/*
 * What does this kernel do with these system calls under these filters? Standard input, all in host order: for each filter
 * u32 instructions, u32 calls; its struct sock_filter after struct sock_filter; its calls as struct call below.
 *
 * Standard output: "syscall ADDRESS", the instruction pointer that filters see; "int80 ADDRESS", or "int80 none" where this
 * kernel takes no i386 calls; "pid NUMBER", what getppid gives below; then a line a call:
 *   returned VALUE | trap si_errno si_syscall si_arch si_call_addr | kill_thread | kill_process
 *
 * Every filter is installed on one thread of a child process of its own. That thread makes no system call but those asked
 * for, so the filter may decide as it likes: results go to shared memory, the handler of SIGSYS jumps out instead of
 * returning (rt_sigreturn is a system call), and at the end an illegal instruction takes the process down. The first thread
 * waits for the other's death, which is how KILL_THREAD and KILL_PROCESS are told apart.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_CALLS 4096

enum { NATIVE = 0, INT80 = 1 };

struct call {
	uint32_t how;
	uint32_t nr;
	uint64_t args[6];
};

enum { PENDING = 0, RETURNED, TRAPPED };

struct result {
	uint32_t kind;
	/* What siginfo says after a TRAP. */
	int32_t trap_errno, trap_nr;
	uint32_t trap_arch;
	uint64_t trap_address;
	int64_t returned;
};

static struct shared {
	volatile uint32_t installed;
	int32_t install_errno;
	/* The call that is being made, or the next one. */
	volatile uint32_t at;
	struct result results[MAX_CALLS];
} *shared;

static struct sock_filter filter[BPF_MAXINSNS];
static struct call calls[MAX_CALLS];
static uint32_t call_count;
static struct sock_fprog program = { .filter = filter };
static sigjmp_buf out_of_handler;

extern const char native_return[], int80_return[];

#if defined(__x86_64__)

static __attribute__((noinline, noclone)) int64_t native_call(const struct call *c)
{
	register uint64_t r10 __asm__("r10") = c->args[3];
	register uint64_t r8 __asm__("r8") = c->args[4];
	register uint64_t r9 __asm__("r9") = c->args[5];
	int64_t result;
	__asm__ volatile("syscall\n.globl native_return\nnative_return:"
			 : "=a"(result)
			 : "0"((uint64_t)c->nr), "D"(c->args[0]), "S"(c->args[1]), "d"(c->args[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

/* i386's call from 64-bit code. rbp and rbx may be the compiler's own, so they are swapped in and out. */
static __attribute__((noinline, noclone)) int64_t int80_call(const struct call *c)
{
	uint64_t result;
	__asm__ volatile("push %%rbp\n push %%rbx\n"
			 "mov 8(%%rax), %%rbx\n mov 16(%%rax), %%rcx\n mov 24(%%rax), %%rdx\n"
			 "mov 32(%%rax), %%rsi\n mov 40(%%rax), %%rdi\n mov 48(%%rax), %%rbp\n"
			 "mov 4(%%rax), %%eax\n"
			 "int $0x80\n.globl int80_return\nint80_return:\n"
			 "pop %%rbx\n pop %%rbp"
			 : "=a"(result)
			 : "0"(c)
			 : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
	return (int32_t)result;
}

#define END_OF_PROCESS "ud2"

#elif defined(__aarch64__)

static __attribute__((noinline, noclone)) int64_t native_call(const struct call *c)
{
	register uint64_t x8 __asm__("x8") = c->nr;
	register uint64_t x0 __asm__("x0") = c->args[0];
	register uint64_t x1 __asm__("x1") = c->args[1];
	register uint64_t x2 __asm__("x2") = c->args[2];
	register uint64_t x3 __asm__("x3") = c->args[3];
	register uint64_t x4 __asm__("x4") = c->args[4];
	register uint64_t x5 __asm__("x5") = c->args[5];
	__asm__ volatile("svc #0\n.globl native_return\nnative_return:"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return (int64_t)x0;
}

static int64_t int80_call(const struct call *c)
{
	(void)c;
	abort();
}
const char int80_return[1];

#define END_OF_PROCESS "udf #0"

#else
#error "add this machine's system call instruction"
#endif

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void on_sigsys(int signal, siginfo_t *info, void *context)
{
	struct result *result = &shared->results[shared->at];
	(void)signal;
	(void)context;
	result->trap_errno = info->si_errno;
	result->trap_nr = info->si_syscall;
	result->trap_arch = info->si_arch;
	result->trap_address = (uint64_t)info->si_call_addr;
	result->kind = TRAPPED;
	siglongjmp(out_of_handler, 1);
}

static void *make_calls(void *unused)
{
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) {
		shared->install_errno = errno;
		_exit(1);
	}
	shared->installed = 1;
	while (shared->at < call_count) {
		/* Neither of these is a system call: the mask of signals is not kept. */
		if (sigsetjmp(out_of_handler, 0) == 0) {
			const struct call *call = &calls[shared->at];
			struct result *result = &shared->results[shared->at];
			result->returned = call->how == INT80 ? int80_call(call) : native_call(call);
			result->kind = RETURNED;
		}
		shared->at++;
	}
	__asm__ volatile(END_OF_PROCESS);
	return unused;
}

static void child(void)
{
	/* SA_NODEFER: SIGSYS is not blocked in its handler, so there is nothing to restore on the way out. */
	struct sigaction action = { .sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO | SA_NODEFER };
	pthread_t thread;

	sigaction(SIGSYS, &action, NULL);
	signal(SIGILL, SIG_DFL);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (pthread_create(&thread, NULL, make_calls, NULL) != 0) fail("pthread_create");
	pthread_join(thread, NULL);
	_exit(0);
}

static void print_result(const struct result *result)
{
	if (result->kind == RETURNED) printf("returned %lld\n", (long long)result->returned);
	else
		printf("trap %d %d %u %llu\n", result->trap_errno, result->trap_nr, result->trap_arch,
		       (unsigned long long)result->trap_address);
}

/* Make all calls of one filter; one that is killed is followed by a new child for the rest. */
static void run_filter(void)
{
	uint32_t printed = 0;

	memset(shared, 0, sizeof *shared);
	while (shared->at < call_count) {
		shared->installed = 0;
		fflush(stdout);
		pid_t pid = fork();
		int status;

		if (pid < 0) fail("fork");
		if (pid == 0) child();
		if (waitpid(pid, &status, 0) != pid) fail("waitpid");
		if (!shared->installed) {
			fprintf(stderr, "seccomp(2): %s\n", strerror(shared->install_errno));
			exit(1);
		}
		for (; printed < shared->at; printed++) print_result(&shared->results[printed]);
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGILL && shared->at == call_count) break;
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) puts("kill_process");
		else if (WIFEXITED(status) && WEXITSTATUS(status) == 0) puts("kill_thread");
		else {
			fprintf(stderr, "call %u ended the child with status 0x%x\n", shared->at, status);
			exit(1);
		}
		printed = ++shared->at;
	}
}

static int takes_int80(void)
{
#if defined(__x86_64__)
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct call getppid32 = { INT80, 64, { 0 } };
		_exit(int80_call(&getppid32) == getppid() ? 0 : 1);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
#else
	return 0;
#endif
}

int main(void)
{
	uint32_t sizes[2];

	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED) fail("mmap");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("no_new_privs");

	printf("syscall %llu\n", (unsigned long long)(uintptr_t)native_return);
	if (takes_int80()) printf("int80 %llu\n", (unsigned long long)(uintptr_t)int80_return);
	else puts("int80 none");
	printf("pid %d\n", getpid());

	while (fread(sizes, sizeof *sizes, 2, stdin) == 2) {
		if (sizes[0] > BPF_MAXINSNS || sizes[1] > MAX_CALLS || fread(filter, sizeof *filter, sizes[0], stdin) != sizes[0] ||
		    fread(calls, sizeof *calls, sizes[1], stdin) != sizes[1]) {
			fputs("the input is cut off or too large\n", stderr);
			return 1;
		}
		program.len = sizes[0];
		call_count = sizes[1];
		run_filter();
	}
	return 0;
}
