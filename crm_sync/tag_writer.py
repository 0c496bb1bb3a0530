"""Writes the asked tags to WeCom: each pair by one writer at a time, each pair once at a time.

The wish's row is the lock: a writer claims it with a lease (by the database's clock on
PostgreSQL), calls mark_tag outside any transaction and settles what is still its own. Marking
twice does no harm, so what is uncertain is simply tried again.
"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import anyio
from sqlalchemy import and_, bindparam, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.contacts import end_relation, land_contact
from crm_sync.models import Relation, TagWrite
from crm_sync.repository.keys import among
from crm_sync.repository.staff import unit_of_userids
from kit.db import Database, is_postgresql
from kit.ledger import Entry, append
from wecom import contacts, tags
from wecom.client import Caller
from wecom.errors import (
    Busy,
    Misconfigured,
    OutcomeUnknown,
    RelationGone,
    TokenExpired,
    Unreachable,
    WecomError,
)

CLAIM: Final = 100
PARALLEL: Final = 8
LEASE: Final = timedelta(minutes=10)
CALL_AT_MOST_S: Final = 60.0
LONGEST_WAIT: Final = timedelta(days=1)
_TAG_UNKNOWN: Final = 40068


@dataclass(slots=True)
class WriteReport:
    """What became of the claimed wishes. ``stale_tags``: WeCom knows a tag no longer, sync tags."""

    written: int = 0
    later: int = 0
    refused: int = 0
    gone: list[tuple[str, str]] = field(default_factory=list)
    stale_tags: bool = False
    codes: Counter[str] = field(default_factory=Counter)

    @property
    def claimed(self) -> int:
        """How many wishes this run took on."""
        return self.written + self.later + self.refused + len(self.gone)


@dataclass(frozen=True, slots=True)
class _Wish:
    userid: str
    external_userid: str
    add: tuple[str, ...]
    remove: tuple[str, ...]
    asked_at: datetime
    attempts: int
    lease: datetime

    @property
    def key(self) -> dict[str, Any]:
        return {"one": self.userid, "other": self.external_userid, "mine": self.lease}


async def write_tags(
    database: Database,
    wecom: Caller,
    at: datetime,
    *,
    limit: int = CLAIM,
    parallel: int = PARALLEL,
    lease: timedelta = LEASE,
) -> WriteReport:
    """Write up to ``limit`` wishes that are due. Run it again while ``claimed`` equals ``limit``.

    A pair whose relation is gone is read anew from WeCom. Raises Misconfigured or TokenExpired,
    after settling what was done, because repeating would not help.
    """
    began = time.monotonic()
    async with database.transaction() as session:
        wishes = await _claim(session, at, limit, lease)
    answers: dict[tuple[str, str], WecomError | None] = {}
    free = anyio.Semaphore(parallel)

    async def mark(wish: _Wish) -> None:
        async with free:
            if time.monotonic() - began > lease.total_seconds() - CALL_AT_MOST_S:
                return  # the lease may end before the answer: another writer may take it
            try:
                await tags.mark(
                    wecom, wish.userid, wish.external_userid, add=wish.add, remove=wish.remove
                )
                answers[wish.userid, wish.external_userid] = None
            except WecomError as error:
                answers[wish.userid, wish.external_userid] = error

    async with anyio.create_task_group() as group:
        for wish in wishes:
            group.start_soon(mark, wish)
    report = WriteReport()
    async with database.transaction() as session:
        await _settle(session, wishes, answers, at, report)
    for userid, external_userid in report.gone:
        await _refresh(database, wecom, userid, external_userid, at)
    for error in answers.values():
        if isinstance(error, Misconfigured | TokenExpired):
            raise error
    return report


async def _claim(session: AsyncSession, at: datetime, limit: int, lease: timedelta) -> list[_Wish]:
    # On PostgreSQL leases follow the one clock all writers share; SQLite has one writing process.
    now = at
    if is_postgresql(session):
        now = (await session.execute(select(func.now()))).scalar_one()
    query = (
        select(
            col(TagWrite.userid),
            col(TagWrite.external_userid),
            col(TagWrite.add_tags),
            col(TagWrite.remove_tags),
            col(TagWrite.asked_at),
            col(TagWrite.attempts),
        )
        .where(
            col(TagWrite.due_at) <= at,
            or_(col(TagWrite.leased_until).is_(None), col(TagWrite.leased_until) <= now),
        )
        .order_by(col(TagWrite.due_at), col(TagWrite.userid), col(TagWrite.external_userid))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    until = now + lease
    rows = (await session.execute(query)).all()
    await _each(
        session,
        update(_TABLE).where(_PAIR).values(leased_until=bindparam("until")),
        [{"one": row.userid, "other": row.external_userid, "until": until} for row in rows],
    )
    return [
        _Wish(
            row.userid,
            row.external_userid,
            tuple(row.add_tags),
            tuple(row.remove_tags),
            row.asked_at,
            row.attempts,
            until,
        )
        for row in rows
    ]


_TABLE: Final = TagWrite.__table__  # type: ignore[attr-defined]
_PAIR: Final = and_(
    _TABLE.c.userid == bindparam("one"), _TABLE.c.external_userid == bindparam("other")
)
_MINE: Final = and_(_PAIR, _TABLE.c.leased_until == bindparam("mine"))


async def _settle(
    session: AsyncSession,
    wishes: Sequence[_Wish],
    answers: dict[tuple[str, str], WecomError | None],
    at: datetime,
    report: WriteReport,
) -> None:
    written: list[_Wish] = []
    postponed: list[dict[str, Any]] = []
    gone: list[_Wish] = []
    for wish in wishes:
        pair = (wish.userid, wish.external_userid)
        if pair not in answers:
            postponed.append(_postponed(wish, at, "", wish.attempts))
            report.later += 1
            continue
        error = answers[pair]
        if error is None:
            written.append(wish)
            report.written += 1
        elif isinstance(error, RelationGone):
            gone.append(wish)
            report.gone.append(pair)
        else:
            report.codes[error.code] += 1
            patient = isinstance(error, Busy | Unreachable | OutcomeUnknown)
            report.later += patient
            report.refused += not patient
            report.stale_tags = report.stale_tags or error.errcode == _TAG_UNKNOWN
            due_at = at + _wait(error, wish.attempts, patient)
            postponed.append(_postponed(wish, due_at, _brief(error), wish.attempts + 1))
    await _note_written(session, written, at)
    finished = [wish.key | {"asked": wish.asked_at} for wish in (*written, *gone)]
    as_asked = and_(_MINE, _TABLE.c.asked_at == bindparam("asked"))
    await _each(session, delete(_TABLE).where(as_asked), finished)
    # What was asked anew meanwhile stays, free for the next writer.
    released = update(_TABLE).where(_MINE).values(leased_until=None)
    await _each(session, released, [wish.key for wish in (*written, *gone)])
    later = (
        update(_TABLE)
        .where(_MINE)
        .values(
            leased_until=None,
            due_at=bindparam("due"),
            attempts=bindparam("tries"),
            last_error=bindparam("error"),
        )
    )
    await _each(session, later, postponed)


async def _note_written(session: AsyncSession, written: Sequence[_Wish], at: datetime) -> None:
    """Our own picture of the pair's tags, and the entry: WeCom sends no event for what we do."""
    if not written:
        return
    query = (
        select(col(Relation.userid), col(Relation.external_userid), col(Relation.tag_ids))
        .where(
            among(session, col(Relation.external_userid), {one.external_userid for one in written})
        )
        .order_by(col(Relation.external_userid), col(Relation.userid))
        .with_for_update()
    )
    present = {
        (row.userid, row.external_userid): set(row.tag_ids) for row in await session.execute(query)
    }
    table = Relation.__table__  # type: ignore[attr-defined]
    rows = [
        {
            "one": wish.userid,
            "other": wish.external_userid,
            "now": sorted((present[pair] | set(wish.add)) - set(wish.remove)),
        }
        for wish in written
        if (pair := (wish.userid, wish.external_userid)) in present
    ]
    await _each(
        session,
        update(table)
        .where(table.c.userid == bindparam("one"), table.c.external_userid == bindparam("other"))
        .values(tag_ids=bindparam("now")),
        rows,
    )
    units = await unit_of_userids(session, {wish.userid for wish in written})
    entries = [
        Entry(
            kind="persona",
            act="tags.marked",
            actor="system:tags",
            object=f"contact:{wish.external_userid}",
            unit=units.get(wish.userid, "hq"),
            payload={"userid": wish.userid, "added": wish.add, "removed": wish.remove},
        )
        for wish in written
    ]
    await append(session, entries, at=at)


async def _refresh(
    database: Database, wecom: Caller, userid: str, external_userid: str, at: datetime
) -> None:
    """Read the contact anew; where WeCom knows it no longer, the relation has ended."""
    try:
        detail = await contacts.get(wecom, external_userid)
    except RelationGone:
        async with database.transaction() as session:
            await end_relation(session, userid, external_userid, "reconcile", at)
        return
    async with database.transaction() as session:
        await land_contact(session, detail, at)


async def _each(session: AsyncSession, statement: Any, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        await (await session.connection()).execute(statement, list(rows))


def _postponed(wish: _Wish, due_at: datetime, error: str, attempts: int) -> dict[str, Any]:
    return wish.key | {"due": due_at, "error": error, "tries": attempts}


def _wait(error: WecomError, attempts: int, patient: bool) -> timedelta:
    least = error.retry_after_s if isinstance(error, Busy) else 1.0
    growing = timedelta(seconds=max(least, 2.0 ** min(attempts, 12)))
    return growing if patient else min(timedelta(hours=1) * 2 ** min(attempts, 5), LONGEST_WAIT)


def _brief(error: WecomError) -> str:
    code = f"（{error.errcode}）" if error.errcode is not None else ""
    return f"{error.person}{code}"[:200]
