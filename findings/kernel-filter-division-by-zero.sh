#!/bin/sh
# A seccomp filter that divides by a zero in X does not go on: it kills the thread that made the call.
#
# One would guess: the kernel refuses a program that may divide by zero, as it does for a constant 0 (EINVAL). Or the
# quotient is some number and the program goes on to its RET, as in eBPF, where it is 0.
#
# What happens: `A / X` with X 0 ends the program there and then with the value 0, as it always did for packets ("drop").
# In seccomp 0 is KILL_THREAD. No instruction of the filter says so: both RETs of it are errno 1 and ALLOW.
#
# Why it matters: whoever reads, checks or simulates a filter by its RET instructions does not see this way out. The
# process ends with SIGSYS, a core or an audit record at most, at a call that the filter seems to refuse with EPERM.
#
# seccomp(2) does not mention it; no report of it about seccomp was found.
set -eu
skip() { echo "SKIPPED, nothing was tested: $*" >&2 && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
[ "$(uname -m)" = x86_64 ] || skip "the packages are of x86_64"
for tool in apt-get dpkg timeout; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
set -- perl-base=5.36.0-7+deb12u3 \
  libcrypt1=1:4.4.33-2
(cd "$tmp" && apt-get -qq -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= download "$@") >"$tmp/log" 2>&1 ||
  skip "apt-get does not have all of $* (it may want apt-get update first)"
for file in "$tmp"/*.deb; do dpkg -x "$file" "$tmp/root"; done
cat >"$tmp/divide.pl" <<'PERL'
alarm 20;
sub install {
  my $program = join "", map { pack "SCCL", @$_ } @_;
  my $fprog = pack "S x6 P", scalar @_, $program;
  return syscall(317, 1, 0, $fprog);
}
exit 77 if syscall(157, 38, 1, 0, 0, 0) != 0;
print "A / 0, constant: ", (install([0x20, 0, 0, 0], [0x34, 0, 0, 0], [6, 0, 0, 0x7fff0000]) == 0 ? "installed" : $!), "\n";
for (["A + X", 0x0c], ["A / X", 0x3c]) {
  my ($name, $code) = @$_;
  my $child = fork;
  if ($child == 0) {
    syscall(157, 4, 0, 0, 0, 0);
    install([0x20, 0, 0, 0], [0x15, 0, 3, 110], [1, 0, 0, 0], [$code, 0, 0, 0], [6, 0, 0, 0x50001], [6, 0, 0, 0x7fff0000]) == 0 or exit 77;
    my $result = syscall(110);
    exit($result == -1 ? $! + 0 : 0);
  }
  waitpid $child, 0;
  exit 77 if $? >> 8 == 77;
  print "$name, X = 0: ", ($? & 127 ? "signal " . ($? & 127) : "errno " . ($? >> 8)), "\n";
}
PERL
seen=$(LC_ALL=C LD_LIBRARY_PATH="$tmp/root/lib/x86_64-linux-gnu" timeout 60 "$tmp/root/usr/bin/perl" "$tmp/divide.pl") ||
  skip "a filter cannot be installed here"
stated='A / 0, constant: Invalid argument
A + X, X = 0: errno 1
A / X, X = 0: signal 31'
echo "Linux $(uname -r), x86_64: getppid under a filter that refuses it with errno 1, after an instruction"
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
