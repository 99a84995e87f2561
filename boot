#!/bin/bash
# Boots a stock Debian 12 with incipit as PID 1, on any Debian 12 as root with nothing prepared.
# Usage: ./boot [--demo] [--container] [--systemd] [--stage DIR] [--append 'KERNEL ARGUMENTS']
#   (nothing)     the machine's serial console, here, under QEMU: log in as root, password incipit; `ctl poweroff` ends it
#   --demo        the tour of its services, without a keyboard; status 0 only if every step held
#   --container   in namespaces at native speed instead of QEMU: a root shell, or with --demo the same tour
#   --systemd     with the image's own systemd as PID 1, to compare
#   --stage DIR   lay DIR over the image too
# What it makes is kept: the build in build/release, the image in $INCIPIT_CACHE (default /var/cache/incipit).
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"

demo= container= systemd= append= stages=()
while [ $# -gt 0 ]; do
  case $1 in
    --demo) demo=yes ;;
    --container) container=yes ;;
    --systemd) systemd=yes ;;
    --stage) stages+=("${2:?--stage needs a folder}"); shift ;;
    --append) append=${2:?--append needs text}; shift ;;
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) printf 'boot: unknown argument %s (see ./boot --help)\n' "$1" >&2; exit 2 ;;
  esac
  shift
done
say() { printf '%s  %s\n' "$(date +%H:%M:%S)" "$*"; }
die() { printf 'boot: %s\n' "$*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || die "this needs root: it installs packages, unpacks a root tree and makes namespaces. Try: sudo ./boot"
export INCIPIT_CACHE=${INCIPIT_CACHE:-/var/cache/incipit}
mkdir -p build "$INCIPIT_CACHE" || die "cannot write here or in $INCIPIT_CACHE: is the disk full or read-only?"
for folder in . "$INCIPIT_CACHE"; do
  free=$(df -Pm "$folder" | awk 'NR == 2 { print $4 }')
  [ "$free" -ge 1500 ] || die "only $free MB free on the disk of $(readlink -f "$folder"); 1500 MB are needed, 5000 the first time"
done

tests/tools/packages build image lab $([ -n "$container" ] || echo vm)

# The build: quiet when nothing is to do, with ninja's progress otherwise.
if [ ! -f build/release/build.ninja ]; then
  say "configuring the build (once)"
  cmake -G Ninja -S . -B build/release -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_UNITY_BUILD=ON >build/configure.log 2>&1 ||
    { tail -n 20 build/configure.log >&2; die "cmake failed; the whole log is build/configure.log"; }
fi
say "building (the first time takes some minutes)"
ninja -C build/release programs || die "the build failed; the lines above say where"
stage=$PWD/build/stage
rm -rf "$stage"
DESTDIR=$stage cmake --install build/release --strip >build/install.log 2>&1 ||
  { tail -n 5 build/install.log >&2; die "cmake --install failed; the whole log is build/install.log"; }
stages=("$stage" "${stages[@]}")

tests/vm/make-image

init=/usr/lib/incipit/init
[ -z "$systemd" ] || init=/lib/systemd/systemd
options=()
for folder in "${stages[@]}"; do options+=(--stage "$folder"); done
if [ -n "$demo" ]; then
  exec python3 tests/vm/tour.py "${options[@]}" ${container:+--container} ${systemd:+--systemd}
elif [ -n "$container" ]; then
  exec tests/namespace/with-init "${options[@]}" --init "$init"
else
  exec tests/vm/with-vm "${options[@]}" --init "$init" --append "$append" --interactive
fi
