"""Reads everything that is held about one person, opened, in the order of the registry."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import LargeBinary, Table, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from insights.personal.errors import PersonUnknown
from insights.personal.registry import REGISTRY, table_of
from kit.clock import BANK_TIME
from kit.crypto import FieldCipher
from kit.db import cipher_of
from kit.personal_data import Fate, Holds, Person, about

HIDDEN: Final = frozenset(
    {
        "actor", "asked_by", "batch", "body", "by", "claimed_by", "closed_by", "decided_by",
        "digest", "ended_by", "hash", "image_run", "lift_asked_by", "prev", "proposed_by",
        "rulebook", "run_id", "salt", "supplements", "taken_by", "text_hash", "token_hash",
        "undone_by",
    }
)  # fmt: skip
"""Columns that tell of our machinery or of colleagues, and nothing of the person."""


@dataclass(frozen=True, slots=True)
class Part:
    """One table's rows about a person, every value as text or number."""

    holds: Holds
    rows: tuple[Mapping[str, Any], ...]


async def person_of(
    session: AsyncSession, *, customer_id: int | None = None, customer_no: str | None = None
) -> Person:
    """A customer with their WeCom contacts. PersonUnknown for nobody, or somebody erased."""
    customer = SQLModel.metadata.tables["customer"]
    contact = SQLModel.metadata.tables["contact"]
    wanted = customer.c.id == customer_id if customer_id else customer.c.customer_no == customer_no
    found = (
        await session.execute(select(customer.c.id, customer.c.customer_no).where(wanted))
    ).first()
    if found is None or found.customer_no == f"erased-{found.id}":
        raise PersonUnknown("没有这位客户，或其个人信息已删除", do="核对客户号")
    contacts = await session.execute(
        select(contact.c.external_userid)
        .where(contact.c.customer_id == found.id)
        .order_by(contact.c.external_userid)
    )
    return Person(found.id, found.customer_no, tuple(contacts.scalars()))


async def gather(session: AsyncSession, person: Person) -> list[Part]:
    """Every table's rows about a person; tables without any are there with none."""
    return [
        Part(holds, tuple(await _rows(session, holds, person)))
        for holds in REGISTRY
        if holds.fate is not Fate.EXEMPT
    ]


async def _rows(session: AsyncSession, holds: Holds, person: Person) -> list[dict[str, Any]]:
    if holds.collect is not None:
        return [
            {name: _plain(value) for name, value in row.items()}
            for row in await holds.collect(session, person)
        ]
    table: Table = table_of(holds)
    conditions = about(table, person)
    if not conditions:
        return []
    query = select(table).where(or_(*conditions)).order_by(*table.primary_key.columns)
    cipher = cipher_of(session)
    found = await session.execute(query)
    return [_opened(cipher, holds, table, dict(row)) for row in found.mappings()]


def _opened(
    cipher: FieldCipher, holds: Holds, table: Table, row: Mapping[str, Any]
) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for column in table.columns:
        name = str(column.name)
        if name in HIDDEN or name.endswith(("_hash", "_hashes")):
            continue
        value = row[name]
        if isinstance(column.type, LargeBinary):
            if name not in holds.sealed or value is None:
                continue
            seal = holds.seals.get(name, f"{holds.table}.{name}")
            value = cipher.open(seal, holds.sealed[name].format(**row), value)
        shown[name] = _plain(value)
    return shown


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(BANK_TIME).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date | Decimal):
        return str(value)
    return str(value) if hasattr(value, "value") else value
