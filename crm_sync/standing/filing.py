"""建档率: which share of the customers of a target has a file, by manager and by outlet (A9)."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, case, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.standing_policy import FEN, StandingPolicy, Target
from crm_sync.models import Coverage, Customer, CustomerStanding
from crm_sync.standing.reading import in_units

By = Literal["unit", "staff"]


@dataclass(frozen=True, slots=True)
class Filed:
    """One target of one manager or unit (``who`` empty: customers without an owner)."""

    who: str
    target: Target
    customers: int
    filed: int

    @property
    def rate(self) -> float | None:
        """The share that has a file; None without customers."""
        return self.filed / self.customers if self.customers else None

    @property
    def under(self) -> bool:
        """Whether the share is under the target."""
        return self.filed * 100 < self.customers * self.target.percent


def within(target: Target) -> ColumnElement[bool]:
    """The customers a target speaks of; agrees with ``rules.standing.within``."""
    amount = col(Customer.aum_fen)
    bounds: list[Any] = [amount >= target.from_yuan * FEN]
    if target.below_yuan is not None:
        bounds.append(amount < target.below_yuan * FEN)
    return and_(*bounds)


async def rates(
    session: AsyncSession, policy: StandingPolicy, units: Collection[str] | None, by: By | None
) -> list[Filed]:
    """The rates in sight by unit, by owning manager, or (None) of everything together.

    Customers whose standing was never evaluated count as without a file.
    """
    who: Any = {
        "unit": col(Customer.unit_id),
        "staff": func.coalesce(col(Coverage.staff_id), ""),
        None: literal(""),
    }[by]
    made = col(CustomerStanding.completeness) >= policy.file.complete_from
    columns: list[Any] = []
    for target in policy.file.target:
        columns += [
            func.count(case((within(target), 1))),
            func.count(case((and_(within(target), made), 1))),
        ]
    if not columns:
        return []
    rows: Any = Customer.__table__.outerjoin(  # type: ignore[attr-defined]
        CustomerStanding, col(CustomerStanding.customer_id) == col(Customer.id)
    )
    if by == "staff":
        owner = and_(col(Coverage.customer_id) == col(Customer.id), col(Coverage.kind) == "owner")
        rows = rows.outerjoin(Coverage, owner)
    counted = select(who, *columns).select_from(rows).where(*in_units(session, units))
    if by is not None:
        counted = counted.group_by(who).order_by(who)
    found = []
    for name, *numbers in await session.execute(counted):
        found += [
            Filed(name, target, int(numbers[2 * place]), int(numbers[2 * place + 1]))
            for place, target in enumerate(policy.file.target)
        ]
    return found
