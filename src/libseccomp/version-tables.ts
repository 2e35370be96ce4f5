// Made by scripts/generate-libseccomp-versions.mjs: facts of libseccomp's system call tables.
import type { ArchitectureName } from '../architecture.js';

/** What a released libseccomp knows otherwise than the one in this package. */
export interface VersionTable {
  /** Architectures that it does not know. */
  architectures: readonly ArchitectureName[];
  /** Names that it does not know on any architecture. */
  unknown: readonly string[];
  /** Calls that have a number on an architecture there and not here, or here and not there. */
  differing: readonly { architecture: ArchitectureName; name: string; number?: number }[];
}

export const VERSION_TABLES = {
  // libseccomp2_2.5.4-1+deb12u1_amd64.deb
  '2.5.4': {
    architectures: ['loongarch64', 'm68k', 'sheb', 'sh'],
    unknown: [
      'atomic_barrier',
      'atomic_cmpxchg_32',
      'fchroot',
      'file_getattr',
      'file_setattr',
      'getpagesize',
      'getxattrat',
      'listmount',
      'listns',
      'listxattrat',
      'lsm_get_self_attr',
      'lsm_list_modules',
      'lsm_set_self_attr',
      'mseal',
      'open_tree_attr',
      'removexattrat',
      'riscv_hwprobe',
      'rseq_slice_yield',
      'setxattrat',
      'statmount',
      'uprobe',
      'uretprobe',
    ],
    differing: [
      { architecture: 'x32', name: 'map_shadow_stack' },
      { architecture: 'parisc64', name: '_llseek', number: 140 },
    ],
  },
  // libseccomp2_2.6.0-2_amd64.deb
  '2.6.0': {
    architectures: [],
    unknown: ['fchroot', 'file_getattr', 'file_setattr', 'listns', 'open_tree_attr', 'rseq_slice_yield', 'uprobe'],
    differing: [
      { architecture: 'loongarch64', name: 'memfd_secret' },
      { architecture: 'parisc64', name: '_llseek', number: 140 },
    ],
  },
  // libseccomp2_2.6.1-1+b2_amd64.deb
  '2.6.1': {
    architectures: [],
    unknown: ['fchroot'],
    differing: [{ architecture: 'loongarch64', name: 'memfd_secret' }],
  },
} as const satisfies Readonly<Record<string, VersionTable>>;
