"""Contacts as customers, in SQL: for packages that know people by their WeCom id."""

from typing import Any

from sqlalchemy import Select, select
from sqlmodel import col

from crm_sync.models import Contact


def of_customers(rows: Select[Any]) -> Select[Any]:
    """The same rows with ``customer_id`` in place of ``external_userid``; bound contacts only."""
    told = rows.subquery()
    others = [column for column in told.c if column.name != "external_userid"]
    return (
        select(col(Contact.customer_id).label("customer_id"), *others)
        .join(told, told.c.external_userid == col(Contact.external_userid))
        .where(col(Contact.customer_id).is_not(None))
    )
