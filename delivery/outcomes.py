"""What a manager says came of a to-do: a call, a visit, another day; evidence closes it later."""

from datetime import date, datetime
from typing import Final

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery.errors import OutcomeUnknownWord, TodoClosed
from delivery.models import Todo, TodoState
from delivery.repository import todos, touches
from delivery.repository.todos import TodoView
from delivery.repository.touches import Touched
from kit import ledger
from kit.clock import bank_date

CHOICES: Final = (
    ("renewed", "已续作", "续存或转购，核心系统会再核对"),
    ("thinking", "考虑中", "过几天再联系"),
    ("left", "转他行", "写下客户在意什么"),
    ("unreached", "联系不上", "明天换个时间再试"),
)
TEXTS: Final = {value: text for value, text, _ in CHOICES}
CHANNELS: Final = {"phone": "phone", "visit": "branch", "chat": "chat"}
TELLING = (
    TodoState.OPEN, TodoState.HANDED, TodoState.NOTED, TodoState.DONE, TodoState.CLAIMED,
    TodoState.CONFIRMED,
)  # fmt: skip


async def record(
    session: AsyncSession,
    todo: TodoView,
    *,
    outcome: str,
    note: str,
    by: str,
    staff_id: str,
    at: datetime,
) -> bool:
    """Record an outcome; the same one again changes nothing.

    Nothing is closed by it: what waits is noted until something proves it
    (``delivery.evidence``), and a sent message stays what its evidence says. Raises
    OutcomeUnknownWord, TodoClosed.
    """
    if outcome not in TEXTS:
        raise OutcomeUnknownWord("没有这种结果", saw=outcome[:32], do="、".join(TEXTS.values()))
    if todo.outcome == outcome:
        return False
    state = TodoState(todo.state)
    if state not in TELLING:
        raise TodoClosed("这件待办已经结束了", saw=state.value, do="刷新待办列表", todo=todo.id)
    waiting = state in (TodoState.OPEN, TodoState.HANDED)
    await todos.move(
        session,
        todo.id,
        state=TodoState.NOTED if waiting else state,
        frm=(state,),
        at=at,
        outcome=outcome,
        note=note or None,
        noted=waiting,
    )
    if waiting and outcome != "unreached":
        await touches.record(
            session,
            [
                Touched(
                    source=f"todo:{todo.id}",
                    customer_id=todo.customer_id,
                    staff_id=staff_id,
                    unit_id=todo.unit_id,
                    channel=CHANNELS.get(by, "chat"),
                    purpose=todo.purpose,
                    trigger=todo.trigger,
                    state="recorded",
                    at=at,
                    reason=todo.channel_reason,
                )
            ],
        )
    await _record(session, todo, "todo.outcome", staff_id, at, outcome=outcome, note=note, by=by)
    return True


async def postpone(
    session: AsyncSession, todo: TodoView, *, to: date, staff_id: str, at: datetime
) -> None:
    """Another day, later than today and within the to-do's life. Raises TodoClosed."""
    if not bank_date(at) < to <= bank_date(todo.expires_at):
        raise TodoClosed(
            "不能改到这一天",
            saw=to.isoformat(),
            do=f"最晚 {bank_date(todo.expires_at)}",
            todo=todo.id,
        )
    if todo.state not in (TodoState.OPEN.value, TodoState.HANDED.value):
        raise TodoClosed("这件待办已经结束了", do="刷新待办列表", todo=todo.id)
    await session.execute(
        update(Todo)
        .where(col(Todo.id) == todo.id)
        .values(due_on=to, announced_at=None)
        .execution_options(synchronize_session=False)
    )
    await _record(session, todo, "todo.postponed", staff_id, at, to=to.isoformat())


async def _record(
    session: AsyncSession, todo: TodoView, act: str, staff_id: str, at: datetime, **payload: str
) -> None:
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="send",
                act=act,
                actor=f"staff:{staff_id}",
                object=f"todo:{todo.id}",
                unit=todo.unit_id,
                payload={"customer": todo.customer_id, **payload},
            )
        ],
        at=at,
    )
