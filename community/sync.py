"""Reads all customer groups from WeCom, page by page, and resumes where it stopped."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from community.facts import Landed, SyncReport
from community.landing import dismiss, land_group
from community.models import GroupSync
from community.repository import unseen_since
from kit.db import Database, insert_into
from kit.together import together
from wecom import groups as wecom_groups
from wecom.answers import Page
from wecom.client import Caller
from wecom.errors import Rejected, RelationGone
from wecom.groups import Group, GroupListed

GROUPS: Final = "groups"
OWNERS_A_CALL: Final = 100  # [92120]
_AT_ONCE: Final = 8
_UNSEEN_A_TRANSACTION: Final = 100
_COUNTS: Final = ("read", "created", "changed", "dismissed")


async def sync_groups(
    database: Database,
    client: Caller,
    owners: Sequence[str],
    *,
    at: datetime,
    unit_of: Mapping[str, str] | None = None,
    page_size: int = 100,
) -> SyncReport:
    """Read the groups of ``owners`` (userids), land each page and the position in one transaction.

    A run that was broken off goes on; a finished one starts anew. At the end every living group
    that the run did not see is read by itself, and dismissed where WeCom says so. Errors of WeCom
    pass through (Busy, Unreachable, …): what was landed stays. ``unit_of`` gives the unit of an
    owner.
    """
    units = {userid.lower(): unit for userid, unit in (unit_of or {}).items()}
    run = await _begin(database, at)
    started = run.started_at or at
    waiting = sorted({owner for owner in owners if owner > run.owners_after})
    for first in range(0, len(waiting), OWNERS_A_CALL):
        batch = waiting[first : first + OWNERS_A_CALL]
        land = partial(_land_page, database, client, batch, started, units)
        try:
            await _each_page(client, run.cursor, batch, page_size, land)
        except Rejected:
            if not run.cursor:
                raise
            # Because a cursor kept from a run that was broken off may have expired at WeCom.
            await _each_page(client, "", batch, page_size, land)
        run.cursor = ""
    return await _finish(database, client, started, at, units)


async def _each_page(
    client: Caller,
    cursor: str,
    owners: Sequence[str],
    limit: int,
    land: Callable[[Page[GroupListed]], Awaitable[None]],
) -> None:
    async for page in wecom_groups.pages(client, cursor, owners=owners, limit=limit):
        await land(page)


async def _begin(database: Database, at: datetime) -> GroupSync:
    async with database.transaction() as session:
        run = await _run(session)
        if run.started_at is None or run.finished_at is not None:
            run.started_at, run.finished_at = at, None
            run.owners_after, run.cursor = "", ""
            run.counts = dict.fromkeys(_COUNTS, 0)
        return run


async def _run(session: AsyncSession) -> GroupSync:
    await session.execute(
        insert_into(session, GroupSync)
        .values(name=GROUPS, owners_after="", cursor="", counts={})
        .on_conflict_do_nothing(index_elements=["name"])
    )
    query = select(GroupSync).where(col(GroupSync.name) == GROUPS).with_for_update()
    return (await session.execute(query.execution_options(populate_existing=True))).scalar_one()


async def read_through(session: AsyncSession) -> datetime | None:
    """When the last reading of every group ended; None where one is under way, or there was none."""
    query = select(col(GroupSync.finished_at)).where(col(GroupSync.name) == GROUPS)
    return (await session.execute(query)).scalar_one_or_none()


async def _land_page(
    database: Database,
    client: Caller,
    batch: Sequence[str],
    at: datetime,
    units: Mapping[str, str],
    page: Page[GroupListed],
) -> None:
    details = await _read(client, [one.chat_id for one in page.items])
    status = {one.chat_id: one.status for one in page.items}
    async with database.transaction() as session:
        run = await _run(session)
        _count(run, await _land(session, details, at, units, status))
        run.cursor = page.next_cursor
        if not page.next_cursor:
            run.owners_after = batch[-1]


async def _finish(
    database: Database,
    client: Caller,
    started: datetime,
    at: datetime,
    units: Mapping[str, str],
) -> SyncReport:
    async with database.reading() as session:
        unseen = await unseen_since(session, started)
    for first in range(0, len(unseen), _UNSEEN_A_TRANSACTION):
        some = unseen[first : first + _UNSEEN_A_TRANSACTION]
        details = await _read(client, some)
        async with database.transaction() as session:
            _count(await _run(session), await _land(session, details, at, units, {}))
    async with database.transaction() as session:
        run = await _run(session)
        run.finished_at = at
        return SyncReport(**run.counts, finished=True)


def _count(run: GroupSync, counts: Mapping[str, int]) -> None:
    run.counts = {name: run.counts.get(name, 0) + counts[name] for name in _COUNTS}


async def _land(
    session: AsyncSession,
    details: Mapping[str, Group | None],
    at: datetime,
    units: Mapping[str, str],
    status: Mapping[str, int],
) -> dict[str, int]:
    counts = dict.fromkeys(_COUNTS, 0)
    for chat_id, detail in details.items():
        counts["read"] += 1
        if detail is None:
            counts["dismissed"] += await dismiss(session, chat_id, at)
            continue
        landed: Landed = await land_group(
            session,
            detail,
            at,
            unit_id=units.get(detail.owner.lower()),
            status=status.get(chat_id, 0),
        )
        counts["created"] += landed.created
        counts["changed"] += not (landed.nothing or landed.created)
    return counts


async def _read(client: Caller, chat_ids: Sequence[str]) -> dict[str, Group | None]:
    """Read groups a few at a time; None for one that was dismissed (49008)."""
    turn = asyncio.Semaphore(_AT_ONCE)

    async def read(chat_id: str) -> Group | None:
        async with turn:
            try:
                return await wecom_groups.get(client, chat_id)
            except RelationGone:
                return None

    found = await together(read(chat_id) for chat_id in chat_ids)
    return dict(zip(chat_ids, found, strict=True))
