#!/bin/sh
# In runc, allowing one newer system call changes the error of every older one that the profile does not name.
#
# One would guess: a call that the profile does not name gets the profile's defaultAction, here errno EPERM. And a call
# that is added to the allowed ones changes nothing for the others. The OCI runtime specification knows nothing else.
#
# What happens: numbers above the highest one that the profile names get ENOSYS. With rseq (334) as the last, clone3
# (435) gets ENOSYS; with futex_waitv (449) allowed as well, clone3 gets EPERM. And a profile without "architectures",
# which the specification makes optional, has no ENOSYS at all.
#
# Why it matters: the C library goes back to clone after ENOSYS from clone3, and fails to start a thread after EPERM.
# The last name in a list decides whether programs run, and two profiles that look alike behave differently.
#
# The ENOSYS for numbers above the last name is known to runc's authors (its pull request 2750; it hit Docker in moby
# 42681). It stands in no specification. That it needs "architectures" was not found anywhere.
set -eu
skip() { echo "SKIPPED, nothing was tested: $*" >&2 && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
[ "$(uname -m)" = x86_64 ] || skip "the packages are of x86_64"
for tool in apt-get dpkg timeout; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
set -- runc=1.1.5+ds1-1+deb12u1 \
  libseccomp2=2.5.4-1+deb12u1 \
  seccomp=2.5.4-1+deb12u1 \
  perl-base=5.36.0-7+deb12u3 \
  libcrypt1=1:4.4.33-2 \
  libc6=2.36-9+deb12u14
(cd "$tmp" && apt-get -qq -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= download "$@") >"$tmp/log" 2>&1 ||
  skip "apt-get does not have all of $* (it may want apt-get update first)"
for file in "$tmp"/*.deb; do dpkg -x "$file" "$tmp/root"; done
[ "$(id -u)" = 0 ] || skip "runc needs root"
rm -rf "$tmp/root/usr/share" "$tmp/root/etc"
mkdir -p "$tmp/root/proc" "$tmp/root/dev"
resolve() { LD_LIBRARY_PATH="$tmp/root/usr/lib/x86_64-linux-gnu" "$tmp/root/usr/bin/scmp_sys_resolver" -a x86_64 "$1"; }
number=0
names=''
while [ "$number" -le 334 ]; do
  name=$(resolve "$number")
  case $name in getppid | UNKNOWN) ;; *) names="$names\"$name\"," ;; esac
  number=$((number + 1))
done
names=${names%,}
run() {
  cat >"$tmp/config.json" <<JSON
{ "ociVersion": "1.0.2", "root": { "path": "root", "readonly": true },
  "mounts": [{ "destination": "/proc", "type": "proc", "source": "proc" }],
  "process": { "user": { "uid": 0, "gid": 0 }, "cwd": "/", "noNewPrivileges": true, "args": ["/usr/bin/perl", "-e",
    "print join(', ', map { my (\$name, \$number) = @\$_; \$! = 0; syscall(\$number, 0, 0); qq(\$name ) . (\$!{ENOSYS} ? 'ENOSYS' : \$!{EPERM} ? 'EPERM' : \$! + 0) } ['getppid', 110], ['clone3', 435], ['number 9999', 9999]), qq(\\\\n)"] },
  "linux": { "namespaces": [{ "type": "pid" }, { "type": "mount" }, { "type": "network" }]$1 } }
JSON
  (cd "$tmp" && LD_LIBRARY_PATH="$tmp/root/usr/lib/x86_64-linux-gnu" timeout 60 "$tmp/root/usr/sbin/runc" --root "$tmp/state" run --bundle "$tmp" "findings-$$") </dev/null 2>"$tmp/log"
}
run '' >/dev/null || skip "runc cannot run a container here: $(tail -n 1 "$tmp/log")"
profile() { run ", \"seccomp\": { \"defaultAction\": \"SCMP_ACT_ERRNO\", $1 \"syscalls\": [{ \"names\": [$names$2], \"action\": \"SCMP_ACT_ALLOW\" }] }"; }
seen="names up to rseq: $(profile '"architectures": ["SCMP_ARCH_X86_64"],' '')
futex_waitv as well: $(profile '"architectures": ["SCMP_ARCH_X86_64"],' ', "futex_waitv"')
names up to rseq, no architectures: $(profile '' '')"
stated='names up to rseq: getppid EPERM, clone3 ENOSYS, number 9999 ENOSYS
futex_waitv as well: getppid EPERM, clone3 EPERM, number 9999 ENOSYS
names up to rseq, no architectures: getppid EPERM, clone3 EPERM, number 9999 EPERM'
echo 'runc 1.1.5+ds1-1+deb12u1, a profile of the names of 0 to 334 without getppid, error of'
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
