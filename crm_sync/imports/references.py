"""What rows refer to: the units, staff and customers that a bank file may name."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Select, Table, Text, and_, bindparam, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.imports.errors import ImportCode
from crm_sync.imports.job import Objection
from crm_sync.models import Customer, Staff, Unit
from crm_sync.repository.keys import among
from kit.db import is_postgresql

CUSTOMER: Final[Table] = Customer.__table__  # type: ignore[attr-defined]
"""As a plain table: rows of a mapped class cost twice."""


LINE_FEED: Final = "\n"
"""Stands in no number: a key is letters, digits and -_.:/@ (kit.tabular)."""


def _owners() -> Select[Any]:
    """The ids of the numbers in one text, as one array in their order."""
    own = CUSTOMER.c
    numbers = bindparam("numbers", type_=Text())
    asked = func.unnest(func.string_to_array(numbers, LINE_FEED))
    listed = asked.table_valued("number", with_ordinality="place", name="asked").render_derived()
    return select(func.array_agg(aggregate_order_by(own.id, listed.c.place))).select_from(
        listed.outerjoin(
            CUSTOMER, and_(own.customer_no == listed.c.number, own.removed_at.is_(None))
        )
    )


_OWNERS: Final = _owners()


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


async def owners_of(session: AsyncSession, numbers: Sequence[str]) -> list[int | None]:
    """The ids of the customers with these numbers, in their order; None where there is none.

    PostgreSQL is asked with one text and answers with one array, each number once, because a
    value or a row for each number costs more than the look-up.
    """
    if is_postgresql(session):
        asked = list(dict.fromkeys(numbers))
        ids = (await session.execute(_OWNERS, {"numbers": LINE_FEED.join(asked)})).scalar_one()
        known: dict[str, int | None] = dict(zip(asked, ids or (), strict=True))
    else:
        known = {**await customer_ids(session, set(numbers))}
    return [known.get(number) for number in numbers]


async def customer_ids(session: AsyncSession, numbers: Collection[str]) -> dict[str, int]:
    """The ids of the customers with these numbers, those that are not removed."""
    found = await session.execute(
        select(CUSTOMER.c.customer_no, CUSTOMER.c.id).where(
            among(session, CUSTOMER.c.customer_no, numbers), CUSTOMER.c.removed_at.is_(None)
        )
    )
    return {number: number_id for number, number_id in found}  # noqa: C416 — rows are no pairs


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
