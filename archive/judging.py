"""Reads messages with a screener: each alone, and each with what its sender said just before."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Protocol

from archive.content import opened
from archive.models import ArchivedMessage
from archive.parties import kind_of
from archive.reading import Message
from archive.rules import DRY_RUN, Spotted
from compliance.screening import Hit, Speaker, Verdict
from compliance.screening.splits import Said, SplitPolicy, across, together
from kit.clock import bank_date
from kit.crypto import FieldCipher

_SPEAKERS: Final[dict[str, Speaker]] = {"staff": "manager", "customer": "customer"}


class Screens(Protocol):
    """The screener, as ``compliance.screening.Screener`` offers it."""

    def screen(
        self, text: str, *, speaker: Speaker, product: str | None = None, on: date | None = None
    ) -> Verdict:
        """Judge one text by the rules in force ``on`` a day."""
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
    splits: SplitPolicy,
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
        replace(one, spotted=_spotted(screener, one, said[:at], splits))
        for said in talks.values()
        for at, one in enumerate(said)
        if one.row.seq in new
    ]
    return sorted(found, key=lambda one: one.row.seq)


def _spotted(
    screener: Screens, one: Judged, earlier: Sequence[Judged], splits: SplitPolicy
) -> tuple[Spotted, ...]:
    alone = screener.screen(
        one.message.text, speaker=one.speaker, on=bank_date(one.row.sent_at)
    ).hits
    spotted = _by_rule((hit, (hit.start, hit.end)) for hit in alone)
    said = [
        Said(other.message.text, other.row.sent_at) for other in earlier[-splits.messages + 1 :]
    ]
    last = Said(one.message.text, one.row.sent_at)
    join = across(screener, said, last, speaker=one.speaker, policy=splits)
    if join.hits:
        near = len(together(said, last, splits))
        window = tuple(other.row.msgid for other in earlier[-near:])
        split = _by_rule(zip(join.hits, join.spans, strict=True), window)
        spotted = {**split, **spotted}
    return tuple(spotted.values())


def _by_rule(
    hits: Iterable[tuple[Hit, tuple[int, int]]], window: tuple[str, ...] = ()
) -> dict[str, Spotted]:
    found: dict[str, Spotted] = {}
    for hit, span in hits:
        seen = found.get(hit.rule)
        spans = (*seen.spans, span) if seen else (span,)
        severity = DRY_RUN if hit.dry_run else hit.severity
        found[hit.rule] = Spotted(hit.rule, hit.family, severity, spans, window)
    return found
