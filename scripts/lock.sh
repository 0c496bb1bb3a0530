#!/usr/bin/env bash
# Pins every dependency with hashes and no host names. Needs uv (pip install uv, anywhere).
set -euo pipefail
cd "$(dirname "$0")/.."
compile() { uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q "$@"; }
compile --extra build -o requirements.lock
compile --extra build --extra dev -c requirements.lock -o requirements-dev.lock
compile --extra node -c requirements.lock -o requirements-node.full
.venv/bin/python - <<'PY'
import re, pathlib
full = pathlib.Path("requirements-node.full").read_text()
known = {re.match(r"[\w.-]+", b)[0] for b in re.split(r"\n(?=\S)", pathlib.Path("requirements.lock").read_text()) if b.strip()}
blocks = [b for b in re.split(r"\n(?=\S)", full) if b.strip() and re.match(r"[\w.-]+", b)[0] not in known]
pathlib.Path("requirements-node.lock").write_text("\n".join(b.rstrip() for b in blocks) + "\n")
pathlib.Path("requirements-node.full").unlink()
PY
! grep -nE '://' requirements*.lock
