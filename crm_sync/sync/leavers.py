"""Members whom WeCom no longer shows: what they left behind, and what ended with them.

A leaver's contacts stand in WeCom's list of unassigned ones until somebody takes them over
(page 92124): those relations live on, so that they can be handed over. What is not in that list,
and not being handed over, has ended. A member who merely lost 客户联系 is told of and not judged:
WeCom says nothing of their contacts.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import anyio
from sqlalchemy import func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import Contact, Relation
from crm_sync.repository.keys import UNTRACKED, among
from crm_sync.repository.staff import unit_of_userids
from crm_sync.sync.contacts import ACTOR, MOST_ENDED_FEW, MOST_ENDED_SHARE
from crm_sync.sync.progress import Pause, patiently
from kit.db import Database, insert_new
from kit.ledger import Entry, append
from wecom import members, transfers
from wecom.client import Caller
from wecom.errors import Misconfigured, RelationGone
from wecom.transfers import Unassigned

UnderWay = Callable[[AsyncSession, Collection[str]], Awaitable[set[tuple[str, str]]]]
"""The (userid, external_userid) that are being handed over, of these members."""


@dataclass(slots=True)
class LeaversReport:
    """``waiting``: contacts without anybody, by the leaver's userid. ``hidden``: live relations
    of members who are there and of whose contacts WeCom says nothing."""

    waiting: dict[str, int] = field(default_factory=dict)
    hidden: dict[str, int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)


async def sync_leavers(
    database: Database,
    wecom: Caller,
    unseen: Mapping[str, int],
    at: datetime,
    *,
    under_way: UnderWay | None = None,
    accept_drops: bool = False,
    pause: Pause = anyio.sleep,
) -> LeaversReport:
    """Bring the relations of ``unseen`` (userid: live relations) in line with WeCom's list.

    Counts: leavers_missing (listed, unknown here), leavers_ended, leavers_withheld. Where this
    app may not read the list, everybody unseen stays hidden. Twice changes nothing.
    """
    report = LeaversReport()
    try:
        async for page in patiently(partial(transfers.unassigned, wecom), "", pause=pause):
            async with database.transaction() as session:
                missing = await land_unassigned(session, page.items, at)
            report.counts["leavers_missing"] += missing
            for one in page.items:
                userid = one.handover_staff_id.lower()
                report.waiting[userid] = report.waiting.get(userid, 0) + 1
    except Misconfigured:
        report.hidden = dict(unseen)
        return report
    left = set(report.waiting)
    for userid in sorted(set(unseen) - left):
        if await has_left(wecom, userid):
            left.add(userid)
        else:
            report.hidden[userid] = unseen[userid]
    async with database.transaction() as session:
        busy = await under_way(session, left) if under_way is not None else set()
        report.counts.update(await _sweep(session, left, busy, at, accept_drops))
    return report


async def has_left(wecom: Caller, userid: str) -> bool:
    """Whether the directory knows nobody of this id any more (60111)."""
    try:
        await members.get(wecom, userid)
    except RelationGone:
        return True
    return False


async def adopt_unassigned(database: Database, wecom: Caller, at: datetime) -> dict[str, int]:
    """Read the whole list of unassigned contacts and land it; how many wait, by leaver."""
    waiting: Counter[str] = Counter()
    async for page in transfers.unassigned(wecom):
        async with database.transaction() as session:
            await land_unassigned(session, page.items, at)
        waiting.update(one.handover_staff_id.lower() for one in page.items)
    return dict(waiting)


async def land_unassigned(session: AsyncSession, listed: Sequence[Unassigned], at: datetime) -> int:
    """Every listed pair stands here too, at ``at``; returns how many did not.

    One that the customer ended stays ended: WeCom lists it for the member all the same.
    """
    pairs = {(one.handover_staff_id.lower(), one.external_userid) for one in listed}
    if not pairs:
        return 0
    externals = {external for _, external in pairs}
    first = {"first_seen_at": at, "kind": 0, "gender": 0, "digest": ""}
    contacts = [{"external_userid": one} | first for one in sorted(externals)]
    await insert_new(session, Contact, contacts, key=["external_userid"])
    query = select(
        col(Relation.userid),
        col(Relation.external_userid),
        col(Relation.ended_at),
        col(Relation.ended_by),
    ).where(among(session, col(Relation.external_userid), externals))
    stored = {(row[0], row[1]): (row[2], row[3]) for row in await session.execute(query)}
    fresh = sorted(pairs - set(stored))
    shell = {
        "remark_phone_hashes": [], "tag_ids": [], "state": "", "add_way": 0, "added_at": None,
        "half": False, "ended_at": None, "ended_by": "", "synced_at": at, "digest": "",
    }  # fmt: skip
    rows = [{"userid": userid, "external_userid": one} | shell for userid, one in fresh]
    await insert_new(session, Relation, rows, key=["userid", "external_userid"])
    again = sorted(
        pair
        for pair in pairs & set(stored)
        if stored[pair][0] is not None and stored[pair][1] != "customer"
    )
    for chosen, values in (
        (sorted(pairs & set(stored)), {"synced_at": at}),
        (again, {"ended_at": None, "ended_by": ""}),
    ):
        if chosen:
            key = tuple_(col(Relation.userid), col(Relation.external_userid))
            await session.execute(
                update(Relation).where(key.in_(chosen)).values(**values),
                execution_options=UNTRACKED,
            )
    return len(fresh) + len(again)


async def _sweep(
    session: AsyncSession,
    left: Collection[str],
    busy: Collection[tuple[str, str]],
    at: datetime,
    accept_drops: bool,
) -> Mapping[str, int]:
    """End what leavers have no more; withheld where it is suspiciously much at once."""
    if not left:
        return {}
    mine = among(session, col(Relation.userid), left)
    unread = col(Relation.synced_at).is_(None) | (col(Relation.synced_at) < at)
    there = col(Relation.ended_at).is_(None)
    query = select(col(Relation.userid), col(Relation.external_userid)).where(mine, there, unread)
    to_end = [(row[0], row[1]) for row in await session.execute(query)]
    to_end = sorted(set(to_end) - set(busy))
    counted = select(func.count()).select_from(Relation).where(mine, there)
    standing = int((await session.execute(counted)).scalar_one())
    if not to_end:
        return {}
    if not accept_drops and len(to_end) > max(MOST_ENDED_FEW, standing * MOST_ENDED_SHARE):
        return {"leavers_withheld": len(to_end)}
    of_member: dict[str, list[str]] = {}
    for userid, external in to_end:
        of_member.setdefault(userid, []).append(external)
    units = await unit_of_userids(session, of_member)
    entries = []
    for userid, externals in of_member.items():
        await session.execute(
            update(Relation)
            .where(
                col(Relation.userid) == userid,
                among(session, col(Relation.external_userid), externals),
            )
            .values(ended_at=at, ended_by="reconcile", half=False),
            execution_options=UNTRACKED,
        )
        entries.append(
            Entry(
                kind="contact",
                act="relation.left_with_member",
                actor=ACTOR,
                object=f"member:{userid}",
                unit=units.get(userid, "hq"),
                payload={"userid": userid, "contacts": externals},
            )
        )
    await append(session, entries, at=at)
    return {"leavers_ended": len(to_end)}
