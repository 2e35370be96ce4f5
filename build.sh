#!/usr/bin/env bash
# Everything from a fresh clone to a working package, in one command. Run it again at any time: a step whose inputs did
# not change is skipped.
#
#   ./build.sh            npm dependencies, emscripten, libseccomp's source, the wasm, the bundles in dist/
#   ./build.sh --wasm     only up to build/libseccomp.wasm (needs emcc, gperf and patch, no npm)
#   ./build.sh --native   also native libseccomp from the same source and patches: what the tests compare with (Linux)
#   ./build.sh --test     all of it, and every test (what `npm test` and CI run); elsewhere than on Linux, those that need
#                         neither native libseccomp nor a kernel
#   ./build.sh --bench    all of it, and the figures of docs/performance.md
#   ./build.sh --fuzz     all of it, then random work on the wasm compared with native, and random profiles with an evaluator
#                         of their own, minimised and loaded too: [--count N] [--profiles N] [--minimized N] [--programs N]
#                         [--loaded N] [--triples N] [--damaged N] [--edited N] [--properties N] [--seed S]
#   ./build.sh --demo     build, then compile a container profile and run a command under it
#   ./build.sh STEP...    only these, and what they need:
#                         packages source patched wasm launcher bundles vsix native oracle second simulator s390x testinputs
#                         testtools engines types lint
#   ./build.sh --dry-run [any of these]    says which steps would be made and what would be installed, and does nothing
#
# Variables:
#   LIBSECCOMP_SOURCE     a local copy of libseccomp's release tarball (its sha256 is checked like any other's)
set -euo pipefail
cd "$(dirname "$0")"
export LC_ALL=C

# For bash 3.2 (macOS) as well: no associative arrays, and no "${array[@]}" of an array that may be empty.

step() { printf '%-12s %s\n' "$1" "$2"; }
die() { echo "build.sh: $*" >&2; exit 1; }
usage() { echo "build.sh: $* (see ./build.sh --help)" >&2; exit 2; }

mode=
steps=
dry=
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "$0"; exit 0 ;;
    --dry-run) dry=1 ;;
    --all | --wasm | --native | --test | --bench | --fuzz | --demo)
      if [ -n "$mode" ]; then usage "$mode or $1, not both"; fi
      mode=$1
      ;;
    packages | source | patched | wasm | launcher | bundles | vsix | native | oracle | second | simulator | s390x | testinputs | testtools | engines | types | lint)
      steps+=" $1"
      ;;
    *)
      # the rest is the program's own
      case "$mode" in --bench | --fuzz) break ;; esac
      case "$1" in -*) usage "unknown option $1" ;; *) usage "unknown step $1" ;; esac
      ;;
  esac
  shift
done
if [ -n "$mode" ] && [ -n "$steps" ]; then usage "$mode or the steps$steps, not both"; fi
if [ -z "$steps" ]; then mode=${mode:---all}; fi

# --- what the distribution has to provide --------------------------------------------------------------------------

# A command, and the packages that bring it. `-`: it is in the system, or there is none.
TOOLS='
# command                Debian,Ubuntu                                Fedora                Alpine                    Homebrew
node                     nodejs                                       nodejs                nodejs                    node
npm                      npm                                          nodejs-npm            npm                       node
patch                    patch                                        patch                 patch                     -
gperf                    gperf                                        gperf                 gperf                     gperf
gsed                     -                                            -                     -                         gnu-sed
emcc                     emscripten                                   emscripten            emscripten                emscripten
clang-19                 clang-19                                     clang                 clang                     -
ld.lld-19                lld-19                                       lld                   lld                       -
gcc                      gcc,libc6-dev                                gcc,glibc-devel       gcc,musl-dev,linux-headers -
make                     make                                         make                  make                      -
shellcheck               shellcheck                                   ShellCheck            shellcheck                shellcheck
bwrap                    bubblewrap                                   bubblewrap            bubblewrap                -
chromium-headless-shell  chromium-headless-shell                      chromium-headless     chromium                  -
firefox-esr              firefox-esr                                  firefox               firefox-esr               -
zsh                      zsh                                          zsh                   zsh                       -
fish                     fish                                         fish                  fish                      fish
groff                    groff-base                                   groff-base            groff                     groff
runc                     runc                                         runc                  runc                      -
strace                   strace                                       strace                strace                    -
python3                  python3                                      python3               python3                   python
/usr/lib/snapd/snap-seccomp snapd                                     -                     -                         -
firejail                     firejail,firejail-profiles                -                     -                         -
nvim                         neovim                                       neovim                neovim                    neovim
lxc-execute              lxc                                          lxc                   lxc                       -
skopeo                   skopeo                                       skopeo                skopeo                    -
rustc                    rustc                                        rust                  rust                      rust
go                       golang-go                                    golang                go                        go
systemd-nspawn           systemd-container                            systemd-container     -                         -
systemd-analyze          systemd                                      systemd               -                         -
busybox                  busybox-static                               busybox               busybox-static            -
s390x-linux-gnu-gcc      gcc-s390x-linux-gnu,libc6-dev-s390x-cross    gcc-s390x-linux-gnu   -                         -
qemu-s390x-static        qemu-user-static                             qemu-user-static      qemu-s390x                -
'

# packages_of COLUMN COMMAND...: the packages of that distribution, in one line
packages_of() {
  local column=$1
  shift
  awk -v column="$column" -v commands=" $* " '
    index(commands, " " $1 " ") && $column != "-" {
      count = split($column, names, ",")
      for (i = 1; i <= count; i++) if (!seen[names[i]]++) { printf "%s%s", separator, names[i]; separator = " " }
    }' <<<"$TOOLS"
}

