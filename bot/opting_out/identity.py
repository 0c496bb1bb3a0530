"""Who holds a customer's page: WeChat's word, and the customer behind it where one is known."""

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from compliance.opt_out_link import Holder
from crm_sync.repository.cards import customers_of_contacts
from kit.errors import AppError
from kit.web import signin
from kit.web.guard import site_of
from kit.web.signing_in import browser_cookie, set_cookie
from wecom import oauth
from wecom.errors import WecomError


async def to_wechat(
    request: Request, session: AsyncSession, *, surface: str, home: str
) -> Response:
    """To WeChat with a one-time state; it comes back to ``home``/back."""
    site, parts = site_of(request), request.app.state.parts
    begun = await signin.begin(
        session,
        surface=surface,
        next_path=home,
        at=site.clock(),
        browser=request.cookies.get(browser_cookie(site), ""),
    )
    wecom = parts.settings.wecom
    target = oauth.authorize_url(
        wecom.corp_id,
        wecom.agent_id,
        f"{site.public_url}{home}/back",
        begun.state,
        base=f"{wecom.oauth_base}/connect/oauth2/authorize",
    )
    response = RedirectResponse(target, status_code=303)
    set_cookie(response, site, browser_cookie(site), begun.browser, 3600)
    return response


async def who_is_there(request: Request, *, surface: str, code: str, state: str) -> Holder | None:
    """Who WeChat says is there, known to us or not; None where it did not say.

    The state is used up in a transaction of its own, because nothing is held while WeCom is asked:
    the call itself writes down its permit, and on SQLite there is one writer.
    """
    site, parts = site_of(request), request.app.state.parts
    try:
        async with site.database.transaction() as session:
            await signin.finish(
                session,
                state=state,
                browser=request.cookies.get(browser_cookie(site), ""),
                surface=surface,
                at=site.clock(),
            )
        who = await oauth.who(parts.wecom, code)
    except (AppError, WecomError):
        return None
    contact = who.external_userid if isinstance(who, oauth.SignedInOutsider) else ""
    return Holder("contact" if contact else "nobody", contact, proved=True)


async def customer_of(session: AsyncSession, holder: Holder) -> int | None:
    """The customer that a holder is, where one is known."""
    if holder.kind == "customer":
        return int(holder.id)
    if holder.kind == "contact":
        return (await customers_of_contacts(session, {holder.id})).get(holder.id)
    return None
