/* What libseccomp takes from the kernel's linux/seccomp.h; its own system.h and seccomp.h define the rest. */
#ifndef SCMP_WASM_LINUX_SECCOMP_H
#define SCMP_WASM_LINUX_SECCOMP_H

#include <linux/types.h>

#define SECCOMP_MODE_FILTER 2

/* the filter's input: kernel ABI, 64 bytes */
struct seccomp_data {
	int nr;
	__u32 arch;
	__u64 instruction_pointer;
	__u64 args[6];
};

#endif
