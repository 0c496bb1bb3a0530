"""Links between contacts and customers as operators list them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import Binding, Customer


@dataclass(frozen=True, slots=True)
class BindingFact:
    """One link with what it stands on; the customer by number, never by name."""

    external_userid: str
    customer_id: int
    customer_no: str
    method: str
    confidence: int
    state: str
    by: str
    at: datetime


async def listed(
    session: AsyncSession, state: str, *, limit: int | None = None
) -> list[BindingFact]:
    """Links in one state, newest first; all of them unless a limit is given."""
    query = (
        select(Binding, col(Customer.customer_no))
        .join(Customer, col(Customer.id) == col(Binding.customer_id))
        .where(col(Binding.state) == state)
        .order_by(col(Binding.id).desc())
        .limit(limit)
    )
    return [
        BindingFact(
            row.external_userid,
            row.customer_id,
            customer_no,
            row.method,
            row.confidence,
            row.state,
            row.by,
            row.at,
        )
        for row, customer_no in await session.execute(query)
    ]
