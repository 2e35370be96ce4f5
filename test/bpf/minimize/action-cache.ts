import { type Instruction, Opcode, SeccompDataOffset } from '../../../src/bpf/index.js';

/** SECCOMP_RET_ALLOW of linux/seccomp.h: the kernel compares the whole word, data included. */
const RET_ALLOW = 0x7fff0000;

/**
 * Whether Linux's cache of actions (5.11 and newer, CONFIG_SECCOMP_FILTER; kernel/seccomp.c, seccomp_cache_prepare) takes a
 * call as always allowed: the kernel runs the program once for each number when it is installed, with architecture and number
 * alone, and gives up on whatever else it meets (seccomp_is_const_allow). Such a call then does not run the filter at all.
 */
export function isCached(instructions: readonly Instruction[], arch: number, nr: number): boolean {
  let a = 0;
  for (let index = 0; index < instructions.length; ) {
    const { code, jt, jf, k } = instructions[index]!;
    const jump = (holds: boolean) => {
      index += 1 + (holds ? jt : jf);
    };
    switch (code) {
      case Opcode.LD_ABS:
        if (k !== SeccompDataOffset.NR && k !== SeccompDataOffset.ARCH) return false;
        a = (k === SeccompDataOffset.NR ? nr : arch) >>> 0;
        index++;
        break;
      case Opcode.RET_K:
        return k === RET_ALLOW;
      case Opcode.JA:
        index += 1 + k;
        break;
      case Opcode.JEQ_K:
        jump(a === k);
        break;
      case Opcode.JGE_K:
        jump(a >= k);
        break;
      case Opcode.JGT_K:
        jump(a > k);
        break;
      case Opcode.JSET_K:
        jump((a & k) !== 0);
        break;
      case Opcode.AND_K:
        a = (a & k) >>> 0;
        index++;
        break;
      default:
        return false;
    }
  }
  return false;
}
