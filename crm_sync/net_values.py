"""What the care alerts look at: net values of products, what customers hold against their rating."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.facts import Turn
from crm_sync.models import Customer, Holding, Product, ProductNav
from crm_sync.turning_points import by_turns, customers_where

AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Series:
    """A product's net values, oldest first, in ten-thousandths of a 元; its benchmark as printed."""

    product_code: str
    benchmark: str
    values: tuple[tuple[date, int], ...]


async def series(session: AsyncSession, *, day: date, days: int) -> AsyncIterator[list[Series]]:
    """The net values of the last ``days`` days of products that are held, some products at a time."""
    since = day - timedelta(days=days)
    after = ""
    while True:
        products = (
            select(col(Product.product_code), col(Product.benchmark))
            .where(
                col(Product.product_code) > after,
                col(Product.kind).in_(("wealth", "fund")),
                col(Product.removed_at).is_(None),
            )
            .order_by(col(Product.product_code))
            .limit(AT_ONCE)
        )
        known = {code: benchmark for code, benchmark in await session.execute(products)}  # noqa: C416
        if not known:
            return
        values: dict[str, list[tuple[date, int]]] = {code: [] for code in known}
        query = (
            select(col(ProductNav.product_code), col(ProductNav.on), col(ProductNav.nav_e4))
            .where(
                col(ProductNav.product_code).in_(sorted(known)),
                col(ProductNav.on) >= since,
                col(ProductNav.on) <= day,
            )
            .order_by(col(ProductNav.product_code), col(ProductNav.on))
        )
        for code, on, value in await session.execute(query):
            values[code].append((on, value))
        yield [Series(code, known[code], tuple(found)) for code, found in values.items() if found]
        after = max(known)


async def risky(
    session: AsyncSession,
    *,
    day: date,
    from_fen: int,
    risky_from: int,
    most_percent: Sequence[int],
    every_days: int,
) -> AsyncIterator[list[Turn]]:
    """Customers whose risky wealth outweighs what their assessment bears, each once in ``every_days``.

    Risky are wealth products and funds of level ``risky_from`` and above. ``most_percent``: the
    share of all holdings allowed to C1, C2 … C5. Who has no assessment is left out, and whose
    assets are below ``from_fen``. ``note`` is the share in whole per cent.
    """
    heavy = and_(col(Holding.kind).in_(("wealth", "fund")), col(Holding.risk_level) >= risky_from)
    share = func.sum(case((heavy, col(Holding.amount_fen)), else_=0))
    total = func.sum(col(Holding.amount_fen))
    allowed = case(
        *((col(Customer.risk_level) == level, most) for level, most in enumerate(most_percent, 1)),
        else_=100,
    )
    found = (
        select(col(Holding.customer_id))
        .join(Customer, col(Customer.id) == col(Holding.customer_id))
        .where(
            col(Customer.aum_fen) >= from_fen,
            by_turns(day, every_days),
            col(Customer.risk_level).is_not(None),
            col(Holding.removed_at).is_(None),
            col(Holding.kind).in_(("deposit", "wealth", "fund", "insurance", "metal")),
        )
        .group_by(col(Holding.customer_id), col(Customer.risk_level))
        .having(and_(total > 0, share * 100 > total * allowed))
    )
    where = and_(col(Customer.aum_fen) >= from_fen, col(Customer.id).in_(found))
    async for page in customers_where(session, where, day, every_days):
        yield page


async def due_for_review(
    session: AsyncSession, *, day: date, from_fen: int, every_days: int
) -> AsyncIterator[list[Turn]]:
    """Customers with assets of ``from_fen`` or more, each once in ``every_days``."""
    where = and_(col(Customer.aum_fen) >= from_fen, by_turns(day, every_days))
    async for page in customers_where(session, where, day, every_days):
        yield page


async def holding_kinds(
    session: AsyncSession, *, day: date, kinds: Sequence[str], from_fen: int
) -> AsyncIterator[list[Turn]]:
    """Customers with assets of ``from_fen`` or more who hold something of ``kinds``."""
    held: Any = (
        select(col(Holding.id))
        .where(
            col(Holding.customer_id) == col(Customer.id),
            col(Holding.kind).in_(sorted(kinds)),
            col(Holding.removed_at).is_(None),
        )
        .exists()
    )
    where = and_(col(Customer.aum_fen) >= from_fen, held)
    async for page in customers_where(session, where, day, 1):
        yield page
