"""Finds leads over all customers, or those something was written of: set-based, window by window.

What a window finds lies in a temporary table for the length of one transaction, so that what
is new, what has changed and what is gone are three statements over the same answer.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.schema import CreateTable, DropTable
from sqlmodel import col

from config.lead_policy import LeadPolicy
from crm_sync.leads.measures import Heads, condition, heads, level, measured, routes
from crm_sync.models import Lead
from crm_sync.repository.keys import UNTRACKED
from crm_sync.repository.subjects import Window, next_window
from crm_sync.standing import changes
from kit.clock import bank_date
from kit.db import Database, insert_into, is_postgresql
from kit.ledger import Entry, append

WINDOW: Final = 50_000
ACTOR: Final = "system:leads"
STANDS: Final = ("open", "taken")
FOUND: Final = Table(
    "lead_found",
    MetaData(),
    Column("customer_id", BigInteger, nullable=False),
    Column("finder", String, nullable=False),
    Column("level", String, nullable=False),
    Column("unit_id", String, nullable=False),
    Column("place", Integer, nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("facts", JSON().with_variant(JSONB(), "postgresql"), nullable=False),
    prefixes=["TEMPORARY"],
)


@dataclass(slots=True)
class LeadReport:
    """What a search did: leads that stand by finder, rows written, leads whose facts are gone."""

    standing: Counter[str] = field(default_factory=Counter)
    written: int = 0
    gone: int = 0
    whole: bool = True


async def find(
    database: Database, policy: LeadPolicy, at: datetime, *, window: int = WINDOW
) -> LeadReport:
    """Search every customer at ``at`` (aware UTC); twice the same writes nothing.

    Peaks come from ``customer_standing``, so standing is evaluated first.
    """
    report = LeadReport()
    async with database.reading() as session:
        seen = await changes.news(session, changes.LEADS)
        paying = await heads(session, policy, bank_date(at))
    after = 0
    while True:
        async with database.transaction() as session:
            found = await next_window(session, after, window)
            if found is None:
                await _finish(session, report, at, seen)
                return report
            await find_in(session, found, policy, at, paying, report)
            after = found.upto


async def find_changed(
    database: Database, policy: LeadPolicy, at: datetime, *, window: int = WINDOW
) -> LeadReport:
    """Search the customers of whom an import wrote something since the last search."""
    async with database.reading() as session:
        seen = await changes.news(session, changes.LEADS)
        if seen.since is None:
            return LeadReport(whole=False)
        ids = await changes.customers_since(session, seen.since)
        paying = await heads(session, policy, bank_date(at)) if ids else Heads([], [])
    if ids is None:
        return await find(database, policy, at, window=window)
    report = LeadReport(whole=False)
    for start in range(0, len(ids), window):
        async with database.transaction() as session:
            some = Window(ids=tuple(ids[start : start + window]))
            await find_in(session, some, policy, at, paying, report)
    async with database.transaction() as session:
        await _finish(session, report, at, seen)
    return report


async def find_in(
    session: AsyncSession,
    window: Window,
    policy: LeadPolicy,
    at: datetime,
    paying: Heads,
    report: LeadReport,
) -> None:
    """Search the customers of a window in the caller's transaction."""
    await session.execute(CreateTable(FOUND))
    await _search(session, window, policy, at, paying)
    counted = select(FOUND.c.finder, func.count()).group_by(FOUND.c.finder)
    for name, number in await session.execute(counted):
        report.standing[name] += number
    report.written += await _keep(session, policy, at)
    report.gone += await _let_go(session, window, at)
    await session.execute(DropTable(FOUND))


