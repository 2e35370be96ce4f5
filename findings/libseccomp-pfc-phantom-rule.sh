#!/bin/sh
# libseccomp's readable export (PFC) shows a rule that its BPF export does not have.
#
# One would guess: a rule for a system call that an architecture lacks is refused, or left out everywhere. The manual
# pages say so: seccomp_rule_add(3) calls it an error, seccomp_export_bpf(3) guarantees that the two formats agree.
#
# What happens: arm (EABI) has no time(2). "time is refused" is accepted without an error. The PFC shows the rule, for a
# system call of number 4294957188 (libseccomp's internal -10108). The BPF program has no instruction for it.
#
# Why it matters: the PFC is what people read in a review, and what tests are compared with. It lists a refusal that
# is nowhere in the filter, and that odd number is the only sign of it.
#
# The same happens on x86_64 for the calls that only other architectures have, such as socketcall. No report was found.
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
import seccomp
filter = seccomp.SyscallFilter(seccomp.ALLOW)
filter.remove_arch(seccomp.Arch())
filter.add_arch(seccomp.Arch("arm"))
filter.add_rule(seccomp.ERRNO(1), "time")
with open("pfc", "wb") as file:
    filter.export_pfc(file)
with open("bpf", "wb") as file:
    filter.export_bpf(file)
PYTHON
(cd "$tmp" && PYTHONHOME="$tmp/root/usr" PYTHONPATH="$tmp/root/usr/lib/python3/dist-packages" \
  LD_LIBRARY_PATH="$tmp/root/usr/lib/x86_64-linux-gnu" root/usr/bin/python3.11 -B -S filter.py)
echo 'libseccomp and python3-seccomp 2.5.4-1+deb12u1, architecture arm, errno 1 for time(2). The PFC:'
grep -v '^#' "$tmp/pfc"
echo 'The BPF program, code jt/jf k of each instruction:'
od -An -v -tx2 -w8 "$tmp/bpf" | tee "$tmp/listing"
number=$(sed -n 's/.*"time" (\([0-9]*\)).*/\1/p' "$tmp/pfc")
seen="number $number, PFC has errno 1: $(grep -c 'ERRNO(1)' "$tmp/pfc"), BPF has errno 1: $(grep -c '0006 0000 0001 0005' "$tmp/listing" || true)"
stated='number 4294957188, PFC has errno 1: 1, BPF has errno 1: 0'
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
