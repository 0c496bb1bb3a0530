"""The product library: products as a page and the gate know them, their open days and net values."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import Product, ProductNav, ProductOpenDay, Unit
from crm_sync.standing.suitable import entitled


@dataclass(frozen=True, slots=True)
class ProductFact:
    """A product (产品). Ratings are R1..R5 as 1..5, money is in 分; ``removed``: no longer sent."""

    code: str
    name: str
    kind: str
    risk: int | None
    manager_risk: int | None
    issuer: str
    raised_by: str
    private: bool
    on_sale: bool
    removed: bool
    matures_on: date | None
    term: str
    min_amount_fen: int | None
    fee: str
    benchmark: str
    benchmark_basis: str
    tiers: frozenset[str]
    source: str
    source_date: str

    @property
    def fields(self) -> dict[str, object]:
        """What a script may say of the product; what is not known is left out."""
        said: dict[str, object | None] = {
            "product_name": self.name,
            "product_code": self.code,
            "product_risk": self.risk,
            "product_term": self.term,
            "product_benchmark": self.benchmark,
            "product_fee": self.fee,
            "product_issuer": self.issuer,
            "min_amount": self.min_amount_fen,
        }
        return {name: value for name, value in said.items() if value not in (None, "")}


@dataclass(frozen=True, slots=True)
class Nav:
    """The net value of a product on a day, in ten-thousandths of a 元."""

    on: date
    nav_e4: int
    total_e4: int | None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which products a page wants."""

    q: str = ""
    kind: str = ""
    risk: int | None = None
    on_sale: bool | None = None


async def by_code(session: AsyncSession, codes: Collection[str]) -> dict[str, ProductFact]:
    """The products of ``codes`` as they are now, removed ones too; unknown ones are left out."""
    wanted = sorted({code for code in codes if code})
    if not wanted:
        return {}
    query = select(Product).where(col(Product.product_code).in_(wanted))
    rows = (await session.execute(query.execution_options(populate_existing=True))).scalars()
    return {row.product_code: _fact(row) for row in rows}


async def count(session: AsyncSession, wanted: Filter) -> int:
    """How many products fit."""
    query = select(func.count()).select_from(Product).where(*_conditions(wanted))
    return int((await session.execute(query)).scalar_one())


async def page(
    session: AsyncSession, wanted: Filter, *, after: str = "", limit: int = 50
) -> list[ProductFact]:
    """Products that fit, by code; the same conditions as ``count``."""
    query = (
        select(Product)
        .where(*_conditions(wanted), col(Product.product_code) > after)
        .order_by(col(Product.product_code))
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [_fact(row) for row in (await session.execute(query)).scalars()]


async def latest_navs(session: AsyncSession, codes: Collection[str]) -> dict[str, Nav]:
    """The newest net value of each of ``codes`` that has one."""
    own = ProductNav
    newest = (
        select(col(own.product_code), func.max(col(own.on)).label("on"))
        .where(col(own.product_code).in_(sorted(codes)))
        .group_by(col(own.product_code))
        .subquery()
    )
    query = select(col(own.product_code), col(own.on), col(own.nav_e4), col(own.total_e4)).join(
        newest, (col(own.product_code) == newest.c.product_code) & (col(own.on) == newest.c.on)
    )
    return {code: Nav(on, nav, total) for code, on, nav, total in await session.execute(query)}


async def navs(session: AsyncSession, code: str, *, limit: int = 60) -> list[Nav]:
    """The newest net values of a product, newest first."""
    own = ProductNav
    query = (
        select(col(own.on), col(own.nav_e4), col(own.total_e4))
        .where(col(own.product_code) == code)
        .order_by(col(own.on).desc())
        .limit(limit)
    )
    return [Nav(*row) for row in await session.execute(query)]


async def open_days(session: AsyncSession, code: str, since: date) -> list[tuple[date, date]]:
    """The windows in which a product opens, from those that are not over by ``since``."""
    own = ProductOpenDay
    ends = func.coalesce(col(own.closes_on), col(own.opens_on))
    query = (
        select(col(own.opens_on), ends)
        .where(col(own.product_code) == code, ends >= since)
        .order_by(col(own.opens_on))
    )
    return [(first, last) for first, last in await session.execute(query)]


async def units_under(session: AsyncSession, units: Collection[str]) -> frozenset[str]:
    """``units`` and every unit below them."""
    if not units:
        return frozenset()
    roots = (
        await session.execute(select(col(Unit.path)).where(col(Unit.unit_id).in_(sorted(units))))
    ).scalars()
    below = [col(Unit.path).startswith(path, autoescape=True) for path in roots]
    if not below:
        return frozenset(units)
    found = (await session.execute(select(col(Unit.unit_id)).where(or_(*below)))).scalars()
    return frozenset(found) | frozenset(units)


def _conditions(wanted: Filter) -> list[Any]:
    found: list[Any] = [col(Product.removed_at).is_(None)]
    if wanted.q:
        asked = wanted.q.strip().lower()
        found.append(
            or_(
                func.lower(col(Product.product_code)).contains(asked, autoescape=True),
                func.lower(col(Product.name)).contains(asked, autoescape=True),
            )
        )
    if wanted.kind:
        found.append(col(Product.kind) == wanted.kind)
    if wanted.risk is not None:
        found.append(col(Product.risk_level) == wanted.risk)
    if wanted.on_sale is not None:
        found.append(col(Product.on_sale).is_(wanted.on_sale))
    return found


def _fact(row: Product) -> ProductFact:
    return ProductFact(
        code=row.product_code,
        name=row.name,
        kind=row.kind,
        risk=row.risk_level,
        manager_risk=row.manager_risk,
        issuer=row.issuer,
        raised_by=row.raised_by,
        private=row.private,
        on_sale=row.on_sale,
        removed=row.removed_at is not None,
        matures_on=row.matures_on,
        term=row.term,
        min_amount_fen=row.min_amount_fen,
        fee=row.fee,
        benchmark=row.benchmark,
        benchmark_basis=row.benchmark_basis,
        tiers=frozenset(entitled(row.attributes)),
        source=row.source,
        source_date=row.source_date,
    )


async def as_of(session: AsyncSession) -> datetime | None:
    """When a net value was last written."""
    return (await session.execute(select(func.max(col(ProductNav.changed_at))))).scalar_one()
