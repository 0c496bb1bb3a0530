"""The three lists of a relationship manager (D13): AUM 流失 VIP, 临界升级, 产品转换."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Literal

from sqlalchemy import (
    BigInteger,
    Select,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.staff_list_policy import StaffListPolicy
from config.suitability_policy import SuitabilityPolicy
from config.tier_policy import TierPolicy
from crm_sync.models import Coverage, Customer, CustomerStanding, Holding
from crm_sync.standing.reading import in_units
from crm_sync.standing.suitable import assessed_after
from crm_sync.tiers import measured

FEN: Final = 100
Name = Literal["loss", "edge", "switch"]
TITLES: Final[dict[Name, str]] = {
    "loss": "AUM 流失 VIP",
    "edge": "临界升级",
    "switch": "产品转换",
}


@dataclass(frozen=True, slots=True)
class Terms:
    """The policies the lists stand on, and the day."""

    lists: StaffListPolicy
    tiers: TierPolicy
    suitability: SuitabilityPolicy
    today: date


@dataclass(frozen=True, slots=True)
class Listed:
    """A customer on a list. ``amount_fen``: what was lost, what is short, what matures.

    ``mark_fen`` is the highest of late (loss) or the next tier's edge (edge); ``due_on`` the
    next day on which something matures (switch).
    """

    customer_id: int
    staff_id: str
    aum_fen: int
    amount_fen: int
    mark_fen: int | None
    due_on: date | None


def _listed(name: Name, terms: Terms) -> Select[Any]:
    rows = {"loss": _loss, "edge": _edge, "switch": _switch}[name](terms)
    return rows.where(col(Customer.removed_at).is_(None))


def _select(rows: Any, amount: Any, mark: Any = None, due: Any = None) -> Select[Any]:
    owner = and_(col(Coverage.customer_id) == col(Customer.id), col(Coverage.kind) == "owner")
    return select(
        col(Customer.id).label("customer_id"),
        func.coalesce(col(Coverage.staff_id), "").label("staff_id"),
        func.coalesce(col(Customer.aum_fen), 0).label("aum_fen"),
        amount.label("amount_fen"),
        (null() if mark is None else mark).label("mark_fen"),
        (null() if due is None else due).label("due_on"),
    ).select_from(rows.outerjoin(Coverage, owner))


def _loss(terms: Terms) -> Select[Any]:
    rules, high = terms.lists.loss, col(CustomerStanding.high_fen)
    aum = func.coalesce(col(Customer.aum_fen), 0)
    rows = _customers().join(
        CustomerStanding, col(CustomerStanding.customer_id) == col(Customer.id)
    )
    return _select(rows, high - aum, mark=high).where(
        high >= rules.vip_yuan * FEN,
        aum * 100 <= high * (100 - rules.percent),
        high - aum >= rules.from_yuan * FEN,
    )


def _edge(terms: Terms) -> Select[Any]:
    amount, percent = measured(terms.tiers), terms.lists.edge.percent
    near = [
        (and_(amount < edge, amount * 100 >= edge * (100 - percent)), edge)
        for edge in (tier.lowest_fen for tier in terms.tiers.tiers[1:])
    ]
    if not near:
        return _select(_customers(), col(Customer.aum_fen)).where(false())
    edge = type_coerce(
        case(*((condition, literal(fen, BigInteger())) for condition, fen in near)), BigInteger()
    )
    return _select(_customers(), edge - amount, mark=edge).where(
        or_(*(condition for condition, _ in near))
    )


def _switch(terms: Terms) -> Select[Any]:
    rules, today = terms.lists.switch, terms.today
    due: Any = (
        select(
            col(Holding.customer_id).label("customer_id"),
            cast(func.sum(col(Holding.amount_fen)), BigInteger).label("amount_fen"),
            func.min(col(Holding.matures_on)).label("due_on"),
        )
        .where(
            col(Holding.matures_on).between(today, today + timedelta(days=rules.days)),
            col(Holding.kind).in_(rules.kinds),
            col(Holding.removed_at).is_(None),
        )
        .group_by(col(Holding.customer_id))
        .subquery("due")
    )
    rows = _customers().join(due, due.c.customer_id == col(Customer.id))
    return _select(rows, due.c.amount_fen, due=due.c.due_on).where(
        due.c.amount_fen >= rules.from_yuan * FEN,
        col(Customer.risk_level) >= rules.lowest_rating,
        col(Customer.risk_assessed_on)
        > assessed_after(today, terms.suitability.assessment.valid_months),
    )


def _customers() -> Any:
    return Customer.__table__  # type: ignore[attr-defined]


async def page(
    session: AsyncSession,
    name: Name,
    terms: Terms,
    *,
    units: Collection[str] | None,
    staff: str = "",
    limit: int = 50,
    after: int = 0,
) -> list[Listed]:
    """The next customers of a list by ascending id, above ``after``; of one owner if asked."""
    query = _listed(name, terms).where(*in_units(session, units), col(Customer.id) > after)
    if staff:
        query = query.where(col(Coverage.staff_id) == staff)
    query = query.order_by(col(Customer.id)).limit(limit)
    return [Listed(**row) for row in (await session.execute(query)).mappings()]


async def counts(
    session: AsyncSession, terms: Terms, *, units: Collection[str] | None
) -> dict[str, dict[Name, int]]:
    """How many stand on each list, by owner; ``""`` are customers without one."""
    found: dict[str, dict[Name, int]] = {}
    for name in TITLES:
        rows = _listed(name, terms).where(*in_units(session, units)).subquery()
        query = select(rows.c.staff_id, func.count()).group_by(rows.c.staff_id)
        for staff, number in await session.execute(query):
            found.setdefault(staff, dict.fromkeys(TITLES, 0))[name] = int(number)
    return found
