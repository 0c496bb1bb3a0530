"""One segment: its sentence, who is in it and why, its versions, who relies on it."""

from itertools import pairwise
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console import roles
from console.lists import PER_PAGE, nothing, paging, url
from console.naming import names_for
from console.segments.listed import EDITORS, PATH, STATES, frame_of, wanted
from console.shell import page, shell
from console.sight import sight_of
from console.traces import looked
from content_library.diff import compare
from crm_sync.repository import listing
from crm_sync.segments import repository, service
from crm_sync.segments.facts import VersionFact
from insights.known_elsewhere import known_elsewhere
from kit.web.formats import masked_name, masked_number
from kit.web.guard import Asking, Writing, allow
from kit.web.rich import Part

router = APIRouter()


@router.get(PATH + "/{code}", response_class=HTMLResponse)
async def segment(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    code: str,
    unit: str = "",
    after: int = 0,
) -> Response:
    """One segment and its customers in sight. SegmentUnknown for one that is not there."""
    found = await repository.segment(session, code)
    frame = frame_of(request, asking)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit)
    condition = found.version.condition
    asked = wanted(session, condition, frame, sight)
    total = await listing.count(session, asked)
    rows = await listing.page(session, asked, limit=PER_PAGE + 1, after=after)
    shown, more = rows[:PER_PAGE], len(rows) > PER_PAGE
    ids = [one.customer_id for one in shown]
    told = await repository.reasons(session, condition, ids, frame, known_elsewhere())
    place = await looked(
        session, asking, "segment.viewed", f"segment:{code}",
        payload={"version": found.version.number, "unit": unit, "shown": ids},
    )  # fmt: skip
    every = await repository.versions(session, code)
    names = await names_for(session, places=[one.by for one in every])
    here = f"{PATH}/{quote(code)}"
    context = await shell(request, session, asking, "segments", view_ref=place)
    text, kind = STATES[found.state]
    context |= {
        "code": code,
        "title": found.title,
        "path": here,
        "back_url": PATH,
        "badge": {"text": text, "kind": kind},
        "sentence": found.version.sentence,
        "number": found.version.number,
        "customers": total,
        "members": [
            {
                "name": masked_name(one.name),
                "customer_no": masked_number(one.customer_no),
                "href": f"/c/customers/{one.customer_id}",
                "unit_name": sight.unit_name(one.unit_id),
                "why": "；".join(told[one.customer_id].why),
            }
            for one in shown
        ],
        "state": None if shown else nothing("客户", [unit], here, "现在没有客户符合这条规则。"),
        "page": paging(
            shown,
            total=total,
            next_url=url(here, {"unit": unit}, after=shown[-1].customer_id) if more else None,
            first_url=url(here, {"unit": unit}) if after else None,
        ),
        "versions": [
            {
                "number": one.number,
                "by": names.actor(one.by),
                "at": one.at,
                "reason": one.reason,
                "sentence": _changed(one, before),
                "renamed": before.title if before and before.title != one.title else "",
            }
            for one, before in pairwise([*every, None])
            if one is not None
        ],
        "uses": [{"title": one.title or one.ref, "at": one.at} for one in await repository.used_by(session, code)],
        "may_edit": bool(set(asking.viewer.roles) & set(EDITORS)),
        "edit_url": f"{here}/edit",
        "acts": _acts(found.state),
        "state_url": f"{here}/state",
    }  # fmt: skip
    return page(request, "segment", context)


def _changed(now: VersionFact, before: VersionFact | None) -> list[Part]:
    """The sentence of a version, with what was taken out and put in since the one before it."""
    if before is None:
        return [("", now.sentence)]
    kinds = {"keep": "", "del": "del", "ins": "ins"}
    return [(kinds[one.kind], one.text) for one in compare(before.sentence, now.sentence)]


def _acts(state: str) -> list[tuple[str, str]]:
    if state == service.IN_FORCE:
        return [("retire", "停用")]
    return [("in_force", "启用")]


@router.post(PATH + "/{code}/state", response_class=HTMLResponse)
async def move(
    asking: Annotated[Asking, allow("console", *EDITORS)],
    session: Writing,
    code: str,
    act: Annotated[str, Form(pattern="^(in_force|retire)$")],
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Put a segment in force, or retire it, with the reason."""
    done = service.put_in_force if act == "in_force" else service.retire
    await done(
        session, code, by=asking.actor, at=asking.at, reason=reason, request_id=asking.request_id
    )
    return RedirectResponse(f"{PATH}/{quote(code)}", status_code=303)
