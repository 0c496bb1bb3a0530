"""What groups are called, and how many there are, for pages that show them among other things."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from community.facts import GroupScope
from community.landing import NAME
from community.models import CustomerGroup, GroupMember
from community.repository import in_sight
from kit.db import cipher_of


async def names(session: AsyncSession, chat_ids: Collection[str]) -> dict[str, str]:
    """The name of each group that has one."""
    query = select(col(CustomerGroup.chat_id), col(CustomerGroup.name)).where(
        col(CustomerGroup.chat_id).in_(sorted(chat_ids))
    )
    cipher = cipher_of(session)
    return {
        chat_id: cipher.open(NAME, chat_id, sealed)
        for chat_id, sealed in await session.execute(query)
        if sealed
    }


async def count(session: AsyncSession, scope: GroupScope, *, dismissed: bool = False) -> int:
    """How many groups are in sight; the same conditions as ``repository.groups``."""
    gone = col(CustomerGroup.dismissed_at)
    query = (
        select(func.count())
        .select_from(CustomerGroup)
        .where(*in_sight(scope), gone.is_not(None) if dismissed else gone.is_(None))
    )
    return int((await session.execute(query)).scalar_one())


async def external_members(session: AsyncSession, scope: GroupScope) -> tuple[int, int]:
    """(places, different people) of customers in the living groups in sight."""
    query = (
        select(func.count(), func.count(func.distinct(col(GroupMember.member_id))))
        .select_from(GroupMember)
        .join(CustomerGroup, col(CustomerGroup.chat_id) == col(GroupMember.chat_id))
        .where(
            *in_sight(scope),
            col(CustomerGroup.dismissed_at).is_(None),
            col(GroupMember.kind) == "external",
            col(GroupMember.left_at).is_(None),
        )
    )
    places, people = (await session.execute(query)).one()
    return int(places), int(people)


async def synced_at(session: AsyncSession) -> datetime | None:
    """When a group was last read from WeCom."""
    return (await session.execute(select(func.max(col(CustomerGroup.synced_at))))).scalar_one()


async def of_member(session: AsyncSession, member_ids: Collection[str]) -> dict[str, str]:
    """The living groups that somebody is in now: name by chat id."""
    query = (
        select(col(GroupMember.chat_id))
        .join(CustomerGroup, col(CustomerGroup.chat_id) == col(GroupMember.chat_id))
        .where(
            col(GroupMember.member_id).in_(sorted(member_ids)),
            col(GroupMember.left_at).is_(None),
            col(CustomerGroup.dismissed_at).is_(None),
        )
        .distinct()
    )
    return await names(session, list((await session.execute(query)).scalars()))


async def owners(session: AsyncSession, chat_ids: Collection[str]) -> set[str]:
    """The owners of these groups."""
    query = (
        select(col(CustomerGroup.owner_userid))
        .where(col(CustomerGroup.chat_id).in_(sorted(chat_ids)))
        .distinct()
    )
    return set((await session.execute(query)).scalars())