# how_to_install COMMAND...: a line for each distribution that we know the names of
how_to_install() {
  how() {
    local column=$1 title=$2 install=$3 names
    shift 3
    names=$(packages_of "$column" "$@")
    if [ -n "$names" ]; then printf '  %-16s%s %s\n' "$title" "$install" "$names"; fi
  }
  how 2 'Debian, Ubuntu' 'apt-get install --no-install-recommends' "$@"
  how 3 Fedora 'dnf install' "$@"
  how 4 Alpine 'apk add' "$@"
  how 5 macOS 'brew install' "$@"
}

is_linux() { [ "$(uname -s)" = Linux ]; }
can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

apt_updated=
apt_update() {
  if [ -n "$apt_updated" ] || ! can_install; then return; fi
  apt-get update >build/apt.log 2>&1 || true # an old list may still do; what follows says if not
  apt_updated=1
}

# missing COMMAND...: those that are not on PATH
missing() {
  local tool
  for tool in "$@"; do command -v "$tool" >/dev/null || printf '%s ' "$tool"; done
}

# need COMMAND...: on PATH, else installed where we may, all in one go, else say how.
need() {
  local commands=() packages=()
  read -r -a commands <<<"$(missing "$@")" || true
  if [ ${#commands[@]} = 0 ]; then return; fi
  if ! can_install; then
    if [ -n "$dry" ]; then step tools "MISSING: ${commands[*]}"; how_to_install "${commands[@]}"; return; fi
    die "missing: ${commands[*]}; install what brings them, then run this again:
$(how_to_install "${commands[@]}")"
  fi
  read -r -a packages <<<"$(packages_of 2 "${commands[@]}")"
  if [ -n "$dry" ]; then step tools "would be installed: the distribution's packages ${packages[*]}"; return; fi
  apt_update
  # Whoever stops this script does not stop dpkg halfway.
  (trap '' INT TERM; DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}") \
    >>build/apt.log 2>&1 || die "installing ${packages[*]} failed, see build/apt.log"
  hash -r
  if [ -n "$(missing "${commands[@]}")" ]; then
    die "${packages[*]}: installed, but still not on PATH: $(missing "${commands[@]}")"
  fi
  step tools "installed the distribution's packages ${packages[*]}"
}

# want COMMAND...: as need, for what only some tests use: without them and no way to install them, those are skipped (and
# fail in CI).
want() {
  local absent
  if [ -n "${CI:-}" ] || can_install; then need "$@"; return; fi
  absent=$(missing "$@")
  if [ -z "$absent" ]; then return; fi
  step tools "MISSING: ${absent% }; the tests that use them will be skipped"
  # shellcheck disable=SC2086 # words
  how_to_install $absent
}

# --- several things at once --------------------------------------------------------------------------------------------

# start COMMAND...: in the background, in a process group of its own (set -m), which ends with this script.
started=
start() {
  set -m
  "$@" </dev/null &
  set +m
  started+=" $!"
}

# finish: wait for all that was started; if something failed, it has said so, and this ends.
finish() {
  local job failed=
  for job in $started; do wait "$job" || failed=1; done
  started=
  if [ -n "$failed" ]; then exit 1; fi
}
trap 'for job in $started; do kill -- "-$job" 2>/dev/null || true; done' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# --- incremental steps -----------------------------------------------------------------------------------------------

# A step is done when its stamp holds the digest of its inputs: files by content, tools by version, and this script's
# own text for the step.
if command -v sha256sum >/dev/null; then sha256=(sha256sum); else sha256=(shasum -a 256); fi
digest() { "${sha256[@]}" | cut -d' ' -f1; }
inputs() { { declare -f "build_$1"; shift; for input in "$@"; do
  if [ -d "$input" ]; then find "$input" -type f -print0 | sort -z | xargs -0 "${sha256[@]}"
  elif [ -e "$input" ]; then "${sha256[@]}" "$input"
  else echo "$input"; fi
done; } | digest; }

# run_step NAME OUTPUT INPUT...: call build_NAME unless OUTPUT is there and made from just these inputs.
run_step() {
  local name=$1 output=$2 stamp=build/stamps/$1 state need is_stale=
  shift 2
  state=$(inputs "$name" "$@")
  for need in $(needs "$name"); do case "$stale " in *" $need "*) is_stale=1 ;; esac; done
  if [ -z "$is_stale" ] && [ -e "$output" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$state" ]; then
    step "$name" "up to date"
    return
  fi
  if [ -n "$dry" ]; then
    stale+=" $name"
    step "$name" "would be made"
    return
  fi
  rm -f "$stamp"
  mkdir -p build/stamps
  "build_$name" || die "step $name failed"
  echo "$state" >"$stamp"
}
stale= # steps that a dry run would make

# What has to be there before a step.
needs() {
  case "$1" in
    patched) echo source ;;
    wasm | native) echo patched ;;
    oracle | second | simulator | s390x) echo native ;;
    bundles) echo packages wasm launcher ;;
    vsix) echo bundles ;;
    testtools) echo testinputs ;;
    engines) echo testtools ;;
    types | lint) echo packages ;;
  esac
}

