"""What screening stopped goes to the review desk; rules that stop too much are lowered."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from archive.facts import StoppedTalk
from compliance.review import cases, lowering, rates
from compliance.review.facts import Lowering, Source, Stop
from compliance.review.rules import too_strict
from compliance.screening.rules import Rule
from config import policy_catalogue
from config.review_desk_policy import ReviewDeskPolicy
from content_library import repository as scripts_of
from crm_sync.facts import StaffFact
from crm_sync.repository.cards import customers_of_contacts
from crm_sync.repository.staff import staff_by_id, staff_by_position, staff_by_userids
from delivery import content_review
from delivery.worklist import Work, open_work
from wiring.parts import Parts

JOB: Final = "system:false_stops"


async def review_talk(
    session: AsyncSession, stops: Sequence[StoppedTalk], parts: Parts, at: datetime
) -> int:
    """Open a case for each rule that an archived message breaks; returns how many are new."""
    if not stops:
        return 0
    staff = await staff_by_userids(session, {one.userid for one in stops if one.userid})
    known = await customers_of_contacts(
        session, {one.external_userid for one in stops if one.external_userid}
    )
    made = []
    for one in stops:
        member = staff.get(one.userid or "")
        made.append(
            Stop(
                key=f"talk:{one.msgid}:{one.rule}",
                source=Source.TALK,
                object=f"message:{one.msgid}",
                rule=one.rule,
                family=one.family,
                severity=one.severity,
                rulebook=one.rulebook,
                speaker=one.speaker,
                product=None,
                text=one.text,
                spans=one.spans,
                unit_id=member.unit_id if member else "hq",
                author=f"staff:{member.staff_id}" if member and one.speaker == "manager" else "",
                customer_id=known.get(one.external_userid or ""),
                external_userid=one.external_userid,
            )
        )
    policy = parts.shelf.of(policy_catalogue.REVIEW_DESK)
    return await cases.open_cases(session, made, policy=policy, at=at)


async def review_content(
    session: AsyncSession, codes: Sequence[str], parts: Parts, at: datetime
) -> int:
    """Open cases for what was found in the newest versions of ``codes``; how many are new."""
    if not codes:
        return 0
    rulebook = parts.screener.rulebook
    return await content_review.submitted(
        session,
        await scripts_of.newest_versions(session, codes),
        families={one.id: one.family for one in rulebook.rules},
        rulebook=rulebook.version,
        policy=parts.shelf.of(policy_catalogue.REVIEW_DESK),
        at=at,
    )


async def false_stops(parts: Parts, at: datetime) -> Mapping[str, Any]:
    """Lower every rule that is released too often, and tell its owner by a work item."""
    policy = parts.shelf.of(policy_catalogue.REVIEW_DESK)
    rules = {one.id: one for one in parts.shipped.rulebook.rules}
    async with parts.databases.bank.transaction() as session:
        found = await rates.rates(
            session,
            at - timedelta(days=policy.window_days),
            severity="block",
            not_before=await lowering.raised_at(session),
        )
        # Because a rulebook's version changes with every lesson, a rule is judged over all of
        # the versions within the window.
        summed: dict[str, Any] = {}
        for one in found:
            before = summed.get(one.rule)
            summed[one.rule] = (
                one
                if before is None
                else replace(
                    before,
                    rulebook=parts.shipped.rulebook.version,
                    released=before.released + one.released,
                    returned=before.returned + one.returned,
                    open=before.open + one.open,
                )
            )
        strict = too_strict(
            [one for one in summed.values() if one.rule in rules],
            percent=policy.most_released_percent,
            least=policy.least_decisions,
        )
        lowered = await lowering.lower(
            session, strict, percent=policy.most_released_percent, by=JOB, at=at
        )
        seats = await seats_of(session, {rules[one.rule].owner for one in lowered}, policy)
        await open_work(session, [_work(one, rules[one.rule], seats) for one in lowered], at=at)
    if lowered:
        await parts.refresh()
    return {"rules": len(summed), "lowered": [one.rule for one in lowered]}


async def seats_of(
    session: AsyncSession, desks: Collection[str], policy: ReviewDeskPolicy
) -> dict[str, StaffFact]:
    """Who sits at each desk: as the policy says, else whoever's position is called so."""
    named = {one.desk: one.staff for one in policy.owner if one.desk in desks}
    people = await staff_by_id(session, set(named.values()))
    said = {desk: people[staff] for desk, staff in named.items() if staff in people}
    held = await staff_by_position(session, set(desks) - set(said))
    return {desk: one for desk, one in {**held, **said}.items() if one.active}


def _work(one: Lowering, rule: Rule, seats: Mapping[str, StaffFact]) -> Work:
    """The item for the rule's owner; head office's where nobody sits at that desk."""
    holder = seats.get(rule.owner)
    return Work(
        key=lowering.work_key(one),
        kind="rule_lowered",
        title=f"规则 {one.rule} 误拦太多，已降为“要人复核”",
        why=f"{rule.name}：{one.why}。请看误拦率页，改规则或申请恢复（{rule.owner}"
        + ("" if holder else "，没有找到在岗的人，请在策略“复核台与误拦”里指定")
        + "）",
        unit_id=holder.unit_id if holder else "hq",
        staff_id=holder.staff_id if holder else None,
        facts={"rule": one.rule, "decided": one.decided, "released": one.released},
    )
