"""A manager has the bank's exchange connect a customer: one tap, the gate again, written, then asked.

The tap judges, takes its turn against a no of the customer and writes the call down with its row
in the outbox; the exchange is asked outside any transaction, judged once more right before. What
may be ringing is looked up by its key and never dialled again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from compliance.facts import Channel
from compliance.objections import BY_CODE
from crm_sync.access import may_send
from delivery import by_number, halting, judging, tickets
from delivery.departing import in_turn
from delivery.desk import Desk
from delivery.errors import NoDialler, SendBlocked, SenderNotEntitled, TodoClosed, TodoNotFound
from delivery.facts import GOING, CallState, TodoState
from delivery.repository import outbox, phone_calls, todos
from delivery.repository.outbox import Call, Claim
from delivery.repository.phone_calls import PhoneCallFact
from delivery.repository.todos import TodoView
from delivery.tickets import Sender
from kit import ledger
from kit.ids import new_id

PHONE: Final = "phone"
GOES_WITHIN: Final = timedelta(seconds=60)
"""Who tapped holds the receiver: a call that could not be asked for by then is not made."""
PRIORITY: Final = 1
"""Before every message that nobody waits for, after a welcome."""


class Stage(StrEnum):
    """Where the exchange says a call is."""

    RINGING = "ringing"
    TALKING = "talking"
    ENDED = "ended"  # they talked, and it is over
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class Dialled:
    """What the exchange has of a call; ``seconds`` they have talked."""

    stage: Stage
    seconds: int = 0


class PhoneDialler(Protocol):
    """The bank's telephone exchange. Raises the errors of ``wecom.errors`` alone."""

    async def connect(self, key: str, staff_id: str, phone: str) -> str:
        """Ring this member of staff, then the customer; ``key`` makes it one call. Its reference."""

    async def what_became(self, key: str) -> Dialled | None:
        """What the exchange has of the call of that key; None where it never arrived."""


@dataclass(frozen=True, slots=True)
class Ends:
    """The two ends of a call that may be asked for now."""

    staff_id: str
    phone: str


async def ask(
    session: AsyncSession, todo_id: int, *, sender: Sender, at: datetime, desk: Desk
) -> PhoneCallFact:
    """One tap: judge now and write the call down; a tap while one is going on is that call.

    Nothing rings before the commit. Raises NoDialler, TodoNotFound, TodoClosed, SenderNotEntitled,
    and SendBlocked, of which the caller commits the record.
    """
    if not desk.dials:
        raise NoDialler("没有接入电话平台", do="请自己拨打，打完在这件待办里记结果")
    seen = await todos.one(session, todo_id)
    if seen is None or seen.staff_id != sender.staff_id:
        raise TodoNotFound("没有这件待办，或者不是你的", do="刷新待办列表")
    await in_turn(session, seen.customer_id)
    todo = await todos.one(session, todo_id, lock=True)
    assert todo is not None  # noqa: S101 — to-dos are not deleted beside a tap
    last = (await phone_calls.newest(session, [todo.id])).get(todo.id)
    if last is not None and last.state in GOING:
        return last
    if todo.channel != PHONE or todo.state != TodoState.OPEN.value:
        raise TodoClosed("这件待办已经办过、撤回，或换了一条路", do="刷新待办列表", todo=todo.id)
    if await halting.todo_halted(session, todo.id):
        raise TodoClosed("这件待办所属的活动已经停止", do="刷新待办列表", todo=todo.id)
    if not await may_send(session, sender.staff_id, todo.customer_id, sender.kinds):
        raise SenderNotEntitled(
            "按本行的管户策略，你与这位客户的关系可以查看，不能联系",
            where="策略“管户与分配”的 relations.send",
            do="请管户的同事联系；分工有变的，请网点负责人在“管户分配”里调整",
        )
    await _judge(session, todo, sender, at, desk)
    return await _write(session, todo, sender, at)


async def _judge(
    session: AsyncSession, todo: TodoView, sender: Sender, at: datetime, desk: Desk
) -> None:
    """The gate at the tap, on record either way. Raises SendBlocked."""
    found = await by_number.now(session, todo, Channel.PHONE, at=at, desk=desk)
    if found is None:
        raise SendBlocked("客户没有留电话，或说过不要电话", do="刷新待办列表，系统会换一条路")
    await judging.record(session, [found.judged], at)
    if found.clear:
        return
    codes = found.judged.objections
    said = "；".join(BY_CODE[code].saying for code in codes) or found.judged.missing
    await tickets.refused(session, found.judged.intent, sender, at, ",".join(codes))
    raise SendBlocked(
        said or "这件事没有审核过的话术，闸门无从判断，不能由系统拨号",
        do="有话术或过了这段时间再试；确需联系请自己拨打并记结果",
        codes=",".join(codes),
    )


async def _write(
    session: AsyncSession, todo: TodoView, sender: Sender, at: datetime
) -> PhoneCallFact:
    """The call, its row in the outbox and its entry in the ledger; never the number."""
    call_id = new_id()
    [outbox_id] = await outbox.put(
        session,
        [
            Call(
                key=f"{PHONE}:{call_id}",
                kind=PHONE,
                payload={"todo_id": todo.id, "call_id": call_id},
                due_at=at,
                expires_at=min(at + GOES_WITHIN, todo.expires_at),
                unit_id=todo.unit_id,
                priority=PRIORITY,
            )
        ],
        at,
    )
    call = PhoneCallFact(
        id=call_id,
        todo_id=todo.id,
        outbox_id=outbox_id,
        customer_id=todo.customer_id,
        staff_id=sender.staff_id,
        unit_id=todo.unit_id,
        state=CallState.ASKED,
        asked_at=at,
        seconds=0,
        cause="",
        ended_at=None,
    )
    await phone_calls.put(session, call)
    await todos.mark_seen(session, [todo.id], at)
    await todos.move(session, todo.id, state=TodoState.HANDED, frm=(TodoState.OPEN,), at=at)
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="send",
                act="call.asked",
                actor=f"staff:{sender.staff_id}",
                object=f"todo:{todo.id}",
                unit=todo.unit_id,
                payload={"customer": todo.customer_id, "key": todo.key, "call": call_id},
            )
        ],
        at=at,
    )
    return call


async def ready(session: AsyncSession, claim: Claim, *, at: datetime, desk: Desk) -> Ends | None:
    """Let the call be asked for, as it may be now; None when it may not, for whatever reason.

    Commit before the exchange is asked: a no that is being written takes turns with this.
    """
    todo = await by_number.waiting(session, claim, PHONE)
    if todo is None:
        return None
    found = await by_number.now(session, todo, Channel.PHONE, at=at, desk=desk)
    if found is None or not found.clear:
        return None
    moved = await todos.move(session, todo.id, state=TodoState.HANDED, frm=todos.LIVE, at=at)
    return Ends(todo.staff_id, found.phone) if moved else None