# make STEP...: each once, after what it needs
made=
make_steps() {
  local name before
  for name in "$@"; do
    case "$made " in *" $name "*) continue ;; esac
    before=$(needs "$name")
    # shellcheck disable=SC2086 # words
    if [ -n "$before" ]; then make_steps $before; fi
    "make_$name"
    made+=" $name"
  done
}

# A number without the blanks that some put in front of it.
count() { echo $(($(wc "$1" <"$2"))); }
processors() { nproc 2>/dev/null || getconf _NPROCESSORS_ONLN; }

# --- npm dependencies ------------------------------------------------------------------------------------------------

build_packages() {
  npm ci --no-audit --no-fund --loglevel=error >build/npm.log 2>&1 || { cat build/npm.log >&2; return 1; }
  step packages "installed from package-lock.json"
}

# --- libseccomp's source ---------------------------------------------------------------------------------------------

# lock KEY [FILE]: what a lock file says; wasm/libseccomp.lock is the one that everything is built from.
lock() { sed -n "s/^$1=//p" "${2:-wasm/libseccomp.lock}"; }
linux() { sed -n "s/^$1=//p" "$linux_lock"; }
linux_lock=$PWD/wasm/linux.lock
docker_lock=$PWD/src/profile/builtin/docker.lock
tarball=build/$(lock file)

# From a local file, from the distribution's source package, from upstream: in that order; only the locked bytes count.
build_source() {
  local from=
  rm -f "$tarball"
  if [ -n "${LIBSECCOMP_SOURCE:-}" ]; then
    cp "$LIBSECCOMP_SOURCE" "$tarball" || return 1
    from="LIBSECCOMP_SOURCE"
  elif from_mirror "$(lock distribution)" "$(lock sha256)" "$PWD/$tarball"; then
    from="the distribution's source package"
  elif from_upstream "$(lock upstream)" "$tarball"; then
    from="upstream's release"
  else
    die "could not fetch libseccomp $(lock version): no source package here and $(lock upstream) is out of reach;
  download it elsewhere and run LIBSECCOMP_SOURCE=/path/to/$(lock file) ./build.sh"
  fi
  if [ "$(digest <"$tarball")" != "$(lock sha256)" ]; then
    rm -f "$tarball"
    die "$from has another sha256 than wasm/libseccomp.lock says ($(lock sha256)); nothing was built from it"
  fi
  step source "libseccomp $(lock version) from $from"
}

# from_mirror PATH SHA256 OUTPUT: apt's own downloader takes the address of the configured mirror, its proxy settings and the
# expected sha256. OUTPUT is an absolute path.
from_mirror() {
  local path=$1 hash=$2 target=$3 helper=/usr/lib/apt/apt-helper mirror
  [ -x $helper ] || return 1
  # shellcheck disable=SC2016 # apt's own variable
  for mirror in $(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | sort -u); do
    if $helper download-file "$mirror$path" "$target" "SHA256:$hash" >/dev/null 2>&1; then return 0; fi
  done
  rm -f "$target"
  return 1
}

# from_upstream URL OUTPUT
from_upstream() {
  if command -v curl >/dev/null; then curl -fsSL --connect-timeout 20 -o "$2" "$1"
  elif command -v wget >/dev/null; then wget -q -T 20 -O "$2" "$1"
  else return 1; fi
}

# is_older RELEASE OTHER
is_older() {
  awk -v one="$1" -v other="$2" 'BEGIN {
    split(one, a, "."); split(other, b, ".")
    for (i = 1; i <= 3; i++) if (a[i] + 0 != b[i] + 0) exit !(a[i] + 0 < b[i] + 0)
    exit 1
  }'
}

# The patches that a release needs. One that upstream has taken says from which release on: Applied-Upstream in its head,
# a field of DEP-3.
needed_patches() {
  local patch applied
  for patch in wasm/patches/*.patch; do
    applied=$(sed -n '/^--- /q;s/^Applied-Upstream: \([0-9.]*\).*/\1/p' "$patch")
    if [ -z "$applied" ] || is_older "$1" "$applied"; then echo "$patch"; fi
  done
}

# The source with our patches. They change the table of system calls, so the lookup code is made from it again, by
# upstream's own script and command (src/Makefile.am); without a change it comes out as the release has it.
build_patched() {
  local patch
  rm -rf build/source
  mkdir -p build/source
  tar -xzf "$tarball" -C build/source --strip-components=1
  needed_patches "$(lock version)" >build/needed-patches
  while read -r patch; do
    # what every patch(1) takes
    (cd build/source && patch -p1 -i "../../$patch") >build/patched.log || { cat build/patched.log >&2; return 1; }
  done <build/needed-patches
  find build/source -name '*.orig' -exec rm {} +
  (
    # upstream's script is written for GNU's sed
    if command -v gsed >/dev/null; then
      mkdir -p build/bin
      ln -sf "$(command -v gsed)" build/bin/sed
      PATH=$PWD/build/bin:$PATH
    fi
    cd build/source/src
    ./arch-gperf-generate syscalls.csv syscalls.perf.template &&
      gperf -m 100 --null-strings --pic -tCEG -T -S1 syscalls.perf >syscalls.perf.c
  ) || return 1
  step patched "build/source, with $(count -l build/needed-patches) patches"
}

# --- the wasm ----------------------------------------------------------------------------------------------------------

