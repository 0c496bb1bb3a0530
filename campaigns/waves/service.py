"""A campaign is proposed, approved by a second person, changed, stopped, reviewed.

Each act has its entry in the ledger; nobody approves what they asked for.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from campaigns.models import Campaign, CampaignTouch, CampaignWave
from campaigns.waves import repository, reviewing
from campaigns.waves.errors import (
    CampaignRefused,
    CampaignSecondPerson,
    CampaignState,
    CampaignUnknown,
    NotPrepared,
)
from campaigns.waves.facts import Asked, CampaignFact, CampaignStatus
from campaigns.waves.rules import FORMS, LEVELS, digest, faults
from config.campaign_policy import CampaignPolicy
from content_library import repository as scripts_of
from content_library.facts import ApprovedScript
from crm_sync.errors import SegmentUnknown
from crm_sync.repository.keys import UNTRACKED, among
from crm_sync.repository.staff import staff_by_id, units_by_id
from crm_sync.segments import repository as segments
from crm_sync.segments.service import IN_FORCE, note_use
from delivery import emptying, halting
from delivery.intents import Outcome
from kit import ledger
from kit.clock import bank_date
from kit.ids import new_id

LIVE = (CampaignStatus.PROPOSED, CampaignStatus.APPROVED, CampaignStatus.RUNNING)


@dataclass(frozen=True, slots=True)
class Examined:
    """What was asked for and has no fault, with what it was examined against."""

    asked: Asked
    scripts: Mapping[str, ApprovedScript]
    unit_id: str
    level: str
    segment_title: str


async def examine(
    session: AsyncSession,
    asked: Asked,
    *,
    missing: Sequence[str],
    policy: CampaignPolicy,
    unit_id: str,
    at: datetime,
) -> Examined:
    """Whether it may be proposed; nothing is stored.

    ``missing``: the boxes of its preparation that say nothing yet (A18), by title. ``unit_id``
    leads it. Raises NotPrepared, and CampaignRefused with every fault.
    """
    if missing:
        raise NotPrepared(
            "准备还没有做齐，活动不能提交",
            saw="还差 " + "、".join(missing),
            where=f"/c/preparations/{asked.preparation_id}",
            do="把三个问题和四项准备写清楚再提交",
        )
    scripts = await scripts_of.approved_by_code(session, {one.script for one in asked.waves}, at)
    wrong = faults(asked, scripts, policy, bank_date(at))
    lead = (await units_by_id(session, {unit_id})).get(unit_id)
    if lead is None:
        wrong.append("没有这个牵头机构")
    owner = (await staff_by_id(session, {asked.owner})).get(asked.owner)
    if owner is None or not owner.active:
        wrong.append("项目负责人的工号不对，或已离岗")
    if set(asked.units) - set(await units_by_id(session, asked.units)):
        wrong.append("参加机构里有机构表上没有的")
    title = ""
    try:
        segment = await segments.segment(session, asked.segment)
        title = segment.title
        if segment.state != IN_FORCE:
            wrong.append("客群规则没有启用")
    except SegmentUnknown:
        wrong.append("没有这个客群规则")
    if wrong or lead is None:
        raise CampaignRefused(
            "；".join(wrong), saw=asked.title[:30], where="docs/campaigns.md", do="改好后重新提交"
        )
    return Examined(asked, scripts, unit_id, LEVELS[lead.kind], title)


async def propose(session: AsyncSession, examined: Examined, *, by: str, at: datetime) -> int:
    """A campaign that waits for another person; its id. The seed of its draw is on record now."""
    asked = examined.asked
    row = Campaign(
        id=new_id(), title=" ".join(asked.title.split()), kind=asked.kind,
        level=examined.level, unit_id=examined.unit_id,
        units=sorted(asked.units) or [examined.unit_id],
        goal=asked.goal.strip(), measure=asked.measure, target=asked.target,
        owner_staff_id=asked.owner, departments=sorted(set(asked.departments)),
        budget_fen=asked.budget_fen, overrun_percent=asked.overrun_percent,
        starts_on=asked.starts_on, ends_on=asked.ends_on, review_on=asked.review_on,
        segment=asked.segment, segment_title=examined.segment_title,
        hold_out_percent=asked.hold_out_percent,
        seed=secrets.token_hex(16), per_day=asked.per_day, preparation_id=asked.preparation_id,
        state=CampaignStatus.PROPOSED, proposed_by=by, proposed_at=at,
    )  # fmt: skip
    session.add(row)
    for number, wave in enumerate(asked.waves, 1):
        script = examined.scripts[wave.script]
        session.add(
            CampaignWave(
                campaign_id=row.id, number=number, channel=wave.channel, who=wave.who, on=wave.on,
                script_version_id=script.version_id, script_code=script.code,
                script_version=script.version, script_hash=script.template_hash,
            )
        )  # fmt: skip
    await session.flush()
    await note_use(session, asked.segment, kind="campaign", ref=str(row.id), title=row.title, at=at)
    await note(session, "campaign.proposed", await repository.one(session, row.id, None), by, at)
    return row.id


async def decide(
    session: AsyncSession,
    campaign_id: int,
    *,
    agree: bool,
    opinion: str,
    by: str,
    at: datetime,
    units: frozenset[str] | None,
) -> None:
    """Approve or refuse as another person; an approval is bound to what is stored now.

    Raises CampaignUnknown, CampaignState, CampaignSecondPerson, CampaignRefused.
    """
    row = await locked(session, campaign_id, units)
    if row.state != CampaignStatus.PROPOSED:
        raise CampaignState("这个活动已经有结论", saw=row.state, do="要改就重新提交一个")
    _second(row.proposed_by, by)
    _told(opinion, "意见")
    row.state = CampaignStatus.APPROVED if agree else CampaignStatus.REFUSED
    row.decided_by, row.decided_at, row.opinion = by, at, opinion.strip()[:400]
    await session.flush()
    one = await repository.one(session, campaign_id, None)
    if agree:
        row.approved_hash = digest(one)
        await session.flush()
    act = "campaign.approved" if agree else "campaign.refused"
    await note(session, act, one, by, at, opinion=row.opinion, digest=row.approved_hash)


async def stop(
    session: AsyncSession,
    campaign_id: int,
    *,
    reason: str,
    by: str,
    at: datetime,
    units: frozenset[str] | None,
) -> None:
    """From the commit on nothing of it leaves; what was sent stays. The queues empty by the clock.

    Raises CampaignUnknown, CampaignState, CampaignRefused.
    """
    row = await locked(session, campaign_id, units)
    if row.state not in LIVE:
        raise CampaignState("这个活动已经结束", saw=row.state)
    _told(reason, "原因")
    row.state, row.stopped_by, row.stopped_at = CampaignStatus.STOPPED, by, at
    row.cause = reason.strip()[:400]
    await session.flush()
    await halting.halt(session, str(row.id), by=by, reason=row.cause, at=at)
    one = await repository.one(session, campaign_id, None)
    await note(session, "campaign.stopped", one, by, at, cause=row.cause)


async def ask_change(
    session: AsyncSession,
    campaign_id: int,
    wave: int,
    script: str,
    *,
    reason: str,
    by: str,
    at: datetime,
    units: frozenset[str] | None,
) -> None:
    """Ask for other approved words in a wave; they wait for a second person.

    Raises CampaignUnknown, CampaignState, CampaignRefused.
    """
    row = await locked(session, campaign_id, units)
    if row.state not in (CampaignStatus.APPROVED, CampaignStatus.RUNNING):
        raise CampaignState("只有批准了、还没有结束的活动可以换话术", saw=row.state)
    _told(reason, "原因")
    one = await repository.one(session, campaign_id, None)
    found = await _wave(session, campaign_id, wave)
    words = (await scripts_of.approved_by_code(session, {script}, at)).get(script)
    if words is None or words.form != FORMS[found.channel]:
        raise CampaignRefused("这条话术没有通过审核，或不是给这种渠道写的", saw=script[:40])
    if words.version_id in {each.script_version_id for each in one.waves}:
        raise CampaignRefused("这个活动已经在用这条话术", saw=script[:40], do="换一条")
    found.asked = {
        "version_id": words.version_id, "code": words.code, "version": words.version,
        "hash": words.template_hash, "by": by, "at": at.isoformat(), "reason": reason.strip()[:200],
    }  # fmt: skip
    await session.flush()
    payload = {"wave": wave, "from": found.script_code, "to": words.code, "why": reason.strip()}
    await note(session, "campaign.change_asked", one, by, at, **payload)


async def decide_change(
    session: AsyncSession,
    campaign_id: int,
    wave: int,
    *,
    agree: bool,
    by: str,
    at: datetime,
    units: frozenset[str] | None,
) -> int:
    """Put the words that were asked for in force, or not; how many waiting things were withdrawn.

    What has not left is withdrawn and planned anew with the new words; what was sent stays.
    Raises CampaignUnknown, CampaignState, CampaignSecondPerson.
    """
    row = await locked(session, campaign_id, units)
    found = await _wave(session, campaign_id, wave)
    asked = found.asked
    if not asked or row.state not in (CampaignStatus.APPROVED, CampaignStatus.RUNNING):
        raise CampaignState("没有等着批准的更换", do="刷新页面")
    _second(asked["by"], by)
    before, gone = found.script_code, 0
    if agree:
        gone = await _withdraw(session, row.id, found, at)
        found.script_version_id, found.script_code = asked["version_id"], asked["code"]
        found.script_version, found.script_hash = asked["version"], asked["hash"]
        found.revision, found.ran_on = found.revision + 1, None
    found.asked = {}
    await session.flush()
    one = await repository.one(session, campaign_id, None)
    if agree:
        row.approved_hash = digest(one)
        await session.flush()
    act = "campaign.changed" if agree else "campaign.change_refused"
    payload = {"wave": wave, "from": before, "to": asked["code"], "withdrawn": gone}
    await note(session, act, one, by, at, **payload)
    return gone


async def _withdraw(
    session: AsyncSession, campaign_id: int, wave: CampaignWave, at: datetime
) -> int:
    """What waits with the old words, and every refusal of them: both are planned anew."""
    mine = (
        col(CampaignTouch.campaign_id) == campaign_id,
        col(CampaignTouch.wave) == wave.number,
    )
    total = 0
    while True:
        gone = await emptying.withdraw(
            session, str(campaign_id), at=at, versions=[wave.script_version_id]
        )
        if not gone:
            break
        total += len(gone)
        ids = [one.customer_id for one in gone if one.customer_id is not None]
        await session.execute(
            delete(CampaignTouch).where(*mine, among(session, col(CampaignTouch.customer_id), ids)),
            execution_options=UNTRACKED,
        )
    kept = [Outcome.QUEUED.value, Outcome.REPEATED.value]
    await session.execute(
        delete(CampaignTouch).where(*mine, col(CampaignTouch.outcome).not_in(kept)),
        execution_options=UNTRACKED,
    )
    return total


async def review(
    session: AsyncSession,
    campaign_id: int,
    *,
    result: str,
    by: str,
    at: datetime,
    units: frozenset[str] | None,
) -> None:
    """What the project team found when it was over. Raises CampaignUnknown, CampaignState."""
    row = await locked(session, campaign_id, units)
    if row.state not in (CampaignStatus.OVER, CampaignStatus.STOPPED):
        raise CampaignState("活动结束之后才能复盘", saw=row.state)
    _told(result, "复盘结论")
    row.result, row.reviewed_by, row.reviewed_at = result.strip()[:1_000], by, at
    await session.flush()
    await reviewing.done(session, campaign_id, by=by, at=at)
    one = await repository.one(session, campaign_id, None)
    await note(session, "campaign.reviewed", one, by, at, result=row.result)


async def locked(session: AsyncSession, campaign_id: int, units: frozenset[str] | None) -> Campaign:
    """The row of a campaign that a unit in sight leads, held to the end of the transaction."""
    query = select(Campaign).where(col(Campaign.id) == campaign_id).with_for_update()
    row = (
        await session.execute(query.execution_options(populate_existing=True))
    ).scalar_one_or_none()
    if row is None or (units is not None and row.unit_id not in units):
        raise CampaignUnknown("没有这个活动，或不是您的机构牵头的", do="从营销活动列表里打开")
    return row


async def _wave(session: AsyncSession, campaign_id: int, number: int) -> CampaignWave:
    found = await session.get(CampaignWave, (campaign_id, number), populate_existing=True)
    if found is None:
        raise CampaignUnknown("这个活动没有这一波", saw=str(number)[:4])
    return found


def _second(asked_by: str, by: str) -> None:
    if asked_by == by:
        raise CampaignSecondPerson("申请人不能批准自己的申请", do="请另一位有权限的同事批准")


def _told(text: str, what: str) -> None:
    if len(text.strip()) < 2:
        raise CampaignRefused(f"请写{what}", do=f"{what}会记入审计日志")


async def note(
    session: AsyncSession, act: str, one: CampaignFact, by: str, at: datetime, **more: Any
) -> None:
    """The entry of one act about a campaign."""
    payload = {
        "title": one.title, "kind": one.kind, "segment": one.segment, "from": one.starts_on,
        "to": one.ends_on, "hold_out": one.hold_out_percent, "seed": one.seed,
        "waves": [f"{wave.number}:{wave.channel}:{wave.script_code}/{wave.script_version}" for wave in one.waves],
        **more,
    }  # fmt: skip
    entry = ledger.Entry(
        kind="plan", act=act, actor=by, object=f"campaign:{one.campaign_id}", unit=one.unit_id,
        reason=one.title, payload=payload,
    )  # fmt: skip
    await ledger.append(session, [entry], at=at)
