"""The chain behind a message as values: what pages draw, commands print and machines read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from compliance.facts import DecisionRow
from delivery.messages.facts import Attempt, Message, Slot
from kit.ledger.reading import Recorded
from kit.ledger.verify import Segment

Mark = Literal["done", "bad", ""]


@dataclass(frozen=True, slots=True)
class Step:
    """One link of the chain in a sentence: ``mark`` done | bad | "" (waits, or does not apply).

    ``name`` is what the link is called, ``code`` the same for machines; ``facts`` are what the
    sentence was made of.
    """

    code: str
    name: str
    said: str
    mark: Mark = "done"
    at: datetime | None = None
    ref: str = ""
    href: str = ""
    link: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proof:
    """The ledger entries of a message, and the stretches of their chains recomputed just now."""

    entries: tuple[Recorded, ...]
    segments: tuple[Segment, ...]
    signed_at: datetime | None
    checked_at: datetime | None

    @property
    def sound(self) -> bool:
        """Whether there is an entry and every stretch proves itself."""
        return bool(self.entries) and all(one.sound for one in self.segments)


@dataclass(frozen=True, slots=True)
class Chain:
    """Everything behind one message, the first link first."""

    message: Message
    steps: tuple[Step, ...]
    judged: tuple[tuple[datetime, DecisionRow], ...]
    slots: tuple[Slot, ...]
    attempts: tuple[Attempt, ...]
    proof: Proof
