"""Alerts (预警): raised by screening; claimed, released, escalated and closed by people."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from archive.errors import AlertClosed, AlertTaken, AlertUnknown, FindingUpheld
from archive.facts import AlertFact, AlertState, Outcome, SearchScope
from archive.models import Alert, Finding
from kit.db import cipher_of
from kit.ledger import Entry, append

NOTE: Final = "archive_alert.note"


async def claim(
    session: AsyncSession, scope: SearchScope, alert_id: int, *, actor: str, at: datetime
) -> AlertFact:
    """Take an alert; taking it twice is one. Raises AlertTaken, AlertClosed, AlertUnknown."""
    alert = await _locked(session, scope, alert_id)
    if alert.state == "claimed" and alert.claimed_by == actor:
        return fact_of(session, alert)
    if alert.state == "claimed":
        raise AlertTaken("这条预警已有人在处理", saw=alert.claimed_by, do="请对方放回后再领取")
    alert.state, alert.claimed_by, alert.claimed_at = "claimed", actor, at
    return await _done(session, alert, "alert.claimed", actor, at)


async def release(
    session: AsyncSession, scope: SearchScope, alert_id: int, *, actor: str, at: datetime
) -> AlertFact:
    """Put a claimed alert back for others. Raises AlertTaken when somebody else has it."""
    alert = await _mine(session, scope, alert_id, actor)
    alert.state, alert.claimed_by, alert.claimed_at = "new", "", None
    return await _done(session, alert, "alert.released", actor, at)


async def escalate(
    session: AsyncSession,
    scope: SearchScope,
    alert_id: int,
    *,
    to: str,
    note: str,
    actor: str,
    at: datetime,
) -> AlertFact:
    """Hand a claimed alert up to ``to``, who may claim it in turn."""
    alert = await _mine(session, scope, alert_id, actor)
    alert.state, alert.escalated_to, alert.escalated_at = "escalated", to, at
    return await _done(session, alert, "alert.escalated", actor, at, note=note, to=to)


async def close(
    session: AsyncSession,
    scope: SearchScope,
    alert_id: int,
    *,
    outcome: Outcome,
    note: str,
    actor: str,
    at: datetime,
) -> AlertFact:
    """Close a claimed alert: clear (无问题), corrected (已整改) or reported (已上报).

    What is open of its findings becomes dismissed or confirmed with it; what the review desk
    decided stays decided. Raises FindingUpheld for clear where the desk upheld one of them.
    """
    alert = await _mine(session, scope, alert_id, actor)
    if outcome == "clear":
        await _demand_clear(session, alert)
    alert.state, alert.outcome, alert.closed_by, alert.closed_at = "closed", outcome, actor, at
    await session.execute(
        update(Finding)
        .where(col(Finding.alert_key) == alert.key, col(Finding.state) == "open")
        .values(state="dismissed" if outcome == "clear" else "confirmed")
    )
    return await _done(session, alert, "alert.closed", actor, at, note=note, outcome=outcome)


async def listed(
    session: AsyncSession,
    scope: SearchScope,
    *,
    states: Sequence[AlertState] = ("new", "claimed", "escalated"),
    limit: int = 50,
    after: tuple[datetime, int] | None = None,
) -> list[AlertFact]:
    """Alerts in sight by due time, after the keyset ``(due_at, id)``."""
    query = select(Alert).where(col(Alert.state).in_(list(states)), *in_sight(scope))
    if after is not None:
        due_at, alert_id = after
        due, number = col(Alert.due_at), col(Alert.id)
        query = query.where(or_(due > due_at, (due == due_at) & (number > alert_id)))
    query = query.order_by(col(Alert.due_at), col(Alert.id)).limit(limit)
    return [fact_of(session, alert) for alert in (await session.execute(query)).scalars()]


async def one(session: AsyncSession, scope: SearchScope, alert_id: int) -> AlertFact:
    """One alert; AlertUnknown where it does not exist or is out of sight."""
    query = select(Alert).where(col(Alert.id) == alert_id, *in_sight(scope))
    found = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise _unknown(alert_id)
    return fact_of(session, found)


def in_sight(scope: SearchScope) -> list[Any]:
    """The conditions on alerts under which a viewer may know of one."""
    if scope.userids is None:
        return []
    return [
        or_(
            col(Alert.userid).in_(sorted(scope.userids)),
            col(Alert.room_id).in_(sorted(scope.groups)),
        )
    ]


def _unknown(alert_id: int) -> AlertUnknown:
    return AlertUnknown("没有这条预警，或不在你的查看范围内", alert=alert_id)


async def _locked(session: AsyncSession, scope: SearchScope, alert_id: int) -> Alert:
    query = select(Alert).where(col(Alert.id) == alert_id, *in_sight(scope)).with_for_update()
    fresh = query.execution_options(populate_existing=True)
    alert = (await session.execute(fresh)).scalar_one_or_none()
    if alert is None:
        raise _unknown(alert_id)
    if alert.state == "closed":
        raise AlertClosed("这条预警已经办结", saw=alert.closed_by, do="有新情况请另开预警")
    return alert


async def _mine(session: AsyncSession, scope: SearchScope, alert_id: int, actor: str) -> Alert:
    alert = await _locked(session, scope, alert_id)
    if alert.state != "claimed" or alert.claimed_by != actor:
        raise AlertTaken(
            "这条预警不在你手上", saw=alert.claimed_by or "未领取", do="先领取，再处理"
        )
    return alert


async def _demand_clear(session: AsyncSession, alert: Alert) -> None:
    upheld = select(col(Finding.rule)).where(
        col(Finding.alert_key) == alert.key, col(Finding.state) == "confirmed"
    )
    rules = sorted(set((await session.execute(upheld)).scalars()))
    if rules:
        raise FindingUpheld(
            "复核台已经认定这条预警里有违规，不能按“无问题”办结",
            saw="、".join(rules)[:200],
            do="选“已整改”或“已上报”",
        )


async def _done(
    session: AsyncSession, alert: Alert, act: str, actor: str, at: datetime, **facts: str
) -> AlertFact:
    if facts.get("note"):
        alert.note = cipher_of(session).seal(NOTE, alert.key, facts["note"])
    await session.flush()
    await append(
        session,
        [
            Entry(
                kind="chat",
                act=act,
                actor=actor,
                object=f"message:{alert.msgid}",
                payload={"alert": alert.key, **facts},
            )
        ],
        at=at,
    )
    return fact_of(session, alert)


def fact_of(session: AsyncSession, alert: Alert) -> AlertFact:
    """The alert as pages show it, its note opened."""
    assert alert.id is not None  # noqa: S101 — a stored alert has a number
    return AlertFact(
        id=alert.id,
        key=alert.key,
        kind=alert.kind,
        severity=alert.severity,  # type: ignore[arg-type]
        state=alert.state,  # type: ignore[arg-type]
        msgid=alert.msgid,
        seq=alert.seq,
        sent_at=alert.sent_at,
        messages=alert.messages,
        userid=alert.userid,
        external_userid=alert.external_userid,
        room_id=alert.room_id,
        rules=tuple(alert.rules),
        rulebook=alert.rulebook,
        opened_at=alert.opened_at,
        due_at=alert.due_at,
        claimed_by=alert.claimed_by,
        claimed_at=alert.claimed_at,
        escalated_to=alert.escalated_to,
        closed_by=alert.closed_by,
        closed_at=alert.closed_at,
        outcome=alert.outcome,
        note=cipher_of(session).open_or_none(NOTE, alert.key, alert.note),
    )
