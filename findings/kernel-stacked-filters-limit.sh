#!/bin/sh
# How many seccomp filters a thread can stack is not what seccomp(2) lets one compute from the length of the programs.
#
# One would guess, with the manual page (ENOMEM): the programs' instructions, and 4 more for each filter, may be 32768
# in all. A filter of one instruction then fits 6554 times, one of four instructions 4096 times.
#
# What happens: the kernel counts its own translation of each program into the instructions of eBPF. The translation
# starts with an entry of its own, and makes two instructions of some of ours. The numbers are 3641 and 2520.
#
# Why it matters: the limit is for the life of the thread and everything it starts, and each layer (runtime, service
# manager, browser, sandbox in a sandbox) adds to it. Who checks it before loading must know what the kernel counts.
#
# The figures are of Linux 6.18; the translation may change in any version. Reading kernel/seccomp.c explains them;
# no description of it was found.
set -eu
skip() { echo "SKIPPED, nothing was tested: $*" >&2 && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
[ "$(uname -m)" = x86_64 ] || skip "the packages are of x86_64"
for tool in apt-get dpkg; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
set -- perl-base=5.36.0-7+deb12u3 \
  libcrypt1=1:4.4.33-2
(cd "$tmp" && apt-get -qq -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= download "$@") >"$tmp/log" 2>&1 ||
  skip "apt-get does not have all of $* (it may want apt-get update first)"
for file in "$tmp"/*.deb; do dpkg -x "$file" "$tmp/root"; done
cat >"$tmp/stack.pl" <<'PERL'
alarm 100;
$SIG{ALRM} = "DEFAULT";
@instructions = @ARGV == 1 ? ([6, 0, 0, 0x7fff0000]) : ([0x20, 0, 0, 0], [0x15, 0, 1, 110], [6, 0, 0, 0x50001], [6, 0, 0, 0x7fff0000]);
$program = join "", map { pack "SCCL", @$_ } @instructions;
$fprog = pack "S x6 P", scalar @instructions, $program;
syscall(157, 38, 1, 0, 0, 0) == 0 or exit 77;
$count = 0;
while (syscall(317, 1, 0, $fprog) == 0) { $count++ }
exit 77 if $count == 0;
print scalar(@instructions), " instruction(s): $count filters, then: $!\n";
PERL
perl() { LC_ALL=C LD_LIBRARY_PATH="$tmp/root/lib/x86_64-linux-gnu" "$tmp/root/usr/bin/perl" "$@"; }
one=$(perl "$tmp/stack.pl" 1) || skip "a filter cannot be installed here"
four=$(perl "$tmp/stack.pl" 4 4) || skip "a filter cannot be installed here"
seen="$one
$four"
stated='1 instruction(s): 3641 filters, then: Cannot allocate memory
4 instruction(s): 2520 filters, then: Cannot allocate memory'
echo "Linux $(uname -r), x86_64"
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
