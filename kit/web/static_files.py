"""Our static files: one URL per content, so that a browser may keep them for ever."""

import hashlib
from functools import cache
from pathlib import Path

STATIC_DIR = Path(__file__).parent / "static"
STATIC_URL = "/static"


class StaticMissing(LookupError):
    """A page names a static file that is not there: a mistake of ours or assets not installed."""


@cache
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def static(name: str) -> str:
    """The URL of a static file with a hash of its content. Raises StaticMissing."""
    path = STATIC_DIR / name
    if not path.is_file():
        hint = "；先运行 make setup（或 python -m kit.web.assets）" if "vendor/" in name else ""
        raise StaticMissing(f"没有静态文件 {name}{hint}")
    return f"{STATIC_URL}/{name}?v={_digest(path)}"
