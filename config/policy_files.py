"""Reads the policies that ship with the code; a bank's own directory may stand before it."""

import tomllib
from pathlib import Path
from typing import Any

SHIPPED = Path(__file__).parent / "policies"


def text(name: str, directory: Path | None = None) -> str:
    """The text of policy ``name`` (without ``.toml``); the bank's own file wins."""
    for place in (directory, SHIPPED):
        if place is not None and (place / f"{name}.toml").is_file():
            return (place / f"{name}.toml").read_text(encoding="utf-8")
    raise FileNotFoundError(f"{name}.toml")


def read(name: str, directory: Path | None = None) -> dict[str, Any]:
    """The policy ``name`` (without ``.toml``) as plain values; the bank's own file wins."""
    return tomllib.loads(text(name, directory))
