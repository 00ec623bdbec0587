# Shared by the scripts, which source it with the project's root as the working directory.
# shellcheck shell=bash

# With --help, each script prints the comment at its top.
case ${1:-} in
  --help | -h)
    help=scripts/${0##*/}
    [ -f "$help" ] || help=.ci/${0##*/}
    sed -n '2,${/^#/!q; s/^# \{0,1\}//p; }' "$help"
    exit
    ;;
esac

export LC_ALL=C.UTF-8
BUILD=$PWD/.build
say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

cores() { getconf _NPROCESSORS_ONLN; }

# install PACKAGE…: installs missing Debian packages. On other systems `need` reports what is missing.
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

# need WHAT COMMAND…: exits with a message unless the command succeeds.
need() {
  local what=$1
  shift
  "$@" >/dev/null 2>&1 || die "missing: $what"
}

# background COMMAND…: runs it in the background, as job $!. Background jobs are stopped when the script ends.
background() {
  set -m # for a process group of its own
  {
    set +m
    end_with_script
    "$@"
  } </dev/null &
  set +m
}
# give_way JOB: lowers the priority of a job of `background`.
give_way() { renice -n 10 -g "$1" >/dev/null 2>&1 || true; }
# wait_for JOB: restores its priority, if that is allowed, and waits for it.
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
  # Each job leads a process group, as timeout does. Bash's built-in kill would pick another group for jobs started
  # without job control.
  for job in $(jobs -p); do env kill -- "-$job" 2>/dev/null || true; done
}

# The Debian packages needed to build the C core.
CORE_PACKAGES=(cmake make gcc pkg-config libcurl4-openssl-dev libwebsockets-dev libuv1-dev libssl-dev)

# Checks for, and on Debian installs, what the build needs.
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

# The folder in which Swift and its own clang are installed. The compiler is asked, since `swift` may be a wrapper.
swift_toolchain() { swiftc -print-target-info | sed -n 's|.*"runtimeResourcePath": "\(.*\)/lib/swift".*|\1|p'; }

# build_core [SANITIZERS [COMPILER]]: builds libcsio and the test server in a private prefix. With a COMPILER of its
# own, the result is not meant to be linked by Swift.
build_core() {
  local sanitizers=${1:-} name=csio${1:+-${1//,/-}}${2:+-$2} compiler=()
  if [ -n "${2:-}" ]; then
    compiler=(-DCMAKE_C_COMPILER="$2")
  elif [ -n "$sanitizers" ]; then
    # The sanitizers' runtime must be the one that Swift links. Swift's thread sanitizer also needs Dispatch.
    local toolchain
    toolchain=$(swift_toolchain)
    compiler=(-DCMAKE_C_COMPILER="$toolchain/bin/clang")
    [ "$sanitizers" != thread ] || compiler+=(
      -DCMAKE_EXE_LINKER_FLAGS="-L$toolchain/lib/swift/linux -ldispatch -lBlocksRuntime -Wl,-rpath,$toolchain/lib/swift/linux")
  fi
  CORE_BUILD=$BUILD/$name-build
  CORE_PREFIX=$BUILD/$name
  local log=$CORE_BUILD.log start=$SECONDS
  say "building the C core${2:+ by $2}${sanitizers:+ with -fsanitize=$sanitizers}"
  cmake -S . -B "$CORE_BUILD" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_INSTALL_PREFIX="$CORE_PREFIX" \
    -DCMAKE_INSTALL_LIBDIR=lib -DCSIO_SHARED=OFF -DCSIO_WERROR=ON -DCSIO_SANITIZE="$sanitizers" "${compiler[@]}" \
    >"$log" || die "$(tail -n 30 "$log")"
  cmake --build "$CORE_BUILD" -j "$(cores)" >"$log" 2>&1 || die "$(tail -n 40 "$log")"
  cmake --install "$CORE_BUILD" >"$log" || die "$(tail -n 30 "$log")"
  say "built the C core, $((SECONDS - start)) s"
  export PKG_CONFIG_PATH=$CORE_PREFIX/lib/pkgconfig
  export SOCKETIO_TEST_SERVER=$CORE_PREFIX/bin/socketio-test-server
}

# What the scripts build and test: all traits but BundledCore, which would replace the C core of build_core. Shared by
# all, since other traits compile everything again.
# shellcheck disable=SC2034,SC2054 # The scripts use it, and the commas are SwiftPM's.
TRAITS=(--traits default,Metrics,ServiceLifecycle)

# forget_stale_links FOLDER: removes the programs in FOLDER that were linked with an older C library, so that they are
# linked again. SwiftPM does not notice that the library has changed, nor does a CMake project that finds it by
# pkg-config.
forget_stale_links() {
  local library
  library=$(cksum <"$(pkg-config --variable=libdir csio)/libcsio.a") || return
  [ "$(cat "$1/.csio" 2>/dev/null)" != "$library" ] || return 0
  mkdir -p "$1"
  find "$1/" -maxdepth 1 \( -type f -perm -u+x -o -name '*.xctest' \) -exec rm -rf {} +
  printf '%s' "$library" >"$1/.csio"
}

# build_swift OPTIONS…: swift build with the C core from build_core. Deterministic hashing keeps SwiftPM from passing
# the traits to the compiler in a different order each time, which would recompile everything.
build_swift() {
  forget_stale_links "$(swift build "$@" --show-bin-path)"
  SWIFT_DETERMINISTIC_HASHING=1 swift build "$@"
}

# build_neighbours: makes the modules of swift-nio, without code, for the test that imports them beside this library.
build_neighbours() {
  swift build --package-path Tests/NameClash --scratch-path "$BUILD/neighbours" --experimental-prepare-for-indexing
}

# build_to_install PREFIX: builds what users install, to be installed there: libcsio, the test server, and sio with all
# of Swift inside and without symbols. On macOS, Swift is a part of the system. Sets INSTALL_BUILD.
build_to_install() {
  local options=(-c release --product sio --traits BundledCore --scratch-path "$BUILD/install-sio") log=$BUILD/install.log
  [ "$(uname)" = Darwin ] || options+=(--static-swift-stdlib -Xlinker -s)
  INSTALL_BUILD=$BUILD/install-build
  say "building sio; this takes a few minutes"
  SWIFT_DETERMINISTIC_HASHING=1 swift build "${options[@]}" >"$log" 2>&1 || die "$(tail -n 40 "$log")"
  say "building libcsio and socketio-test-server"
  cmake -S . -B "$INSTALL_BUILD" -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$1" -DCSIO_TESTS=OFF \
    -DSIO_PROGRAM="$(swift build "${options[@]}" --show-bin-path)/sio" >"$log" || die "$(tail -n 30 "$log")"
  cmake --build "$INSTALL_BUILD" -j "$(cores)" >"$log" 2>&1 || die "$(tail -n 40 "$log")"
}

# Creates a virtual environment with the Python servers and test suites.
prepare_python() {
  install python3 python3-venv
  need "python3 with venv" python3 -c 'import venv, ensurepip'
  local requirements=(Tests/{InteropTests,Conformance,Acceptance,Cluster}/requirements.txt) stamp
  stamp=$(cat "${requirements[@]}" | cksum)
  if [ "$(cat "$BUILD/venv/.stamp" 2>/dev/null)" != "$stamp" ]; then
    say "installing the Python packages of the tests"
    rm -rf "$BUILD/venv"
    python3 -m venv "$BUILD/venv"
    "$BUILD/venv/bin/pip" install -q --disable-pip-version-check "${requirements[@]/#/--requirement=}" ||
      die "pip could not install the Python packages"
    printf '%s' "$stamp" >"$BUILD/venv/.stamp"
  fi
  export SOCKETIO_PYTHON=$BUILD/venv/bin/python
}
