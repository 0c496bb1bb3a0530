"""Where personas stand in WeCom as corp tags: the tag, who carries it, what waits to be written."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import Contact, Relation, TagWrite, WecomTag
from crm_sync.repository.keys import unnested
from crm_sync.repository.people import live


@dataclass(frozen=True, slots=True)
class TagFact:
    """The corp tag of a persona as WeCom last showed it."""

    tag_id: str
    name: str
    group_name: str
    synced_at: datetime


async def of_the_console(session: AsyncSession) -> list[TagFact]:
    """The tags that are not ours, by group and name."""
    query = (
        select(
            col(WecomTag.tag_id),
            col(WecomTag.name),
            col(WecomTag.group_name),
            col(WecomTag.synced_at),
        )
        .where(col(WecomTag.ours).is_(False), col(WecomTag.removed_at).is_(None))
        .order_by(col(WecomTag.group_name), col(WecomTag.name), col(WecomTag.tag_id))
    )
    return [TagFact(*row) for row in await session.execute(query)]


async def tag_of(session: AsyncSession, persona: str) -> TagFact | None:
    """The tag of ours that stands for ``persona``, or None where WeCom has none."""
    query = (
        select(WecomTag)
        .where(
            col(WecomTag.persona) == persona,
            col(WecomTag.ours).is_(True),
            col(WecomTag.removed_at).is_(None),
        )
        .order_by(col(WecomTag.synced_at).desc(), col(WecomTag.tag_id))
        .limit(1)
    )
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        return None
    return TagFact(row.tag_id, row.name, row.group_name, row.synced_at)


def carriers(session: AsyncSession, tag_id: str) -> Select[Any]:
    """The ids of customers on whom a member of staff who follows them has put this tag."""
    carried = unnested(session, col(Relation.tag_ids))
    return (
        select(col(Contact.customer_id))
        .select_from(Relation)
        .join(carried, true())
        .join(Contact, col(Contact.external_userid) == col(Relation.external_userid))
        .where(col(Contact.customer_id).is_not(None), carried.c.value == tag_id, live())
    )


async def waiting(session: AsyncSession, tag_id: str) -> int:
    """How many pairs of member and contact wait to get or lose this tag."""
    adding = unnested(session, col(TagWrite.add_tags))
    removing = unnested(session, col(TagWrite.remove_tags))
    query = (
        select(func.count())
        .select_from(TagWrite)
        .where(
            or_(
                select(adding.c.value).where(adding.c.value == tag_id).exists(),
                select(removing.c.value).where(removing.c.value == tag_id).exists(),
            )
        )
    )
    return int((await session.execute(query)).scalar_one())
