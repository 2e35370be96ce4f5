/*
 * Which calls under a filter leave a record of type SECCOMP, 1326: as processes see them that listen to the audit
 * subsystem's multicast group (journald does), and in the kernel's log. Standard output: a line for each, for facts.test.ts.
 * Exit 77: the audit subsystem cannot be listened to, or is off; it is left as it is.
 */
#include "facts.h"
#include <fcntl.h>
#include <linux/netlink.h>
#include <sys/socket.h>

enum { BURST = 300 };

static int audit;

/* How many records about a process come within a moment, and the text of the last. */
static int records(pid_t pid, char *last)
{
	static char buffer[16384];
	char wanted[32];
	int found = 0;
	snprintf(wanted, sizeof wanted, " pid=%d ", pid);
	for (;;) {
		ssize_t length = recv(audit, buffer, sizeof buffer - 1, 0);
		if (length < 0) return found;
		buffer[length] = 0;
		struct nlmsghdr *head = (struct nlmsghdr *)buffer;
		char *text = NLMSG_DATA(head);
		if (head->nlmsg_type != AUDIT_SECCOMP || !strstr(text, wanted)) continue;
		found++;
		memcpy(last, text, 4095); /* cut there: it ends with a 0 that nobody wrote over */
	}
}

struct under { unsigned action, flags; };

/* A child under these filters makes a call so many times; with 0 it is the second filter that decides. */
static void make(const char *name, const struct under *filters, int count, int calls)
{
	char last[4096] = "";
	pid_t pid = child_with(0);
	if (pid == 0) {
		signal(SIGSYS, SIG_IGN);
		for (int each = 0; each < count; each++) answer(filters[each].flags, SYS_getpriority, filters[each].action);
		for (int each = 0; each < calls; each++) syscall(SYS_getpriority, 0, 0);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	int found = records(pid, last);
	if (calls > 1) printf("%s, by multicast: %s\n", name, found == calls ? "all" : "not all");
	else {
		char *sig = strstr(last, " sig="), *code = strstr(last, " code=");
		printf("%s: %d", name, found);
		if (found) printf(", sig=%d code=%.10s", atoi(sig + 5), code + 6);
		putchar('\n');
	}
}
#define MAKE(name, ...) do { struct under filters[] = { __VA_ARGS__ }; make(name, filters, LENGTH(filters), 1); } while (0)

/* Records in the kernel's log, from where `log` stands. */
static int logged(int log)
{
	char line[8192];
	int found = 0;
	ssize_t length;
	while ((length = read(log, line, sizeof line - 1)) > 0 || (length < 0 && errno == EPIPE)) {
		if (length < 0) continue;
		line[length] = 0;
		if (strstr(line, "type=1326")) found++;
	}
	return found;
}

int main(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 << (AUDIT_NLGRP_READLOG - 1) };
	struct timeval moment = { 0, 150000 };
	int room = 1 << 24;
	alarm(100);
	audit = socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT);
	if (audit < 0 || bind(audit, (struct sockaddr *)&address, sizeof address) != 0) return 77;
	setsockopt(audit, SOL_SOCKET, SO_RCVTIMEO, &moment, sizeof moment);
	setsockopt(audit, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);

	const unsigned log = SECCOMP_FILTER_FLAG_LOG, errno7 = SECCOMP_RET_ERRNO | 7, trap = SECCOMP_RET_TRAP;
	char last[4096] = "";
	pid_t pid = child_with(0);
	if (pid == 0) {
		answer(0, SYS_getpriority, SECCOMP_RET_KILL_THREAD);
		syscall(SYS_getpriority, 0, 0);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	if (records(pid, last) == 0) return 77;

	MAKE("ERRNO", { errno7, 0 });
	MAKE("ERRNO with LOG", { errno7, log });
	MAKE("TRAP", { trap, 0 });
	MAKE("TRAP with LOG", { trap, log });
	MAKE("RET_LOG", { SECCOMP_RET_LOG, 0 });
	MAKE("KILL_THREAD", { SECCOMP_RET_KILL_THREAD, 0 });
	MAKE("ERRNO with LOG, then ERRNO", { errno7, log }, { errno7, 0 });
	MAKE("ERRNO, then ERRNO with LOG", { errno7, 0 }, { errno7, log });
	MAKE("ERRNO with LOG, then ALLOW", { errno7, log }, { SECCOMP_RET_ALLOW, 0 });
	MAKE("ERRNO, then ALLOW with LOG", { errno7, 0 }, { SECCOMP_RET_ALLOW, log });

	struct under bursting[] = { { errno7, log } };
	int kernel_log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	if (kernel_log >= 0) lseek(kernel_log, 0, SEEK_END);
	make("a burst", bursting, 1, BURST);
	if (kernel_log >= 0) printf("a burst, in the kernel's log: %s\n", logged(kernel_log) < BURST ? "not all" : "all");
	return 0;
}
