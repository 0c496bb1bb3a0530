"""What WeCom's events say of handovers under way: refused, full, handed over, arrived."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.handover_policy import HandoverPolicy
from portfolio.handover import outcomes, rules, store
from portfolio.handover.facts import ASKED, CONTACT, TAKEN, UNKNOWN, WAITING, LineFact, Verdict
from portfolio.models.handovers import HandoverLine, HandoverRun


async def failed(
    session: AsyncSession,
    external_userid: str,
    taker: str,
    reason: str,
    at: datetime,
    policy: HandoverPolicy,
) -> bool:
    """transfer_fail (page 92130): the contact stays; whether a handover of ours was meant.

    Twice is once. A fail that no handover of ours explains is left to the caller.
    """
    verdict = rules.said_by_event(reason, at)
    return await _settle(session, external_userid, verdict, at, policy, taker=taker)


async def handed_over(
    session: AsyncSession, external_userid: str, giver: str, at: datetime, policy: HandoverPolicy
) -> bool:
    """The giver lost the contact by a transfer (DELETE_BY_TRANSFER): it is the taker's."""
    verdict = Verdict(TAKEN, settled_at=at)
    return await _settle(session, external_userid, verdict, at, policy, giver=giver)


async def arrived(
    session: AsyncSession, external_userid: str, taker: str, at: datetime, policy: HandoverPolicy
) -> bool:
    """The taker got the contact by assignment (add_way 202)."""
    verdict = Verdict(TAKEN, settled_at=at)
    return await _settle(session, external_userid, verdict, at, policy, taker=taker)


async def _settle(
    session: AsyncSession,
    external_userid: str,
    verdict: Verdict,
    at: datetime,
    policy: HandoverPolicy,
    *,
    giver: str | None = None,
    taker: str | None = None,
) -> bool:
    query = (
        select(*store.LINE)
        .join(HandoverRun, col(HandoverRun.id) == col(HandoverLine.run_id))
        .where(
            col(HandoverRun.state) == "running",
            col(HandoverLine.kind) == CONTACT,
            col(HandoverLine.item) == external_userid,
            col(HandoverLine.state).in_((ASKED, UNKNOWN, WAITING)),
        )
    )
    if giver is not None:
        query = query.where(col(HandoverRun.userid) == giver.lower())
    if taker is not None:
        query = query.where(col(HandoverLine.to_userid) == taker.lower())
    row = (await session.execute(query.order_by(col(HandoverLine.id)).limit(1))).one_or_none()
    if row is None:
        return False
    line = LineFact(*row)
    run = await store.locked(session, line.run_id)
    assert run is not None  # noqa: S101 — a run is never deleted
    await outcomes.apply(session, run, [line], {line.line_id: verdict}, at=at, policy=policy)
    return True
