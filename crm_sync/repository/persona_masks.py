"""Which grounds customers fit, asked in one pass, and what follows for those who fit the same.

``persona_mask`` has one bit a ground for each customer who fits any. Whoever has the same bits gets
the same personas, so these are worked out once a mask, by the pure rules, into
``persona_outcome``: no ranking of a million rows. Temporary tables, emptied for each window.
"""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
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
    func,
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
    Column("persona", String(40), primary_key=True),
    Column("place", Integer, nullable=False),
    Column("source", String(16), nullable=False),
    Column("confidence", Integer, nullable=False),
    Column("is_primary", Boolean, nullable=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)


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


async def mask(asking: Asking, window: Window) -> Sequence[int]:
    """Fill ``persona_mask``: one pass over the customers of the window, every ground asked once.

    Returns the masks there are, each once.
    """
    session = asking.session
    await emptied(session, MASK)
    if asking.postgresql:
        # Because it hashes what it joins, and the key would cost it as much as the rows.
        await session.execute(
            text("ALTER TABLE persona_mask DROP CONSTRAINT IF EXISTS persona_mask_pkey")
        )
    found: Any = literal(0, BigInteger)
    for _, ground, bit in all_bits(asking):
        held = compiled(ground.rule, asking)
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
    return (await session.execute(select(MASK.c.mask).distinct())).scalars().all()


async def outcomes(asking: Asking, masks: Iterable[int]) -> None:
    """Fill ``persona_outcome``: the active personas of everybody with the same mask."""
    session = asking.session
    await emptied(session, OUTCOME)
    rules = [(n, bits(asking, n), against(asking, n)) for n in places_with_bits(asking)]
    rows = [row for one in masks for row in _of(asking, rules, one)]
    if rows:
        await (await session.connection()).execute(insert(OUTCOME), rows)
    await analyzed(session, MASK, OUTCOME)


def _of(
    asking: Asking, rules: Iterable[tuple[int, list[tuple[Ground, int]], int]], found: int
) -> Iterable[dict[str, Any]]:
    policy = asking.frame.personas
    met = []
    for place, asked, shut_out in rules:
        grounds = [ground for ground, bit in asked if found & bit]
        if grounds and not found & shut_out:
            best = min(grounds, key=lambda one: strength(asking, one))
            confidence = policy.sources[best.source].confidence
            met.append(Judged(policy.persona[place].name, True, best.source, confidence))
    ranked = memberships.candidates(met, (), refused=(), at=asking.frame.at, policy=policy)
    places = {one.name: place for place, one in enumerate(policy.persona)}
    for one in memberships.active(ranked, policy):
        yield {
            "mask": found,
            "persona": one.persona,
            "place": places[one.persona],
            "source": one.source,
            "confidence": one.confidence,
            "is_primary": one.is_primary,
        }


def strength(asking: Asking, ground: Ground) -> tuple[int, int]:
    """The better source first, then the higher confidence."""
    confidence = asking.frame.personas.sources[ground.source].confidence
    return (SOURCES.index(ground.source), -confidence)


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


def words(asking: Asking, place: Any, masks: Iterable[int]) -> Any:
    """What the bank stores that speaks for the persona at ``place``: every ground as evidence.

    Text of the rows of a JSON list, each behind a comma; needs ``persona_mask`` and ``customer``.
    Only of grounds that any of ``masks`` has, because a question costs its planning even if it
    is asked of nobody.
    """
    told, there = [], reduce(or_, masks, 0)
    for number in places_with_bits(asking):
        evidence: Any = literal("", Text)
        for ground, bit in bits(asking, number):
            if not bit & there:
                continue
            rule = orjson.dumps(as_json(ground.rule)).decode()
            seen = literal(f',{{"rule":{rule},"seen":', Text) + seen_of(ground.rule, asking) + "}"
            evidence = evidence + case((has(bit), seen), else_="")
        if any(bit & there for _, bit in bits(asking, number)):
            told.append((place == number, evidence))
    return case(*told, else_="") if told else literal("", Text)


def listed(rows: Any) -> Any:
    """Such text as a JSON list."""
    return literal("[", Text) + func.substr(rows, 2) + "]"
