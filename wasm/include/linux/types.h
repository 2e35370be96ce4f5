/* The fixed-width names of the kernel's user-space headers, for a compiler whose sysroot has no kernel headers. */
#ifndef SCMP_WASM_LINUX_TYPES_H
#define SCMP_WASM_LINUX_TYPES_H

#include <stdint.h>

typedef uint8_t __u8;
typedef uint16_t __u16;
typedef uint32_t __u32;
typedef uint64_t __u64;
typedef int32_t __s32;
typedef int64_t __s64;

#endif
