"""Things that have happened at the bank, for pages to show."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync.models import PersonaMembership
from delivery.models import TodoState
from delivery.repository import todos, touches
from delivery.repository.touches import Touched
from kit.clock import bank_date
from kit.ids import new_id


async def todo(
    session: AsyncSession,
    customer_id: int,
    *,
    at: datetime,
    staff: str = "limin",
    unit: str = "0101",
    due_on: date | None = None,
    state: TodoState = TodoState.OPEN,
    trigger: str = "maturity.deposit",
    **more: Any,
) -> int:
    """A to-do of a manager in some state; returns its id."""
    todo_id = new_id()
    row = {
        "id": todo_id,
        "key": f"{trigger}:{todo_id}",
        "trigger": trigger,
        "purpose": "service",
        "campaign": "",
        "kind": "message",
        "customer_id": customer_id,
        "staff_id": staff,
        "userid": staff,
        "external_userid": "",
        "unit_id": unit,
        "script_version_id": None,
        "script_code": "T7",
        "script_version": 1,
        "text": None,
        "text_hash": "",
        "title": "定期到期衔接",
        "why": "三年期整存整取，到期，来自核心系统",
        "detail": {},
        "channel": "todo",
        "channel_reason": "",
        "channel_refused": "",
        "planned_on": bank_date(at),
        "due_on": due_on or bank_date(at),
        "expires_at": at + timedelta(days=1),
        "priority": 5,
        "created_at": at,
        **more,
    }
    await todos.put(session, {name: [value] for name, value in row.items()})
    if state is not TodoState.OPEN:
        moved = await todos.move(
            session, todo_id, state=state, frm=(TodoState.OPEN,), at=at, closed=True
        )
        assert moved
    return todo_id


async def touch(
    session: AsyncSession,
    customer_id: int,
    *,
    at: datetime,
    staff: str = "limin",
    unit: str = "0101",
    trigger: str = "maturity.deposit",
) -> None:
    """The customer was reached from the sidebar."""
    one = Touched(
        source=f"send:{new_id()}",
        customer_id=customer_id,
        staff_id=staff,
        unit_id=unit,
        channel="sidebar",
        purpose="service",
        trigger=trigger,
        state="confirmed",
        at=at,
    )
    await touches.record(session, [one])


async def belongs(
    session: AsyncSession, customer_id: int, persona: str, *, at: datetime, primary: bool = True
) -> None:
    """The customer is in a persona."""
    row = {
        "customer_id": customer_id,
        "persona": persona,
        "source": "crm",
        "confidence": 90,
        "evidence": [{"says": "63 岁，定期占 82%"}],
        "rule_version": "6+abc",
        "is_primary": primary,
        "since": at,
    }
    await session.execute(insert(PersonaMembership), [row])
