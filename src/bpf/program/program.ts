import type { ArchitectureName } from '../../architecture.js';

/**
 * A seccomp filter as a value: classic BPF in the byte order of its architectures, 1 to 4096 instructions. Each is 8
 * bytes (`struct sock_filter`: u16 code, u8 jt, u8 jf, u32 k).
 */
export interface FilterProgram {
  program: Uint8Array;
  /** The architectures the program decides for; any other is answered with its bad-architecture action. */
  arches: readonly ArchitectureName[];
}
