"""What people do with a group: say what it is for and whom it is meant for."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from community.errors import GroupGone, GroupUnknown, WordsTooLong
from community.landing import Happened, remember
from community.models import CustomerGroup

_LIMITS = {"用途": 80, "兴趣": 40, "客群": 40}


async def register(
    session: AsyncSession,
    chat_id: str,
    *,
    purpose: str,
    interest: str = "",
    persona: str = "",
    unit_id: str | None = None,
    actor: str,
    at: datetime,
) -> None:
    """Register a group (登记): purpose, interest, persona, unit; registering anew overwrites.

    Raises GroupUnknown, GroupGone for a dismissed one, WordsTooLong.
    """
    for (name, most), words in zip(_LIMITS.items(), (purpose, interest, persona), strict=True):
        if len(words) > most:
            raise WordsTooLong(
                f"{name}最多 {most} 个字", saw=f"{len(words)} 个字", do="写短一些，只留一行"
            )
    query = select(CustomerGroup).where(col(CustomerGroup.chat_id) == chat_id).with_for_update()
    group = (await session.execute(query)).scalar_one_or_none()
    if group is None:
        raise GroupUnknown("没有这个客户群，或不在你的查看范围内", chat_id=chat_id)
    if group.dismissed_at is not None:
        raise GroupGone("这个客户群已经解散，不能登记", chat_id=chat_id)
    group.purpose, group.interest, group.persona = purpose, interest, persona
    group.unit_id = unit_id or group.unit_id
    group.registered, group.registered_by, group.registered_at = True, actor, at
    await session.flush()
    said = " / ".join(part for part in (purpose, interest, persona) if part)
    await remember(session, group, [Happened("registered", at, after=said)], at, actor=actor)
