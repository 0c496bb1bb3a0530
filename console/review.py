"""审核: the queue by waiting time; the words beside their change, checks and sample; one decides."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from console import roles
from console.errors import FormRefused
from console.library import showing
from console.lists import choice, tab, url
from console.naming import Names, names_for
from console.shell import page, shell
from console.state_words import FORMS
from content_library import decided, service
from content_library import repository as scripts_of
from content_library.facts import State, VersionFact
from content_library.findings import blocks
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
    context |= {
        "filters": [choice("kind", "类型", [("", "全部"), *FORMS.items()], kind)],
        "pace": "承诺 1 个工作日内审完",
        "tabs": [
            tab("待我审", PATH, len(waiting), mine != "done"),
            tab("我已审", url(PATH, mine="done"), len(done), mine == "done"),
        ],
        "queue": [_queued(one, names, asking, chosen) for one in queue],
        "item": await _item(session, asking, chosen, names, full=full) if chosen else None,
    }
    return page(request, "review", context)


def _queued(
    one: VersionFact, names: Names, asking: Asking, chosen: VersionFact | None
) -> dict[str, Any]:
    since = one.submitted_at or one.created_at
    waiting = one.script.state == State.SUBMITTED
    return {
        "title": f"{one.script.title} 第 {one.script.version} 版",
        "kind": showing.form_text(one.script),
        "by": names.actor(one.submitted_by or one.author),
        "wait": f"等了 {waited(since, asking.at)}" if waiting else "已审",
        "late": waiting and asking.at - since > PROMISE,
        "current": chosen is not None and chosen.script.version_id == one.script.version_id,
        "href": f"{PATH}/{one.script.version_id}",
    }


async def _item(
    session: AsyncSession, asking: Asking, chosen: VersionFact, names: Names, *, full: bool
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
    own = asking.actor in (chosen.author, chosen.submitted_by)
    return {
        "title": script.title,
        "badges": [
            {"text": f"话术 {script.code}", "kind": ""},
            {"text": f"第 {script.version} 版", "kind": "info"},
            {"text": showing.form_text(script), "kind": ""},
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
        "steps": showing.steps(chosen, names),
        "template_hash": script.template_hash,
        "decision": None if own else _decision(chosen, asking, every),
        "rule_note": _note(chosen, asking, own=own),
    }


def _decision(
    chosen: VersionFact, asking: Asking, every: Sequence[VersionFact]
) -> dict[str, Any] | None:
    """What may be decided, by those who may decide; nobody else gets the form at all."""
    if chosen.script.state != State.SUBMITTED or not set(asking.viewer.roles) & set(roles.AUDIT):
        return None
    clean = not blocks(chosen.findings)
    replaced = next((one for one in every if one.script.state == State.APPROVED), None)
    note = "发布后立即可用" + (f"，第 {replaced.script.version} 版同时停用" if replaced else "")
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


def _note(chosen: VersionFact, asking: Asking, *, own: bool) -> str:
    if own:
        return "这一条是你起草或提交的，要由另一个人审。"
    if not set(asking.viewer.roles) & set(roles.AUDIT):
        return "终审由合规审计完成。"
    return "通过后生成内容指纹，发送时逐字比对；改一个字就要重新提交。"


@router.post(PATH + "/{version_id}/decide")
async def decide(
    asking: Annotated[Asking, allow("console", *roles.AUDIT, fresh=True)],
    session: Writing,
    version_id: int,
    decision: Annotated[str, Form(pattern="^(approve|return|reject)$")],
    opinion: Annotated[str, Form(max_length=300)] = "",
    template_hash: Annotated[str, Form(max_length=64)] = "",
    valid_until: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Decide with an opinion; the fingerprint on the page must be that of the words now.

    OwnWork (403) for whoever wrote or submitted it, ChangedSinceSubmission, WordsBlocked.
    """
    by, at = asking.actor, asking.at
    if decision == "approve":
        await service.approve(
            session, version_id, by=by, opinion=opinion, at=at,
            template_hash=template_hash or "not read", valid_until=_day(valid_until),
        )  # fmt: skip
    elif decision == "return":
        await service.send_back(session, version_id, by=by, opinion=opinion, at=at)
    else:
        await service.reject(session, version_id, by=by, opinion=opinion, at=at)
    return RedirectResponse(PATH, status_code=303)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise FormRefused("有效期不是日期", saw=text[:10], do="写成 2026-12-31") from None
