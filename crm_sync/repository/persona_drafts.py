"""Memberships of a window of customers, worked out by the database alone.

``persona_mask`` has one bit a ground for each customer who fits any; ``persona_draft`` what speaks
for a persona; ``persona_next`` the few that become active, one of them primary. Temporary tables,
emptied for each window, so that memory stays flat; the pure counterpart is ``rules.memberships``.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    and_,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import col

from config.persona_policy import SOURCES, Ground
from crm_sync.models import Customer, PersonaMembership, PersonaRefusal
from crm_sync.repository.subjects import Window
from crm_sync.rules.conditions import as_json
from crm_sync.segments.asking import Asking
from crm_sync.segments.compile import compiled
from crm_sync.segments.seen import seen_of
from kit.db import Json, insert_into

_EXPIRES: Final = PersonaMembership.__table__.c.expires_at.type  # type: ignore[attr-defined]
_STEP: Final = 1_000
_META: Final = MetaData()
MASK: Final = Table(
    "persona_mask",
    _META,
    Column("customer_id", BigInteger, primary_key=True, autoincrement=False),
    Column("mask", BigInteger, nullable=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)
DRAFT: Final = Table(
    "persona_draft",
    _META,
    Column("customer_id", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("rank", Integer, nullable=False),
    Column("confidence", Integer, nullable=False),
    # Whether what the bank stores speaks too; its words are written for the chosen alone.
    Column("grounded", Boolean, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("expires_at", _EXPIRES),
    Column("by_hand", Boolean, nullable=False),
    Column("heard", Boolean, nullable=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)
NEXT: Final = Table(
    "persona_next",
    _META,
    Column("customer_id", BigInteger, nullable=False),
    Column("persona", String(40), nullable=False),
    Column("source", String(16), nullable=False),
    Column("confidence", Integer, nullable=False),
    Column("evidence", Json, nullable=False),
    Column("expires_at", _EXPIRES),
    Column("by_hand", Boolean, nullable=False),
    Column("heard", Boolean, nullable=False),
    Column("is_primary", Boolean, nullable=False),
    prefixes=["TEMPORARY"],
)
_NEXT_KEY: Final = Index("persona_next_key", NEXT.c.customer_id, NEXT.c.persona, unique=True)
"""For SQLite alone: PostgreSQL hashes, and an index costs it as much as the rows."""

_WEIGHED: Final = frozenset({"customer_id", "place", "persona", "by_hand", "is_primary"})
_EMPTIED: Final = text("TRUNCATE persona_mask, persona_draft, persona_next")


async def draft(
    asking: Asking, window: Window, told: Sequence[dict[str, Any]], unread: bool
) -> None:
    """Fill ``persona_next`` for the customers in the window.

    ``told``: what traces of interest say, as rows of ``persona_draft``. ``unread``: not every
    source of traces was read, so memberships that stand on some are kept as they are.
    """
    session = asking.session
    for table in (MASK, DRAFT, NEXT):
        await session.execute(CreateTable(table, if_not_exists=True))
    if asking.postgresql:
        await session.execute(_EMPTIED)
    else:
        await session.execute(CreateIndex(_NEXT_KEY, if_not_exists=True))
        for table in (MASK, DRAFT, NEXT):
            await session.execute(delete(table))
    await session.execute(_masks(asking, window))
    await _analyzed(asking, MASK)
    if _places_with_bits(asking):
        await session.execute(_grounded(asking))
    await _land_told(asking, told)
    await session.execute(_without_refused(asking))
    await session.execute(_kept(asking, window, unread))
    await _analyzed(asking, DRAFT)
    given = select(exists().where(DRAFT.c.by_hand.is_(True)))
    await session.execute(_chosen(asking, bool((await session.execute(given)).scalar_one())))
    await _analyzed(asking, NEXT)


async def _analyzed(asking: Asking, table: Table) -> None:
    """Because PostgreSQL knows nothing of a temporary table until it is told.

    Only of the columns that statements join and group by: to weigh evidence costs more than to
    write it.
    """
    if asking.postgresql:
        names = ", ".join(column.name for column in table.columns if column.name in _WEIGHED)
        await asking.session.execute(text(f"ANALYZE {table.name} ({names})"))


def _all_bits(asking: Asking) -> list[tuple[int, Ground, int]]:
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


def _bits(asking: Asking, place: int) -> list[tuple[Ground, int]]:
    """The grounds for one persona with their bits."""
    persona = asking.frame.personas.persona[place]
    return [
        (ground, bit)
        for its, ground, bit in _all_bits(asking)
        if its == place and any(ground is one for one in persona.when)
    ]


def _against(asking: Asking, place: int) -> int:
    persona = asking.frame.personas.persona[place]
    return sum(
        bit
        for its, ground, bit in _all_bits(asking)
        if its == place and any(ground is one for one in persona.unless)
    )


def _masks(asking: Asking, window: Window) -> Any:
    """One pass over the customers: every ground is asked once."""
    mask: Any = literal(0, BigInteger)
    for _, ground, bit in _all_bits(asking):
        held = compiled(ground.rule, asking)
        mask = mask + case((held, literal(bit, BigInteger)), else_=literal(0, BigInteger))
    asked = (
        select(col(Customer.id).label("customer_id"), mask.label("mask"))
        .where(window.on(asking.session, col(Customer.id)), col(Customer.removed_at).is_(None))
        .cte("asked")
        # Because both databases would else work the mask out twice, to filter and to keep it.
        .prefix_with("MATERIALIZED")
    )
    kept = select(asked.c.customer_id, asked.c.mask).where(asked.c.mask != 0)
    return insert(MASK).from_select(["customer_id", "mask"], kept)


def _has(bits: int) -> Any:
    return MASK.c.mask.bitwise_and(literal(bits, BigInteger)) != 0


def _places_with_bits(asking: Asking) -> list[int]:
    return [n for n in range(len(asking.frame.personas.persona)) if _bits(asking, n)]


def _grounded(asking: Asking) -> Any:
    """Who has a ground for a persona and none against: every persona in one statement."""
    policy = asking.frame.personas
    places = _places_with_bits(asking)
    asked = union_all(
        *(
            select(
                literal(place, Integer).label("place"),
                literal(sum(bit for _, bit in _bits(asking, place)), BigInteger).label("bits"),
                literal(_against(asking, place), BigInteger).label("against"),
            )
            for place in places
        )
    ).subquery("persona_asked")

    def best(place: int, value: Callable[[Ground], int]) -> Any:
        bits = sorted(
            _bits(asking, place),
            key=lambda one: (
                SOURCES.index(one[0].source),
                -policy.sources[one[0].source].confidence,
            ),
        )
        return case(*((_has(bit), value(ground)) for ground, bit in bits), else_=0)

    def of_each(value: Callable[[Ground], int]) -> Any:
        return case(*((asked.c.place == place, best(place, value)) for place in places), else_=0)

    query = select(
        MASK.c.customer_id,
        asked.c.place,
        of_each(lambda ground: SOURCES.index(ground.source)),
        of_each(lambda ground: policy.sources[ground.source].confidence),
        literal(True, Boolean),
        literal("", Text),
        literal(None, _EXPIRES),
        literal(False, Boolean),
        literal(False, Boolean),
    ).join_from(
        MASK,
        asked,
        and_(
            MASK.c.mask.bitwise_and(asked.c.bits) != 0,
            MASK.c.mask.bitwise_and(asked.c.against) == 0,
        ),
    )
    return insert(DRAFT).from_select(_columns(DRAFT), query)


def _words(asking: Asking, place: Any) -> Any:
    """What the bank stores that speaks for the persona at ``place``: every ground as evidence."""
    told = []
    for number in _places_with_bits(asking):
        evidence: Any = literal("", Text)
        for ground, bit in _bits(asking, number):
            rule = orjson.dumps(as_json(ground.rule)).decode()
            seen = literal(f',{{"rule":{rule},"seen":', Text) + seen_of(ground.rule, asking) + "}"
            evidence = evidence + case((_has(bit), seen), else_="")
        told.append((place == number, evidence))
    return case(*told, else_="") if told else literal("", Text)


def _columns(table: Table) -> list[str]:
    return [column.name for column in table.columns]


async def _land_told(asking: Asking, told: Sequence[dict[str, Any]]) -> None:
    """Traces beside what the bank stores: the better source leads, evidence is joined."""
    if not told:
        return
    session = asking.session
    statement = insert_into(session, DRAFT)
    new = statement.excluded
    better = or_(
        new.rank < DRAFT.c.rank,
        and_(new.rank == DRAFT.c.rank, new.confidence > DRAFT.c.confidence),
    )
    statement = statement.on_conflict_do_update(
        index_elements=["customer_id", "place"],
        set_={
            "rank": case((better, new.rank), else_=DRAFT.c.rank),
            "confidence": case((better, new.confidence), else_=DRAFT.c.confidence),
            "evidence": DRAFT.c.evidence + new.evidence,
            "heard": literal(True, Boolean),
        },
    )
    await session.execute(statement, list(told))
    shut_out = [
        and_(DRAFT.c.place == place, _has(against))
        for place in range(len(asking.frame.personas.persona))
        if (against := _against(asking, place))
    ]
    if shut_out:
        out = exists().where(MASK.c.customer_id == DRAFT.c.customer_id, or_(*shut_out))
        await session.execute(delete(DRAFT).where(out))


def _places(asking: Asking, persona: Any) -> Any:
    names = [one.name for one in asking.frame.personas.persona]
    return case(*((persona == name, place) for place, name in enumerate(names)), else_=-1)


def _without_refused(asking: Asking) -> Any:
    refused = exists().where(
        col(PersonaRefusal.customer_id) == DRAFT.c.customer_id,
        _places(asking, col(PersonaRefusal.persona)) == DRAFT.c.place,
        col(PersonaRefusal.until) > asking.frame.at,
    )
    return delete(DRAFT).where(refused)


def _kept(asking: Asking, window: Window, unread: bool) -> Any:
    """Memberships that no rule of this run can judge: by hand, or of traces that were not read."""
    one = PersonaMembership.__table__.c  # type: ignore[attr-defined]
    kept = or_(one.by_hand.is_(True), one.heard.is_(True)) if unread else one.by_hand.is_(True)
    evidence = cast(one.evidence, Text)
    inner = func.substr(evidence, 2, func.length(evidence) - 2)
    rank = case(*((one.source == name, place) for place, name in enumerate(SOURCES)), else_=99)
    query = (
        select(
            one.customer_id,
            _places(asking, one.persona),
            rank,
            one.confidence,
            literal(False, Boolean),
            literal(",", Text) + inner,
            one.expires_at,
            one.by_hand,
            one.heard,
        )
        .join(Customer, col(Customer.id) == one.customer_id)
        .where(
            window.on(asking.session, one.customer_id),
            kept,
            or_(one.expires_at.is_(None), one.expires_at > asking.frame.at),
            _places(asking, one.persona) >= 0,
            col(Customer.removed_at).is_(None),
        )
    )
    statement = insert_into(asking.session, DRAFT).from_select(_columns(DRAFT), query)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["customer_id", "place"],
        set_={name: new[name] for name in _columns(DRAFT)[2:]},
        where=or_(
            new.rank < DRAFT.c.rank,
            and_(new.rank == DRAFT.c.rank, new.confidence > DRAFT.c.confidence),
        ),
    )


def _chosen(asking: Asking, given: bool) -> Any:
    """The best few of each customer; what a person gave (``given``: anybody) is always among them."""
    policy = asking.frame.personas
    names = sorted(one.name for one in policy.persona)
    one = DRAFT.c
    urgent = sorted({-one.priority for one in policy.persona})
    # By rank, priority, confidence and name, as one number: a window sorts it in half the time.
    of_persona = case(
        *(
            (one.place == n, urgent.index(-p.priority) * _STEP**2 + names.index(p.name))
            for n, p in enumerate(policy.persona)
        ),
        else_=0,
    )
    order = cast(one.rank, BigInteger) * _STEP**3 + of_persona - one.confidence * _STEP
    standing = func.row_number().over(partition_by=one.customer_id, order_by=order)
    placed = select(DRAFT, standing.label("standing"))
    if given:
        first_given = (one.by_hand.desc(), order)
        turn = func.row_number().over(partition_by=one.customer_id, order_by=first_given)
        among = placed.add_columns(turn.label("turn")).subquery()
        best = func.min(among.c.standing).over(partition_by=among.c.customer_id)
        chosen = select(among, best.label("first")).where(among.c.turn <= policy.max_active)
    else:
        among = placed.subquery()
        first = literal(1, Integer).label("first")
        chosen = select(among, first).where(among.c.standing <= policy.max_active)
    joined = chosen.subquery()
    final = joined.c
    words = case((final.grounded.is_(True), _words(asking, final.place)), else_="")
    evidence: Any = literal("[", Text) + func.substr(words + final.evidence, 2) + "]"
    if asking.postgresql:
        evidence = cast(evidence, JSONB)
    query = select(
        final.customer_id,
        case(*((final.place == n, p.name) for n, p in enumerate(policy.persona))),
        case(*((final.rank == n, name) for n, name in enumerate(SOURCES))),
        final.confidence,
        evidence,
        final.expires_at,
        final.by_hand,
        final.heard,
        final.standing == final.first,
    ).select_from(
        joined.join(Customer, col(Customer.id) == final.customer_id).outerjoin(
            MASK, MASK.c.customer_id == final.customer_id
        )
    )
    return insert(NEXT).from_select(_columns(NEXT), query)
