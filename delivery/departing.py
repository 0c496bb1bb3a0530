"""The last moment before a broadcast leaves, and what is told of a no that comes after it.

One short transaction lets the call go: it holds the rows of the customers who are left, looks at
their wishes once more and writes the moment down. An opt-out holds the same rows while it is
being written, so the two have an order: who said no before is not in the call, who says no
afterwards finds the moment and is told to a person. No lock is held while WeCom is asked.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, ColumnElement, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.repository.staff import staff_by_id
from delivery import quota
from delivery.broadcasts import recipients_now
from delivery.models import Broadcast, BroadcastRecipient, CampaignHalt
from delivery.worklist import Work, open_work
from kit import ledger
from kit.db import is_postgresql


class BeingRefused(Exception):
    """Somebody in this broadcast is saying no at this moment: it waits until that is written."""


@dataclass(frozen=True, slots=True)
class Gone:
    """A customer who said no to a broadcast that has left; ``arrived``: WeCom has the task."""

    broadcast_id: int
    staff_id: str
    unit_id: str
    customer_id: int
    arrived: bool


EACH_IN_TURN: Final = 1_000
"""Up to this many customers are locked each; more at once hold everybody's turn, because a lock
for each of them does not fit PostgreSQL's table of locks."""
_EVERYBODY: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('wishes', 0))")
_EACH: Final = text(
    "SELECT pg_advisory_xact_lock_shared(hashtextextended('wishes', 0)),"
    " pg_advisory_xact_lock(hashtextextended('wishes:' || one.id, 0))"
    " FROM (SELECT unnest(CAST(:ids AS bigint[])) AS id ORDER BY 1) AS one"
).bindparams(bindparam("ids", type_=ARRAY(BigInteger())))


async def in_turn(session: AsyncSession, customer_id: int) -> None:
    """What is written of one customer's wishes and what is handed out to them take turns.

    Held to the end of the transaction: a text is not handed to a phone beside a no that is being
    written. PostgreSQL needs a lock of its own for it; SQLite has one writer.
    """
    await all_in_turn(session, [customer_id])


async def all_in_turn(session: AsyncSession, customer_ids: Sequence[int]) -> None:
    """``in_turn`` for many, in one statement and in the order of their ids.

    Take it before anything else is locked. A transaction that lands page after page hands over
    full pages, more than ``EACH_IN_TURN``: the first one holds everybody's turn for the rest.
    """
    if not customer_ids or not is_postgresql(session):
        return
    if len(customer_ids) > EACH_IN_TURN:
        await session.execute(_EVERYBODY)
    else:
        await session.execute(_EACH, {"ids": sorted(set(customer_ids))})


async def depart(session: AsyncSession, broadcast_id: int, purpose: str, at: datetime) -> list[str]:
    """Let the call go: the contacts it is for, nobody who said no in a transaction that committed,
    and nobody at all of a campaign that was stopped or of a member of staff who is disabled.

    Commit before WeCom is called. Raises BeingRefused where an opt-out of one of them is being
    written; it never waits, so no two of these can wait for each other.
    """
    mine = (
        col(BroadcastRecipient.broadcast_id) == broadcast_id,
        col(BroadcastRecipient.state) == "planned",
    )
    held = await session.execute(
        select(col(BroadcastRecipient.external_userid))
        .where(*mine)
        .with_for_update(skip_locked=True)
    )
    count = select(func.count()).select_from(BroadcastRecipient).where(*mine)
    if len(held.all()) < int((await session.execute(count)).scalar_one()):
        raise BeingRefused
    if await _halted(session, broadcast_id) or not await _sender_is_here(session, broadcast_id):
        await _withdraw_all(session, mine)
        return []
    wanted = await recipients_now(session, broadcast_id, purpose)
    if wanted:
        await _mark(session, broadcast_id, at)
    return wanted


