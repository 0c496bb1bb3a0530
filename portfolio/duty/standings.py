"""Lists and counts of standings: what a number counts and what its list shows are one condition."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.contact_duty_policy import ContactDutyPolicy
from config.coverage_policy import CoveragePolicy
from kit.clock import bank_date, bank_moment
from portfolio.duty.rules import Duty, Load, duty_of
from portfolio.models import Activation, ContactStanding, Parking

Show = Literal[
    "all", "late", "breach", "soon", "unplanned", "covered", "uncovered", "deep", "parked"
]
SHOWS: Final[tuple[Show, ...]] = (
    "all", "late", "breach", "soon", "unplanned", "covered", "uncovered", "deep", "parked",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Terms:
    """The policies and the day by which standings are judged."""

    duty: ContactDutyPolicy
    coverage: CoveragePolicy
    today: date


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which standings; ``units`` None means every unit."""

    units: frozenset[str] | None = None
    staff_id: str | None = None
    grade: str | None = None
    show: Show = "all"
    customer_id: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """One owned customer with what is owed."""

    customer_id: int
    staff_id: str
    unit_id: str
    grade: str
    tier: str
    last_at: datetime | None
    base_at: datetime
    touches: int
    has_plan: bool
    parked: bool
    duty: Duty


@dataclass(frozen=True, slots=True)
class Counts:
    """One manager's, or one unit's, standings counted."""

    key: str
    assigned: int
    late: int
    breach: int
    unplanned: int
    covered: int
    deep: int
    aum_fen: int
    covered_aum_fen: int

    @property
    def load(self) -> Load:
        """What the load rule looks at."""
        return Load(self.assigned, self.covered, self.deep)


def too_long(days: int, today: date) -> ColumnElement[bool]:
    """More than ``days`` bank days have passed since the base; agrees with ``rules.duty_of``."""
    return col(ContactStanding.base_at) < bank_moment(today - timedelta(days=days))


def late(terms: Terms) -> ColumnElement[bool]:
    """The class's own days are over."""
    grade = col(ContactStanding.grade)
    named = [one.name for one in terms.duty.classes]
    return or_(
        *(and_(grade == one.name, too_long(one.days, terms.today)) for one in terms.duty.classes),
        and_(grade.not_in(named), too_long(terms.duty.unclassed_days, terms.today)),
    )


def breach(terms: Terms) -> ColumnElement[bool]:
    """The quarter rule is broken."""
    return too_long(terms.duty.quarter_days, terms.today)


def planned() -> ColumnElement[bool]:
    """An activation plan is under way."""
    live = select(col(Activation.customer_id)).where(col(Activation.state) == "active")
    return col(ContactStanding.customer_id).in_(live)


def parked() -> ColumnElement[bool]:
    """The customer is left in peace for now."""
    live = select(col(Parking.customer_id)).where(col(Parking.unparked_at).is_(None))
    return col(ContactStanding.customer_id).in_(live)


def unplanned(terms: Terms) -> ColumnElement[bool]:
    """The class needs a plan and there is none."""
    return and_(col(ContactStanding.grade).in_(terms.duty.planned), ~planned())


def covered(terms: Terms) -> ColumnElement[bool]:
    """At least one 有效联络 in the window."""
    first = bank_moment(terms.today - timedelta(days=terms.coverage.window_days))
    return and_(col(ContactStanding.last_at).is_not(None), col(ContactStanding.last_at) >= first)


def deep(terms: Terms) -> ColumnElement[bool]:
    """As many 有效联络 in the window as the policy calls deep."""
    return and_(covered(terms), col(ContactStanding.touches) >= terms.coverage.deep_touches)


def _shown(show: Show, terms: Terms) -> ColumnElement[bool]:
    soon = replace(terms, today=terms.today + timedelta(days=terms.duty.due_soon_days))
    found: dict[Show, Any] = {
        "all": lambda: true(),
        "late": lambda: late(terms),
        "breach": lambda: breach(terms),
        "soon": lambda: and_(~or_(late(terms), breach(terms)), or_(late(soon), breach(soon))),
        "unplanned": lambda: unplanned(terms),
        "covered": lambda: covered(terms),
        "uncovered": lambda: ~covered(terms),
        "deep": lambda: deep(terms),
        "parked": parked,
    }
    condition: ColumnElement[bool] = found[show]()
    return condition


