"""Lists of alerts for people at a desk: one set of conditions, a page and a count."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from archive.alerts import fact_of, in_sight
from archive.content import described, opened, rows_of
from archive.facts import AlertFact, AlertSeverity, AlertState, FoundMessage, SearchScope
from archive.models import Alert, Finding
from kit.db import cipher_of

OPEN: tuple[AlertState, ...] = ("new", "claimed", "escalated")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which alerts; every field narrows. ``late_at``: open, and due before that moment."""

    states: tuple[AlertState, ...] = OPEN
    severity: AlertSeverity | None = None
    held_by: str | None = None
    late_at: datetime | None = None
    closed_since: datetime | None = None
    room_id: str | None = None
    external_userid: str | None = None
    msgid: str | None = None


@dataclass(frozen=True, slots=True)
class RuleCount:
    """A rule and how many messages broke it."""

    rule: str
    messages: int


async def count(session: AsyncSession, scope: SearchScope, wanted: Wanted) -> int:
    """How many alerts in sight match."""
    query = select(func.count()).select_from(Alert).where(*_conditions(scope, wanted))
    return int((await session.execute(query)).scalar_one())


async def page(
    session: AsyncSession,
    scope: SearchScope,
    wanted: Wanted,
    *,
    limit: int = 50,
    after: tuple[datetime, int] | None = None,
) -> list[AlertFact]:
    """Alerts in sight by due time, after the keyset ``(due_at, id)``."""
    query = select(Alert).where(*_conditions(scope, wanted))
    if after is not None:
        due, number = col(Alert.due_at), col(Alert.id)
        query = query.where(or_(due > after[0], (due == after[0]) & (number > after[1])))
    query = query.order_by(col(Alert.due_at), col(Alert.id)).limit(limit)
    return [fact_of(session, alert) for alert in (await session.execute(query)).scalars()]


async def messages(session: AsyncSession, alerts: Sequence[AlertFact]) -> dict[int, FoundMessage]:
    """The message each alert is about, opened, by alert id; alerts come from ``page`` or ``one``."""
    rows = await rows_of(session, [alert.seq for alert in alerts])
    cipher = cipher_of(session)
    found = await described(session, [(row, opened(cipher, row), ()) for row in rows.values()])
    by_seq = {message.seq: message for message in found}
    return {alert.id: by_seq[alert.seq] for alert in alerts if alert.seq in by_seq}


async def rules_broken(
    session: AsyncSession, *, since: datetime, rule: str | None = None
) -> list[RuleCount]:
    """How many messages broke each rule since a moment, the most frequent first."""
    query = (
        select(col(Finding.rule), func.count(func.distinct(col(Finding.msgid))))
        .where(col(Finding.sent_at) >= since)
        .group_by(col(Finding.rule))
        .order_by(func.count(func.distinct(col(Finding.msgid))).desc(), col(Finding.rule))
    )
    if rule is not None:
        query = query.where(col(Finding.rule) == rule)
    return [RuleCount(name, int(number)) for name, number in await session.execute(query)]


def _conditions(scope: SearchScope, wanted: Wanted) -> list[Any]:
    found: list[Any] = [col(Alert.state).in_(wanted.states), *in_sight(scope)]
    if wanted.severity is not None:
        found.append(col(Alert.severity) == wanted.severity)
    if wanted.held_by is not None:
        found.append(col(Alert.claimed_by) == wanted.held_by)
    if wanted.late_at is not None:
        found += [col(Alert.state).in_(OPEN), col(Alert.due_at) < wanted.late_at]
    if wanted.closed_since is not None:
        found.append(col(Alert.closed_at) >= wanted.closed_since)
    if wanted.room_id is not None:
        found.append(col(Alert.room_id) == wanted.room_id)
    if wanted.external_userid is not None:
        found.append(col(Alert.external_userid) == wanted.external_userid)
    if wanted.msgid is not None:
        found.append(col(Alert.msgid) == wanted.msgid)
    return found
