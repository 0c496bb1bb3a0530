"""What screening stopped goes to the review desk; rules that stop too much are lowered."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from archive.facts import StoppedTalk
from compliance.review import cases, lowering, rates
from compliance.review.facts import Lowering, Source, Stop
from compliance.review.rules import too_strict
from config import policy_catalogue
from crm_sync.repository.cards import customers_of_contacts
from crm_sync.repository.staff import staff_by_userids
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
        await open_work(
            session, [_work(one, rules[one.rule].name, rules[one.rule]) for one in lowered], at=at
        )
    if lowered:
        await parts.refresh()
    return {"rules": len(summed), "lowered": [one.rule for one in lowered]}


def _work(one: Lowering, name: str, rule: object) -> Work:
    owner = str(getattr(rule, "owner", ""))
    return Work(
        key=f"rule_lowered:{one.rule}:{one.id}",
        kind="rule_lowered",
        title=f"规则 {one.rule}（{name}）误拦太多，已降为“要人复核”"[:160],
        why=f"{one.why}。请看误拦率页上放行的原话，改规则或申请恢复"
        + (f"（规则负责人：{owner}）" if owner else ""),
        facts={"rule": one.rule, "decided": one.decided, "released": one.released},
    )
