#!/bin/sh
# Firejail's printer of seccomp filters shows the third argument as args[10], and half of the first one as args[4].
#
# One would guess: "data.args[N]" in its listing is argument N of the call, as in the kernel's struct seccomp_data.
#
# What happens: N is the distance in bytes, in hexadecimal and without a 0x, from the start of the arguments. So
# args[0] is right, args[8] is the second argument, args[10] the third; args[4] is the upper half of the first.
# The numbers of 32-bit calls are such hexadecimal too: "jeq 5a" and "jeq c0" are the old mmap and mmap2.
#
# Why it matters: `firejail --seccomp.print` exists to read what a sandbox refuses. There is no call with eleven
# arguments, but args[4] looks like a fifth one, and nothing says that a pair of lines is one 64-bit comparison.
#
# Shown on two of the filters that the package ships. The manual page prints such a listing and explains no column;
# no report of it was found.
set -eu
skip() { echo "SKIPPED, nothing was tested: $*" >&2 && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
[ "$(uname -m)" = x86_64 ] || skip "the packages are of x86_64"
for tool in apt-get dpkg; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
set -- firejail=0.9.72-2
(cd "$tmp" && apt-get -qq -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= download "$@") >"$tmp/log" 2>&1 ||
  skip "apt-get does not have all of $* (it may want apt-get update first)"
for file in "$tmp"/*.deb; do dpkg -x "$file" "$tmp/root"; done
ship="$tmp/root/usr/lib/x86_64-linux-gnu/firejail"
echo 'fsec-print of firejail 0.9.72-2, the lines about arguments of two filters that it ships:'
seen=$(for filter in seccomp.block_secondary seccomp.mdwx.32; do
  echo "$filter"
  "$ship/fsec-print" "$ship/$filter" | grep -A 1 'data.args\|jeq 5a \|jeq c0 ' | grep -v '^--' | head -n 8
done)
echo "$seen"
loads=$(echo "$seen" | sed -n 's/.* 20 00 00 000000\([0-9a-f]*\) *ld *\(data.args[^ ]*\)$/\1 \2/p' | sort -u)
stated='10 data.args[0]
14 data.args[4]
20 data.args[10]'
echo "offset in struct seccomp_data (arguments start at 10), as shown:
$loads"
[ "$loads" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
[ "$(echo "$seen" | grep -c 'jeq 5a \|jeq c0 ')" = 2 ] || { echo 'CHANGED: the numbers of 32-bit calls' && exit 1; }
echo 'as stated'
