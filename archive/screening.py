"""Screens stored messages page by page: findings, alerts, and what customers ask of us.

A second step over stored rows, so that it repeats without harm and a new rulebook can be run
over the past. A finding is keyed by message, rule and rulebook.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from archive.digests import STORED, STREAM
from archive.facts import CustomerSignal, SignalKind, StoppedTalk
from archive.judging import Judged, Screens, judged
from archive.models import ArchiveCursor, ArchivedMessage, Finding
from archive.raising import Opening, raise_alerts
from archive.repository import locked_cursor
from archive.rules import AlertPolicy, Spotted, Urgency, signals, thread_of, urgency
from archive.wording import text_hash
from compliance.screening.splits import SplitPolicy
from kit.db import cipher_of
from kit.ledger.models import LedgerEntry

SCREENING: Final = "screening:"


@dataclass(frozen=True, slots=True)
class Screened:
    """What one step did. ``page`` is the page screened, 0 where nothing was left.

    ``signals`` want acting upon by the caller, and ``stops`` looking at by a person, in this
    same transaction.
    """

    page: int
    messages: int
    findings: int
    alerts: int
    signals: tuple[CustomerSignal, ...]
    stops: tuple[StoppedTalk, ...] = ()


async def screen_next(
    session: AsyncSession,
    screener: Screens,
    *,
    at: datetime,
    policy: AlertPolicy | None = None,
    splits: SplitPolicy | None = None,
) -> Screened:
    """Screen the next page in the caller's transaction; the cursor moves in the same one.

    A rulebook that is new starts where the last one stood (``rescreen`` goes back). Besides each
    message, what one sender said in the last few messages (``splits``: three within ten minutes)
    is read together, because words are split to pass; a message that arrives late opens no
    windows behind it.
    """
    splits = splits or SplitPolicy()
    rulebook = _version(screener)
    cursor = await _cursor(session, rulebook)
    page = await _next_page(session, cursor.position)
    if page is None:
        return Screened(0, 0, 0, 0, ())
    rows = await _page_rows(session, page)
    before = await _earlier(session, rows, page, splits)
    read = await asyncio.to_thread(judged, cipher_of(session), screener, rows, before, splits)
    findings, alerts, heard, stops = await _record(
        session, [one for one in read if one.spotted], rulebook, at, policy or AlertPolicy()
    )
    cursor.position = page
    cursor.moved_at = at
    await session.flush()
    return Screened(page, len(rows), findings, alerts, heard, stops)


async def rescreen(session: AsyncSession, screener: Screens, *, from_page: int = 1) -> None:
    """Let the screener's rulebook begin again at ``from_page``; known findings stay as they are."""
    (await _cursor(session, _version(screener))).position = from_page - 1
    await session.flush()


def _version(screener: Screens) -> str:
    return screener.screen("", speaker="manager").rulebook


async def _cursor(session: AsyncSession, rulebook: str) -> ArchiveCursor:
    furthest = select(func.max(col(ArchiveCursor.position))).where(
        col(ArchiveCursor.name).startswith(SCREENING)
    )
    start = (await session.execute(furthest)).scalar_one() or 0
    cursor = await locked_cursor(session, f"{SCREENING}{rulebook}")
    if cursor.first == 0:
        cursor.first = 1
        cursor.position = start
    return cursor


async def _next_page(session: AsyncSession, after: int) -> int | None:
    query = select(func.min(col(LedgerEntry.seq))).where(
        col(LedgerEntry.stream) == STREAM,
        col(LedgerEntry.act) == STORED,
        col(LedgerEntry.seq) > after,
    )
    return (await session.execute(query)).scalar_one()


async def _page_rows(session: AsyncSession, page: int) -> Sequence[ArchivedMessage]:
    query = (
        select(ArchivedMessage)
        .where(col(ArchivedMessage.page) == page)
        .order_by(col(ArchivedMessage.sent_at), col(ArchivedMessage.seq))
    )
    return (await session.execute(query)).scalars().all()


async def _earlier(
    session: AsyncSession, rows: Sequence[ArchivedMessage], page: int, splits: SplitPolicy
) -> Sequence[ArchivedMessage]:
    """What the page's senders said in its talks shortly before, in earlier pages."""
    if not rows:
        return ()
    query = select(ArchivedMessage).where(
        col(ArchivedMessage.talk).in_(sorted({row.talk for row in rows})),
        col(ArchivedMessage.from_id).in_(sorted({row.from_id for row in rows})),
        col(ArchivedMessage.sent_at).between(rows[0].sent_at - splits.within, rows[-1].sent_at),
        col(ArchivedMessage.page) < page,
    )
    return (await session.execute(query)).scalars().all()


