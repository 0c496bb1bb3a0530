"""An added friend with what holds of them, and how many passed each condition."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class Condition(StrEnum):
    """What a valid add must be, in the order of the funnel."""

    BOUND = "bound"  # linked to a customer by a method that counts as real-name
    OWNED = "owned"  # added by the customer's owner
    FIRST = "first"  # the first friendship of this customer with anybody of the bank
    KEPT = "kept"  # stood for so many days
    TWO_WAY = "two_way"  # both have written within so many days


CONDITIONS: Final = tuple(Condition)
ADDED: Final = "added"
VALID: Final = "valid"
PENDING: Final = "pending"


class Kept(StrEnum):
    """Whether the friendship stood long enough; ``pending``: nobody can know yet."""

    YES = "yes"
    NO = "no"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class AddQuery:
    """Which adds: begun in [since, until), by members of ``units`` (None: all), filtered.

    ``passed``: those who passed the funnel up to and with this condition (``added``: all,
    ``valid``: the last). ``stopped``: those whose first failing condition it is; ``pending``:
    those whose time is not over, whatever else fails.
    """

    since: datetime
    until: datetime
    units: frozenset[str] | None = None
    staff_id: str = ""
    source: str = ""
    passed: str = ""
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class Add:
    """One friendship that began, and which conditions hold."""

    external_userid: str
    userid: str
    staff_id: str | None
    unit_id: str | None
    customer_id: int | None
    added_at: datetime
    ended_at: datetime | None
    source: str
    linked: bool
    bound: bool
    owned: bool
    first: bool
    kept: Kept
    two_way: bool
    staff_wrote: bool
    customer_wrote: bool

    @property
    def stopped_by(self) -> Condition | None:
        """The first condition that fails; None for a valid add."""
        holds = {
            Condition.BOUND: self.bound,
            Condition.OWNED: self.owned,
            Condition.FIRST: self.first,
            Condition.KEPT: self.kept is Kept.YES,
            Condition.TWO_WAY: self.two_way,
        }
        return next((one for one in CONDITIONS if not holds[one]), None)


@dataclass(frozen=True, slots=True)
class AddCount:
    """A funnel: ``steps`` narrow from all adds to valid ones, ``alone`` counts each condition.

    ``key`` is the unit, member, month or source it is about; ``pending`` may still become kept.
    """

    key: str
    added: int
    steps: dict[Condition, int]
    alone: dict[Condition, int]
    pending: int

    @property
    def valid(self) -> int:
        """Those who passed every condition."""
        return self.steps[CONDITIONS[-1]]
