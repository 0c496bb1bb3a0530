"""Personas as corp tags: what each pair should carry, asked for as one row a pair.

Tags belong to a pair (member, contact). Our tags stand on the pairs of those who cover the
customer; wherever else they are found they are taken off. Tags of others are never touched. A tag
that shows one thing to a list (``shown_tags``) stands on the pairs of that list alone.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, bindparam, delete, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.persona_policy import PersonaPolicy
from crm_sync.errors import TagCapReached, TagGroupTaken
from crm_sync.models import (
    Contact,
    Coverage,
    PersonaMembership,
    Relation,
    Staff,
    TagPair,
    TagWrite,
    WecomTag,
)
from crm_sync.repository.keys import among
from crm_sync.repository.people import live
from crm_sync.sync.tags import land_tags
from kit.db import Database, upsert
from kit.ledger import Entry, append
from wecom import tags
from wecom.client import Caller
from wecom.tags import NewTag, TagGroup

PAGE: Final = 5_000


@dataclass(slots=True)
class TagPlan:
    """How many pairs were looked at, how many want a change, how many wanted one no longer."""

    pairs: int = 0
    asked: int = 0
    withdrawn: int = 0


async def ensure_tags(
    database: Database, wecom: Caller, policy: PersonaPolicy, at: datetime, *, cap: int
) -> dict[str, str]:
    """Make the group and one tag a persona where they are missing; returns tag ids by persona.

    ``cap``: the most corp tags there may be (official page 92117, the setting tag_cap). A group of
    the name that holds anything but persona tags is somebody else's: TagGroupTaken. Raises
    TagCapReached, and what WeCom said.
    """
    groups = await tags.list_all(wecom)
    async with database.reading() as session:
        known = await _groups_of_ours(session)
    missing = _missing(groups, policy, cap, known)
    if missing:
        await tags.add_to_group_named(wecom, policy.tag_group, missing)
        groups = await tags.list_all(wecom)
    async with database.transaction() as session:
        await land_tags(session, groups, policy, at)
        return await _own(session, groups, policy, at, made=[tag.name for tag in missing])


def _missing(
    groups: Collection[TagGroup], policy: PersonaPolicy, cap: int, known: Collection[str]
) -> list[NewTag]:
    wanted = [persona.tag_name for persona in policy.persona]
    mine = [group for group in groups if group.name == policy.tag_group and not group.deleted]
    present = {tag.name for group in mine for tag in group.tags if not tag.deleted}
    strangers = sorted(present - set(wanted))
    if strangers and not any(group.group_id in known for group in mine):
        raise TagGroupTaken(policy.tag_group, strangers)
    missing = [name for name in wanted if name not in present]
    total = sum(not tag.deleted for group in groups for tag in group.tags)
    if missing and total + len(missing) > cap:
        raise TagCapReached(total, len(missing), cap)
    order = {name: len(wanted) - place for place, name in enumerate(wanted)}
    return [NewTag(name, order=order[name]) for name in missing]


async def _groups_of_ours(session: AsyncSession) -> set[str]:
    query = select(col(WecomTag.group_id)).where(col(WecomTag.ours).is_(True)).distinct()
    return set((await session.execute(query)).scalars())


async def _own(
    session: AsyncSession,
    groups: Collection[TagGroup],
    policy: PersonaPolicy,
    at: datetime,
    *,
    made: list[str],
) -> dict[str, str]:
    persona_of = {persona.tag_name: persona.name for persona in policy.persona}
    ours = {
        tag.tag_id: persona_of[tag.name]
        for group in groups
        if group.name == policy.tag_group
        for tag in group.tags
        if not tag.deleted and tag.name in persona_of
    }
    table = WecomTag.__table__  # type: ignore[attr-defined]
    await (await session.connection()).execute(
        update(table)
        .where(table.c.tag_id == bindparam("which"))
        .values(ours=True, persona=bindparam("whose")),
        [{"which": tag_id, "whose": persona} for tag_id, persona in ours.items()],
    )
    if made:
        entry = Entry(
            kind="persona",
            act="tags.made",
            actor="system:tags",
            object="tags:corp",
            payload={"group": policy.tag_group, "tags": made},
        )
        await append(session, [entry], at=at)
    return {persona: tag_id for tag_id, persona in ours.items()}


async def plan_tags(database: Database, at: datetime, *, page: int = PAGE) -> TagPlan:
    """Compare every pair's tags with its customer's personas; ask for what differs.

    One transaction a page. A wish that is being written is replaced by a later page of the next
    run: the worker deletes a row only if it is still the one it wrote.
    """
    plan = TagPlan()
    after = ("", "")
    while True:
        async with database.transaction() as session:
            last = await _plan_page(session, after, page, at, plan)
        if last is None:
            return plan
        after = last


async def plan_tags_for(
    session: AsyncSession, customer_ids: Collection[int], at: datetime
) -> TagPlan:
    """The same for the contacts of these customers, in the caller's transaction."""
    plan = TagPlan()
    if customer_ids:
        contacts = select(col(Contact.external_userid)).where(
            among(session, col(Contact.customer_id), customer_ids)
        )
        query = _pairs().where(col(Relation.external_userid).in_(contacts))
        rows = (await session.execute(query)).all()
        await _ask(session, rows, at, plan)
    return plan


