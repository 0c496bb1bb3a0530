"""Which grounds customers fit, asked in one pass, and what follows for those who fit the same.

``persona_mask`` has one bit a ground for each customer who fits any. Whoever has the same bits gets
the same personas, so these are worked out once a mask, by the pure rules, into
``persona_outcome``: no ranking of a million rows. Temporary tables, emptied for each window.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import orjson
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    case,
    delete,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.schema import CreateTable
from sqlmodel import col

from config.persona_policy import SOURCES, Ground
from crm_sync.models import Customer
from crm_sync.repository.subjects import Window
from crm_sync.rules import memberships
from crm_sync.rules.conditions import as_json
from crm_sync.rules.personas import Judged
from crm_sync.segments.asking import Asking
from crm_sync.segments.compile import compiled
from crm_sync.segments.seen import seen_of
from kit.db import is_postgresql

META: Final = MetaData()
MASK: Final = Table(
    "persona_mask",
    META,
    Column("customer_id", BigInteger, primary_key=True, autoincrement=False),
    Column("mask", BigInteger, nullable=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)
OUTCOME: Final = Table(
    "persona_outcome",
    META,
    Column("mask", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("persona", String(40), nullable=False),
    Column("rank", Integer, nullable=False),
    Column("source", String(16), nullable=False),
    Column("confidence", Integer, nullable=False),
    # Which of ``Outcomes.shapes`` speaks for it, counted from 1.
    Column("shape", Integer, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("is_primary", Boolean, nullable=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)

Shape = tuple[Ground, ...]
"""The grounds that speak together for a persona."""


async def emptied(session: AsyncSession, *tables: Table) -> None:
    """Temporary tables that are there and empty."""
    for table in tables:
        await session.execute(CreateTable(table, if_not_exists=True))
        if not is_postgresql(session):
            await session.execute(delete(table))
    if is_postgresql(session):
        await session.execute(text("TRUNCATE " + ", ".join(one.name for one in tables)))


async def analyzed(session: AsyncSession, *tables: Table) -> None:
    """Because PostgreSQL knows nothing of a temporary table until it is told."""
    if is_postgresql(session):
        await session.execute(text("ANALYZE " + ", ".join(one.name for one in tables)))


async def mask(asking: Asking, window: Window) -> None:
    """Fill ``persona_mask``: one pass over the customers of the window, every ground asked once."""
    session = asking.session
    await emptied(session, MASK)
    if asking.postgresql:
        # Because it hashes what it joins, and the key would cost it as much as the rows.
        await session.execute(
            text("ALTER TABLE persona_mask DROP CONSTRAINT IF EXISTS persona_mask_pkey")
        )
    found: Any = literal(0, BigInteger)
    near = asking
    if window.ids is None:
        near = replace(asking, within=(window.after, window.upto))
    for _, ground, bit in all_bits(asking):
        held = compiled(ground.rule, near)
        found = found + case((held, literal(bit, BigInteger)), else_=literal(0, BigInteger))
    asked = (
        select(col(Customer.id).label("customer_id"), found.label("mask"))
        .where(window.on(session, col(Customer.id)), col(Customer.removed_at).is_(None))
        .cte("asked")
        # Because both databases would else work the mask out twice, to filter and to keep it.
        .prefix_with("MATERIALIZED")
    )
    kept = select(asked.c.customer_id, asked.c.mask).where(asked.c.mask != 0)
    await session.execute(insert(MASK).from_select(["customer_id", "mask"], kept))


async def outcomes(asking: Asking) -> list[Shape]:
    """Fill ``persona_outcome``: what everybody with the same mask fits, and which of it is active.

    Returns the shapes by their number; the first stands for nothing.
    """
    session = asking.session
    await emptied(session, OUTCOME)
    masks = (await session.execute(select(MASK.c.mask).distinct())).scalars()
    rules = [(n, bits(asking, n), against(asking, n)) for n in places_with_bits(asking)]
    shapes: dict[tuple[int, ...], int] = {(): 0}
    spoken: list[Shape] = [()]
    rows: list[dict[str, Any]] = []
    for found in masks:
        judged, number = [], {}
        for place, asked, shut_out in rules:
            met = [(ground, bit) for ground, bit in asked if found & bit]
            if not met or found & shut_out:
                continue
            key = tuple(bit for _, bit in met)
            if key not in shapes:
                shapes[key] = len(spoken)
                spoken.append(tuple(ground for ground, _ in met))
            judged.append(_judged(asking, place, spoken[shapes[key]]))
            number[judged[-1].persona] = (place, shapes[key])
        rows += _rows(asking, found, judged, number)
    if rows:
        await (await session.connection()).execute(insert(OUTCOME), rows)
    await analyzed(session, MASK, OUTCOME)
    return spoken


def _judged(asking: Asking, place: int, shape: Shape) -> Judged:
    """The persona at ``place`` as its best ground says: the better source, then the surer."""
    policy = asking.frame.personas
    best = min(
        shape, key=lambda one: (SOURCES.index(one.source), -policy.sources[one.source].confidence)
    )
    confidence = policy.sources[best.source].confidence
    return Judged(policy.persona[place].name, True, best.source, confidence)


def _rows(
    asking: Asking, found: int, judged: Sequence[Judged], number: Mapping[str, tuple[int, int]]
) -> Iterator[dict[str, Any]]:
    policy = asking.frame.personas
    ranked = memberships.candidates(judged, (), refused=(), at=asking.frame.at, policy=policy)
    active = {one.persona: one.is_primary for one in memberships.active(ranked, policy)}
    for one in ranked:
        place, shape = number[one.persona]
        yield {
            "mask": found,
            "place": place,
            "persona": one.persona,
            "rank": SOURCES.index(one.source),
            "source": one.source,
            "confidence": one.confidence,
            "shape": shape,
            "is_active": one.persona in active,
            "is_primary": active.get(one.persona, False),
        }


def all_bits(asking: Asking) -> list[tuple[int, Ground, int]]:
    """The persona's place, the ground and its bit, for every ground that SQL can judge.

    A ground against is asked like one for; those of a source that is switched off are not.
    """
    policy = asking.frame.personas
    found, bit = [], 0
    for place, persona in enumerate(policy.persona):
        for ground in (*persona.when, *persona.unless):
            if ground.interest is None and policy.sources[ground.source].enabled:
                found.append((place, ground, 1 << bit))
            bit += 1
    return found


def bits(asking: Asking, place: int) -> list[tuple[Ground, int]]:
    """The grounds for one persona with their bits."""
    persona = asking.frame.personas.persona[place]
    return [
        (ground, bit)
        for its, ground, bit in all_bits(asking)
        if its == place and any(ground is one for one in persona.when)
    ]


def against(asking: Asking, place: int) -> int:
    """The bits of the grounds against one persona."""
    persona = asking.frame.personas.persona[place]
    return sum(
        bit
        for its, ground, bit in all_bits(asking)
        if its == place and any(ground is one for one in persona.unless)
    )


def places_with_bits(asking: Asking) -> list[int]:
    """The personas for which SQL can find anything."""
    return [n for n in range(len(asking.frame.personas.persona)) if bits(asking, n)]


def has(wanted: int) -> Any:
    """Any of these bits is set."""
    return MASK.c.mask.bitwise_and(literal(wanted, BigInteger)) != 0


def words(
    asking: Asking, shape: Any, shapes: Sequence[Shape], *, start: str, end: str, nothing: str
) -> Any:
    """What the bank stores that speaks for a persona: every ground of ``shape`` as evidence.

    Rows of a JSON list between ``start`` and ``end``, ``nothing`` for the shape 0; what was seen
    is read from ``customer``. Only grounds that occur are asked, because a question costs its
    planning even if it is asked of nobody.
    """
    told: dict[int, Any] = {}
    for number, grounds in enumerate(shapes[1:], 1):
        rows: Any = None
        before = start
        for ground in grounds:
            rule = orjson.dumps(as_json(ground.rule)).decode()
            seen = literal(f'{before}{{"rule":{rule},"seen":', Text) + seen_of(ground.rule, asking)
            rows = seen if rows is None else rows + seen
            before = "},"
        told[number] = rows + literal("}" + end, Text)
    return case(told, value=shape, else_=nothing) if told else literal(nothing, Text)
