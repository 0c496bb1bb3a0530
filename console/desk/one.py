"""One case: the words with what was hit, as they are read, the rule, two rewrites; three keys."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from archive import alert_lists
from compliance.review import cases, deciding
from compliance.review.facts import Case, CaseState, Source
from compliance.screening.rules import Rule
from config import policy_catalogue
from config.review_desk_policy import ReviewDeskPolicy
from console import roles
from console.audit.talk import EVERY_STATE, rules_of
from console.desk.listed import PATH, SEVERITIES, SOURCES, STATES
from console.desk.settling import alert_first, alert_follows, names_in
from console.levels import demand, may_decide
from console.naming import names_for
from console.shell import page, shell
from console.sight import Sight, sight_of, talks_in
from console.traces import looked
from content_library import repository as scripts_of
from content_library import service
from content_library.facts import State
from kit.web.formats import long_stamp
from kit.web.guard import Asking, Writing, allow
from kit.web.rich import marked

router = APIRouter()


@router.get(PATH + "/{case_id:int}", response_class=HTMLResponse)
async def case_page(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.WATCH)],
    session: Writing,
    case_id: int,
) -> Response:
    """One case with everything a person needs to decide. CaseUnknown out of sight."""
    sight = await sight_of(session, asking.viewer, roles.WATCH)
    case = await cases.one(session, case_id, sight.units)
    place = await looked(session, asking, "case.viewed", f"case:{case.id}", unit=case.unit_id)
    policy = request.app.state.parts.shelf.of(policy_catalogue.REVIEW_DESK)
    others = [one for one in await cases.about(session, case) if one.id != case.id]
    names = await names_for(session, places=[w for w in (case.author, case.decided_by) if w])
    rules = rules_of(request)
    level = policy.level[min(case.level, len(policy.level)) - 1]
    may = (
        case.state is CaseState.OPEN
        and case.author != asking.actor
        and await may_decide(session, asking, level)
    )
    text, kind = SEVERITIES[case.severity]
    state_text, state_kind = STATES[case.state]
    context = await shell(request, session, asking, "screened", view_ref=place)
    context |= {
        "c": {
            "title": rules[case.rule].name if case.rule in rules else case.rule,
            "rule": case.rule,
            "severity_text": text,
            "severity_kind": kind,
            "state_text": state_text,
            "state_kind": state_kind,
            "parts": marked(case.text, case.spans),
            "normalised": request.app.state.parts.screener.normalised(case.text),
            "facts": [
                ("来处", SOURCES[case.source.value], ""),
                ("机构", sight.unit_name(case.unit_id), ""),
                ("谁的话", names.actor(case.author) if case.author else "—", ""),
                ("说话人按", {"manager": "客户经理", "customer": "客户", "content": "内容"}[case.speaker], ""),
                ("拦下时间", long_stamp(case.opened_at), ""),
                ("在哪一级", level.title, ""),
                ("规则库", case.rulebook, "mono"),
            ],
        },
        "rule": _rule(rules.get(case.rule), case),
        "links": await _links(session, case, sight),
        "others": [
            {"href": f"{PATH}/{one.id}", "rule": one.rule, "name": rules[one.rule].name if one.rule in rules else one.rule, "state_text": STATES[one.state][0], "state_kind": STATES[one.state][1]}
            for one in others
        ],
        "keys": _keys(case, policy) if may else None,
        "note": _note(case, asking, level.title, names.actor(case.decided_by) if case.decided_by else ""),
    }  # fmt: skip
    return page(request, "screened_case", context)


def _rule(rule: Rule | None, case: Case) -> dict[str, Any]:
    """What the rule says; a rule that is gone is named as it was."""
    if rule is None:
        return {"name": case.rule, "family": case.family, "law": "规则库里已经没有这条规则", "reason": "", "rewrites": []}  # fmt: skip
    return {
        "name": rule.name,
        "family": rule.family,
        "law": rule.law,
        "reason": rule.reason,
        "rewrites": list(rule.rewrites[:2]),
    }


def _keys(case: Case, policy: ReviewDeskPolicy) -> dict[str, Any]:
    last = case.level >= len(policy.level)
    return {
        "action": f"{PATH}/{case.id}/decide",
        "templates": [(one.name, one.text) for one in policy.template],
        "next_level": "" if last else policy.level[case.level].title,
    }


def _note(case: Case, asking: Asking, level: str, decided_by: str) -> str:
    if case.state is CaseState.MOOT:
        return "这段话在复核之前已经改过或撤回，不计入误拦率。"
    if case.state is not CaseState.OPEN:
        return f"{decided_by}于 {long_stamp(case.decided_at)} 决定：{case.reason}"
    if case.author == asking.actor:
        return "自己的话不能自己复核，要由另一个人决定。"
    return f"这一级由“{level}”决定。"


async def _links(session: AsyncSession, case: Case, sight: Sight) -> list[dict[str, str]]:
    """The thing itself, where the asking person may open it."""
    kind, _, which = case.object.partition(":")
    if kind == "message":
        scope = await talks_in(session, sight)
        wanted = alert_lists.Wanted(states=EVERY_STATE, msgid=which)
        found = await alert_lists.page(session, scope, wanted, limit=1)
        return [{"text": "看前后会话与预警", "href": f"/c/alerts/{found[0].id}"}] if found else []
    if kind == "customer":
        return [{"text": "看这位客户", "href": f"/c/customers/{which}"}]
    if kind == "script":
        return [{"text": "看这条内容", "href": f"/c/library/{which.partition('/')[0]}"}]
    return []


@router.post(PATH + "/{case_id:int}/decide")
async def decide(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.WATCH, fresh=True)],
    session: Writing,
    case_id: int,
    key: Annotated[str, Form(pattern="^(release|return|escalate)$")],
    reason: Annotated[str, Form(max_length=400)] = "",
    template: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """放行, 打回, 升级. LevelNeeded for whoever does not decide at this level; CaseUnknown,
    CaseDecided, ReasonMissing, SecondPersonNeeded."""
    policy = request.app.state.parts.shelf.of(policy_catalogue.REVIEW_DESK)
    sight = await sight_of(session, asking.viewer, roles.WATCH)
    case = await cases.one(session, case_id, sight.units)
    level = policy.level[min(case.level, len(policy.level)) - 1]
    await demand(session, asking, level)
    by, at = asking.actor, asking.at
    await alert_first(session, case, at)
    if key == "escalate":
        done = await deciding.escalate(session, case_id, reason=reason, by=by, at=at, policy=policy)
        said = reason
    elif key == "release":
        done = await deciding.release(
            session, case_id, reason=reason, by=by, at=at, policy=policy,
            names=await names_in(session, case),
        )  # fmt: skip
        said = done.reason
    else:
        done = await deciding.send_back(
            session, case_id, template=template, by=by, at=at, policy=policy,
            names=await names_in(session, case),
        )  # fmt: skip
        said = done.reason
        await _return_content(session, done, asking)
    await alert_follows(session, done, asking, said)
    return RedirectResponse(PATH, status_code=303)


async def _return_content(session: AsyncSession, case: Case, asking: Asking) -> None:
    """Content whose finding is upheld goes back to its author, findings kept."""
    if case.source is not Source.CONTENT:
        return
    code, _, number = case.object.removeprefix("script:").rpartition("/")
    for one in await scripts_of.versions(session, code):
        if str(one.script.version) == number and one.script.state == State.SUBMITTED:
            await service.send_back(
                session, one.script.version_id, by=asking.actor, opinion=case.reason, at=asking.at
            )
            await cases.close_moot(session, [case.object], at=asking.at)
