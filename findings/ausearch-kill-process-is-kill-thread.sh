#!/bin/sh
# ausearch -i of audit 4 writes code=kill-thread where the kernel killed the whole process.
#
# One would guess: the code of a SECCOMP record is the filter's action, 0x80000000 for KILL_PROCESS and 0x00000000 for
# KILL_THREAD, and -i puts each into words. audit 3 wrote "kill" for both; a version with longer words tells them apart.
#
# What happens: audit 4.0.2 has one word for both too, and it is "kill-thread". The number of an ERRNO (0x00050026 is
# 38, ENOSYS) is not shown either: "errno", as in audit 3.
#
# Why it matters: whoever reads that only a thread was killed looks for a process that went on without it, and changes
# the wrong profile. The raw record has the difference, so it is to be read without -i.
#
# The two versions are run side by side on the same log. No report was found.
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
pool 3 a/audit/auditd_3.0.9-1_amd64.deb 0d5a20ad6a0348a183fa3f2b58aff06ecd0e475cd9322c8bd4443db3e6454cd1
pool 3 a/audit/libaudit1_3.0.9-1_amd64.deb 30954df4b5a7c505661ba8ae5e6ea94f5805e408899fb400783bb166eb5ff306
pool 3 a/audit/libauparse0_3.0.9-1_amd64.deb ee3b6378d7145e88bf2d226a735b124b9b85d792bd1ead10da797427853894d3
pool 3 libc/libcap-ng/libcap-ng0_0.8.3-1+b3_amd64.deb b4b54769c77e4a71c8b33aee4d600ba28a9994a1c6f60d55d4ebe7fc44882e07
pool 4 a/audit/auditd_4.0.2-2+deb13u1_amd64.deb 7137387a773326a4d47dfc3bb37c436923f2aa93469e88647f64ead3ac0c4b8e
pool 4 a/audit/libaudit1_4.0.2-2+deb13u1_amd64.deb 3d1dd3f031a56f01b747e2acc0e14575212580e6fa63d800c44cb0a31f1edfd7
pool 4 a/audit/libauparse0t64_4.0.2-2+deb13u1_amd64.deb 2ad80a761e3fc07de615cc76ae5edeb74494f3d0eec5f473bd432637bbe0ccae
pool 4 libc/libcap-ng/libcap-ng0_0.8.5-4+b1_amd64.deb 20a9e4b0619a3eb2566338223bed135dde5a601eaa2f8fdd5f20b94506addcac
pool 4 g/glibc/libc6_2.41-12+deb13u5_amd64.deb b59b0625cd1a791375d40dab23a4d5d3d0641e3d0a773501becdc3725b7f99cf
record() {
  printf 'type=SECCOMP msg=audit(1700000000.000:%s): auid=0 uid=0 gid=0 ses=1 pid=9 comm="a" exe="/a" sig=%s arch=c000003e syscall=59 compat=0 ip=0x1000 code=%s\n' "$@"
}
{
  record 1 31 0x80000000
  record 2 31 0x00000000
  record 3 0 0x50026
  record 4 0 0x7ffc0000
} >"$tmp/audit.log"
export LC_ALL=C
words() { sed -n 's/.* \(code=[^ ]*\).*/\1/p' | paste -sd ' ' -; }
library=lib/x86_64-linux-gnu
seen="audit 3.0.9: $(LD_LIBRARY_PATH="$tmp/3/$library" "$tmp/3/sbin/ausearch" -i -if "$tmp/audit.log" 2>"$tmp/log" | words)
audit 4.0.2: $("$tmp/4/usr/$library/ld-linux-x86-64.so.2" --library-path "$tmp/4/usr/$library" "$tmp/4/usr/sbin/ausearch" -i -if "$tmp/audit.log" 2>"$tmp/log" | words)"
stated='audit 3.0.9: code=kill code=kill code=errno code=log
audit 4.0.2: code=kill-thread code=kill-thread code=errno code=log'
echo 'ausearch -i, codes 0x80000000 (KILL_PROCESS), 0x00000000 (KILL_THREAD), 0x00050026 (ERRNO 38), 0x7ffc0000 (LOG)'
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
