"""Decrypted callback XML read into plain values: no DTD, no entities, bounded depth and count."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias
from xml.parsers import expat

# str for a leaf, a dict for an element with children, a list where an element is repeated.
Value: TypeAlias = "str | list[Value] | dict[str, Value]"
Fields: TypeAlias = dict[str, Value]

MAX_DEPTH: Final = 12
MAX_ELEMENTS: Final = 20_000


class EventUnreadable(ValueError):
    """The decrypted text is not the flat XML that WeCom sends; keep it and let a person look."""

    code = "wecom.event_unreadable"
    status = 400


def read(xml: bytes) -> Fields:
    """Return the children of the root element; raise :class:`EventUnreadable` for anything odd."""
    target = _Builder()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = target.doctype
    parser.StartElementHandler = target.start
    parser.EndElementHandler = target.end
    parser.CharacterDataHandler = target.text
    try:
        xml.decode("utf-8")  # because expat would follow a UTF-16 mark in spite of the encoding
        parser.Parse(xml, True)
    except (expat.ExpatError, UnicodeError) as error:
        # The place only: the text around it may hold what a customer wrote.
        place = str(error) if isinstance(error, expat.ExpatError) else "not UTF-8"
        raise EventUnreadable(f"callback XML is broken: {place}") from None
    if not isinstance(target.root, dict):
        raise EventUnreadable("callback XML has no elements below its root")
    return target.root


class _Builder:
    """What expat calls while it reads."""

    def __init__(self) -> None:
        self.root: Value = ""
        self._open: list[tuple[str, dict[str, Value], list[str]]] = []
        self._elements = 0

    def doctype(self, *_: Any) -> None:
        raise EventUnreadable("callback XML declares a document type")

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS or len(self._open) >= MAX_DEPTH:
            raise EventUnreadable("callback XML is nested too deep or has too many elements")
        self._open.append((name, {}, []))

    def text(self, data: str) -> None:
        self._open[-1][2].append(data)

    def end(self, _name: str) -> None:
        name, children, texts = self._open.pop()
        value: Value = children if children else "".join(texts).strip()
        if not self._open:
            self.root = value
            return
        siblings = self._open[-1][1]
        known = siblings.get(name)
        if known is None:
            siblings[name] = value
        elif isinstance(known, list):
            known.append(value)
        else:
            siblings[name] = [known, value]


def text(fields: Mapping[str, Value], name: str) -> str:
    """Return a leaf as text: the first that is not empty where it is repeated, else ''."""
    return next((one for one in texts(fields, name) if one), "")


def texts(fields: Mapping[str, Value], name: str) -> tuple[str, ...]:
    """Return every leaf of this name in order; elements with children do not count."""
    return tuple(value for value in children(fields, name) if isinstance(value, str))


def branches(fields: Mapping[str, Value], name: str) -> tuple[dict[str, Value], ...]:
    """Return every element of this name that has children, in order."""
    return tuple(value for value in children(fields, name) if isinstance(value, dict))


def children(fields: Mapping[str, Value], name: str) -> tuple[Value, ...]:
    """Return every element of this name in order, one or many alike."""
    value = fields.get(name)
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else (value,)


def integer(fields: Mapping[str, Value], name: str) -> int | None:
    """Return a leaf as a whole number, or None where it is missing or not one."""
    found = text(fields, name)
    digits = found.removeprefix("-")
    # isdecimal alone would let digits of other scripts through; 19 digits hold any signed 64 bits.
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 19):
        return None
    return int(found)
