/*
 * What a listener does (SECCOMP_RET_USER_NOTIF): a call that a signal interrupts before RECV, and the limits of ADDFD.
 * Standard output: a line for each, for facts.test.ts.
 */
#include "facts.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

static volatile struct { int listener; int error; int descriptors; } *common;

static void handler(int unused) { (void)unused; }

/* A child that makes one call, which the listener is asked about; they have their descriptors in common. */
static pid_t caller(int sa_flags)
{
	common->listener = common->error = -1;
	pid_t pid = child_with(CLONE_FILES);
	if (pid == 0) {
		struct sigaction action = { .sa_handler = handler, .sa_flags = sa_flags };
		sigaction(SIGUSR1, &action, NULL);
		int listener = answer(SECCOMP_FILTER_FLAG_NEW_LISTENER, SYS_getpriority, SECCOMP_RET_USER_NOTIF);
		if (common->descriptors) {
			struct rlimit limit = { common->descriptors, common->descriptors };
			setrlimit(RLIMIT_NOFILE, &limit);
		}
		common->listener = listener;
		common->error = syscall(SYS_getpriority, 0, 0) < 0 ? errno : 0;
		_exit(0);
	}
	while (common->listener < 0) usleep(1000);
	struct pollfd asked = { .fd = common->listener, .events = POLLIN };
	if (poll(&asked, 1, 10000) != 1) fail("the call is not asked about");
	return pid;
}

static struct seccomp_notif notification;
static int receive(void)
{
	memset(&notification, 0, sizeof notification);
	return ioctl(common->listener, SECCOMP_IOCTL_NOTIF_RECV, &notification) < 0 ? errno : 0;
}

static void finish(pid_t pid)
{
	struct seccomp_notif_resp response = { .id = notification.id, .error = -EACCES };
	ioctl(common->listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
	waitpid(pid, NULL, 0);
	close(common->listener);
}

static const char *put(unsigned flags, unsigned number)
{
	static char text[20];
	struct seccomp_notif_addfd addfd = { .id = notification.id, .flags = flags, .srcfd = 2, .newfd = number };
	int result = ioctl(common->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &addfd);
	if (result < 0) return name_of(errno);
	snprintf(text, sizeof text, "%d", result);
	return text;
}

int main(void)
{
	alarm(60);
	common = shared(sizeof *common);

	pid_t pid = caller(0);
	kill(pid, SIGUSR1);
	waitpid(pid, NULL, 0);
	printf("interrupted: the call fails with %s, RECV with %s\n", name_of(common->error), name_of(receive()));
	close(common->listener);

	pid = caller(SA_RESTART);
	kill(pid, SIGUSR1);
	usleep(200000);
	int first = receive();
	struct seccomp_notif asked_again = notification;
	/* Each question that was asked counts, also that of the interrupted call. */
	int second = receive();
	notification = asked_again;
	printf("restarted: RECV %s, then %s\n", name_of(first), name_of(second));
	finish(pid);

	common->descriptors = 3;
	pid = caller(0);
	if (receive() != 0) fail("RECV");
	printf("limit 3, all in use: ADDFD %s", put(0, 0));
	printf(", SETFD 3 %s", put(SECCOMP_ADDFD_FLAG_SETFD, 3));
	printf(", SETFD 2 %s\n", put(SECCOMP_ADDFD_FLAG_SETFD, 2));
	finish(pid);
	return 0;
}
