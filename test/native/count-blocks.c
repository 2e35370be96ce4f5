/*
 * How much a program does, in a unit that is the same on every machine and at every run: the basic blocks that it enters of
 * what is compiled with -fsanitize-coverage=trace-pc. Printed to standard error at the end.
 */
#include <stdio.h>

static unsigned long blocks;

__attribute__((no_sanitize_coverage)) void __sanitizer_cov_trace_pc(void)
{
	blocks++;
}

__attribute__((destructor, no_sanitize_coverage)) static void report(void)
{
	fprintf(stderr, "%lu\n", blocks);
}
