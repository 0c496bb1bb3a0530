"""An alert follows what the review desk decides about its message, so that no second list goes stale."""

from datetime import datetime
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from archive.alerts import NOTE, fact_of
from archive.digests import STREAM
from archive.facts import AlertFact
from archive.models import Alert, Finding
from kit import ledger
from kit.db import cipher_of
from kit.ledger import Entry, append

STOPPING: Final = ("block", "review")


async def hold(session: AsyncSession, msgid: str, *, at: datetime) -> None:
    """Lock the open alerts about a message, and the chain of their acts, ahead of its cases.

    Because whoever closes an alert, and the round that opens one, hold these before they come to
    the cases: a person who decides a case takes them in the same order, so none of them waits
    for another in a ring.
    """
    if await _open_about(session, msgid):
        await ledger.hold(session, [STREAM], at=at)


async def decided(
    session: AsyncSession,
    msgid: str,
    rule: str,
    *,
    upheld: bool,
    note: str,
    actor: str,
    at: datetime,
) -> list[AlertFact]:
    """A rule's finding in a message is upheld or dismissed; returns the alerts that this closes.

    An alert is closed when no stop of its messages waits any more: clear (无问题) where all were
    dismissed, else corrected (已整改). Who held it is not asked, because the matter is decided.
    """
    about = await _open_about(session, msgid)
    await session.execute(
        update(Finding)
        .where(col(Finding.msgid) == msgid, col(Finding.rule) == rule)
        .values(state="confirmed" if upheld else "dismissed")
        .execution_options(synchronize_session=False)
    )
    closed = []
    for alert in about:
        states = await _states(session, alert.key)
        if "open" in states:
            continue
        outcome = "corrected" if "confirmed" in states else "clear"
        alert.state, alert.outcome = "closed", outcome
        alert.closed_by, alert.closed_at = actor, at
        facts = {"outcome": outcome, "by": "review_desk"}
        closed.append(await _noted(session, alert, "alert.closed", note, facts, actor, at))
    return closed


async def escalated(
    session: AsyncSession, msgid: str, *, to: str, note: str, actor: str, at: datetime
) -> list[AlertFact]:
    """The message waits for the next level: so do its alerts. Returns those that moved."""
    moved = []
    for alert in await _open_about(session, msgid):
        if alert.state == "escalated" and alert.escalated_to == to:
            continue
        alert.state, alert.escalated_to, alert.escalated_at = "escalated", to, at
        facts = {"to": to, "by": "review_desk"}
        moved.append(await _noted(session, alert, "alert.escalated", note, facts, actor, at))
    return moved


async def messages_of(session: AsyncSession, alert_key: str) -> list[str]:
    """The messages that an alert gathers and that a rule stopped."""
    query = select(col(Finding.msgid)).where(
        col(Finding.alert_key) == alert_key, col(Finding.severity).in_(STOPPING)
    )
    return sorted(set((await session.execute(query)).scalars()))


async def _open_about(session: AsyncSession, msgid: str) -> list[Alert]:
    keys = select(col(Finding.alert_key)).where(
        col(Finding.msgid) == msgid, col(Finding.alert_key).is_not(None)
    )
    query = (
        select(Alert)
        .where(col(Alert.key).in_(keys), col(Alert.state) != "closed")
        .order_by(col(Alert.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list((await session.execute(query)).scalars())


async def _states(session: AsyncSession, alert_key: str) -> set[str]:
    query = (
        select(col(Finding.state), func.count())
        .where(col(Finding.alert_key) == alert_key, col(Finding.severity).in_(STOPPING))
        .group_by(col(Finding.state))
    )
    return {state for state, _ in await session.execute(query)}


async def _noted(
    session: AsyncSession,
    alert: Alert,
    act: str,
    note: str,
    facts: dict[str, str],
    actor: str,
    at: datetime,
) -> AlertFact:
    alert.note = cipher_of(session).seal(NOTE, alert.key, note)
    await session.flush()
    entry = Entry(
        kind="chat",
        act=act,
        actor=actor,
        object=f"message:{alert.msgid}",
        payload={"alert": alert.key, **facts},
    )
    await append(session, [entry], at=at)
    return fact_of(session, alert)
