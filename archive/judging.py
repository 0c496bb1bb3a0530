"""Reads messages with a screener: each alone, and each with what its sender said just before."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from archive.content import opened
from archive.models import ArchivedMessage
from archive.parties import kind_of
from archive.reading import Message
from archive.rules import WINDOW, WINDOW_MESSAGES, Spotted
from compliance.screening import Hit, Speaker, Verdict
from kit.crypto import FieldCipher

_SPEAKERS: Final[dict[str, Speaker]] = {"staff": "manager", "customer": "customer"}
_LONGEST_WINDOW: Final = 2_000


class Screens(Protocol):
    """The screener, as ``compliance.screening.Screener`` offers it."""

    def screen(self, text: str, *, speaker: Speaker, product: str | None = None) -> Verdict:
        """Judge one text."""
        ...


@dataclass(frozen=True, slots=True)
class Judged:
    """A message with the rules it breaks; a bot speaks as content does."""

    row: ArchivedMessage
    message: Message
    speaker: Speaker
    spotted: tuple[Spotted, ...] = ()

    @property
    def userid(self) -> str | None:
        """The member of a single talk, or the member who spoke in a group."""
        return self._party("staff")

    @property
    def external_userid(self) -> str | None:
        """The customer of a single talk, or the customer who spoke in a group."""
        return self._party("customer")

    def _party(self, kind: str) -> str | None:
        if self.message.from_kind == kind:
            return self.message.from_id
        if self.message.room_id or len(self.message.to) != 1:
            return None
        return next((person for person in self.message.to if kind_of(person) == kind), None)


def judged(
    cipher: FieldCipher,
    screener: Screens,
    rows: Sequence[ArchivedMessage],
    before: Sequence[ArchivedMessage],
) -> list[Judged]:
    """Every message of ``rows`` that says something, judged; ``before`` gives what preceded."""
    talks: dict[tuple[str, str], list[Judged]] = defaultdict(list)
    new = {row.seq for row in rows}
    for row in sorted([*before, *rows], key=lambda one: (one.sent_at, one.seq)):
        if row.action == "send":
            message = opened(cipher, row)
            if message.text:
                speaker = _SPEAKERS.get(row.from_kind, "content")
                talks[row.talk, row.from_id].append(Judged(row, message, speaker))
    found = [
        replace(one, spotted=_spotted(screener, one, said[max(0, at - WINDOW_MESSAGES + 1) : at]))
        for said in talks.values()
        for at, one in enumerate(said)
        if one.row.seq in new
    ]
    return sorted(found, key=lambda one: one.row.seq)


def _spotted(screener: Screens, one: Judged, earlier: Sequence[Judged]) -> tuple[Spotted, ...]:
    alone = _by_rule(screener.screen(one.message.text, speaker=one.speaker).hits)
    near = [other for other in earlier if one.row.sent_at - other.row.sent_at <= WINDOW]
    before = "".join(other.message.text for other in near)
    if not near or len(before) + len(one.message.text) > _LONGEST_WINDOW:
        return tuple(alone.values())
    verdict = screener.screen(before + one.message.text, speaker=one.speaker)
    # Only what reaches from an earlier message into this one: all else was seen by itself.
    across = [hit for hit in verdict.hits if hit.start < len(before) < hit.end]
    window = tuple(other.row.msgid for other in near)
    return tuple({**_by_rule(across, len(before), window), **alone}.values())


def _by_rule(
    hits: Iterable[Hit], offset: int = 0, window: tuple[str, ...] = ()
) -> dict[str, Spotted]:
    found: dict[str, Spotted] = {}
    for hit in hits:
        seen = found.get(hit.rule)
        span = (max(hit.start - offset, 0), hit.end - offset)
        spans = (*seen.spans, span) if seen else (span,)
        found[hit.rule] = Spotted(hit.rule, hit.family, hit.severity, spans, window)
    return found
