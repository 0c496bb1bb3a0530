"""The library: the newest version of each script in a state, filtered, with how often it was sent."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from console import roles
from console.library import showing
from console.library.places import places
from console.lists import PER_PAGE, choice, nothing, paging, tab, url, words
from console.shell import page, shell
from console.state_words import PURPOSES, SCRIPT_STATES
from content_library import endings
from content_library import repository as scripts_of
from content_library.facts import Library, State, VersionFact
from delivery.repository import ticket_lists
from kit.clock import bank_date
from kit.web.guard import Asking, Reading, allow

router = APIRouter()
PATH: Final = "/c/library"
MOST: Final = 2_000
"""More scripts than one bank keeps in one state; the filters look through them all."""

TABS: Final = (
    ("", "已发布", (State.APPROVED,)),
    ("submitted", "审核中", (State.SUBMITTED,)),
    ("draft", "草稿", (State.DRAFT,)),
    ("retired", "停用与驳回", (State.RETIRED, State.REJECTED)),
)
SOON: Final = timedelta(days=30)


@router.get(PATH, response_class=HTMLResponse)
async def library(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    q: str = "",
    scene: str = "",
    purpose: str = "",
    persona: str = "",
    ends: str = "",
    status: Annotated[str, Query(alias="state")] = "",
    after: str = "",
) -> Response:
    """Scripts in one state that match, by code."""
    today = bank_date(asking.at)
    states = next((found for key, _, found in TABS if key == status), (State.APPROVED,))
    if ends.isdecimal():
        every = await endings.page(session, today, days=int(ends), limit=MOST)
    else:
        every = await scripts_of.library(session, states=states, limit=MOST)
    found = [one for one in every if _fits(one, q, scene, purpose, persona)]
    rest = [one for one in found if one.script.code > after]
    shown, more = rest[:PER_PAGE], len(rest) > PER_PAGE
    kept = {
        "q": q, "scene": scene, "purpose": purpose, "persona": persona, "ends": ends,
        "state": status,
    }  # fmt: skip
    since = asking.at - timedelta(days=30)
    sent = await ticket_lists.claimed_by_script(session, [one.script.code for one in shown], since)
    context = await shell(request, session, asking, "library")
    context |= {
        "places": places(Library.SCRIPT),
        "new_url": f"{PATH}/new" if set(asking.viewer.roles) & {"ops"} else None,
        "filters": _filters(request, every, q, scene, purpose, persona, ends),
        "tabs": [
            tab(
                text,
                url(PATH, state=key),
                len(await scripts_of.library(session, states=those, limit=MOST)),
                key == status and not ends,
            )
            for key, text, those in TABS
        ],
        "state": None
        if shown
        else nothing("话术", kept.values(), PATH, "新建一条，或运行 gengyun import scripts 导入。"),
        "scripts": [_row(request, one, sent, today) for one in shown],
        "page": paging(
            shown,
            total=len(found),
            next_url=url(PATH, kept, after=shown[-1].script.code) if more else None,
            first_url=url(PATH, kept) if after else None,
        ),
    }
    return page(request, "library", context)


def _fits(one: VersionFact, q: str, scene: str, purpose: str, persona: str) -> bool:
    script = one.script
    asked = q.strip().casefold()
    return (
        (not asked or asked in f"{script.code} {script.title} {script.template}".casefold())
        and (not scene or script.scene == scene)
        and (not purpose or script.purpose == purpose)
        and (not persona or persona in script.personas or script.persona == persona)
    )


def _filters(
    request: Request,
    every: Sequence[VersionFact],
    q: str,
    scene: str,
    purpose: str,
    persona: str,
    ends: str,
) -> list[dict[str, Any]]:
    names = showing.scene_names(request)
    scenes = sorted({one.script.scene for one in every})
    personas = [(one.name, one.title) for one in request.app.state.parts.personas.persona]
    shown = [
        words("q", "找话术", "编号、标题、正文", q),
        choice(
            "scene",
            "场景",
            [("", "全部"), *((one, showing.scene_text(one, names)) for one in scenes)],
            scene,
        ),
        choice(
            "purpose",
            "用途",
            [("", "全部"), *((key, text) for key, (text, _) in PURPOSES.items())],
            purpose,
        ),
        choice("persona", "客群", [("", "全部"), *personas], persona),
    ]
    if ends:
        shown.append(choice("ends", "有效期", [("", "不限"), (ends, f"{ends} 天内失效")], ends))
    return shown


def _row(request: Request, one: VersionFact, sent: dict[str, int], today: date) -> dict[str, Any]:
    script = one.script
    purpose, kind = showing.purpose(script)
    text, colour = SCRIPT_STATES[State(script.state).value]
    ends = script.valid_until
    return {
        "code": script.code,
        "title": script.title,
        "href": f"{PATH}/{quote(script.code)}",
        "scene_text": showing.scene_text(script.scene, showing.scene_names(request)),
        "purpose_text": purpose,
        "purpose_kind": kind,
        "form_text": showing.form_text(script),
        "audience_text": showing.audience(script),
        "version": script.version,
        "valid_until": ends,
        "ends_soon": script.state == State.APPROVED and ends is not None and ends <= today + SOON,
        "sent_30d": sent.get(script.code, 0),
        "reply_rate": None,
        "state_text": text,
        "state_kind": colour,
    }
