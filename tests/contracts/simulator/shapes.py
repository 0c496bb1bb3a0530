"""Comparing answers with official samples: which keys, which JSON types."""

import json
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parents[2] / "data" / "wecom_samples" / "api"
Shape = dict[str, set[str]]


def sample(name: str) -> Any:
    """An official sample by file name."""
    return json.loads((SAMPLES / name).read_text(encoding="utf-8"))


def shape(value: Any) -> Shape:
    """Every path in a JSON value with the types found there: ``a.b[].c`` -> {"string"}."""
    found: Shape = {}
    _walk(value, "", found)
    return found


def _walk(value: Any, path: str, found: Shape) -> None:
    found.setdefault(path, set()).add(_kind(value))
    if isinstance(value, dict):
        for key, part in value.items():
            _walk(part, f"{path}.{key}" if path else key, found)
    elif isinstance(value, list):
        for part in value:
            _walk(part, f"{path}[]", found)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if value is None:
        return "null"
    if isinstance(value, str):
        return "string"
    return "list" if isinstance(value, list) else "object"


def merged(answers: list[Any]) -> Shape:
    """One shape out of several answers of one endpoint."""
    found: Shape = {}
    for answer in answers:
        for path, kinds in shape(answer).items():
            found.setdefault(path, set()).update(kinds)
    return found


def differences(official: Shape, ours: Shape) -> set[str]:
    """What stands in one and not in the other, and where the types differ."""
    missing = {f"missing {path}" for path in official.keys() - ours.keys()}
    extra = {f"extra {path}" for path in ours.keys() - official.keys()}
    other = {
        f"type {path}: {sorted(official[path])} but {sorted(ours[path])}"
        for path in official.keys() & ours.keys()
        if not ours[path] <= official[path]
    }
    return missing | extra | other
