"""Contacts and relations of all members, a hundred members a call, resumable to the page.

Where every page of a hundred members was read, relations of theirs that did not come have ended.
When suspiciously many would end at once, none does: that is shown to a person instead.
"""

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

import anyio
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.contacts import land_pairs
from crm_sync.models import Relation
from crm_sync.repository.keys import UNTRACKED, among
from crm_sync.repository.people import live
from crm_sync.repository.staff import unit_of_userids
from crm_sync.rules.relations import Landing
from crm_sync.sync.progress import Pause, Progress, patiently, pull
from kit.db import Database
from kit.ledger import Entry, append
from wecom import contacts
from wecom.answers import Page
from wecom.client import Caller
from wecom.contacts import ContactPage, FollowedContact
from wecom.errors import Misconfigured, Rejected, RelationGone

ACTOR: Final = "system:sync"
MEMBERS_A_CALL: Final = 100
MOST_ENDED_SHARE: Final = 0.2
MOST_ENDED_FEW: Final = 50
_FOREIGN_CURSOR: Final = 50100
_ALL_UNLICENSED: Final = 701008
_COUNTED: Final[Mapping[Landing, str]] = {
    Landing.NEW: "relations_new",
    Landing.ACCEPTED: "relations_changed",
    Landing.RESUMED: "relations_resumed",
    Landing.CHANGED: "relations_changed",
    Landing.SAME: "relations_same",
    Landing.STAYS_ENDED: "relations_left",
    Landing.STALE: "relations_newer_here",
}


async def sync_contacts(
    database: Database,
    wecom: Caller,
    progress: Progress,
    userids: Sequence[str],
    *,
    accept_drops: bool = False,
    pause: Pause = anyio.sleep,
) -> None:
    """Read the contacts of ``userids`` (lower-cased) from where ``progress`` stands.

    ``accept_drops``: a person has looked at what was withheld and says that it is true.

    Counts in ``progress.counts``: contacts_new, contacts_changed, relations_*, ended, withheld,
    unlicensed. WeCom's refusals end the run; it resumes where it stopped.
    """
    done, batch_id, cursor = _parse(progress.position)
    waiting = sorted(userid for userid in userids if userid > done)
    for start in range(0, len(waiting), MEMBERS_A_CALL):
        batch = waiting[start : start + MEMBERS_A_CALL]
        if batch_id != _id_of(batch):
            cursor = ""
        await _sync_batch(database, wecom, progress, done, batch, cursor, accept_drops, pause)
        done, cursor = batch[-1], ""


async def _sync_batch(
    database: Database,
    wecom: Caller,
    progress: Progress,
    done: str,
    batch: Sequence[str],
    cursor: str,
    accept_drops: bool,
    pause: Pause,
) -> None:
    unlicensed: set[str] = set()
    read = partial(contacts.of_members, wecom, batch)

    async def noting(
        pages: AsyncIterator[Page[FollowedContact]],
    ) -> AsyncIterator[Page[FollowedContact]]:
        async for page in pages:
            if isinstance(page, ContactPage):
                unlicensed.update(userid.lower() for userid in page.unlicensed)
            yield page

    def position_of(page: Page[FollowedContact]) -> str:
        return f"{done}\x1f{_id_of(batch)}\x1f{page.next_cursor}"

    async def land(session: AsyncSession, items: Sequence[FollowedContact]) -> Mapping[str, int]:
        return await _land(session, items, progress.started_at)

    try:
        pages = noting(patiently(read, cursor, pause=pause))
        await pull(database, progress, pages, land, position_of)
    except RelationGone:
        pass  # 84061: none of these members has a contact
    except Misconfigured as error:
        if error.errcode != _ALL_UNLICENSED:
            raise
        unlicensed.update(batch)
    except Rejected as error:
        if error.errcode != _FOREIGN_CURSOR or not cursor:
            raise
        await _sync_batch(database, wecom, progress, done, batch, "", accept_drops, pause)
        return
    async with database.transaction() as session:
        counts = Counter(progress.counts)
        counts["unlicensed"] += len(unlicensed)
        read_whole = [userid for userid in batch if userid not in unlicensed]
        swept = await _sweep(session, read_whole, progress.started_at, accept_drops)
        counts.update(swept)
        whole = Progress(progress.name, progress.started_at, f"{batch[-1]}\x1f\x1f", counts)
        await whole.save(session)
    progress.counts, progress.position = counts, whole.position


async def _land(
    session: AsyncSession, items: Sequence[FollowedContact], at: datetime
) -> Mapping[str, int]:
    batch = await land_pairs(session, items, at, actor=ACTOR)
    counts = Counter(_COUNTED[how] for how in batch.landed.values())
    counts["contacts_new"] += batch.contacts_new
    counts["contacts_changed"] += batch.contacts_changed
    counts["tags_differ"] += batch.tags_differ
    return counts


async def _sweep(
    session: AsyncSession, userids: Sequence[str], at: datetime, accept_drops: bool
) -> Mapping[str, int]:
    """End what these members no longer have; withhold it where it looks like a fault of WeCom's."""
    if not userids:
        return {}
    mine = among(session, col(Relation.userid), userids)
    unread = (
        (col(Relation.synced_at).is_(None) | (col(Relation.synced_at) < at))
        & (col(Relation.added_at).is_(None) | (col(Relation.added_at) <= at))
    )  # fmt: skip
    counted = select(func.count()).select_from(Relation).where(mine, live())
    to_end = int((await session.execute(counted.where(unread))).scalar_one())
    standing = int((await session.execute(counted)).scalar_one())
    if to_end == 0:
        return {}
    if not accept_drops and to_end > max(MOST_ENDED_FEW, standing * MOST_ENDED_SHARE):
        return {"withheld": to_end}
    ended = (
        await session.execute(
            update(Relation)
            .where(mine, live(), unread)
            .values(ended_at=at, ended_by="reconcile")
            .returning(col(Relation.userid), col(Relation.external_userid)),
            execution_options=UNTRACKED,
        )
    ).all()
    units = await unit_of_userids(session, {row.userid for row in ended})
    await append(
        session,
        [
            Entry(
                kind="contact",
                act="relation.ended",
                actor=ACTOR,
                object=f"contact:{row.external_userid}",
                unit=units.get(row.userid, "hq"),
                payload={"userid": row.userid, "by": "reconcile"},
            )
            for row in ended
        ],
        at=at,
    )
    return {"ended": len(ended)}


def _parse(position: str) -> tuple[str, str, str]:
    done, _, rest = position.partition("\x1f")
    batch_id, _, cursor = rest.partition("\x1f")
    return done, batch_id, cursor


def _id_of(batch: Sequence[str]) -> str:
    """A cursor belongs to the list of members it was given for: another list starts anew."""
    return hashlib.sha256("\n".join(batch).encode()).hexdigest()[:12]