async def _halted(session: AsyncSession, broadcast_id: int) -> bool:
    query = (
        select(col(CampaignHalt.campaign))
        .join(Broadcast, col(Broadcast.campaign) == col(CampaignHalt.campaign))
        .where(col(Broadcast.id) == broadcast_id)
    )
    return (await session.execute(query)).first() is not None


async def _sender_is_here(session: AsyncSession, broadcast_id: int) -> bool:
    """Who was disabled after the plan sends nothing: a login that is dead must have no mouth."""
    query = select(col(Broadcast.staff_id)).where(col(Broadcast.id) == broadcast_id)
    staff_id = (await session.execute(query)).scalar_one()
    sender = (await staff_by_id(session, [staff_id])).get(staff_id)
    return sender is not None and sender.active


async def _withdraw_all(session: AsyncSession, mine: Sequence[ColumnElement[bool]]) -> None:
    """Nobody is told; their slots are free again."""
    gone = await session.execute(
        update(BroadcastRecipient)
        .where(*mine)
        .values(state="withdrawn")
        .returning(col(BroadcastRecipient.key))
        .execution_options(synchronize_session=False)
    )
    await quota.give_back(session, gone.scalars().all())


async def stay(session: AsyncSession, broadcast_id: int) -> None:
    """It is certain that the call did not arrive: who says no from now on is still in time."""
    await _mark(session, broadcast_id, None)


async def _mark(session: AsyncSession, broadcast_id: int, at: datetime | None) -> None:
    await session.execute(
        update(Broadcast)
        .where(col(Broadcast.id) == broadcast_id)
        .values(departed_at=at)
        .execution_options(synchronize_session=False)
    )


async def left_behind(
    session: AsyncSession, broadcast_id: int, purpose: str, asked: Collection[str]
) -> list[Gone]:
    """Those of ``asked`` who do not want it any more, now that the call has been answered.

    Whatever way they said it: a complaint, a contact's own silence, a file of the bank.
    """
    unwanted = set(asked) - set(await recipients_now(session, broadcast_id, purpose))
    query = (
        select(
            col(Broadcast.id),
            col(Broadcast.staff_id),
            col(Broadcast.unit_id),
            col(BroadcastRecipient.customer_id),
            col(BroadcastRecipient.external_userid),
        )
        .join(BroadcastRecipient, col(BroadcastRecipient.broadcast_id) == col(Broadcast.id))
        .where(col(Broadcast.id) == broadcast_id, col(BroadcastRecipient.state) == "planned")
    )
    rows = (await session.execute(query)).all() if unwanted else []
    return [
        Gone(row[0], row[1], row[2], row[3], arrived=True) for row in rows if row[4] in unwanted
    ]


async def tell(
    session: AsyncSession, gone: Sequence[Gone], *, actor: str, at: datetime, said: str = "退订"
) -> None:
    """Only the member can leave the customer out now: somebody must act, and it is on record.

    ``said``: what the customer did.
    """
    works = {_key(one): _work(one, said) for one in gone}
    new = set(await open_work(session, list(works.values()), at=at))
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="send",
                act="queue.under_way",
                actor=actor,
                object=f"broadcast:{one.broadcast_id}",
                unit=one.unit_id,
                reason=f"客户{said}时已在交出",
                payload={"customer": one.customer_id, "arrived": one.arrived},
            )
            for one in gone
            if _key(one) in new
        ],
        at=at,
    )


def _key(one: Gone) -> str:
    return f"opted_out_in_task:{one.broadcast_id}:{one.customer_id}"


def _work(one: Gone, said: str) -> Work:
    return Work(
        key=_key(one),
        kind="opted_out_in_task",
        title=f"客户{said}时，群发任务已在企业微信等成员确认"
        if one.arrived
        else f"客户{said}时，这条群发正在交给企业微信",
        why="请在企业微信确认群发前去掉这位客户，或停止这条群发",
        unit_id=one.unit_id,
        staff_id=one.staff_id,
        customer_id=one.customer_id,
        facts={"broadcast": one.broadcast_id},
    )
