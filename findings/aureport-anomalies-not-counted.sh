#!/bin/sh
# aureport's summary counts no anomaly where its anomaly report lists every SECCOMP record of the same log.
#
# One would guess: what `aureport --anomaly` lists is what "Number of anomaly events" counts. And an event is among the
# failed ones or among the successful ones.
#
# What happens: four records, of calls that were killed, refused, trapped and only logged. The anomaly report has all four, and
# its own summary (--anomaly --summary) counts four; the general summary says 0. With --failed and with --success there is none:
# the record has no field that says it. `aureport -s` lists the refused calls among all others.
#
# Why it matters: the summary is what a daily report by mail has. A filter that ends a service each minute leaves it at zero.
#
# The manual page says: "The default is both success and failed events", and of anomalies that programs segfaulting are some. No report found.
set -eu
skip() { echo "SKIPPED, nothing was tested: $*" >&2 && exit 77; }
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
record() {
  printf 'type=SECCOMP msg=audit(1700000000.000:%s): auid=0 uid=0 gid=0 ses=1 pid=9 comm="a" exe="/a" sig=%s arch=c000003e syscall=%s compat=0 ip=0x1000 code=0x%s\n' "$@"
}
{
  record 1 31 59 80000000
  record 2 0 62 50001
  record 3 31 62 30000
  record 4 0 62 7ffc0000
} >"$tmp/audit.log"
report() { LD_LIBRARY_PATH="$tmp/root/lib/x86_64-linux-gnu" "$tmp/root/sbin/aureport" -if "$tmp/audit.log" "$@" 2>"$tmp/log"; }
listed() { report "$@" | grep -c '^[0-9]*\. ' || true; }
seen="in the summary: $(report | sed -n 's/^Number of anomaly events: //p')
in the report of anomalies: $(listed --anomaly)
in its summary: $(report --anomaly --summary -i | awk '$2 == "SECCOMP" { print $1 }')
of them failed: $(listed --anomaly --failed), successful: $(listed --anomaly --success)
events: $(listed --event), failed: $(listed --event --failed), successful: $(listed --event --success)"
stated='in the summary: 0
in the report of anomalies: 4
in its summary: 4
of them failed: 0, successful: 0
events: 4, failed: 0, successful: 0'
echo 'aureport of auditd 1:3.0.9-1'
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
