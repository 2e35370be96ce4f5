/*
 * Internal functions of libseccomp called directly, for faults that today's callers do not bring out: a later release, or
 * another compiler, may.
 *
 *   hash OFFSET             the hash of 16 fixed bytes that stand OFFSET bytes past an aligned address
 *   zrealloc OLD NEW        grow or shrink OLD bytes of 0xaa to NEW, and print what is in them, in hex
 *   append COUNT            append a block of COUNT instructions to an empty program, twice, and print both results. A
 *                           filter that gets there by rules takes libseccomp minutes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* for its static functions; the library has the public ones */
#define gen_bpf_generate internals_gen_bpf_generate
#define gen_bpf_release internals_gen_bpf_release
#include "gen_bpf.c"

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
	fprintf(stderr, "usage: internals hash OFFSET | zrealloc OLD NEW | append COUNT\n");
	return 2;
}
