#!/bin/sh
# One and the same Go program passes AT_FDCWD to openat(2) as two different 64-bit numbers.
#
# One would guess: AT_FDCWD is -100, and a filter sees it as one number: 0xffffff9c, or sign-extended.
#
# What happens: in runc, a Go program, the start of Go's runtime and the C library pass 0xffffff9c, and Go's packages
# pass 0xffffffffffffff9c. A filter sees all 64 bits; the kernel takes the lower 32 of an int, both are AT_FDCWD.
#
# Why it matters: a rule that compares the descriptor with one of the numbers is right for a part of the program's calls
# only. A trial with a C program does not show it. The comparison has to mask the lower 32 bits.
#
# That libraries differ is known for the C library (libseccomp issue 383: Debian 12 and 13 differ). strace shows both
# as AT_FDCWD unless it is asked for the raw numbers, as here.
set -eu
skip() { echo "SKIPPED, nothing was tested: $*" >&2 && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
[ "$(uname -m)" = x86_64 ] || skip "the packages are of x86_64"
for tool in apt-get dpkg; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
set -- runc=1.1.5+ds1-1+deb12u1 \
  libseccomp2=2.5.4-1+deb12u1 \
  strace=6.1-0.1
(cd "$tmp" && apt-get -qq -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= download "$@") >"$tmp/log" 2>&1 ||
  skip "apt-get does not have all of $* (it may want apt-get update first)"
for file in "$tmp"/*.deb; do dpkg -x "$file" "$tmp/root"; done
trace() {
  LD_LIBRARY_PATH="$tmp/root/usr/lib/x86_64-linux-gnu" "$tmp/root/usr/bin/strace" -f -qq -o "$tmp/$1" -e trace=openat -e raw=openat "$tmp/root/usr/$2" "$3" \
    >"$tmp/log" 2>&1 || skip "strace cannot trace here"
  sed -n 's/.*openat(\(0x[0-9a-f]*\), .*/\1/p' "$tmp/$1" | sort -u | paste -sd ' ' -
}
c=$(trace c bin/strace -V)
go=$(trace go sbin/runc --version)
echo 'the first argument of openat(2), raw, in strace 6.1-0.1 (C) and runc 1.1.5+ds1-1+deb12u1 (Go 1.19.8)'
seen="C: $c
Go: $go"
echo "$seen"
stated='C: 0xffffff9c
Go: 0xffffff9c 0xffffffffffffff9c'
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
