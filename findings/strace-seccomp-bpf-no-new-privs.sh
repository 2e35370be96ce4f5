#!/bin/sh
# strace --seccomp-bpf of 6.1 takes set-user-ID programs their rights even when root traces; 6.13 does not.
#
# One would guess: the option changes how often the tracer is woken up, and the traced program runs as it does without.
# strace(1): "to have ptrace-stops only when system calls that are being traced occur".
#
# What happens: strace puts a filter on the program. 6.1 sets no_new_privs for it in any case, 6.13 only where it lacks
# the rights to do without. Both show in /proc/self/status, as does the filter, Seccomp 2.
#
# Why it matters: root traces a daemon that starts sudo or a mail program, and these fail under the one version and work
# under the other. A program that asks whether it is in a sandbox gets another answer with each of the three ways.
#
# strace's issue 126 is a user's report of sudo. The manual pages of both versions say nothing of no_new_privs.
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
[ "$(id -u)" = 0 ] || skip "the difference is root's"
pool 6.1 s/strace/strace_6.1-0.1_amd64.deb 1942d086a6244a1a9643489d3b0aa604ac44b88991d6c69217a63a193671bd4f
pool 6.1 libu/libunwind/libunwind8_1.6.2-3_amd64.deb 7b297868682836e4c87be349f17e4a56bc287586e3576503e84a5cb5485ce925
pool 6.13 s/strace/strace_6.13+ds-1_amd64.deb cae290b67cf835350a2cde58ca332256fba475784b3e02a9a8677d73eaf47511
pool 6.13 libu/libunwind/libunwind8_1.8.1-0.1_amd64.deb db21a86dd05c93413f0ef36282a9c64d32410d240f332273a53be1408bec1f62
pool 6.13 x/xz-utils/liblzma5_5.8.1-1+deb13u2_amd64.deb b38acab30f295bf1066a6632e31cbd0a1980f2924b38040cda131d5dea5384ec
pool 6.13 g/glibc/libc6_2.41-12+deb13u5_amd64.deb b59b0625cd1a791375d40dab23a4d5d3d0641e3d0a773501becdc3725b7f99cf
old() { LD_LIBRARY_PATH="$tmp/6.1/usr/lib/x86_64-linux-gnu" "$tmp/6.1/usr/bin/strace" "$@"; }
library="$tmp/6.13/usr/lib/x86_64-linux-gnu"
new() { "$library/ld-linux-x86-64.so.2" --library-path "$library" "$tmp/6.13/usr/bin/strace" "$@"; }
status() {
  "$@" -f -qq -o /dev/null -e trace=getpriority sed -n 's/^\(NoNewPrivs\|Seccomp\):\t/\1 /p' /proc/self/status 2>"$tmp/log" | paste -sd ' ' -
}
[ "$(status old)" = 'NoNewPrivs 0 Seccomp 0' ] || skip "strace cannot trace here, or no_new_privs or a filter is set already"
seen="6.1: $(status old)
6.1 --seccomp-bpf: $(status old --seccomp-bpf)
6.13: $(status new)
6.13 --seccomp-bpf: $(status new --seccomp-bpf)"
stated='6.1: NoNewPrivs 0 Seccomp 0
6.1 --seccomp-bpf: NoNewPrivs 1 Seccomp 2
6.13: NoNewPrivs 0 Seccomp 0
6.13 --seccomp-bpf: NoNewPrivs 0 Seccomp 2'
echo "strace 6.1-0.1 and 6.13+ds-1 as root, what the traced program reads in its status, Linux $(uname -r)"
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
