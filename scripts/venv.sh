#!/usr/bin/env bash
# Makes the virtual environment with a Python of 3.11 or newer, or says what is missing.
set -euo pipefail
python=$1 venv=$2
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "需要 Python 3.11 或更新版本，现在是：$("$python" --version 2>&1)。怎么办：apt-get install python3 python3-venv，或 make PYTHON=/path/to/python3.11" >&2
  exit 2
}
"$python" -m venv "$venv" || {
  echo "建不了虚拟环境。怎么办：apt-get install python3-venv" >&2
  exit 2
}
