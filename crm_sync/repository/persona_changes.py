"""What ``persona_next`` changes against the memberships that stand, and writing it in bulk."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, bindparam, delete, exists, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import Customer, PersonaMembership
from crm_sync.repository.persona_drafts import NEXT
from crm_sync.repository.subjects import Window
from crm_sync.rules.evidence import sayings
from kit.clock import bank_date
from kit.db import insert_into

STEP: Final = 5  # per cent: smaller fading is not written
HELD: Final = PersonaMembership.__table__.alias("held")  # type: ignore[attr-defined]
_UPDATES: Final = (
    "source", "confidence", "evidence", "rule_version", "by_hand", "heard", "is_primary", "expires_at",
)  # fmt: skip


@dataclass(slots=True)
class Changes:
    """Who joined and left which persona, and whose primary one moved, by customer id and unit."""

    joined: dict[str, list[int]] = field(default_factory=dict)
    left: dict[str, list[int]] = field(default_factory=dict)
    primary: dict[int, str | None] = field(default_factory=dict)
    units: dict[int, str] = field(default_factory=dict)

    @property
    def customers(self) -> set[int]:
        """Everybody for whom anything changed."""
        return set(self.units)


async def members(session: AsyncSession) -> Counter[str]:
    """How many customers each persona has next."""
    query = select(NEXT.c.persona, func.count()).group_by(NEXT.c.persona)
    return Counter({persona: number for persona, number in await session.execute(query)})  # noqa: C416


async def considered(session: AsyncSession, window: Window) -> int:
    """How many customers have, or had, any persona."""
    was = select(HELD.c.customer_id).where(window.on(session, HELD.c.customer_id))
    both = select(NEXT.c.customer_id).union(was).subquery()
    return int((await session.execute(select(func.count()).select_from(both))).scalar_one())


def _of_next() -> Any:
    return and_(HELD.c.customer_id == NEXT.c.customer_id, HELD.c.persona == NEXT.c.persona)


def _gone(session: AsyncSession, window: Window, held: Any) -> Any:
    still = exists().where(NEXT.c.customer_id == held.customer_id, NEXT.c.persona == held.persona)
    return and_(window.on(session, held.customer_id), ~still)


async def changes(session: AsyncSession, window: Window) -> Changes:
    """The differences, read before they are written."""
    found = Changes()
    key = col(Customer.id)
    joined = (
        select(NEXT.c.persona, NEXT.c.customer_id, col(Customer.unit_id))
        .join(Customer, key == NEXT.c.customer_id)
        .outerjoin(HELD, _of_next())
        .where(HELD.c.customer_id.is_(None))
        .order_by(NEXT.c.customer_id)
    )
    for persona, customer_id, unit in await session.execute(joined):
        found.joined.setdefault(persona, []).append(customer_id)
        found.units[customer_id] = unit
    left = (
        select(HELD.c.persona, HELD.c.customer_id, func.coalesce(col(Customer.unit_id), "hq"))
        .outerjoin(Customer, key == HELD.c.customer_id)
        .where(_gone(session, window, HELD.c))
        .order_by(HELD.c.customer_id)
    )
    for persona, customer_id, unit in await session.execute(left):
        found.left.setdefault(persona, []).append(customer_id)
        found.units[customer_id] = unit
        found.primary.setdefault(customer_id, None)
    moved = (
        select(NEXT.c.customer_id, NEXT.c.persona, col(Customer.unit_id))
        .join(Customer, key == NEXT.c.customer_id)
        .outerjoin(HELD, and_(_of_next(), HELD.c.is_primary.is_(True)))
        .where(NEXT.c.is_primary.is_(True), HELD.c.customer_id.is_(None))
        .order_by(NEXT.c.customer_id)
    )
    for customer_id, persona, unit in await session.execute(moved):
        found.units[customer_id] = unit
        found.primary[customer_id] = persona
    return found


async def write(session: AsyncSession, window: Window, rule_version: str, at: datetime) -> None:
    """Write what is new or differs, delete what is gone; a row that stands as it is is not touched."""
    table = PersonaMembership.__table__  # type: ignore[attr-defined]
    held = table.c
    await session.execute(delete(table).where(_gone(session, window, held)))
    differs = or_(
        HELD.c.customer_id.is_(None),
        HELD.c.rule_version != rule_version,
        HELD.c.source != NEXT.c.source,
        HELD.c.is_primary != NEXT.c.is_primary,
        HELD.c.expires_at.is_distinct_from(NEXT.c.expires_at),
        func.abs(HELD.c.confidence - NEXT.c.confidence) >= STEP,
        HELD.c.evidence != NEXT.c.evidence,
    )
    query = (
        select(
            NEXT.c.customer_id,
            NEXT.c.persona,
            NEXT.c.source,
            NEXT.c.confidence,
            NEXT.c.evidence,
            literal(rule_version),
            NEXT.c.by_hand,
            NEXT.c.heard,
            NEXT.c.is_primary,
            func.coalesce(HELD.c.since, literal(at, held.since.type)),
            NEXT.c.expires_at,
        )
        .outerjoin(HELD, _of_next())
        .where(differs)
    )
    names = (
        "customer_id", "persona", "source", "confidence", "evidence", "rule_version", "by_hand",
        "heard", "is_primary", "since", "expires_at",
    )  # fmt: skip
    statement = insert_into(session, table).from_select(list(names), query)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["customer_id", "persona"],
            set_={name: statement.excluded[name] for name in _UPDATES},
        )
    )


async def told_of(
    session: AsyncSession, window: Window, found: Changes, at: datetime
) -> dict[int, dict[str, Any]]:
    """The changes of a few customers with their reasons, one payload each."""
    new = {(one, persona) for persona, ids in found.joined.items() for one in ids}
    query = (
        select(NEXT.c.customer_id, NEXT.c.persona, NEXT.c.source, NEXT.c.confidence, NEXT.c.evidence, NEXT.c.is_primary)
        .order_by(NEXT.c.customer_id, NEXT.c.is_primary.desc(), NEXT.c.confidence.desc(), NEXT.c.persona)
    )  # fmt: skip
    told: dict[int, dict[str, Any]] = {
        one: {"joined": [], "left": [], "primary": None} for one in sorted(found.customers)
    }
    for row in await session.execute(query):
        change = told.get(row.customer_id)
        if change is None:
            continue
        if row.is_primary:
            change["primary"] = row.persona
        if (row.customer_id, row.persona) in new:
            why = list(sayings(row.evidence, bank_date(at)))
            change["joined"].append(
                {
                    "persona": row.persona,
                    "source": row.source,
                    "confidence": row.confidence,
                    "why": why,
                }
            )
    for persona, ids in sorted(found.left.items()):
        for one in ids:
            told[one]["left"].append(persona)
    return told


def in_bulk(found: Changes) -> Mapping[str, dict[str, Any]]:
    """The changes of many customers by unit: ids by persona, for those who joined and who left."""
    told: dict[str, dict[str, Any]] = {}

    def of(customer_id: int) -> dict[str, Any]:
        return told.setdefault(
            found.units[customer_id], {"joined": {}, "left": {}, "primary_moved": []}
        )

    for name, changed in (("joined", found.joined), ("left", found.left)):
        for persona, ids in changed.items():
            for one in ids:
                of(one)[name].setdefault(persona, []).append(one)
    for one in found.primary:
        of(one)["primary_moved"].append(one)
    return told


async def delete_memberships(session: AsyncSession, gone: Sequence[Mapping[str, Any]]) -> None:
    """Delete memberships named by ``customer`` and ``which`` (the persona), in one executemany."""
    table = PersonaMembership.__table__  # type: ignore[attr-defined]
    statement = delete(table).where(
        table.c.customer_id == bindparam("customer"), table.c.persona == bindparam("which")
    )
    await (await session.connection()).execute(statement, [dict(row) for row in gone])
