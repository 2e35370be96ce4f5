#!/bin/sh
# Of two libseccomp rules for one call that both match, the one on the later argument decides, not the one added first.
#
# One would guess: the rule that was added first decides (as in iptables, minijail and kafel), or the last one. Or the
# stricter of the two actions does, as between the kernel's filters.
#
# What happens: two rules for lseek, errno 1 if the descriptor is 9 and errno 13 if whence is 2, no error from either.
# lseek(9, 0, 2) fails with errno 13: the third argument is compared before the first. The order of adding is of no
# account.
#
# Why it matters: a list of rules that reads like "refuse this descriptor, except ..." means something else, and two
# profiles whose rules stand in the opposite order are the same filter. seccomp_rule_add(3) speaks of a union only.
#
# Users asked what several rules for one call mean (libseccomp issue 118); this order is written down nowhere we found.
set -eu
skip() { echo "SKIPPED, nothing was tested: $*" >&2 && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
[ "$(uname -m)" = x86_64 ] || skip "the packages are of x86_64"
for tool in apt-get dpkg; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
set -- python3.11-minimal=3.11.2-6+deb12u8 \
  libpython3.11-minimal=3.11.2-6+deb12u8 \
  python3-seccomp=2.5.4-1+deb12u1 \
  libseccomp2=2.5.4-1+deb12u1
(cd "$tmp" && apt-get -qq -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= download "$@") >"$tmp/log" 2>&1 ||
  skip "apt-get does not have all of $* (it may want apt-get update first)"
for file in "$tmp"/*.deb; do dpkg -x "$file" "$tmp/root"; done
cat >"$tmp/filter.py" <<'PYTHON'
import os
import seccomp
os.dup2(os.open("/dev/zero", os.O_RDONLY), 9)
first = lambda filter: filter.add_rule(seccomp.ERRNO(1), "lseek", seccomp.Arg(0, seccomp.EQ, 9))
third = lambda filter: filter.add_rule(seccomp.ERRNO(13), "lseek", seccomp.Arg(2, seccomp.EQ, 2))
for name, rules in (("descriptor, then whence:", (first, third)), ("whence, then descriptor:", (third, first))):
    if os.fork() == 0:
        filter = seccomp.SyscallFilter(seccomp.ALLOW)
        for rule in rules:
            rule(filter)
        filter.load()
        try:
            os.lseek(9, 0, 2)
            print(name, "no error", flush=True)
        except OSError as error:
            print(name, error.errno, flush=True)
        os._exit(0)
    os.wait()
PYTHON
seen=$(cd "$tmp" && PYTHONHOME="$tmp/root/usr" PYTHONPATH="$tmp/root/usr/lib/python3/dist-packages" \
  LD_LIBRARY_PATH="$tmp/root/usr/lib/x86_64-linux-gnu" root/usr/bin/python3.11 -B -S filter.py)
stated='descriptor, then whence: 13
whence, then descriptor: 13'
echo 'libseccomp and python3-seccomp 2.5.4-1+deb12u1, rules in the order they were added: errno of lseek(9, 0, 2)'
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
