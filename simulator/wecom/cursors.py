"""Cursors: opaque, bound to the call that made them, refused elsewhere with 50100."""

import base64
import hashlib
import json
from typing import Any, TypeVar

from simulator.wecom.errors import Refused

T = TypeVar("T")


def _scope(endpoint: str, arguments: Any) -> str:
    text = json.dumps([endpoint, arguments], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def seal(endpoint: str, arguments: Any, position: list[int]) -> str:
    """A cursor for ``position`` that only the same endpoint and filter will take back."""
    text = json.dumps([_scope(endpoint, arguments), position], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def unseal(endpoint: str, arguments: Any, cursor: str | None) -> list[int] | None:
    """The position in ``cursor``; None at the start. Raises Refused 50100 for a foreign one."""
    if not cursor:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        scope, position = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, TypeError):
        raise Refused(50100, "invalid cursor") from None
    if scope != _scope(endpoint, arguments) or not isinstance(position, list):
        raise Refused(50100, "invalid cursor")
    return position


def page(
    endpoint: str, arguments: Any, cursor: str | None, rows: list[T], limit: int
) -> tuple[list[T], str]:
    """One page of a list that is whole in memory, and the cursor of the next ("" at the end)."""
    start = (unseal(endpoint, arguments, cursor) or [0])[0]
    end = start + limit
    following = seal(endpoint, arguments, [end]) if end < len(rows) else ""
    return rows[start:end], following
