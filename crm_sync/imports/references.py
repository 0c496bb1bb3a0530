"""What rows refer to: the units, staff and customers that a bank file may name."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.imports.errors import ImportCode
from crm_sync.imports.job import Objection
from crm_sync.models import Customer, Staff, Unit
from crm_sync.repository.keys import among


async def live_units(session: AsyncSession) -> frozenset[str]:
    """The units that rows may belong to."""
    found = await session.execute(select(col(Unit.unit_id)).where(col(Unit.removed_at).is_(None)))
    return frozenset(found.scalars())


async def live_staff(session: AsyncSession) -> frozenset[str]:
    """The members of staff that rows may name."""
    found = await session.execute(
        select(col(Staff.staff_id)).where(col(Staff.removed_at).is_(None))
    )
    return frozenset(found.scalars())


async def customer_ids(session: AsyncSession, numbers: Collection[str]) -> dict[str, int]:
    """The ids of the customers with these numbers, those that are not removed."""
    found = await session.execute(
        select(col(Customer.customer_no), col(Customer.id)).where(
            among(session, col(Customer.customer_no), numbers), col(Customer.removed_at).is_(None)
        )
    )
    return {number: number_id for number, number_id in found if number_id is not None}


def unknown_unit(unit_id: str, units: Collection[str], column: str) -> Objection:
    """The objection to a unit that is not there, with the likeliest cause."""
    padded = next((known for known in units if known.lstrip("0") == unit_id.lstrip("0")), None)
    guess = f"；机构表里有 {padded}，多半是前导零丢了" if padded else ""
    return Objection(
        ImportCode.UNIT_UNKNOWN, column, f"机构 {unit_id} 不在机构表里（或已撤销）{guess}"
    )


def unknown_units(
    columns: Mapping[str, Sequence[Any]], names: Collection[str], units: frozenset[str]
) -> dict[int, Objection]:
    """Objections to every row that names a unit which is not there."""
    found: dict[int, Objection] = {}
    for name in names:
        values = columns.get(name, ())
        if not set(values) - {None} <= units:
            for place, unit_id in enumerate(values):
                if unit_id is not None and unit_id not in units:
                    found.setdefault(place, unknown_unit(unit_id, units, name))
    return found


def unknown_customer(number: str) -> Objection:
    """The objection to a customer that is not there."""
    return Objection(
        ImportCode.CUSTOMER_UNKNOWN,
        "customer_no",
        f"客户号 {number} 不在客户表里（或已移除）；先导入客户文件",
    )
