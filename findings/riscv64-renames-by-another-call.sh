#!/bin/sh
# The same version of busybox renames a file by renameat on arm64, and by renameat2 on riscv64.
#
# One would guess: both architectures have the kernel's generic table (asm-generic/unistd.h), with the same numbers for
# the same calls, so that a profile recorded on one fits the other.
#
# What happens: the table has renameat only for architectures that ask for it, arm64 among them; riscv64 came later and
# does without. The C library's rename(3) is renameat on the one and renameat2 on the other. LoongArch is as riscv64, and
# lacks getrlimit and setrlimit as well.
#
# Why it matters: an allow-list of the calls that a program was seen to make on arm64 stops it on riscv64 at the first
# file that it replaces. Both names belong in a list for more than one architecture.
set -eu
skip() { echo "SKIPPED, nothing was tested: $*" >&2 && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
[ "$(uname -m)" = x86_64 ] || skip "the packages are of x86_64"
for tool in apt-get dpkg; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
# pool FOLDER PATH SHA256: a package of another release or architecture, from the package mirrors that apt uses.
pool() {
  # shellcheck disable=SC2016 # apt's own variable
  for mirror in $(apt-get indextargets --format '$(REPO_URI)' | sort -u); do
    /usr/lib/apt/apt-helper download-file "${mirror%/}/pool/main/$2" "$tmp/package" "SHA256:$3" >"$tmp/log" 2>&1 || continue
    dpkg -x "$tmp/package" "$tmp/$1" && rm "$tmp/package" && return
  done
  skip "no package mirror of apt has $2"
}
pool root q/qemu/qemu-user-static_7.2+dfsg-7+deb12u18+b3_amd64.deb c3e3ba2bd87f8c5b9a5da5ef21b5a3b82d7c63b89dd448d9ddaa4eabc5b6e402
pool arm64 b/busybox/busybox-static_1.37.0-6+b9_arm64.deb c833be48abfa16bc19c4966ec93e289ff1ce5d2f1476cad3a57bd105378cd15c
pool riscv64 b/busybox/busybox-static_1.37.0-6+b9_riscv64.deb 4add476d2b185c5b487c285b38d790f0881a7e4a8e2ddde835f917e770eb8633
calls() {
  : >"$tmp/one"
  "$tmp/root/usr/bin/qemu-$1-static" -strace "$tmp/$2/usr/bin/busybox" mv "$tmp/one" "$tmp/other" 2>&1 |
    sed -n 's/^[0-9]* \(rename[a-z0-9]*\)(.*/\1/p' | sort -u | paste -sd ' ' -
}
seen="arm64: $(calls aarch64 arm64)
riscv64: $(calls riscv64 riscv64)"
stated='arm64: renameat
riscv64: renameat2'
echo 'busybox-static 1:1.37.0-6+b9 (glibc 2.41) under qemu-user-static 1:7.2+dfsg-7+deb12u18+b3, mv:'
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
