"""A tag of its own for each list of customers that is shown one thing (企业朋友圈).

WeCom shows a moment by customer tag, so the tag must stand on the pairs of the list and on no
other. It is made here, wanted on pairs, written by the one writer of all our tags
(``tag_writer``), read back from WeCom before anything relies on it, and deleted when it is over.
"""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, bindparam, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.errors import ShownTagsTaken, TagCapReached
from crm_sync.models import Relation, TagPair, TagWrite, WecomTag
from crm_sync.repository.keys import UNTRACKED, among
from crm_sync.tags import plan_tags_of_pairs
from kit.db import Database, insert_new, upsert
from kit.ledger import Entry, append
from wecom import contacts, tags
from wecom.client import Caller
from wecom.errors import Rejected, RelationGone
from wecom.tags import NewTag

Pair = tuple[str, str]
"""(userid of the member in lower case, external_userid)."""

PREFIX: Final = "可见"
"""Every tag of ours that stands for a list begins with it; one that does not is somebody else's."""
MEMBERS_AT_ONCE: Final = 100


async def make(
    database: Database, wecom: Caller, group: str, name: str, at: datetime, *, cap: int
) -> str:
    """The id of the tag ``name`` in ``group``, made where it is missing; safe to ask again.

    ``cap``: the most corp tags there may be. Raises ShownTagsTaken where the group holds tags
    that are not ours, TagCapReached, and what WeCom said.
    """
    groups = [one for one in await tags.list_all(wecom) if not one.deleted]
    present = {
        tag.name: tag.tag_id
        for one in groups
        if one.name == group
        for tag in one.tags
        if not tag.deleted
    }
    strangers = sorted(found for found in present if not found.startswith(PREFIX))
    if strangers:
        raise ShownTagsTaken(group, strangers)
    if name not in present:
        total = sum(not tag.deleted for one in groups for tag in one.tags)
        if total >= cap:
            raise TagCapReached(total, 1, cap)
        made = await tags.add_to_group_named(wecom, group, [NewTag(name)])
        groups.append(made)
        present |= {tag.name: tag.tag_id for tag in made.tags}
    tag_id = present[name]
    group_id = next(one.group_id for one in groups for tag in one.tags if tag.tag_id == tag_id)
    async with database.transaction() as session:
        row = {
            "tag_id": tag_id, "group_id": group_id, "group_name": group, "name": name,
            "persona": None, "ours": True, "synced_at": at, "removed_at": None,
        }  # fmt: skip
        columns = ["group_id", "group_name", "name", "ours", "synced_at", "removed_at"]
        await upsert(session, WecomTag, [row], key=["tag_id"], update=columns)
        await append(session, [_entry("shown_tag.made", tag_id, {"name": name})], at=at)
    return tag_id


async def want(session: AsyncSession, tag_id: str, pairs: Collection[Pair], at: datetime) -> None:
    """The tag is to stand on these pairs from now on."""
    rows = [
        {"tag_id": tag_id, "userid": userid, "external_userid": contact, "since": at}
        for userid, contact in sorted(set(pairs))
    ]
    await insert_new(session, TagPair, rows, key=["tag_id", "userid", "external_userid"])
    await plan_tags_of_pairs(session, pairs, at)


async def unwant(session: AsyncSession, tag_id: str, pairs: Collection[Pair], at: datetime) -> None:
    """The tag is to stand on these pairs no longer."""
    if not pairs:
        return
    table = TagPair.__table__  # type: ignore[attr-defined]
    await (await session.connection()).execute(
        delete(table).where(
            and_(
                table.c.tag_id == tag_id,
                table.c.userid == bindparam("one"),
                table.c.external_userid == bindparam("other"),
            )
        ),
        [{"one": userid, "other": contact} for userid, contact in sorted(set(pairs))],
    )
    await plan_tags_of_pairs(session, pairs, at)


