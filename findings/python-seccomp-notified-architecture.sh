#!/bin/sh
# In libseccomp's Python binding the architecture of a notified call is equal to no architecture that the binding has.
#
# One would guess: a supervisor compares `notification.syscall_arch` with Arch("x86_64"), or turns it into an Arch, or
# gives it to resolve_syscall() with the call's number to learn the name. Each is what the two values are for.
#
# What happens: both are AUDIT_ARCH_X86_64, 0xc000003e. The notification has it as 3221225534, an unsigned number, and
# Arch as -1073741762, a signed one. They differ, and neither function takes the former: Arch() says "Invalid
# architecture", resolve_syscall() "value too large".
#
# Why it matters: a supervisor that answers only calls of its own architecture answers none, or takes the branch for
# 32-bit callers each time. The number has to be brought into the signed form first.
#
# All x86 and ARM 64-bit numbers have that bit; big-endian 32-bit ones (m68k, ppc) do not. No report was found.
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
cat >"$tmp/supervise.py" <<'PYTHON'
import os
from seccomp import ALLOW, NOTIFY, Arch, NotificationResponse, SyscallFilter, resolve_syscall

def attempt(function, *values):
    try:
        result = function(*values)
        return result.decode() if isinstance(result, bytes) else result
    except Exception as error:
        return f"{type(error).__name__}: {error}"

filter = SyscallFilter(ALLOW)
filter.add_rule(NOTIFY, "getpriority")
filter.load()
if os.fork() == 0:
    try:
        os.getpriority(os.PRIO_PROCESS, 0)
    finally:
        os._exit(0)
notification = filter.receive_notify()
arch, number = notification.syscall_arch, notification.syscall
print("the notification has", arch, "and Arch has", int(Arch("x86_64")))
print("equal:", arch == Arch("x86_64") or arch == int(Arch("x86_64")))
print("Arch():", attempt(Arch, arch))
print("resolve_syscall():", attempt(resolve_syscall, arch, number))
print("resolve_syscall(), signed:", attempt(resolve_syscall, arch - 2**32, number))
filter.respond_notify(NotificationResponse(notification, 0, -1, 0))
os.wait()
PYTHON
seen=$(PYTHONHOME="$tmp/root/usr" PYTHONPATH="$tmp/root/usr/lib/python3/dist-packages" \
  LD_LIBRARY_PATH="$tmp/root/usr/lib/x86_64-linux-gnu" timeout 30 "$tmp/root/usr/bin/python3.11" -B -S "$tmp/supervise.py" 2>"$tmp/log") ||
  skip "the filter cannot be loaded here: $(tail -n 1 "$tmp/log")"
stated='the notification has 3221225534 and Arch has -1073741762
equal: False
Arch(): ValueError: Invalid architecture
resolve_syscall(): OverflowError: value too large to convert to int
resolve_syscall(), signed: getpriority'
echo "python3-seccomp and libseccomp 2.5.4-1+deb12u1, Linux $(uname -r)"
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
