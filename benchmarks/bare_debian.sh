#!/usr/bin/env bash
# README's own commands on a bare Debian, as a user without root: a line a command, with its exit code and seconds.
#
#   sudo benchmarks/bare_debian.sh bookworm|trixie [--test]     (--test: `make test` as well)
#
# Makes a chroot by debootstrap in a folder of its own under ${TMPDIR:-/tmp} (12 GB free), installs what README's table
# names for Debian, clones the last commit into a folder with a difficult name, sets the smoke profile, and removes the
# chroot at the end. Mirrors, pip's index, proxies and certificates are those of this machine. Some ten minutes; it needs
# Linux, root, debootstrap and a network, so no test runs it.
set -eu

readonly HOUSE=$(cd "$(dirname "$0")/.." && pwd)
readonly READER=reader
readonly PLACE="Mi proyecto ñ/50% off #1/aula"

usage() { sed -n '2,4s/^# \{0,1\}//p' "$0" >&2; exit 2; }

# The mirror that this machine's apt uses, without what comes after it.
mirror() {
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2> /dev/null |
        sed -nE 's/^(URIs: *|deb +(\[[^]]*\] +)?)([a-z+]+:[^ ]+debian)\/?( .*)?$/\3/p' | head -n 1
}

# What leads this machine's programs to its registries, as NAME=VALUE lines.
network_variables() { env | grep -E '^(https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY|PIP_INDEX_URL|PIP_CERT|UV_INDEX_URL|UV_DEFAULT_INDEX|SSL_CERT_FILE|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE)=' || true; }

make_chroot() {
    debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" "$(mirror)" > "$log" 2>&1
    cp /etc/resolv.conf /etc/hosts "$root/etc/"
    apt-config dump | grep '^Acquire' > "$root/etc/apt/apt.conf.d/99here" || true
    cp -r /etc/apt/auth.conf.d "$root/etc/apt/" 2> /dev/null || true
    pip config get global.index-url > /dev/null 2>&1 &&
        printf '[global]\nindex-url = %s\n' "$(pip config get global.index-url)" > "$root/etc/pip.conf"
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
}

mount_devices() {
    mount -t proc proc "$root/proc"
    for device in null zero full random urandom tty; do
        [ -e "$root/dev/$device" ] || touch "$root/dev/$device"
        mount --bind "/dev/$device" "$root/dev/$device"
    done
    mkdir -p "$root/dev/shm" && mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
}

as_root() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }

# A login shell's surroundings, and no more: in the project once it is there.
as_reader() {
    mapfile -t variables < <(network_variables)
    chroot --userspec="$READER:$READER" "$root" /usr/bin/env -i "${variables[@]}" HOME="/home/$READER" USER="$READER" \
        LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin bash -c 'cd "$HOME/$1" 2> /dev/null || cd; eval "$2"' - "$PLACE" "$1"
}

# Run one command of the reader's, show what it cost, and go on whatever it gave.
try() {
    local before=$SECONDS code=0
    as_reader "$1" > "$log" 2>&1 || code=$?
    printf '%-9s %-70s rc %-3s %4s s\n' "$suite" "$1" "$code" "$((SECONDS - before))"
    [ "$code" = 0 ] || { failed=1; tail -n 15 "$log" | sed 's/^/    /'; }
}

# README's commands. The address of the clone is the only word that is ours.
follow_readme() {
    local packages
    packages=$(sed -nE 's/^\| Debian.*`sudo apt install ([^`]*)`.*/\1/p' "$HOUSE/README.md")
    as_root apt-get update -q > "$log" 2>&1
    as_root apt-get install -q -y $packages >> "$log" 2>&1
    as_root useradd --create-home --shell /bin/bash "$READER"
    git clone -q --bare "$HOUSE" "$root/srv/aula.git"
    as_root chown -R "$READER:$READER" /srv/aula.git
    echo "$suite: $(as_reader 'python3 --version; git --version; make --version | head -n 1' | paste -sd, -)"
    try "mkdir -p \"\$HOME/${PLACE%/*}\" && git clone -q /srv/aula.git \"\$HOME/$PLACE\""
    try "sed -i 's/^profile: .*/profile: smoke/' params.yaml"
    try "make repro"
    try "make repro"
    try "make ui & for i in \$(seq 60); do sleep 1; .venv/bin/python -c 'import urllib.request as u; u.urlopen(\"http://127.0.0.1:5000/\")' 2> /dev/null && kill \$! && exit 0; done; exit 1"
    try ". .venv/bin/activate && python -m pipeline check && dvc metrics show && python -m pipeline runs list"
    try ". .venv/bin/activate && python -m pipeline publish && dvc status"
    try "make lint"
    [ -z "$tests" ] || try "make test"
    try "git status --short --untracked-files=no"
}

inside() {
    failed=0
    mount_devices
    follow_readme
    return "$failed"
}

[ $# -ge 1 ] && [ "$(id -u)" = 0 ] || usage
suite=$1 tests=${2:-} root=${AULA_CHROOT:-}
if [ -n "$root" ]; then
    log=$root.log
    inside
    exit
fi
root=$(mktemp -d "${TMPDIR:-/tmp}/bare-$suite-XXXXXX")
log=$root.log
trap 'rm -rf --one-file-system "$root" "$log"' EXIT
make_chroot || { tail -n 15 "$log" >&2; exit 1; }
chmod 755 "$root"
# Mounts and processes are the child's alone, and go with it.
AULA_CHROOT=$root unshare --mount --pid --fork --kill-child "$0" "$@"
