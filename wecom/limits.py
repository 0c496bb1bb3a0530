"""Documented limits, checked where a value is made: what WeCom would refuse or cut is not sent."""

import re
from collections.abc import Sized
from typing import Final

from wecom.errors import LimitExceeded, Rejected

_USERID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")


def at_most_bytes(what: str, text: str, limit: int) -> None:
    """``what`` is Chinese, for the person who wrote the text. WeCom counts UTF-8 bytes here."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > limit:
        raise LimitExceeded(what, size, limit, "字节")


def at_most_chars(what: str, text: str, limit: int) -> None:
    if len(text) > limit:
        raise LimitExceeded(what, len(text), limit, "字")


def at_most(what: str, things: Sized, limit: int) -> None:
    if len(things) > limit:
        raise LimitExceeded(what, len(things), limit, "个")


def not_empty(what: str, thing: Sized) -> None:
    if not thing:
        raise Rejected(what, "must not be empty")


def whole_id(what: str, value: str) -> None:
    """Refuse an id of a member that WeCom cannot have: it would change the meaning of "a|b" lists."""
    if not _USERID.fullmatch(value):
        raise Rejected(what, "is not the id of a member")


def web_address(what: str, url: str, limit: int) -> None:
    """Refuse what is not http(s): WeCom answers 40094, and a script's address must never go out."""
    if not re.match(r"https?://[^\s/]", url):
        raise Rejected(what, "must begin with http:// or https://")
    at_most_bytes(what, url, limit)


def in_range(what: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise Rejected(what, f"is {value}, must be {least} to {most}")