# Paths of this machine must not reach the module (assert(3) prints __FILE__), so everything is named relative to the
# source folder.
build_wasm() {
  local source=build/wasm-source exports
  rm -rf $source
  cp -a build/source $source
  cp -r wasm/include $source/host-include
  cp wasm/host.c $source/host.c
  exports=$(sed '/^#/d;s/^/_/' wasm/exports | paste -sd, -)
  (
    cd $source
    flags=(-O3 -flto -Ihost-include -Iinclude -Isrc)
    # The stack is that of older releases, newer ones give 64 kB. From 8 MB on V8 would collect garbage for the memory's sake
    # while a command compiles its one profile.
    memory=(-sTOTAL_STACK=5MB -sINITIAL_MEMORY=6MB -sALLOW_MEMORY_GROWTH=1)
    sources=(host.c)
    for file in src/*.c; do
      case "$file" in src/arch.c | src/arch-syscall-dump.c) ;; *) sources+=("$file") ;; esac
    done
    # arch.c takes its first native architecture from the compiler; wasm32 defines __ILP32__, which would mean x32.
    emcc "${flags[@]}" -D__x86_64__=1 -U__ILP32__ -c src/arch.c -o arch.o &&
      emcc "${flags[@]}" -c "${sources[@]}" &&
      emcc "${flags[@]}" ./*.o -sSTANDALONE_WASM --no-entry "${memory[@]}" -sEXPORTED_FUNCTIONS="$exports" -o libseccomp.wasm
  ) >build/wasm.log 2>&1 || { tail -30 build/wasm.log >&2; return 1; }
  cp $source/libseccomp.wasm build/libseccomp.wasm
  # load.ts finds the module beside itself, in the sources as in the package
  cp build/libseccomp.wasm src/libseccomp/libseccomp.wasm
  {
    echo "/** The release in libseccomp.wasm: made by build.sh of wasm/libseccomp.lock. */"
    echo "export const LIBSECCOMP_VERSION = '$(lock version)';"
  } >src/release.ts
  step wasm "build/libseccomp.wasm, $(count -c build/libseccomp.wasm) bytes, $(($(gzip -9c build/libseccomp.wasm | wc -c))) gzipped, sha256 $(digest <build/libseccomp.wasm | cut -c1-16)"
}

# --- the launcher of sandboxes and the tracer, for each Linux that Node and koffi run on ----------------------------------

# libseccomp's name of the architecture, and clang's.
LAUNCHERS='
x86_64       x86_64-linux-gnu
aarch64      aarch64-linux-gnu
arm          arm-linux-gnueabihf     -march=armv6+fp -marm
riscv64      riscv64-linux-gnu       -mno-relax
ppc64le      powerpc64le-linux-gnu
s390x        s390x-linux-gnu
loongarch64  loongarch64-linux-gnu   -mno-lsx -march=loongarch64
'

# One compiler and linker for all of them: clang and lld 19 or later. Others may know some.
clang_suffix() {
  local suffix
  for suffix in -19 '' -22 -21 -20 -18 -17 -16; do
    if [ -z "$(missing "clang$suffix" "ld.lld$suffix")" ]; then echo "$suffix"; return; fi
  done
  return 1
}

