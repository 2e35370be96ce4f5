/* Asked for by arch.c; it matters on real hosts only. */
#define __BITS_PER_LONG 64
