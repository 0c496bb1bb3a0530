"""Transfer forms as others see them."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Step(StrEnum):
    """Where a form stands; refused and confirmed are its ends."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    INTRODUCED = "introduced"
    CONTACTED = "contacted"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


OPEN = (Step.PROPOSED, Step.APPROVED, Step.INTRODUCED, Step.CONTACTED)


@dataclass(frozen=True, slots=True)
class FormFact:
    """One 客户提升移交审批表; the average is in 分. ``sealed``: its digest once confirmed."""

    id: int
    month: date
    customer_id: int
    unit_id: str
    average_fen: int
    from_staff: str | None
    to_staff: str
    why: str
    state: str
    author: str
    made_at: datetime
    decided_by: str
    decided_at: datetime | None
    opinion: str
    introduce_by: datetime | None
    introduced_at: datetime | None
    introduced_how: str
    contact_by: datetime | None
    contacted_at: datetime | None
    contacted_how: str
    overdue_at: datetime | None
    confirmed_by: str
    confirmed_at: datetime | None
    sealed: str

    def digest(self) -> str:
        """SHA-256 over everything on the form; the same on both databases."""
        said = {name: _plain(getattr(self, name)) for name in self.__slots__ if name != "sealed"}
        text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def holds(self) -> bool:
        """Whether a confirmed form still says what was confirmed."""
        return self.state == Step.CONFIRMED and self.sealed == self.digest()


def _plain(value: object) -> str | None:
    if isinstance(value, datetime):
        return f"{value.timestamp():.6f}"
    return None if value is None else str(value)
