"""What every page of the desk carries, and how it is rendered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from archive import alert_lists
from compliance.review import cases
from console import roles
from console.navigation import NAVIGATION
from console.roles import ROLE_NAMES
from console.sight import sight_of, talks_in
from content_library import repository as scripts_of
from content_library.facts import State
from crm_sync.repository.staff import staff_by_id, units_by_id
from delivery import worklist
from kit.clock import bank_date
from kit.db import upsert
from kit.web.guard import Asking, Writing, allow, site_of
from kit.web.models import UserPreference

router = APIRouter()


async def shell(
    request: Request,
    session: AsyncSession,
    asking: Asking,
    here: str,
    *,
    view_ref: str = "",
) -> dict[str, Any]:
    """The keys of every page: who I am, where I may go, what waits there."""
    viewer = asking.viewer
    staff = (await staff_by_id(session, [viewer.staff_id])).get(viewer.staff_id)
    unit = (await units_by_id(session, [viewer.unit_id])).get(viewer.unit_id)
    unit_name = unit.name if unit else ""
    role_name = ROLE_NAMES[viewer.role]
    return {
        "csrf_token": asking.csrf_token,
        "size": asking.text_size,
        "today": bank_date(asking.at),
        "now": asking.at,
        "me": {
            "name": staff.name if staff else viewer.staff_id,
            "role_name": f"{unit_name} · {role_name}" if unit_name else role_name,
            "unit_name": unit_name,
        },
        "nav": _navigation(viewer.roles, await _waiting(session, asking), here),
        "here": here,
        "view_ref": view_ref,
    }


def _navigation(
    held: tuple[str, ...], waiting: Mapping[str, int], here: str
) -> list[dict[str, Any]]:
    """The groups this person may open; the first and the one they are in stand open."""
    groups: list[dict[str, Any]] = []
    for title, places in NAVIGATION:
        entries = [
            {
                "id": place.id,
                "text": place.text,
                "icon": place.icon,
                "href": place.href,
                "count": waiting.get(place.id),
                "hot": place.id == "alerts" and bool(waiting.get(place.id)),
            }
            for place in places
            if set(place.roles) & set(held)
        ]
        if entries:
            groups.append(
                {
                    "title": title,
                    "entries": entries,
                    "open": not groups or here in {place.id for place in places},
                    "waiting": sum(waiting.get(place.id, 0) for place in places),
                }
            )
    return groups


async def _waiting(session: AsyncSession, asking: Asking) -> dict[str, int]:
    """What waits behind an entry, by the same counts as the pages there."""
    held = set(asking.viewer.roles)
    found: dict[str, int] = {}
    if held & set(roles.CENTRE):
        found["review"] = (await scripts_of.counts(session))[State.SUBMITTED]
    if held & set(roles.WATCH):
        sight = await sight_of(session, asking.viewer, roles.WATCH)
        scope = await talks_in(session, sight)
        found["screened"] = await cases.count(session, cases.Wanted(units=sight.units))
        found["alerts"] = await alert_lists.count(session, scope, alert_lists.Wanted())
    if held & set(roles.BUSINESS):
        sight = await sight_of(session, asking.viewer, roles.BUSINESS)
        found["work"] = await worklist.count_work(session, units=sight.units)
    return found


TWIN: Final = "/api/v1"
"""Where the JSON twins of pages are, in front of the page's own path."""

OF_THE_SHELL: Final = frozenset(
    {"csrf_token", "size", "today", "now", "me", "nav", "here", "view_ref"}
)


class TwinAnswer(BaseModel):
    """What a page shows, for a machine. ``view_ref`` is the ledger entry of this look, if any."""

    as_of: datetime
    view_ref: str
    data: dict[str, Any]


def page(request: Request, name: str, context: Mapping[str, Any], *, status: int = 200) -> Response:
    """Render ``console/<name>.html``; under ``TWIN`` the same context as JSON."""
    if request.url.path.startswith(f"{TWIN}/"):
        answer = {
            "as_of": site_of(request).clock(),
            "view_ref": context.get("view_ref", ""),
            "data": {key: value for key, value in context.items() if key not in OF_THE_SHELL},
        }
        body = orjson.dumps(answer, default=str, option=orjson.OPT_NON_STR_KEYS)
        return Response(body, status_code=status, media_type="application/json")
    template = site_of(request).templates.get_template(f"console/{name}.html")
    return HTMLResponse(template.render(**context), status_code=status)


def is_fragment(request: Request) -> bool:
    """Whether htmx asked for a part of the page."""
    return request.headers.get("hx-request") == "true"


@router.post("/c/me/text-size")
async def text_size(
    session: Writing,
    asking: Annotated[Asking, allow("console", *roles.DESK)],
    size: Annotated[str, Form(pattern="^(|lg|xl)$")] = "",
) -> Response:
    """标准, 大, 特大: kept for this person on every device."""
    await upsert(
        session,
        UserPreference,
        [{"staff_id": asking.viewer.staff_id, "text_size": size}],
        key=["staff_id"],
        update=["text_size"],
    )
    return RedirectResponse("/c/", status_code=303)
