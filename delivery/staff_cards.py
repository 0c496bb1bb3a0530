"""The cards that tell a manager of to-dos: how many and where, nothing of a customer."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync.repository.staff import staff_by_id
from delivery.channel_reasons import of_staff_card
from delivery.facts import STAFF_CARD
from delivery.repository.outbox import Call
from kit.clock import bank_date, end_of_bank_day


async def reachable(session: AsyncSession, staff_ids: Collection[str]) -> Mapping[str, str]:
    """The userids of those whom a card can reach: active and in WeCom, whatever is to be done."""
    found = await staff_by_id(session, set(staff_ids))
    return {name: one.userid for name, one in found.items() if one.active and one.userid}


def todo_card(
    key: str,
    row: Any,
    *,
    userid: str,
    title: str,
    note: str,
    at: datetime,
    public_url: str,
    bank_name: str,
    again: bool = False,
) -> Call:
    """The call for one manager; ``row``: (staff_id, unit_id, number). ``again``: not the first."""
    day = bank_date(at)
    return Call(
        key=key,
        kind=STAFF_CARD,
        payload={
            "userid": userid,
            "title": title,
            "description": f"{day.month}月{day.day}日",
            "source": bank_name,
            "figure": str(row.number),
            "figure_note": note,
            "facts": [["怎么做", "点开后逐个发送或记录结果"]],
            "url": f"{public_url}/h5/todo",
            "task_id": f"{key.partition(':')[0]}-{row.staff_id}-{day:%Y%m%d}",
        },
        due_at=at,
        expires_at=end_of_bank_day(at),
        unit_id=row.unit_id,
        userid=userid,
        priority=5,
        channel_reason=of_staff_card(todos=row.number, again=again),
    )
