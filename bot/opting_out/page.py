"""/o/optout: one tap per purpose, for anybody who holds the link, without any script.

Whoever we know and whoever we do not read the same words: the page shows no name, no number and
nothing that depends on whether there is a customer behind the token. Saying no needs the link
alone; hearing again needs WeChat's word on who is there.
"""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from bot.linking.shell import size_of
from bot.opting_out.identity import customer_of, to_wechat, who_is_there
from compliance import opting_out as wishes
from compliance.errors import ConsentRefused, LinkBroken, OwnActNeeded
from compliance.opt_out_link import Holder, holder_of, token_for
from compliance.opting_out import MEANINGS, Choice, choice_of
from crm_sync.repository.people import units_of_customers
from delivery import opting_out
from kit.errors import AppError
from kit.web.guard import Writing, public, site_of

router = APIRouter()
HOME: Final = "/o/optout"
SURFACE: Final = "optout"
SOURCE: Final = "退订页"
NOTICE: Final = "optout-2026-1"
WORDS: Final = "客户在退订页自己点选"
OFFERED: Final = (
    (Choice.MARKETING, "不再接收产品与活动消息", "到期、账务等服务提醒照常"),
    (Choice.PERSONALISED, "关闭个性化内容", "不再按您的特点挑选，也不再从行为和聊天推断"),
    (Choice.SERVICE, "不再接收服务提醒", "到期、还款等提醒也不再主动发送"),
    (Choice.ALL, "全部不再联系", "只在您主动找我们时回应"),
)


@router.get(
    HOME,
    response_class=HTMLResponse,
    dependencies=[public("a customer's link; shows nothing of anybody")],
)
async def choose(request: Request, t: str = "") -> Response:
    """The choices, for whoever holds a link; without one, the way to WeChat's identity."""
    if not t:
        return _page(request, "begin", {})
    site, parts = site_of(request), request.app.state.parts
    try:
        holder_of(parts.keys.cipher, t, site.clock())
    except LinkBroken as refusal:
        return _refused(request, refusal)
    return _page(request, "choose", {"token": t, "choices": OFFERED})


@router.get(
    f"{HOME}/start",
    include_in_schema=False,
    dependencies=[public("the way to WeChat's identity; holds one one-time state a browser")],
)
async def start(request: Request, session: Writing) -> Response:
    """To WeChat with a one-time state."""
    return await to_wechat(request, session, surface=SURFACE, home=HOME)


@router.get(
    f"{HOME}/back",
    include_in_schema=False,
    dependencies=[public("the browser comes back with its one-time state")],
)
async def back(request: Request, code: str = "", state: str = "") -> Response:
    """WeChat says who is there; whoever we do not know gets the same page."""
    parts, at = request.app.state.parts, site_of(request).clock()
    holder = await who_is_there(request, surface=SURFACE, code=code, state=state)
    if holder is None:
        return _page(
            request,
            "told",
            {"title": "没有确认到微信身份", "line": "请在微信里重新打开，再试一次。", "code": ""},
            status=401,
        )
    token = token_for(parts.keys.cipher, holder, at)
    return _page(request, "choose", {"token": token, "choices": OFFERED})


@router.post(
    HOME,
    response_class=HTMLResponse,
    dependencies=[public("the sealed token says who it is; no cookie is trusted")],
)
async def refuse(
    request: Request,
    session: Writing,
    t: Annotated[str, Form(alias="csrf_token", max_length=600)] = "",
    choice: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """One tap: recorded, out of every queue, confirmed; effective before this page is shown."""
    site, parts = site_of(request), request.app.state.parts
    at = site.clock()
    try:
        holder, chosen = holder_of(parts.keys.cipher, t, at), choice_of(choice)
    except (LinkBroken, ConsentRefused) as refusal:
        return _refused(request, refusal)
    await _opt_out(session, holder, chosen, at)
    return _done(request, t, chosen, heard=False)


@router.post(
    f"{HOME}/again",
    response_class=HTMLResponse,
    dependencies=[public("the sealed token must carry WeChat's word, minutes old")],
)
async def again(
    request: Request,
    session: Writing,
    t: Annotated[str, Form(alias="csrf_token", max_length=600)] = "",
    choice: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """The customer, proved to be the one, wants to hear again."""
    site, parts = site_of(request), request.app.state.parts
    at = site.clock()
    try:
        holder, chosen = holder_of(parts.keys.cipher, t, at), choice_of(choice)
        if not holder.proved:
            raise OwnActNeeded("重新接收要由您本人在微信里确认", do="点“用微信确认身份”再选")
    except (LinkBroken, ConsentRefused, OwnActNeeded) as refusal:
        return _refused(request, refusal)
    if holder.kind == "contact":
        await wishes.hear_contact(session, holder.id, chosen, at=at)
    customer_id = await customer_of(session, holder)
    if customer_id is not None:
        units = await units_of_customers(session, [customer_id])
        await wishes.take_back(
            session,
            customer_id,
            chosen,
            source=SOURCE,
            notice=NOTICE,
            at=at,
            unit=units.get(customer_id, "hq"),
        )
    return _done(request, t, chosen, heard=True)


async def _opt_out(session: AsyncSession, holder: Holder, choice: Choice, at: datetime) -> None:
    customer_id = await customer_of(session, holder)
    if holder.kind == "contact":
        await wishes.silence_contact(session, holder.id, choice, source=SOURCE, at=at)
    if customer_id is not None:
        units = await units_of_customers(session, [customer_id])
        await opting_out.opt_out(
            session,
            customer_id,
            choice,
            source=SOURCE,
            words=WORDS,
            at=at,
            actor=f"customer:{customer_id}",
            unit=units.get(customer_id, "hq"),
        )


def _done(request: Request, token: str, choice: Choice, *, heard: bool) -> Response:
    proved = holder_of(request.app.state.parts.keys.cipher, token, site_of(request).clock()).proved
    return _page(
        request,
        "done",
        {
            "token": token,
            "choice": choice.value,
            "title": MEANINGS[choice].title,
            "heard": heard,
            "proved": proved,
        },
    )


def _refused(request: Request, refusal: AppError) -> Response:
    return _page(
        request,
        "told",
        {"title": refusal.what, "line": refusal.do, "code": refusal.code},
        status=refusal.status,
    )


def _page(
    request: Request, name: str, context: dict[str, Any], *, status: int = 200
) -> HTMLResponse:
    """Render ``optout/<name>.html``; nothing of it may be kept by a cache."""
    site, parts = site_of(request), request.app.state.parts
    body = site.templates.get_template(f"optout/{name}.html").render(
        csrf_token="",
        size=size_of(request),
        hotline=parts.settings.hotline,
        here=HOME,
        **context,
    )
    return HTMLResponse(
        body,
        status_code=status,
        headers={"cache-control": "no-store", "referrer-policy": "no-referrer"},
    )
