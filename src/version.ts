/** This package's version; a test holds it to package.json's. */
export const VERSION = '0.1.0';

/** The release in libseccomp.wasm; a test holds it to what the module says of itself. */
export const LIBSECCOMP_VERSION = '2.6.0';

/** Where the names and numbers are from: the heading of libseccomp's syscalls.csv, and what wasm/patches adds to it. */
export const SYSCALL_TABLE = {
  kernel: '6.13.0',
  date: '2025-01-23',
  newer: ['open_tree_attr', 'file_getattr', 'file_setattr', 'listns', 'rseq_slice_yield', 'uprobe'],
} as const;
