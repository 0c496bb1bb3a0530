"""How concentrated the assets are: the share of customers against the share of AUM (A17).

One pass: customers are put into bands of equal rise on a logarithmic scale of assets by a CASE,
so that a million customers need no sorting; each point is the edge of a band, and so opens the
exact list of the customers above it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import Customer
from crm_sync.standing.reading import in_units

FEN: Final = 100
EDGES: Final = tuple(
    digit * 10**power
    for power in range(8, 2, -1)
    for digit in (5, 2, 1)
    if digit * 10**power <= 200_000_000
)
"""In 元, from the richest down to 1 000; below that lies the last band."""


@dataclass(frozen=True, slots=True)
class Point:
    """Customers with at least ``from_yuan``: how many, what they have in 分, and their shares."""

    from_yuan: int
    customers: int
    aum_fen: int
    customer_share: float
    aum_share: float


@dataclass(frozen=True, slots=True)
class Curve:
    """The curve from the richest down, and where the shares of the papers lie on it."""

    customers: int
    aum_fen: int
    points: tuple[Point, ...]

    def top(self, share: float) -> Point | None:
        """The widest band that holds at most this share of the customers."""
        inside = [one for one in self.points if one.customer_share <= share and one.customers]
        return inside[-1] if inside else None

    def holding(self, share: float) -> Point | None:
        """The narrowest band that holds at least this share of the assets."""
        return next((one for one in self.points if one.aum_share >= share), None)


async def curve(session: AsyncSession, units: Collection[str] | None) -> Curve:
    """The concentration among the customers in sight whose assets are known."""
    amount = col(Customer.aum_fen)
    band: Any = case(
        *((amount >= yuan * FEN, place) for place, yuan in enumerate(EDGES)), else_=len(EDGES)
    )
    banded = (
        select(band.label("band"), amount.label("aum"))
        .where(*in_units(session, units), amount.is_not(None))
        .subquery()
    )
    query = select(banded.c.band, func.count(), func.coalesce(func.sum(banded.c.aum), 0)).group_by(
        banded.c.band
    )
    counted = {int(place): (int(n), int(aum)) for place, n, aum in await session.execute(query)}
    whole = sum(n for n, _ in counted.values())
    total = sum(aum for _, aum in counted.values())
    points, customers, assets = [], 0, 0
    for place, yuan in enumerate((*EDGES, 0)):
        n, aum = counted.get(place, (0, 0))
        customers, assets = customers + n, assets + aum
        points.append(
            Point(
                yuan,
                customers,
                assets,
                customers / whole if whole else 0.0,
                assets / total if total else 0.0,
            )
        )
    return Curve(whole, total, tuple(points))
