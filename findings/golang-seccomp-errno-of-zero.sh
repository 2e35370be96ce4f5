#!/bin/sh
# In libseccomp's Go binding the action ActErrno, used as it is, lets a refused call return success.
#
# One would guess: an action named ActErrno, without a number, answers EPERM, as in every container runtime, or is
# refused for want of a number.
#
# What happens: the number is 0 until SetReturnCode() is called, and the filter answers ERRNO(0). The kernel does not
# make the call and returns 0. The rule is accepted, and so is a filter that has this action as its default.
#
# Why it matters: the program goes on as if the call had been made: setuid(2) "succeeds" and the privileges are still
# there. A check that the call was refused by its effect passes, one by its error does not.
#
# The documentation of the package says that the code "can be set"; what it is before, it does not say. The filter is
# exported here, loaded in a process of its own, and asked.
set -eu
skip() { echo "SKIPPED, nothing was tested: $*" >&2 && exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
[ "$(uname -m)" = x86_64 ] || skip "the packages are of x86_64"
for tool in apt-get dpkg gcc; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
set -- golang-1.19-go=1.19.8-2 \
  golang-1.19-src=1.19.8-2 \
  golang-github-seccomp-libseccomp-golang-dev=0.10.0-3 \
  libseccomp-dev=2.5.4-1+deb12u1 \
  libseccomp2=2.5.4-1+deb12u1
(cd "$tmp" && apt-get -qq -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= download "$@") >"$tmp/log" 2>&1 ||
  skip "apt-get does not have all of $* (it may want apt-get update first)"
for file in "$tmp"/*.deb; do dpkg -x "$file" "$tmp/root"; done
cat >"$tmp/main.go" <<'GO'
package main

import (
	"fmt"
	"os"
	"syscall"

	seccomp "github.com/seccomp/libseccomp-golang"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	filter, err := seccomp.NewFilter(seccomp.ActAllow)
	check(err)
	number, err := seccomp.GetSyscallFromName("sethostname")
	check(err)
	check(filter.AddRule(number, seccomp.ActErrno))
	number, err = seccomp.GetSyscallFromName("setdomainname")
	check(err)
	check(filter.AddRule(number, seccomp.ActErrno.SetReturnCode(1)))
	check(filter.Load())
	before, _ := os.Hostname()
	fmt.Println("ActErrno:", syscall.Sethostname([]byte("other")))
	after, _ := os.Hostname()
	fmt.Println("the name is another one:", before != after)
	fmt.Println("ActErrno.SetReturnCode(1):", syscall.Setdomainname([]byte("other")))
}
GO
# pkg-config is not needed: the flags that it would give.
cat >"$tmp/pkg-config" <<SCRIPT
#!/bin/sh
case "\$*" in
  *--cflags*) echo "-I$tmp/root/usr/include" ;;
  *--libs*) echo "-L$tmp/root/usr/lib/x86_64-linux-gnu -lseccomp" ;;
esac
SCRIPT
chmod +x "$tmp/pkg-config"
mkdir -p "$tmp/root/usr/lib/go-1.19"
for part in src test misc api; do
  # The package has these as absolute links into /usr/share.
  rm -f "$tmp/root/usr/lib/go-1.19/$part"
  ln -s "$tmp/root/usr/share/go-1.19/$part" "$tmp/root/usr/lib/go-1.19/$part"
done
(cd "$tmp" && GOROOT="$tmp/root/usr/lib/go-1.19" GOPATH="$tmp/root/usr/share/gocode" GO111MODULE=off GOFLAGS='' GOCACHE="$tmp/cache" \
  PKG_CONFIG="$tmp/pkg-config" CGO_ENABLED=1 "$tmp/root/usr/lib/go-1.19/bin/go" build -o program main.go) >"$tmp/log" 2>&1 ||
  skip "the program does not build: $(tail -n 1 "$tmp/log")"
seen=$(LD_LIBRARY_PATH="$tmp/root/usr/lib/x86_64-linux-gnu" unshare --uts "$tmp/program" 2>"$tmp/log") ||
  skip "the filter cannot be loaded in a UTS namespace of its own: $(tail -n 1 "$tmp/log")"
stated='ActErrno: <nil>
the name is another one: false
ActErrno.SetReturnCode(1): operation not permitted'
echo "libseccomp-golang 0.10.0-3, libseccomp 2.5.4-1+deb12u1, Go 1.19.8"
echo "$seen"
[ "$seen" = "$stated" ] || { echo "CHANGED, was: $stated" && exit 1; }
echo 'as stated'
