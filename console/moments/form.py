"""The form in which a moment is proposed; a refusal comes back with what was filled in."""

from datetime import date, datetime, time
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from console import roles
from console.moments.listed import PATH
from console.shell import page, shell
from console.sight import Sight, sight_of
from content_library import repository as scripts_of
from content_library.facts import Form as WordForm
from content_library.facts import Library, State
from content_library.materials import in_use
from content_library.timing import timing_text
from crm_sync.segments import repository as segments
from crm_sync.segments.service import IN_FORCE
from delivery.errors import MomentRefused
from delivery.moments import service
from delivery.moments.facts import Known, Proposal
from delivery.moments.rules import IMAGES
from insights.known_elsewhere import known_elsewhere
from kit.clock import bank_moment
from kit.errors import AppError
from kit.web.guard import Asking, Reading, Writing, allow

router = APIRouter()
FIELDS = ("title", "script", "audience", "day", "begins", "ends", "staff")


@router.get(PATH + "/new", response_class=HTMLResponse)
async def new(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Reading,
    script: str = "",
) -> Response:
    """An empty form; ``script`` chooses the words ahead."""
    return await _form(request, asking, session, {**dict.fromkeys(FIELDS, ""), "script": script})


async def _form(
    request: Request,
    asking: Asking,
    session: AsyncSession,
    given: dict[str, Any],
    error: AppError | None = None,
) -> Response:
    parts = request.app.state.parts
    sight = await sight_of(session, asking.viewer, roles.EXECUTION)
    scripts = await scripts_of.approved_in_form(session, WordForm.MOMENT, asking.at)
    ready = await segments.listed(session, (IN_FORCE,))
    kept = await scripts_of.library(
        session, states=(State.APPROVED,), library=Library.MEDIA, limit=200
    )
    found = await in_use(session, [one.script.code for one in kept], asking.at)
    context = await shell(request, session, asking, "moments")
    context |= {
        "error": {"what": error.what, "saw": error.saw, "where": error.where, "do": error.do,
                  "code": error.code} if error else None,
        "scripts": [
            {
                "code": one.code, "title": one.title, "words": one.template,
                "note": "、".join(sorted(one.personas)) or "人人可看",
                "timing": timing_text(one.timing), "on": one.code == given["script"],
            }
            for one in scripts
        ],
        "audiences": [
            *((f"persona:{one.name}", f"客群 · {one.name}") for one in parts.personas.persona),
            *((f"segment:{one.code}", f"客群规则 · {one.title}") for one in ready),
        ],
        "units": [
            {"id": one.unit_id, "name": one.name, "on": one.unit_id in given.get("units", ())}
            for one in sight.tree
            if one.kind != "outlet"
        ],
        "materials": [
            {"code": one.code, "title": one.title, "on": one.code in given.get("materials", ())}
            for one in found.values()
            if one.kind in IMAGES | {"video"} and "moment" in one.forms and one.words_known
        ],
        "given": given,
    }  # fmt: skip
    answer = page(request, "moment_new", context)
    if error:
        answer.status_code = error.status
    return answer


def _when(day: str, clock: str) -> datetime:
    try:
        return bank_moment(date.fromisoformat(day), time.fromisoformat(clock))
    except ValueError:
        raise MomentRefused(
            "日期或时刻没有填对", saw=f"{day} {clock}"[:20], do="选一天，写两个时刻"
        ) from None


def _units(chosen: list[str], sight: Sight) -> tuple[str, ...]:
    """The units that publish, all in sight; without any: the whole of it."""
    if sight.units is None:
        return tuple(chosen)
    if not set(chosen) <= sight.units:
        raise MomentRefused("机构不在您的范围内", do="从列表里选")
    roots = tuple(one.unit_id for one in sight.tree if one.parent_id not in sight.units)
    return tuple(chosen) or roots


@router.post(PATH)
async def propose(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Writing,
    title: Annotated[str, Form(max_length=80)] = "",
    script: Annotated[str, Form(max_length=64)] = "",
    audience: Annotated[str, Form(max_length=60)] = "",
    day: Annotated[str, Form(max_length=10)] = "",
    begins: Annotated[str, Form(max_length=5)] = "",
    ends: Annotated[str, Form(max_length=5)] = "",
    staff: Annotated[str, Form(max_length=2_000)] = "",
    units: Annotated[list[str] | None, Form()] = None,
    materials: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """A proposal that waits for a second person, or the form again with the reason."""
    given = {
        "title": title, "script": script, "audience": audience, "day": day, "begins": begins,
        "ends": ends, "staff": staff, "units": units or [], "materials": materials or [],
    }  # fmt: skip
    parts = request.app.state.parts
    sight = await sight_of(session, asking.viewer, roles.EXECUTION)
    kind, _, which = audience.partition(":")
    try:
        number = await service.propose(
            session,
            Proposal(
                title, script, kind, which, _when(day, begins), _when(day, ends),
                _units(units or [], sight), tuple(staff.replace("，", " ").split()),
                tuple(materials or ()),
            ),
            known=Known(parts.personas, parts.tiers, known_elsewhere()),
            desk=parts.desk,
            by=asking.actor,
            unit_id="hq" if sight.units is None else asking.viewer.unit_id,
            at=asking.at,
        )  # fmt: skip
    except AppError as error:
        return await _form(request, asking, session, given, error)
    return RedirectResponse(f"{PATH}/{number}", status_code=303)
