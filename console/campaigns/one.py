"""One campaign: its waves, its approval, the numbers with the list behind each, what was stopped."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.waves import budget, counting, progress, repository
from campaigns.waves.estimating import estimated
from campaigns.waves.facts import CampaignFact, Numbers, WaveFact
from campaigns.waves.service import LIVE
from config import policy_catalogue
from config.campaign_policy import CampaignPolicy
from console import roles
from console.campaigns import shares
from console.campaigns.load import load
from console.campaigns.wording import (
    ARMS,
    CHANNELS,
    OUTCOMES,
    PATH,
    STATES,
    WHO,
    reasons_text,
)
from console.lists import PER_PAGE, nothing, number, paging, tab, url
from console.naming import Names, names_for
from console.shell import page, shell
from console.sight import Sight, narrowed, sight_of
from console.traces import looked
from content_library import repository as scripts_of
from content_library.facts import Form as WordForm
from content_library.fields import FIELDS
from delivery import emptying
from insights import winners
from insights.plan_items import OUTRANKED
from kit.clock import bank_date
from kit.web.formats import count, percent
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
Kept = Annotated[str, Query(max_length=16)]


@router.get(PATH + "/{campaign_id}", response_class=HTMLResponse)
async def campaign(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    campaign_id: int,
    arm: Kept = "",
    answered: Kept = "",
    wave: Annotated[int, Query(ge=0, le=99)] = 0,
    outcome: Kept = "",
    unit: Annotated[str, Query(max_length=32)] = "",
    staff: Annotated[str, Query(max_length=64)] = "",
    kpi: Kept = "",
    after: int = 0,
) -> Response:
    """A campaign with the list behind one of its numbers, of the units in sight."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    policy = request.app.state.parts.shelf.of(policy_catalogue.CAMPAIGNS)
    one = await repository.one(session, campaign_id, sight.units)
    numbers = await counting.numbers(session, campaign_id, sight.units)
    here = f"{PATH}/{campaign_id}"
    kept: dict[str, Any] = {
        "arm": arm, "answered": answered, "wave": wave or "", "outcome": outcome, "unit": unit,
        "staff": staff, "kpi": kpi,
    }  # fmt: skip
    today = bank_date(asking.at)
    narrow = narrowed(sight, unit) if unit else sight
    found = await counting.lines(
        session, campaign_id, narrow.units, arm=arm, answered=bool(answered), wave=wave,
        outcome=outcome, staff_id={"": None, "-": ""}.get(staff, staff),
        behind=progress.behind(one, today) if kpi else (), limit=PER_PAGE + 1, after=after,
    )  # fmt: skip
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    ids = [line.customer_id for line in shown]
    place = await looked(
        session, asking, "campaign.viewed", f"campaign:{campaign_id}", unit=one.unit_id,
        payload={**kept, "customers": ids},
    )  # fmt: skip
    tasks = await emptying.handed_tasks(session, one.name, sight.units)
    people = [one.proposed_by, one.decided_by, one.stopped_by, one.reviewed_by]
    names = await names_for(
        session,
        places=[who for who in people if who],
        staff=[
            one.owner_staff_id,
            *(line.staff_id for line in shown),
            *(t.staff_id for t in tasks),
        ],
        customers=ids,
    )
    first = await winners.titles(
        session,
        {line.reasons for line in shown if line.outcome == OUTRANKED and line.reasons},
        request.app.state.parts.reminders,
    )
    mine = sight.units is None or one.unit_id in sight.units
    may = set(asking.viewer.roles)
    context = await shell(request, session, asking, "campaigns", view_ref=place)
    context |= {
        "title": one.title, "state_text": STATES[one.state][0], "state_kind": STATES[one.state][1],
        "cause": one.cause, "goal": one.goal, "back": PATH, "here_path": here,
        "stats": _stats(numbers, here) if one.drawn_at else [],
        "standing": await shares.standing(session, one, policy, sight, today, here),
        "money": await shares.money(session, one),
        "units": await shares.by_unit(session, one, sight, here),
        "managers": await shares.by_manager(session, one, sight, here),
        "not_done": await shares.not_done(session, one, sight, today)
        if may & set(roles.EXECUTION)
        else [],
        "spending": mine and one.state in budget.SPENDING and bool(may & set(roles.EXECUTION)),
        "estimate": f"{here}/estimate" if estimated(one) else "",
        "means": await load(request, session, sight, one, asking.at)
        if one.state in ("proposed", "approved") and mine
        else None,
        "tabs": _tabs(one, numbers, kept, here),
        "lines": [
            {
                "customer": names.customer(line.customer_id) or "客户",
                "href": f"/c/customers/{line.customer_id}",
                "member": names.person(line.staff_id) or "—",
                "unit_name": sight.unit_name(line.unit_id),
                "arm_text": ARMS[line.arm][0], "arm_kind": ARMS[line.arm][1],
                "outcome_text": OUTCOMES.get(line.outcome, ("", ""))[0],
                "outcome_kind": OUTCOMES.get(line.outcome, ("", ""))[1],
                "why": winners.said(first[line.reasons])
                if line.reasons in first
                else reasons_text(line.reasons),
                "answered_at": line.answered_at,
            }
            for line in shown
        ],
        "state": None if shown else nothing(
            "客户", [arm, answered, outcome, unit, staff, kpi], here,
            "开始那天抽对照组、排顺序，那时才有。" if one.drawn_at is None else "这里没有客户。",
        ),
        "page": paging(
            shown, total=None,
            next_url=url(here, kept, after=shown[-1].customer_id) + "#list" if more else None,
            first_url=url(here, kept) if after else None,
        ),
        "waves": [await _wave(session, one, each, numbers, here, asking, mine) for each in one.waves],
        "facts": _facts(one, policy, sight, names),
        "team": _team(one, policy, names),
        "tasks": [
            {
                "member": names.person(task.staff_id), "unit_name": sight.unit_name(task.unit_id),
                "customers": task.customers, "at": task.stopped_at, "cause": task.cause,
            }
            for task in tasks
        ],
        "deciding": {
            "refused": "您提交的，要由另一位同事批准。" if one.proposed_by == asking.actor else ""
        } if one.state == "proposed" and mine and may & set(roles.BUSINESS) else None,
        "stopping": one.state in LIVE and mine and bool(may & set(roles.BUSINESS)),
        "reviewing": one.state in ("over", "stopped") and mine and bool(may & set(roles.EXECUTION)),
        "result": one.result, "in_wave": bool(wave),
        "preparation": f"/c/preparations/{one.preparation_id}",
    }  # fmt: skip
    return page(request, "campaign", context)


