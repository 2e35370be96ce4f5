#!/bin/sh
# Under qemu's user mode /proc/self/status says that the kernel has seccomp, and no call of seccomp works.
#
# One would guess: /proc/PID/status has the lines Seccomp and Seccomp_filters when, and only when, seccomp can be used
# (proc(5): with CONFIG_SECCOMP). Or an emulator that lacks seccomp takes the lines out.
#
# What happens: no_new_privs is set and can be read back, and the status has NoNewPrivs 1, Seccomp 0, Seccomp_filters 0.
# But prctl(PR_GET_SECCOMP) is EINVAL and seccomp(2) is ENOSYS, both as if the kernel were built without it.
#
# Why it matters: images of other architectures are built and tested in this mode. A program that looks at the status
# to decide whether to require its filter fails to start; one that goes by the calls runs without a filter.
#
# That qemu lacks seccomp is known (its source: so that a guest cannot forbid qemu's own calls). The status is the
# host's file, passed through. An x86_64 program is run here, so that no other package is needed.
set -eu
skip() { echo "SKIPPED, nothing was tested: $*" >&2 && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
[ "$(uname -m)" = x86_64 ] || skip "the packages are of x86_64"
for tool in apt-get dpkg; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
set -- perl-base=5.36.0-7+deb12u3 \
  libcrypt1=1:4.4.33-2 \
  qemu-user-static=1:7.2+dfsg-7+deb12u18+b3
(cd "$tmp" && apt-get -qq -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= download "$@") >"$tmp/log" 2>&1 ||
  skip "apt-get does not have all of $* (it may want apt-get update first)"
for file in "$tmp"/*.deb; do dpkg -x "$file" "$tmp/root"; done
cat >"$tmp/probe.pl" <<'PERL'
alarm 30;
sub say_it { my ($name, $result) = @_; print "$name: ", ($result == -1 ? $! : $result), "\n" }
say_it("PR_SET_NO_NEW_PRIVS", syscall(157, 38, 1, 0, 0, 0));
say_it("PR_GET_NO_NEW_PRIVS", syscall(157, 39, 0, 0, 0, 0));
say_it("PR_GET_SECCOMP", syscall(157, 21, 0, 0, 0, 0));
$action = pack "L", 0x7fff0000;
say_it("SECCOMP_GET_ACTION_AVAIL", syscall(317, 2, 0, $action));
open STATUS, "<", "/proc/self/status";
print grep { s/:\t/ in the status: /; /^(NoNewPrivs|Seccomp)/ } <STATUS>;
PERL
export LC_ALL=C
export LD_LIBRARY_PATH="$tmp/root/lib/x86_64-linux-gnu"
perl="$tmp/root/usr/bin/perl"
"$perl" "$tmp/probe.pl" | grep -q 'ACTION_AVAIL: 0' || skip "this kernel has no seccomp(2)"
seen=$("$tmp/root/usr/bin/qemu-x86_64-static" "$perl" "$tmp/probe.pl")
stated='PR_SET_NO_NEW_PRIVS: 0
PR_GET_NO_NEW_PRIVS: 1
PR_GET_SECCOMP: Invalid argument
SECCOMP_GET_ACTION_AVAIL: Function not implemented
NoNewPrivs in the status: 1
Seccomp in the status: 0
Seccomp_filters in the status: 0'
echo "qemu-x86_64 of qemu-user-static 1:7.2+dfsg-7+deb12u18+b3, Linux $(uname -r)"
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