async def _search(
    session: AsyncSession, window: Window, policy: LeadPolicy, at: datetime, paying: Heads
) -> None:
    m = measured(session, window, policy, bank_date(at)).cte("m")
    hits = [
        select(
            m.c.customer_id,
            literal(finder.name).label("finder"),
            m.c.unit_id,
            m.c.employer,
            m.c.payroll_year,
            literal(place).label("place"),
            func.coalesce(m.c[finder.amount], 0).label("amount_fen"),
            _facts(session, m.c, finder.facts).label("facts"),
        ).where(*(condition(one, m.c) for one in finder.when))
        for place, finder in enumerate(policy.finder, start=1)
    ]
    hit = union_all(*hits).subquery("hit")
    way = routes().subquery("way")
    led = level(session, hit.c, paying, policy)
    chosen = select(
        hit.c.customer_id, hit.c.finder, led.label("level"), hit.c.unit_id, way.c.top,
        way.c.middle, hit.c.place, hit.c.amount_fen, hit.c.facts,
    ).select_from(hit.outerjoin(way, way.c.unit_id == hit.c.unit_id)).subquery("led")  # fmt: skip
    unit = case(
        (chosen.c.level == "branch", func.coalesce(chosen.c.top, chosen.c.unit_id)),
        (chosen.c.level == "subbranch", func.coalesce(chosen.c.middle, chosen.c.unit_id)),
        else_=chosen.c.unit_id,
    )
    rows = select(
        chosen.c.customer_id, chosen.c.finder, chosen.c.level, unit, chosen.c.place,
        chosen.c.amount_fen, chosen.c.facts,
    )  # fmt: skip
    await session.execute(insert(FOUND).from_select(list(FOUND.c.keys()), rows))


def _facts(session: AsyncSession, m: Any, names: tuple[str, ...]) -> Any:
    pairs = [part for name in names for part in (literal(name), m[name])]
    if is_postgresql(session):
        return func.jsonb_build_object(*pairs)
    return func.json_object(*pairs)


async def _keep(session: AsyncSession, policy: LeadPolicy, at: datetime) -> int:
    """New leads, changed facts, and those gone or long done that are back."""
    names = list(FOUND.c.keys())
    chosen = select(
        *(FOUND.c[name] for name in names),
        literal("open"),
        literal(at),
        literal(""),
        literal(""),
        literal(""),
    ).where(FOUND.c.customer_id > 0)  # because SQLite reads ON CONFLICT after SELECT as a join
    statement = insert_into(session, Lead).from_select(
        [*names, "state", "found_at", "taken_by", "closed_by", "note"], chosen
    )
    own: Any = Lead.__table__.c  # type: ignore[attr-defined]
    now = statement.excluded
    back = or_(
        own.state == "gone",
        and_(own.state == "done", own.closed_at < at - timedelta(days=policy.quiet_days)),
    )
    facts = ("level", "unit_id", "place", "amount_fen", "facts")
    fresh = ("state", "found_at", "taken_by", "taken_at", "closed_by", "closed_at", "note")
    differs = and_(
        own.state.in_(STANDS), or_(*(own[name].is_distinct_from(now[name]) for name in facts))
    )
    done: Any = await session.execute(
        statement.on_conflict_do_update(
            index_elements=["customer_id", "finder"],
            set_={name: now[name] for name in facts}
            | {name: case((back, now[name]), else_=own[name]) for name in fresh},
            where=or_(back, differs),
        )
    )
    return int(done.rowcount)


async def _let_go(session: AsyncSession, window: Window, at: datetime) -> int:
    """Close what stands and was not found again: its facts are gone."""
    again = exists().where(
        FOUND.c.customer_id == col(Lead.customer_id), FOUND.c.finder == col(Lead.finder)
    )
    done: Any = await session.execute(
        update(Lead)
        .where(window.on(session, col(Lead.customer_id)), col(Lead.state).in_(STANDS), ~again)
        .values(state="gone", closed_at=at, closed_by=ACTOR),
        execution_options=UNTRACKED,
    )
    return int(done.rowcount)


async def _finish(
    session: AsyncSession, report: LeadReport, at: datetime, seen: changes.News
) -> None:
    await changes.mark(session, changes.LEADS, at, seen)
    if report.written or report.gone:
        entry = Entry(
            kind="customer",
            act="lead.found",
            actor=ACTOR,
            object="list:leads",
            unit="hq",
            payload={
                "standing": dict(report.standing),
                "written": report.written,
                "gone": report.gone,
            },
        )
        await append(session, [entry], at=at)
