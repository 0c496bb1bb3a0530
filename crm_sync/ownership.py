"""Changes who answers for customers, many at once, with history and the ledger: the one way.

Whoever decides (a plan, a transfer form, a handover) brings its moves as a select of
``customer_id``, ``kind``, ``staff_id`` (the new one) and ``from_staff_id`` (who answered when it
was decided, or NULL), so that a hundred thousand moves are a handful of statements. Movers go one
after the other (``lock``), and a move whose customer changed hands since does nothing, so that a
customer is given once whoever comes second. Nobody is without an owner in between: the row itself
changes its person, and the table admits one owner a customer.

What would do nothing is ``stale``, in words: ask for it first and tell whoever decided.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import Coverage, CoverageEnd, Customer, Staff
from crm_sync.repository.keys import UNTRACKED
from kit.db import insert_into, is_postgresql
from kit.ledger import Entry, append

Moves = Select[Any]
"""A select of ``customer_id``, ``kind``, ``staff_id``, ``from_staff_id``; one row a customer and kind."""

GONE: Final = "客户已销户"
LEFT: Final = "接收人已离岗"
CHANGED: Final = "编制之后已经换了管户人"


@dataclass(slots=True)
class Applied:
    """How many customers have a new person, how many had them already; moves by unit."""

    moved: int = 0
    unchanged: int = 0
    by_unit: Counter[str] = field(default_factory=Counter)


def stale(moves: Moves, *, kind: str = "owner") -> Select[Any]:
    """``customer_id`` and ``why`` (in words) of the moves that no longer hold."""
    asked = moves.subquery("asked")
    now = _holder(kind)
    serves = exists().where(
        col(Staff.staff_id) == asked.c.staff_id,
        col(Staff.active).is_(True),
        col(Staff.removed_at).is_(None),
    )
    here = exists().where(
        col(Customer.id) == asked.c.customer_id, col(Customer.removed_at).is_(None)
    )
    changed = func.coalesce(now.c.staff_id, "") != func.coalesce(asked.c.from_staff_id, "")
    already = now.c.staff_id == asked.c.staff_id
    why = case((~here, literal(GONE)), (~serves, literal(LEFT)), else_=literal(CHANGED))
    return (
        select(asked.c.customer_id, why.label("why"))
        .select_from(asked.outerjoin(now, now.c.customer_id == asked.c.customer_id))
        .where(or_(~here, ~serves, and_(changed, func.coalesce(~already, literal(True)))))
    )


def _holder(kind: str) -> Any:
    """The one who answers for each customer by ``kind``; the last to begin, where several do."""
    own = Coverage.__table__  # type: ignore[attr-defined]
    if kind == "owner":
        return select(own.c.customer_id, own.c.staff_id).where(own.c.kind == kind).subquery("now")
    ranked = select(
        own.c.customer_id,
        own.c.staff_id,
        func.row_number()
        .over(partition_by=own.c.customer_id, order_by=(own.c.since.desc(), own.c.staff_id))
        .label("place"),
    ).where(own.c.kind == kind)
    placed = ranked.subquery("ranked")
    return (
        select(placed.c.customer_id, placed.c.staff_id).where(placed.c.place == 1).subquery("now")
    )


async def lock(session: AsyncSession) -> None:
    """Nobody else moves customers until the transaction ends; take it before any ledger entry.

    One lock for all, because a customer without an owner has no row to lock, and two who give the
    same customers in another order must not wait for each other in a ring.
    """
    if is_postgresql(session):  # a writing transaction on SQLite is alone
        await session.execute(text("SELECT pg_advisory_xact_lock(hashtext('coverage'))"))


async def apply(
    session: AsyncSession,
    moves: Moves,
    *,
    source: str,
    reason: str,
    actor: str,
    at: datetime,
    about: str,
    alone: bool = True,
) -> Applied:
    """Give every customer of ``moves`` to the person named there; what ends is kept as history.

    A move does nothing unless whoever it names as the one before still answers for the customer
    (nobody at all, where it names nobody). ``alone``: what others hold by the same kind ends too.
    ``source`` marks the new coverage as decided here, so that an import keeps it; ``reason``
    stands in the history. One ledger entry a unit and kind, object ``about``, with how many went
    from whom to whom.
    """
    await lock(session)
    asked = moves.subquery("asked")
    total = int((await session.execute(select(func.count()).select_from(asked))).scalar_one())
    flows = (await session.execute(_flows(asked))).all()
    done = Applied(by_unit=Counter())
    for row in flows:
        done.by_unit[row.unit_id] += row.n
    done.moved = done.by_unit.total()
    done.unchanged = total - done.moved
    if not done.moved:
        return done
    await _end(session, asked, reason=reason, at=at, alone=alone)
    await _begin(session, asked, source=source, at=at)
    await _record(session, flows, reason=reason, actor=actor, about=about, at=at)
    return done


def _holds(asked: Any, staff_id: Any = None) -> Any:
    """Somebody (or exactly ``staff_id``) answers for the customer of the move by its kind."""
    held = Coverage.__table__.alias("held")  # type: ignore[attr-defined]
    mine = (held.c.customer_id == asked.c.customer_id, held.c.kind == asked.c.kind)
    return exists().where(*mine, *(() if staff_id is None else (held.c.staff_id == staff_id,)))


def _flows(asked: Any) -> Any:
    """The moves that hold, counted by unit, kind, giver and taker."""
    moves = or_(
        and_(
            asked.c.from_staff_id != asked.c.staff_id,
            _holds(asked, asked.c.from_staff_id),
        ),
        and_(asked.c.from_staff_id.is_(None), ~_holds(asked)),
    )
    flow = (col(Customer.unit_id), asked.c.kind, asked.c.from_staff_id, asked.c.staff_id)
    return (
        select(*flow, func.count().label("n"))
        .select_from(asked.join(Customer, col(Customer.id) == asked.c.customer_id))
        .where(moves)
        .group_by(*flow)
    )


async def _end(
    session: AsyncSession, asked: Any, *, reason: str, at: datetime, alone: bool
) -> None:
    """Keep what ends as history, then take away what has no row to turn into."""
    own = Coverage.__table__  # type: ignore[attr-defined]
    row = tuple_(own.c.customer_id, own.c.kind, own.c.staff_id)
    given = select(asked.c.customer_id, asked.c.kind, asked.c.from_staff_id).where(
        asked.c.from_staff_id != asked.c.staff_id
    )
    giver = row.in_(given)  # not EXISTS: SQLite would read all moves for every row of the bank
    third = and_(
        own.c.customer_id.in_(select(asked.c.customer_id)),
        exists().where(
            asked.c.customer_id == own.c.customer_id,
            asked.c.kind == own.c.kind,
            asked.c.from_staff_id != asked.c.staff_id,
            own.c.staff_id.not_in((asked.c.from_staff_id, asked.c.staff_id)),
            _holds(asked, asked.c.from_staff_id),
        ),
    )
    history = {
        "customer_id": own.c.customer_id,
        "kind": own.c.kind,
        "staff_id": own.c.staff_id,
        "since": own.c.since,
        "ended_at": literal(at, own.c.since.type),
        "reason": literal(reason[:40]),
        "source": own.c.source,
        "run_id": literal(None, BigInteger()),
    }
    ended = CoverageEnd.__table__  # type: ignore[attr-defined]
    await session.execute(
        insert(ended).from_select(
            list(history),
            select(*(value.label(name) for name, value in history.items())).where(
                or_(giver, third) if alone else giver
            ),
        )
    )
    if alone:
        await session.execute(delete(own).where(third).execution_options(**UNTRACKED))
    doubled = row.in_(given.where(_holds(asked, asked.c.staff_id)))
    await session.execute(delete(own).where(doubled).execution_options(**UNTRACKED))


async def _begin(session: AsyncSession, asked: Any, *, source: str, at: datetime) -> None:
    """The giver's row becomes the taker's; who had nobody gets a row."""
    own = Coverage.__table__  # type: ignore[attr-defined]
    new = {
        "since": literal(at, own.c.since.type),
        "source": literal(source[:80]),
        "source_date": literal(""),
    }
    await session.execute(
        update(own)
        .where(
            own.c.customer_id == asked.c.customer_id,
            own.c.kind == asked.c.kind,
            own.c.staff_id == asked.c.from_staff_id,
            asked.c.from_staff_id != asked.c.staff_id,
        )
        .values(staff_id=asked.c.staff_id, run_id=None, **new)
        .execution_options(**UNTRACKED)
    )
    rows = {
        "customer_id": asked.c.customer_id,
        "kind": asked.c.kind,
        "staff_id": asked.c.staff_id,
        **new,
        "synthetic": literal(False),
    }
    unowned = and_(
        asked.c.from_staff_id.is_(None),
        ~_holds(asked),
        exists().where(col(Customer.id) == asked.c.customer_id),
    )
    await session.execute(
        insert_into(session, own).from_select(
            list(rows), select(*(value.label(name) for name, value in rows.items())).where(unowned)
        )
    )


async def _record(
    session: AsyncSession, flows: Any, *, reason: str, actor: str, about: str, at: datetime
) -> None:
    by_unit: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in flows:
        by_unit.setdefault((row.unit_id, row.kind), []).append(
            {"from": row.from_staff_id or "", "to": row.staff_id, "customers": row.n}
        )
    await append(
        session,
        [
            Entry(
                kind="ownership",
                act="coverage.moved",
                actor=actor,
                object=about,
                unit=unit,
                reason=reason,
                payload={"kind": kind, "moves": moves},
            )
            for (unit, kind), moves in sorted(by_unit.items())
        ],
        at=at,
    )
