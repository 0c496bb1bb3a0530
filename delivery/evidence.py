"""What proves an outcome that a manager noted: a click alone closes nothing (H2).

Three things prove it, none of them said by the manager: the archive shows that the two of them
talked after the task was given, another system's record of the contact was imported, or the core
system has a new holding. What nothing proves stays noted, and is counted apart from what is done.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.execution_policy import ExecutionPolicy
from crm_sync.repository import new_holdings
from crm_sync.repository.keys import among
from delivery.facts import TodoState
from delivery.models import Todo, Touch
from kit import ledger
from kit.clock import bank_date

AT_ONCE: Final = 2_000
OF_OTHERS: Final = "file:"
"""How the source of a touch begins that another system recorded (``wiring.importing``)."""

Pair = tuple[str, str]
"""A member's userid in lower case, and a contact."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A to-do whose outcome is noted and not proved: whom it is about, since when it was given."""

    id: int
    pair: Pair
    customer_id: int
    unit_id: str
    since: datetime
    noted_at: datetime


async def waiting(
    session: AsyncSession, *, at: datetime, policy: ExecutionPolicy, after: int = 0
) -> list[Noted]:
    """The next to-dos, by id, whose outcome was noted in the days in which it may be proved."""
    query = (
        select(Todo)
        .where(
            col(Todo.state) == TodoState.NOTED,
            col(Todo.noted_at) >= at - timedelta(days=policy.proof_days),
            col(Todo.id) > after,
        )
        .order_by(col(Todo.id))
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    return [
        Noted(
            row.id,
            (row.userid.lower(), row.external_userid),
            row.customer_id,
            row.unit_id,
            row.created_at,
            row.noted_at or row.created_at,
        )
        for row in (await session.execute(query)).scalars()
    ]


async def close(
    session: AsyncSession,
    noted: Sequence[Noted],
    talked: Mapping[Pair, datetime],
    *,
    at: datetime,
    policy: ExecutionPolicy,
) -> int:
    """Close what is proved; ``talked``: the last word of each pair. How many were closed."""
    recorded = await _recorded(session, noted)
    opened = await _opened(session, noted, policy)
    rows: list[dict[str, Any]] = []
    entries: list[ledger.Entry] = []
    for one in noted:
        word = talked.get(one.pair)
        bought = [day for day in opened.get(one.customer_id, ()) if day >= bank_date(one.since)]
        proof = ""
        if one.pair[1] and word is not None and word >= one.since:
            proof = "archive"
        elif any(each >= one.since for each in recorded.get(one.customer_id, ())):
            proof = "record"
        elif bought:
            proof = "holding"
        if proof:
            rows.append(
                {"id": one.id, "state": TodoState.DONE, "closed_at": one.noted_at}
                | {"deal_on": min(bought, default=None)}
            )
            entries.append(
                ledger.Entry(
                    kind="send", act="todo.proved", actor=ACTORS[proof], object=f"todo:{one.id}",
                    unit=one.unit_id, payload={"by": proof},
                )
            )  # fmt: skip
    if rows:
        await session.execute(update(Todo), rows)
        session.expire_all()
        await ledger.append(session, entries, at=at)
    return len(rows)


ACTORS: Final = {"archive": "system:archive", "record": "system:crm", "holding": "system:crm"}


async def _recorded(
    session: AsyncSession, noted: Sequence[Noted]
) -> Mapping[int, Collection[datetime]]:
    """When another system recorded a contact with each customer, since the first was given."""
    query = select(col(Touch.customer_id), col(Touch.at)).where(
        among(session, col(Touch.customer_id), {one.customer_id for one in noted}),
        col(Touch.at) >= min(one.since for one in noted),
        col(Touch.source).startswith(OF_OTHERS),
        col(Touch.state) == "recorded",
    )
    found: dict[int, list[datetime]] = {}
    for customer_id, happened_at in await session.execute(query):
        found.setdefault(customer_id, []).append(happened_at)
    return found


async def _opened(
    session: AsyncSession, noted: Sequence[Noted], policy: ExecutionPolicy
) -> Mapping[int, Sequence[date]]:
    """The days on which each customer opened a holding, since the first was given."""
    ids = select(col(Todo.customer_id)).where(
        among(session, col(Todo.id), {one.id for one in noted})
    )
    since = bank_date(min(one.since for one in noted))
    found: dict[int, list[date]] = {}
    for customer_id, day in await new_holdings.opened_since(session, ids, since, policy.deal_kinds):
        found.setdefault(customer_id, []).append(day)
    return found
