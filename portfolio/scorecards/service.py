"""The scorecard of the quarter that runs, live; those of closed quarters as they stood then."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import case, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.ownership_policy import OwnershipPolicy
from crm_sync.repository import scoring
from crm_sync.repository.scoring import Asked, Behind
from delivery.repository import touch_counts
from kit.clock import bank_date, bank_moment
from kit.ledger import Entry, append
from portfolio.models import Scorecard, ScorecardLine
from portfolio.scorecards.rules import Book, quarter_before, quarter_name, quarter_start

BY = "system:scorecards"


async def asked_of(
    session: AsyncSession, policy: OwnershipPolicy, begins: date, until: datetime
) -> Asked:
    """What a quarter that begins on ``begins`` is scored by, up to ``until``."""
    return Asked(
        kinds=policy.scorecard.kinds,
        products=policy.scorecard.products,
        base=await scoring.base_day(session, begins),
        reached=touch_counts.reached_by(None, bank_moment(begins), until),
    )


async def current(
    session: AsyncSession, units: Collection[str] | None, *, policy: OwnershipPolicy, at: datetime
) -> list[Book]:
    """The books of the quarter that runs, of the managers of these units (None: the bank)."""
    asked = await asked_of(session, policy, quarter_start(bank_date(at)), at)
    found = await scoring.figures(session, units, asked)
    return [Book(**asdict(one)) for one in found]


async def close_quarter(session: AsyncSession, *, policy: OwnershipPolicy, at: datetime) -> int:
    """Keep the figures of the quarter that has ended; one that is kept stays as it is."""
    begins, ends = quarter_before(bank_date(at))
    quarter = quarter_name(begins)
    kept = select(col(Scorecard.quarter)).where(col(Scorecard.quarter) == quarter).limit(1)
    if (await session.execute(kept)).first() is not None:
        return 0
    asked = await asked_of(session, policy, begins, bank_moment(ends + timedelta(days=1)))
    rows = await _keep(session, quarter, asked, at)
    await append(
        session,
        [
            Entry(
                kind="ownership",
                act="scorecard.closed",
                actor=BY,
                object=f"scorecard:{quarter}",
                payload={"managers": rows},
            )
        ],
        at=at,
    )
    return rows


async def _keep(session: AsyncSession, quarter: str, asked: Asked, at: datetime) -> int:
    """The customers as they stand, then the figures counted from them; how many managers.

    Because a figure and its list must say the same for good, the figure is made from the list.
    """
    now = scoring.lines(session, asked).subquery("now")
    line, card = ScorecardLine.__table__, Scorecard.__table__  # type: ignore[attr-defined]
    await session.execute(
        insert(line).from_select(
            ["quarter", *now.c.keys()], select(literal(quarter), *now.c.values())
        )
    )

    def ends(column: Any) -> Any:
        return func.sum(case((line.c.measured == 1, column), else_=0))

    figures = {
        "quarter": line.c.quarter,
        "staff_id": line.c.staff_id,
        "unit_id": func.min(line.c.unit_id),
        "customers": func.count(),
        "crossed": func.sum(line.c.crossed),
        "before_fen": ends(line.c.before_fen),
        "after_fen": ends(line.c.after_fen),
        "measured": func.sum(line.c.measured),
        "friends": func.sum(line.c.friends),
        "reached": func.sum(line.c.reached),
        "closed_at": literal(at, card.c.closed_at.type),
    }
    counted = (
        select(*(value.label(name) for name, value in figures.items()))
        .where(line.c.quarter == quarter)
        .group_by(line.c.quarter, line.c.staff_id)
    )
    await session.execute(insert(card).from_select(list(figures), counted))
    managers = select(func.count()).select_from(card).where(card.c.quarter == quarter)
    return int((await session.execute(managers)).scalar_one())


def _behind(quarter: str, staff_id: str, of: str) -> Any:
    mine = (col(ScorecardLine.quarter) == quarter) & (col(ScorecardLine.staff_id) == staff_id)
    flags = {
        "crossed": col(ScorecardLine.crossed),
        "measured": col(ScorecardLine.measured),
        "friends": col(ScorecardLine.friends),
        "reached": col(ScorecardLine.reached),
    }
    return mine & (flags[of] == 1) if of in flags else mine


async def count_closed(session: AsyncSession, quarter: str, staff_id: str, of: str) -> int:
    """How many customers stood behind a figure of a closed quarter."""
    query = select(func.count()).select_from(ScorecardLine).where(_behind(quarter, staff_id, of))
    return int((await session.execute(query)).scalar_one())


async def behind_closed(
    session: AsyncSession, quarter: str, staff_id: str, of: str, *, limit: int, after: int = 0
) -> list[Behind]:
    """The customers behind a figure of a closed quarter, as they were, by id above ``after``."""
    query = (
        select(ScorecardLine)
        .where(_behind(quarter, staff_id, of), col(ScorecardLine.customer_id) > after)
        .order_by(col(ScorecardLine.customer_id))
        .limit(limit)
    )
    return [
        Behind(row.customer_id, row.before_fen, row.after_fen, row.kinds)
        for row in (await session.execute(query)).scalars()
    ]


async def closed(session: AsyncSession, units: Collection[str] | None, quarter: str) -> list[Book]:
    """The books of a closed quarter as they stood then."""
    query = select(Scorecard).where(col(Scorecard.quarter) == quarter)
    if units is not None:
        query = query.where(col(Scorecard.unit_id).in_(sorted(units)))
    return [
        Book(
            row.staff_id,
            row.unit_id,
            row.customers,
            row.crossed,
            row.before_fen,
            row.after_fen,
            row.measured,
            row.friends,
            row.reached,
        )
        for row in (await session.execute(query.order_by(col(Scorecard.staff_id)))).scalars()
    ]


async def quarters(session: AsyncSession) -> list[str]:
    """The closed quarters, the newest first."""
    query = select(col(Scorecard.quarter)).distinct().order_by(col(Scorecard.quarter).desc())
    return list((await session.execute(query)).scalars())
