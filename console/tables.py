"""A page that is one table: columns, cells, a form a row, rendered by ``table.html``."""

from collections.abc import Sequence
from typing import Any


def column(text: str, *, right: bool = False) -> dict[str, Any]:
    """The head of a column; numbers stand on the right."""
    return {"text": text, "right": right}


def cell(
    text: str,
    href: str | None = None,
    *,
    sub: str = "",
    kind: str | None = None,
    strong: bool = False,
    bad: bool = False,
    opens: bool = False,
) -> dict[str, Any]:
    """A cell: text, or a link, or (with ``kind``) a badge, with a small line below.

    ``opens``: the link is what the row stands for.
    """
    return {
        "text": text,
        "href": href,
        "sub": sub,
        "kind": kind,
        "strong": strong,
        "bad": bad,
        "opens": opens,
    }


def row_form(action: str, label: str, buttons: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A form at the end of a row: a line to write, and what may be done with it."""
    return {
        "action": action,
        "label": label,
        "buttons": [{"value": value, "text": text} for value, text in buttons],
    }


def row(
    cells: Sequence[dict[str, Any]], *, form: dict[str, Any] | None = None, **data: Any
) -> dict[str, Any]:
    """A row; ``data`` is what a machine reads of it in the page's twin."""
    return {"cells": list(cells), "form": form, "data": data}


def page_form(
    action: str,
    text: str,
    *,
    inputs: Sequence[tuple[str, str, str, int]] = (),
    optional: Sequence[str] = (),
    hidden: Sequence[tuple[str, str]] = (),
    note: str = "",
) -> dict[str, Any]:
    """A form above the table; ``inputs``: name, label, hint, longest; ``optional`` may be empty."""
    return {
        "action": action,
        "text": text,
        "hidden": list(hidden),
        "note": note,
        "inputs": [
            {
                "name": name,
                "label": label,
                "hint": hint,
                "longest": longest,
                "optional": name in optional,
            }
            for name, label, hint, longest in inputs
        ],
    }


def table(
    title: str,
    path: str,
    columns: Sequence[dict[str, Any]],
    rows: Sequence[dict[str, Any]],
    **more: Any,
) -> dict[str, Any]:
    """The context of ``table.html``; ``more`` overrides what a page has beside the table."""
    return {
        "title": title,
        "sub": "",
        "here_path": path,
        "columns": list(columns),
        "rows": list(rows),
        "total": [],
        "places": [],
        "stats": [],
        "filters": [],
        "forms": [],
        "tabs": [],
        "state": None,
        "page": None,
        "export_url": None,
        "notes": [],
        **more,
    }
