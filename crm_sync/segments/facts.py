"""Values about segments that cross packages."""

from dataclasses import dataclass
from datetime import datetime

from config.conditions import Condition


@dataclass(frozen=True, slots=True)
class VersionFact:
    """One version: what it says, who wrote it, when and why."""

    number: int
    title: str
    condition: Condition
    sentence: str
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class UseFact:
    """Something that relies on a segment."""

    kind: str
    ref: str
    title: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SegmentFact:
    """A saved segment with the version that counts. ``pack``: which ready package it came from."""

    code: str
    title: str
    state: str
    pack: str
    changed_at: datetime
    version: VersionFact
    uses: int = 0
