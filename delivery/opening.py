"""What a manager opened: the first time they saw a to-do is kept, because head office asks (H2)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from delivery.repository import todos
from delivery.repository.todos import TodoView
from kit import ledger


async def opened(
    session: AsyncSession, shown: Sequence[TodoView], *, staff_id: str, at: datetime
) -> int:
    """The manager has these before their eyes; how many they had not seen before.

    Each is marked once, with an entry; whatever was seen already costs no statement.
    """
    fresh = [one.id for one in shown if one.seen_at is None and one.staff_id == staff_id]
    marked = set(await todos.mark_seen(session, fresh, at))
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="send",
                act="todo.seen",
                actor=f"staff:{staff_id}",
                object=f"todo:{one.id}",
                unit=one.unit_id,
            )
            for one in shown
            if one.id in marked
        ],
        at=at,
    )
    return len(marked)
