#!/bin/sh
# On m68k each look at errno is a system call, get_thread_area(2), at places where the source has none.
#
# One would guess: errno, and what else belongs to a thread, is found by a register or a fixed address. That costs no
# system call on the architectures that one meets, and no profile has to allow for it.
#
# What happens: m68k has no register for it, so that the C library asks the kernel: get_thread_area (333), before each use
# of a thread's data. A program that reads errno a hundred times in a loop makes a hundred calls more than one that does
# not, and read(2), poll(2) and the like look as well.
#
# Why it matters: an allow-list without this one stops a program that only computes. It is in no list made on another
# architecture, as a call of this name is 32-bit x86's affair elsewhere. A count of calls says little of the program.
#
# m68k came to libseccomp with 2.6. The kernel's and glibc's sources have the call; a description was not found.
set -eu
skip() { echo "SKIPPED, nothing was tested: $*" >&2 && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
[ "$(uname -m)" = x86_64 ] || skip "the packages are of x86_64"
for tool in apt-get dpkg; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
set -- binutils-m68k-linux-gnu=2.40-2 \
  cpp-12-m68k-linux-gnu=12.2.0-13cross1 \
  gcc-12-m68k-linux-gnu=12.2.0-13cross1 \
  libc6-dev-m68k-cross=2.36-8cross1 \
  libgcc-12-dev-m68k-cross=12.2.0-13cross1 \
  linux-libc-dev-m68k-cross=6.1.4-1cross1 \
  libbinutils=2.40-2 \
  libgmp10=2:6.2.1+dfsg1-1.1 \
  libisl23=0.25-1.1 \
  libjansson4=2.14-2 \
  libmpc3=1.3.1-1 \
  libmpfr6=4.2.0-1 \
  qemu-user-static=1:7.2+dfsg-7+deb12u18+b3
(cd "$tmp" && apt-get -qq -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= download "$@") >"$tmp/log" 2>&1 ||
  skip "apt-get does not have all of $* (it may want apt-get update first)"
for file in "$tmp"/*.deb; do dpkg -x "$file" "$tmp/root"; done
cat >"$tmp/program.c" <<'C'
#include <errno.h>
#include <stdlib.h>
static int other;
int main(int count, char **words) {
  int times = count > 1 ? atoi(words[1]) : 0;
  int result = 0;
  for (int i = 0; i < times; i++) {
    volatile int *place = count > 2 ? &other : &errno;
    result += *place;
    __asm__ volatile("" : : : "memory");
  }
  return result != 0;
}
C
prefix="$tmp/root/usr/m68k-linux-gnu"
LD_LIBRARY_PATH="$tmp/root/usr/lib/x86_64-linux-gnu" "$tmp/root/usr/bin/m68k-linux-gnu-gcc-12" -O1 -static -isystem "$prefix/include" -B"$prefix/lib/" -L"$prefix/lib" \
  -o "$tmp/program" "$tmp/program.c" >"$tmp/log" 2>&1 || skip "the cross compiler does not work here: $(tail -n 1 "$tmp/log")"
calls() { "$tmp/root/usr/bin/qemu-m68k-static" -strace "$tmp/program" "$@" 2>&1 | grep -c '^[0-9]* get_thread_area(' || true; }
none=$(calls 0)
seen="more calls of get_thread_area for 100 looks at errno: $(($(calls 100) - none)), at a variable of the program: $(($(calls 100 other) - none))"
stated='more calls of get_thread_area for 100 looks at errno: 100, at a variable of the program: 0'
echo 'm68k with glibc 2.36 (libc6-dev-m68k-cross 2.36-8cross1), under qemu-user-static 1:7.2+dfsg-7+deb12u18+b3'
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
