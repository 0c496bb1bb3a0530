"""Finds leads over all customers, or those something was written of: set-based, window by window.

What a window finds lies in a temporary table for the length of one transaction, so that what
is new, what has changed and what is gone are three statements over the same answer.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
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

from config import persona_policy, tier_policy
from config.conditions import asks
from config.dimensions import DIMENSIONS
from config.lead_policy import Finder, LeadPolicy
from config.persona_policy import PersonaPolicy
from config.tier_policy import TierPolicy
from crm_sync.leads.measures import Heads, heads, level, measured, routes
from crm_sync.models import Customer, Lead
from crm_sync.repository.keys import UNTRACKED
from crm_sync.repository.subjects import Window, next_window
from crm_sync.rules.conditions import Frame, checked
from crm_sync.rules.leads import STANDS, named
from crm_sync.segments import flows
from crm_sync.segments.asking import NOTHING, Asking, Outside
from crm_sync.segments.compile import compiled
from crm_sync.segments.seen import seen
from crm_sync.standing import changes
from kit.db import Database, insert_into
from kit.ledger import Entry, append

WINDOW: Final = 50_000
ACTOR: Final = "system:leads"
FOUND: Final = Table(
    "lead_found",
    MetaData(),
    # The key is how what is gone is told without reading all of it for each lead.
    Column("customer_id", BigInteger, primary_key=True, autoincrement=False),
    Column("finder", String, primary_key=True),
    Column("level", String, nullable=False),
    Column("unit_id", String, nullable=False),
    Column("place", Integer, nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("facts", JSON().with_variant(JSONB(), "postgresql"), nullable=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)


@dataclass(slots=True)
class LeadReport:
    """What a search did: leads that stand by finder, rows written, leads whose facts are gone."""

    standing: Counter[str] = field(default_factory=Counter)
    written: int = 0
    gone: int = 0
    whole: bool = True


async def find(
    database: Database,
    policy: LeadPolicy,
    at: datetime,
    *,
    personas: PersonaPolicy | None = None,
    tiers: TierPolicy | None = None,
    outside: Outside = NOTHING,
    window: int = WINDOW,
) -> LeadReport:
    """Search every customer at ``at`` (aware UTC); twice the same writes nothing.

    Peaks come from ``customer_standing``, so standing is evaluated first. Raises RuleForbidden
    where a finder asks what nobody may be asked.
    """
    report = LeadReport()
    frame = framed(policy, at, personas, tiers)
    async with database.reading() as session:
        seen = await changes.news(session, changes.LEADS)
        paying = await heads(session, policy, frame.tiers.flows, frame.on)
    after = 0
    while True:
        async with database.transaction() as session:
            found = await next_window(session, after, window)
            if found is None:
                await _finish(session, report, at, seen)
                return report
            asking = Asking(session, frame, outside)
            await find_in(asking, found, policy, paying, report)
            after = found.upto


async def find_changed(
    database: Database,
    policy: LeadPolicy,
    at: datetime,
    *,
    personas: PersonaPolicy | None = None,
    tiers: TierPolicy | None = None,
    outside: Outside = NOTHING,
    window: int = WINDOW,
) -> LeadReport:
    """Search the customers of whom an import wrote something since the last search."""
    frame = framed(policy, at, personas, tiers)
    async with database.reading() as session:
        seen = await changes.news(session, changes.LEADS)
        if seen.since is None:
            return LeadReport(whole=False)
        ids = await changes.customers_since(session, seen.since)
        spans = frame.tiers.flows
        paying = await heads(session, policy, spans, frame.on) if ids else Heads([], [])
    if ids is None:
        return await find(
            database, policy, at, personas=personas, tiers=tiers, outside=outside, window=window
        )
    report = LeadReport(whole=False)
    for start in range(0, len(ids), window):
        async with database.transaction() as session:
            some = Window(ids=tuple(ids[start : start + window]))
            asking = Asking(session, frame, outside)
            await find_in(asking, some, policy, paying, report)
    async with database.transaction() as session:
        await _finish(session, report, at, seen)
    return report


def framed(
    policy: LeadPolicy, at: datetime, personas: PersonaPolicy | None, tiers: TierPolicy | None
) -> Frame:
    """What finders are judged by. Raises RuleForbidden for what no condition may ask."""
    frame = Frame(at, personas or persona_policy.load(), tiers or tier_policy.load())
    for finder in policy.finder:
        checked(finder.when, frame.personas)
    return frame


async def find_in(
    asking: Asking, window: Window, policy: LeadPolicy, paying: Heads, report: LeadReport
) -> None:
    """Search the customers of a window in the transaction of ``asking``."""
    session, at = asking.session, asking.frame.at
    await session.execute(CreateTable(FOUND))
    await _search(asking, window, policy, paying)
    counted = select(FOUND.c.finder, func.count()).group_by(FOUND.c.finder)
    for name, number in await session.execute(counted):
        report.standing[name] += number
    report.written += await _keep(session, policy, at)
    report.gone += await _let_go(session, window, at)
    await session.execute(DropTable(FOUND))


async def _search(asking: Asking, window: Window, policy: LeadPolicy, paying: Heads) -> None:
    session, frame = asking.session, asking.frame
    m = measured(session, window, frame.tiers.flows, frame.on).cte("m")
    worked_out = {name: m.c[name] for name in m.c.keys() if name in DIMENSIONS}  # noqa: SIM118
    told = replace(asking, measured=worked_out, one_by_one=True)
    hits = [
        select(
            m.c.customer_id,
            literal(finder.name).label("finder"),
            m.c.unit_id,
            m.c.employer,
            m.c[flows.PAYROLL],
            literal(place).label("place"),
            func.coalesce(m.c[finder.amount], 0).label("amount_fen"),
            _facts(told, finder).label("facts"),
        )
        .select_from(_of(finder, m, told))
        .where(compiled(finder.when, told))
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


def _of(finder: Finder, m: Any, asking: Asking) -> Any:
    """The measured rows; with the customer beside them where a finder asks for more."""
    if all(ask.dim in asking.measured for ask in asks(finder.when)):
        return m
    return m.join(Customer, col(Customer.id) == m.c.customer_id)


def _facts(asking: Asking, finder: Finder) -> Any:
    kept = {name: seen(ask, asking) for name, ask in named(finder)}
    kept.setdefault(finder.amount, asking.measured[finder.amount])
    pairs = [part for name, value in kept.items() for part in (literal(name), value)]
    if asking.postgresql:
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
