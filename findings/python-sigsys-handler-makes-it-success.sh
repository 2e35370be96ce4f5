#!/bin/sh
# A Python program that handles SIGSYS sees each call that its filter traps succeed, with the call's own number as result.
#
# One would guess: a handler of SIGSYS learns which call was stopped, and the call then fails, or its function raises.
#
# What happens: getppid() returns 110, getsid() 124, and os.setgid(0), which returns nothing, raises nothing. Python notes the
# signal and goes on; the handler runs after the function has come back. A trapped call is not made, and leaves its own
# number where the result belongs; no number is an error. The handler does not learn the call: it gets signal and frame.
#
# Why it matters: a handler is there to log, or to end the program in order. With it a refused setgid(2) is taken for
# done, where without it the program would have ended. os.kill(os.getppid()) goes to process 110.
#
# The kernel's documentation (seccomp_filter.rst) says that the handler has to set the result. Python's of signal warns of
# handlers of synchronous errors such as SIGSEGV, and does not speak of SIGSYS.
set -eu
skip() { echo "SKIPPED, nothing was tested: $*" >&2 && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
[ "$(uname -m)" = x86_64 ] || skip "the packages are of x86_64"
for tool in apt-get dpkg; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
set -- python3.11-minimal=3.11.2-6+deb12u8 \
  libpython3.11-minimal=3.11.2-6+deb12u8 \
  libpython3.11-stdlib=3.11.2-6+deb12u8 \
  python3-seccomp=2.5.4-1+deb12u1 \
  libseccomp2=2.5.4-1+deb12u1
(cd "$tmp" && apt-get -qq -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= download "$@") >"$tmp/log" 2>&1 ||
  skip "apt-get does not have all of $* (it may want apt-get update first)"
for file in "$tmp"/*.deb; do dpkg -x "$file" "$tmp/root"; done
cat >"$tmp/handled.py" <<'PYTHON'
import os, signal
from seccomp import ALLOW, TRAP, SyscallFilter

before = os.getppid()
handled = []
signal.signal(signal.SIGSYS, lambda number, frame: handled.append(signal.Signals(number).name))
filter = SyscallFilter(ALLOW)
for name in ("getppid", "getsid", "setgid"):
    filter.add_rule(TRAP, name)
filter.load()
print("getppid:", os.getppid(), "is the parent:", os.getppid() == before)
print("getsid:", os.getsid(0))
print("setgid:", os.setgid(0))
print("then handled:", *handled)
PYTHON
python() {
  PYTHONHOME="$tmp/root/usr" PYTHONPATH="$tmp/root/usr/lib/python3/dist-packages" \
    LD_LIBRARY_PATH="$tmp/root/usr/lib/x86_64-linux-gnu" timeout 30 "$tmp/root/usr/bin/python3.11" -B -S "$1" 2>"$tmp/log"
}
seen=$(python "$tmp/handled.py") || skip "the filter cannot be loaded here: $(tail -n 1 "$tmp/log")"
stated='getppid: 110 is the parent: False
getsid: 124
setgid: None
then handled: SIGSYS SIGSYS SIGSYS SIGSYS'
echo "python3.11 3.11.2-6+deb12u8 with python3-seccomp 2.5.4-1+deb12u1, Linux $(uname -r)"
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