# No C library, no header, no path of this machine, no time: the same bytes wherever the same clang makes them.
build_launcher() {
  local suffix arch target flags program made='' lacking=''
  suffix=$(clang_suffix)
  rm -rf build/launcher
  mkdir -p build/launcher
  : >build/launcher.log
  while read -r arch target flags; do
    if [ -z "$arch" ]; then continue; fi
    for program in launcher tracer; do
      # shellcheck disable=SC2086 # words
      if "clang$suffix" --target="$target" $flags -std=gnu11 -Os -ffreestanding -nostdlib -static -fno-pie \
        -fomit-frame-pointer -fno-stack-protector -fno-asynchronous-unwind-tables -fno-ident -Wall -Wextra -Werror \
        "--ld-path=$(command -v "ld.lld$suffix")" -Wl,--build-id=none -Wl,-z,noexecstack -Wl,--strip-all \
        "native-loader/launcher/$program.c" -o "build/launcher/$program-linux-$arch" 2>>build/launcher.log
      then made+=" $program-linux-$arch"
      else lacking+=" $program-linux-$arch"; fi
    done
  done <<<"$LAUNCHERS"
  {
    echo "NAME-linux-ARCHITECTURE is this package's native-loader/launcher/NAME.c, under its licence (Apache-2.0, see LICENSE),"
    echo "built by its build.sh (./build.sh launcher) with"
    echo "  $("clang$suffix" --version | head -1)"
    (cd build/launcher && "${sha256[@]}" ./*-linux-*) | sed 's/^/  /; s# \./# #'
  } >build/launcher/SOURCE.txt
  if [ -n "$lacking" ]; then
    step launcher "LEFT OUT:$lacking: clang$suffix cannot make them, see build/launcher.log; Node starts the sandboxes there, and records by notification"
  fi
  step launcher "build/launcher/:$made"
}

# --- native libseccomp, the oracle -------------------------------------------------------------------------------------

# Upstream's own build and tools, and its regression programs: linked as upstream does, but not through libtool, which
# takes five times as long.
build_native() {
  rm -rf build/native
  cp -a build/source build/native # with its time stamps: other ones make it call autotools
  (
    cd build/native
    ./configure -q --disable-shared --enable-static &&
      make -s -j"$(processors)" &&
      cd tests &&
      gcc -O2 -I.. -I../include -c util.c -o util.o &&
      printf '%s\n' [0-9]*.c | sed 's/\.c$//' | xargs -P "$(processors)" -I{} \
        gcc -O2 -I.. -I../include {}.c util.o ../src/.libs/libseccomp.a -lpthread -o {}
  ) >build/native.log 2>&1 || { tail -30 build/native.log >&2; return 1; }
  step native "build/native: libseccomp.a, its tools and regression programs"
}

build_oracle() {
  gcc -O2 -Wall -Wextra -Ibuild/native -Ibuild/native/include -Ibuild/native/src test/native/oracle.c wasm/host.c \
    build/native/src/.libs/libseccomp.a -o build/oracle || return 1
  step oracle "build/oracle: native libseccomp behind a line protocol"
}

# The second oracle: the libseccomp of wasm/libseccomp-second.lock as Debian built it, behind the same protocol. What it
# says of notify_used counts for nothing: that reads a structure of this source.
second=wasm/libseccomp-second.lock
build_second() {
  local folder=build/second older
  rm -rf $folder
  mkdir -p $folder
  if ! command -v dpkg-deb >/dev/null || [ "$(uname -m)" != x86_64 ] ||
    ! from_mirror "$(lock library $second)" "$(lock library_sha256 $second)" "$PWD/$folder/library.deb"; then
    step second "LEFT OUT: $(lock library $second) cannot be had here; tests skip what they compare with it"
    return
  fi
  dpkg-deb -x $folder/library.deb $folder/package &&
    cp $folder/package/usr/lib/x86_64-linux-gnu/libseccomp.a $folder/package/usr/include/*.h $folder &&
    gcc -O2 -Wall -Wextra -Ibuild/native -Ibuild/native/include -Ibuild/native/src test/native/oracle.c wasm/host.c \
      $folder/libseccomp.a -o $folder/oracle || return 1
  for older in debian12 debian13; do
    rm -rf $folder/package
    if from_mirror "$(lock $older $second)" "$(lock ${older}_sha256 $second)" "$PWD/$folder/library.deb"; then
      mkdir $folder/$older
      dpkg-deb -x $folder/library.deb $folder/package &&
        cp $folder/package/usr/lib/x86_64-linux-gnu/libseccomp.a $folder/$older || return 1
    else
      step second "LEFT OUT: $(lock $older $second) cannot be had here; no fault is tried with it"
    fi
  done
  rm -rf $folder/package $folder/library.deb
  step second "$folder: libseccomp $(lock version $second) of Debian, behind a line protocol"
}

# Its source, which Debian's archive did not hand out for months: what the patches are tried on as well.
build_second_source() {
  local output
  output=build/$(lock file $second)
  if [ -e "$output" ]; then return; fi
  if from_mirror "$(lock distribution $second)" "$(lock sha256 $second)" "$PWD/$output" ||
    { from_upstream "$(lock upstream $second)" "$output" 2>/dev/null &&
      [ "$(digest <"$output")" = "$(lock sha256 $second)" ]; }; then
    step second "$output can be had now: see CONTRIBUTING.md, A new libseccomp"
    return
  fi
  rm -f "$output"
  step second "NO SOURCE: $(lock file $second) cannot be had here; tests skip what they try on it"
}

build_simulator() {
  gcc -O2 -static -Ibuild/native/tools -Ibuild/native/include test/upstream/scmp-bpf-sim-all.c build/native/tools/util.c \
    build/native/src/.libs/libseccomp.a -o build/scmp-bpf-sim-all || return 1
  step simulator "build/scmp-bpf-sim-all: upstream's simulator for many questions"
}

# The same on a real big-endian machine, as far as one can be had here: cross-compiled for s390x, run by qemu.
build_s390x() {
  local sources=() file
  for file in build/source/src/*.c; do
    case "$file" in */arch-syscall-dump.c) ;; *) sources+=("$file") ;; esac
  done
  s390x-linux-gnu-gcc -O2 -static -w -Ibuild/native -Ibuild/source/include -Ibuild/source/src \
    "${sources[@]}" wasm/host.c test/native/oracle.c -o build/oracle-s390x || return 1
  step s390x "build/oracle-s390x: libseccomp for s390x behind the same protocol"
}

# --- the package -------------------------------------------------------------------------------------------------------

