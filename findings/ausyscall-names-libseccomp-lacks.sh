#!/bin/sh
# The audit tools call some system calls by names that libseccomp does not know, or knows as another call.
#
# One would guess: ausearch -i and ausyscall print the names of the kernel's tables. Then the name in an audit record of
# a blocked call can be written into a profile as it is.
#
# What happens: numbers 17 and 18 of x86_64 are "pread" and "pwrite" for the audit tools, "pread64" and "pwrite64" for
# libseccomp, strace and the kernel. libseccomp knows no "pread" (-1). On aarch64 number 61 is "getdents", a call that
# aarch64 does not have, instead of "getdents64"; on arm, 270 is "fadvise64_64", which libseccomp has as
# "arm_fadvise64_64" there. To both names it gives negative numbers: calls of other architectures.
#
# Why it matters: the way from a refusal to a fixed profile is the audit log. Runtimes skip unknown names with a warning
# at most, and the calls of other architectures silently, so that the same call is refused again.
#
# Neither project's manual pages warn of it.
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
  libcap-ng0=0.8.3-1+b3 \
  seccomp=2.5.4-1+deb12u1 \
  libseccomp2=2.5.4-1+deb12u1
(cd "$tmp" && apt-get -qq -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= download "$@") >"$tmp/log" 2>&1 ||
  skip "apt-get does not have all of $* (it may want apt-get update first)"
for file in "$tmp"/*.deb; do dpkg -x "$file" "$tmp/root"; done
audit() {
  LD_LIBRARY_PATH="$tmp/root/lib/x86_64-linux-gnu" "$tmp/root/usr/bin/ausyscall" "$1" "$2"
}
libseccomp() {
  LD_LIBRARY_PATH="$tmp/root/usr/lib/x86_64-linux-gnu" "$tmp/root/usr/bin/scmp_sys_resolver" -a "$1" "$2"
}
seen=$(for call in 'x86_64 17' 'x86_64 18' 's390x 180' 'aarch64 61' 'aarch64 67' 'aarch64 80' 'arm 270' 'arm 341'; do
  architecture=${call% *} number=${call#* }
  name=$(audit "$architecture" "$number" | tail -n 1)
  echo "$call: audit $name, libseccomp $(libseccomp "$architecture" "$number"); $name for libseccomp: $(libseccomp "$architecture" "$name")"
done)
stated='x86_64 17: audit pread, libseccomp pread64; pread for libseccomp: -1
x86_64 18: audit pwrite, libseccomp pwrite64; pwrite for libseccomp: -1
s390x 180: audit pread, libseccomp pread64; pread for libseccomp: -1
aarch64 61: audit getdents, libseccomp getdents64; getdents for libseccomp: -10158
aarch64 67: audit pread, libseccomp pread64; pread for libseccomp: -1
aarch64 80: audit newfstat, libseccomp fstat; newfstat for libseccomp: -1
arm 270: audit fadvise64_64, libseccomp arm_fadvise64_64; fadvise64_64 for libseccomp: -10007
arm 341: audit sync_file_range, libseccomp arm_sync_file_range; sync_file_range for libseccomp: -10100'
echo 'auditd 1:3.0.9-1 (ausyscall), libseccomp 2.5.4-1+deb12u1 (scmp_sys_resolver)'
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
