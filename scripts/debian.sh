# Minimal Debian systems to test in, created by debootstrap in .build and kept there. Sourced after lib.sh.
# shellcheck shell=bash

# can_make_systems: whether this machine can; says why not.
can_make_systems() {
  [ "$(id -u)" = 0 ] || { say "this needs root"; return 1; }
  (install debootstrap) >/dev/null 2>&1 || true
  command -v debootstrap >/dev/null || { say "debootstrap is not installed"; return 1; }
  unshare --mount true 2>/dev/null || { say "mounting is not allowed here"; return 1; }
}

# inside SYSTEM COMMAND…: runs it in a system, with /dev, /proc and the folders in BIND mounted for as long as it runs.
BIND=()
inside() {
  local root=$1
  shift
  unshare --mount sh -ec '
    root=$1
    shift
    mount --bind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    while [ "$1" != -- ]; do
      mkdir -p "$root$1"
      mount --bind "$1" "$root$1"
      shift
    done
    shift
    exec chroot "$root" "$@"
  ' sh "$root" ${BIND[@]+"${BIND[@]}"} -- env -i HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# Copies what this machine uses to download packages: a Debian mirror, proxies, certificates.
take_over_network() {
  local root=$1
  cp /etc/resolv.conf /etc/hosts "$root/etc/"
  { grep -ls '^ *Acquire' /etc/apt/apt.conf /etc/apt/apt.conf.d/* || true; } | while read -r file; do
    cp "$file" "$root/etc/apt/apt.conf.d/"
  done
  mkdir -p "$root/etc/ssl" "$root/usr/local/share"
  cp -RL /etc/ssl/certs "$root/etc/ssl/"
  cp -R /usr/local/share/ca-certificates "$root/usr/local/share/" 2>/dev/null || true
}

debian_mirror() {
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -m 1 '/debian/$'
}

# add_packages SYSTEM PACKAGE…
add_packages() { inside "$1" apt-get install -y -qq --no-install-recommends "${@:2}"; }

# make_system SYSTEM SUITE|SYSTEM PACKAGE…: creates a system unless it exists, from a Debian release or a copy of another
# system, and installs packages.
make_system() {
  local root=$1 from=$2 mirror
  shift 2
  [ "$(cat "$root/.ready" 2>/dev/null)" != "$from $*" ] || return 0
  rm -rf --one-file-system "$root"
  if [ -d "$from" ]; then
    cp -a "$from" "$root"
  else
    mirror=$(debian_mirror) || true
    debootstrap --variant=minbase "$from" "$root" ${mirror:+"$mirror"} || return
    take_over_network "$root"
    inside "$root" apt-get update -qq || return
  fi
  [ $# = 0 ] || add_packages "$root" "$@" || return
  echo "$from $*" >"$root/.ready"
}

# The system with nothing but Debian's minimum.
bare_system() { echo "$BUILD/debian-$1"; }
make_bare_system() { make_system "$(bare_system "$1")" "$1"; }
