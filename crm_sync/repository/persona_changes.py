"""What ``persona_next`` changes against the memberships that stand, and writing it in bulk."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, bindparam, delete, exists, func, literal, or_, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import Customer, PersonaMembership
from crm_sync.repository.keys import among
from crm_sync.repository.persona_drafts import NEXT
from crm_sync.repository.subjects import Window
from crm_sync.rules.evidence import sayings
from kit.clock import bank_date
from kit.db import Json, insert_into, is_postgresql

STEP: Final = 5  # per cent: smaller fading is not written
HELD: Final = PersonaMembership.__table__.alias("held")  # type: ignore[attr-defined]
_UPDATES: Final = (
    "source", "confidence", "evidence", "rule_version", "by_hand", "heard", "is_primary", "expires_at",
)  # fmt: skip


By = dict[str, dict[str, list[int]]]
"""Customer ids by unit and persona."""


@dataclass(slots=True)
class Changes:
    """Who joined and left which persona, whose primary one moved, and how many each has now."""

    joined: By = field(default_factory=dict)
    left: By = field(default_factory=dict)
    primary: By = field(default_factory=dict)
    members: Counter[str] = field(default_factory=Counter)

    @property
    def customers(self) -> set[int]:
        """Everybody for whom anything changed."""
        return {
            one
            for by in (self.joined, self.left, self.primary)
            for of_unit in by.values()
            for ids in of_unit.values()
            for one in ids
        }


def counted(by: By) -> Counter[str]:
    """How many customers there are of each persona."""
    found: Counter[str] = Counter()
    for of_unit in by.values():
        found.update({persona: len(ids) for persona, ids in of_unit.items()})
    return found


async def considered(session: AsyncSession, window: Window, found: Changes) -> int:
    """How many customers have, or had, any persona; each who has some has one primary."""
    now = select(func.count()).select_from(NEXT).where(NEXT.c.is_primary.is_(True))
    number = int((await session.execute(now)).scalar_one())
    if not found.left:
        return number
    still = exists().where(NEXT.c.customer_id == HELD.c.customer_id)
    was = select(func.count(HELD.c.customer_id.distinct())).where(
        window.on(session, HELD.c.customer_id), ~still
    )
    return number + int((await session.execute(was)).scalar_one())


def _of_next() -> Any:
    return and_(HELD.c.customer_id == NEXT.c.customer_id, HELD.c.persona == NEXT.c.persona)


def _gone(session: AsyncSession, window: Window, held: Any) -> Any:
    still = exists().where(NEXT.c.customer_id == held.customer_id, NEXT.c.persona == held.persona)
    return and_(window.on(session, held.customer_id), ~still)


async def changes(session: AsyncSession, window: Window) -> Changes:
    """The differences, read before they are written; a row a unit and persona, not a customer."""
    gathered = func.jsonb_agg if is_postgresql(session) else func.json_group_array
    unit = func.coalesce(col(Customer.unit_id), "hq")
    new, held = NEXT.c, HELD.c

    def of(one: Any, meant: Any) -> Any:
        return type_coerce(gathered(one.customer_id).filter(meant), Json)

    is_new = held.customer_id.is_(None)
    moved = and_(new.is_primary.is_(True), or_(is_new, held.is_primary.is_(False)))
    query = (
        select(unit, new.persona, func.count(), of(new, is_new), of(new, moved))
        .select_from(
            NEXT.join(Customer, col(Customer.id) == new.customer_id).outerjoin(HELD, _of_next())
        )
        .group_by(unit, new.persona)
    )
    found = Changes()
    for its, persona, number, joined, primary in await session.execute(query):
        found.members[persona] += number
        for by, ids in ((found.joined, joined), (found.primary, primary)):
            if ids:
                by.setdefault(its, {})[persona] = sorted(ids)
    gone = (
        select(unit, held.persona, type_coerce(gathered(held.customer_id), Json))
        .select_from(HELD.outerjoin(Customer, col(Customer.id) == held.customer_id))
        .where(_gone(session, window, held))
        .group_by(unit, held.persona)
    )
    for its, persona, ids in await session.execute(gone):
        found.left.setdefault(its, {})[persona] = sorted(ids)
    return found


async def write(
    session: AsyncSession, window: Window, found: Changes, rule_version: str, at: datetime
) -> None:
    """Write what is new or differs, delete what is gone; a row that stands as it is is not touched."""
    table = PersonaMembership.__table__  # type: ignore[attr-defined]
    held = table.c
    if found.left:
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


async def told_of(session: AsyncSession, found: Changes, at: datetime) -> dict[int, dict[str, Any]]:
    """The changes of a few customers with their reasons, one payload each."""
    told: dict[int, dict[str, Any]] = {
        one: {"joined": [], "left": [], "primary": None} for one in sorted(found.customers)
    }
    if not told:
        return told
    new = {(one, persona) for persona, one in _each(found.joined)}
    query = (
        select(
            NEXT.c.customer_id,
            NEXT.c.persona,
            NEXT.c.source,
            NEXT.c.confidence,
            NEXT.c.evidence,
            NEXT.c.is_primary,
        )
        .where(among(session, NEXT.c.customer_id, list(told)))
        .order_by(
            NEXT.c.customer_id,
            NEXT.c.is_primary.desc(),
            NEXT.c.confidence.desc(),
            NEXT.c.persona,
        )
    )
    for row in await session.execute(query):
        change = told[row.customer_id]
        if row.is_primary:
            change["primary"] = row.persona
        if (row.customer_id, row.persona) in new:
            why = list(sayings(row.evidence, bank_date(at)))
            about = {"persona": row.persona, "source": row.source, "confidence": row.confidence}
            change["joined"].append({**about, "why": why})
    for persona, one in sorted(_each(found.left)):
        told[one]["left"].append(persona)
    return told


def _each(by: By) -> list[tuple[str, int]]:
    return [
        (persona, one) for of_unit in by.values() for persona, ids in of_unit.items() for one in ids
    ]


def in_bulk(found: Changes) -> dict[str, dict[str, Any]]:
    """The changes of many customers by unit: ids by persona, for those who joined and who left."""
    units = sorted({*found.joined, *found.left, *found.primary})
    return {
        unit: {
            "joined": found.joined.get(unit, {}),
            "left": found.left.get(unit, {}),
            "primary_moved": found.primary.get(unit, {}),
        }
        for unit in units
    }


async def delete_memberships(session: AsyncSession, gone: Sequence[Mapping[str, Any]]) -> None:
    """Delete memberships named by ``customer`` and ``which`` (the persona), in one executemany."""
    table = PersonaMembership.__table__  # type: ignore[attr-defined]
    statement = delete(table).where(
        table.c.customer_id == bindparam("customer"), table.c.persona == bindparam("which")
    )
    await (await session.connection()).execute(statement, [dict(row) for row in gone])
