"""审核: the queue by waiting time; the words beside their change, checks and sample; one decides."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from compliance.review import cases, deciding
from config import policy_catalogue
from config.approval_policy import ApprovalPolicy, Level
from console import roles
from console.errors import FormRefused
from console.levels import demand, may_decide
from console.library import showing
from console.lists import choice, tab, url
from console.naming import Names, names_for
from console.shell import page, shell
from console.state_words import FORMS
from content_library import decided, service
from content_library import repository as scripts_of
from content_library.facts import State, VersionFact
from content_library.findings import blocks
from delivery import recalling
from delivery.content_review import named
from kit.web.formats import waited
from kit.web.guard import Asking, Reading, Writing, allow

router = APIRouter()
PATH: Final = "/c/review"
PROMISE: Final = timedelta(hours=24)
LONGEST: Final = timedelta(days=365)
MOST: Final = 100


@router.get(PATH, response_class=HTMLResponse)
async def review(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.CENTRE)],
    session: Reading,
    kind: str = "",
    mine: str = "",
) -> Response:
    """The queue."""
    return await _page(request, session, asking, None, kind=kind, mine=mine)


@router.get(PATH + "/{version_id}", response_class=HTMLResponse)
async def one(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.CENTRE)],
    session: Reading,
    version_id: int,
    kind: str = "",
    view: str = "",
) -> Response:
    """One version to be judged, beside the queue. ScriptUnknown for one that is not there."""
    found = await scripts_of.version(session, version_id)
    return await _page(request, session, asking, found, kind=kind, full=view == "full")


async def _page(
    request: Request,
    session: AsyncSession,
    asking: Asking,
    chosen: VersionFact | None,
    *,
    kind: str = "",
    mine: str = "",
    full: bool = False,
) -> Response:
    waiting = await scripts_of.waiting(session, limit=MOST)
    done = await decided.by_person(session, asking.actor, limit=MOST)
    queue = done if mine == "done" else [one for one in waiting if kind in ("", one.script.form)]
    names = await names_for(
        session,
        places=[who for one in queue for who in (one.submitted_by or one.author,)]
        + ([who for step in chosen.steps for who in (step.by,)] if chosen else []),
    )
    context = await shell(request, session, asking, "review")
    policy = request.app.state.parts.shelf.of(policy_catalogue.APPROVALS)
    context |= {
        "filters": [choice("kind", "类型", [("", "全部"), *FORMS.items()], kind)],
        "pace": "承诺 1 个工作日内审完",
        "tabs": [
            tab("待我审", PATH, len(waiting), mine != "done"),
            tab("我已审", url(PATH, mine="done"), len(done), mine == "done"),
        ],
        "queue": [_queued(one, names, asking, chosen, policy) for one in queue],
        "item": await _item(session, asking, chosen, names, policy, full=full) if chosen else None,
    }
    return page(request, "review", context)


def _level(one: VersionFact, policy: ApprovalPolicy) -> Level:
    """The level that decides on a version next."""
    return policy.level(
        checked=one.checked_by is not None,
        library=one.script.library,
        product_kind=one.script.product_kind,
        purpose=one.script.purpose,
    )


def _queued(
    one: VersionFact,
    names: Names,
    asking: Asking,
    chosen: VersionFact | None,
    policy: ApprovalPolicy,
) -> dict[str, Any]:
    since = one.submitted_at or one.created_at
    waiting = one.script.state == State.SUBMITTED
    return {
        "title": f"{one.script.title} 第 {one.script.version} 版",
        "kind": _level(one, policy).title if waiting else showing.form_text(one.script),
        "by": names.actor(one.submitted_by or one.author),
        "wait": f"等了 {waited(since, asking.at)}" if waiting else "已审",
        "late": waiting and asking.at - since > PROMISE,
        "current": chosen is not None and chosen.script.version_id == one.script.version_id,
        "href": f"{PATH}/{one.script.version_id}",
    }


async def _item(
    session: AsyncSession,
    asking: Asking,
    chosen: VersionFact,
    names: Names,
    policy: ApprovalPolicy,
    *,
    full: bool,
) -> dict[str, Any]:
    script = chosen.script
    every = await scripts_of.versions(session, script.code)
    before = next((one for one in every if one.script.version < script.version), None)
    here = f"{PATH}/{script.version_id}"
    tabs = [tab("全文", url(here, view="full"), current=full or before is None)]
    if before is not None:
        name = f"与第 {before.script.version} 版对比"
        tabs.insert(0, tab(name, here, current=not full))
    tabs.append(tab("全部版本", f"/c/library/{script.code}"))
    tabs.append(tab("样本客户试填", f"{here}/preview"))
    own = asking.actor in (chosen.author, chosen.submitted_by, chosen.checked_by)
    level = _level(chosen, policy)
    may = not own and await may_decide(session, asking, level)
    return {
        "title": script.title,
        "badges": [
            {"text": f"话术 {script.code}", "kind": ""},
            {"text": f"第 {script.version} 版", "kind": "info"},
            {"text": showing.form_text(script), "kind": ""},
            *([{"text": level.title, "kind": "warn"}] if script.state == State.SUBMITTED else []),
        ],
        "about": " · ".join(
            part
            for part in (
                f"面向 {showing.audience(script)}",
                f"用途 {showing.purpose(script)[0]}",
                f"提交理由：{chosen.submit_reason}" if chosen.submit_reason else "",
            )
            if part
        ),
        "tabs": tabs,
        "parts": showing.words(script.template)
        if full or before is None
        else showing.change(before.script.template, script.template),
        "fields_note": showing.fields_note(script),
        "sample": showing.sample(chosen),
        "checks": showing.checks(chosen.findings),
        "steps": showing.steps(chosen, names, policy),
        "template_hash": script.template_hash,
        "decision": _decision(chosen, asking, every, final=level is policy.final) if may else None,
        "rule_note": _note(chosen, level, own=own, may=may),
    }


def _decision(
    chosen: VersionFact, asking: Asking, every: Sequence[VersionFact], *, final: bool
) -> dict[str, Any] | None:
    """What may be decided, by those who may decide; nobody else gets the form at all."""
    if chosen.script.state != State.SUBMITTED:
        return None
    clean = not blocks(chosen.findings)
    replaced = next((one for one in every if one.script.state == State.APPROVED), None)
    note = "发布后立即可用" + (f"，第 {replaced.script.version} 版同时停用" if replaced else "")
    if not final:
        note = "讲产品的内容要两级审批：通过后交给另一位同事终审，现在还不能用"
    return {
        "action": f"{PATH}/{chosen.script.version_id}/decide",
        "valid_until": chosen.script.valid_until,
        "latest": (asking.at + LONGEST).date(),
        "options": [
            {
                "value": "approve",
                "text": "通过",
                "note": note if clean else "自动检查发现不得出现的说法，不能通过",
                "allowed": clean,
            },
            {
                "value": "return",
                "text": "退回修改",
                "note": "回到提交人，保留本次检查结果",
                "allowed": True,
            },
            {"value": "reject", "text": "驳回", "note": "本版作废，需重新提交", "allowed": True},
        ],
    }


def _note(chosen: VersionFact, level: Level, *, own: bool, may: bool) -> str:
    if chosen.script.state != State.SUBMITTED:
        return ""
    if own and chosen.checked_by is not None:
        return "起草、提交、初审、终审不能是同一个人，这一条要由另一个人终审。"
    if own:
        return "这一条是你起草或提交的，要由另一个人审。"
    if not may:
        return f"这一级由“{level.title}”决定。"
    return "通过后生成内容指纹，发送时逐字比对；改一个字就要重新提交。"


@router.post(PATH + "/{version_id}/decide")
async def decide(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.CENTRE, fresh=True)],
    session: Writing,
    version_id: int,
    decision: Annotated[str, Form(pattern="^(approve|return|reject)$")],
    opinion: Annotated[str, Form(max_length=300)] = "",
    template_hash: Annotated[str, Form(max_length=64)] = "",
    valid_until: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Decide with an opinion; the fingerprint on the page must be that of the words now.

    OwnWork (403) for whoever wrote, submitted or first checked it, LevelNeeded (403) for whoever
    does not decide at this level, ChangedSinceSubmission, WordsBlocked.
    """
    by, at = asking.actor, asking.at
    policy = request.app.state.parts.shelf.of(policy_catalogue.APPROVALS)
    version = await scripts_of.version(session, version_id)
    await demand(session, asking, _level(version, policy))
    thing = named(version.script.code, version.script.version)
    if decision == "approve":
        in_use = await recalling.approve(
            session, version_id, by=by, opinion=opinion, at=at,
            template_hash=template_hash or "not read", valid_until=_day(valid_until),
            policy=policy,
        )  # fmt: skip
        if in_use:
            desk = request.app.state.parts.shelf.of(policy_catalogue.REVIEW_DESK)
            await deciding.accept_all(session, thing, opinion=opinion, by=by, at=at, policy=desk)
    elif decision == "return":
        await service.send_back(session, version_id, by=by, opinion=opinion, at=at)
    else:
        await service.reject(session, version_id, by=by, opinion=opinion, at=at)
    if decision != "approve":
        await cases.close_moot(session, [thing], at=at)
    return RedirectResponse(PATH, status_code=303)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise FormRefused("有效期不是日期", saw=text[:10], do="写成 2026-12-31") from None
