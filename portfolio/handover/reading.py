"""WeCom's results between a giver and a taker, read page by page with the cursor behind each.

A reading that broke off, or for which no call of the round was left, goes on where it stood. What
it found waits beside the lines until the whole list is read: of a contact that was handed on
before only the newest handover counts, and who is in no page was never handed on.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.repository.keys import UNTRACKED
from delivery.polling import BAD_CURSOR, Calls
from kit.db import Database, upsert
from portfolio.handover import store
from portfolio.handover.facts import CONTACT, RESIGNED, RunFact
from portfolio.models.handovers import HandoverLine, HandoverReading
from wecom import transfers
from wecom.answers import Page
from wecom.client import Caller
from wecom.errors import Rejected, RelationGone
from wecom.transfers import TransferState


@dataclass(frozen=True, slots=True)
class Found:
    """A list that was read to its end. ``began_at``: what was asked later may be missing in it."""

    began_at: datetime
    states: Mapping[str, TransferState]


@dataclass(frozen=True, slots=True)
class _Stand:
    """Where a reading stands."""

    began_at: datetime
    cursor: str


async def between(
    database: Database,
    wecom: Caller,
    run: RunFact,
    to_userid: str,
    clock: Callable[[], datetime],
    calls: Calls,
) -> Found | None:
    """The newest state of each contact between two members; None where no call was left for it.

    A cursor that WeCom knows no more begins the list anew. Errors of WeCom pass through; what was
    read before them is kept.
    """
    async with database.reading() as session:
        stand = await _stand(session, run.run_id, to_userid) or _Stand(clock(), "")
    try:
        last = await _pages(database, wecom, run, to_userid, stand, calls)
    except RelationGone:
        last = []  # the directory knows one of the two no more: nothing more was taken
    except Rejected as error:
        if error.errcode != BAD_CURSOR or not stand.cursor:
            raise
        async with database.transaction() as session:
            await forget(session, run.run_id, to_userid)
        stand = _Stand(clock(), "")
        last = await _pages(database, wecom, run, to_userid, stand, calls)
    if last is None:
        return None
    async with database.reading() as session:
        known = await _known(session, run.run_id, to_userid)
    return Found(stand.began_at, newest(known, last))


async def _pages(
    database: Database,
    wecom: Caller,
    run: RunFact,
    to_userid: str,
    stand: _Stand,
    calls: Calls,
) -> list[TransferState] | None:
    """What the last page says; the pages before it are kept. None where no call was left."""
    if not calls.take():
        return None
    left, page = run.kind == RESIGNED, None
    async for page in transfers.states(wecom, run.userid, to_userid, stand.cursor, left=left):
        if page.next_cursor:
            async with database.transaction() as session:
                await _keep(session, run.run_id, to_userid, stand.began_at, page)
            if not calls.take():
                return None
    return list(page.items) if page is not None else []


async def _keep(
    session: AsyncSession,
    run_id: int,
    to_userid: str,
    began_at: datetime,
    page: Page[TransferState],
) -> None:
    await store.locked(session, run_id)  # lines are written one process after the other
    known = await _known(session, run_id, to_userid)
    said = newest(known, page.items)
    rows = [
        {"contact": item, "status": one.status, "moment": one.takeover_at}
        for item, one in said.items()
        if known.get(item) != one
    ]
    if rows:
        table: Any = HandoverLine.__table__  # type: ignore[attr-defined]
        connection = await session.connection()
        await connection.execute(
            update(table)
            .where(
                table.c.run_id == run_id,
                table.c.kind == CONTACT,
                table.c.item == bindparam("contact"),
                table.c.to_userid == to_userid,
            )
            .values(read_status=bindparam("status"), read_takeover_at=bindparam("moment")),
            rows,
        )
    row = {
        "run_id": run_id, "to_userid": to_userid, "began_at": began_at, "cursor": page.next_cursor,
    }  # fmt: skip
    await upsert(
        session, HandoverReading, [row], key=["run_id", "to_userid"], update=["began_at", "cursor"]
    )


def newest(
    known: Mapping[str, TransferState], said: Iterable[TransferState]
) -> dict[str, TransferState]:
    """The newest handover of each contact, of what was known and what is said after it."""
    found = dict(known)
    for one in said:
        before = found.get(one.external_userid)
        if before is None or _later(one, before):
            found[one.external_userid] = one
    return found


def _later(one: TransferState, known: TransferState) -> bool:
    if one.status == transfers.WAITING or one.takeover_at is None:
        return True
    return known.takeover_at is not None and one.takeover_at >= known.takeover_at


async def _stand(session: AsyncSession, run_id: int, to_userid: str) -> _Stand | None:
    query = select(col(HandoverReading.began_at), col(HandoverReading.cursor)).where(
        col(HandoverReading.run_id) == run_id, col(HandoverReading.to_userid) == to_userid
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else _Stand(row[0], row[1])


async def _known(session: AsyncSession, run_id: int, to_userid: str) -> dict[str, TransferState]:
    """What the pages read so far say."""
    query = select(
        col(HandoverLine.item), col(HandoverLine.read_status), col(HandoverLine.read_takeover_at)
    ).where(
        col(HandoverLine.run_id) == run_id,
        col(HandoverLine.kind) == CONTACT,
        col(HandoverLine.to_userid) == to_userid,
        col(HandoverLine.read_status).is_not(None),
    )
    return {
        item: TransferState(item, status or 0, takeover_at)
        for item, status, takeover_at in await session.execute(query)
    }


async def forget(session: AsyncSession, run_id: int, to_userid: str) -> None:
    """The list was read to its end, or begins anew."""
    await session.execute(
        delete(HandoverReading).where(
            col(HandoverReading.run_id) == run_id, col(HandoverReading.to_userid) == to_userid
        ),
        execution_options=UNTRACKED,
    )
    await session.execute(
        update(HandoverLine)
        .where(
            col(HandoverLine.run_id) == run_id,
            col(HandoverLine.kind) == CONTACT,
            col(HandoverLine.to_userid) == to_userid,
            col(HandoverLine.read_status).is_not(None),
        )
        .values(read_status=None, read_takeover_at=None),
        execution_options=UNTRACKED,
    )


async def over(session: AsyncSession, run_id: int) -> None:
    """A handover is over: nothing of it is read any more."""
    await session.execute(
        delete(HandoverReading).where(col(HandoverReading.run_id) == run_id),
        execution_options=UNTRACKED,
    )
