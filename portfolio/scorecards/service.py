"""The scorecard of the quarter that runs, live; those of closed quarters as they stood then."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.ownership_policy import OwnershipPolicy
from crm_sync.repository import scoring
from crm_sync.repository.scoring import Asked
from delivery.repository import touch_counts
from kit.clock import bank_date, bank_moment
from kit.db import insert_new
from kit.ledger import Entry, append
from portfolio.models import Scorecard
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
    found = await scoring.figures(session, None, asked)
    rows = [asdict(one) | {"quarter": quarter, "closed_at": at} for one in found]
    await insert_new(session, Scorecard, rows, key=["quarter", "staff_id"])
    await append(
        session,
        [
            Entry(
                kind="ownership",
                act="scorecard.closed",
                actor=BY,
                object=f"scorecard:{quarter}",
                payload={"managers": len(rows)},
            )
        ],
        at=at,
    )
    return len(rows)


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
