#!/usr/bin/env bash
# Everything from a fresh clone to a working package, in one command. Run it again at any time: a step whose inputs did
# not change is passed over.
#
#   ./build.sh            npm dependencies, emscripten, libseccomp's source, the wasm, the bundles in dist/
#   ./build.sh --wasm     only up to build/libseccomp.wasm (needs emcc, gperf and patch, no npm)
#   ./build.sh --native   also native libseccomp from the same source and patches: what the tests compare with
#   ./build.sh --test     all of it, and every test (what `npm test` and CI run)
#   ./build.sh --bench    all of it, and the figures of the README
#   ./build.sh --fuzz     all of it, then random work on the wasm compared with native, and random profiles with an evaluator
#                         of their own: [--count N] [--profiles N] [--seed S]
#   ./build.sh --demo     build, then compile a container profile and run a command under it
#
# Variables:
#   LIBSECCOMP_SOURCE     a local copy of libseccomp's release tarball (its sha256 is checked like any other's)
set -euo pipefail
cd "$(dirname "$0")"
export LC_ALL=C

mode=${1:---all}
case "$mode" in
  --all | --wasm | --native | --test | --bench | --fuzz | --demo) ;;
  -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "$0"; exit 0 ;;
  *) echo "build.sh: unknown option $mode (see ./build.sh --help)" >&2; exit 2 ;;
esac

step() { printf '%-12s %s\n' "$1" "$2"; }
die() { echo "build.sh: $*" >&2; exit 1; }

# --- what the distribution has to provide --------------------------------------------------------------------------

# A tool is 'COMMAND PACKAGE...': a command, and the distribution's packages that bring it.
apt_updated=
apt_update() {
  if [ -n "$apt_updated" ] || ! can_install; then return; fi
  apt-get update >build/apt.log 2>&1 || true # an old list may still do; what follows says if not
  apt_updated=1
}

can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

