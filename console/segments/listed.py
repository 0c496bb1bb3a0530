"""客群规则: every segment with its sentence and how many it holds, and what is ready to install."""

from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from config import policy_catalogue
from config.conditions import Condition
from config.segment_policy import Pack, SegmentPolicy
from console import roles
from console.errors import FormRefused
from console.lists import choice, nothing, state, url
from console.personas.listed import PATH as PERSONAS
from console.shell import page, shell
from console.sight import Sight, sight_of
from crm_sync.repository import listing
from crm_sync.repository.listing import Wanted
from crm_sync.rules.conditions import Frame, sentence
from crm_sync.segments import repository, service
from crm_sync.segments.facts import SegmentFact
from insights.known_elsewhere import known_elsewhere
from kit.web.guard import Asking, Reading, Writing, allow

router = APIRouter()
PATH: Final = "/c/segments"
STATES: Final = {"draft": ("草稿", ""), "in_force": ("启用", "ok"), "retired": ("停用", "warn")}
EDITORS: Final = ("ops",)


def frame_of(request: Request, asking: Asking) -> Frame:
    """The moment and the policies that conditions are judged by."""
    parts = request.app.state.parts
    return Frame(asking.at, parts.personas, parts.tiers)


def wanted(session: AsyncSession, condition: Condition, frame: Frame, sight: Sight) -> Wanted:
    """A segment's customers in sight; the count, the samples and the list ask the same."""
    inside = repository.members(session, condition, frame, known_elsewhere())
    return Wanted(units=sight.units, within=(inside,))


@router.get(PATH, response_class=HTMLResponse)
async def segments(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    show: str = "",
) -> Response:
    """Every segment; ``show`` one state alone."""
    frame = frame_of(request, asking)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    states = [show] if show in STATES else []
    found = await repository.listed(session, states)
    rows = [await _row(session, one, frame, sight) for one in found]
    ready: SegmentPolicy = request.app.state.parts.shelf.of(policy_catalogue.SEGMENTS)
    present = {one.code for one in await repository.listed(session)}
    context = await shell(request, session, asking, "segments")
    options = [("", "全部"), *((name, text) for name, (text, _) in STATES.items())]
    context |= {
        "segments": rows,
        "filters": [choice("show", "状态", options, show)],
        "state": None if rows else _empty(show),
        "may_edit": bool(set(asking.viewer.roles) & set(EDITORS)),
        "packs": [_pack(one, present) for one in ready.pack],
        "templates": [
            {
                "title": one.title,
                "about": one.about,
                "code": one.code,
                "parameters": [
                    {"name": f"p.{p.name}", "title": p.title, "default": p.default}
                    for p in one.parameters
                ],
            }
            for one in ready.template
        ],
        "personas_url": PERSONAS,
    }
    return page(request, "segments", context)


def _empty(show: str) -> dict[str, Any]:
    if show:
        return nothing("客群规则", [show], PATH, "")
    return state(
        "first_use", "还没有客群规则", "可以先装一个特色客群，或用“定期快到期，可营销”这个模板。",
        action=("新建客群规则", f"{PATH}/new"),
    )  # fmt: skip


async def _row(
    session: AsyncSession, one: SegmentFact, frame: Frame, sight: Sight
) -> dict[str, Any]:
    text, kind = STATES[one.state]
    href = f"{PATH}/{quote(one.code)}"
    return {
        "code": one.code,
        "title": one.title,
        "href": href,
        "sentence": one.version.sentence,
        "state": {"text": text, "kind": kind},
        "version": one.version.number,
        "changed_at": one.changed_at,
        "customers": await listing.count(
            session, wanted(session, one.version.condition, frame, sight)
        ),
        "customers_url": f"{href}#list",
        "uses": one.uses,
        "uses_url": f"{href}#uses",
    }


def _pack(one: Pack, present: set[str]) -> dict[str, Any]:
    return {
        "code": one.code,
        "title": one.title,
        "sentence": sentence(one.conditions),
        "href": f"{PATH}/packs#{one.code}",
        "installed": f"{PATH}/{one.code}" if one.code in present else "",
        "install": f"{PATH}/packs/{one.code}",
    }


@router.get(PATH + "/packs", response_class=HTMLResponse)
async def packs(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
) -> Response:
    """The playbook of every special group: needs, strategy, where they come from."""
    frame = frame_of(request, asking)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    ready: SegmentPolicy = request.app.state.parts.shelf.of(policy_catalogue.SEGMENTS)
    present = {one.code for one in await repository.listed(session)}
    context = await shell(request, session, asking, "segments")
    rows = []
    for one in ready.pack:
        number = await listing.count(session, wanted(session, one.conditions, frame, sight))
        installed = one.code in present
        rows.append(
            _pack(one, present)
            | {
                "customers": number,
                "customers_url": url(f"{PATH}/{one.code}" if installed else f"{PATH}/new")
                + ("#list" if installed else f"?pack={one.code}"),
                "lists": [
                    ("需要什么", one.needs),
                    ("怎么经营", one.strategy),
                    ("从哪里来", one.channels),
                    ("要避免什么", one.cautions),
                ],
                "ceiling": f"R{one.risk_ceiling}" if one.risk_ceiling else "按测评",
                "source": one.source,
            }
        )
    context |= {
        "packs": rows,
        "back_url": PATH,
        "may_edit": bool(set(asking.viewer.roles) & set(EDITORS)),
    }
    return page(request, "segment_packs", context)


@router.post(PATH + "/packs/{code}", response_class=HTMLResponse)
async def install(
    request: Request,
    asking: Annotated[Asking, allow("console", *EDITORS)],
    session: Writing,
    code: str,
    reason: Annotated[str, Form(max_length=200)] = "按特色客群的成套打法安装",
) -> Response:
    """Install a ready package as a segment in force."""
    ready: SegmentPolicy = request.app.state.parts.shelf.of(policy_catalogue.SEGMENTS)
    pack = next((one for one in ready.pack if one.code == code), None)
    if pack is None:
        raise FormRefused("没有这个特色客群", saw=code[:40], do="从列表里选一个")
    if any(one.code == code for one in await repository.listed(session)):
        return RedirectResponse(f"{PATH}/{code}", status_code=303)
    await service.save(
        session, code, pack.title, pack.conditions, policy=request.app.state.parts.personas,
        by=asking.actor, at=asking.at, reason=reason, pack=code, request_id=asking.request_id,
    )  # fmt: skip
    await service.put_in_force(
        session, code, by=asking.actor, at=asking.at, reason=reason, request_id=asking.request_id
    )
    return RedirectResponse(f"{PATH}/{code}", status_code=303)
