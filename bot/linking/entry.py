"""The way in: what is asked and why, then WeChat's word on who is there."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.linking.shell import HOME, SIZE_COOKIE, SIZES, page, told, visit_cookie
from config import policy_catalogue
from crm_sync.linking import visits
from kit.errors import AppError
from kit.web import signin
from kit.web.guard import public, site_of
from kit.web.signing_in import browser_cookie, set_cookie
from wecom import oauth
from wecom.errors import WecomError

router = APIRouter()
SURFACE: Final = "link"
FORM: Final = f"{HOME}/who"


@router.get(
    HOME,
    response_class=HTMLResponse,
    dependencies=[public("a customer's first page: nobody is signed in, nothing is shown")],
)
async def begin(request: Request) -> Response:
    """What the link is for and what is collected, before anything is."""
    parts = request.app.state.parts
    notice = parts.shelf.of(policy_catalogue.LINKING).notice
    return page(request, "begin", {"notice": notice, "open": parts.codes is not None})


@router.get(
    f"{HOME}/start",
    include_in_schema=False,
    dependencies=[public("the way to WeChat's identity; holds one one-time state a browser")],
)
async def start(request: Request) -> Response:
    """To WeChat with a one-time state; its secret half stays in this browser's cookie.

    WeCom's OAuth knows no PKCE: the cookie is the verifier, the row keeps its hash.
    """
    site, parts = site_of(request), request.app.state.parts
    if parts.codes is None:
        return closed(request)
    async with site.database.transaction() as session:
        begun = await signin.begin(
            session,
            surface=SURFACE,
            next_path=FORM,
            at=site.clock(),
            browser=request.cookies.get(browser_cookie(site), ""),
        )
    wecom = parts.settings.wecom
    target = oauth.authorize_url(
        wecom.corp_id,
        wecom.agent_id,
        f"{site.public_url}{HOME}/back",
        begun.state,
        base=f"{wecom.oauth_base}/connect/oauth2/authorize",
    )
    response = RedirectResponse(target, status_code=303)
    set_cookie(response, site, browser_cookie(site), begun.browser, 3600)
    return response


@router.get(
    f"{HOME}/back",
    include_in_schema=False,
    dependencies=[public("the browser comes back with its one-time state")],
)
async def back(request: Request, code: str = "", state: str = "") -> Response:
    """WeChat says who is there; a visit of a few minutes begins."""
    site, parts = site_of(request), request.app.state.parts
    at = site.clock()
    try:
        async with site.database.transaction() as session:
            await signin.finish(
                session,
                state=state,
                browser=request.cookies.get(browser_cookie(site), ""),
                surface=SURFACE,
                at=at,
            )
        who = await oauth.who(parts.wecom, code)
    except (AppError, WecomError):
        return told(
            request,
            "没有确认到微信身份",
            ["链接可能用过了，或停留太久。", "请在微信里重新打开，再试一次。"],
            icon="refresh",
            status=401,
        )
    if isinstance(who, oauth.SignedInMember):
        return told(
            request,
            "这一页是给客户用的",
            ["您现在用的是本行员工的企业微信。", "请把链接发给客户，由客户本人在微信里打开。"],
        )
    if not who.external_userid:
        return told(
            request,
            "请先添加您的客户经理",
            [
                "这个微信还没有添加本行的客户经理。",
                "扫客户经理的企业微信二维码，通过后再打开本页。",
            ],
        )
    policy = parts.shelf.of(policy_catalogue.LINKING)
    async with site.database.transaction() as session:
        token = await visits.begin(session, who.external_userid, policy, at)
    response = RedirectResponse(FORM, status_code=303)
    set_cookie(response, site, visit_cookie(site), token, policy.visit_minutes * 60)
    return response


@router.get(
    f"{HOME}/size",
    include_in_schema=False,
    dependencies=[public("how large the letters are in this browser, nothing else")],
)
async def size(
    request: Request,
    size: Annotated[str, Query(max_length=4)] = "",
    back: Annotated[str, Query(max_length=40)] = HOME,
) -> Response:
    """标准, 大, 特大: kept in this browser."""
    to = back if back in (HOME, FORM, f"{HOME}/code", f"{HOME}/done") else HOME
    response = RedirectResponse(to, status_code=303)
    chosen = size if size in SIZES else ""
    set_cookie(response, site_of(request), SIZE_COOKIE, chosen, 180 * 86_400)
    return response


def closed(request: Request) -> Response:
    """The bank has no way to send codes: said plainly, with another way."""
    return told(
        request,
        "暂时不能自助绑定",
        ["短信验证还没有开通。", "请联系您的客户经理，或携带证件到网点办理。"],
        icon="clock",
        status=503,
    )
