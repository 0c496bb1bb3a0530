"""The door of the desk: WeCom's QR, the emergency code, and in the demo another person's chair."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from console.errors import PersonUnknown
from console.roles import DESK, ROLE_NAMES
from console.shell import page
from crm_sync.repository.rosters import holders
from crm_sync.repository.staff import staff_by_id
from kit.clock import bank_date
from kit.errors import AppError
from kit.web.guard import public, site_of
from kit.web.signin import PathRefused, own_path
from kit.web.signing_in import let_in

router = APIRouter()
demo_router = APIRouter()
HOME = "/c/"


@router.get(
    "/c/sign-in",
    response_class=HTMLResponse,
    dependencies=[public("the page where one becomes somebody")],
)
async def door(request: Request, next: str = HOME) -> Response:
    """How to sign in."""
    return await sign_in_page(request, next_path=next)


async def sign_in_page(
    request: Request, *, next_path: str = HOME, error: AppError | None = None
) -> Response:
    """The sign-in page, with the reason why the last try was refused."""
    site = site_of(request)
    at = site.clock()
    try:
        next_path = own_path(next_path)
    except PathRefused:
        next_path = HOME
    onward = quote(next_path, safe="/")
    oidc = request.app.state.parts.settings.oidc
    glass = "break-glass" in request.url.path
    context = {
        "csrf_token": "",
        "size": "",
        "today": bank_date(at),
        "now": at,
        "wecom_url": f"/c/sign-in/wecom?next={onward}",
        "oidc_url": f"/c/sign-in/oidc?next={onward}" if oidc.issuer else None,
        "next_path": next_path,
        "error": {
            "what": error.what,
            "do": error.do,
            "code": error.code,
            "where": "break_glass" if glass else "",
        }
        if error
        else None,
        "break_glass": True,
        "demo_people": await _demo_people(request) if site.is_demo else [],
    }
    return page(request, "sign_in", context, status=error.status if error else 200)


async def _demo_people(request: Request) -> list[dict[str, Any]]:
    """One person of each role, for the demo's role switch."""
    site = site_of(request)
    async with site.database.reading() as session:
        first = {role: await holders(session, role, site.clock()) for role in DESK}
        people = await staff_by_id(session, {ids[0] for ids in first.values() if ids})
    return [
        {"staff_id": ids[0], "name": people[ids[0]].name, "role_name": ROLE_NAMES[role]}
        for role, ids in first.items()
        if ids and ids[0] in people
    ]


@demo_router.post(
    "/c/sign-in/demo",
    include_in_schema=False,
    dependencies=[public("the demo's role switch; the route exists in the demo alone")],
)
async def sit_down(
    request: Request,
    staff_id: Annotated[str, Form(max_length=64)],
    next: Annotated[str, Form(max_length=400)] = HOME,
) -> Response:
    """Another person's chair, in the demo alone: refused anywhere else even if the route were there."""
    site = site_of(request)
    known = {one["staff_id"] for one in await _demo_people(request)} if site.is_demo else set()
    if staff_id not in known:
        raise PersonUnknown("没有这位演示人员", do="从登录页选择一位")
    return await let_in(
        request, surface="console", staff_id=staff_id, means="demo", next_path=own_path(next)
    )