async def plan_tags_of_pairs(
    session: AsyncSession, pairs: Collection[tuple[str, str]], at: datetime
) -> TagPlan:
    """The same for these pairs of (member, contact), in the caller's transaction."""
    plan = TagPlan()
    wanted = set(pairs)
    if wanted:
        contacts = {contact for _, contact in wanted}
        query = _pairs().where(among(session, col(Relation.external_userid), contacts))
        rows = [
            row
            for row in await session.execute(query)
            if (row.userid, row.external_userid) in wanted
        ]
        await _ask(session, rows, at, plan)
    return plan


def _pairs() -> Any:
    return (
        select(
            col(Relation.userid),
            col(Relation.external_userid),
            col(Relation.tag_ids),
            col(Contact.customer_id),
        )
        .join(Contact, col(Contact.external_userid) == col(Relation.external_userid))
        .where(live())
        .order_by(col(Relation.userid), col(Relation.external_userid))
    )


async def _plan_page(
    session: AsyncSession, after: tuple[str, str], size: int, at: datetime, plan: TagPlan
) -> tuple[str, str] | None:
    keyset = tuple_(col(Relation.userid), col(Relation.external_userid))
    rows = (await session.execute(_pairs().where(keyset > tuple_(*after)).limit(size))).all()
    if rows:
        await _ask(session, rows, at, plan)
    return (rows[-1].userid, rows[-1].external_userid) if len(rows) == size else None


async def _ask(session: AsyncSession, rows: Any, at: datetime, plan: TagPlan) -> None:
    """Write the wishes of these pairs; delete those that are met."""
    ours = await our_tags(session)
    shown = await _showing_tags(session)
    if not ours and not shown:
        return
    listed = await _listed(session, rows) if shown else {}
    own = {*ours, *shown}
    tag_of = {persona: tag_id for tag_id, persona in ours.items()}
    customers = {row.customer_id for row in rows if row.customer_id is not None}
    personas = await _personas(session, customers)
    covering = await _covering(session, customers)
    wishes: list[dict[str, Any]] = []
    met: list[dict[str, Any]] = []
    for row in rows:
        covered = row.userid in covering.get(row.customer_id, ())
        names = personas.get(row.customer_id, ()) if covered else ()
        wanted = {tag_of[name] for name in names if name in tag_of}
        wanted |= listed.get((row.userid, row.external_userid), set()) & shown
        present = set(row.tag_ids) & own
        pair = {"userid": row.userid, "external_userid": row.external_userid}
        if wanted == present:
            met.append(pair)
            continue
        wishes.append(
            pair
            | {
                "add_tags": sorted(wanted - present),
                "remove_tags": sorted(present - wanted),
                "asked_at": at,
                "attempts": 0,
                "due_at": at,
                "leased_until": None,
                "last_error": "",
            }
        )
    plan.pairs += len(rows)
    plan.asked += await _write_wishes(session, wishes)
    plan.withdrawn += await _withdraw(session, met)


