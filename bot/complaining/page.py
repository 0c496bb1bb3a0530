"""/o/complaint: a customer says what went wrong, gets a number, and is sold nothing until it is closed.

For anybody who holds a link of ours or whom WeChat names, without any script. Whoever we know and
whoever we do not read the same words; what was written is never shown again on this page.
"""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from bot.linking.shell import size_of
from bot.opting_out.identity import customer_of, to_wechat, who_is_there
from compliance.complaints import Complainant
from compliance.errors import ComplaintRefused, LinkBroken, TooManyComplaints
from compliance.opt_out_link import holder_of, token_for
from config import policy_catalogue
from config.complaint_policy import ComplaintPolicy
from crm_sync.repository.people import units_of_customers
from delivery import complaining
from kit.web.guard import Writing, public, site_of

router = APIRouter()
HOME: Final = "/o/complaint"
SURFACE: Final = "complaint"
SOURCE: Final = "投诉页"


@router.get(
    HOME,
    response_class=HTMLResponse,
    dependencies=[public("a customer's link; shows nothing of anybody")],
)
async def begin(request: Request, t: str = "") -> Response:
    """The form, for whoever holds a link; without one, the way to WeChat's identity."""
    if not t:
        return _page(request, "begin", {})
    try:
        holder_of(request.app.state.parts.keys.cipher, t, site_of(request).clock())
    except LinkBroken as refusal:
        return _told(request, refusal.what, refusal.do, refusal.code, refusal.status)
    return _form(request, t)


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
    """WeChat says who is there; whoever we do not know gets the same form."""
    parts, at = request.app.state.parts, site_of(request).clock()
    holder = await who_is_there(request, surface=SURFACE, code=code, state=state)
    if holder is None:
        return _told(request, "没有确认到微信身份", "请在微信里重新打开，再试一次。", "", 401)
    return _form(request, token_for(parts.keys.cipher, holder, at))


@router.post(
    HOME,
    response_class=HTMLResponse,
    dependencies=[public("the sealed token says who it is; no cookie is trusted")],
)
async def complain(
    request: Request,
    session: Writing,
    t: Annotated[str, Form(alias="csrf_token", max_length=600)] = "",
    about: Annotated[str, Form(max_length=16)] = "",
    words: Annotated[str, Form(max_length=8000)] = "",
) -> Response:
    """A case, its number; marketing is frozen before this page is shown."""
    site, parts = site_of(request), request.app.state.parts
    at, policy = site.clock(), _policy(request)
    try:
        holder = holder_of(parts.keys.cipher, t, at)
    except LinkBroken as refusal:
        return _told(request, refusal.what, refusal.do, refusal.code, refusal.status)
    customer_id = await customer_of(session, holder)
    units = await units_of_customers(session, [customer_id]) if customer_id is not None else {}
    who = Complainant(
        customer_id,
        holder.id if holder.kind == "contact" else "",
        units.get(customer_id, "hq") if customer_id is not None else "hq",
    )
    try:
        case = await complaining.complain(
            session, who, about=about, words=words, source=SOURCE, at=at, policy=policy
        )
    except ComplaintRefused as refusal:
        fault = f"{refusal.what}。{refusal.do}（{refusal.code}）"
        return _form(request, t, about=about, words=words, fault=fault, status=refusal.status)
    except TooManyComplaints as refusal:
        return _told(request, refusal.what, refusal.do, refusal.code, refusal.status)
    return _page(
        request, "done", {"number": case.complaint_no, "due_on": case.due_on, "new": case.new}
    )


def _policy(request: Request) -> ComplaintPolicy:
    found: ComplaintPolicy = request.app.state.parts.shelf.of(policy_catalogue.COMPLAINTS)
    return found


def _form(
    request: Request,
    token: str,
    *,
    about: str = "",
    words: str = "",
    fault: str = "",
    status: int = 200,
) -> Response:
    policy = _policy(request)
    context = {
        "token": token,
        "abouts": [(one.key, one.title) for one in policy.about],
        "about": about,
        "words": words[: policy.most_words * 2],
        "most": policy.most_words,
        "days": policy.answer_days,
        "fault": fault,
    }
    return _page(request, "form", context, status=status)


def _told(request: Request, title: str, line: str, code: str, status: int) -> Response:
    return _page(request, "told", {"title": title, "line": line, "code": code}, status=status)


def _page(
    request: Request, name: str, context: dict[str, Any], *, status: int = 200
) -> HTMLResponse:
    """Render ``complaint/<name>.html``; nothing of it may be kept by a cache."""
    site, parts = site_of(request), request.app.state.parts
    body = site.templates.get_template(f"complaint/{name}.html").render(
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
