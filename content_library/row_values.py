"""Values out of a row of a file that brings items, whatever the file's format made of them."""

from collections.abc import Collection, Mapping
from datetime import date

from content_library.errors import ScriptRefused

_SEPARATORS = str.maketrans({"；": ";", "、": ";", "，": ";", ",": ";"})


def known_columns(row: Mapping[str, object], columns: Collection[str]) -> None:
    """Raises ScriptRefused naming the columns that nobody knows."""
    unknown = [name for name in row if name not in columns]
    if unknown:
        raise ScriptRefused(
            "有不认识的列", saw="、".join(map(str, unknown))[:120], do="列名见 docs/content.md"
        )


def text_of(row: Mapping[str, object], name: str) -> str:
    """A text, trimmed; empty where there is none."""
    value = row.get(name)
    return "" if value is None else str(value).strip()


def names_of(row: Mapping[str, object], name: str) -> frozenset[str]:
    """Names of a list, or of a text parted by ; 、 or comma."""
    value = row.get(name) or ()
    parts = (
        value.translate(_SEPARATORS).split(";")
        if isinstance(value, str)
        else value
        if isinstance(value, list | tuple | set | frozenset)
        else [value]
    )
    return frozenset(text for part in parts if (text := str(part).strip()))


def day_of(row: Mapping[str, object], name: str) -> date | None:
    """A day, None where there is none. Raises ScriptRefused."""
    value = row.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError:
        raise ScriptRefused(
            "有效期写不清", saw=str(value)[:40], do="写成 2026-12-31 这样"
        ) from None
