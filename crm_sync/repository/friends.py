"""The owner's live relations of every customer in a roster, in one statement."""

from typing import Any

from sqlalchemy import Select, and_, select
from sqlmodel import col

from crm_sync.models import Contact, Relation, Staff
from crm_sync.repository.people import live, serving


def friends_of(roster: Select[Any]) -> Select[Any]:
    """``roster`` (``listing.roster``) with ``external_userid`` of each way to the customer.

    One row for each bound contact that the owner follows, and one with none for who has none.
    """
    told = roster.subquery("roster")
    ways = (
        select(
            col(Contact.customer_id).label("customer_id"),
            col(Staff.staff_id).label("staff_id"),
            col(Contact.external_userid).label("external_userid"),
        )
        .join(Relation, and_(col(Relation.external_userid) == col(Contact.external_userid), live()))
        .join(Staff, and_(col(Staff.userid) == col(Relation.userid), serving()))
        .where(col(Contact.merged_into).is_(None), col(Contact.customer_id).is_not(None))
        .subquery("ways")
    )
    return select(
        told.c.customer_id, told.c.unit_id, told.c.staff_id, ways.c.external_userid
    ).outerjoin(
        ways, and_(ways.c.customer_id == told.c.customer_id, ways.c.staff_id == told.c.staff_id)
    )
