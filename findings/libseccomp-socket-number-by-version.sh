#!/bin/sh
# Which number libseccomp says socket(2) has on MIPS and 32-bit POWER depends on its version: 4183 and 326, then -101.
#
# One would guess: a name has one number on an architecture, for numbers of the kernel's interface are never changed. A
# newer libseccomp knows more names, and what an older one said of a name it says too.
#
# What happens: 2.5.1 resolves "socket" to 4183 on MIPS (o32) and to 326 on 32-bit POWER, the kernel's numbers. 2.5.4 and
# 2.6.0 say -101 for both, a number of libseccomp's own for calls that socketcall(2) makes too. Backwards, all three call
# 4183 and 326 "socket". So in the newer ones a number does not come back from its name. Thirty names changed so.
#
# Why it matters: tables for filters, loggers and documents are made by scmp_sys_resolver, or by the function behind it.
# Built beside a newer library, the same table has no number for sockets. As an unsigned number -101 is 4294967195.
#
# Of s390x, which had it always, it is said in libseccomp's pull request 488. Of a change of these two nothing was found.
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
pool 2.5.1 libs/libseccomp/libseccomp2_2.5.1-1+deb11u1_amd64.deb 2617fc8b99dca0fa8ed466ee0f5fe087aa4e8413b88ca45d717290f4a0551e36
pool 2.5.1 libs/libseccomp/seccomp_2.5.1-1+deb11u1_amd64.deb c95433fcd1d5fa25c5a85d5ab845d213a221615c1a812a84cfabfbdae23a947b
pool 2.5.4 libs/libseccomp/libseccomp2_2.5.4-1+deb12u1_amd64.deb 108fe67957ca7cf9ba51d801118a1b37d404bea7b6e365025cd00779e9eca38d
pool 2.5.4 libs/libseccomp/seccomp_2.5.4-1+deb12u1_amd64.deb 0102183f74158afd260125f145c10d23e6b5fc876ac4cbe79a8226e7d3361586
pool 2.6.0 libs/libseccomp/libseccomp2_2.6.0-2_amd64.deb 89d5138e05fb6a86b9afd8b54dc0fb4b14f4c27c05e6c5f767c2132bdf808531
pool 2.6.0 libs/libseccomp/seccomp_2.6.0-2_amd64.deb f7a5ff54a5b5963fa3ae8add4139b136f9e7c144886d2e7aaa5bb91fbf3f6035
pool 2.6.0 g/glibc/libc6_2.41-12+deb13u5_amd64.deb b59b0625cd1a791375d40dab23a4d5d3d0641e3d0a773501becdc3725b7f99cf
# 2.6.0's package wants a C library of its own time.
resolve() {
  version=$1 library=$tmp/$1/usr/lib/x86_64-linux-gnu
  shift
  if [ -e "$library/ld-linux-x86-64.so.2" ]; then
    "$library/ld-linux-x86-64.so.2" --library-path "$library" "$tmp/$version/usr/bin/scmp_sys_resolver" "$@"
  else LD_LIBRARY_PATH="$library" "$tmp/$version/usr/bin/scmp_sys_resolver" "$@"; fi
}

seen=$(for version in 2.5.1 2.5.4 2.6.0; do
  for call in 'mips 4183' 'ppc 326' 'x86_64 41'; do
    architecture=${call% *} number=${call#* }
    name=$(resolve "$version" -a "$architecture" "$number")
    echo "$version, $architecture: $number is $name, and $name is $(resolve "$version" -a "$architecture" "$name")"
  done
done)
stated='2.5.1, mips: 4183 is socket, and socket is 4183
2.5.1, ppc: 326 is socket, and socket is 326
2.5.1, x86_64: 41 is socket, and socket is 41
2.5.4, mips: 4183 is socket, and socket is -101
2.5.4, ppc: 326 is socket, and socket is -101
2.5.4, x86_64: 41 is socket, and socket is 41
2.6.0, mips: 4183 is socket, and socket is -101
2.6.0, ppc: 326 is socket, and socket is -101
2.6.0, x86_64: 41 is socket, and socket is 41'
echo "seccomp and libseccomp2 2.5.1-1+deb11u1, 2.5.4-1+deb12u1, 2.6.0-2"
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
