"""Windows over customers, and the refusals in one."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import Customer, PersonaRefusal
from crm_sync.repository.keys import among


@dataclass(frozen=True, slots=True)
class Window:
    """Customers with ids in ``(after, upto]``, or exactly ``ids``."""

    after: int = 0
    upto: int = 0
    ids: tuple[int, ...] | None = None

    def on(self, session: AsyncSession, column: Any) -> ColumnElement[bool]:
        """The condition that ``column``, a customer id, lies in the window."""
        if self.ids is not None:
            picked: ColumnElement[bool] = among(session, column, self.ids)
            return picked
        return and_(column > self.after, column <= self.upto)

    def holds(self, customer_id: int) -> bool:
        """Whether a customer id lies in the window."""
        if self.ids is not None:
            return customer_id in self.ids
        return self.after < customer_id <= self.upto


async def next_window(session: AsyncSession, after: int, size: int) -> Window | None:
    """The next ``size`` customers by id; None behind the last."""
    ids = select(col(Customer.id)).where(col(Customer.id) > after).order_by(col(Customer.id))
    page = ids.limit(size).subquery()
    upto = (await session.execute(select(func.max(page.c.id)))).scalar_one()
    return None if upto is None else Window(after, upto)


async def refusals(
    session: AsyncSession, window: Window, at: Any
) -> dict[int, dict[str, PersonaRefusal]]:
    """The personas that customers in the window have had taken off them, still in force."""
    query = select(PersonaRefusal).where(
        window.on(session, col(PersonaRefusal.customer_id)), col(PersonaRefusal.until) > at
    )
    found: dict[int, dict[str, PersonaRefusal]] = {}
    for row in (await session.execute(query)).scalars():
        found.setdefault(row.customer_id, {})[row.persona] = row
    return found
