#!/bin/sh
# ausearch -i prints one word for the two kills of seccomp: whether the thread died or the whole process is lost.
#
# One would guess: kill_process and kill_thread, the kernel's names (they stand so in
# /proc/sys/kernel/seccomp/actions_avail), as -i gives "log" and "trap" by the same names as the kernel.
#
# What happens: code=0x80000000 (the process) and code=0x0 (the thread) are both "kill". The signal does not tell them
# apart: both records have sig=31, SIGSYS.
#
# Why it matters: a process that ends is restarted; one that goes on without one of its threads hangs in a lock sooner
# or later, and that is the one to look for. Only the record without -i tells which of them it was.
#
# The manual page says that -i turns numbers into text; that two become one is said nowhere we found.
set -eu
skip() { echo "SKIPPED, nothing was tested: $*" && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
[ "$(uname -m)" = x86_64 ] || skip "the packages are of x86_64"
for tool in apt-get dpkg; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
set -- auditd=1:3.0.9-1 \
  libaudit1=1:3.0.9-1 \
  libauparse0=1:3.0.9-1 \
  libcap-ng0=0.8.3-1+b3
(cd "$tmp" && apt-get -qq -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= download "$@") >"$tmp/log" 2>&1 ||
  skip "apt-get does not have all of $* (it may want apt-get update first)"
for file in "$tmp"/*.deb; do dpkg -x "$file" "$tmp/root"; done
codes='0x80000000 0x0 0x30000 0x50000 0x7fc00000 0x7ff00000 0x7ffc0000'
event=0
for code in $codes; do
  event=$((event + 1))
  echo "type=SECCOMP msg=audit(1700000000.000:$event): auid=0 uid=0 gid=0 ses=1 pid=9 comm=\"a\" exe=\"/a\" sig=31 arch=c000003e syscall=59 compat=0 ip=0x1000 code=$code"
done >"$tmp/audit.log"
LD_LIBRARY_PATH="$tmp/root/lib/x86_64-linux-gnu" "$tmp/root/sbin/ausearch" -i -if "$tmp/audit.log" 2>"$tmp/log" |
  sed -n 's/.* code=\([^ ]*\) *$/\1/p' >"$tmp/names"
seen=$(for code in $codes; do echo "$code"; done | paste -d ' ' - "$tmp/names")
stated='0x80000000 kill
0x0 kill
0x30000 trap
0x50000 errno
0x7fc00000 user-notify
0x7ff00000 trace
0x7ffc0000 log'
echo 'ausearch -i of auditd 1:3.0.9-1: code in the record, code shown'
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
