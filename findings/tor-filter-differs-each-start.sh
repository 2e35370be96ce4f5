#!/bin/sh
# Tor's filter is another program at every start, though its configuration is the same.
#
# One would guess: the same binary and the same configuration install the same filter. A dump of it can then be kept,
# hashed, and compared with what runs elsewhere, as the filters of most other programs can.
#
# What happens: with "Sandbox 1" two starts install programs of the same length, of which a fifth of the instructions
# have other values. Without address space layout randomisation (setarch -R) the two are equal to the last byte.
#
# Why it matters: an inventory of filters by hash, or a diff of two dumps, reports a change where nobody changed
# anything. What is to be compared of such a program are its calls and answers, not its bytes.
#
# The cause is in tor's src/lib/sandbox. A filter cannot read a path, so tor keeps the paths that it will use in
# read-only memory and compares the pointers. Their addresses are constants of the program.
set -eu
skip() { echo "SKIPPED, nothing was tested: $*" >&2 && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
[ "$(uname -m)" = x86_64 ] || skip "the packages are of x86_64"
for tool in apt-get dpkg setarch timeout; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
set -- libevent-2.1-7=2.1.12-stable-8+deb12u1 \
  libseccomp2=2.5.4-1+deb12u1 \
  libunwind8=1.6.2-3 \
  strace=6.1-0.1 \
  tor=0.4.9.11-0+deb12u1
(cd "$tmp" && apt-get -qq -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= download "$@") >"$tmp/log" 2>&1 ||
  skip "apt-get does not have all of $* (it may want apt-get update first)"
for file in "$tmp"/*.deb; do dpkg -x "$file" "$tmp/root"; done
export LC_ALL=C
export LD_LIBRARY_PATH="$tmp/root/usr/lib/x86_64-linux-gnu"
"$tmp/root/usr/bin/tor" --version >/dev/null 2>&1 || skip "tor does not start: a library of Debian 12 is missing"
: >"$tmp/torrc"
mkdir -m 700 "$tmp/data"

# The filter of one start, an instruction a line, as strace prints it. Tor makes no connection, and is ended then.
filter() {
  rm -f "$tmp/trace"
  timeout 60 "$@" "$tmp/root/usr/bin/strace" -f -qq -v -e trace=seccomp -o "$tmp/trace" \
    "$tmp/root/usr/bin/tor" --Sandbox 1 --DisableNetwork 1 --SocksPort 0 --DataDirectory "$tmp/data" \
    --defaults-torrc "$tmp/torrc" -f "$tmp/torrc" >/dev/null 2>&1 &
  for _ in $(seq 100); do
    grep -qs 'SECCOMP_SET_MODE_FILTER.*) = 0$' "$tmp/trace" && break
    sleep 0.5
  done
  # Lines of the trace begin with the number of the process.
  kill "$(sed -n '1s/ .*//p' "$tmp/trace")" 2>/dev/null || :
  wait || :
  grep 'SECCOMP_SET_MODE_FILTER.*) = 0$' "$tmp/trace" | grep -o 'BPF_\(STMT\|JUMP\)([^()]*)'
}
filter env >"$tmp/first" || skip "strace shows no filter here"
filter env >"$tmp/second"
filter setarch -R >"$tmp/third"
filter setarch -R >"$tmp/fourth"

differ() { if cmp -s "$1" "$2"; then echo 'the same program'; else echo 'another program'; fi; }
lengths=$(cat "$tmp/first" "$tmp/second" | wc -l)
seen="two starts: $(differ "$tmp/first" "$tmp/second")
their instructions together: $lengths
two starts without randomisation: $(differ "$tmp/third" "$tmp/fourth")"
stated='two starts: another program
their instructions together: 986
two starts without randomisation: the same program'
echo "tor 0.4.9.11-0+deb12u1, libseccomp2 2.5.4-1+deb12u1, Linux $(uname -r)"
echo "$seen"
echo "instructions that differ: $(diff "$tmp/first" "$tmp/second" | grep -c '^<')"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
