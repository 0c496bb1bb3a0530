"""The review desk's values: a stop that waits, a case, how often a rule stops in vain."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Source(StrEnum):
    """Where the words were stopped."""

    TALK = "talk"  # said in a chat; the archive found it
    SIDEBAR = "sidebar"  # about to be sent by a manager's tap
    CONTENT = "content"  # written for the library


class CaseState(StrEnum):
    """Where a case is. Only released and returned are decisions, and count."""

    OPEN = "open"  # -> released | returned | moot; 升级 leaves it open at the next level
    RELEASED = "released"  # 放行: the rule stopped it in vain
    RETURNED = "returned"  # 打回: the rule was right
    MOOT = "moot"  # the words were changed or withdrawn before anybody decided


@dataclass(frozen=True, slots=True)
class Stop:
    """One rule that stopped one text. ``key`` makes it one case however often it is seen.

    ``object`` names the thing as the ledger does (``message:…``, ``script:…``); ``spans`` point
    into ``text``; ``author`` is the member of staff whose words they are.
    """

    key: str
    source: Source
    object: str
    rule: str
    family: str
    severity: str
    rulebook: str
    speaker: str
    product: str | None
    text: str
    spans: Sequence[tuple[int, int]] = ()
    unit_id: str = "hq"
    author: str = ""
    customer_id: int | None = None
    external_userid: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A case as pages show it, its text opened. ``level`` counts from 1."""

    id: int
    source: Source
    object: str
    rule: str
    family: str
    severity: str
    rulebook: str
    speaker: str
    product: str | None
    text: str
    text_hash: str
    spans: tuple[tuple[int, int], ...]
    level: int
    state: CaseState
    unit_id: str
    author: str
    customer_id: int | None
    opened_at: datetime
    due_at: datetime
    decided_by: str
    decided_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Rate:
    """How often one rule of one rulebook was released of what was decided; ``open`` wait."""

    rule: str
    rulebook: str
    released: int
    returned: int
    open: int

    @property
    def decided(self) -> int:
        """Released and returned."""
        return self.released + self.returned

    @property
    def percent(self) -> float | None:
        """The false-stop rate in percent; None where nothing was decided."""
        return 100 * self.released / self.decided if self.decided else None


@dataclass(frozen=True, slots=True)
class Lowering:
    """A rule that asks for review although the rulebook lets it block."""

    id: int
    rule: str
    rulebook: str
    state: str  # lowered -> raise_asked -> raised | lowered
    why: str
    released: int
    decided: int
    lowered_by: str
    lowered_at: datetime
    raise_asked_by: str
    raise_reason: str
    raised_by: str
    raised_at: datetime | None
    raise_opinion: str
