#!/bin/sh
# In firejail's lists an exception of read denies read: the call whose number is 0 is no exception.
#
# One would guess: in a list of calls to drop, `!NAME` keeps a call that a group or the default list has, whichever call
# it is.
#
# What happens: fseccomp marks an exception by the negative of the call's number. Of 0 there is no negative. So on x86_64
# `!write` becomes a rule that allows, and `!read` one that answers EPERM, like a plain `read`.
#
# Why it matters: a profile with `seccomp !read` starts no program with shared libraries, and the error is far from the
# line: the loader cannot read the first of them. Who reads such lists has to refuse the word, or deny read as well.
set -eu
skip() { echo "SKIPPED, nothing was tested: $*" >&2 && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
[ "$(uname -m)" = x86_64 ] || skip "the packages are of x86_64"
for tool in apt-get dpkg; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
set -- firejail=0.9.72-2
(cd "$tmp" && apt-get -qq -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= download "$@") >"$tmp/log" 2>&1 ||
  skip "apt-get does not have all of $* (it may want apt-get update first)"
for file in "$tmp"/*.deb; do dpkg -x "$file" "$tmp/root"; done
tools="$tmp/root/usr/lib/x86_64-linux-gnu/firejail"
export LC_ALL=C
"$tools/fseccomp" drop "$tmp/first" "$tmp/second" '!write,!read,mount' >"$tmp/log" 2>&1 ||
  skip "fseccomp does not run here: $(cat "$tmp/log")"
echo "fseccomp drop FILE FILE '!write,!read,mount' of firejail 0.9.72-2; the calls that its program compares, and the answers:"
seen=$("$tools/fsec-print" "$tmp/first" | sed -n '/ jeq \(write\|read\|mount\) /{s/.* jeq \([a-z]*\) .*/\1/;N;s/\n.* ret /: /;p;}')
stated='write: ALLOW
read: ERRNO(1)
mount: ERRNO(1)'
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
