#!/bin/sh
# scmp_sys_resolver, libseccomp's tool, takes a system call's number in decimal only, and does not refuse hexadecimal.
#
# One would guess: a number that starts with 0x is read as hexadecimal, as C, the kernel's headers and most tools do.
# Where it is not, the tool should refuse it: its manual page promises an errno value as exit status on failure.
#
# What happens: a digit first makes it a number, and the rest is read as decimal up to the first other character.
# So 0x3b (execve, 59) is answered with the name of number 0: "read", with exit status 0. A leading 0 is decimal too.
#
# Why it matters: numbers often come in hexadecimal, from a disassembled filter (jeq #0x3b) or from a debugger's
# register. Every one of them resolves to "read", which every profile may allow: a harmless answer, and a wrong one.
#
# Nothing about it is in the manual page; no report of it was found.
set -eu
skip() { echo "SKIPPED, nothing was tested: $*" >&2 && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
[ "$(uname -m)" = x86_64 ] || skip "the packages are of x86_64"
for tool in apt-get dpkg; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
set -- seccomp=2.5.4-1+deb12u1 \
  libseccomp2=2.5.4-1+deb12u1
(cd "$tmp" && apt-get -qq -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= download "$@") >"$tmp/log" 2>&1 ||
  skip "apt-get does not have all of $* (it may want apt-get update first)"
for file in "$tmp"/*.deb; do dpkg -x "$file" "$tmp/root"; done
ask() {
  status=0
  answer=$(LD_LIBRARY_PATH="$tmp/root/usr/lib/x86_64-linux-gnu" "$tmp/root/usr/bin/scmp_sys_resolver" -a x86_64 "$1") || status=$?
  printf '%s=%s/%s ' "$1" "$answer" "$status"
}
seen=$(for number in 59 0x3b 0x101 0x3B 059; do ask "$number"; done)
stated='59=execve/0 0x3b=read/0 0x101=read/0 0x3B=read/0 059=execve/0 '
echo "scmp_sys_resolver of libseccomp 2.5.4-1+deb12u1, number=answer/exit status: $seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
