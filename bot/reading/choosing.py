"""Agreeing and refusing on a content page: one tap each; agreeing also needs WeChat's word.

A link can be passed on, so that a yes counts only where WeChat says that it is the customer's; a
no counts from whoever holds the link, because it can only protect.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from bot.reading.pages import TOKEN_AT_MOST
from bot.reading.shell import HOME, page, policy_of, reader_cookie, refused, shared_by
from compliance import service as standing
from compliance.facts import ConsentFact, ConsentPurpose
from compliance.opting_out import Choice
from crm_sync.readings import links
from crm_sync.readings.errors import ReadingLinkBroken
from crm_sync.repository.cards import customers_of_contacts
from crm_sync.repository.people import units_of_customers
from delivery import opting_out
from kit.errors import AppError
from kit.web import signin
from kit.web.guard import Writing, public, site_of
from kit.web.signing_in import browser_cookie, set_cookie
from wecom import oauth
from wecom.errors import WecomError

router = APIRouter()
SURFACE: Final = "reading"
SOURCE: Final = "资讯页"
WORDS: Final = "客户在资讯页自己点选不记录"
DAY: Final = 86_400


@router.get(
    HOME + "/{token}/agree",
    include_in_schema=False,
    dependencies=[public("leads to WeChat's identity; nothing is kept before it answers")],
)
async def agree(request: Request, session: Writing, token: str) -> Response:
    """The reader taps yes on our page: WeChat is asked who they are.

    A link and no form, because a form may not lead to another site; one that stands on another
    site is not followed.
    """
    site, parts = site_of(request), request.app.state.parts
    t = token[:TOKEN_AT_MOST]
    try:
        shared_by(request, t, site.clock())
    except ReadingLinkBroken as refusal:
        return refused(request, refusal)
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return RedirectResponse(f"{HOME}/{t}", status_code=303)
    begun = await signin.begin(
        session,
        surface=SURFACE,
        next_path=f"{HOME}/{t}",
        at=site.clock(),
        browser=request.cookies.get(browser_cookie(site), ""),
    )
    wecom = parts.settings.wecom
    target = oauth.authorize_url(
        wecom.corp_id,
        wecom.agent_id,
        f"{site.public_url}{HOME}/back/agreed",
        begun.state,
        base=f"{wecom.oauth_base}/connect/oauth2/authorize",
    )
    response = RedirectResponse(target, status_code=303)
    set_cookie(response, site, browser_cookie(site), begun.browser, 3600)
    return response


@router.get(
    HOME + "/back/agreed",
    include_in_schema=False,
    dependencies=[public("the way back from WeChat, bound to one browser, used once")],
)
async def agreed(request: Request, code: str = "", state: str = "") -> Response:
    """Where WeChat names the customer of the link, the yes is recorded; for others nothing is."""
    site, parts = site_of(request), request.app.state.parts
    at, policy = site.clock(), policy_of(request)
    try:
        async with site.database.transaction() as session:  # nothing is held while WeCom is asked
            finished = await signin.finish(
                session,
                state=state,
                browser=request.cookies.get(browser_cookie(site), ""),
                surface=SURFACE,
                at=at,
            )
        who = await oauth.who(parts.wecom, code)
        shared = shared_by(request, finished.next_path.rpartition("/")[2], at)
    except (AppError, WecomError):
        context = {
            "title": "没有确认到微信身份",
            "line": "没有记录任何内容。请在微信里重新打开。",
            "code": "",
            "back": "",
        }
        return page(request, "told", context, status=401)
    contact = who.external_userid if isinstance(who, oauth.SignedInOutsider) else ""
    back = RedirectResponse(finished.next_path, status_code=303)
    async with site.database.transaction() as session:
        known = await customers_of_contacts(session, {contact}) if contact else {}
        customer_id = known.get(contact)
        agrees = customer_id is not None and customer_id == shared.customer_id
        if customer_id is not None and agrees:
            units = await units_of_customers(session, [customer_id])
            told = ConsentFact(
                customer_id, ConsentPurpose.PROFILING, True, SOURCE, at, policy.notice
            )
            await standing.give_consents(
                session, [told], at, f"customer:{customer_id}", unit=units.get(customer_id, "hq")
            )
    if customer_id is None or not agrees:
        context = {
            "title": "这个链接不是发给您的",
            "line": "没有记录任何内容，文章可以照常阅读。",
            "code": "",
            "back": finished.next_path,
        }
        return page(request, "told", context)
    token = links.reader_token(parts.keys.cipher, customer_id, at)
    set_cookie(back, site, reader_cookie(site), token, policy.reader_days * DAY)
    return back


@router.post(
    HOME + "/no",
    include_in_schema=False,
    dependencies=[public("the sealed link says whose it is; a no can only protect")],
)
async def no(
    request: Request,
    session: Writing,
    t: Annotated[str, Form(alias="csrf_token", max_length=TOKEN_AT_MOST)] = "",
) -> Response:
    """No, or no more: it holds before the page answers, and what was kept is gone."""
    site = site_of(request)
    at = site.clock()
    try:
        shared = shared_by(request, t, at)
    except ReadingLinkBroken as refusal:
        return refused(request, refusal)
    if shared.customer_id:
        units = await units_of_customers(session, [shared.customer_id])
        await opting_out.opt_out(
            session,
            shared.customer_id,
            Choice.PERSONALISED,
            source=SOURCE,
            words=WORDS,
            at=at,
            actor=f"customer:{shared.customer_id}",
            unit=units.get(shared.customer_id, "hq"),
        )
    context = {
        "title": "好的，不记录",
        "line": "已有的阅读记录也删除了。以后不再为此问您。",
        "code": "",
        "back": f"{HOME}/{t}",
    }
    answer = page(request, "told", context)
    answer.delete_cookie(reader_cookie(site), path="/", secure=site.secure)
    return answer
