"""Filters, tabs, numbers and pages of lists, as every template of the desk expects them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

PER_PAGE = 50


def choice(
    name: str, label: str, options: Sequence[tuple[str, str]], value: str = ""
) -> dict[str, Any]:
    """A filter with a list to choose from; the first option means all."""
    return {
        "name": name,
        "label": label,
        "kind": "select",
        "value": value,
        "options": list(options),
        "hint": "",
    }


def words(name: str, label: str, hint: str, value: str = "") -> dict[str, Any]:
    """A filter to type in."""
    return {
        "name": name,
        "label": label,
        "kind": "text",
        "value": value,
        "options": [],
        "hint": hint,
    }


def day(name: str, label: str, value: str = "") -> dict[str, Any]:
    """A filter by day; ``value`` is an ISO day."""
    return {"name": name, "label": label, "kind": "date", "value": value, "options": [], "hint": ""}


def tab(text: str, href: str, n: int | None = None, current: bool = False) -> dict[str, Any]:
    """A tab with its count."""
    return {"text": text, "href": href, "n": n, "current": current}


def number(
    name: str,
    value: str,
    unit: str,
    note: str,
    how: str,
    href: str,
    direction: int = 0,
    bad: bool = False,
) -> dict[str, Any]:
    """A number above a page: its definition is ``how``, its list ``href``."""
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "note": note,
        "how": how,
        "href": href,
        "direction": direction,
        "bad": bad,
    }


def url(path: str, kept: Mapping[str, Any] | None = None, **more: Any) -> str:
    """``path`` with those of the values that are set, in a fixed order."""
    asked = {**(kept or {}), **more}
    query = urlencode([(name, value) for name, value in asked.items() if value not in ("", None)])
    return f"{path}?{query}" if query else path


def paging(
    shown: Sequence[Any],
    *,
    total: int | None,
    next_url: str | None,
    first_url: str | None = None,
    more_than: bool = False,
) -> dict[str, Any]:
    """Keyset paging: how many there are, where the list goes on."""
    return {
        "total": total,
        "more_than": more_than,
        "shown": f"{len(shown)} 条",
        "next": next_url,
        "first": first_url,
    }


def state(
    kind: str,
    title: str,
    text: str,
    *,
    code: str = "",
    action: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """One of the eight states a list can be in."""
    return {
        "kind": kind,
        "title": title,
        "text": text,
        "code": code,
        "action": {"text": action[0], "href": action[1]} if action else None,
    }


def nothing(what: str, filters: Iterable[object], path: str, first_use: str) -> dict[str, Any]:
    """An empty list: nothing there yet, or nothing that matches what was asked."""
    if any(filters):
        return state(
            "no_result",
            f"没有符合条件的{what}",
            "试试放宽或去掉一个条件。",
            action=("去掉全部条件", path),
        )
    return state("first_use", f"还没有{what}", first_use)


def badge(text: str, kind: str = "") -> dict[str, str]:
    """A short word with its colour."""
    return {"text": text, "kind": kind}
