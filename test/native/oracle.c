/*
 * Native libseccomp behind a line protocol, for the tests to compare the wasm with.
 *
 * One operation a line on standard input, one answer a line on standard output: the function's return value in decimal,
 * or the data asked for (`-` for NULL). Filter contexts are numbered 0..15. All numbers may be decimal or 0x hex.
 *
 *   native TOKEN                        scmp_set_native_arch, for every context made or used afterwards
 *   api LEVEL                           seccomp_api_set
 *   init C ACTION                       0, or -1 for NULL
 *   reset C ACTION | release C | merge DESTINATION SOURCE
 *   arch_add C TOKEN | arch_remove C TOKEN | arch_exist C TOKEN
 *   attr_set C ATTRIBUTE VALUE | attr_get C ATTRIBUTE (answers `RC VALUE`)
 *   rule C EXACT ACTION SYSCALL N [ARGUMENT OPERATOR DATUM_A DATUM_B]*N
 *   priority C SYSCALL PRIORITY
 *   start C | commit C | reject C | precompute C
 *   bpf C                               `RC HEX`
 *   bpf_into C SIZE                     the same into a buffer of SIZE bytes of 0xaa: `LENGTH RC HEX` of all the buffer
 *   pfc C                               `RC HEX` of the text
 *   notify_used C                       whether loading would ask for a listener
 *   name TOKEN NAME | rewrite TOKEN NAME   the number
 *   number TOKEN NUMBER                 the name
 *
 * With an argument N the whole input is read first and then run N times with no output; the seconds each run took are
 * printed, one a line.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <seccomp.h>

#include "arch.h"
#include "db.h"

int scmp_set_native_arch(uint32_t token);

#define CONTEXTS 16
#define WORDS 40

static scmp_filter_ctx contexts[CONTEXTS];
static bool quiet;

/* An operation read once, so that a benchmark times libseccomp and not this file's parsing. */
struct operation {
	char *line;
	char *word[WORDS];
	uint64_t number[WORDS];
	int words;
	bool is_rule;
	struct scmp_arg_cmp comparisons[6];
};

static void fail(const char *why, const char *what)
{
	fprintf(stderr, "oracle: %s: %s\n", why, what);
	exit(2);
}

static void parse(struct operation *op, const char *line)
{
	unsigned int iter, count;
	char *save;

	op->line = strdup(line);
	for (char *word = strtok_r(op->line, " \n", &save); word != NULL; word = strtok_r(NULL, " \n", &save)) {
		if (op->words == WORDS)
			fail("too many words", line);
		op->word[op->words] = word;
		/* negative numbers are fine: they come back out of the cast to int */
		op->number[op->words] = *word == '-' ? (uint64_t)strtoll(word, NULL, 0) : strtoull(word, NULL, 0);
		op->words++;
	}
	if (op->words == 0)
		fail("empty line", line);

	op->is_rule = strcmp(op->word[0], "rule") == 0;
	if (op->is_rule) {
		count = op->words > 5 ? op->number[5] : 0;
		if (op->words != 6 + (int)count * 4)
			fail("a rule's words do not add up", line);
		for (iter = 0; iter < count && iter < 6; iter++)
			op->comparisons[iter] = (struct scmp_arg_cmp){
				.arg = op->number[6 + iter * 4],
				.op = op->number[7 + iter * 4],
				.datum_a = op->number[8 + iter * 4],
				.datum_b = op->number[9 + iter * 4],
			};
	}
}

static void answer(long value)
{
	if (!quiet)
		printf("%ld\n", value);
}

static void answer_bytes(long rc, const unsigned char *bytes, size_t length)
{
	if (quiet)
		return;
	printf("%ld ", rc);
	for (size_t iter = 0; iter < length; iter++)
		printf("%02x", bytes[iter]);
	printf("\n");
}

static void export_bpf(scmp_filter_ctx ctx)
{
	unsigned char *buffer = NULL;
	size_t length = 0;
	int rc;

	rc = seccomp_export_bpf_mem(ctx, NULL, &length);
	if (rc == 0) {
		buffer = malloc(length + 1);
		rc = seccomp_export_bpf_mem(ctx, buffer, &length);
	}
	answer_bytes(rc, buffer, rc == 0 ? length : 0);
	free(buffer);
}

/* Into a buffer of a given size, which is shown whole, so that bytes behind the program (0xaa when untouched) are seen. */
static void export_bpf_into(scmp_filter_ctx ctx, size_t size)
{
	unsigned char *buffer = malloc(size + 1);
	size_t length = size;
	int rc;

	memset(buffer, 0xaa, size);
	rc = seccomp_export_bpf_mem(ctx, buffer, &length);
	if (!quiet)
		printf("%zu ", length);
	answer_bytes(rc, buffer, size);
	free(buffer);
}

static void export_pfc(scmp_filter_ctx ctx)
{
	FILE *file = tmpfile();
	unsigned char *buffer;
	long length;
	int rc;

	rc = seccomp_export_pfc(ctx, fileno(file));
	fseek(file, 0, SEEK_END);
	length = ftell(file);
	rewind(file);
	buffer = malloc(length + 1);
	if (fread(buffer, 1, length, file) != (size_t)length)
		fail("cannot read back", "pfc");
	answer_bytes(rc, buffer, length);
	free(buffer);
	fclose(file);
}