build_bundles() {
  local esbuild=node_modules/.bin/esbuild common entries name outputs scripts
  rm -rf dist .cache # of scmp's start
  common=(--bundle --format=esm --platform=neutral --target=es2022 --log-level=warning --external:node:*)
  # The library: one chunk graph, so that a class is one class whichever entry it came by. zod and koffi stay imports;
  # jsonc-parser comes along, because its CommonJS file breaks other people's bundlers.
  entries=(index=src/index.ts bpf=src/bpf/index.ts minimize=src/bpf/minimize/index.ts loader=native-loader/index.ts)
  for name in check compose explain learn libseccomp profile syscalls testing; do entries+=("$name=src/$name/index.ts"); done
  $esbuild "${entries[@]}" loader-worker=native-loader/worker.ts "${common[@]}" --splitting \
    --main-fields=module,main --external:zod --external:yaml --external:koffi --sourcemap --outdir=dist || return 1
  node scripts/bundle-inline.mjs dist/inline.js || return 1
  # The same for require(), in one chunk graph too: Node before 20.19 cannot require what is ESM. The copies of the types
  # say that they are CommonJS.
  outputs=("${entries[@]%%=*}" inline)
  outputs=("${outputs[@]/#/dist/}")
  node_modules/.bin/rollup "${outputs[@]/%/.js}" --silent --format cjs --dir dist \
    --entryFileNames '[name].cjs' --chunkFileNames 'chunk-[hash].cjs' --external zod,zod/mini,yaml,koffi || return 1
  node scripts/bundle-command.mjs dist || return 1
  chmod +x dist/scmp.cjs
  node_modules/.bin/tsc -p tsconfig.build.json || return 1
  cp -r dist/types dist/types-cjs
  echo '{ "type": "commonjs" }' >dist/types-cjs/package.json
  # libseccomp is LGPL-2.1: its module stays a file of its own, with its licence and source named beside it.
  cp build/libseccomp.wasm dist/libseccomp.wasm
  if [ -d build/launcher ]; then cp -r build/launcher dist/; fi
  node scripts/build-playground.mjs || return 1
  node dist/scmp.cjs schema >dist/schema.json || return 1
  mkdir dist/schemas
  for format in docker spo seccompiler go-seccomp-bpf; do
    node dist/scmp.cjs schema --format "$format" -o "dist/schemas/$format.json" || return 1
  done
  node dist/scmp.cjs man >dist/scmp.1 || return 1
  tar -xzOf "$tarball" "$(lock file | sed 's/\.tar\.gz$//')/LICENSE" >dist/libseccomp.LICENSE.txt
  {
    echo "libseccomp.wasm is libseccomp $(lock version), https://github.com/seccomp/libseccomp, under the LGPL-2.1"
    echo "(libseccomp.LICENSE.txt), built from"
    echo "  $(lock upstream)"
    echo "  sha256 $(lock sha256)"
    echo "with these patches and shims of this package's wasm/ folder, by its build.sh:"
    { cat build/needed-patches; find wasm/host.c wasm/include -type f; } | sort | sed 's/^/  /'
    echo "You may replace the file by your own build: loadLibseccomp({wasm}) takes it from anywhere."
  } >dist/libseccomp.SOURCE.txt
  cp dist/libseccomp.LICENSE.txt dist/libseccomp.SOURCE.txt dist/playground/ # it stands alone on a static host
  scripts=(dist/*.js dist/*.cjs)
  step bundles "dist/: ${#scripts[@]} JavaScript files, types, schema, manual page, libseccomp.wasm"
}

# --- what only the tests need --------------------------------------------------------------------------------------------

# Podman's and Moby's default profiles, and the kernel's headers, from the distribution's packages.
build_testinputs() {
  command -v dpkg-deb >/dev/null || die "Podman's default profile comes from Debian's package of it; there is no dpkg-deb here"
  rm -rf build/test-inputs
  mkdir -p build/test-inputs
  apt_update
  (
    cd build/test-inputs
    apt-get download golang-github-containers-common
    dpkg-deb -x golang-github-containers-common_*.deb package
    cp package/usr/share/containers/seccomp.json podman-default.json
    # Moby's, as packaged with its Go sources
    apt-get download golang-github-docker-docker-dev
    dpkg-deb -x golang-github-docker-docker-dev_*.deb package
    cp "$(find package -path '*profiles/seccomp/default.json')" moby-default.json
    # snapd's template of calls and what each of its interfaces adds, in its Go sources
    apt-get download golang-github-snapcore-snapd-dev
    dpkg-deb -x golang-github-snapcore-snapd-dev_*.deb package
    mkdir snapd
    cp package/usr/share/gocode/src/github.com/snapcore/snapd/interfaces/{seccomp/template,builtin/*}.go snapd/
    rm snapd/*_test.go
    # the one that builtin:docker is compared with
    if from_mirror "$(lock package "$docker_lock")" "$(lock package_sha256 "$docker_lock")" "$PWD/docker.deb"; then
      dpkg-deb -x docker.deb locked
      cp "$(find locked -path '*profiles/seccomp/default.json')" docker-default.json
      rm -rf locked
    fi
    # the kernel's prototypes, constants and system calls, of all architectures: of the Linux that is locked, or where the
    # mirror does not have it any more, prototypes and constants of the distribution's newest
    if from_mirror "$(linux headers)" "$(linux headers_sha256)" "$PWD/linux-headers.deb" &&
      from_mirror "$(linux calls)" "$(linux calls_sha256)" "$PWD/linux-libc-dev.deb"; then
      dpkg-deb -x linux-libc-dev.deb installed
      mkdir -p linux/include/uapi
      cp -r installed/usr/include/linux installed/usr/include/asm-generic linux/include/uapi/
      for folder in installed/usr/lib/linux/uapi/*; do
        mkdir -p "linux/arch/${folder##*/}/include/uapi"
        cp -r "$folder/asm" "linux/arch/${folder##*/}/include/uapi/"
      done
      copied=(include/linux/syscalls.h)
    else
      headers=$(apt-cache search --names-only '^linux-headers-[0-9.]+[^ ]*-common$' | cut -d' ' -f1 | sort -V | tail -1)
      apt-get download "$headers"
      mv linux-headers-*-common*.deb linux-headers.deb
      mkdir linux
      copied=(include/uapi/linux include/uapi/asm-generic include/linux/syscalls.h 'arch/*/include/uapi')
    fi
    dpkg-deb -x linux-headers.deb package
    # shellcheck disable=SC2068 # a pattern
    (cd package/usr/src/linux-headers-*-common && cp -r --parents ${copied[@]} "$OLDPWD/linux")
    rm -rf package installed ./*.deb
    # since when there is which system call: syscalls(2), and the numbers of an older Linux on every architecture
    mkdir older-linux
    if (cd older-linux && apt-get download manpages-dev linux-libc-dev-{amd64,arm64,armhf,hppa,m68k,mips,powerpc,riscv64,s390x,sh4}-cross); then
      dpkg-deb --fsys-tarfile older-linux/manpages-dev_*.deb | tar -xO ./usr/share/man/man2/syscalls.2.gz | gzip -d >syscalls.2
      for headers in older-linux/linux-libc-dev-*.deb; do
        folder=${headers#*/linux-libc-dev-}
        folder=older-linux/${folder%-cross_*}
        mkdir "$folder"
        dpkg-deb --fsys-tarfile "$headers" |
          tar -x -C "$folder" --strip-components=4 --wildcards '*/include/asm/*' '*/include/asm-generic/*' '*/include/linux/version.h'
      done
    else
      rm -rf older-linux
    fi
    rm -f older-linux/*.deb
    # the newest systemd that units are read as: its filters are compared
    mkdir systemd-262
    node ../../scripts/systemd-packages.mjs 262 systemd-262 || rm -rf systemd-262
    # the schema of SARIF 2.1.0, in a package of its authors
    npm pack --silent @microsoft/jest-sarif@1.0.0-beta.0
    tar -xzf microsoft-jest-sarif-*.tgz package/lib/schemas/sarif-2.1.0-rtm.5.json
    mv package/lib/schemas/sarif-2.1.0-rtm.5.json sarif-2.1.0.json
    rm -rf package ./*.tgz
  ) >build/test-inputs.log 2>&1 || { cat build/test-inputs.log >&2; return 1; }
  if [ ! -e build/test-inputs/linux/arch/x86/include/uapi/asm/unistd_64.h ]; then
    step testinputs "LEFT OUT: the mirror has no Linux $(linux version): take a newer one into wasm/linux.lock"
  fi
  if [ ! -e build/test-inputs/syscalls.2 ]; then
    step testinputs "LEFT OUT: the mirror has no headers of other architectures: since when there are calls is compared with nothing"
  fi
  if [ ! -e build/test-inputs/systemd-262 ]; then
    step testinputs "LEFT OUT: the mirror has no systemd 262 as in scripts/systemd-packages.mjs"
  fi
  if [ ! -e build/test-inputs/docker-default.json ]; then
    step testinputs "LEFT OUT: the mirror has no Docker $(lock version "$docker_lock"): take a newer one into $docker_lock"
  fi
  step testinputs "build/test-inputs/: Podman's and Moby's default profiles, snapd's templates, Linux's headers"
}

# Container engines, unpacked: no service is installed, and none starts. A version that the mirror has no more is replaced
# by the one that it has.
engines_lock=test/engines/packages.lock
build_engines() {
  local name version
  command -v dpkg-deb >/dev/null || die "the engines come from Debian's packages; there is no dpkg-deb here"
  rm -rf build/engines
  mkdir -p build/engines/packages
  apt_update
  while read -r name version; do
    (
      cd build/engines/packages
      apt-get download "$name=$version" || { step engines "NOT PINNED: $name $version is gone" >&2 && apt-get download "$name"; }
    ) >>build/engines.log 2>&1 </dev/null || { tail -5 build/engines.log >&2; return 1; }
  done < <(sed '/^#/d' $engines_lock)
  for name in build/engines/packages/*.deb; do
    dpkg-deb --fsys-tarfile "$name" | tar -x -C build/engines --exclude ./usr/share/doc --exclude ./usr/share/man || return 1
  done
  rm -rf build/engines/packages
  step engines "build/engines/: Docker Engine, containerd, Podman, crun"
}

# --- the steps: the tools of each, and what it is made from --------------------------------------------------------------

make_packages() {
  need node npm
  run_step packages node_modules/.package-lock.json package-lock.json "$(node --version 2>/dev/null || true)"
}

make_source() { run_step source "$tarball" wasm/libseccomp.lock; }

make_patched() {
  if is_linux; then need patch gperf; else need patch gperf gsed; fi
  run_step patched build/source/configure "$tarball" wasm/patches
}

make_wasm() {
  local emcc
  need emcc
  # --version of some emcc releases exits with an error when no build has run yet; its first line is what counts.
  emcc=$(emcc --version 2>/dev/null | head -1 || true)
  run_step wasm build/libseccomp.wasm build/stamps/patched wasm/exports wasm/host.c wasm/include "$emcc"
}

# Without it the package works as well: Node, which takes longer, starts its sandboxes.
make_launcher() {
  local suffix
  if ! clang_suffix >/dev/null && can_install && apt-cache show clang-19 lld-19 >/dev/null 2>&1; then
    need clang-19 ld.lld-19
  fi
  if ! suffix=$(clang_suffix); then
    if [ -n "$dry" ] && can_install; then step launcher "would be made"; return; fi
    rm -rf build/launcher
    step launcher "LEFT OUT: there is no clang with lld here; Node starts the sandboxes of this package, and records by notification"
    how_to_install clang-19 ld.lld-19
    return
  fi
  run_step launcher build/launcher/SOURCE.txt native-loader/launcher "$LAUNCHERS" "$("clang$suffix" --version | head -1)"
}

make_bundles() {
  run_step bundles dist/libseccomp.wasm build/libseccomp.wasm build/launcher wasm/libseccomp.lock wasm/patches src native-loader scripts examples tsconfig.json tsconfig.build.json \
    package-lock.json
}

# Made anew each time: a second.
make_vsix() {
  if [ -n "$dry" ]; then step vsix "would be made"; return; fi
  step vsix "$(node scripts/build-vsix.mjs)"
}

make_native() {
  is_linux || linux_only
  need gcc make
  run_step native build/native/src/.libs/libseccomp.a build/stamps/patched "$(gcc -dumpfullversion 2>/dev/null || true)"
}

make_oracle() { run_step oracle build/oracle build/native/src/.libs/libseccomp.a wasm/host.c test/native/oracle.c; }

# What cannot be had is asked for again each time.
make_second() {
  run_step second build/second/oracle build/native/src/.libs/libseccomp.a $second wasm/host.c test/native/oracle.c
  if [ -z "$dry" ]; then build_second_source; fi
}

make_simulator() {
  run_step simulator build/scmp-bpf-sim-all build/native/src/.libs/libseccomp.a test/upstream/scmp-bpf-sim-all.c
}

make_s390x() {
  if [ -n "$(missing s390x-linux-gnu-gcc qemu-s390x-static)" ]; then
    step s390x "left out: $(missing s390x-linux-gnu-gcc qemu-s390x-static)is not here"
    return
  fi
  run_step s390x build/oracle-s390x build/stamps/native wasm/host.c test/native/oracle.c
}

make_testinputs() {
  run_step testinputs build/test-inputs/snapd wasm/linux.lock src/profile/builtin/docker.lock scripts/systemd-packages.mjs
}

# What only tests use, from the distribution: all that no step before them needs.
make_testtools() {
  want bwrap chromium-headless-shell firefox-esr zsh fish groff runc strace python3 lxc-execute /usr/lib/snapd/snap-seccomp firejail nvim skopeo rustc go systemd-nspawn systemd-analyze busybox s390x-linux-gnu-gcc \
    qemu-s390x-static shellcheck
}

make_engines() { run_step engines build/engines/usr/sbin/dockerd $engines_lock; }

make_types() {
  if [ -n "$dry" ]; then step types "would be checked"; return; fi
  node_modules/.bin/tsc -p .
  step types "clean"
}

# Another release of shellcheck has other rules: what it says is shown, and is no error.
SHELLCHECK=0.9.0
make_lint() {
  local version
  if [ -n "$dry" ]; then step lint "would be checked"; return; fi
  node_modules/.bin/biome ci --error-on-warnings .
  node_modules/.bin/knip --no-progress
  if [ -n "$(missing shellcheck)" ]; then
    step shellcheck "left out: it is not here"
  else
    version=$(shellcheck --version | sed -n 's/^version: //p')
    if ! shellcheck build.sh .ci/run examples/demo.sh scripts/run-findings findings/*.sh; then
      if [ "$version" = "$SHELLCHECK" ]; then die "shellcheck $version found the above"; fi
      step shellcheck "$version, not $SHELLCHECK, found the above"
    fi
  fi
  step lint "clean"
}

# --- what was asked for --------------------------------------------------------------------------------------------------

linux_only() { die "native libseccomp, which the tests compare with, is for Linux alone"; }
case "$mode" in --native | --bench | --fuzz) is_linux || linux_only ;; esac
if [ -z "$dry" ]; then mkdir -p build/stamps; fi

if [ -n "$steps" ]; then
  # shellcheck disable=SC2086 # words
  make_steps $steps
  exit
fi

if [ -n "$dry" ]; then
  case "$mode" in
    --wasm) make_steps wasm ;;
    --all | --demo) make_steps packages wasm launcher bundles ;;
    --native) make_steps packages oracle simulator wasm ;;
    --bench | --fuzz) make_steps packages oracle simulator testinputs wasm launcher bundles ;;
    --test)
      if is_linux; then make_steps packages oracle second simulator engines wasm launcher bundles types lint s390x
      else make_steps packages wasm launcher bundles types lint; fi
      ;;
  esac
  case "$mode" in
    --test | --bench | --fuzz | --demo) step "${mode#--}" "would be run" ;;
  esac
  exit
fi

# What takes a processor and what waits for a mirror, side by side. What each needs is made before it is started.
installing=
if [ "$mode" != --wasm ]; then
  need node npm # here, not there: apt works for one at a time
  start make_steps packages
  installing=$!
fi
make_steps patched
native=
case "$mode" in
  --native | --bench | --fuzz) native=1 ;;
  --test) if is_linux; then native=1; else step native "left out: it is for Linux alone"; fi ;;
esac
if [ -n "$native" ]; then
  need gcc make
  start make_steps oracle simulator
fi
need emcc
case "$mode" in --wasm | --native) ;; *) make_steps launcher ;; esac
case "$mode" in
  --test) if [ -n "$native" ]; then start make_steps engines; fi ;;
  --bench | --fuzz) start make_steps testinputs ;;
esac
make_steps wasm
if [ "$mode" = --wasm ]; then exit 0; fi
wait "$installing" || exit 1
made+=" packages"
if [ "$mode" = --test ]; then start make_steps types; fi
if [ "$mode" != --native ]; then make_steps bundles; fi
finish

case "$mode" in
  --test)
    made+=" native"
    make_steps lint
    if [ -n "$native" ]; then make_steps s390x second; fi
    exec node_modules/.bin/vitest run
    ;;
  --bench | --fuzz)
    program=${mode#--}
    node_modules/.bin/esbuild "bench/$program.ts" --bundle --format=esm --platform=node --target=node20 \
      --main-fields=module,main --log-level=warning --external:esbuild --external:playwright-core --outfile="build/bench/$program.mjs" \
      --banner:js="import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);"
    exec node "build/bench/$program.mjs" "$@"
    ;;
  --demo) exec examples/demo.sh ;;
esac