def _stats(numbers: Numbers, here: str) -> list[dict[str, Any]]:
    """The arms and who answered in each; every number opens its list."""

    def stat(name: str, many: int, how: str, of: int = 0, **asked: str) -> dict[str, Any]:
        note = percent(many / of) if of else ""
        return number(name, count(many), "户", note, how, f"{url(here, asked)}#list")

    arms, told = numbers.arms, numbers.answered
    everybody, treated, held = sum(arms.values()), arms.get("treated", 0), arms.get("held", 0)
    return [
        stat("客户", everybody, "抽签那一刻在客群里、在参加机构管户的客户"),
        stat("触达组", treated, "按波次联系的客户", everybody, arm="treated"),
        stat("对照组", held, "抽签留下不联系的客户，用来比较效果", everybody, arm="held"),
        stat(
            "触达组有回应", told.get("treated", 0),
            "待办记下结果、在单聊里说过话，或报名了活动", treated, arm="treated", answered="1",
        ),
        stat(
            "对照组有回应", told.get("held", 0), "没有联系过，自己来找我们的", held, arm="held",
            answered="1",
        ),
    ]  # fmt: skip


def _tabs(
    one: CampaignFact, numbers: Numbers, kept: dict[str, Any], here: str
) -> list[dict[str, Any]]:
    everybody = not any(kept.values())
    found = [tab("全部客户", f"{here}#list", sum(numbers.arms.values()), everybody)]
    for wave in one.waves:
        many = sum(n for (which, _), n in numbers.outcomes.items() if which == wave.number)
        on = kept["wave"] == wave.number and not kept["outcome"]
        found.append(tab(f"第 {wave.number} 波", f"{url(here, wave=wave.number)}#list", many, on))
    return found


