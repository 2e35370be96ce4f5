/*
 * Internal functions of libseccomp called directly, each on the smallest thing that tells our patch from none, and with
 * what would do harm without the patch watched instead of done.
 *
 *   hash OFFSET             the hash of 16 fixed bytes that stand OFFSET bytes past an aligned address
 *   zrealloc OLD NEW        grow or shrink OLD bytes of 0xaa to NEW, and print what is in them, in hex; a clearing of more
 *                           than there could be is printed, and not done
 *   append COUNT            append a block of COUNT instructions to an empty program, twice, and print both results; a
 *                           program may have 100 here
 *   level                   add one node to a level of a tree by way of two others, and print how many nodes a walk to
 *                           the front of the level comes by, which ends after ten
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void clear(void *at, size_t count)
{
	if (count > 4096)
		printf("clears %zu bytes\n", count);
	else
		memset(at, 0, count);
}

#define memset(at, value, count) clear(at, count)
#include "helper.c"
#undef memset

/* the width of a program's length, which is what bounds it */
#undef UINT16_MAX
#define UINT16_MAX 100
#include "gen_bpf.c"

#include "db.c"

static unsigned int level_length(void)
{
	/* held by so many that none of the two is freed */
	struct db_arg_chain_tree behind = { .datum = 1, .refcnt = 100 };
	struct db_arg_chain_tree node = { .datum = 2, .refcnt = 100 };
	struct db_arg_chain_tree *one = &behind, *other = &behind, *iter;
	struct db_iter_state state = { 0 };
	unsigned int count = 0;

	_db_tree_add(&one, &node, &state);
	_db_tree_add(&other, &node, &state);
	for (iter = &behind; iter != NULL && count < 10; iter = iter->lvl_prv)
		count++;
	return count;
}

int main(int argc, char *argv[])
{
	if (argc == 3 && strcmp(argv[1], "hash") == 0) {
		static const uint8_t key[16] = "0123456789abcdef";
		size_t offset = strtoul(argv[2], NULL, 0);
		uint8_t *buffer = malloc(offset + sizeof(key));

		memcpy(buffer + offset, key, sizeof(key));
		printf("%08x\n", hash(buffer + offset, sizeof(key)));
		free(buffer);
		return 0;
	}
	if (argc == 4 && strcmp(argv[1], "zrealloc") == 0) {
		size_t old = strtoul(argv[2], NULL, 0);
		size_t new = strtoul(argv[3], NULL, 0);
		uint8_t *buffer = malloc(old);

		memset(buffer, 0xaa, old);
		buffer = zrealloc(buffer, old, new);
		for (size_t iter = 0; iter < new; iter++)
			printf("%02x", buffer[iter]);
		printf("\n");
		free(buffer);
		return 0;
	}
	if (argc == 3 && strcmp(argv[1], "append") == 0) {
		struct bpf_program *program = zmalloc(sizeof(*program));
		struct bpf_blk block = { .blk_cnt = strtoul(argv[2], NULL, 0) };

		block.blks = zmalloc(block.blk_cnt * sizeof(*block.blks));
		for (unsigned int iter = 0; iter < block.blk_cnt; iter++)
			block.blks[iter].k.type = TGT_K;
		printf("%d", _bpf_append_blk(program, &block));
		printf(" %d\n", _bpf_append_blk(program, &block));
		_program_free(program);
		free(block.blks);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "level") == 0) {
		printf("%u\n", level_length());
		return 0;
	}
	fprintf(stderr, "usage: internals hash OFFSET | zrealloc OLD NEW | append COUNT | level\n");
	return 2;
}
