"""What an evaluation changes against the memberships that stand, and writing it in bulk.

What it found lies in two places: ``persona_mask`` with ``persona_outcome`` for most, and
``persona_next`` for those apart.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import Customer, PersonaMembership
from crm_sync.repository.keys import among
from crm_sync.repository.persona_drafts import NEXT
from crm_sync.repository.persona_masks import MASK, OUTCOME, Shape, words
from crm_sync.repository.subjects import Window
from crm_sync.rules.evidence import sayings
from crm_sync.segments.asking import Asking
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
    """Who joined and left which persona, whose primary one moved, and how many each has now.

    ``considered``: how many customers have, or had, any. ``held``: whether anybody had.
    """

    joined: By = field(default_factory=dict)
    left: By = field(default_factory=dict)
    primary: By = field(default_factory=dict)
    members: Counter[str] = field(default_factory=Counter)
    considered: int = 0
    held: bool = False

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


@dataclass(frozen=True, slots=True)
class Found:
    """What an evaluation found of a window: what speaks for personas, and if anybody is apart."""

    window: Window
    shapes: Sequence[Shape]
    apart: bool


@dataclass(frozen=True, slots=True)
class _Part:
    """A place where found memberships lie: its rows, and the columns of each."""

    rows: Any
    columns: Mapping[str, Any]


def _parts(asking: Asking, found: Found) -> list[_Part]:
    """The found memberships; with ``customer`` joined, because evidence is written from it."""
    customer = Customer.__table__  # type: ignore[attr-defined]
    near = _near(asking.session, found.window, customer.c.id)
    rows = MASK.join(OUTCOME, and_(OUTCOME.c.mask == MASK.c.mask, OUTCOME.c.is_active)).join(
        customer, and_(customer.c.id == MASK.c.customer_id, near)
    )
    expires: Any = literal(None, HELD.c.expires_at.type)
    parts = [
        _Part(
            rows,
            {
                "customer_id": MASK.c.customer_id,
                "persona": OUTCOME.c.persona,
                "source": OUTCOME.c.source,
                "confidence": OUTCOME.c.confidence,
                "evidence": words(
                    asking, OUTCOME.c.shape, found.shapes, start="[", end="]", nothing="[]"
                ),
                "by_hand": literal(False, Boolean),
                "heard": literal(False, Boolean),
                "is_primary": OUTCOME.c.is_primary,
                "expires_at": expires,
            },
        )
    ]
    if found.apart:
        rows = NEXT.join(customer, customer.c.id == NEXT.c.customer_id)
        parts.append(_Part(rows, dict(NEXT.c.items())))
    return parts


def _near(session: AsyncSession, window: Window, column: Any) -> Any:
    """What follows from the join, said again: else PostgreSQL hashes a whole table for a window."""
    return window.on(session, column) if window.ids is None else true()


def _stands(session: AsyncSession, window: Window, new: Mapping[str, Any]) -> Any:
    return and_(
        HELD.c.customer_id == new["customer_id"],
        HELD.c.persona == new["persona"],
        _near(session, window, HELD.c.customer_id),
    )


async def changes(asking: Asking, found: Found) -> Changes:
    """The differences, read before they are written; a row a unit and persona, not a customer."""
    session = asking.session
    here = found.window.on(session, HELD.c.customer_id)
    counted = select(func.count()).select_from(HELD).where(here)
    standing = int((await session.execute(counted)).scalar_one())
    changed = Changes(held=standing > 0)
    again = 0
    for part in _parts(asking, found):
        again += await _differences(session, found.window, part, changed)
    if again < standing:
        await _read_gone(session, found, changed)
    return changed


def _gathered(session: AsyncSession, one: Any) -> Any:
    """The ids of a group as a list."""
    if is_postgresql(session):
        return func.array_agg(one, type_=ARRAY(BigInteger))
    return func.json_group_array(one, type_=Json)


async def _differences(session: AsyncSession, window: Window, part: _Part, changed: Changes) -> int:
    """Note the members of ``part`` and who is new; returns how many stand already."""
    unit = func.coalesce(col(Customer.unit_id), "hq").label("unit")
    new, rows = part.columns, part.rows
    ids = new["customer_id"]
    primary = new["is_primary"].is_(True)
    again: Any = literal(0, Integer)
    is_new: Any = true()
    moved = primary
    if changed.held:
        rows = rows.outerjoin(HELD, _stands(session, window, new))
        is_new, again = HELD.c.customer_id.is_(None), func.count(HELD.c.customer_id)
        moved = and_(primary, or_(is_new, HELD.c.is_primary.is_(False)))

    def of(meant: Any) -> Any:
        return _gathered(session, ids).filter(meant)

    query = (
        select(
            unit,
            new["persona"],
            func.count(),
            func.count(case((primary, 1))),
            again,
            of(is_new),
            of(moved),
        )
        .select_from(rows)
        .group_by(unit, new["persona"])
    )
    number = 0
    for its, persona, members, firsts, stand, joined, primaries in await session.execute(query):
        changed.members[persona] += members
        changed.considered += firsts
        number += stand
        for by, those in ((changed.joined, joined), (changed.primary, primaries)):
            if those:
                of_unit = by.setdefault(its, {})
                of_unit[persona] = sorted([*of_unit.get(persona, ()), *those])
    return number


def _gone(session: AsyncSession, found: Found, held: Any) -> Any:
    """Memberships of the window that were not found again."""
    of_mask = exists().where(
        MASK.c.customer_id == held.customer_id,
        OUTCOME.c.mask == MASK.c.mask,
        OUTCOME.c.persona == held.persona,
        OUTCOME.c.is_active,
    )
    stays = [of_mask]
    if found.apart:
        stays.append(
            exists().where(NEXT.c.customer_id == held.customer_id, NEXT.c.persona == held.persona)
        )
    return and_(found.window.on(session, held.customer_id), *(~one for one in stays))


async def _read_gone(session: AsyncSession, found: Found, changed: Changes) -> None:
    unit, held = func.coalesce(col(Customer.unit_id), "hq").label("unit"), HELD.c
    query = (
        select(unit, held.persona, _gathered(session, held.customer_id))
        .select_from(HELD.outerjoin(Customer, col(Customer.id) == held.customer_id))
        .where(_gone(session, found, held))
        .group_by(unit, held.persona)
    )
    for its, persona, ids in await session.execute(query):
        changed.left.setdefault(its, {})[persona] = sorted(ids)
    has_some: list[Any] = [
        exists().where(MASK.c.customer_id == held.customer_id, OUTCOME.c.mask == MASK.c.mask)
    ]
    if found.apart:
        has_some.append(exists().where(NEXT.c.customer_id == held.customer_id))
    lost = select(func.count(held.customer_id.distinct())).where(
        found.window.on(session, held.customer_id), *(~one for one in has_some)
    )
    changed.considered += int((await session.execute(lost)).scalar_one())


async def write(asking: Asking, found: Found, changed: Changes, at: datetime) -> None:
    """Write what is new or differs, delete what is gone; a row that stands as it is is not touched."""
    session, rule_version = asking.session, asking.frame.personas.rule_version
    table = PersonaMembership.__table__  # type: ignore[attr-defined]
    if changed.left:
        await session.execute(delete(table).where(_gone(session, found, table.c)))
    for part in _parts(asking, found):
        statement = _written(session, found.window, part, changed.held, rule_version, at)
        await session.execute(statement)


def _written(
    session: AsyncSession, window: Window, part: _Part, held: bool, rule_version: str, at: datetime
) -> Any:
    table = PersonaMembership.__table__  # type: ignore[attr-defined]
    new = part.columns
    evidence = cast(new["evidence"], JSON) if is_postgresql(session) else new["evidence"]
    now: Any = literal(at, table.c.since.type)
    since = func.coalesce(HELD.c.since, now) if held else now
    values = {
        **new, "evidence": evidence, "rule_version": literal(rule_version), "since": since,
    }  # fmt: skip
    query = select(*values.values()).select_from(part.rows)
    statement = insert_into(session, table)
    if not held:
        return statement.from_select(list(values), query)
    differs = or_(
        HELD.c.customer_id.is_(None),
        HELD.c.rule_version != rule_version,
        HELD.c.source != new["source"],
        HELD.c.is_primary != new["is_primary"],
        HELD.c.expires_at.is_distinct_from(new["expires_at"]),
        func.abs(HELD.c.confidence - new["confidence"]) >= STEP,
        cast(HELD.c.evidence, Text) != new["evidence"],
    )
    query = query.select_from(part.rows.outerjoin(HELD, _stands(session, window, new))).where(
        differs
    )
    statement = statement.from_select(list(values), query)
    return statement.on_conflict_do_update(
        index_elements=["customer_id", "persona"],
        set_={name: statement.excluded[name] for name in _UPDATES},
    )


async def told_of(
    asking: Asking, found: Found, changed: Changes, at: datetime
) -> dict[int, dict[str, Any]]:
    """The changes of a few customers with their reasons, one payload each."""
    told: dict[int, dict[str, Any]] = {
        one: {"joined": [], "left": [], "primary": None} for one in sorted(changed.customers)
    }
    if not told:
        return told
    new = {(one, persona) for persona, one in _each(changed.joined)}
    rows: list[Any] = []
    for part in _parts(asking, found):
        names = ("customer_id", "persona", "source", "confidence", "evidence", "is_primary")
        query = (
            select(*(part.columns[name].label(name) for name in names))
            .select_from(part.rows)
            .where(among(asking.session, part.columns["customer_id"], list(told)))
        )
        rows += await asking.session.execute(query)
    rows.sort(key=lambda row: (row.customer_id, not row.is_primary, -row.confidence, row.persona))
    for row in rows:
        change = told[row.customer_id]
        if row.is_primary:
            change["primary"] = row.persona
        if (row.customer_id, row.persona) in new:
            why = list(sayings(orjson.loads(row.evidence), bank_date(at)))
            about = {"persona": row.persona, "source": row.source, "confidence": row.confidence}
            change["joined"].append({**about, "why": why})
    for persona, one in sorted(_each(changed.left)):
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
