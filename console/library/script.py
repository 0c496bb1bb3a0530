"""One script: the chosen version, its change, every version, and the step that retires it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from config import policy_catalogue
from console import roles
from console.library import showing
from console.library.item_facts import item_facts, material_panel
from console.library.places import SCRIPTS as PATH
from console.library.places import home_of, next_version_of
from console.library.sends import sent_lately
from console.library.showing import chosen_version
from console.library.used import used
from console.library.wording import LIBRARIES
from console.lists import tab, url
from console.naming import Names, names_for
from console.shell import page, shell
from console.state_words import SCRIPT_STATES
from content_library import repository as scripts_of
from content_library.facts import ApprovedScript, State, VersionFact
from content_library.item_rules import PLAIN
from content_library.timing import timing_text
from delivery import recalling
from kit.web.formats import iso_day
from kit.web.guard import Asking, Reading, Writing, allow

router = APIRouter()
WRITERS: Final = ("ops",)


@router.get(PATH + "/{code}", response_class=HTMLResponse)
async def script(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    code: str,
    version: int | None = None,
    against: int | None = None,
) -> Response:
    """A version of a script, whole or against another one."""
    every = await scripts_of.versions(session, code)
    current = chosen_version(every, None)
    shown = chosen_version(every, version)
    full = await scripts_of.version(session, shown.script.version_id)
    other = chosen_version(every, against) if against is not None else None
    names = await names_for(
        session,
        places=[
            who
            for one in (*every, full)
            for who in (one.author, one.decided_by or "", *(step.by for step in one.steps))
        ],
    )
    text, kind = SCRIPT_STATES[State(current.script.state).value]
    held = set(asking.viewer.roles)
    context = await shell(request, session, asking, "library")
    context |= {
        "s": {
            "code": code,
            "title": current.script.title,
            "state_text": text,
            "state_kind": kind,
            "new_version_url": next_version_of(
                current.script.library, code, current.script.product_code
            )
            if held & set(WRITERS)
            else None,
            "home_url": home_of(current.script.library),
            "preview_url": url(f"{PATH}/{quote(code)}/preview", version=version),
        },
        "shown": _shown(full, other, every),
        "material": await material_panel(
            session, full.script, may_upload=bool(held & set(WRITERS))
        ),
        "versions": [_listed(one, every, names) for one in every],
        "facts": _facts(request, full),
        "sent": {
            "n": await sent_lately(session, asking, code),
            "href": f"{PATH}/{quote(code)}/sends",
        },
        "checks": showing.checks(full.findings),
        "used": await used(request, session, full.script)
        if full.script.state == State.APPROVED
        else [],
        "steps": showing.steps(
            full, names, request.app.state.parts.shelf.of(policy_catalogue.APPROVALS)
        ),
        "retire": {
            "action": f"{PATH}/{quote(code)}/retire",
            "button": f"停用这条{LIBRARIES[current.script.library]}",
            "text": f"停用后所有客户经理都不能再发送第 {current.script.version} 版，待办、备好的话、群发名单里的同时撤回；已发出的不受影响。",
        }
        if current.script.state == State.APPROVED and held & set(roles.CENTRE)
        else None,
    }
    return page(request, "script", context)


def _shown(
    full: VersionFact, other: VersionFact | None, every: Sequence[VersionFact]
) -> dict[str, Any]:
    number, code = full.script.version, full.script.code
    here = f"{PATH}/{quote(code)}"
    before = next((one for one in every if one.script.version == number - 1), None)
    tabs = [tab("全文", url(here, version=number), current=other is None)]
    if before is not None:
        tabs.append(
            tab(
                f"与第 {number - 1} 版对比",
                url(here, version=number, against=number - 1),
                current=other is not None,
            )
        )
    return {
        "version": number,
        "compared_text": f"与第 {other.script.version} 版对比" if other else "",
        "tabs": tabs,
        "parts": showing.change(other.script.template, full.script.template)
        if other
        else showing.words(full.script.template),
        "fields_note": showing.fields_note(full.script),
        "sample": showing.sample(full),
    }


def _listed(one: VersionFact, every: Sequence[VersionFact], names: Names) -> dict[str, Any]:
    number = one.script.version
    here = f"{PATH}/{quote(one.script.code)}"
    text, kind = SCRIPT_STATES[State(one.script.state).value]
    return {
        "version": number,
        "href": url(here, version=number),
        "state_text": text,
        "state_kind": kind,
        "author_name": names.actor(one.author),
        "created_at": one.created_at,
        "decided_by_name": names.actor(one.decided_by) if one.decided_by else "",
        "decided_at": one.decided_at,
        "valid_from": one.script.valid_from,
        "valid_until": one.script.valid_until,
        "template_hash": one.script.template_hash,
        "compare_url": url(here, version=number, against=number - 1)
        if any(other.script.version == number - 1 for other in every)
        else None,
    }


def _facts(request: Request, full: VersionFact) -> list[tuple[str, str, str]]:
    one = full.script
    names = showing.scene_names(request)
    return [
        ("库", LIBRARIES[one.library], ""),
        *_written(one, names),
        ("用途", showing.purpose(one)[0], ""),
        ("客群与层级", showing.audience(one), ""),
        ("产品", showing.product_text(one), ""),
        ("时机", timing_text(one.timing), ""),
        ("有效期", _validity(one), ""),
        ("资质", one.licence or "不限", ""),
        *item_facts(one),
        ("内容指纹", one.template_hash, "mono"),
        ("审批指纹", one.approved_hash or "—", "mono"),
    ]


def _written(one: ApprovedScript, names: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Where words are for, and how: of an article or a material its forms say that."""
    if one.library in PLAIN:
        return []
    return [
        ("场景", showing.scene_text(one.scene, names), ""),
        ("形式", showing.form_text(one), ""),
    ]


def _validity(one: ApprovedScript) -> str:
    begins = f"{iso_day(one.valid_from)} 起" if one.valid_from else "通过即生效"
    return f"{begins}，{f'到 {iso_day(one.valid_until)}' if one.valid_until else '长期'}"


@router.post(PATH + "/{code}/retire")
async def retire(
    asking: Annotated[Asking, allow("console", *roles.CENTRE, fresh=True)],
    session: Writing,
    code: str,
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Recall the version in use: from this commit on nobody can send it, and nothing waits with it."""
    every = await scripts_of.versions(session, code)
    current = next((one for one in every if one.script.state == State.APPROVED), every[0])
    await recalling.recall(
        session, current.script.version_id, by=asking.actor, reason=reason, at=asking.at
    )
    return RedirectResponse(f"{PATH}/{quote(code)}", status_code=303)
