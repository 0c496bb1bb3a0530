#!/usr/bin/env bash
# Makes sure that npm is there: the system's, else the one of a wheel, checked by its hash.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v npm >/dev/null && command -v node >/dev/null && exit 0
[ -x .venv/bin/npm ] && exit 0
bash scripts/install.sh requirements-node.lock
