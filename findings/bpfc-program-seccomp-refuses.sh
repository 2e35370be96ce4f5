#!/bin/sh
# The kernel takes XOR, but not MOD, in a seccomp filter, though both came to classic BPF together (Linux 3.7).
#
# One would guess: a program that an assembler of classic BPF accepts and that the kernel takes as a socket filter is
# also a valid seccomp filter. seccomp(2) lists what differs: the size and mode of loads. Of arithmetic it says nothing.
#
# What happens: bpfc assembles `xor #3` and `mod #3`. As socket filters both are attached. As seccomp filters the first
# is installed and the second is refused with EINVAL, which for the manual page is "not valid" and nothing more.
#
# Why it matters: `mod` is what a compact filter would use on a group of numbers. The program passes every test in a
# simulator of classic BPF and fails where it is needed.
#
# seccomp has a list of its own, in kernel/seccomp.c. No page that warns of it was found.
set -eu
skip() { echo "SKIPPED, nothing was tested: $*" >&2 && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
[ "$(uname -m)" = x86_64 ] || skip "the packages are of x86_64"
for tool in apt-get dpkg; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
set -- perl-base=5.36.0-7+deb12u3 \
  libcrypt1=1:4.4.33-2 \
  netsniff-ng=0.6.8-3
(cd "$tmp" && apt-get -qq -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= download "$@") >"$tmp/log" 2>&1 ||
  skip "apt-get does not have all of $* (it may want apt-get update first)"
for file in "$tmp"/*.deb; do dpkg -x "$file" "$tmp/root"; done
cat >"$tmp/attach.pl" <<'PERL'
alarm 20;
@instructions = map { [/(0x[0-9a-f]+|\d+)/gi] } grep { /\{/ } <STDIN>;
$program = join "", map { pack "SCCL", map { oct($_ =~ /^0x/ ? $_ : "0$_") } @$_ } @instructions;
$fprog = pack "S x6 P", scalar @instructions, $program;
socket($socket, 1, 2, 0) or exit 77;
$attached = setsockopt($socket, 1, 26, $fprog) ? "attached" : "$!";
syscall(157, 38, 1, 0, 0, 0) == 0 or exit 77;
$installed = syscall(317, 1, 0, $fprog) == 0 ? "installed" : "$!";
print "socket filter $attached, seccomp filter $installed\n";
PERL
attach() {
  printf 'ld [0]\n%s\nret #0x7fff0000\n' "$1" >"$tmp/program.asm"
  printf '%s: ' "$1"
  "$tmp/root/usr/sbin/bpfc" -i "$tmp/program.asm" >"$tmp/program"
  LC_ALL=C LD_LIBRARY_PATH="$tmp/root/lib/x86_64-linux-gnu" "$tmp/root/usr/bin/perl" "$tmp/attach.pl" <"$tmp/program"
}
seen=$(for instruction in 'and #3' 'xor #3' 'div #3' 'mod #3'; do attach "$instruction" || exit 77; done) ||
  skip "a filter cannot be attached here"
stated='and #3: socket filter attached, seccomp filter installed
xor #3: socket filter attached, seccomp filter installed
div #3: socket filter attached, seccomp filter installed
mod #3: socket filter attached, seccomp filter Invalid argument'
echo "bpfc of netsniff-ng 0.6.8-3, Linux $(uname -r)"
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