async def _record(
    session: AsyncSession, hit: Sequence[Judged], rulebook: str, at: datetime, policy: AlertPolicy
) -> tuple[int, int, tuple[CustomerSignal, ...], tuple[StoppedTalk, ...]]:
    """Write findings that are new and the alerts they call for; returns counts and signals.

    A message that any rulebook found something in before opens no second alert, and a rule that
    was heard before signals nothing again: what a customer asked for may have changed since.
    """
    known = await _known(session, [one.row.msgid for one in hit])
    openings: dict[str, Opening] = {}
    for one in hit:
        wanted = urgency(one.speaker, one.spotted, external=one.row.external)
        if wanted is not None and not known[one.row.msgid]:
            openings[one.row.msgid] = _opening(one, wanted, policy, at)
    alerts, keys = await raise_alerts(session, [*openings.values()], rulebook=rulebook, at=at)
    findings: list[dict[str, Any]] = []
    heard: list[CustomerSignal] = []
    stops: list[StoppedTalk] = []
    for one in hit:
        before = known[one.row.msgid]
        opening = openings.get(one.row.msgid)
        key = None if opening is None else keys[opening.thread]
        new = [spot for spot in one.spotted if (spot.rule, rulebook) not in before]
        findings += [_finding(one, spot, rulebook, key, at) for spot in new]
        stops += _stops(one, new, rulebook)
        if one.speaker == "customer":
            rules = {rule for rule, _ in before}
            fresh = [spot for spot in new if spot.rule not in rules]
            heard += [_signal(session, one, kind, rule) for kind, rule in signals(fresh)]
    if findings:
        await session.execute(insert(Finding), findings)
    return len(findings), alerts, tuple(heard), tuple(stops)


def _stops(one: Judged, new: Sequence[Spotted], rulebook: str) -> list[StoppedTalk]:
    """What a person reviews of a message: violations alone, not a customer's own wishes."""
    wanted = urgency(one.speaker, one.spotted, external=one.row.external)
    if wanted is None or wanted.kind != "violation":
        return []
    return [
        StoppedTalk(
            one.row.msgid,
            spot.rule,
            spot.family,
            spot.severity,
            rulebook,
            one.speaker,
            one.message.text,
            spot.spans,
            one.userid,
            one.external_userid,
        )
        for spot in new
        if spot.severity != "warn"
    ]


async def _known(session: AsyncSession, msgids: Sequence[str]) -> dict[str, set[tuple[str, str]]]:
    query = select(col(Finding.msgid), col(Finding.rule), col(Finding.rulebook)).where(
        col(Finding.msgid).in_(list(msgids))
    )
    known: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for msgid, rule, rulebook in await session.execute(query):
        known[msgid].add((rule, rulebook))
    return known


def _finding(
    one: Judged, spot: Spotted, rulebook: str, key: str | None, at: datetime
) -> dict[str, Any]:
    return {
        "msgid": one.row.msgid,
        "rule": spot.rule,
        "rulebook": rulebook,
        "seq": one.row.seq,
        "sent_at": one.row.sent_at,
        "speaker": one.speaker,
        "family": spot.family,
        "severity": spot.severity,
        "spans": [list(span) for span in spot.spans],
        "window": list(spot.window),
        "alert_key": key,
        "state": "open",
        "found_at": at,
    }


def _opening(one: Judged, wanted: Urgency, policy: AlertPolicy, at: datetime) -> Opening:
    row = one.row
    return Opening(
        thread=thread_of(one.speaker, wanted.kind, row.msgid, row.from_id, row.sent_at),
        kind=wanted.kind,
        severity=wanted.severity,
        msgid=row.msgid,
        seq=row.seq,
        sent_at=row.sent_at,
        userid=one.userid,
        external_userid=one.external_userid,
        room_id=row.room_id,
        rules=tuple(sorted({spot.rule for spot in one.spotted})),
        due_at=policy.due(wanted.severity, at),
    )


def _signal(session: AsyncSession, one: Judged, kind: SignalKind, rule: str) -> CustomerSignal:
    return CustomerSignal(
        external_userid=one.row.from_id,
        kind=kind,
        msgid=one.row.msgid,
        text_hash=one.row.text_hash or text_hash(cipher_of(session), one.message.text),
        at=one.row.sent_at,
        userid=one.userid,
        room_id=one.row.room_id,
        rule=rule,
    )
