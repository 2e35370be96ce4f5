#!/bin/sh
# "errnoRet": 38 in a profile is ENOSYS on x86 and ARM; on MIPS, Alpha, SPARC and PA-RISC it is another error.
#
# One would guess: an error number is the same number everywhere, as the actions of a filter are. Profiles have numbers, 1
# and 38, and are shipped for all architectures in one file.
#
# What happens: 1 is common, of the numbers above 34 each of these architectures has its own. ENOSYS is 89 on MIPS, 78 on Alpha,
# 90 on SPARC, 251 on PA-RISC; what 38 is there is shown below. Filter and library pass the number on as it is.
#
# Why it matters: 38 for clone3 is there so that the C library takes the older clone. With another error it does not, and no
# thread starts: the fault that the 38 was to prevent.
#
# The authors of moby met it for MIPS (pull request 42681: a test that failed). The runtime specification has a number.
set -eu
skip() { echo "SKIPPED, nothing was tested: $*" >&2 && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
[ "$(uname -m)" = x86_64 ] || skip "the packages are of x86_64"
for tool in apt-get dpkg gcc; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
set -- linux-libc-dev-armel-cross=6.1.4-1cross1 \
  linux-libc-dev-mips-cross=6.1.8-1cross2 \
  linux-libc-dev-alpha-cross=6.1.4-1cross1 \
  linux-libc-dev-sparc64-cross=6.1.4-1cross1 \
  linux-libc-dev-hppa-cross=6.1.4-1cross1 \
  linux-libc-dev-riscv64-cross=6.1.4-1cross1
(cd "$tmp" && apt-get -qq -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= download "$@") >"$tmp/log" 2>&1 ||
  skip "apt-get does not have all of $* (it may want apt-get update first)"
for file in "$tmp"/*.deb; do dpkg -x "$file" "$tmp/root"; done
of() {
  printf '%s: ENOSYS is %s, 38 is %s\n' "$1" \
    "$(echo '#include <asm/errno.h>' | gcc -E -dM -nostdinc -isystem "$tmp/root/usr/$2/include" - | sed -n 's/^#define ENOSYS \([0-9]*\)$/\1/p')" \
    "$(echo '#include <asm/errno.h>' | gcc -E -dM -nostdinc -isystem "$tmp/root/usr/$2/include" - | sed -n 's/^#define \(E[A-Z0-9]*\) 38$/\1/p')"
}
seen=$(of arm arm-linux-gnueabi && of riscv64 riscv64-linux-gnu && of mips mips-linux-gnu && of alpha alpha-linux-gnu && of sparc64 sparc64-linux-gnu && of hppa hppa-linux-gnu)
stated='arm: ENOSYS is 38, 38 is ENOSYS
riscv64: ENOSYS is 38, 38 is ENOSYS
mips: ENOSYS is 89, 38 is EL2NSYNC
alpha: ENOSYS is 78, 38 is ENOTSOCK
sparc64: ENOSYS is 90, 38 is ENOTSOCK
hppa: ENOSYS is 251, 38 is EL2NSYNC'
echo 'the headers of Linux 6.1 (linux-libc-dev-*-cross 6.1.4-1cross1, of mips 6.1.8-1cross2)'
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
