"""What became of calls without a trustworthy answer: WeCom is asked, else a person is.

A broadcast or a moment that may have arrived is looked for in WeCom's own list, a text message or
a telephone call at its gateway. Found: it is adopted. Not found after the list had time to show it: it never arrived,
and only then may it be made again. What stays in doubt is shown to a person until it is found out.
Nothing is resent while there is doubt, but what its taker drops when it comes twice.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from delivery import broadcast_lookup, dialled, doubt
from delivery.broadcast_lookup import SETTLES_AFTER, record
from delivery.dialling import PHONE
from delivery.dispatcher import MOST_ATTEMPTS
from delivery.facts import BROADCAST, MOMENT, STAFF_CARD
from delivery.models import OutboxState
from delivery.moments import lookup as moments
from delivery.phrasing import Calls, Texts, text_done
from delivery.repository import outbox
from delivery.repository.outbox import Claim
from delivery.text_messages import SMS
from kit import log
from kit.db import Database
from wecom import messages
from wecom.client import Caller
from wecom.errors import WecomError

Ended = Callable[..., Awaitable[None]]
"""Writes what follows for the contact: session, claim, state, ``at``."""
_CAUSE: Final = {True: "the gateway has it", False: "not at the gateway"}
_DROPPED_WITHIN: Final = timedelta(seconds=messages.MAX_DUPLICATE_CHECK_S) - timedelta(minutes=10)
"""So long after it was first queued, a staff card that comes again is dropped by WeCom itself."""

_log = log.get(__name__)


async def resolve_unknown(
    database: Database,
    wecom: Caller,
    clock: Callable[[], datetime],
    texts: Texts | None = None,
    calls: Calls | None = None,
) -> dict[str, int]:
    """Look up every unknown call; returns how many were found, absent, or still in doubt.

    ``texts``, ``calls``: what text messages and telephone calls go by; without it their end is
    shown to a person.
    """
    async with database.transaction() as session:
        doubtful = await outbox.abandoned(session, clock())
    counts = {"found": 0, "absent": 0, "waiting": 0, "shown": 0}
    for claim in doubtful:
        counts[await _look_up(database, wecom, claim, clock, texts, calls)] += 1
    return counts


async def _look_up(
    database: Database,
    wecom: Caller,
    claim: Claim,
    clock: Callable[[], datetime],
    texts: Texts | None,
    calls: Calls | None,
) -> str:
    try:
        if claim.kind == BROADCAST:
            end = await broadcast_lookup.resolve(database, wecom, claim, clock)
        elif claim.kind == MOMENT:
            end = await _moment(database, wecom, claim, clock)
        elif claim.kind == SMS and texts is not None:
            taken = await texts.gateway.was_taken(str(claim.payload["todo_id"]))
            ended = partial(text_done, desk=texts.desk)
            end = await _at_gateway(database, claim, taken, ended, at=texts.clock(), again=True)
        elif claim.kind == PHONE and calls is not None:
            rang = await calls.dialler.what_became(str(claim.payload["call_id"]))
            end = await _at_gateway(
                database, claim, rang is not None, dialled.settled, at=calls.clock(), again=False
            )
        else:
            return await _nobody_to_ask(database, claim, clock())
    except WecomError as error:
        _log.warning("delivery.lookup_failed", outbox_id=claim.id, cause=type(error).__name__)
        end = "waiting"
    if end == "waiting":
        async with database.transaction() as session:
            await doubt.show(session, claim, "没有收到明确答复，正在向对方核对", at=clock())
    return end


async def _moment(
    database: Database, wecom: Caller, claim: Claim, clock: Callable[[], datetime]
) -> str:
    async with database.reading() as session:
        claimed_at = await outbox.claimed_at(session, claim)
    return await moments.resolve(database, wecom, claim, claimed_at, clock)


async def _at_gateway(
    database: Database,
    claim: Claim,
    taken: bool,
    ended: Ended,
    *,
    at: datetime,
    again: bool,
) -> str:
    """A gateway of the bank knows our number for it. Not there: it never arrived.

    ``again``: then it goes again while it is in time; a call is not dialled behind anybody's back.
    """
    async with database.reading() as session:
        claimed_at = await outbox.claimed_at(session, claim)
    if not taken and at - claimed_at < SETTLES_AFTER:
        return "waiting"
    again = again and not taken and claim.expires_at > at
    state = OutboxState.SENT if taken else OutboxState.QUEUED if again else OutboxState.EXPIRED
    there = doubt.TAKERS[claim.kind]
    absent = "重新安排" if again else "不再发出"
    resolution = f"{there}有这一条" if taken else f"{there}没有这一条，{absent}"
    async with database.transaction() as session:
        if not await outbox.resolve(session, claim, state, at=at, cause=_CAUSE[taken]):
            return "waiting"
        if not again:
            await ended(session, claim, state, at=at)
        await doubt.settle(session, claim, resolution, at=at)
        await record(session, claim, f"{claim.kind}.found" if taken else f"{claim.kind}.absent", at)
    return "found" if taken else "absent"


async def _nobody_to_ask(database: Database, claim: Claim, at: datetime) -> str:
    """A staff card may come twice, because WeCom drops the second; the end of a welcome or of an
    old card is written down as uncertain and shown to a person."""
    again = (
        claim.kind == STAFF_CARD
        and claim.attempts < MOST_ATTEMPTS
        and at - claim.queued_at < _DROPPED_WITHIN
        and at < claim.expires_at
    )
    async with database.transaction() as session:
        state = OutboxState.QUEUED if again else OutboxState.FAILED
        cause = "WeCom drops a repetition" if again else "outcome unknown, shown to a person"
        if not await outbox.resolve(session, claim, state, at=at, cause=cause):
            return "waiting"
        if again:
            await doubt.settle(session, claim, "再发一次，重复的由企业微信丢弃", at=at)
            await record(session, claim, "staff_card.again", at)
            return "absent"
        await doubt.show(session, claim, "没有收到明确答复，已过可以查询的时间", at=at)
        await record(session, claim, f"{claim.kind}.uncertain", at)
    return "shown"
