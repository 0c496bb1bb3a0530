"""Personas of those alone for whom anything changed since the last evaluation.

What changed: the customer or a holding (``changed_at``), a trace that was noted, a link to a
contact that was confirmed; and what time does by itself: birthdays, maturities, expiries, ends
of refusals. Tags that members set in WeCom and groups that customers left wait for the nightly
run over everybody, which also follows a changed policy.
"""

from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.conditions import asks
from config.persona_policy import PersonaPolicy
from config.tier_policy import TierPolicy
from crm_sync.models import (
    BehaviourSignal,
    Binding,
    Customer,
    CustomerFlow,
    CustomerStanding,
    Holding,
    Lead,
    PersonaMembership,
    PersonaRefusal,
    SyncCursor,
)
from crm_sync.personas import PersonaReport, asking_for, evaluate, evaluate_window, remember
from crm_sync.repository.subjects import Window
from crm_sync.segments import flows
from crm_sync.segments.asking import NOTHING, Outside
from kit.clock import bank_date
from kit.db import Database

PAGE: Final = 10_000
STANDING: Final = f"{CustomerStanding.__tablename__}."
TOO_MANY: Final = 300_000
"""From so many changed customers on a pass over everybody costs less."""
LONGEST: Final = 31
"""After so many days without an evaluation everybody is looked at."""


async def evaluate_changed(
    database: Database,
    policy: PersonaPolicy,
    at: datetime,
    *,
    tiers: TierPolicy | None = None,
    outside: Outside = NOTHING,
    imported_since: datetime | None = None,
    page: int = PAGE,
) -> PersonaReport:
    """Evaluate whoever changed since the last run; everybody where that cannot be told.

    That is the case the first time, under another policy, after a month, and on a new day where
    the policy asks how long ago something was or how soon it will be. ``imported_since``: when
    the earliest import began that was not looked at, because rows carry that moment and a long
    import may begin before the last run and end after it.
    """
    async with database.reading() as session:
        since = await _since(session, policy, at)
        if since is not None and imported_since is not None:
            since = min(since, imported_since)
        ids = [] if since is None else await _changed(session, policy, since, at, outside)
    if since is None or len(ids) >= TOO_MANY:
        return await evaluate(database, policy, at, tiers=tiers, outside=outside)
    report = PersonaReport()
    for start in range(0, len(ids), page):
        async with database.transaction() as session:
            asking = asking_for(session, policy, tiers, at, outside)
            window = Window(ids=tuple(ids[start : start + page]))
            report.add(await evaluate_window(asking, window, None))
    await remember(database, policy, at)
    return report


async def _since(session: AsyncSession, policy: PersonaPolicy, at: datetime) -> datetime | None:
    last = await session.get(SyncCursor, "personas", populate_existing=True)
    if last is None or last.finished_at is None or last.position != policy.rule_version:
        return None
    days = (bank_date(at) - bank_date(last.finished_at)).days
    if days < 0 or days > LONGEST or (days and _asks_of_time(policy)):
        return None
    return last.finished_at


def _asks_of_time(policy: PersonaPolicy) -> bool:
    """Whether a rule looks back or ahead from today."""
    timed = {"due_within", "opened_within", "past_days", "next_days"}
    return any(
        ask.op in ("past", "next")
        or ask.dim in (*flows.NAMES, "lead")
        or ask.of.at.startswith(STANDING)
        or timed & {name for name, _ in ask.where}
        for ground in policy.grounds
        for ask in asks(ground.rule)
    )


async def _changed(
    session: AsyncSession, policy: PersonaPolicy, since: datetime, at: datetime, outside: Outside
) -> list[int]:
    then, today = bank_date(since), bank_date(at)
    parts: list[Any] = [
        select(col(Customer.id)).where(
            or_(col(Customer.changed_at) >= since, col(Customer.removed_at) >= since)
        ),
        select(col(Holding.customer_id)).where(
            or_(col(Holding.changed_at) >= since, col(Holding.removed_at) >= since)
        ),
        select(col(PersonaMembership.customer_id)).where(col(PersonaMembership.expires_at) <= at),
        select(col(PersonaRefusal.customer_id)).where(col(PersonaRefusal.until).between(since, at)),
        select(col(BehaviourSignal.customer_id)).where(col(BehaviourSignal.noted_at) >= since),
        select(col(Binding.customer_id)).where(
            or_(col(Binding.at) >= since, col(Binding.undone_at) >= since)
        ),
    ]
    asked = [ask for ground in policy.grounds for ask in asks(ground.rule)]
    if any(ask.dim in flows.NAMES for ask in asked):
        parts.append(
            select(col(CustomerFlow.customer_id)).where(col(CustomerFlow.changed_at) >= since)
        )
    if any(ask.of.at.startswith(STANDING) for ask in asked):
        stood = select(col(CustomerStanding.customer_id))
        parts.append(stood.where(col(CustomerStanding.changed_at) >= since))
    if any(ask.dim == "lead" for ask in asked):
        moved = or_(col(Lead.found_at) >= since, col(Lead.closed_at) >= since)
        parts.append(select(col(Lead.customer_id)).where(moved))
    if today > then:
        parts.append(
            select(col(Holding.customer_id)).where(
                col(Holding.matures_on) >= then, col(Holding.matures_on) < today
            )
        )
        parts.append(select(col(Customer.id)).where(col(Customer.birthday).in_(_days(then, today))))
    if outside.signals is not None:
        told = outside.signals.subquery()
        parts.append(select(told.c.customer_id).where(told.c.at >= since))
    found = (await session.execute(union(*parts))).scalars()
    return sorted(one for one in found if one is not None)


def _days(then: date, today: date) -> list[int]:
    """The birthdays (month and day) after ``then``, up to today; 29 February with 1 March."""
    days = [then + timedelta(days=number) for number in range(1, (today - then).days + 1)]
    codes = {day.month * 100 + day.day for day in days}
    return sorted(codes | ({229} if 301 in codes else set()))
