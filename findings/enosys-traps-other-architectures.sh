#!/bin/sh
# enosys(1) of util-linux makes one call answer ENOSYS, and ends every program that calls the kernel as 32-bit.
#
# One would guess, with the manual page ("execute a program with syscalls blocked"): the named calls answer ENOSYS and
# all else is left alone. A call by the 32-bit entry may be looked at or not; it is not in the list.
#
# What happens: the filter's first test is for the architecture, and its answer for another one is TRAP. So under
# `enosys -s clone3` a getpid by int $0x80 ends the process with SIGSYS.
#
# Why it matters: the tool is for trying how software does on an older kernel. A 32-bit helper in a 64-bit program (wine,
# a game, an old installer) then dies of the tool, and the trial says that the older kernel is to blame.
#
# util-linux brought the tool in 2.40. Its manual page does not mention architectures; no report was found.
set -eu
skip() { echo "SKIPPED, nothing was tested: $*" >&2 && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
[ "$(uname -m)" = x86_64 ] || skip "the packages are of x86_64"
for tool in apt-get dpkg gcc od; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
# pool FOLDER PATH SHA256: a package of another release or architecture, from the package mirrors that apt uses.
pool() {
  # shellcheck disable=SC2016 # apt's own variable
  for mirror in $(apt-get indextargets --format '$(REPO_URI)' | sort -u); do
    /usr/lib/apt/apt-helper download-file "${mirror%/}/pool/main/$2" "$tmp/package" "SHA256:$3" >"$tmp/log" 2>&1 || continue
    dpkg -x "$tmp/package" "$tmp/$1" && rm "$tmp/package" && return
  done
  skip "no package mirror of apt has $2"
}
pool root u/util-linux/util-linux-extra_2.41.5-0+deb13u1_amd64.deb b5d0492ee97c7f3f79178973f2518af631669d5ad84ff7e539ec6bfe6f0bd700
pool root g/glibc/libc6_2.41-12+deb13u5_amd64.deb b59b0625cd1a791375d40dab23a4d5d3d0641e3d0a773501becdc3725b7f99cf
cat >"$tmp/program.c" <<'C'
#include <stdio.h>
#include <string.h>
#include <unistd.h>
/* getpid by the 32-bit entry, where its number is 20, or by the 64-bit one */
int main(int count, char **words) {
  int pid = 20;
  if (count == 2 && strcmp(words[1], "32") == 0) __asm__ volatile("int $0x80" : "+a"(pid) : : "memory", "r8", "r9", "r10", "r11");
  else pid = getpid();
  puts(pid == getpid() ? "answered" : "no such entry");
  return 0;
}
C
gcc -static -O1 -o "$tmp/program" "$tmp/program.c" 2>"$tmp/log" || skip "gcc does not link statically: $(tail -n 1 "$tmp/log")"
[ "$("$tmp/program" 32)" = answered ] || skip "this kernel takes no 32-bit calls"
library="$tmp/root/usr/lib/x86_64-linux-gnu"
enosys() { "$library/ld-linux-x86-64.so.2" --library-path "$library" "$tmp/root/usr/bin/enosys" "$@"; }
run() {
  status=0
  answer=$(enosys -s clone3 "$tmp/program" "$1" 2>"$tmp/log") || status=$?
  echo "$1-bit: ${answer:-no answer}, exit status $status"
}
enosys -s clone3 -d"$tmp/filter"
seen="$(run 64)
$(run 32)
the third instruction: $(od -An -v -tx2 -w8 "$tmp/filter" | sed -n 3p)"
stated='64-bit: answered, exit status 0
32-bit: no answer, exit status 159
the third instruction:  0006 0000 0000 0003'
echo "enosys -s clone3 of util-linux 2.41.5-0+deb13u1, Linux $(uname -r) (159: SIGSYS; 6, 0x30000: RET TRAP)"
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
