/* Classic BPF as libseccomp writes it: the instruction's layout is kernel ABI (linux/filter.h, linux/bpf_common.h). */
#ifndef SCMP_WASM_LINUX_FILTER_H
#define SCMP_WASM_LINUX_FILTER_H

#include <linux/types.h>

struct sock_filter {
	__u16 code;
	__u8 jt;
	__u8 jf;
	__u32 k;
};

/* instruction classes */
#define BPF_LD 0x00
#define BPF_LDX 0x01
#define BPF_ST 0x02
#define BPF_STX 0x03
#define BPF_ALU 0x04
#define BPF_JMP 0x05
#define BPF_RET 0x06
#define BPF_MISC 0x07

/* load width and addressing */
#define BPF_W 0x00
#define BPF_IMM 0x00
#define BPF_ABS 0x20
#define BPF_MEM 0x60

/* arithmetic and jumps */
#define BPF_AND 0x50
#define BPF_JA 0x00
#define BPF_JEQ 0x10
#define BPF_JGT 0x20
#define BPF_JGE 0x30
#define BPF_JSET 0x40

/* operand */
#define BPF_K 0x00
#define BPF_X 0x08

#define BPF_MAXINSNS 4096

#endif
