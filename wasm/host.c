/*
 * What libseccomp asks of the machine it runs on, answered for a host that is not that machine.
 *
 * libseccomp takes its "native" architecture from the compiler that built it; here it is a setting, so that one module
 * gives for every architecture the bytes libseccomp gives on such a machine. This file is also linked into the native
 * build that the tests compare with, where only the setting is needed.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include "arch.h"
#include "db.h"

/**
 * Set the architecture that SCMP_ARCH_NATIVE stands for.
 *
 * @param token SCMP_ARCH_* of seccomp.h
 * @return 0, or -EINVAL for a token libseccomp does not know (the setting is then unchanged)
 */
int scmp_set_native_arch(uint32_t token)
{
	const struct arch_def *arch = arch_def_lookup(token);

	if (arch == NULL)
		return -EINVAL;
	arch_def_native = arch;
	return 0;
}

#ifdef __EMSCRIPTEN__

/* The status of a module whose calls took more steps than they were granted; src/libseccomp/libseccomp.ts knows it. */
#define STATUS_OUT_OF_WORK 75

static uint32_t work_left;

/** Grant the calls that follow this many steps: visits to a node of a rule's tree. None are left of an earlier grant. */
void scmp_grant_work(uint32_t steps)
{
	work_left = steps;
}

/** libseccomp's walks report their steps here (wasm/patches); without any left the module ends. */
void scmp_work(unsigned int steps)
{
	if (steps > work_left)
		_exit(STATUS_OUT_OF_WORK);
	work_left -= steps;
}

/**
 * Take no checkpoints of a filter when rules are added: after a rule that fails it is only to be released.
 *
 * @param filter a filter context
 */
void scmp_skip_checkpoints(struct db_filter_col *filter)
{
	filter->skip_checkpoints = true;
}

/* No kernel here: probes for features answer "no", which a pinned API level (seccomp_api_set) overrides. */
long syscall(long number, ...)
{
	(void)number;
	errno = ENOSYS;
	return -1;
}

int prctl(int op, ...)
{
	(void)op;
	errno = ENOSYS;
	return -1;
}

/*
 * gen_pfc.c writes to a duplicate of the file descriptor that it closes when done. The module's host sees one
 * descriptor only, the one passed to seccomp_export_pfc(3), so a duplicate is the descriptor itself.
 */
int dup(int fd)
{
	return fd;
}

#endif
