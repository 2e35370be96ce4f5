#!/bin/sh
# Under Valgrind seccomp(2) does not exist, and prctl(2) installs the filter, on Valgrind itself too.
#
# One would guess: the two ways to install a filter do the same, so under Valgrind both work or neither does. Valgrind
# runs the program on a machine of its own, so a filter would be emulated or refused.
#
# What happens: Valgrind does not know system call 317 and answers ENOSYS for it. prctl(PR_SET_SECCOMP) it passes on to
# the kernel. The filter is then on the real process, as /proc/self/status says: Valgrind's own calls go through it.
#
# Why it matters: programs are tested under Valgrind in CI. A library that falls back from seccomp(2) to prctl(2), as
# libseccomp does, loads its filter there by the other path, without the flags of seccomp(2). Its allow-list then
# has to hold what Valgrind calls too. A program that calls seccomp(2) alone is tested without its filter.
set -eu
skip() { echo "SKIPPED, nothing was tested: $*" >&2 && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
[ "$(uname -m)" = x86_64 ] || skip "the packages are of x86_64"
for tool in apt-get dpkg; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
set -- libcrypt1=1:4.4.33-2 \
  perl-base=5.36.0-7+deb12u3 \
  valgrind=1:3.19.0-1
(cd "$tmp" && apt-get -qq -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= download "$@") >"$tmp/log" 2>&1 ||
  skip "apt-get does not have all of $* (it may want apt-get update first)"
for file in "$tmp"/*.deb; do dpkg -x "$file" "$tmp/root"; done
# struct sock_filter: RET ALLOW; struct sock_fprog: its length and address.
cat >"$tmp/probe.pl" <<'PERL'
$| = 1;
sub say_it { my ($name, $result) = @_; print "$name: ", ($result == -1 ? $! : $result), "\n" }
$filter = pack "S C C L", 6, 0, 0, 0x7fff0000;
$fprog = pack "S x6 P", 1, $filter;
say_it("PR_SET_NO_NEW_PRIVS", syscall(157, 38, 1, 0, 0, 0));
say_it("seccomp(SECCOMP_SET_MODE_FILTER)", syscall(317, 1, 0, $fprog));
say_it("prctl(PR_SET_SECCOMP)", syscall(157, 22, 2, $fprog, 0, 0));
open STATUS, "<", "/proc/self/status";
print grep { s/:\t/ in the status: /; /^Seccomp/ } <STATUS>;
PERL
export LC_ALL=C
export LD_LIBRARY_PATH="$tmp/root/lib/x86_64-linux-gnu"
export VALGRIND_LIB="$tmp/root/usr/libexec/valgrind"
perl="$tmp/root/usr/bin/perl"
"$perl" "$tmp/probe.pl" | grep -q 'Seccomp_filters in the status: 2' || skip "this kernel does not take both filters"
"$tmp/root/usr/bin/valgrind.bin" -q true 2>/dev/null || skip "Valgrind does not run here"
seen=$("$tmp/root/usr/bin/valgrind.bin" -q --log-file="$tmp/valgrind" "$perl" "$tmp/probe.pl")
stated='PR_SET_NO_NEW_PRIVS: 0
seccomp(SECCOMP_SET_MODE_FILTER): Function not implemented
prctl(PR_SET_SECCOMP): 0
Seccomp in the status: 2
Seccomp_filters in the status: 1'
echo "valgrind 1:3.19.0-1, Linux $(uname -r)"
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
