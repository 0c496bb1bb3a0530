"""A channel failed: the next one is chosen with its reason, and it is the same contact.

The to-do keeps its key, so its quota was taken once and its words are said once. A friend who
left, a no to the channel, a call nobody answers, a text message the gateway refused lead here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from compliance.facts import Channel
from crm_sync.channel_words import Words, refused
from crm_sync.repository.people import people, related
from delivery import choosing, quota, text_messages
from delivery.again import intent_of
from delivery.channel_choice import KINDS, NOBODY, choose
from delivery.desk import Desk
from delivery.facts import TodoState
from delivery.models import Todo
from delivery.repository import todos, touches
from delivery.repository.todos import TodoView
from delivery.repository.touches import Touched
from kit import ledger
from kit.clock import bank_date
from kit.db import Database, cipher_of

AT_ONCE: Final = 500
BY_HAND: Final = ("todo", "phone")
FAILED: Final = "failed"


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A contact and the ways it went from and to; ``nobody``: it ended."""

    todo_id: int
    before: str
    now: str
    reason: str


async def hand_over(
    session: AsyncSession,
    contacts: Sequence[TodoView],
    *,
    at: datetime,
    desk: Desk,
    by: str,
    failed: str = "",
) -> list[HandedOver]:
    """Choose anew for each contact; ``failed``: the channel that was tried in vain.

    What failed for a contact before stays failed. Where nothing is left the contact is cancelled
    and its quota is free again.
    """
    if not contacts:
        return []
    ids = sorted({one.customer_id for one in contacts})
    known = await people(session, ids)
    words = await choosing.said(session, ids, at=at, desk=desk)
    texts = choosing.takes_texts(desk, at)
    rows: list[dict[str, Any]] = []
    moved: list[tuple[TodoView, HandedOver]] = []
    for one in contacts:
        if one.customer_id not in known:
            continue
        customer, reach = known[one.customer_id]
        in_vain = _failed_before(one) | ({failed} if failed else set())
        facts = choosing.facts_of(
            intent_of(one, customer, reach, channel=Channel.TODO),
            words.get(one.customer_id, Words()),
            desk,
            texts=texts,
            failed=frozenset(in_vain),
        )
        choice = choose(facts, desk.choice)
        reachable = reach if choice.channel == "todo" else None
        row: dict[str, Any] = {
            "id": one.id,
            "channel": choice.channel,
            "channel_reason": choice.reason[:400],
            "channel_refused": choice.refused_text[:200],
            "kind": one.kind if one.kind == "care" else KINDS.get(choice.channel, one.kind),
            "userid": reachable.userid if reachable else "",
            "external_userid": reachable.external_userid if reachable else "",
            "state": TodoState.OPEN,
            "closed_at": None,
        }
        if choice.channel == NOBODY:
            row |= {"state": TodoState.CANCELLED, "closed_at": at}
        rows.append(row)
        moved.append((one, HandedOver(one.id, one.channel, choice.channel, choice.reason)))
    await session.execute(update(Todo), rows)
    session.expire_all()
    await text_messages.queue(
        session,
        [(one.id, one.unit_id, one.expires_at) for one, to in moved if to.now == "sms"],
        at=at,
        as_of=at,
        desk=desk,
    )
    await quota.give_back(session, [one.key for one, to in moved if to.now == NOBODY])
    await _record(session, moved, by=by, at=at)
    return [to for _, to in moved]


def _failed_before(one: TodoView) -> set[str]:
    pairs = (part.partition(":") for part in one.channel_refused.split(",") if part)
    return {channel for channel, _, why in pairs if why == FAILED}


async def sweep(database: Database, *, at: datetime, desk: Desk) -> int:
    """Hand over what waits on a way that is closed: no friend any more, or a no to the channel."""
    async with database.transaction() as session:
        gone = and_(
            col(Todo.channel) == "todo",
            col(Todo.external_userid) != "",
            ~related(col(Todo.userid), col(Todo.external_userid)),
        )
        said_no = and_(
            col(Todo.channel).in_(BY_HAND), refused(col(Todo.customer_id), col(Todo.channel))
        )
        query = (
            select(Todo)
            .where(col(Todo.state) == TodoState.OPEN, or_(gone, said_no))
            .order_by(col(Todo.id))
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        found = [todos.view_of(session, row) for row in (await session.execute(query)).scalars()]
        return len(await hand_over(session, found, at=at, desk=desk, by="system:delivery"))


async def unanswered(
    session: AsyncSession,
    todo: TodoView,
    *,
    note: str,
    staff_id: str,
    at: datetime,
    desk: Desk,
) -> str:
    """A call that nobody answered; after the policy's number of them the next way is taken.

    Returns the way the contact is on now. Two within half an hour are one: a tap said twice.
    """
    if todo.unreached_at is not None and at - todo.unreached_at < timedelta(minutes=30):
        return todo.channel
    number = todo.unreached + 1
    tomorrow = bank_date(at) + timedelta(days=1)
    values: dict[str, Any] = {"unreached": number, "unreached_at": at}
    if tomorrow <= bank_date(todo.expires_at):
        values["due_on"] = tomorrow
    if note:
        values["note"] = cipher_of(session).seal("todo.note", str(todo.id), note)
    await session.execute(
        update(Todo)
        .where(col(Todo.id) == todo.id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    touched = Touched(
        source=f"todo:{todo.id}/{number}",
        customer_id=todo.customer_id,
        staff_id=staff_id,
        unit_id=todo.unit_id,
        channel="phone",
        purpose=todo.purpose,
        trigger=todo.trigger,
        state="attempted",
        at=at,
        outcome="unreached",
        reason=todo.channel_reason,
    )
    await touches.record(session, [touched])
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="send",
                act="call.unanswered",
                actor=f"staff:{staff_id}",
                object=f"todo:{todo.id}",
                unit=todo.unit_id,
                payload={"customer": todo.customer_id, "key": todo.key, "number": number},
            )
        ],
        at=at,
    )
    if number < desk.choice.unreached_most:
        return todo.channel
    [to] = await hand_over(
        session, [todo], at=at, desk=desk, by=f"staff:{staff_id}", failed="phone"
    ) or [HandedOver(todo.id, todo.channel, todo.channel, "")]
    return to.now


async def _record(
    session: AsyncSession,
    moved: Sequence[tuple[TodoView, HandedOver]],
    *,
    by: str,
    at: datetime,
) -> None:
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="send",
                act="channel.changed",
                actor=by,
                object=f"todo:{one.id}",
                unit=one.unit_id,
                reason=to.reason[:400],
                payload={
                    "customer": one.customer_id,
                    "key": one.key,
                    "before": to.before,
                    "now": to.now,
                },
            )
            for one, to in moved
        ],
        at=at,
    )