static void run(const struct operation *op)
{
	const char *verb = op->word[0];
	const uint64_t *n = op->number;
	scmp_filter_ctx *ctx = &contexts[n[1] % CONTEXTS];
	uint32_t value = 0;
	char *name;
	int rc;

#define IS(text, count) (strcmp(verb, text) == 0 && op->words == (count))
	if (op->is_rule) {
		if (n[2])
			answer(seccomp_rule_add_exact_array(*ctx, n[3], n[4], n[5], op->comparisons));
		else
			answer(seccomp_rule_add_array(*ctx, n[3], n[4], n[5], op->comparisons));
	} else if (IS("native", 2)) {
		answer(scmp_set_native_arch(n[1]));
	} else if (IS("api", 2)) {
		answer(seccomp_api_set(n[1]));
	} else if (IS("init", 3)) {
		seccomp_release(*ctx);
		*ctx = seccomp_init(n[2]);
		answer(*ctx ? 0 : -1);
	} else if (IS("reset", 3)) {
		answer(seccomp_reset(*ctx, n[2]));
	} else if (IS("release", 2)) {
		seccomp_release(*ctx);
		*ctx = NULL;
		answer(0);
	} else if (IS("merge", 3)) {
		rc = seccomp_merge(*ctx, contexts[n[2] % CONTEXTS]);
		if (rc == 0)
			contexts[n[2] % CONTEXTS] = NULL;
		answer(rc);
	} else if (IS("arch_add", 3)) {
		answer(seccomp_arch_add(*ctx, n[2]));
	} else if (IS("arch_remove", 3)) {
		answer(seccomp_arch_remove(*ctx, n[2]));
	} else if (IS("arch_exist", 3)) {
		answer(seccomp_arch_exist(*ctx, n[2]));
	} else if (IS("attr_set", 4)) {
		answer(seccomp_attr_set(*ctx, n[2], n[3]));
	} else if (IS("attr_get", 3)) {
		rc = seccomp_attr_get(*ctx, n[2], &value);
		if (!quiet)
			printf("%d %u\n", rc, value);
	} else if (IS("priority", 4)) {
		answer(seccomp_syscall_priority(*ctx, n[2], n[3]));
	} else if (IS("start", 2)) {
		answer(seccomp_transaction_start(*ctx));
	} else if (IS("commit", 2)) {
		answer(seccomp_transaction_commit(*ctx));
	} else if (IS("reject", 2)) {
		seccomp_transaction_reject(*ctx);
		answer(0);
	} else if (IS("precompute", 2)) {
		answer(seccomp_precompute(*ctx));
	} else if (IS("bpf", 2)) {
		export_bpf(*ctx);
	} else if (IS("bpf_into", 3)) {
		export_bpf_into(*ctx, n[2]);
	} else if (IS("pfc", 2)) {
		export_pfc(*ctx);
	} else if (IS("notify_used", 2)) {
		answer(((struct db_filter_col *)*ctx)->notify_used);
	} else if (IS("name", 3)) {
		answer(seccomp_syscall_resolve_name_arch(n[1], op->word[2]));
	} else if (IS("rewrite", 3)) {
		answer(seccomp_syscall_resolve_name_rewrite(n[1], op->word[2]));
	} else if (IS("number", 3)) {
		name = seccomp_syscall_resolve_num_arch(n[1], n[2]);
		if (!quiet)
			printf("%s\n", name ? name : "-");
		free(name);
	} else {
		fail("unknown operation", verb);
	}
#undef IS
}

int main(int argc, char *argv[])
{
	int runs = argc > 1 ? atoi(argv[1]) : 0;
	struct operation *operations = NULL;
	size_t count = 0, room = 0, size = 0;
	struct timespec begin, end;
	struct itimerval limit = { .it_value.tv_usec = argc > 2 ? atoi(argv[2]) * 1000L : 0 };
	char *line = NULL;

	/* with the API level given no probe of this kernel decides what compiles */
	seccomp_api_set(7);
	/* what is answered is not lost where an operation does not end */
	setvbuf(stdout, NULL, _IOLBF, 0);

	for (quiet = runs > 0; getline(&line, &size, stdin) > 0;) {
		if (count == room) {
			room = room ? room * 2 : 256;
			operations = realloc(operations, room * sizeof(*operations));
		}
		memset(&operations[count], 0, sizeof(*operations));
		parse(&operations[count++], line);
	}
	for (size_t iter = 0; !quiet && iter < count; iter++) {
		/* an operation that takes longer ends the process, by SIGVTALRM */
		if (limit.it_value.tv_usec)
			setitimer(ITIMER_VIRTUAL, &limit, NULL);
		run(&operations[iter]);
	}
	while (runs-- > 0) {
		clock_gettime(CLOCK_MONOTONIC, &begin);
		for (size_t iter = 0; iter < count; iter++)
			run(&operations[iter]);
		clock_gettime(CLOCK_MONOTONIC, &end);
		printf("%.9f\n", (end.tv_sec - begin.tv_sec) + (end.tv_nsec - begin.tv_nsec) / 1e9);
	}

	/* what is left now and reachable from nowhere, LeakSanitizer reports */
	for (size_t iter = 0; iter < CONTEXTS; iter++)
		seccomp_release(contexts[iter]);
	for (size_t iter = 0; iter < count; iter++)
		free(operations[iter].line);
	free(operations);
	free(line);
	return 0;
}
