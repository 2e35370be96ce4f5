#!/bin/sh
# The ioctl that sets the flags of a seccomp listener takes the number itself, where its definition says a pointer.
#
# One would guess: SECCOMP_IOCTL_NOTIF_SET_FLAGS is _IOW('!', 4, __u64), so the third argument is the address of a
# 64-bit value. That holds for its neighbours RECV, SEND, ID_VALID (also a __u64) and ADDFD.
#
# What happens: with the address of a 1, EINVAL, as for an unknown flag; with the number 1, which is
# SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP, it succeeds.
#
# Why it matters: a supervisor that passes a pointer takes EINVAL for "this kernel does not have it". It runs without
# the faster hand-over that the flag is for, and nothing shows the mistake.
#
# Linux 6.6 brought it. The seccomp_unotify(2) that distributions ship does not mention it, a proposed change to it does
# say "unsigned long flags". Public code of supervisors has both forms.
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
cat >"$tmp/flags.pl" <<'PERL'
alarm 20;
$program = join "", map { pack "SCCL", @$_ } ([0x20, 0, 0, 0], [0x15, 0, 1, 110], [6, 0, 0, 0x7fc00000], [6, 0, 0, 0x7fff0000]);
$fprog = pack "S x6 P", 4, $program;
exit 77 if syscall(157, 38, 1, 0, 0, 0) != 0;
$listener = syscall(317, 1, 8, $fprog);
exit 77 if $listener < 0;
$address = pack "Q", 1;
$request = 0x40082104;
for (["address of 1", $address], ["number 1", 1], ["number 2", 2]) {
  $! = 0;
  $result = syscall(16, $listener, $request, $_->[1]);
  print "$_->[0]: ", ($result == 0 ? "success" : $!), "\n";
}
PERL
case $(uname -r) in
  [1-5].* | 6.[0-5] | 6.[0-5].*) skip "Linux $(uname -r) is older than 6.6" ;;
esac
seen=$(LC_ALL=C LD_LIBRARY_PATH="$tmp/root/lib/x86_64-linux-gnu" "$tmp/root/usr/bin/perl" "$tmp/flags.pl") ||
  skip "a filter with a listener cannot be installed here (is there one already?)"
stated='address of 1: Invalid argument
number 1: success
number 2: Invalid argument'
echo "Linux $(uname -r), SECCOMP_IOCTL_NOTIF_SET_FLAGS"
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
