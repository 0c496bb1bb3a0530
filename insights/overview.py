"""The numbers of the first page, each counted by the list it opens."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync.repository import contact_lists, listing
from delivery.repository import reach, todo_lists
from insights import customer_lists, periods, todo_queries
from insights.customer_lists import NO_PERSONA, CustomerQuery
from insights.todo_queries import TodoQuery
from kit.clock import bank_date

TARGET: Final = 0.7
"""有效覆盖率的目标."""

WEEKS: Final = 12
PERSONA_WEEKS: Final = 8


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of a whole; ``ratio`` is None where there is no whole."""

    part: int
    whole: int

    @property
    def ratio(self) -> float | None:
        """0..1, or None."""
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Headline:
    """The rates and counts above the page."""

    friends: int
    matched: Rate
    covered: Rate
    kept: Rate
    on_time: Rate


@dataclass(frozen=True, slots=True)
class PersonaRow:
    """One primary persona (``""``: none) among the bank's WeCom friends."""

    persona: str
    customers: int
    aum_fen: int
    covered: int
    reached_week: int
    due_7d: int
    trend: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Funnel:
    """Customers of whom something matured: given a to-do, touched, kept."""

    matured: int
    given: int
    touched: int
    kept: int


@dataclass(frozen=True, slots=True)
class UnitRank:
    """How a unit did with the to-dos whose term ended."""

    unit_id: str
    place: int
    on_time: Rate


async def headline(
    session: AsyncSession, units: frozenset[str] | None, at: datetime, span: str
) -> Headline:
    """The five figures, by the queries in ``QUERIES`` and ``ended``."""

    async def number(query: CustomerQuery) -> int:
        return await customer_lists.count(session, query, units, at)

    friends = await number(FRIENDS)
    contacts = await contact_lists.count(session, units=units)
    matched = await contact_lists.count(session, units=units, matched=True)
    first, last = periods.this_span(span, bank_date(at))
    done = await todo_queries.count(session, DONE, units, at, first=first, last=last)
    ended = await todo_queries.count(session, ENDED, units, at, first=first, last=last)
    return Headline(
        friends=friends,
        matched=Rate(matched, contacts),
        covered=Rate(await number(COVERED), friends),
        kept=Rate(await number(step("kept", span)), await number(step("", span))),
        on_time=Rate(done, ended),
    )


FRIENDS: Final = CustomerQuery(contact="1")
COVERED: Final = CustomerQuery(contact="1", covered="1")
UNCOVERED: Final = CustomerQuery(contact="1", covered="0")
DONE: Final = TodoQuery(state="done")
ENDED: Final = TodoQuery(state="ended")


def step(name: str, span: str) -> CustomerQuery:
    """One step of the maturity funnel, of last week or last month."""
    return CustomerQuery(matured="month" if span == "month" else "week", step=name)


def of_persona(persona: str) -> CustomerQuery:
    """WeCom friends whose primary persona this is (``""``: none)."""
    return CustomerQuery(contact="1", primary=persona or NO_PERSONA)


async def personas(
    session: AsyncSession, units: frozenset[str] | None, at: datetime
) -> list[PersonaRow]:
    """Every primary persona among the friends, the largest first, those without one last.

    One statement a column, whatever the number of personas; the trend costs one a persona.
    """

    async def grouped(query: CustomerQuery) -> Mapping[str, listing.Group]:
        wanted = customer_lists.wanted(session, query, units, at)
        return await listing.by_primary_persona(session, wanted)

    everybody = await grouped(FRIENDS)
    covered = await grouped(COVERED)
    reached = await grouped(replace(FRIENDS, reached="1"))
    due = await grouped(replace(FRIENDS, due="7"))
    none = listing.Group(0, 0)
    rows = []
    for persona, group in sorted(
        everybody.items(), key=lambda one: (not one[0], -one[1].customers)
    ):
        rows.append(
            PersonaRow(
                persona=persona,
                customers=group.customers,
                aum_fen=group.aum_fen,
                covered=covered.get(persona, none).customers,
                reached_week=reached.get(persona, none).customers,
                due_7d=due.get(persona, none).customers,
                trend=await _persona_trend(session, persona, group.customers, units, at),
            )
        )
    return rows


async def _persona_trend(
    session: AsyncSession,
    persona: str,
    customers: int,
    units: frozenset[str] | None,
    at: datetime,
) -> tuple[float, ...]:
    spans = periods.quarter_spans(periods.week_ends(at, PERSONA_WEEKS))
    among = listing.ids(session, customer_lists.wanted(session, of_persona(persona), units, at))
    numbers = await reach.reached_so_far(session, among, spans)
    return tuple(round(100 * one / customers, 1) for one in numbers) if customers else ()


async def coverage_trend(
    session: AsyncSession,
    query: CustomerQuery,
    units: frozenset[str] | None,
    at: datetime,
    *,
    weeks: int = WEEKS,
) -> list[tuple[datetime, float | None]]:
    """For the last weeks: which share of today's friends had been reached in that quarter by then."""
    ends = periods.week_ends(at, weeks)
    wanted = customer_lists.wanted(session, query, units, at)
    customers = await listing.count(session, wanted)
    numbers = await reach.reached_so_far(
        session, listing.ids(session, wanted), periods.quarter_spans(ends)
    )
    return [
        (end, one / customers if customers else None)
        for end, one in zip(ends, numbers, strict=True)
    ]


async def funnel(
    session: AsyncSession, units: frozenset[str] | None, at: datetime, span: str
) -> Funnel:
    """The maturity funnel of last week or last month, in customers."""
    numbers = [
        await customer_lists.count(session, step(name, span), units, at)
        for name in ("", "given", "touched", "kept")
    ]
    return Funnel(*numbers)


async def due_soon(session: AsyncSession, units: frozenset[str] | None, at: datetime) -> int:
    """Customers of whom something matures within seven days."""
    return await customer_lists.count(session, DUE_SOON, units, at)


DUE_SOON: Final = CustomerQuery(due="7")


async def ranking(
    session: AsyncSession, units: frozenset[str] | None, at: datetime, span: str
) -> list[UnitRank]:
    """Units by their share of to-dos done in time, best first; units without any are left out."""
    first, last = periods.this_span(span, bank_date(at))
    wanted = todo_queries.wanted(ENDED, units, at, first=first, last=last)
    found = await todo_lists.progress(session, wanted, today=bank_date(at))
    ranked = sorted(found, key=lambda one: (-one.done / one.ended, one.key))
    return [
        UnitRank(one.key, place, Rate(one.done, one.ended)) for place, one in enumerate(ranked, 1)
    ]
