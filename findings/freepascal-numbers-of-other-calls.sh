#!/bin/sh
# Free Pascal's tables name some calls by the numbers of others: PowerPC's fallocate is signalfd, m68k's chown is lchown.
#
# One would guess: the numbers of system calls in a compiler's run-time library are the kernel's, at least for calls that
# the library itself makes.
#
# What happens: in the table for 32-bit PowerPC six names have another call's number, among them fallocate (305, signalfd),
# eventfd (308, sync_file_range2) and pselect6 (289, fchownat). In that for m68k chown and lchown have each other's, as they
# stand on i386; m68k has them the other way round. FpChown of the unit BaseUnix is made with it.
#
# Why it matters: a profile is made of what a program is seen to call, and its source says something else. On m68k FpChown
# changes the link, not the file that it points to.
#
# The tables are compared with the headers of the kernel. x86_64's and arm's have no such difference.
set -eu
skip() { echo "SKIPPED, nothing was tested: $*" >&2 && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
[ "$(uname -m)" = x86_64 ] || skip "the packages are of x86_64"
for tool in apt-get dpkg gcc; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
set -- fpc-source-3.2.2=3.2.2+dfsg-20 \
  linux-libc-dev-powerpc-cross=6.1.4-1cross1 \
  linux-libc-dev-m68k-cross=6.1.4-1cross1 \
  linux-libc-dev-armel-cross=6.1.4-1cross1
(cd "$tmp" && apt-get -qq -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= download "$@") >"$tmp/log" 2>&1 ||
  skip "apt-get does not have all of $* (it may want apt-get update first)"
for file in "$tmp"/*.deb; do dpkg -x "$file" "$tmp/root"; done
export LC_ALL=C
table() { sed -n 's/^ *syscall_nr_\([a-z0-9_]*\) *= *\(syscall_nr_base *+ *\)\{0,1\}\([0-9]*\) *;.*/\1 \3/p' "$tmp/root/usr/share/fpcsrc/3.2.2/rtl/linux/$1/sysnr.inc" | sort -u; }
header() {
  # The numbers of arm are a sum of a base, which is 0.
  echo '#include <asm/unistd.h>' | gcc -E -dM -nostdinc -isystem "$tmp/root/usr/$1/include" - |
    sed -n -e 's/^#define __NR_\([a-z0-9_]*\) (__NR_SYSCALL_BASE + *\([0-9]*\))$/\1 \2/p' -e 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$/\1 \2/p' | sort
}
# Names whose number is, for the kernel, that of a call with another name.
compare() {
  table "$1" >"$tmp/table" && header "$2" >"$tmp/header"
  join "$tmp/table" "$tmp/header" | awk -v file="$tmp/header" 'BEGIN { while ((getline line <file) > 0) { split(line, part, " "); name[part[2]] = part[1] } }
    $2 != $3 && $2 in name { printf "%s%s is %s", separator, $1, name[$2]; separator = ", " } END { if (!separator) printf "none" }'
}
seen="powerpc: $(compare powerpc powerpc-linux-gnu)
m68k: $(compare m68k m68k-linux-gnu)
arm: $(compare arm arm-linux-gnueabi)"
stated='powerpc: eventfd is sync_file_range2, fallocate is signalfd, pselect6 is fchownat, signalfd is timerfd_create, spu_create is spu_run, sync_file_range2 is fallocate
m68k: chown is lchown, chown32 is lchown32, lchown is chown, lchown32 is chown32, llistxattr is getdents64
arm: none'
echo 'fpc-source-3.2.2 3.2.2+dfsg-20, the headers of Linux 6.1.4'
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
