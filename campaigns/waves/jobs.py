"""What the scheduler calls: draw who begins, plan the waves of the day, end what is over.

A day may be interrupted anywhere and is simply run again: who was submitted has a row, and the
door knows the key.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from campaigns.models import Campaign, CampaignWave
from campaigns.waves import repository, service
from campaigns.waves.facts import CampaignFact, CampaignStatus, Known, WaveFact, Who
from campaigns.waves.rules import digest, key, turns_until
from compliance.facts import Channel, Purpose
from config.campaign_policy import CampaignPolicy
from content_library import repository as scripts_of
from content_library.facts import ApprovedScript
from crm_sync.errors import SegmentUnknown
from crm_sync.repository import listing
from crm_sync.repository.people import people
from crm_sync.repository.products import units_under
from crm_sync.rules.conditions import Frame
from crm_sync.segments import repository as segments
from crm_sync.segments.service import IN_FORCE
from delivery import broadcasts, door, halting
from delivery.desk import Desk
from delivery.intents import Intent, Outcome, Submission
from delivery.words_now import good
from kit import log
from kit.clock import bank_clock, bank_date, bank_moment
from kit.db import Database

BY: Final = "system:campaigns"
TRIGGER: Final = "campaign"
PAGE: Final = 2_000

Answered = Callable[[datetime], Sequence[Select[Any]]]
"""Selects of the ids of customers who answered since a moment."""

_log = log.get(__name__)


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

    ``answered``: what other packages know of who answered since a moment.
    """
    done: Counter[str] = Counter()
    today = bank_date(at)
    if not policy.time.run_at <= bank_clock(at) < policy.time.until:
        return done
    async with database.reading() as session:
        found = await repository.due(session, today)
    for one in found:
        if one.ends_on < today:
            await _end(database, one, at)
            done["over"] += 1
            continue
        if one.state == CampaignStatus.APPROVED:
            cause = await _draw(database, one, known, at)
            if cause:
                await _stop(database, one, cause, at)
                done["stopped"] += 1
                continue
            done["drawn"] += 1
            async with database.reading() as session:
                one = await repository.one(session, one.campaign_id, None)
        for wave in one.waves:
            if wave.on <= today and wave.ran_on != today:
                done.update(await _wave(database, one, wave, desk, policy, at, answered))
    return done


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
        frame = Frame(at, known.personas, known.tiers)
        members = segments.members(session, segment.version.condition, frame, known.outside)
        units = await units_under(session, one.units)
        roster = listing.roster(session, listing.Wanted(units=units, within=(members,)), units)
        await repository.draw(session, one, roster)
        row.state, row.drawn_at = CampaignStatus.RUNNING, at
        await session.flush()
        numbers = await repository.numbers(session, one.campaign_id, None)
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


async def _wave(
    database: Database,
    one: CampaignFact,
    wave: WaveFact,
    desk: Desk,
    policy: CampaignPolicy,
    at: datetime,
    answered: Answered,
) -> Mapping[str, int]:
    """The part of a wave that is due today, page by page through the door."""
    today, outcomes = bank_date(at), Counter[str]()
    async with database.transaction() as session:
        script = (await scripts_of.by_version(session, [wave.script_version_id])).get(
            wave.script_version_id
        )
        if script is None or not good(script, at):
            _log.warning("campaigns.words_gone", campaign=one.campaign_id, wave=wave.number)
            return outcomes
        if wave.who == Who.SILENT:
            since = one.drawn_at or at
            mine = halting.done_with(one.name, policy.answered.outcomes)
            came = repository.came(since)
            await repository.note_answers(
                session, one.campaign_id, (mine, came, *answered(since)), at
            )
    after = 0
    while True:
        async with database.transaction() as session:
            if await halting.halted(session, {one.name}):
                return outcomes
            page = await repository.waiting(
                session, one, wave, today=today, turns=_turns(one, wave, today),
                again=today <= wave.on + timedelta(days=policy.waves.retry_days), after=after,
                limit=PAGE,
            )  # fmt: skip
            if not page:
                break
            outcomes.update(await _page(session, one, wave, script, page, desk, policy, at))
        after = page[-1][0]
    async with database.transaction() as session:
        outcomes["tasks"] += await broadcasts.close(
            session, today, at=at, due_at=_goes_at(today, policy, at),
            expires_at=bank_moment(today, policy.time.until),
        )  # fmt: skip
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


def _turns(one: CampaignFact, wave: WaveFact, today: date) -> int | None:
    """A manager's to-dos are spread over the days; a broadcast is one tap however many it is for."""
    return None if wave.channel == "broadcast" else turns_until(wave.on, today, one.per_day)


def _goes_at(today: date, policy: CampaignPolicy, at: datetime) -> datetime:
    return max(at, bank_moment(today, policy.time.broadcast_at))


async def _page(
    session: AsyncSession,
    one: CampaignFact,
    wave: WaveFact,
    script: ApprovedScript,
    page: Sequence[tuple[int, str, str]],
    desk: Desk,
    policy: CampaignPolicy,
    at: datetime,
) -> Counter[str]:
    near = await people(session, [number for number, _, _ in page])
    today = bank_date(at)
    channel = Channel(wave.channel)
    intents = [
        Intent(
            key=key(one.campaign_id, wave.number, wave.revision, number),
            trigger=TRIGGER,
            channel=channel,
            purpose=Purpose(script.purpose),
            customer=near[number][0],
            reach=near[number][1],
            script_version_id=script.version_id,
            fields={},
            title=one.title,
            why=f"营销活动“{one.title}”第 {wave.number} 波",
            due_on=today,
            expires_at=bank_moment(today + timedelta(days=1), policy.time.until),
            priority=60,
            detail={"campaign": one.name, "wave": str(wave.number)},
            campaign=one.name,
            goes_at=_goes_at(today, policy, at) if channel is Channel.BROADCAST else None,
        )
        for number, _, _ in page
        if number in near
    ]
    submitted = await door.submit(session, intents, at=at, desk=desk, by=BY)
    became = {
        intent.customer.customer_id: done for intent, done in zip(intents, submitted, strict=True)
    }
    rows = [
        {
            "campaign_id": one.campaign_id, "wave": wave.number, "customer_id": number,
            "unit_id": unit_id, "staff_id": staff_id, "planned_on": today,
            "revision": wave.revision, **_told(became.get(number)),
        }
        for number, unit_id, staff_id in page
    ]  # fmt: skip
    await repository.keep(session, rows)
    return Counter(str(row["outcome"]) for row in rows)


def _told(done: Submission | None) -> dict[str, str]:
    """The door's word; whoever left the bank since the draw is nobody's to reach."""
    if done is None:
        return {"outcome": Outcome.UNREACHABLE.value, "reasons": ""}
    outcome = Outcome.QUEUED if done.outcome is Outcome.REPEATED else done.outcome
    return {
        "outcome": outcome.value,
        "reasons": ",".join(done.objections or ((done.detail,) if done.detail else ()))[:400],
    }
