#!/bin/sh
# A container profile, compiled and enforced: what `./build.sh --demo` ends with.
cd "$(dirname "$0")/.." || exit 1
scmp() { node dist/scmp.cjs "$@"; }
show() {
  printf '\n$'
  for word; do case $word in *[!A-Za-z0-9_./=-]*) printf " '%s'" "$word" ;; *) printf ' %s' "$word" ;; esac; done
  echo
  "$@" 2>&1 || echo "(exit $?)"
}

profile=examples/container-default.json
show scmp compile $profile --arch arm64 -o build/container-default.arm64.bpf
show wc -c build/container-default.arm64.bpf

script='grep Seccomp: /proc/self/status; unshare --user echo "made a user namespace"'
show sh -c "$script"
show scmp run --profile $profile -- sh -c "$script"
