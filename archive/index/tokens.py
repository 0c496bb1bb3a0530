"""The tokens under which a message is found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from archive.reading import Message
from archive.wording import searchable
from kit.clock import bank_date
from kit.crypto import FieldCipher

Tag = Literal["person", "room", "day", "month"]

_MOST_DAYS: Final = 62
_MOST_MONTHS: Final = 60


@dataclass(frozen=True, slots=True)
class Indexed:
    """A stored message and its tokens."""

    seq: int
    sent_at: datetime
    tokens: Sequence[int]


def tag(cipher: FieldCipher, kind: Tag, value: str) -> int:
    """The token of a person, a group, a day (``2026-11-22``) or a month (``2026-11``)."""
    return int.from_bytes(bytes.fromhex(cipher.blind(f"archive.{kind}", value)[:16]), signed=True)


def text_tokens(cipher: FieldCipher, text: str) -> list[int]:
    """The tokens of every two-character window of a text or a query."""
    return cipher.grams(searchable(text))


def message_tokens(
    cipher: FieldCipher, message: Message, known: dict[tuple[Tag, str], int] | None = None
) -> list[int]:
    """Every token of a message; ``known`` keeps tags from message to message of a page."""
    day = bank_date(message.sent_at)
    tags: list[tuple[Tag, str]] = [("day", f"{day}"), ("month", f"{day:%Y-%m}")]
    tags += [("person", person) for person in message.persons]
    if message.room_id:
        tags.append(("room", message.room_id))
    known = {} if known is None else known
    for kind, value in tags:
        if (kind, value) not in known:
            known[kind, value] = tag(cipher, kind, value)
    return sorted({*(known[one] for one in tags), *text_tokens(cipher, message.text)})


def day_tokens(cipher: FieldCipher, first: date, last: date) -> list[int]:
    """Tokens of which a message sent between two bank days has one; empty: too long a span."""
    days = (last - first).days + 1
    if days <= _MOST_DAYS:
        return [tag(cipher, "day", f"{first + timedelta(days=n)}") for n in range(max(days, 0))]
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if months > _MOST_MONTHS:
        return []
    named = (divmod(first.year * 12 + first.month - 1 + n, 12) for n in range(months))
    return [tag(cipher, "month", f"{year}-{month + 1:02d}") for year, month in named]
