"""Puts facts into a script's places: one pass, plain substitution, a missing fact is an error.

Scripts are not programs. ``{{field}}`` is looked up in the fixed list of fields; what a value
holds is never looked at again, so a nickname of ``{{amount}}`` is eleven harmless characters.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from content_library.errors import MissingFact, ScriptRefused, TextTooLong
from content_library.fields import FIELDS, Field

PLACE = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")

MAX_BYTES = {
    "todo": 4000,
    "sidebar": 4000,
    "broadcast": 4000,
    "welcome": 4000,
    "moment": 4000,
    "group": 4000,
    "staff_note": 2048,
}
"""UTF-8 bytes of one text by channel, as WeCom documents them."""

Pieces = tuple[tuple[str, str], ...]


@lru_cache(maxsize=4096)
def parts(template: str) -> Pieces:
    """The template in order as (field, "") and ("", own words)."""
    found: list[tuple[str, str]] = []
    end = 0
    for place in PLACE.finditer(template):
        if place.start() > end:
            found.append(("", template[end : place.start()]))
        found.append((place[1], ""))
        end = place.end()
    if end < len(template):
        found.append(("", template[end:]))
    return tuple(found)


@lru_cache(maxsize=4096)
def fields_of(template: str) -> tuple[str, ...]:
    """The fields a template holds, each once, in order."""
    return tuple(dict.fromkeys(name for name, _ in parts(template) if name))


def pieces(template: str, facts: Mapping[str, object]) -> Pieces:
    """The rendered words in order as (field, value) and ("", own words), for the gate.

    Raises ScriptRefused for a field nobody knows, MissingFact for one without a fact and
    FactRefused for a fact its field does not take.
    """
    return tuple(
        [(name, _value(name, facts)) if name else (name, text) for name, text in parts(template)]
    )


def render(template: str, facts: Mapping[str, object]) -> str:
    """The words a customer reads. Raises as ``pieces``."""
    return "".join(text for _, text in pieces(template, facts))


def render_for(channel: str, template: str, facts: Mapping[str, object]) -> str:
    """The words, checked against the channel's limit in bytes. Raises TextTooLong besides."""
    text = render(template, facts)
    size = len(text.encode())
    if size > MAX_BYTES[channel]:
        raise TextTooLong(
            "文字超过这个渠道的长度上限",
            saw=f"{size} 字节",
            do=f"精简到 {MAX_BYTES[channel]} 字节以内（一个汉字占 3 字节）",
            channel=channel,
        )
    return text


def _value(name: str, facts: Mapping[str, object]) -> str:
    field = FIELDS.get(name)
    if field is None:
        raise ScriptRefused(
            "话术里有不认识的变量", saw=name, where="docs/content.md 的变量表", field=name
        )
    value = facts.get(name)
    if value is None:
        raise MissingFact(f"缺少“{field.label}”，话术里不能留空", field=name)
    return _formatted(field, value) if isinstance(value, _REMEMBERED) else field.format(value)


_REMEMBERED = (str, int, date)


@lru_cache(maxsize=16_384, typed=True)
def _formatted(field: Field, value: object) -> str:
    """Values recur: the same manager, the same day; what is refused is refused each time."""
    return field.format(value)
