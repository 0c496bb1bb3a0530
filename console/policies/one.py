"""One policy: its text, its history, a change proposed, the proposal compared and decided."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from config import policy_files
from config.policy_catalogue import Kind
from console import roles
from console.naming import Names, names_for
from console.policies.listed import PATH
from console.shell import page, shell
from kit.errors import AppError
from kit.policies import repository, service
from kit.policies.changes import changes, compared
from kit.policies.errors import PolicyRefused, PolicyUnknown
from kit.policies.facts import State, Version
from kit.policies.reading import kind_of, values_of
from kit.web.guard import Asking, Reading, Writing, allow

router = APIRouter()
STATES: Final = {
    State.PROPOSED: ("等复核", "warn"),
    State.IN_FORCE: ("生效中", "ok"),
    State.REPLACED: ("已被替代", ""),
    State.REFUSED: ("退回", "danger"),
    State.WITHDRAWN: ("撤回", ""),
}


@router.get(PATH + "/{name}", response_class=HTMLResponse)
async def policy(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.CENTRE)],
    session: Reading,
    name: str,
    version: int | None = None,
) -> Response:
    """The policy as it holds, or one of its versions. PolicyUnknown for one that is not there."""
    return await _page(request, session, asking, kind_of(name), version=version)


async def _page(
    request: Request,
    session: AsyncSession,
    asking: Asking,
    kind: Kind[Any],
    *,
    version: int | None = None,
    draft: str = "",
    reason: str = "",
    error: AppError | None = None,
) -> Response:
    every = await repository.versions(session, kind.name)
    number, holds = await service.text_in_force(session, kind.name)
    shown = _shown(kind, every, number if version is None else version)
    before = _shown(kind, every, shown.based_on) if shown else None
    waits = next((one for one in every if one.state is State.PROPOSED), None)
    people = [who for one in every for who in (one.proposed_by, one.decided_by) if who]
    names = await names_for(session, places=people)
    context = await shell(request, session, asking, "policies")
    new = shown.text if shown else policy_files.text(kind.name)
    old = before.text if before else policy_files.text(kind.name)
    context |= {
        "title": kind.title,
        "name": kind.name,
        "here": f"{PATH}/{kind.name}",
        "now_text": f"第 {number} 版" if number else "出厂设置",
        "shown": {
            "number": shown.number if shown else 0,
            "heading": f"第 {shown.number} 版" if shown else "出厂设置",
            "text": new,
            "against": f"与第 {shown.based_on} 版比"
            if shown and shown.based_on
            else "与出厂设置比",
            "changes": changes(values_of(kind, old), values_of(kind, new)) if shown else [],
            "lines": compared(old, new) if shown else [],
        },
        "decision": _decision(shown, asking) if shown else None,
        "versions": [_version(one, names, shown) for one in every],
        "may_propose": waits is None,
        "waits_href": f"{PATH}/{kind.name}?version={waits.number}" if waits else "",
        "draft": draft or holds,
        "reason": reason,
        "error": error.as_dict() if error else None,
    }
    return page(request, "policy", context)


def _shown(kind: Kind[Any], every: list[Version], number: int) -> Version | None:
    if number == 0:
        return None
    found = next((one for one in every if one.number == number), None)
    if found is None:
        raise PolicyUnknown(
            "没有这一版策略", saw=f"{kind.title} 第 {number} 版", do="从列表里选一版"
        )
    return found


def _decision(shown: Version, asking: Asking) -> dict[str, Any] | None:
    if shown.state is not State.PROPOSED:
        return None
    own = shown.proposed_by == asking.actor
    options = [("refuse", "撤回", "这份修改作废")] if own else [
        ("approve", "同意生效", "一分钟内所有进程按新版本办"),
        ("refuse", "退回", "提交人改好后可再提交"),
    ]  # fmt: skip
    return {
        "action": f"{PATH}/{shown.name}/{shown.number}/decide",
        "options": [{"value": value, "text": text, "note": note} for value, text, note in options],
        "own": own,
    }


def _version(one: Version, names: Names, shown: Version | None) -> dict[str, Any]:
    text, colour = STATES[one.state]
    return {
        "number": one.number,
        "href": f"{PATH}/{one.name}?version={one.number}",
        "current": shown is not None and shown.number == one.number,
        "state_text": text,
        "state_kind": colour,
        "reason": one.reason,
        "proposed_by": names.actor(one.proposed_by),
        "proposed_at": one.proposed_at,
        "decided_by": names.actor(one.decided_by) if one.decided_by else "",
        "decided_at": one.decided_at,
        "opinion": one.opinion,
        "digest": one.digest,
    }


@router.post(PATH + "/{name}")
async def propose(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.CENTRE)],
    session: Writing,
    name: str,
    text: Annotated[str, Form(max_length=200_000)] = "",
    reason: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """Propose a change; a text that cannot be read comes back as it was typed, with the place."""
    kind = kind_of(name)
    try:
        number = await service.propose(
            session, name, text, reason=reason, by=asking.actor, at=asking.at
        )
    except PolicyRefused as error:
        refused = await _page(
            request, session, asking, kind, draft=text, reason=reason, error=error
        )
        refused.status_code = error.status
        return refused
    return RedirectResponse(f"{PATH}/{name}?version={number}", status_code=303)


@router.post(PATH + "/{name}/{number}/decide")
async def decide(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.CENTRE)],
    session: Writing,
    name: str,
    number: int,
    decision: Annotated[str, Form(max_length=10)],
    opinion: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """Put a proposal in force or refuse it. Raises what ``kit.policies.service`` raises."""
    settle = service.approve if decision == "approve" else service.refuse
    await settle(session, name, number, opinion=opinion, by=asking.actor, at=asking.at)
    return RedirectResponse(f"{PATH}/{name}", status_code=303)
