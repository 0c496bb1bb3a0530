"""Writes down what WeCom said of a broadcast: page by page, each state once, and where it stands."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.repository.keys import UNTRACKED, among
from delivery import quota
from delivery.broadcasts import RESULT_WINDOW
from delivery.models import Broadcast, BroadcastRecipient
from delivery.outside import repository as outside
from delivery.polling import AT_LEAST, pause
from delivery.repository import touches
from delivery.repository.touches import Touched
from delivery.worklist import Work, open_work
from kit import ledger
from kit.clock import bank_date
from wecom.broadcasts import SendResult

STATES: Final = {0: "unsent", 1: "sent", 2: "not_friend", 3: "capped"}
OPEN: Final = ("planned", "unsent")
ASKED: Final = ("created", "awaiting_admin", "confirmed")
"""Broadcasts that WeCom has and is asked about."""
LEASE: Final = timedelta(minutes=10)
"""Whoever asks has this long; after it the task is asked about by another process."""
CANCEL_SETTLES: Final = timedelta(minutes=10)
"""What was on its way when a task was cancelled shows in its results by then."""
_OUTCOME: Final = {"cancelled": "stopped", "ended": "missed"}


@dataclass(frozen=True, slots=True)
class Due:
    """A broadcast that WeCom is to be asked about now. ``since``: when WeCom took it."""

    id: int
    msgid: str
    userid: str
    staff_id: str
    unit_id: str
    purpose: str
    trigger: str
    state: str
    since: datetime
    poll_until: datetime
    next_poll_at: datetime
    cursor: str
    failures: int
    cancelled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What WeCom says of the task itself. ``listed``: a member has it before them."""

    listed: bool
    confirmed_at: datetime | None = None
    cancelled: bool = False


async def due(session: AsyncSession, at: datetime, most: int) -> list[Due]:
    """Up to ``most`` broadcasts, the longest due first."""
    query = (
        select(Broadcast)
        .where(col(Broadcast.state).in_(ASKED), col(Broadcast.next_poll_at) <= at)
        .order_by(col(Broadcast.next_poll_at), col(Broadcast.id))
        .limit(most)
    )
    return [
        Due(
            row.id, row.msgid, row.userid, row.staff_id, row.unit_id, row.purpose, row.trigger,
            row.state, (row.poll_until or at) - RESULT_WINDOW, row.poll_until or at,
            row.next_poll_at or at, row.result_cursor, row.poll_failures, row.cancelled_at,
        )
        for row in (await session.execute(query)).scalars()
    ]  # fmt: skip


async def claim(session: AsyncSession, one: Due, at: datetime) -> bool:
    """Whether the asking is ours: of two processes one gets it."""
    mine = await session.execute(
        update(Broadcast)
        .where(
            col(Broadcast.id) == one.id,
            col(Broadcast.state).in_(ASKED),
            col(Broadcast.next_poll_at) == one.next_poll_at,
        )
        .values(next_poll_at=at + LEASE)
        .returning(col(Broadcast.id)),
        execution_options=UNTRACKED,
    )
    return mine.first() is not None


async def land(
    session: AsyncSession,
    one: Due,
    results: Sequence[SendResult],
    cursor: str,
    *,
    confirmed_at: datetime | None,
    at: datetime,
) -> Counter[str]:
    """Write one page of results and the cursor behind it; counts of the states that are new."""
    await session.execute(
        select(col(Broadcast.id)).where(col(Broadcast.id) == one.id).with_for_update()
    )
    said = {result.external_userid: result for result in results}
    query = select(
        col(BroadcastRecipient.external_userid),
        col(BroadcastRecipient.customer_id),
        col(BroadcastRecipient.key),
        col(BroadcastRecipient.channel_reason),
        col(BroadcastRecipient.state),
    ).where(
        col(BroadcastRecipient.broadcast_id) == one.id,
        among(session, col(BroadcastRecipient.external_userid), sorted(said)),
    )
    changed = [
        (contact, customer, key, reason, STATES.get(said[contact].status, "unsent"))
        for contact, customer, key, reason, state in await session.execute(query)
        if state in OPEN and state != STATES.get(said[contact].status, "unsent")
    ]
    if changed:
        table: Any = BroadcastRecipient.__table__  # type: ignore[attr-defined]
        connection = await session.connection()
        await connection.execute(
            update(table)
            .where(table.c.broadcast_id == one.id, table.c.external_userid == bindparam("contact"))
            .values(state=bindparam("became"), sent_at=bindparam("moment")),
            [
                {"contact": contact, "became": state, "moment": said[contact].sent_at}
                for contact, _, _, _, state in changed
            ],
        )
        await touches.record(
            session,
            [
                Touched(
                    source=f"broadcast:{one.id}/{contact}",
                    customer_id=customer,
                    staff_id=one.staff_id,
                    unit_id=one.unit_id,
                    channel="broadcast",
                    purpose=one.purpose,
                    trigger=one.trigger,
                    state="sent",
                    at=said[contact].sent_at or at,
                    reason=reason,
                )
                for contact, customer, _, reason, state in changed
                if state == "sent"
            ],
        )
        never = [key for _, _, key, _, state in changed if state in ("not_friend", "capped")]
        await quota.give_back(session, never)
        full = [contact for contact, _, _, _, state in changed if state == "capped"]
        await outside.note_full(session, one.msgid, full, bank_date(confirmed_at or at))
        await _record(session, one, changed, said, at)
    await _write(session, one, result_cursor=cursor)
    return Counter(state for _, _, _, _, state in changed)


