"""The queue of leads (A14): a stable, explained order; taken, done, put back by people.

The order is the policy's order of finders, then the amount it is about (the greatest first),
then the customer's number with us, so that two looks give the same queue.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.errors import LeadMoved, LeadUnknown
from crm_sync.models import Coverage, Customer, Lead
from crm_sync.standing.reading import in_units
from kit.ledger import Entry, append

STATES: Final = ("open", "taken", "done", "gone")


@dataclass(frozen=True, slots=True)
class LeadFact:
    """A lead as pages show it. ``facts``: what each question saw, by dimension; money in 分."""

    customer_id: int
    finder: str
    level: str
    unit_id: str
    place: int
    amount_fen: int
    facts: dict[str, Any]
    state: str
    found_at: datetime
    taken_by: str
    closed_by: str
    closed_at: datetime | None
    note: str
    customer_unit_id: str

    @property
    def after(self) -> str:
        """Where the queue goes on behind this lead."""
        return f"{self.place}.{self.amount_fen}.{self.customer_id}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which leads; every field narrows. ``state`` ``standing``: open or taken."""

    units: Collection[str] | None = None
    finder: str = ""
    level: str = ""
    state: str = "standing"
    owner: str = ""
    customer_id: int | None = None


async def page(
    session: AsyncSession, wanted: Wanted, *, limit: int = 50, after: str = ""
) -> list[LeadFact]:
    """The next leads of the queue, behind ``after`` (see ``LeadFact.after``)."""
    where = _conditions(session, wanted)
    behind = _behind(after)
    if behind is not None:
        where.append(behind)
    query = (
        select(
            *(Lead.__table__.c[name] for name in _COLUMNS),  # type: ignore[attr-defined]
            col(Customer.unit_id).label("customer_unit_id"),
        )
        .join(Customer, col(Customer.id) == col(Lead.customer_id))
        .where(*where)
        .order_by(col(Lead.place), col(Lead.amount_fen).desc(), col(Lead.customer_id))
        .limit(limit)
    )
    return [LeadFact(**row) for row in (await session.execute(query)).mappings()]


_COLUMNS: Final = (
    "customer_id", "finder", "level", "unit_id", "place", "amount_fen", "facts", "state",
    "found_at", "taken_by", "closed_by", "closed_at", "note",
)  # fmt: skip


def _behind(after: str) -> ColumnElement[bool] | None:
    parts = after.split(".")
    if len(parts) != 3 or not all(part.isdecimal() and len(part) < 19 for part in parts):
        return None
    place, amount, number = map(int, parts)
    return or_(
        col(Lead.place) > place,
        and_(col(Lead.place) == place, col(Lead.amount_fen) < amount),
        and_(
            col(Lead.place) == place,
            col(Lead.amount_fen) == amount,
            col(Lead.customer_id) > number,
        ),
    )


async def count(session: AsyncSession, wanted: Wanted) -> int:
    """How many leads match."""
    query = (
        select(func.count())
        .select_from(Lead)
        .join(Customer, col(Customer.id) == col(Lead.customer_id))
        .where(*_conditions(session, wanted))
    )
    return int((await session.execute(query)).scalar_one())


async def counts(session: AsyncSession, wanted: Wanted) -> dict[tuple[str, str], int]:
    """The matching leads by finder and level."""
    query = (
        select(col(Lead.finder), col(Lead.level), func.count())
        .join(Customer, col(Customer.id) == col(Lead.customer_id))
        .where(*_conditions(session, wanted))
        .group_by(col(Lead.finder), col(Lead.level))
    )
    return {(finder, level): int(n) for finder, level, n in await session.execute(query)}


def ids(finder: str) -> Select[Any]:
    """The ids of customers with a lead of this finder (``any``: of any) that stands."""
    found = select(col(Lead.customer_id)).where(col(Lead.state).in_(STATES[:2]))
    return found if finder == "any" else found.where(col(Lead.finder) == finder)


def _conditions(session: AsyncSession, wanted: Wanted) -> list[ColumnElement[bool]]:
    found = in_units(session, wanted.units)
    if wanted.state == "standing":
        found.append(col(Lead.state).in_(STATES[:2]))
    elif wanted.state:
        found.append(col(Lead.state) == wanted.state)
    if wanted.finder:
        found.append(col(Lead.finder) == wanted.finder)
    if wanted.level:
        found.append(col(Lead.level) == wanted.level)
    if wanted.customer_id is not None:
        found.append(col(Lead.customer_id) == wanted.customer_id)
    if wanted.owner:
        owned = select(col(Coverage.customer_id)).where(
            col(Coverage.kind) == "owner", col(Coverage.staff_id) == wanted.owner
        )
        found.append(col(Lead.customer_id).in_(owned))
    return found


@dataclass(frozen=True, slots=True)
class Step:
    """What a person may do with a lead: from which states, to which."""

    frm: Sequence[str]
    to: str


STEPS: Final = {
    "take": Step(("open",), "taken"),
    "done": Step(("open", "taken"), "done"),
    "reopen": Step(("taken", "done"), "open"),
}


async def move(
    session: AsyncSession,
    customer_id: int,
    finder: str,
    step: str,
    *,
    by: str,
    at: datetime,
    note: str = "",
    request_id: str = "",
) -> None:
    """Take a lead, close it, or put it back; ``by`` is a ledger actor, the caller has looked.

    Raises LeadUnknown where there is none, LeadMoved where its state no longer allows the step.
    """
    way = STEPS[step]
    found = await page(session, Wanted(customer_id=customer_id, finder=finder, state=""), limit=1)
    if not found:
        raise LeadUnknown(customer_id, finder)
    values: dict[str, Any] = {"state": way.to, "note": note}
    if step == "take":
        values |= {"taken_by": by, "taken_at": at}
    elif step == "done":
        values |= {"closed_by": by, "closed_at": at}
    else:
        values |= {"taken_by": "", "taken_at": None, "closed_by": "", "closed_at": None}
    moved: Any = await session.execute(
        update(Lead)
        .where(
            col(Lead.customer_id) == customer_id,
            col(Lead.finder) == finder,
            col(Lead.state).in_(way.frm),
        )
        .values(values)
    )
    if moved.rowcount == 0:
        raise LeadMoved(found[0].state)
    entry = Entry(
        kind="customer",
        act=f"lead.{way.to}",
        actor=by,
        object=f"customer:{customer_id}",
        unit=found[0].customer_unit_id,
        reason=note,
        request_id=request_id,
        payload={"finder": finder, "was": found[0].state},
    )
    await append(session, [entry], at=at)