# need TOOL...: the commands on PATH, else their packages where we may install them, all in one go, else say so.
need() {
  local tool commands=() packages=()
  for tool in "$@"; do
    if command -v "${tool%% *}" >/dev/null; then continue; fi
    commands+=("${tool%% *}")
    packages+=(${tool#* })
  done
  if [ ${#commands[@]} = 0 ]; then return; fi
  can_install || die "missing: ${commands[*]}; install what brings them (Debian, Ubuntu:
  apt-get install --no-install-recommends ${packages[*]}), then run this again"
  apt_update
  # Whoever stops this script does not stop dpkg halfway.
  (trap '' INT TERM; DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}") \
    >>build/apt.log 2>&1 || die "installing ${packages[*]} failed, see build/apt.log"
  hash -r
  for tool in "${commands[@]}"; do
    command -v "$tool" >/dev/null || die "its package was installed, but $tool is still not on PATH"
  done
  step tools "installed the distribution's packages ${packages[*]}"
}

# want TOOL...: as need, for what only some tests use: without them and no way to install them, those are skipped (and
# fail in CI).
want() {
  local tool
  if [ -n "${CI:-}" ] || can_install; then need "$@"; return; fi
  for tool in "$@"; do
    command -v "${tool%% *}" >/dev/null ||
      step "${tool%% *}" "MISSING (Debian's package: ${tool#* }); the tests that use it will be skipped"
  done
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
digest() { sha256sum | cut -d' ' -f1; }
inputs() { { declare -f "build_$1"; shift; for input in "$@"; do
  if [ -d "$input" ]; then find "$input" -type f -print0 | sort -z | xargs -0 sha256sum
  elif [ -e "$input" ]; then sha256sum "$input"
  else echo "$input"; fi
done; } | digest; }

# run_step NAME OUTPUT INPUT...: call build_NAME unless OUTPUT is there and made from just these inputs.
run_step() {
  local name=$1 output=$2 stamp=build/stamps/$1 state
  shift 2
  state=$(inputs "$name" "$@")
  if [ -e "$output" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$state" ]; then
    step "$name" "up to date"
    return
  fi
  rm -f "$stamp"
  mkdir -p build/stamps
  "build_$name" || die "step $name failed"
  echo "$state" >"$stamp"
}

# --- npm dependencies ------------------------------------------------------------------------------------------------

build_packages() {
  npm ci --no-audit --no-fund --loglevel=error >build/npm.log 2>&1 || { cat build/npm.log >&2; return 1; }
  step packages "installed from package-lock.json"
}

# --- libseccomp's source ---------------------------------------------------------------------------------------------

lock() { sed -n "s/^$1=//p" wasm/libseccomp.lock; }
tarball=build/$(lock file)

# From a local file, from the distribution's source package, from upstream: in that order; only the locked bytes count.
build_source() {
  local from=
  rm -f "$tarball"
  if [ -n "${LIBSECCOMP_SOURCE:-}" ]; then
    cp "$LIBSECCOMP_SOURCE" "$tarball" || return 1
    from="LIBSECCOMP_SOURCE"
  elif from_distribution; then
    from="the distribution's source package"
  elif from_upstream; then
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

# apt's own downloader takes the address of the configured mirror, its proxy settings and the expected sha256.
from_distribution() {
  local helper=/usr/lib/apt/apt-helper mirror
  [ -x $helper ] || return 1
  for mirror in $(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | sort -u); do
    if $helper download-file "$mirror$(lock distribution)" "$PWD/$tarball" "SHA256:$(lock sha256)" >/dev/null 2>&1; then
      return 0
    fi
  done
  rm -f "$tarball"
  return 1
}

from_upstream() {
  local url
  url=$(lock upstream)
  if command -v curl >/dev/null; then curl -fsSL --connect-timeout 20 -o "$tarball" "$url"
  elif command -v wget >/dev/null; then wget -q -T 20 -O "$tarball" "$url"
  else return 1; fi
}

# The source with our patches. They change the table of system calls, so the lookup code is made from it again, by
# upstream's own script and command (src/Makefile.am); without a change it comes out as the release has it.
build_patched() {
  local patch
  rm -rf build/source
  mkdir -p build/source
  tar -xzf "$tarball" -C build/source --strip-components=1
  for patch in "$PWD"/wasm/patches/*.patch; do
    patch -d build/source -p1 -s --no-backup-if-mismatch <"$patch" || return 1
  done
  (
    cd build/source/src
    ./arch-gperf-generate syscalls.csv syscalls.perf.template &&
      gperf -m 100 --null-strings --pic -tCEG -T -S1 syscalls.perf >syscalls.perf.c
  ) || return 1
  step patched "build/source, with $(ls wasm/patches/*.patch | wc -l) patches"
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
  exports=$(sed '/^#/d;s/^/_/' wasm/exports | paste -sd,)
  (
    cd $source
    flags=(-O3 -flto -Ihost-include -Iinclude -Isrc)
    # The stack is that of older releases, newer ones give 64 kB. From 8 MB on V8 would collect garbage for the memory's sake
    # while a command compiles its one profile.
    memory=(-sTOTAL_STACK=5MB -sINITIAL_MEMORY=6MB -sALLOW_MEMORY_GROWTH=1)
    # arch.c takes its first native architecture from the compiler; wasm32 defines __ILP32__, which would mean x32.
    emcc "${flags[@]}" -D__x86_64__=1 -U__ILP32__ -c src/arch.c -o arch.o &&
      emcc "${flags[@]}" -c $(ls src/*.c host.c | grep -vxF -e src/arch.c -e src/arch-syscall-dump.c) &&
      emcc "${flags[@]}" *.o -sSTANDALONE_WASM --no-entry "${memory[@]}" -sEXPORTED_FUNCTIONS="$exports" -o libseccomp.wasm
  ) >build/wasm.log 2>&1 || { tail -30 build/wasm.log >&2; return 1; }
  cp $source/libseccomp.wasm build/libseccomp.wasm
  # load.ts finds the module beside itself, in the sources as in the package
  cp build/libseccomp.wasm src/libseccomp/libseccomp.wasm
  step wasm "build/libseccomp.wasm, $(wc -c <build/libseccomp.wasm) bytes, $(gzip -9c build/libseccomp.wasm | wc -c) gzipped, sha256 $(digest <build/libseccomp.wasm | cut -c1-16)"
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
      make -s -j"$(nproc)" &&
      cd tests &&
      gcc -O2 -I.. -I../include -c util.c -o util.o &&
      printf '%s\n' [0-9]*.c | sed 's/\.c$//' | xargs -P "$(nproc)" -I{} \
        gcc -O2 -I.. -I../include {}.c util.o ../src/.libs/libseccomp.a -lpthread -o {}
  ) >build/native.log 2>&1 || { tail -30 build/native.log >&2; return 1; }
  step native "build/native: libseccomp.a, its tools and regression programs"
}

build_oracle() {
  gcc -O2 -Wall -Wextra -Ibuild/native -Ibuild/native/include -Ibuild/native/src test/native/oracle.c wasm/host.c \
    build/native/src/.libs/libseccomp.a -o build/oracle || return 1
  step oracle "build/oracle: native libseccomp behind a line protocol"
}

build_simulator() {
  gcc -O2 -static -Ibuild/native/tools -Ibuild/native/include test/upstream/scmp-bpf-sim-all.c build/native/tools/util.c \
    build/native/src/.libs/libseccomp.a -o build/scmp-bpf-sim-all || return 1
  step simulator "build/scmp-bpf-sim-all: upstream's simulator for many questions"
}

# The same on a real big-endian machine, as far as one can be had here: cross-compiled for s390x, run by qemu.
build_s390x() {
  s390x-linux-gnu-gcc -O2 -static -w -Ibuild/native -Ibuild/source/include -Ibuild/source/src \
    $(ls build/source/src/*.c | grep -v arch-syscall-dump) wasm/host.c test/native/oracle.c -o build/oracle-s390x || return 1
  step s390x "build/oracle-s390x: libseccomp for s390x behind the same protocol"
}

# --- the package -------------------------------------------------------------------------------------------------------

build_bundles() {
  local esbuild=node_modules/.bin/esbuild common
  rm -rf dist
  common=(--bundle --format=esm --platform=neutral --target=es2022 --log-level=warning --external:node:*)
  # The library: one chunk graph, so that a class is one class whichever entry it came by. zod and koffi stay imports;
  # jsonc-parser comes along, because its CommonJS file breaks other people's bundlers.
  $esbuild src/index.ts bpf=src/bpf/index.ts testing=src/testing/index.ts loader=native-loader/index.ts \
    loader-worker=native-loader/worker.ts "${common[@]}" --splitting \
    --main-fields=module,main --external:zod --external:yaml --external:koffi --sourcemap --outdir=dist || return 1
  node scripts/bundle-inline.mjs dist/inline.js || return 1
  # The same for require(), in one chunk graph too: Node before 20.19 cannot require what is ESM. The copies of the types
  # say that they are CommonJS.
  node_modules/.bin/rollup dist/{index,bpf,testing,loader,inline}.js --silent --format cjs --dir dist \
    --entryFileNames '[name].cjs' --chunkFileNames 'chunk-[hash].cjs' --external zod,zod/mini,yaml,koffi || return 1
  node scripts/bundle-command.mjs dist || return 1
  chmod +x dist/scmp.cjs
  node_modules/.bin/tsc -p tsconfig.build.json || return 1
  cp -r dist/types dist/types-cjs
  echo '{ "type": "commonjs" }' >dist/types-cjs/package.json
  # libseccomp is LGPL-2.1: its module stays a file of its own, with its licence and source named beside it.
  cp build/libseccomp.wasm dist/libseccomp.wasm
  node scripts/build-playground.mjs || return 1
  node dist/scmp.cjs schema >dist/schema.json || return 1
  node dist/scmp.cjs man >dist/scmp.1 || return 1
  tar -xzOf "$tarball" "$(lock file | sed 's/\.tar\.gz$//')/LICENSE" >dist/libseccomp.LICENSE.txt
  {
    echo "libseccomp.wasm is libseccomp $(lock version), https://github.com/seccomp/libseccomp, under the LGPL-2.1"
    echo "(libseccomp.LICENSE.txt), built from"
    echo "  $(lock upstream)"
    echo "  sha256 $(lock sha256)"
    echo "with these patches and shims of this package's wasm/ folder, by its build.sh:"
    (ls wasm/patches/*.patch wasm/host.c; find wasm/include -type f | sort) | sed 's/^/  /'
    echo "You may replace the file by your own build: loadLibseccomp({wasm}) takes it from anywhere."
  } >dist/libseccomp.SOURCE.txt
  cp dist/libseccomp.LICENSE.txt dist/libseccomp.SOURCE.txt dist/playground/ # it stands alone on a static host
  step bundles "dist/: $(ls dist/*.js dist/*.cjs | wc -l) JavaScript files, types, schema, manual page, libseccomp.wasm"
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
    # the kernel's prototypes and constants, of all architectures
    headers=$(apt-cache search --names-only '^linux-headers-[0-9.]+[^ ]*-common$' | cut -d' ' -f1 | sort -V | tail -1)
    apt-get download "$headers"
    dpkg-deb -x linux-headers-*.deb package
    mkdir linux
    (cd package/usr/src/linux-headers-*-common &&
      cp -r --parents include/uapi/linux include/uapi/asm-generic include/linux/syscalls.h arch/*/include/uapi "$OLDPWD/linux")
    rm -rf package ./*.deb
    # the schema of SARIF 2.1.0, in a package of its authors
    npm pack --silent @microsoft/jest-sarif@1.0.0-beta.0
    tar -xzf microsoft-jest-sarif-*.tgz package/lib/schemas/sarif-2.1.0-rtm.5.json
    mv package/lib/schemas/sarif-2.1.0-rtm.5.json sarif-2.1.0.json
    rm -rf package ./*.tgz
  ) >build/test-inputs.log 2>&1 || { cat build/test-inputs.log >&2; return 1; }
  step testinputs "build/test-inputs/: Podman's and Moby's default profiles, Linux's headers"
}

# --- the steps in order --------------------------------------------------------------------------------------------------

make_packages() { run_step packages node_modules/.package-lock.json package-lock.json "$(node --version)"; }

make_wasm() {
  local emcc
  # --version of some emcc releases exits with an error when no build has run yet; its first line is what counts.
  emcc=$(emcc --version 2>/dev/null | head -1 || true)
  run_step wasm build/libseccomp.wasm build/stamps/patched wasm/exports wasm/host.c wasm/include "$emcc"
}

make_oracle() {
  run_step native build/native/src/.libs/libseccomp.a build/stamps/patched "$(gcc -dumpfullversion)"
  run_step oracle build/oracle build/native/src/.libs/libseccomp.a wasm/host.c test/native/oracle.c
  run_step simulator build/scmp-bpf-sim-all build/native/src/.libs/libseccomp.a test/upstream/scmp-bpf-sim-all.c
}

make_testinputs() { run_step testinputs build/test-inputs/linux; }

# What only tests use, from the distribution: all that no step before them needs.
make_testtools() {
  want 'bwrap bubblewrap' 'chromium-headless-shell chromium-headless-shell' 'zsh zsh' 'fish fish' 'groff groff-base' 'runc runc' 'strace strace' \
    'python3 python3' 'systemd-analyze systemd' 'busybox busybox-static' \
    's390x-linux-gnu-gcc gcc-s390x-linux-gnu libc6-dev-s390x-cross' 'qemu-s390x-static qemu-user-static'
  make_testinputs
}

make_s390x() {
  if ! command -v s390x-linux-gnu-gcc >/dev/null || ! command -v qemu-s390x-static >/dev/null; then return; fi
  run_step s390x build/oracle-s390x build/stamps/native wasm/host.c test/native/oracle.c
}

make_types() {
  node_modules/.bin/tsc -p .
  step types "clean"
}

make_lint() {
  node_modules/.bin/biome ci --error-on-warnings .
  step lint "clean"
}

mkdir -p build/stamps
if [ "$mode" != --wasm ]; then
  need 'node nodejs' 'npm npm'
  start make_packages
  packages=$!
fi
tools=('patch patch' 'gperf gperf')
case "$mode" in --native | --test | --bench | --fuzz) tools+=('gcc gcc libc6-dev' 'make make') ;; esac
need "${tools[@]}"
run_step source "$tarball" wasm/libseccomp.lock
run_step patched build/source/configure "$tarball" wasm/patches

# From here on what takes a processor and what waits for a mirror, side by side.
case "$mode" in --native | --test | --bench | --fuzz) start make_oracle ;; esac
need 'emcc emscripten'
case "$mode" in
  --test) start make_testtools ;;
  --bench | --fuzz) start make_testinputs ;;
esac
make_wasm
if [ "$mode" = --wasm ]; then exit 0; fi
wait "$packages" || exit 1
if [ "$mode" = --test ]; then start make_types; fi
if [ "$mode" != --native ]; then
  run_step bundles dist/libseccomp.wasm build/libseccomp.wasm wasm/libseccomp.lock wasm/patches src native-loader scripts examples tsconfig.json tsconfig.build.json \
    package-lock.json
fi
finish

case "$mode" in
  --test)
    make_lint
    make_s390x
    exec node_modules/.bin/vitest run
    ;;
  --bench | --fuzz)
    program=${mode#--}
    node_modules/.bin/esbuild "bench/$program.ts" --bundle --format=esm --platform=node --target=node20 \
      --main-fields=module,main --log-level=warning --external:esbuild --external:playwright-core --outfile="build/bench/$program.mjs" \
      --banner:js="import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);"
    exec node "build/bench/$program.mjs" "${@:2}"
    ;;
  --demo) exec examples/demo.sh ;;
esac
