#!/bin/sh
# On s390x, a 64-bit architecture, the C library makes sockets by socketcall(2), of which a filter sees no family.
#
# One would guess: socketcall is a thing of 32-bit x86 and other old 32-bit architectures. On 64-bit ones socket(2) is a
# call of its own, and a rule on its first argument sees the address family.
#
# What happens: s390x has both since Linux 4.3, and glibc, in 2.36 as in 2.41, calls socketcall. Its second argument is a
# pointer to the real ones, which a filter cannot read. On arm64 the same program calls socket.
#
# Why it matters: an allow-list without socketcall stops every program that opens a socket, and one with it decides about
# all families at once. A list recorded on another 64-bit architecture has neither need in it.
#
# Seen with busybox's ifconfig. qemu writes a call inside of socketcall in capital letters.
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
pool s390x-2.36 b/busybox/busybox-static_1.35.0-4+deb12u1+b1_s390x.deb 65e29a4dea3ca365e9ee73a6b4fa2a42c8cbbd3b13753250e68b4835876fe316
pool s390x-2.41 b/busybox/busybox-static_1.37.0-6+b9_s390x.deb 6e6d4257dd06c7a07aa88f207cc0e8b6d1a2e06f7f118d528af31b2169b51978
pool aarch64-2.41 b/busybox/busybox-static_1.37.0-6+b9_arm64.deb c833be48abfa16bc19c4966ec93e289ff1ce5d2f1476cad3a57bd105378cd15c
seen=$(for which in s390x-2.36 s390x-2.41 aarch64-2.41; do
  busybox="$tmp/$which/usr/bin/busybox"
  [ -e "$busybox" ] || busybox="$tmp/$which/bin/busybox"
  echo "$which: $("$tmp/root/usr/bin/qemu-${which%-*}-static" -strace "$busybox" ifconfig lo 2>&1 |
    sed -n 's/^[0-9]* \(socket\|SOCKET\)(\([A-Z_]*\),.*/\1(\2)/p' | sort -u | paste -sd ' ' -)"
done)
stated='s390x-2.36: SOCKET(PF_INET)
s390x-2.41: SOCKET(PF_INET)
aarch64-2.41: socket(PF_INET)'
echo 'busybox-static 1:1.35.0-4+deb12u1+b1 and 1:1.37.0-6+b9 under qemu-user-static 1:7.2+dfsg-7+deb12u18+b3, by glibc'
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
