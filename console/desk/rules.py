"""误拦率: each rule's released share over the window, its lists behind it, lowering and raising."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from compliance.review import lessons, lowering, rates
from compliance.review.facts import Lowering, Rate
from compliance.screening.rules import Rule
from config import policy_catalogue
from config.review_desk_policy import ReviewDeskPolicy
from console import roles
from console.audit.talk import rules_of
from console.desk.listed import PATH
from console.lists import nothing, tab, url
from console.naming import Names, names_for
from console.shell import page, shell
from delivery.worklist import close_open
from kit.web.guard import Asking, Reading, Writing, allow

router = APIRouter()
HERE = f"{PATH}/rules"
HELD = {
    "lowered": ("已降为复核", "warn"),
    "raise_asked": ("申请恢复，等另一人", "info"),
    "raised": ("已恢复", "ok"),
}


@router.get(HERE, response_class=HTMLResponse)
async def rules(
    request: Request, asking: Annotated[Asking, allow("console", *roles.AUDIT)], session: Reading
) -> Response:
    """Every rule with decisions in the window, by rulebook, and what was lowered."""
    policy = request.app.state.parts.shelf.of(policy_catalogue.REVIEW_DESK)
    since = asking.at - timedelta(days=policy.window_days)
    found = await rates.rates(session, since)
    every = await lowering.every(session)
    known = rules_of(request)
    held = {one.rule: one for one in every if one.state in lowering.HOLDING}
    people = [w for one in every for w in (one.lowered_by, one.raise_asked_by, one.raised_by) if w]
    names = await names_for(session, places=people)
    context = await shell(request, session, asking, "screened")
    context |= {
        "tabs": [tab("复核台", PATH), tab("误拦率", HERE, current=True)],
        "how": f"误拦率 = 放行 ÷（放行＋打回），看近 {policy.window_days} 天；满 {policy.least_decisions} 件决定且超过 {policy.most_released_percent}% 的拦截规则，系统自动降为“要人复核”并告诉负责人，恢复要两个人。",
        "lessons": await lessons.count(session),
        "state": None if found else nothing("决定", (), HERE, "复核台有了决定，这里就有每条规则的误拦率。"),
        "rules": [_rate(one, known, held, policy) for one in found],
        "lowered": [_lowering(one, known, names, asking) for one in every],
    }  # fmt: skip
    return page(request, "screened_rules", context)


def _rate(
    one: Rate, known: Mapping[str, Rule], held: Mapping[str, Lowering], policy: ReviewDeskPolicy
) -> dict[str, Any]:
    percent = one.percent
    strict = (
        percent is not None
        and percent > policy.most_released_percent
        and one.decided >= policy.least_decisions
    )
    narrowed = {"rule": one.rule, "rulebook": one.rulebook}
    return {
        "rule": one.rule,
        "name": known[one.rule].name if one.rule in known else "规则库里已经没有",
        "rulebook": one.rulebook,
        "percent": f"{percent:.1f}%" if percent is not None else "—",
        "bad": strict,
        "few": one.decided < policy.least_decisions,
        "released": one.released,
        "released_url": url(PATH, narrowed, state="released"),
        "decided": one.decided,
        "decided_url": url(PATH, narrowed, state="decided"),
        "returned": one.returned,
        "returned_url": url(PATH, narrowed, state="returned"),
        "open": one.open,
        "open_url": url(PATH, narrowed, state="open"),
        "held_text": HELD[held[one.rule].state][0] if one.rule in held else "",
    }


def _lowering(
    one: Lowering, known: Mapping[str, Rule], names: Names, asking: Asking
) -> dict[str, Any]:
    text, kind = HELD[one.state]
    path = f"{HERE}/{one.rule}"
    return {
        "rule": one.rule,
        "name": known[one.rule].name if one.rule in known else one.rule,
        "state_text": text,
        "state_kind": kind,
        "why": one.why,
        "list_url": url(PATH, rule=one.rule, state="released"),
        "lowered_at": one.lowered_at,
        "lowered_by": names.actor(one.lowered_by),
        "asked_text": f"{names.actor(one.raise_asked_by)}：{one.raise_reason}"
        if one.raise_asked_by
        else "",
        "raised_text": f"{names.actor(one.raised_by)}：{one.raise_opinion}"
        if one.raised_by
        else "",
        "ask_url": f"{path}/ask-raise" if one.state == "lowered" else None,
        "decide_url": f"{path}/raise"
        if one.state == "raise_asked" and one.raise_asked_by != asking.actor
        else None,
    }


@router.post(HERE + "/{rule}/ask-raise")
async def ask_raise(
    asking: Annotated[Asking, allow("console", *roles.AUDIT, fresh=True)],
    session: Writing,
    rule: str,
    reason: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """Ask that a lowered rule may block again; a second person decides."""
    await lowering.ask_raise(session, rule, reason=reason, by=asking.actor, at=asking.at)
    return RedirectResponse(HERE, status_code=303)


@router.post(HERE + "/{rule}/raise")
async def decide_raise(
    asking: Annotated[Asking, allow("console", *roles.AUDIT, fresh=True)],
    session: Writing,
    rule: str,
    decision: Annotated[str, Form(pattern="^(agree|refuse)$")],
    opinion: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """Let the rule block again, or not. SecondPersonNeeded for whoever asked."""
    done = await lowering.decide_raise(
        session, rule, agree=decision == "agree", opinion=opinion, by=asking.actor, at=asking.at
    )
    if done.state == "raised":
        await close_open(
            session, [lowering.work_key(done)], by=asking.actor,
            resolution=f"规则已恢复：{opinion}"[:400], at=asking.at,
        )  # fmt: skip
    return RedirectResponse(HERE, status_code=303)
