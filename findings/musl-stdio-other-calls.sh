#!/bin/sh
# The same C program reads and prints by other system calls when it is linked with musl: printf is writev there, fopen is open.
#
# One would guess: fopen, fgets and printf come down to openat, read and write, whatever the C library. A profile that
# was recorded on one image of a program then fits the other one, and Debian's and Alpine's images are exchanged freely.
#
# What happens: of the calls that touch the file and the output only read and close are common to both. musl opens with
# open(2), asks a pipe for its window size (TIOCGWINSZ), and prints with writev(2). glibc calls openat(2), newfstatat(2)
# and write(2). musl's malloc also maps a page that nobody may touch.
#
# Why it matters: an allow-list recorded with one C library stops the program with the other before its first line is
# out. A profile for both has to be recorded with both.
set -eu
skip() { echo "SKIPPED, nothing was tested: $*" >&2 && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
[ "$(uname -m)" = x86_64 ] || skip "the packages are of x86_64"
for tool in apt-get dpkg gcc; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
set -- libc6-dev=2.36-9+deb12u14 \
  libunwind8=1.6.2-3 \
  musl-dev=1.2.3-1 \
  strace=6.1-0.1
(cd "$tmp" && apt-get -qq -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= download "$@") >"$tmp/log" 2>&1 ||
  skip "apt-get does not have all of $* (it may want apt-get update first)"
for file in "$tmp"/*.deb; do dpkg -x "$file" "$tmp/root"; done
echo 'a line' >"$tmp/file"
cat >"$tmp/program.c" <<'C'
#include <stdio.h>
int main(int count, char **names) {
  char line[256];
  FILE *file = count == 2 ? fopen(names[1], "r") : NULL;
  if (!file || !fgets(line, sizeof line, file)) return 1;
  fclose(file);
  return printf("%s", line) < 0;
}
C
# Linked with each C library from its package, statically.
build() {
  gcc -O1 -static -nostdinc -nostdlib -isystem "$(gcc -print-file-name=include)" -isystem "$3" -isystem "$tmp/root/usr/include" \
    -o "$tmp/$1" "$2/crt1.o" "$2/crti.o" "$tmp/program.c" "$2/libc.a" -lgcc -lgcc_eh "$2/libc.a" "$2/crtn.o"
}
include="$tmp/root/usr/include"
build musl "$tmp/root/usr/lib/x86_64-linux-musl" "$include/x86_64-linux-musl" >"$tmp/log" 2>&1 ||
  skip "gcc does not link with musl"
build glibc "$tmp/root/usr/lib/x86_64-linux-gnu" "$include/x86_64-linux-gnu" >"$tmp/log" 2>&1 ||
  skip "gcc does not link with glibc: $(tail -n 1 "$tmp/log")"
export LC_ALL=C
calls() {
  LD_LIBRARY_PATH="$tmp/root/usr/lib/x86_64-linux-gnu" "$tmp/root/usr/bin/strace" -qq -o "$tmp/trace" "$tmp/$1" "$tmp/file" |
    cat >/dev/null
  # From the opening of the file on: the names, of ioctl the request, and mappings that nobody may touch.
  sed -n '/^open.*\/file"/,$p' "$tmp/trace" | sed -n \
    -e 's/^ioctl([0-9]*, \([A-Z]*\).*/ioctl:\1/p' -e 's/^mmap(.*PROT_NONE.*/mmap:PROT_NONE/p' \
    -e 's/^\(open\|openat\|newfstatat\|read\|close\|write\|writev\)(.*/\1/p' | sort -u | tr '\n' ' '
}
seen="musl: $(calls musl)
glibc: $(calls glibc)"
stated='musl: close ioctl:TIOCGWINSZ mmap:PROT_NONE open read writev 
glibc: close newfstatat openat read write '
echo "musl 1.2.3-1, glibc 2.36-9+deb12u14, Linux $(uname -r)"
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
