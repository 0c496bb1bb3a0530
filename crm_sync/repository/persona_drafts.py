"""Memberships of those for whom more speaks than what the bank stores, worked out one by one.

That are customers with traces of interest, with memberships that a person gave or that stand on
traces which were not read, and with refusals. ``persona_apart`` names them, ``persona_draft`` is
what speaks for a persona, ``persona_next`` the few that become active, one of them primary; all
others follow from their mask (``persona_masks``). The pure counterpart is ``rules.memberships``.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
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
    union,
)
from sqlmodel import col

from config.persona_policy import SOURCES
from crm_sync.models import Customer, PersonaMembership, PersonaRefusal
from crm_sync.repository.persona_masks import (
    MASK,
    META,
    OUTCOME,
    Shape,
    against,
    analyzed,
    emptied,
    has,
    words,
)
from crm_sync.repository.subjects import Window
from crm_sync.segments.asking import Asking
from kit.db import insert_into

_EXPIRES: Final = PersonaMembership.__table__.c.expires_at.type  # type: ignore[attr-defined]
_STEP: Final = 1_000
APART: Final = Table(
    "persona_apart",
    META,
    Column("customer_id", BigInteger, primary_key=True, autoincrement=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)
DRAFT: Final = Table(
    "persona_draft",
    META,
    Column("customer_id", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("rank", Integer, nullable=False),
    Column("confidence", Integer, nullable=False),
    # What the bank stores that speaks too, 0 for nothing; its words are written for the chosen.
    Column("shape", Integer, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("expires_at", _EXPIRES),
    Column("by_hand", Boolean, nullable=False),
    Column("heard", Boolean, nullable=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)
NEXT: Final = Table(
    "persona_next",
    META,
    Column("customer_id", BigInteger, primary_key=True, autoincrement=False),
    Column("persona", String(40), primary_key=True),
    Column("source", String(16), nullable=False),
    Column("confidence", Integer, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("expires_at", _EXPIRES),
    Column("by_hand", Boolean, nullable=False),
    Column("heard", Boolean, nullable=False),
    Column("is_primary", Boolean, nullable=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)


async def draft(
    asking: Asking,
    window: Window,
    shapes: Sequence[Shape],
    told: Sequence[dict[str, Any]],
    unread: bool,
) -> bool:
    """Fill ``persona_next`` for those apart, and take them out of ``persona_mask``; any there?

    ``shapes``: those of ``outcomes``. ``told``: what traces of interest say, as rows of ``persona_draft``. ``unread``: not every
    source of traces was read, so memberships that stand on some are kept as they are.
    """
    session = asking.session
    await emptied(session, APART, DRAFT, NEXT)
    await _set_apart(asking, window, told, unread)
    if not (await session.execute(select(exists().select_from(APART)))).scalar_one():
        return False
    await session.execute(_grounded())
    await _land_told(asking, told)
    await session.execute(_without_refused(asking))
    await session.execute(_kept(asking, window, unread))
    await analyzed(session, DRAFT)
    given = select(exists().where(DRAFT.c.by_hand.is_(True)))
    by_hand = bool((await session.execute(given)).scalar_one())
    await session.execute(_chosen(asking, shapes, by_hand))
    await session.execute(delete(MASK).where(MASK.c.customer_id.in_(select(APART.c.customer_id))))
    await analyzed(session, NEXT)
    return True


async def _set_apart(
    asking: Asking, window: Window, told: Sequence[dict[str, Any]], unread: bool
) -> None:
    """Everybody for whom something speaks that no mask tells."""
    session = asking.session
    refused = select(col(PersonaRefusal.customer_id)).where(
        window.on(session, col(PersonaRefusal.customer_id)),
        col(PersonaRefusal.until) > asking.frame.at,
    )
    kept = select(col(PersonaMembership.customer_id)).where(
        window.on(session, col(PersonaMembership.customer_id)), _not_judged(unread)
    )
    await session.execute(insert(APART).from_select(["customer_id"], union(refused, kept)))
    if told:
        heard = sorted({row["customer_id"] for row in told})
        await session.execute(
            insert_into(session, APART).on_conflict_do_nothing(),
            [{"customer_id": one} for one in heard],
        )


def _not_judged(unread: bool) -> Any:
    """Memberships that no rule of this run can judge: by hand, or of traces that were not read."""
    by_hand = col(PersonaMembership.by_hand).is_(True)
    return or_(by_hand, col(PersonaMembership.heard).is_(True)) if unread else by_hand


def _grounded() -> Any:
    """What speaks for those apart by their mask."""
    query = (
        select(
            MASK.c.customer_id,
            OUTCOME.c.place,
            OUTCOME.c.rank,
            OUTCOME.c.confidence,
            OUTCOME.c.shape,
            literal("", Text),
            literal(None, _EXPIRES),
            literal(False, Boolean),
            literal(False, Boolean),
        )
        .select_from(APART.join(MASK, MASK.c.customer_id == APART.c.customer_id))
        .join(OUTCOME, OUTCOME.c.mask == MASK.c.mask)
    )
    return insert(DRAFT).from_select(_columns(DRAFT), query)


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
        and_(DRAFT.c.place == place, has(bars))
        for place in range(len(asking.frame.personas.persona))
        if (bars := against(asking, place))
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
    """What stands and cannot be judged, unless something better speaks for the same persona."""
    one = PersonaMembership.__table__.c  # type: ignore[attr-defined]
    evidence = cast(one.evidence, Text)
    inner = func.substr(evidence, 2, func.length(evidence) - 2)
    rank = case(*((one.source == name, place) for place, name in enumerate(SOURCES)), else_=99)
    query = (
        select(
            one.customer_id,
            _places(asking, one.persona),
            rank,
            one.confidence,
            literal(0, Integer),
            literal(",", Text) + inner,
            one.expires_at,
            one.by_hand,
            one.heard,
        )
        .join(Customer, col(Customer.id) == one.customer_id)
        .where(
            window.on(asking.session, one.customer_id),
            _not_judged(unread),
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


def _chosen(asking: Asking, shapes: Sequence[Shape], given: bool) -> Any:
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
    grounded = words(asking, final.shape, shapes, start=",", end="", nothing="")
    evidence = literal("[", Text) + func.substr(grounded + final.evidence, 2) + "]"
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
    ).select_from(joined.join(Customer, col(Customer.id) == final.customer_id))
    return insert(NEXT).from_select(_columns(NEXT), query)
