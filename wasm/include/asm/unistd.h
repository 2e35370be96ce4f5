/*
 * No system call numbers: libseccomp's own tables have them for every architecture, and a wasm host has none itself.
 * The one name system.c uses outside the tables belongs to the loader's half, which is not linked in.
 */
#define __NR_seccomp (-1)
