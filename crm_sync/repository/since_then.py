"""What became of customers since a day, as selects that other packages join to."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlmodel import col

from crm_sync.models import Contact, Customer, Holding, Relation
from crm_sync.repository.listing import DUE_KINDS
from crm_sync.repository.people import live
from kit.clock import bank_moment


def kept(first: date, last: date) -> Select[Any]:
    """``customer_id amount_fen`` of what was begun in these days by whom something matured in them."""
    matured = select(col(Holding.customer_id)).where(
        col(Holding.matures_on).between(first, last),
        col(Holding.kind).in_(DUE_KINDS),
        or_(col(Holding.removed_at).is_(None), col(Holding.removed_at) >= bank_moment(first)),
    )
    columns: Any = select(
        col(Holding.customer_id).label("customer_id"), col(Holding.amount_fen).label("amount_fen")
    )
    found: Select[Any] = columns.where(
        col(Holding.opened_on).between(first, last),
        col(Holding.kind).in_(DUE_KINDS),
        col(Holding.removed_at).is_(None),
        col(Holding.customer_id).in_(matured),
    )
    return found


def balances() -> Select[Any]:
    """``customer_id aum_fen`` as the core system last told it."""
    found: Any = select(
        col(Customer.id).label("customer_id"), col(Customer.aum_fen).label("aum_fen")
    )
    balance: Select[Any] = found
    return balance


def befriended(since: datetime) -> Select[Any]:
    """The ids of customers who became a member's friend after ``since`` and are one now."""
    return (
        select(col(Contact.customer_id))
        .join(Relation, col(Relation.external_userid) == col(Contact.external_userid))
        .where(col(Contact.customer_id).is_not(None), col(Relation.added_at) > since, live())
    )
