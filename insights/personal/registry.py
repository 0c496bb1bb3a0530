"""Every table about persons, from the packages that keep them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from archive import personal as archive_personal
from campaigns import personal as campaigns_personal
from community import personal as community_personal
from compliance import personal as compliance_personal
from crm_sync import personal as crm_personal
from delivery import personal as delivery_personal
from kit.ledger.models import LedgerEntry
from kit.personal_data import Fate, Holds, Person
from portfolio import personal as portfolio_personal

ENTRIES_AT_MOST: Final = 20_000


async def entries_about(session: AsyncSession, person: Person) -> list[dict[str, Any]]:
    """What was done about a person, oldest first: when, what, why; never by which colleague."""
    objects = [f"customer:{person.customer_id}", *(f"contact:{one}" for one in person.contacts)]
    query = (
        select(col(LedgerEntry.at), col(LedgerEntry.act), col(LedgerEntry.reason))
        .where(col(LedgerEntry.object).in_(objects))
        .order_by(col(LedgerEntry.at), col(LedgerEntry.stream), col(LedgerEntry.seq))
        .limit(ENTRIES_AT_MOST)
    )
    return [
        {"at": at, "act": act, "reason": reason} for at, act, reason in await session.execute(query)
    ]


OWN: Final = (
    Holds("personal_request", "个人信息请求", Fate.KEEP, "request_record"),
    Holds("ledger_entry", "操作与互动台账", Fate.KEEP, "ledger", collect=entries_about),
)

REGISTRY: Final[Sequence[Holds]] = (
    *crm_personal.PERSONAL,
    *compliance_personal.PERSONAL,
    *delivery_personal.PERSONAL,
    *portfolio_personal.PERSONAL,
    *campaigns_personal.PERSONAL,
    *community_personal.PERSONAL,
    *archive_personal.PERSONAL,
    *OWN,
)
"""A package that begins to keep data about people adds its ``personal.PERSONAL`` here."""

BY_TABLE: Final[Mapping[str, Holds]] = {one.table: one for one in REGISTRY}


def table_of(holds: Holds) -> Any:
    """The table itself."""
    return SQLModel.metadata.tables[holds.table]
