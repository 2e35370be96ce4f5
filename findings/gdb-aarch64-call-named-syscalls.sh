#!/bin/sh
# In gdb 13's table for 64-bit ARM the call number 273 is named "syscalls", and nothing after it has a name.
#
# One would guess: `catch syscall NAME` knows the calls of the architecture, if not the newest ones. finit_module (273) is
# of Linux 3.8, long before gdb 13 (2023).
#
# What happens: the table was made from the generic header, whose last line then was __NR_syscalls, the *number of calls*.
# It was read as one more call. On the number 273 gdb stops and says "syscalls"; finit_module, execveat, clone3 and
# all other newer ones are "Unknown syscall name". The same gdb's table for x86_64 has them.
#
# Why it matters: the debugger is asked which call a filter ended a program at. With "syscalls" one looks for a call that
# does not exist, in a profile that cannot name it.
#
# gdb 16.3 has a new table for 64-bit ARM, and "syscalls" as 467 in the one for LoongArch.
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
pool 13 g/gdb/gdb_13.1-3_amd64.deb 65e29803ae582f0094c0412eca8032f2a5a1188664c59e14c35b9528fc81a9a5
pool 16 g/gdb/gdb_16.3-1_amd64.deb f0cd9b3e7b47685cbc43ebfe3207760830cb7b570e615daee6dc91e50040c127
table() { sed -n 's/.*<syscall name="\([^"]*\)" number="\([0-9]*\)".*/\2 \1/p' "$tmp/$1/usr/share/gdb/syscalls/$2-linux.xml"; }
named() {
  printf 'gdb %s, %s: %s; finit_module %s; clone3 %s\n' "$1" "$2" "$(table "$1" "$2" | grep ' syscalls$' || echo 'nothing named syscalls')" \
    "$(table "$1" "$2" | sed -n 's/ finit_module$//p' | grep . || echo missing)" "$(table "$1" "$2" | sed -n 's/ clone3$//p' | grep . || echo missing)"
}
seen=$(named 13 aarch64 && named 13 amd64 && named 16 aarch64 && named 16 loongarch)
stated='gdb 13, aarch64: 273 syscalls; finit_module missing; clone3 missing
gdb 13, amd64: nothing named syscalls; finit_module 313; clone3 435
gdb 16, aarch64: nothing named syscalls; finit_module 273; clone3 435
gdb 16, loongarch: 467 syscalls; finit_module 273; clone3 435'
echo 'the tables that gdb 13.1-3 and 16.3-1 read (share/gdb/syscalls)'
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
