# What the scripts share. Sourced, with the project's root as the working directory.
# shellcheck shell=bash

export LC_ALL=C.UTF-8
BUILD=$PWD/.build
say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# install PACKAGE…: Debian packages that are not there yet. Elsewhere the user is told what is missing.
install() {
  command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || return 0
  local missing=() package
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  local sudo=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "missing: ${missing[*]} (install them with apt-get, as root)"
    sudo=(sudo)
  fi
  say "installing ${missing[*]}"
  "${sudo[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
    die "apt-get could not install: ${missing[*]}"
}

# need WHAT COMMAND…: stops with a sentence unless the command succeeds.
need() {
  local what=$1
  shift
  "$@" >/dev/null 2>&1 || die "missing: $what"
}

# background COMMAND…: its number is in $! then. Whatever is in the background when the script ends is ended.
background() {
  set -m # for a process group of its own
  {
    set +m
    end_with_script
    "$@"
  } </dev/null &
  set +m
}
# give_way JOB: of `background`, to what runs beside it.
give_way() { renice -n 10 -g "$1" >/dev/null 2>&1 || true; }
# wait_for JOB: which gives way no longer, where that may be taken back.
wait_for() {
  renice -n 0 -g "$1" >/dev/null 2>&1 || true
  wait "$1"
}
end_with_script() {
  trap end_jobs EXIT
  trap 'exit 130' INT TERM
}
end_jobs() {
  local job
  # Each leads a group, as timeout does. Bash's own kill takes another group for it where the job was started without job control.
  for job in $(jobs -p); do env kill -- "-$job" 2>/dev/null || true; done
}

# What building the C core takes, as Debian's packages.
CORE_PACKAGES=(cmake make gcc pkg-config libcurl4-openssl-dev libwebsockets-dev libuv1-dev libssl-dev)

# What building takes.
prepare_build() {
  command -v swift >/dev/null || die "missing: Swift 6.1 or newer, from https://www.swift.org/install"
  install "${CORE_PACKAGES[@]}"
  need "cmake" command -v cmake
  need "a C compiler" command -v cc
  need "pkg-config" command -v pkg-config
  local library
  for library in libcurl libwebsockets libuv openssl zlib; do
    need "$library with its headers" pkg-config --exists "$library"
  done
}

# Where Swift and the clang that belongs to it are installed.
swift_toolchain() { dirname "$(dirname "$(readlink -f "$(command -v swift)")")"; }

# build_core [SANITIZERS [COMPILER]]: libcsio and the test server, in a private prefix. What Swift links takes no other COMPILER.
build_core() {
  local sanitizers=${1:-} name=csio${1:+-${1//,/-}}${2:+-$2} compiler=()
  if [ -n "${2:-}" ]; then
    compiler=(-DCMAKE_C_COMPILER="$2")
  elif [ -n "$sanitizers" ]; then
    # The sanitizers' runtime must be the one that Swift links; its thread sanitizer knows of Dispatch, and so needs it.
    local toolchain
    toolchain=$(swift_toolchain)
    compiler=(-DCMAKE_C_COMPILER="$toolchain/bin/clang")
    [ "$sanitizers" != thread ] || compiler+=(
      -DCMAKE_EXE_LINKER_FLAGS="-L$toolchain/lib/swift/linux -ldispatch -lBlocksRuntime -Wl,-rpath,$toolchain/lib/swift/linux")
  fi
  CORE_BUILD=$BUILD/$name-build
  CORE_PREFIX=$BUILD/$name
  local log=$CORE_BUILD.log
  say "building the C core${2:+ by $2}${sanitizers:+ with -fsanitize=$sanitizers}"
  cmake -S . -B "$CORE_BUILD" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_INSTALL_PREFIX="$CORE_PREFIX" \
    -DCMAKE_INSTALL_LIBDIR=lib -DCSIO_SHARED=OFF -DCSIO_WERROR=ON -DCSIO_SANITIZE="$sanitizers" "${compiler[@]}" \
    >"$log" || die "$(tail -n 30 "$log")"
  cmake --build "$CORE_BUILD" -j "$(nproc)" >"$log" 2>&1 || die "$(tail -n 40 "$log")"
  cmake --install "$CORE_BUILD" >"$log" || die "$(tail -n 30 "$log")"
  export PKG_CONFIG_PATH=$CORE_PREFIX/lib/pkgconfig
  export SOCKETIO_TEST_SERVER=$CORE_PREFIX/bin/socketio-test-server
}

# forget_stale_links FOLDER: removes the programs in FOLDER that are linked with another C library than the one there is now, so that they
# are linked again. Neither SwiftPM nor a CMake project that finds the library by pkg-config notices that it has changed.
forget_stale_links() {
  local library
  library=$(cksum <"$(pkg-config --variable=libdir csio)/libcsio.a") || return
  [ "$(cat "$1/.csio" 2>/dev/null)" != "$library" ] || return 0
  mkdir -p "$1"
  find "$1/" -maxdepth 1 \( -type f -perm -u+x -o -name '*.xctest' \) -exec rm -rf {} +
  printf '%s' "$library" >"$1/.csio"
}

# build_swift OPTIONS…: swift build, with the C core that build_core made.
# SwiftPM passes the traits to the compiler in the order of a hash table, which differs from process to process unless hashing is
# deterministic; another order is another command, for which it compiles everything again.
build_swift() {
  forget_stale_links "$(swift build "$@" --show-bin-path)"
  SWIFT_DETERMINISTIC_HASHING=1 swift build "$@"
}

# A virtual environment with the servers and suites written in Python.
prepare_python() {
  install python3 python3-venv
  need "python3 with venv" python3 -c 'import venv, ensurepip'
  local requirements=(Tests/{InteropTests,Conformance,Acceptance,Cluster}/requirements.txt) stamp
  stamp=$(cat "${requirements[@]}" | cksum)
  if [ "$(cat "$BUILD/venv/.stamp" 2>/dev/null)" != "$stamp" ]; then
    say "installing the Python packages of the tests"
    rm -rf "$BUILD/venv"
    python3 -m venv "$BUILD/venv"
    "$BUILD/venv/bin/pip" install -q --disable-pip-version-check $(printf -- '-r %s ' "${requirements[@]}") ||
      die "pip could not install the Python packages"
    printf '%s' "$stamp" >"$BUILD/venv/.stamp"
  fi
  export SOCKETIO_PYTHON=$BUILD/venv/bin/python
}
