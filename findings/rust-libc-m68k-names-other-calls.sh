#!/bin/sh
# In Rust's libc crate SYS_futex, SYS_getuid, SYS_select and some forty more are other calls on m68k than C's.
#
# One would guess: libc::SYS_NAME is the number that C's SYS_NAME has on that architecture; the crate's purpose is to have
# the C library's definitions.
#
# What happens: for m68k the names are those of functions in the kernel. SYS_getuid is 199, which C calls getuid32, and 24,
# C's getuid, is SYS_getuid16. SYS_futex is 422, futex_time64, which takes another structure than C's 235; SYS_select is
# 142, C's _newselect; SYS_stat is 18, C's oldstat.
#
# Why it matters: a filter or a raw call written in Rust with these names is for other calls than the one next to it that
# was written in C. A 32-bit timespec given to SYS_futex is read as a 64-bit one.
#
# Of x86, ARM, MIPS, PowerPC, RISC-V and s390x in the same crate no number differs. No report was found.
set -eu
skip() { echo "SKIPPED, nothing was tested: $*" >&2 && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
[ "$(uname -m)" = x86_64 ] || skip "the packages are of x86_64"
for tool in apt-get dpkg gcc; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
set -- librust-libc-dev=0.2.139-1 \
  linux-libc-dev-m68k-cross=6.1.4-1cross1 \
  linux-libc-dev-armel-cross=6.1.4-1cross1 \
  linux-libc-dev-riscv64-cross=6.1.4-1cross1
(cd "$tmp" && apt-get -qq -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= download "$@") >"$tmp/log" 2>&1 ||
  skip "apt-get does not have all of $* (it may want apt-get update first)"
for file in "$tmp"/*.deb; do dpkg -x "$file" "$tmp/root"; done
linux="$tmp/root/usr/share/cargo/registry/libc-0.2.139/src/unix/linux_like/linux/gnu"
# name number, sorted: as the crate has them, and as C's headers do.
crate() { sed -n 's/^pub const SYS_\([a-z0-9_]*\): ::c_long = \([0-9]*\);$/\1 \2/p' "$linux/$1" | sort; }
header() {
  # The numbers of arm are a sum of a base, which is 0.
  echo '#include <asm/unistd.h>' | gcc -E -dM -nostdinc -isystem "$tmp/root/usr/$1/include" - |
    sed -n -e 's/^#define __NR_\([a-z0-9_]*\) (__NR_SYSCALL_BASE + *\([0-9]*\))$/\1 \2/p' -e 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$/\1 \2/p' | sort
}
compare() {
  crate "$1" >"$tmp/crate" && header "$2" >"$tmp/header"
  join "$tmp/crate" "$tmp/header" | awk '{ all++; if ($2 != $3) differ++ } END { printf "of %d names in both %d differ\n", all, differ }'
}
number() { sed -n "s/^$2 //p" "$tmp/$1" | grep . || echo none; }
of() { echo "$1 is $(number crate "$1"), in C $(number header "$1")"; }
export LC_ALL=C
seen=$(
  echo "arm: $(compare b32/arm/mod.rs arm-linux-gnueabi)"
  echo "m68k: $(compare b32/m68k/mod.rs m68k-linux-gnu)"
  for name in futex getuid getuid16 select stat; do of $name; done
)
stated='arm: of 380 names in both 0 differ
m68k: of 365 names in both 43 differ
futex is 422, in C 235
getuid is 199, in C 24
getuid16 is 24, in C none
select is 142, in C 82
stat is 18, in C 106'
echo "librust-libc-dev 0.2.139-1, linux-libc-dev-*-cross 6.1.4-1cross1"
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
