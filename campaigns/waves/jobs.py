"""What the clock does with campaigns: draw who begins, plan the waves of the day, end what is over.

A day may be interrupted anywhere and is simply run again: who was submitted has a row, and the
door knows the key.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Select, update
from sqlmodel import col

from campaigns.models import Campaign, CampaignWave
from campaigns.waves import counting, repository, reviewing, service, sources, waiting
from campaigns.waves.facts import CampaignFact, CampaignStatus, Known, WaveFact, Who
from campaigns.waves.rules import digest
from campaigns.waves.selecting import roster
from config.campaign_policy import CampaignPolicy
from crm_sync.errors import SegmentUnknown
from crm_sync.segments import repository as segments
from crm_sync.segments.service import IN_FORCE
from delivery import broadcasts, halting
from delivery.candidates import submit_day
from delivery.desk import Desk
from delivery.intents import Intent, Submission
from kit.clock import bank_clock, bank_date, bank_moment
from kit.db import Database

BY: Final = "system:campaigns"

Answered = Callable[[datetime], Sequence[Select[Any]]]
"""Selects of the ids of customers who answered since a moment."""


async def begin(
    database: Database,
    *,
    known: Known,
    policy: CampaignPolicy,
    at: datetime,
    answered: Answered = lambda _: (),
) -> Mapping[str, int]:
    """Draws, endings, who has answered, reviews that are near: before candidates are gathered.

    ``answered``: what other packages know of who answered since a moment. Again: nothing.
    """
    done: Counter[str] = Counter()
    today = bank_date(at)
    async with database.reading() as session:
        found = await repository.due(session, today)
    for one in found:
        if one.ends_on < today:
            await _end(database, one, at)
            done["over"] += 1
        elif one.state == CampaignStatus.APPROVED:
            cause = await _draw(database, one, known, at)
            if cause:
                await _stop(database, one, cause, at)
            done["stopped" if cause else "drawn"] += 1
        elif any(w.who == Who.SILENT and w.on <= today and w.ran_on != today for w in one.waves):
            since = one.drawn_at or at
            mine = halting.done_with(one.name, policy.answered.outcomes)
            async with database.transaction() as session:
                await repository.note_answers(
                    session, one.campaign_id,
                    (mine, repository.came(since), *answered(since)), at,
                )  # fmt: skip
    async with database.transaction() as session:
        done["reviews"] += await reviewing.remind(session, today, policy=policy.budget, at=at)
    return +done


async def run(
    database: Database,
    *,
    known: Known,
    desk: Desk,
    policy: CampaignPolicy,
    at: datetime,
    answered: Answered = lambda _: (),
) -> Mapping[str, int]:
    """Everything that is due at ``at``: draws, waves, endings. Again on the same day: nothing.

    The day's plan has submitted the waves with all other candidates; what was approved or changed
    since is submitted here, and each wave's day is closed.
    """
    done: Counter[str] = Counter()
    today = bank_date(at)
    if not policy.time.run_at <= bank_clock(at) < policy.time.until:
        return done
    done.update(await begin(database, known=known, policy=policy, at=at, answered=answered))
    due = await sources.due(database, day=today, at=at, policy=policy)
    if not due:
        return +done
    await submit_day(
        database.transaction, [one.source() for one in due], at=at, as_of=at, desk=desk, by=BY,
        told=_unheard,
    )  # fmt: skip
    async with database.transaction() as session:
        done["tasks"] += await broadcasts.close(
            session, today, at=at, due_at=max(at, bank_moment(today, policy.time.broadcast_at)),
            expires_at=bank_moment(today, policy.time.until), campaigns=True,
        )  # fmt: skip
    for one in due:
        done.update(await _ran(database, one.one, one.wave, today, at))
    return +done


def _unheard(_name: str, _intent: Intent, _done: Submission) -> None:
    """What became of each is in its wave's own rows."""


async def _draw(database: Database, one: CampaignFact, known: Known, at: datetime) -> str:
    """Draw its customers; or why it cannot be done as it was approved."""
    async with database.transaction() as session:
        row = await service.locked(session, one.campaign_id, None)
        if row.state != CampaignStatus.APPROVED:
            return ""
        if digest(one) != row.approved_hash:
            return "内容与批准时不一致，批准作废"
        try:
            segment = await segments.segment(session, one.segment)
        except SegmentUnknown:
            return "客群规则已不在"
        if segment.state != IN_FORCE:
            return "客群规则已停用"
        condition = segment.version.condition
        drawn = await roster(session, condition, one.units, known, at)
        await repository.draw(session, one, drawn)
        row.state, row.drawn_at = CampaignStatus.RUNNING, at
        await session.flush()
        numbers = await counting.numbers(session, one.campaign_id, None)
        await service.note(
            session, "campaign.drawn", one, BY, at, segment_version=segment.version.number,
            arms=dict(numbers.arms), managers=numbers.managers,
        )  # fmt: skip
    return ""


async def _stop(database: Database, one: CampaignFact, cause: str, at: datetime) -> None:
    async with database.transaction() as session:
        await service.stop(session, one.campaign_id, reason=cause, by=BY, at=at, units=None)


async def _end(database: Database, one: CampaignFact, at: datetime) -> None:
    async with database.transaction() as session:
        await session.execute(
            update(Campaign)
            .where(
                col(Campaign.id) == one.campaign_id,
                col(Campaign.state).in_([CampaignStatus.APPROVED, CampaignStatus.RUNNING]),
            )
            .values(state=CampaignStatus.OVER)
            .execution_options(synchronize_session=False)
        )
        await service.note(session, "campaign.over", one, BY, at)


async def _ran(
    database: Database, one: CampaignFact, wave: WaveFact, today: date, at: datetime
) -> Mapping[str, int]:
    """The wave's day is closed: nothing more of it today, unless its words change."""
    async with database.transaction() as session:
        outcomes = await waiting.planned(session, one, wave, today)
        await session.execute(
            update(CampaignWave)
            .where(
                col(CampaignWave.campaign_id) == one.campaign_id,
                col(CampaignWave.number) == wave.number,
                col(CampaignWave.revision) == wave.revision,
            )
            .values(ran_on=today)
            .execution_options(synchronize_session=False)
        )
        payload = {"wave": wave.number, "outcomes": dict(sorted(outcomes.items()))}
        await service.note(session, "campaign.wave_run", one, BY, at, **payload)
    return outcomes
