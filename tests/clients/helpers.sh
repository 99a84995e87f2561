# What the scripts of checks share; read by each bash through BASH_ENV.

unit() { mkdir -p /run/systemd/system; cat >"/run/systemd/system/$1"; }      # unit NAME: a unit file from standard input

until_true() {      # until_true COMMAND...: asks again until it holds, for 20 s at most
  local end=$((SECONDS + 20))
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || { echo "in vain: $*" >&2; return 1; }
    read -r -t 0.05 <> <(:) || :
  done
}

as_demo() {     # as_demo COMMAND...: as the user demo, with the environment of a session
  setpriv --reuid demo --regid demo --init-groups env HOME=/home/demo USER=demo LOGNAME=demo XDG_RUNTIME_DIR="/run/user/$(id -u demo)" \
    DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$(id -u demo)/bus" "$@"
}

on_terminal() { script -qec "$*" /dev/null; }       # on_terminal COMMAND...: with a terminal of its own

ansible_module() {      # ansible_module MODULE ARGUMENTS...: what the module returned, without the unit's properties
  local module=$1; shift
  ansible localhost -c local -m "$module" -a "$*" 2>/dev/null | sed '/^    "status": {/,/^    }/d'
}

in_podman() {       # in_podman ARGUMENTS...: podman run of a container whose root folder is /run/rootfs with the machine's /usr
  local options=()
  while [ "${1#-}" != "$1" ]; do
    options+=("$1"); shift
    case ${options[-1]} in --name) options+=("$1"); shift ;; esac
  done
  podman --cgroup-manager=systemd run --network=none --security-opt=seccomp=unconfined -v /usr:/usr:ro "${options[@]}" --rootfs /run/rootfs "$@"
}

go_test() {         # go_test ROOM OPTIONS...: go-systemd's own tests of a room, told one by one without their times
  local room=$1; shift
  cd /run/go-systemd/dbus && "/usr/lib/go-systemd-tests/$room" -test.v "$@" 2>&1 | sed -nE 's/^ *--- ([A-Z]+: [^ ]+) .*/\1/p; /^panic|^ +[a-z_]+\.go:/p' | sort
}

browser() { python3 /tmp/clients/browser "$@"; }

page_shows() {      # page_shows PATTERN: the text of the browser's page, once it fits, without times
  browser show "$1" | sed -E 's/([A-Z][a-z]+ [0-9]+, [0-9]+,? ?)?[0-9]+:[0-9]+ [AP]M/TIME/g; s/^[A-Z][a-z]+ [0-9]+, [0-9]+$/DAY/'
  return "${PIPESTATUS[0]}"
}

services_page() {   # services_page HASH PATTERN: Cockpit's page of services, or of a unit there
  browser open about:blank && browser open "http://localhost:9090/cockpit/@localhost/system/services.html$1" && page_shows "$2"
}
