"""What became of a call: what the exchange took, what it says afterwards, and what follows from it.

The exchange's word is the evidence: connected closes the to-do, unanswered counts as unreached
and leads to the next way after the policy's number of times.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from delivery import by_number, channel_handover
from delivery.departing import in_turn
from delivery.desk import Desk
from delivery.dialling import PHONE, Dialled, PhoneDialler, Stage
from delivery.facts import GOING, CallState, TodoState
from delivery.models import OutboxState
from delivery.repository import phone_calls, todos, touches
from delivery.repository.outbox import Claim
from delivery.repository.phone_calls import PhoneCallFact
from delivery.repository.todos import TodoView
from delivery.repository.touches import Touched
from delivery.worklist import Work, open_work
from kit import ledger, log
from kit.db import Database
from kit.web.formats import masked_numbers
from wecom.errors import OutcomeUnknown, WecomError

TOLD_WITHIN: Final = timedelta(hours=2)
"""What the exchange has not told the end of by then is the manager's to say."""
_AFTER: Final = {
    OutboxState.SENT: CallState.RINGING,
    OutboxState.UNKNOWN: CallState.UNSURE,
    OutboxState.FAILED: CallState.REFUSED,
    OutboxState.EXPIRED: CallState.LAPSED,
    OutboxState.CANCELLED: CallState.STOPPED,
}
_PROVES: Final = (TodoState.OPEN, TodoState.HANDED, TodoState.NOTED)

_log = log.get(__name__)


async def refused(session: AsyncSession, claim: Claim, reason: str) -> None:
    """Keep why the exchange said no, without any number it may name, for the manager to read."""
    await phone_calls.explain(session, int(claim.payload["call_id"]), masked_numbers(reason)[:120])


async def settled(session: AsyncSession, claim: Claim, state: OutboxState, *, at: datetime) -> None:
    """The row of the outbox ended, or is in doubt: the call and its to-do follow.

    What certainly did not ring gives the to-do back; another tap is another call.
    """
    call = await phone_calls.one(session, int(claim.payload["call_id"]))
    now = _AFTER[state]
    if call is None:
        return
    if not await phone_calls.move(session, call.id, now, ended_at=None if now in GOING else at):
        return
    if now is CallState.RINGING:
        todo = await todos.one(session, call.todo_id)
        if todo is not None and todo.state == TodoState.CANCELLED.value:
            await open_work(session, [_in_spite(todo)], at=at)
    elif now not in GOING:
        await _give_back(session, call, at)


async def poll(
    database: Database,
    dialler: PhoneDialler | None,
    clock: Callable[[], datetime],
    desk: Desk,
) -> dict[str, int]:
    """Ask the exchange how the calls that it took went; no session is held while it is asked."""
    counts = {"asked": 0, "ended": 0}
    after = 0
    while dialler is not None:
        async with database.reading() as session:
            going = await phone_calls.taken(session, after=after)
        if not going:
            break
        for call in going:
            after = call.id
            try:
                said = await dialler.what_became(str(call.id))
            except OutcomeUnknown:
                said = None  # this one's answer cannot be read; the others' can
            except WecomError as error:
                _log.warning("delivery.exchange_silent", cause=type(error).__name__)
                return counts
            counts["asked"] += 1
            async with database.transaction() as session:
                counts["ended"] += await told(session, call.id, said, at=clock(), desk=desk)
    return counts


async def told(
    session: AsyncSession, call_id: int, said: Dialled | None, *, at: datetime, desk: Desk
) -> bool:
    """Write what the exchange says of a call; whether it is over."""
    call = await phone_calls.one(session, call_id)
    if call is None or call.state not in (CallState.RINGING, CallState.TALKING):
        return False
    await in_turn(session, call.customer_id)
    late = at - call.asked_at > TOLD_WITHIN
    if said is not None and said.stage in (Stage.TALKING, Stage.ENDED):
        ended = said.stage is Stage.ENDED
        await _connected(session, call, said.seconds, ended=ended, at=at)
        return ended
    if said is not None and said.stage is Stage.UNANSWERED:
        await _unanswered(session, call, at, desk)
        return True
    if late and await phone_calls.move(session, call.id, CallState.UNTOLD, ended_at=at):
        await _give_back(session, call, at)
    return late


async def _connected(
    session: AsyncSession, call: PhoneCallFact, seconds: int, *, ended: bool, at: datetime
) -> None:
    """They talk, or talked: the to-do is done by that, the touch and the ledger have it once."""
    state = CallState.TALKED if ended else CallState.TALKING
    await phone_calls.move(session, call.id, state, seconds=seconds, ended_at=at if ended else None)
    todo = await todos.one(session, call.todo_id)
    if call.state is CallState.TALKING or todo is None:
        return
    await todos.move(session, todo.id, state=TodoState.DONE, frm=_PROVES, at=at, closed=True)
    if todo.state == TodoState.CANCELLED.value:
        await open_work(session, [_in_spite(todo)], at=at)
    touched = Touched(
        source=f"todo:{todo.id}",
        customer_id=todo.customer_id,
        staff_id=call.staff_id,
        unit_id=todo.unit_id,
        channel=PHONE,
        purpose=todo.purpose,
        trigger=todo.trigger,
        state="recorded",
        at=at,
        reason=todo.channel_reason,
    )
    await touches.record(session, [touched])
    entry = ledger.Entry(
        kind="send",
        act="call.connected",
        actor="system:exchange",
        object=f"todo:{todo.id}",
        unit=todo.unit_id,
        payload={"customer": todo.customer_id, "key": todo.key, "call": call.id},
    )
    await ledger.append(session, [entry], at=at)


async def _unanswered(session: AsyncSession, call: PhoneCallFact, at: datetime, desk: Desk) -> None:
    await phone_calls.move(session, call.id, CallState.UNANSWERED, ended_at=at)
    if not await _give_back(session, call, at):
        return  # withdrawn, or the manager has said what came of it
    todo = await todos.one(session, call.todo_id, lock=True)
    if todo is not None:
        await channel_handover.unanswered(
            session, todo, note="", staff_id=call.staff_id, at=at, desk=desk
        )


async def _give_back(session: AsyncSession, call: PhoneCallFact, at: datetime) -> bool:
    return await todos.move(
        session, call.todo_id, state=TodoState.OPEN, frm=(TodoState.HANDED,), at=at
    )


def _in_spite(todo: TodoView) -> Work:
    return by_number.in_spite(todo, "电话仍拨出了一次", "电话", "电话平台")
