"""The managers' books (管户) as a selection that other packages join to."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Subquery, func, select
from sqlmodel import col

from crm_sync.models import Coverage, Customer, CustomerStanding, Lead
from crm_sync.repository.people import OWNER


def owned(customer_ids: Sequence[int] | None = None) -> Subquery:
    """Every live customer with the manager who owns them.

    Columns: ``customer_id staff_id since unit_id tier aum_fen birthday grade activity``; the last
    two are empty for whom the bank knows nothing yet.
    """
    query: Any = (
        select(
            col(Coverage.customer_id).label("customer_id"),
            col(Coverage.staff_id).label("staff_id"),
            col(Coverage.since).label("since"),
            col(Customer.unit_id).label("unit_id"),
            col(Customer.tier).label("tier"),
            col(Customer.aum_fen).label("aum_fen"),
            col(Customer.birthday).label("birthday"),
            func.coalesce(col(CustomerStanding.grade), "").label("grade"),
            func.coalesce(col(CustomerStanding.activity), "").label("activity"),
        )
        .join(Customer, col(Customer.id) == col(Coverage.customer_id))
        .outerjoin(CustomerStanding, col(CustomerStanding.customer_id) == col(Coverage.customer_id))
        .where(col(Coverage.kind) == OWNER, col(Customer.removed_at).is_(None))
    )
    if customer_ids is not None:
        query = query.where(col(Coverage.customer_id).in_(list(customer_ids)))
    found: Subquery = query.subquery("book")
    return found


def led() -> Subquery:
    """Customers with a lead that is open or taken, each once: ``customer_id``."""
    return (
        select(col(Lead.customer_id).label("customer_id"))
        .where(col(Lead.state).in_(["open", "taken"]))
        .distinct()
        .subquery("led")
    )
