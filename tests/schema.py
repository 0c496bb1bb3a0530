"""Imports every package's tables, so that the metadata is whole."""

import importlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def import_every_model() -> list[str]:
    """Import each ``<package>.models`` and ``kit.*.models``; returns their names."""
    names = [
        f"{path.parent.relative_to(ROOT)}".replace("/", ".") + ".models"
        for pattern in ("*/models.py", "kit/*/models.py")
        for path in sorted(ROOT.glob(pattern))
        if not path.is_relative_to(ROOT / "tests")
    ] + [
        f"{path.parent.parent.relative_to(ROOT)}".replace("/", ".") + ".models"
        for path in sorted(ROOT.glob("*/models/__init__.py"))
    ]
    for name in names:
        importlib.import_module(name)
    return names
