"""Reads the policies that ship with the code; a bank's own directory may stand before it."""

import tomllib
from pathlib import Path
from typing import Any

SHIPPED = Path(__file__).parent / "policies"


def read(name: str, directory: Path | None = None) -> dict[str, Any]:
    """The policy ``name`` (without ``.toml``) as plain values; the bank's own file wins."""
    for place in (directory, SHIPPED):
        if place is not None and (place / f"{name}.toml").is_file():
            with (place / f"{name}.toml").open("rb") as file:
                return tomllib.load(file)
    raise FileNotFoundError(f"{name}.toml")
