#!/bin/sh
# On s390x mmap(2) has one argument for a filter, a pointer: protection and flags are out of its sight.
#
# One would guess: mmap's third argument is the protection, and a filter that refuses PROT_EXEC beside PROT_WRITE looks at
# args[2]. Old 32-bit x86 had a mmap that takes a pointer to the six; a 64-bit architecture has not.
#
# What happens: s390x has it as its only mmap, number 90. Called with six arguments it fails with EFAULT, as the first one
# is taken for the address of the six; called with that address it works.
#
# Why it matters: a test of args[2] reads whatever the register has, so that such a rule refuses or allows at random.
# Runtimes and service managers leave mmap alone there; a profile with a condition on it is not portable.
#
# Shown under qemu's user mode, which has the kernel's interface; the kernel has it in arch/s390/kernel/syscall.c. systemd's
# source knows, seccomp(2) does not mention it.
set -eu
skip() { echo "SKIPPED, nothing was tested: $*" >&2 && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
[ "$(uname -m)" = x86_64 ] || skip "the packages are of x86_64"
for tool in apt-get dpkg; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
set -- binutils-s390x-linux-gnu=2.40-2 \
  cpp-12-s390x-linux-gnu=12.2.0-14cross1 \
  gcc-12-s390x-linux-gnu=12.2.0-14cross1 \
  libc6-dev-s390x-cross=2.36-8cross1 \
  libgcc-12-dev-s390x-cross=12.2.0-14cross1 \
  linux-libc-dev-s390x-cross=6.1.4-1cross1 \
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
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
static void say(const char *what, long result) {
  printf("%s: %s\n", what, result != -1 ? "mapped" : errno == EFAULT ? "EFAULT" : "another error");
}
int main(void) {
  unsigned long six[] = {0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0};
  say("six arguments", syscall(SYS_mmap, six[0], six[1], six[2], six[3], six[4], six[5]));
  say("the address of six", syscall(SYS_mmap, six));
  printf("mmap is %d\n", SYS_mmap);
#ifdef SYS_mmap2
  puts("there is a mmap2");
#endif
  return 0;
}
C
prefix="$tmp/root/usr/s390x-linux-gnu"
LD_LIBRARY_PATH="$tmp/root/usr/lib/x86_64-linux-gnu" "$tmp/root/usr/bin/s390x-linux-gnu-gcc-12" -O1 -static -isystem "$prefix/include" -B"$prefix/lib/" -L"$prefix/lib" \
  -o "$tmp/program" "$tmp/program.c" >"$tmp/log" 2>&1 || skip "the cross compiler does not work here: $(tail -n 1 "$tmp/log")"
seen=$("$tmp/root/usr/bin/qemu-s390x-static" "$tmp/program")
stated='six arguments: EFAULT
the address of six: mapped
mmap is 90'
echo 's390x with the headers of Linux 6.1.4 and glibc 2.36, under qemu-user-static 1:7.2+dfsg-7+deb12u18+b3'
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