def _conditions(wanted: Wanted, terms: Terms) -> list[Any]:
    found: list[Any] = []
    if wanted.units is not None:
        found.append(col(ContactStanding.unit_id).in_(sorted(wanted.units)))
    if wanted.staff_id is not None:
        found.append(col(ContactStanding.staff_id) == wanted.staff_id)
    if wanted.grade is not None:
        found.append(col(ContactStanding.grade) == wanted.grade)
    if wanted.customer_id is not None:
        found.append(col(ContactStanding.customer_id) == wanted.customer_id)
    if wanted.show != "all":
        found.append(_shown(wanted.show, terms))
    return found


def ids(wanted: Wanted, terms: Terms) -> Select[Any]:
    """A select of the customer ids that match, for conditions in other packages."""
    return select(col(ContactStanding.customer_id)).where(*_conditions(wanted, terms))


async def count(session: AsyncSession, wanted: Wanted, terms: Terms) -> int:
    """How many standings match."""
    query = select(func.count()).select_from(ContactStanding).where(*_conditions(wanted, terms))
    return int((await session.execute(query)).scalar_one())


async def page(
    session: AsyncSession,
    wanted: Wanted,
    terms: Terms,
    *,
    limit: int = 50,
    after: tuple[datetime, int] | None = None,
) -> list[Standing]:
    """The matching standings, the longest without a contact first, behind ``after``
    (``base_at`` and customer id of the last row of the page before)."""
    query = select(ContactStanding, planned().label("plan"), parked().label("park")).where(
        *_conditions(wanted, terms)
    )
    if after is not None:
        base, number = col(ContactStanding.base_at), col(ContactStanding.customer_id)
        query = query.where(or_(base > after[0], and_(base == after[0], number > after[1])))
    query = query.order_by(col(ContactStanding.base_at), col(ContactStanding.customer_id)).limit(
        limit
    )
    return [
        _standing(row, terms, has_plan=bool(plan), is_parked=bool(park))
        for row, plan, park in await session.execute(query)
    ]


async def of_customer(session: AsyncSession, customer_id: int, terms: Terms) -> Standing | None:
    """What is owed to one customer; None where nobody owns them or nothing was computed yet."""
    found = await page(session, Wanted(customer_id=customer_id), terms, limit=1)
    return found[0] if found else None


def _standing(row: ContactStanding, terms: Terms, *, has_plan: bool, is_parked: bool) -> Standing:
    return Standing(
        customer_id=row.customer_id,
        staff_id=row.staff_id,
        unit_id=row.unit_id,
        grade=row.grade,
        tier=row.tier,
        last_at=row.last_at,
        base_at=row.base_at,
        touches=row.touches,
        has_plan=has_plan,
        parked=is_parked,
        duty=duty_of(row.grade, bank_date(row.base_at), terms.today, terms.duty, has_plan=has_plan),
    )


async def counted(
    session: AsyncSession, wanted: Wanted, terms: Terms, *, by: Literal["staff", "unit"]
) -> list[Counts]:
    """The numbers of each manager or unit, in one statement; most breaches first."""
    key = col(ContactStanding.staff_id if by == "staff" else ContactStanding.unit_id)

    def how_many(condition: ColumnElement[bool]) -> Any:
        return func.count(case((condition, 1)))

    is_covered = covered(terms)
    aum = func.coalesce(col(ContactStanding.aum_fen), 0)
    columns = (
        func.count(),
        how_many(late(terms)),
        how_many(breach(terms)),
        how_many(unplanned(terms)),
        how_many(is_covered),
        how_many(deep(terms)),
        func.coalesce(func.sum(aum), 0),
        func.coalesce(func.sum(case((is_covered, aum), else_=0)), 0),
    )
    query: Any = (
        select(key, *columns)
        .select_from(ContactStanding)
        .where(*_conditions(wanted, terms))
        .group_by(key)
    )
    found = [
        Counts(str(name), *(int(number) for number in numbers))
        for name, *numbers in await session.execute(query)
    ]
    return sorted(found, key=lambda one: (-one.breach, -one.late, one.key))


def total(found: Sequence[Counts]) -> Counts:
    """The numbers of several together."""
    fields = (
        "assigned", "late", "breach", "unplanned", "covered", "deep", "aum_fen", "covered_aum_fen",
    )  # fmt: skip
    return Counts("", *(sum(getattr(one, name) for one in found) for name in fields))