async def _write_wishes(session: AsyncSession, wishes: list[dict[str, Any]]) -> int:
    """Only wishes that differ from what is asked already: others keep their attempts and lease."""
    if not wishes:
        return 0
    query = select(
        col(TagWrite.userid),
        col(TagWrite.external_userid),
        col(TagWrite.add_tags),
        col(TagWrite.remove_tags),
    ).where(
        among(session, col(TagWrite.external_userid), {wish["external_userid"] for wish in wishes})
    )
    asked = {
        (row.userid, row.external_userid): (row.add_tags, row.remove_tags)
        for row in await session.execute(query)
    }
    news = [
        wish
        for wish in wishes
        if asked.get((wish["userid"], wish["external_userid"]))
        != (wish["add_tags"], wish["remove_tags"])
    ]
    columns = ["add_tags", "remove_tags", "asked_at", "attempts", "due_at", "last_error"]
    await upsert(session, TagWrite, news, key=["userid", "external_userid"], update=columns)
    return len(news)


async def _withdraw(session: AsyncSession, met: list[dict[str, Any]]) -> int:
    """Wishes whose pairs carry the right tags by now; one being written is left to its writer."""
    if not met:
        return 0
    query = select(col(TagWrite.userid), col(TagWrite.external_userid)).where(
        among(session, col(TagWrite.external_userid), {pair["external_userid"] for pair in met}),
        col(TagWrite.leased_until).is_(None),
    )
    waiting = {(row.userid, row.external_userid) for row in await session.execute(query)}
    gone = [
        {"one": pair["userid"], "other": pair["external_userid"]}
        for pair in met
        if (pair["userid"], pair["external_userid"]) in waiting
    ]
    if gone:
        table = TagWrite.__table__  # type: ignore[attr-defined]
        await (await session.connection()).execute(
            delete(table).where(
                and_(
                    table.c.userid == bindparam("one"),
                    table.c.external_userid == bindparam("other"),
                    table.c.leased_until.is_(None),
                )
            ),
            gone,
        )
    return len(gone)


async def our_tags(session: AsyncSession) -> dict[str, str]:
    """The personas of our tags by tag id."""
    query = select(col(WecomTag.tag_id), col(WecomTag.persona)).where(
        col(WecomTag.ours).is_(True),
        col(WecomTag.removed_at).is_(None),
        col(WecomTag.persona).is_not(None),
    )
    return {tag_id: persona for tag_id, persona in await session.execute(query) if persona}


async def _showing_tags(session: AsyncSession) -> set[str]:
    """Our tags that stand for a list instead of a persona."""
    query = select(col(WecomTag.tag_id)).where(
        col(WecomTag.ours).is_(True),
        col(WecomTag.removed_at).is_(None),
        col(WecomTag.persona).is_(None),
    )
    return set((await session.execute(query)).scalars())


async def _listed(session: AsyncSession, rows: Any) -> dict[tuple[str, str], set[str]]:
    """The tags of lists that each of these pairs is to carry."""
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    query = select(col(TagPair.userid), col(TagPair.external_userid), col(TagPair.tag_id)).where(
        among(session, col(TagPair.external_userid), {row.external_userid for row in rows})
    )
    for userid, external_userid, tag_id in await session.execute(query):
        found[userid, external_userid].add(tag_id)
    return found


async def _personas(session: AsyncSession, ids: Collection[int]) -> dict[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    if ids:
        query = select(col(PersonaMembership.customer_id), col(PersonaMembership.persona)).where(
            among(session, col(PersonaMembership.customer_id), ids)
        )
        for customer_id, persona in await session.execute(query):
            found[customer_id].append(persona)
    return found


async def _covering(session: AsyncSession, ids: Collection[int]) -> dict[int, set[str]]:
    """The WeCom userids of all who cover each customer, whatever the kind of coverage."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    if ids:
        query = (
            select(col(Coverage.customer_id), col(Staff.userid))
            .join(Staff, col(Staff.staff_id) == col(Coverage.staff_id))
            .where(
                among(session, col(Coverage.customer_id), ids),
                col(Staff.userid).is_not(None),
                col(Staff.removed_at).is_(None),
            )
        )
        for customer_id, userid in await session.execute(query):
            if userid:
                found[customer_id].add(userid)
    return found
