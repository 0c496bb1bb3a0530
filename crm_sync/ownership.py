"""Changes who answers for customers, many at once, with history and the ledger.

Whoever decides (a plan, a transfer form, a handover) brings its moves as a select of
``customer_id``, ``staff_id`` (the new one) and ``from_staff_id`` (who answered when it was
decided, or NULL), so that a hundred thousand moves are a handful of statements. A move whose
customer has gone, whose receiver no longer works here, or whose customer changed hands since is
``stale``: ask for those first and leave them out. ``apply`` ends nobody's coverage without
beginning another, and the table admits one owner a customer.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Select,
    String,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import Coverage, CoverageEnd, Customer, Staff
from crm_sync.repository.keys import UNTRACKED
from kit.db import insert_into, is_postgresql
from kit.ledger import Entry, append

Moves = Select[Any]
"""A select of ``customer_id``, ``staff_id``, ``from_staff_id``; one row a customer."""

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


async def lock(session: AsyncSession, moves: Moves, *, kind: str = "owner") -> None:
    """Nobody else changes these customers' coverage until the transaction ends."""
    if not is_postgresql(session):
        return  # a writing transaction on SQLite is alone
    own = Coverage.__table__  # type: ignore[attr-defined]
    asked = moves.subquery("asked")
    held = (
        select(own.c.customer_id)
        .where(own.c.kind == kind, own.c.customer_id.in_(select(asked.c.customer_id)))
        .order_by(own.c.customer_id)
        .with_for_update()
        .cte("held")
    )
    await session.execute(select(func.count()).select_from(held))


async def apply(
    session: AsyncSession,
    moves: Moves,
    *,
    kind: str = "owner",
    source: str,
    reason: str,
    actor: str,
    at: datetime,
    about: str,
    run_id: int | None = None,
) -> Applied:
    """Give every customer of ``moves`` to the person named there; what ends is kept as history.

    ``source`` marks the new coverage as decided here, so that an import keeps it; ``reason``
    stands in the history. One ledger entry a unit, object ``about``, with how many went from
    whom to whom. Moves that are ``stale`` must have been left out by the caller.
    """
    own = Coverage.__table__  # type: ignore[attr-defined]
    asked = moves.subquery("asked")
    total = int((await session.execute(select(func.count()).select_from(asked))).scalar_one())
    ending = and_(
        own.c.kind == kind,
        exists().where(
            asked.c.customer_id == own.c.customer_id, asked.c.staff_id != own.c.staff_id
        ),
    )
    new = _beginning(asked, kind)
    done = Applied()
    found = (
        select(
            col(Customer.unit_id), asked.c.from_staff_id, asked.c.staff_id, func.count().label("n")
        )
        .select_from(asked.join(Customer, col(Customer.id) == asked.c.customer_id))
        .where(new)
        .group_by(col(Customer.unit_id), asked.c.from_staff_id, asked.c.staff_id)
    )
    flows = (await session.execute(found)).all()
    for row in flows:
        done.by_unit[row.unit_id] += row.n
    done.moved = done.by_unit.total()
    done.unchanged = total - done.moved
    history = {
        "customer_id": own.c.customer_id,
        "kind": own.c.kind,
        "staff_id": own.c.staff_id,
        "since": own.c.since,
        "ended_at": literal(at, own.c.since.type),
        "reason": literal(reason[:40]),
        "source": own.c.source,
        "run_id": literal(run_id, BigInteger()),
    }
    ended = CoverageEnd.__table__  # type: ignore[attr-defined]
    await session.execute(
        insert(ended).from_select(
            list(history),
            select(*(value.label(name) for name, value in history.items())).where(ending),
        )
    )
    await session.execute(delete(own).where(ending).execution_options(**UNTRACKED))
    rows = {
        "customer_id": asked.c.customer_id,
        "kind": literal(kind, String()),
        "staff_id": asked.c.staff_id,
        "since": literal(at, own.c.since.type),
        "source": literal(source[:80]),
        "source_date": literal(""),
        "synthetic": literal(False),
    }
    await session.execute(
        insert_into(session, own)
        .from_select(
            list(rows), select(*(value.label(name) for name, value in rows.items())).where(new)
        )
        .on_conflict_do_nothing(index_elements=["customer_id", "kind", "staff_id"])
    )
    await _record(session, flows, kind=kind, reason=reason, actor=actor, about=about, at=at)
    return done


def _beginning(asked: Any, kind: str) -> Any:
    held = Coverage.__table__.alias("held")  # type: ignore[attr-defined]
    return ~exists().where(
        held.c.customer_id == asked.c.customer_id,
        held.c.kind == kind,
        held.c.staff_id == asked.c.staff_id,
    )


async def _record(
    session: AsyncSession,
    flows: Any,
    *,
    kind: str,
    reason: str,
    actor: str,
    about: str,
    at: datetime,
) -> None:
    by_unit: dict[str, list[dict[str, Any]]] = {}
    for row in flows:
        by_unit.setdefault(row.unit_id, []).append(
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
            for unit, moves in sorted(by_unit.items())
        ],
        at=at,
    )
