"""归属 and 持账户: whom each outlet manages, and who has an account there (A15)."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import Customer
from crm_sync.repository.keys import among


@dataclass(frozen=True, slots=True)
class Outlet:
    """One unit's customers: managed by it, with an account at it, and both."""

    unit_id: str
    managed: int = 0
    managed_aum_fen: int = 0
    holding: int = 0
    both: int = 0


async def outlets(session: AsyncSession, units: Collection[str] | None) -> list[Outlet]:
    """Both counts of every unit in sight that has any; two grouped passes over customers."""
    managed = await _managed(session, units)
    query: Any = (
        select(col(Customer.account_unit_id), func.count())
        .where(
            col(Customer.removed_at).is_(None),
            col(Customer.account_unit_id).is_not(None),
            *_within(session, col(Customer.account_unit_id), units),
        )
        .group_by(col(Customer.account_unit_id))
    )
    holding = {unit: int(n) for unit, n in await session.execute(query)}
    return [
        Outlet(
            unit,
            *managed.get(unit, (0, 0))[:2],
            holding.get(unit, 0),
            managed.get(unit, (0, 0, 0))[-1],
        )
        for unit in sorted(managed.keys() | holding.keys())
    ]


async def _managed(
    session: AsyncSession, units: Collection[str] | None
) -> dict[str, tuple[int, int, int]]:
    here = col(Customer.unit_id)
    query: Any = (
        select(
            here,
            func.count(),
            func.coalesce(func.sum(col(Customer.aum_fen)), 0),
            func.count(case((col(Customer.account_unit_id) == here, 1))),
        )
        .where(col(Customer.removed_at).is_(None), *_within(session, here, units))
        .group_by(here)
    )
    return {
        unit: (int(n), int(aum), int(both)) for unit, n, aum, both in await session.execute(query)
    }


def _within(session: AsyncSession, column: Any, units: Collection[str] | None) -> list[Any]:
    return [] if units is None else [among(session, column, sorted(units))]
