#!/usr/bin/env bash
# Installs a lock (every file checked by its hash) or the project itself, into .venv.
set -euo pipefail
cd "$(dirname "$0")/.."
say() {
  echo "装不上依赖。可能是连不上 Python 包仓库：请检查网络或代理后再运行同一条命令；已装好的部分不会丢。" >&2
  exit 1
}
if [ "$1" = "--editable" ]; then
  .venv/bin/pip install -q --no-deps --no-build-isolation -e . || say
else
  .venv/bin/pip install -q --require-hashes --no-deps -r "$1" || say
fi
