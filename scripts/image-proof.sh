#!/usr/bin/env bash
# Builds the image of Dockerfile and runs it, without a Docker daemon, and says what was seen.
#
# The base is a plain Debian 12 made by debootstrap (the mirror is debootstrap's own, or MIRROR=…),
# where python3 lies elsewhere than in python:3.11-slim: the same Dockerfile must work on both.
# Needs root, and on first use installs buildah and debootstrap. Writes docs/image-proof.md.
set -euo pipefail
cd "$(dirname "$0")/.."
work=${IMAGE_PROOF:-/var/tmp/gengyun-image-proof}
base=localhost/gengyun-base:bookworm
image=localhost/gengyun:proof
port=${PORT:-18080}
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot BUILDAH_FORMAT=docker

say() { printf '%s\n' "$*"; }
fail() {
  say "没有通过：$*" >&2
  exit 1
}
[ "$(id -u)" = 0 ] || fail "要用 root：sudo make image-proof"
if ! command -v buildah >/dev/null || ! command -v debootstrap >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q >/dev/null
  apt-get install -y -q --no-install-recommends buildah debootstrap >/dev/null
fi
mkdir -p "$work"

if [ ! -e "$work/base/.ready" ]; then
  rm -rf "$work/base"
  debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm \
    "$work/base" ${MIRROR:+"$MIRROR"} >"$work/debootstrap.log"
  rm -rf "$work"/base/var/cache/apt/archives/*.deb "$work"/base/var/lib/apt/lists/*
  touch "$work/base/.ready"
fi
if ! buildah images -q "$base" >/dev/null 2>&1; then
  made=$(buildah from scratch)
  buildah add -q "$made" "$work/base" / >/dev/null
  buildah commit -q --rm "$made" "$base" >/dev/null
fi

# A network with an authority of its own: the machine's bundle is lent to the build, never kept.
bundle=/etc/ssl/certs/ca-certificates.crt
started=$(date +%s)
buildah build -q --pull-never --network host \
  --build-arg "BASE=$base" --build-arg "PIP_CERT=$bundle" --build-arg "NODE_EXTRA_CA_CERTS=$bundle" \
  -v "$bundle:$bundle:ro" -t "$image" -f Dockerfile . >"$work/build.log" 2>&1 ||
  { tail -n 40 "$work/build.log" >&2; fail "镜像没有建成"; }
built=$(($(date +%s) - started))

config() { buildah inspect --type image --format "$1" "$image"; }
user=$(config '{{.Docker.Config.User}}')
entry=$(config '{{.Docker.Config.Entrypoint}}')
health=$(config '{{.Docker.Config.Healthcheck.Test}}')
[ "$user" = 10001:10001 ] || fail "镜像的用户是 $user"
[ "$entry" = "[gengyun]" ] || fail "镜像的入口是 $entry"
case $health in *livez*) ;; *) fail "镜像没有健康检查：$health" ;; esac

box=$(buildah from --pull-never "$image")
pid=
finish() {
  [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
  buildah rm "$box" >/dev/null 2>&1 || true
}
trap finish EXIT
inside() { buildah run "$box" -- "$@"; }
[ "$(inside id -u)" = 10001 ] || fail "容器里不是 10001"
inside sh -c '! touch /opt/gengyun/x 2>/dev/null' || fail "程序目录可写"
said=$(inside gengyun serve 2>&1 || true)
case $said in *E-1000*) ;; *) fail "没有配置时应当拒绝启动，却是：$said" ;; esac
inside python -c 'import io, pyarrow as a, pyarrow.parquet as p; f = io.BytesIO(); p.write_table(a.table({"n": [1]}), f); assert p.read_table(f).num_rows == 1' ||
  fail "Parquet 读写不了"
size=$(du -sh "$(buildah mount "$box")" | cut -f1)

GENGYUN='--env GENGYUN_ENVIRONMENT=test'
started=$(date +%s%N)
# shellcheck disable=SC2086
buildah run $GENGYUN "$box" -- gengyun serve --host 127.0.0.1 --port "$port" >"$work/run.log" 2>&1 &
pid=$!
ask() { python3 -c 'import sys, urllib.request as u; sys.stdout.write(u.urlopen(sys.argv[1], timeout=2).read().decode())' "http://127.0.0.1:$port$1"; }
for _ in $(seq 150); do
  [ "$(ask /livez 2>/dev/null || true)" = ok ] && break
  kill -0 "$pid" 2>/dev/null || { cat "$work/run.log" >&2; fail "服务没有起来"; }
  sleep 0.2
done
up=$((($(date +%s%N) - started) / 1000000))
[ "$(ask /livez)" = ok ] || fail "/livez 没有回答"
ready=$(ask /readyz) || fail "/readyz 没有就绪"
ask /metrics | grep -q '^callbacks_total\|^# HELP callbacks_total' || fail "/metrics 没有指标"
served=$(python3 - "$port" <<'PY'
"""The uid of whoever listens on the port, from /proc/net/tcp."""
import sys
for line in open("/proc/net/tcp"):
    part = line.split()
    if part[1].endswith(f":{int(sys.argv[1]):04X}") and part[3] == "0A":
        print(part[7])
PY
)
[ "$served" = 10001 ] || fail "监听端口的是 uid $served"
server=$(pgrep -u 10001 -f "port $port" | head -n1)
started=$(date +%s%N)
kill -TERM "$server"
wait "$pid" || true
pid=
down=$((($(date +%s%N) - started) / 1000000))
[ "$down" -lt 20000 ] || fail "停止用了 $down 毫秒"

cat >docs/image-proof.md <<END
# Proof of the image

\`make image-proof\` builds the \`Dockerfile\` and runs the result without a Docker daemon: buildah, on a
plain Debian 12 made by debootstrap. It fails unless each line below holds. Last run on
$(date -u +%F), commit \`$(git rev-parse --short HEAD)\`:

| what | seen |
|---|---|
| base | Debian $(cat "$work/base/etc/debian_version"), $(chroot "$work/base" python3 --version), $(du -sh --exclude=./proc "$work/base" | cut -f1) |
| build, from nothing, every package by its hash | ${built} s |
| image on disk, base included | ${size} |
| user · entry point · health check | \`${user}\` · \`${entry}\` · \`/livez\` every 10 s |
| its own program directory | not writable |
| Parquet written and read back | yes |
| started without settings | refused with \`E-1000\`, exit code 2 |
| started with \`GENGYUN_ENVIRONMENT=test\`: \`/livez\` answers after | ${up} ms |
| \`/readyz\` | \`$(printf %s "$ready" | python3 -c 'import json,sys; d=json.load(sys.stdin); print("ready" if d["ready"] else "not ready", ", ".join(sorted(d["checks"])))')\` |
| who listens on the port | uid ${served} |
| SIGTERM until the end | ${down} ms |
END
say "镜像通过：建造 ${built} 秒，${size}，启动 ${up} 毫秒，停止 ${down} 毫秒；结果写入 docs/image-proof.md"
