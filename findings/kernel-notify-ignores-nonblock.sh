#!/bin/sh
# O_NONBLOCK can be set on a seccomp listener, and receiving from it blocks all the same.
#
# One would guess: with O_NONBLOCK (fcntl takes it, F_GETFL shows it) SECCOMP_IOCTL_NOTIF_RECV fails with EAGAIN when
# there is nothing to receive. A read does so on every descriptor that poll(2) can wait for, as it can for this one.
#
# What happens: poll says that there is nothing, and RECV waits until a signal ends it (EINTR, after the alarm here).
#
# Why it matters: one call wakes every thread that polls the listener; the first receives it, the others stand still in
# RECV, and so does all else that they serve. A probe that expects EAGAIN never returns.
#
# crun sets O_NONBLOCK on it on purpose (its issue 526 and pull request 527), others rely on EAGAIN. seccomp_unotify(2)
# says that RECV blocks and that the listener can be polled; O_NONBLOCK is not mentioned.
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
cat >"$tmp/receive.pl" <<'PERL'
$program = join "", map { pack "SCCL", @$_ } ([0x20, 0, 0, 0], [0x15, 0, 1, 110], [6, 0, 0, 0x7fc00000], [6, 0, 0, 0x7fff0000]);
$fprog = pack "S x6 P", 4, $program;
exit 77 if syscall(157, 38, 1, 0, 0, 0) != 0;
$listener = syscall(317, 1, 8, $fprog);
exit 77 if $listener < 0;
open LISTENER, "+<&=", $listener or exit 77;
fcntl(LISTENER, 4, fcntl(LISTENER, 3, 0) | 04000) or exit 77;
print "O_NONBLOCK: ", (fcntl(LISTENER, 3, 0) & 04000 ? "set" : "not set"), "\n";
$poll = pack "iss", $listener, 1, 0;
print "poll, readable: ", syscall(7, $poll, 1, 0), "\n";
$SIG{ALRM} = sub { $rang = 1 };
$notification = "\0" x 80;
alarm 2;
$result = syscall(16, $listener, 0xc0502100, $notification);
print "RECV: $!, ", ($rang ? "after the alarm" : "at once"), "\n";
PERL
seen=$(LC_ALL=C LD_LIBRARY_PATH="$tmp/root/lib/x86_64-linux-gnu" timeout 60 "$tmp/root/usr/bin/perl" "$tmp/receive.pl") ||
  skip "a filter with a listener cannot be installed here (is there one already?)"
stated='O_NONBLOCK: set
poll, readable: 0
RECV: Interrupted system call, after the alarm'
echo "Linux $(uname -r), SECCOMP_IOCTL_NOTIF_RECV"
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