async def _record(
    session: AsyncSession,
    one: Due,
    changed: Sequence[tuple[str, int, str, str, str]],
    said: dict[str, SendResult],
    at: datetime,
) -> None:
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="send",
                act=f"broadcast.customer_{state}",
                actor="wecom",
                object=f"customer:{customer}",
                unit=one.unit_id,
                payload={
                    "broadcast": one.id,
                    "msgid": one.msgid,
                    "external_userid": contact,
                    "sent_at": said[contact].sent_at,
                },
            )
            for contact, customer, _, _, state in changed
        ],
        at=at,
    )


async def settle(session: AsyncSession, one: Due, standing: Standing, at: datetime) -> str:
    """Write where the task stands, and when it is asked about next; its new state."""
    over = at >= one.poll_until
    values: dict[str, Any] = {"poll_failures": 0, "result_cursor": ""}
    if standing.cancelled:
        seen = one.cancelled_at or at
        if at >= seen + CANCEL_SETTLES:
            return await end(session, one, "cancelled", at)
        await _write(session, one, **values, cancelled_at=seen, next_poll_at=seen + CANCEL_SETTLES)
        return one.state
    if over:
        return await end(session, one, "ended", at)
    state = one.state
    if standing.confirmed_at is not None:
        state = "confirmed"
        values["confirmed_at"] = standing.confirmed_at
    elif not standing.listed:
        state = "awaiting_admin"
        if one.state != state:
            values["awaiting_since"] = at
            await note(session, one, "broadcast.awaits_admin", at)
    elif one.state == "awaiting_admin":
        state = "created"
        await note(session, one, "broadcast.released", at)
    if state == "confirmed" and not await _anybody_open(session, one.id):
        values["next_poll_at"] = one.poll_until
    else:
        again = at + max(pause(at - one.since), AT_LEAST)
        values["next_poll_at"] = min(again, one.poll_until)
    await _write(session, one, state=state, **values)
    return state


async def end(session: AsyncSession, one: Due, state: str, at: datetime, cause: str = "") -> str:
    """No more questions: who did not get it is out, and has their slots back. ``state``."""
    values: dict[str, Any] = {
        "state": state, "next_poll_at": None, "result_cursor": "", "poll_failures": 0,
    }  # fmt: skip
    if cause:
        values["cause"] = cause[:400]
    left: list[str] = []
    if not cause:  # with one, nobody knows what became of them: their slots stay used
        out = await session.execute(
            update(BroadcastRecipient)
            .where(
                col(BroadcastRecipient.broadcast_id) == one.id,
                col(BroadcastRecipient.state).in_(OPEN),
            )
            .values(state=_OUTCOME[state])
            .returning(col(BroadcastRecipient.key)),
            execution_options=UNTRACKED,
        )
        left = list(out.scalars())
        await quota.give_back(session, left)
    await _write(session, one, **values)
    act = "broadcast.called_off" if state == "cancelled" else "broadcast.ended"
    await note(session, one, act, at, reason=cause, not_sent=len(left))
    return state


async def put_off(
    session: AsyncSession, one: Due, failures: int, wait: timedelta, at: datetime
) -> None:
    """Ask again after ``wait``, though never later than at the end of the window."""
    latest = one.poll_until if at < one.poll_until else at + wait
    await _write(session, one, next_poll_at=min(at + wait, latest), poll_failures=failures)


async def tell(session: AsyncSession, one: Due, title: str, why: str, at: datetime) -> None:
    """What WeCom does not say, a person finds out there."""
    work = Work(
        key=f"broadcast_unclear:{one.id}", kind="broadcast_unclear", title=title, why=why,
        unit_id=one.unit_id, staff_id=one.staff_id, facts={"broadcast": one.id},
    )  # fmt: skip
    await open_work(session, [work], at=at)


async def note(
    session: AsyncSession, one: Due, act: str, at: datetime, reason: str = "", **payload: Any
) -> None:
    """One entry about a broadcast."""
    entry = ledger.Entry(
        kind="send", act=act, actor="system:results", object=f"broadcast:{one.id}",
        unit=one.unit_id, reason=reason, payload={"msgid": one.msgid, **payload},
    )  # fmt: skip
    await ledger.append(session, [entry], at=at)


async def waiting_for_admin(session: AsyncSession, before: datetime) -> int:
    """How many broadcasts have waited for WeCom's administrator since ``before`` or longer."""
    query = select(func.count()).where(
        col(Broadcast.state) == "awaiting_admin", col(Broadcast.awaiting_since) <= before
    )
    return int((await session.execute(query)).scalar_one())


async def _anybody_open(session: AsyncSession, broadcast_id: int) -> bool:
    query = select(col(BroadcastRecipient.external_userid)).where(
        col(BroadcastRecipient.broadcast_id) == broadcast_id,
        col(BroadcastRecipient.state).in_(OPEN),
    )
    return (await session.execute(query.limit(1))).first() is not None


async def _write(session: AsyncSession, one: Due, **values: Any) -> None:
    await session.execute(
        update(Broadcast).where(col(Broadcast.id) == one.id).values(**values),
        execution_options=UNTRACKED,
    )