async def _wave(
    session: AsyncSession,
    one: CampaignFact,
    wave: WaveFact,
    numbers: Numbers,
    here: str,
    asking: Asking,
    mine: bool,
) -> dict[str, Any]:
    may = set(asking.viewer.roles)
    open_ = mine and one.state in ("approved", "running")
    script = (await scripts_of.by_version(session, [wave.script_version_id])).get(
        wave.script_version_id
    )
    form = WordForm.SINGLE if wave.channel == "todo" else WordForm.BROADCAST
    used = {each.script_code for each in one.waves}
    others = (
        [
            (found.code, found.title)
            for found in await scripts_of.approved_in_form(session, form, asking.at)
            if found.code not in used
        ]
        if open_ and not wave.asked and may & set(roles.EXECUTION)
        else []
    )
    return {
        "number": wave.number, "on": wave.on, "over": wave.ran_on is not None, "channel": CHANNELS[wave.channel],
        "who": WHO[wave.who], "words": _words(script.template if script else ""),
        "script": wave.script_code, "script_href": f"/c/library/{wave.script_code}",
        "version": wave.script_version, "ran_on": wave.ran_on,
        "outcomes": [
            {
                "text": OUTCOMES.get(name, (name, ""))[0], "n": many,
                "kind": OUTCOMES.get(name, (name, ""))[1],
                "href": f"{url(here, wave=wave.number, outcome=name)}#list",
            }
            for (which, name), many in sorted(numbers.outcomes.items())
            if which == wave.number
        ],
        "others": others,
        "asked": {
            "script": wave.asked["code"], "reason": wave.asked["reason"],
            "refused": "您申请的，要由另一位同事批准。"
            if wave.asked["by"] == asking.actor
            else "",
        } if wave.asked and open_ else None,
        "action": f"{here}/waves/{wave.number}",
    }  # fmt: skip


def _words(template: str) -> list[tuple[str, str]]:
    """A template as people read it: what is filled in stands there by its name."""
    pieces = re.split(r"\{\{\s*([a-z_]+)\s*\}\}", template)
    return [
        ("var", FIELDS[piece].label if piece in FIELDS else piece) if place % 2 else ("", piece)
        for place, piece in enumerate(pieces)
        if piece
    ]


def _facts(
    one: CampaignFact, policy: CampaignPolicy, sight: Sight, names: Names
) -> list[tuple[str, str, str]]:
    found = [
        ("类型", policy.kinds.get(one.kind, one.kind), ""),
        ("牵头", f"{sight.unit_name(one.unit_id)}（{policy.levels.of(one.level)}牵头）", ""),
        ("参加机构", _names_of(one, sight), ""),
        ("起止", f"{one.starts_on} 至 {one.ends_on}", "num"),
        ("客群", one.segment_title, ""),
        ("对照组", f"{one.hold_out_percent}%", "num"),
        ("抽签种子", one.seed, "mono"),
        ("每位经理一天", f"{one.per_day} 件", "num"),
        ("提交", names.actor(one.proposed_by), ""),
        ("批准", names.actor(one.decided_by) if one.decided_by else "还没有", ""),
    ]
    if one.opinion:
        found.append(("意见", one.opinion, ""))
    if one.approved_hash:
        found.append(("批准的指纹", one.approved_hash[:16], "mono"))
    if one.stopped_by:
        found.append(("停止", names.actor(one.stopped_by), ""))
    return found


def _names_of(one: CampaignFact, sight: Sight) -> str:
    named = "、".join(sight.unit_name(unit) for unit in one.units[:8])
    return f"{named} 等 {len(one.units)} 家" if len(one.units) > 8 else named


def _team(one: CampaignFact, policy: CampaignPolicy, names: Names) -> list[tuple[str, str, str]]:
    measure = policy.measures.get(one.measure)
    aim = f"{measure.title} {one.target:,} {measure.unit}" if measure else f"{one.target:,}"
    found = [
        ("项目负责人", names.person(one.owner_staff_id), ""),
        ("参与部门", "、".join(policy.departments.get(d, d) for d in one.departments), ""),
        ("考核", aim, "num"),
        ("预算", f"{one.budget_fen / 100:,.0f} 元，可超 {one.overrun_percent}%", "num"),
        ("复盘日", one.review_on.isoformat(), "num"),
    ]
    if one.reviewed_by:
        found.append(("复盘人", names.actor(one.reviewed_by), ""))
    return found
