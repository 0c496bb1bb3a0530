#!/usr/bin/env bash
# Tries the README's two commands on a fresh machine: a plain Debian 12 made for it by debootstrap,
# with python3 python3-venv make git ca-certificates and nothing else, an empty environment and a
# clean clone of the last commit. Prints how long each took.
#
#   scripts/fresh-root.sh [demo] [test]     both, when neither is named
#
# demo runs as an ordinary user, test as root (it installs Chromium). Needs root here. What a
# network demands (a proxy, an authority of its own) is passed on; nothing else is.
set -euo pipefail
cd "$(dirname "$0")/.."
source=$PWD
work=${FRESH_ROOT:-/var/tmp/gengyun-fresh-root}
port=${PORT:-18081}
wanted=${*:-demo test}
network=(http_proxy https_proxy no_proxy PIP_CERT NODE_EXTRA_CA_CERTS SSL_CERT_FILE)
[ "$(id -u)" = 0 ] || {
  echo "要用 root：sudo scripts/fresh-root.sh" >&2
  exit 2
}
command -v debootstrap >/dev/null || {
  apt-get update -q >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends debootstrap >/dev/null
}

if [ ! -e "$work/base/.ready" ]; then
  mkdir -p "$work"
  rm -rf "$work/base"
  debootstrap --variant=minbase --include=python3,python3-venv,make,git,ca-certificates bookworm \
    "$work/base" ${MIRROR:+"$MIRROR"} >"$work/debootstrap.log"
  touch "$work/base/.ready"
fi
rm -rf "$work/root"
cp -a "$work/base" "$work/root"
root=$work/root
cp /etc/resolv.conf /etc/hosts "$root/etc/"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
chroot "$root" useradd --create-home --shell /bin/bash teller
git clone -q --no-hardlinks "file://$source" "$root/home/teller/gengyun"
chroot "$root" chown -R teller:teller /home/teller/gengyun
commit=$(git rev-parse --short HEAD)

kept=()
for name in "${network[@]}"; do
  [ -z "${!name:-}" ] || kept+=("$name=${!name}")
done
# In namespaces of its own, so that whatever it starts ends with it. Replaces its (sub)shell.
within() { # user, command
  exec unshare --mount --pid --fork --kill-child bash -c '
    root=$1 user=$2 line=$3; shift 3
    mount -t proc proc "$root/proc"
    mount -t tmpfs -o mode=1777 shm "$root/dev/shm" 2>/dev/null || { mkdir -p "$root/dev/shm"; mount -t tmpfs -o mode=1777 shm "$root/dev/shm"; }
    home=/root; [ "$user" = root ] || home=/home/$user
    exec chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
      HOME="$home" LANG=C.UTF-8 "$@" su "$user" --preserve-environment -s /bin/bash -c "cd /home/teller/gengyun && $line"
  ' _ "$root" "$1" "$2" "${kept[@]}"
}

demo() {
  local started pid seconds
  started=$(date +%s)
  within teller "make demo PORT=$port" >"$work/demo.log" 2>&1 &
  pid=$!
  until python3 -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$port/livez', timeout=2)" 2>/dev/null; do
    kill -0 "$pid" 2>/dev/null || {
      tail -n 40 "$work/demo.log" >&2
      echo "make demo 没有起来" >&2
      exit 1
    }
    sleep 1
  done
  seconds=$(($(date +%s) - started))
  sleep 3
  tail -n 30 "$work/demo.log"
  kill -KILL "$pid" 2>/dev/null || true # unshare lets no other signal through; its child goes with it
  wait "$pid" 2>/dev/null || true
  echo "make demo：从空机器到页面能打开 ${seconds} 秒（${commit}）"
}

tests() {
  local started
  started=$(date +%s)
  chroot "$root" git config --system --add safe.directory /home/teller/gengyun
  (within root "make test") >"$work/test.log" 2>&1 || {
    tail -n 60 "$work/test.log" >&2
    echo "make test 没有通过，全文在 $work/test.log" >&2
    exit 1
  }
  tail -n 3 "$work/test.log"
  echo "make test：通过，用时 $(($(date +%s) - started)) 秒（${commit}）"
}

for one in $wanted; do
  case $one in
    demo) demo ;;
    test) tests ;;
    *) echo "只有 demo 和 test" >&2; exit 2 ;;
  esac
done
