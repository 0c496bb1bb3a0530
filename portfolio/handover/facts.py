"""What others may know of handovers: frozen values, and the words for kinds and states."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from wecom.errors import Refused, WecomError, error_for

Kind = Literal["customer", "contact", "group"]
CUSTOMER: Final = "customer"
CONTACT: Final = "contact"
GROUP: Final = "group"
KINDS: Final[tuple[str, ...]] = (CUSTOMER, CONTACT, GROUP)
ON_JOB: Final = "on_job"
RESIGNED: Final = "resigned"

PLANNED, ASKED, UNKNOWN, WAITING = "planned", "asked", "unknown", "waiting"
TAKEN, REFUSED, LIMIT, GONE, KEPT = "taken", "refused", "limit", "gone", "kept"
STATES: Final[tuple[str, ...]] = (
    PLANNED, ASKED, UNKNOWN, WAITING, TAKEN, REFUSED, LIMIT, GONE, KEPT,
)  # fmt: skip
UNSETTLED: Final[tuple[str, ...]] = (PLANNED, ASKED, UNKNOWN, WAITING)
OPEN_RUNS: Final[tuple[str, ...]] = ("draft", "planned", "running")


@dataclass(frozen=True, slots=True)
class RunFact:
    """One handover. ``counts``: lines by (kind, state). ``nobody``: lines without a successor."""

    run_id: int
    kind: str
    origin: str
    staff_id: str
    userid: str
    unit_id: str
    state: str
    reason: str
    takers: tuple[str, ...]
    created_at: datetime
    created_by: str
    planned_at: datetime | None
    planned_by: str
    approved_at: datetime | None
    approved_by: str
    finished_at: datetime | None
    counts: Mapping[tuple[str, str], int]
    nobody: int = 0

    def of_kind(self, kind: str) -> int:
        """How many lines of a kind there are."""
        return sum(number for (one, _), number in self.counts.items() if one == kind)

    def in_state(self, kind: str, *states: str) -> int:
        """How many lines of a kind stand in one of the states."""
        return sum(self.counts.get((kind, state), 0) for state in states)


@dataclass(frozen=True, slots=True)
class LineFact:
    """One line of a handover."""

    line_id: int
    run_id: int
    kind: str
    item: str
    customer_id: int | None
    relation: str
    to_staff_id: str | None
    to_userid: str | None
    state: str
    code: int | None
    attempts: int
    asked_at: datetime | None
    due_at: datetime | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a line: its state, WeCom's code, and when to look again."""

    state: str
    code: int | None = None
    next_at: datetime | None = None
    due_at: datetime | None = None
    settled_at: datetime | None = None


def sentence_of(code: int | None) -> str:
    """What a code of a line means, for people."""
    if code is None:
        return ""
    error: WecomError = error_for("transfer", code, "", idempotent=True)
    return error.person if isinstance(error, Refused) or error.errcode else ""