async def carriers(
    wecom: Caller,
    tag_id: str,
    userids: Collection[str],
    *,
    after_page: Callable[[], Awaitable[None]] | None = None,
) -> frozenset[Pair]:
    """The pairs of these members that carry the tag, as WeCom itself says now (page 92994).

    Every contact of theirs is read, a hundred a page; ``after_page`` is called after each.
    """
    found: set[Pair] = set()
    listed = sorted(set(userids))
    for start in range(0, len(listed), MEMBERS_AT_ONCE):
        some = listed[start : start + MEMBERS_AT_ONCE]
        try:
            async for page in contacts.of_members(wecom, some):
                found.update(
                    (one.follow.staff_id.lower(), one.contact.external_userid)
                    for one in page.items
                    if tag_id in one.follow.tag_ids
                )
                if after_page is not None:
                    await after_page()
        except RelationGone:  # none of them has a contact any more
            continue
    return frozenset(found)


async def seen_on(
    session: AsyncSession, tag_id: str, pairs: Collection[Pair], at: datetime
) -> None:
    """WeCom has the tag on pairs where it is not wanted: keep that in our picture and take it off."""
    if not pairs:
        return
    query = (
        select(col(Relation.userid), col(Relation.external_userid), col(Relation.tag_ids))
        .where(among(session, col(Relation.external_userid), {contact for _, contact in pairs}))
        .order_by(col(Relation.external_userid), col(Relation.userid))
    )
    rows = [
        {"one": row.userid, "other": row.external_userid, "now": sorted({*row.tag_ids, tag_id})}
        for row in await session.execute(query)
        if (row.userid, row.external_userid) in pairs
    ]
    if rows:
        table: Any = Relation.__table__  # type: ignore[attr-defined]
        await (await session.connection()).execute(
            update(table)
            .where(
                table.c.userid == bindparam("one"), table.c.external_userid == bindparam("other")
            )
            .values(tag_ids=bindparam("now")),
            rows,
        )
    await plan_tags_of_pairs(session, pairs, at)


async def unwritten(session: AsyncSession, tag_id: str) -> int:
    """How many pairs of the list still wait for a change of their tags."""
    query = select(col(TagPair.userid)).where(
        col(TagPair.tag_id) == tag_id,
        exists().where(
            col(TagWrite.userid) == col(TagPair.userid),
            col(TagWrite.external_userid) == col(TagPair.external_userid),
        ),
    )
    return len((await session.execute(query)).all())


async def remove(database: Database, wecom: Caller, tag_id: str, at: datetime) -> None:
    """Delete the tag with all its marks, here and at WeCom; safe to ask again."""
    try:
        await tags.delete(wecom, tag_ids=[tag_id])
    except Rejected as error:
        if error.errcode != _TAG_GONE:
            raise
    async with database.transaction() as session:
        query = (
            select(col(TagPair.userid), col(TagPair.external_userid))
            .join(
                TagWrite,
                and_(
                    col(TagWrite.userid) == col(TagPair.userid),
                    col(TagWrite.external_userid) == col(TagPair.external_userid),
                ),
            )
            .where(col(TagPair.tag_id) == tag_id)
        )
        waiting = [(row.userid, row.external_userid) for row in await session.execute(query)]
        await session.execute(
            delete(TagPair).where(col(TagPair.tag_id) == tag_id), execution_options=UNTRACKED
        )
        await session.execute(
            update(WecomTag).where(col(WecomTag.tag_id) == tag_id).values(removed_at=at),
            execution_options=UNTRACKED,
        )
        await plan_tags_of_pairs(session, waiting, at)
        await append(session, [_entry("shown_tag.removed", tag_id, {})], at=at)


_TAG_GONE: Final = 40068


def _entry(act: str, tag_id: str, payload: dict[str, Any]) -> Entry:
    return Entry(
        kind="persona",
        act=act,
        actor="system:moments",
        object=f"tag:{tag_id}"[:160],
        payload=payload,
    )
