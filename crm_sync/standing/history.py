"""One customer over time: snapshots, flows of a year by kind, and who covered them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import Coverage, CoverageEnd, CustomerFlow, CustomerSnapshot
from crm_sync.rules.standing import months_before


@dataclass(frozen=True, slots=True)
class Shot:
    """What a customer held on a day, in 分."""

    on: date
    aum_fen: int


@dataclass(frozen=True, slots=True)
class FlowSum:
    """A kind of flow in a span of months: the amount in 分, in how many months, and the last."""

    kind: str
    amount_fen: int
    months: int
    last: date


@dataclass(frozen=True, slots=True)
class Covering:
    """Who covered a customer; ``ended_at`` None: still does."""

    staff_id: str
    kind: str
    since: datetime
    ended_at: datetime | None
    reason: str


async def snapshots(session: AsyncSession, customer_id: int, *, limit: int = 24) -> list[Shot]:
    """The newest snapshots with known assets, the oldest first."""
    query = (
        select(col(CustomerSnapshot.on), col(CustomerSnapshot.aum_fen))
        .where(
            col(CustomerSnapshot.customer_id) == customer_id,
            col(CustomerSnapshot.aum_fen).is_not(None),
        )
        .order_by(col(CustomerSnapshot.on).desc())
        .limit(limit)
    )
    found = [Shot(on, aum) for on, aum in await session.execute(query) if aum is not None]
    return found[::-1]


async def flows(
    session: AsyncSession, customer_id: int, on: date, *, months: int = 12
) -> list[FlowSum]:
    """The flows of the last months by kind, the greatest first."""
    amount: Any = cast(func.coalesce(func.sum(col(CustomerFlow.amount_fen)), 0), BigInteger)
    query = (
        select(
            col(CustomerFlow.kind),
            amount.label("amount"),
            func.count(),
            func.max(col(CustomerFlow.month)),
        )
        .where(
            col(CustomerFlow.customer_id) == customer_id,
            col(CustomerFlow.month) >= months_before(on, months),
            col(CustomerFlow.month) <= on,
        )
        .group_by(col(CustomerFlow.kind))
        .order_by(amount.desc(), col(CustomerFlow.kind))
    )
    return [
        FlowSum(kind, int(sum_), int(n), last)
        for kind, sum_, n, last in await session.execute(query)
    ]


async def coverings(session: AsyncSession, customer_id: int) -> list[Covering]:
    """Who covers the customer and who did, the present first, then the last to end."""
    now = select(col(Coverage.staff_id), col(Coverage.kind), col(Coverage.since)).where(
        col(Coverage.customer_id) == customer_id
    )
    ended = (
        select(
            col(CoverageEnd.staff_id), col(CoverageEnd.kind), col(CoverageEnd.since),
            col(CoverageEnd.ended_at), col(CoverageEnd.reason),
        )
        .where(col(CoverageEnd.customer_id) == customer_id)
        .order_by(col(CoverageEnd.ended_at).desc(), col(CoverageEnd.id).desc())
        .limit(20)
    )  # fmt: skip
    present = [
        Covering(who, kind, since, None, "")
        for who, kind, since in await session.execute(now.order_by(col(Coverage.kind)))
    ]
    return present + [Covering(*row) for row in await session.execute(ended)]
