"""Name and number, then the code: one page, one status, one set of words, whoever is asking.

A number that nobody has, a wrong code, a used one, an old one: the visitor reads the same. The
code leaves after the answer, so that the time of the answer tells nothing either.
"""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.background import BackgroundTask

from bot.linking.entry import FORM, closed
from bot.linking.shell import HOME, forged, over, page, token_of
from compliance import service as standing
from compliance.facts import ConsentPurpose
from config import policy_catalogue
from config.linking_policy import LinkingPolicy
from crm_sync.linking import service, visits
from crm_sync.linking.connector import CodeNotSent, CodeSender
from crm_sync.linking.rules import CODE_DIGITS, NAME_AT_MOST, plain_name
from crm_sync.linking.service import Asked, Proved, Step
from crm_sync.rules.phones import mobile
from delivery.binding_work import SYSTEM, follow
from kit import log
from kit.clock import BANK_TIME
from kit.web import sessions
from kit.web.guard import Site, public, site_of

router = APIRouter()
_log = log.get(__name__)
CODE: Final = f"{HOME}/code"
DONE: Final = f"{HOME}/done"
SOURCE: Final = "实名绑定页"
FIELD_AT_MOST: Final = 200


@router.get(
    FORM,
    response_class=HTMLResponse,
    dependencies=[public("behind WeChat's identity; the visit's cookie decides")],
)
async def who(request: Request) -> Response:
    """Name, number, and what is agreed to; nothing is ticked beforehand."""
    visit = await _visit(request)
    if visit is None or visit.ended:
        return over(request)
    return _form(request, {}, "")


@router.post(
    FORM,
    include_in_schema=False,
    dependencies=[public("behind WeChat's identity; the visit's cookie and our token decide")],
)
async def ask(
    request: Request,
    name: Annotated[str, Form()] = "",
    phone: Annotated[str, Form()] = "",
    agree: Annotated[str, Form()] = "",
    consent: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Ask for a code."""
    site, parts = site_of(request), request.app.state.parts
    if not await _is_own_page(request, site):
        return forged(request)
    policy: LinkingPolicy = parts.shelf.of(policy_catalogue.LINKING)
    number = mobile(phone[:FIELD_AT_MOST])
    given = " ".join(name[:FIELD_AT_MOST].split())
    fault = _fault(given, number, agree)
    at = site.clock()
    async with site.database.transaction() as session:
        visit = await visits.find(session, token_of(request), at)
        if visit is None or visit.ended:
            return over(request)
        if fault or number is None:
            return _form(request, {"name": given[:NAME_AT_MOST], "phone": phone[:20]}, fault)
        offered = {one.purpose for one in policy.notice.choice}
        asked = await service.ask_code(
            session,
            policy,
            visit,
            phone=number,
            name=given,
            consents=offered & set(consent or ()),
            address=_address(request),
            at=at,
        )
    if asked.step is Step.LIMITED:
        return _too_often(request, asked.again_at)
    later = _sending(parts.codes, number, asked, policy)
    return RedirectResponse(CODE, status_code=303, background=later)


@router.get(
    CODE,
    response_class=HTMLResponse,
    dependencies=[public("behind WeChat's identity; the visit's cookie decides")],
)
async def code_page(request: Request) -> Response:
    """Where the code is typed in."""
    visit = await _visit(request)
    if visit is None or visit.ended:
        return over(request)
    return _code(request, "")


@router.post(
    CODE,
    include_in_schema=False,
    dependencies=[public("behind WeChat's identity; the visit's cookie and our token decide")],
)
async def prove(request: Request, code: Annotated[str, Form()] = "") -> Response:
    """Take the code; link, or hand the case to a person, in one transaction."""
    site, parts = site_of(request), request.app.state.parts
    if not await _is_own_page(request, site):
        return forged(request)
    policy: LinkingPolicy = parts.shelf.of(policy_catalogue.LINKING)
    if parts.codes is None:
        return closed(request)
    at = site.clock()
    async with site.database.transaction() as session:
        visit = await visits.find(session, token_of(request), at)
        if visit is None or visit.ended:
            return over(request)
        proved = await service.prove(
            session,
            policy,
            visit,
            code="".join(code[:FIELD_AT_MOST].split()),
            address=_address(request),
            at=at,
        )
        await _follow(session, proved, at)
    if proved.step is Step.LIMITED:
        return _too_often(request, proved.again_at)
    if proved.step is Step.WRONG:
        return _code(request, "验证码不对，或已经失效。请核对后再试，或回上一步重新获取。")
    return RedirectResponse(DONE, status_code=303)


@router.get(
    DONE,
    response_class=HTMLResponse,
    dependencies=[public("behind WeChat's identity; the visit's cookie decides")],
)
async def done(request: Request) -> Response:
    """What became of it: linked, or a person looks at it."""
    visit = await _visit(request)
    if visit is None or not visit.ended:
        return over(request)
    return page(request, "done", {"bound": visit.result == Step.BOUND})


async def _follow(session: Any, proved: Proved, at: datetime) -> None:
    """What a proof brings with it: consents with their version, work for people."""
    outcome = proved.outcome
    if outcome is None:
        return
    if outcome.state == "confirmed":
        customer_id = outcome.customer_id or 0
        for purpose in (ConsentPurpose.SERVICE.value, *proved.consents):
            await standing.give_consent(
                session,
                customer_id,
                purpose,
                source=SOURCE,
                at=at,
                actor=f"customer:{customer_id}",
                notice=proved.notice,
                unit=outcome.unit_id,
            )
    await follow(session, outcome, by=SYSTEM, resolution="客户本人实名认证", at=at)


def _sending(
    sender: CodeSender | None, phone: str, asked: Asked, policy: LinkingPolicy
) -> BackgroundTask | None:
    if sender is None or asked.code is None:
        return None

    async def send(code: str) -> None:
        try:
            await sender.send(phone, code, minutes=policy.code_minutes)
        except CodeNotSent as refusal:
            _log.error("linking.code_not_sent", code=refusal.code, saw=refusal.saw)

    return BackgroundTask(send, asked.code)


async def _visit(request: Request) -> visits.Visit | None:
    site = site_of(request)
    async with site.database.reading() as session:
        return await visits.find(session, token_of(request), site.clock())


async def _is_own_page(request: Request, site: Site) -> bool:
    """Whether the form is one of ours, of this visit, sent from our own page."""
    try:
        sessions.demand_own_page(
            cookie_key=site.cookie_key,
            token=token_of(request),
            given=str((await request.form()).get("csrf_token", "")),
            origin=request.headers.get("origin"),
            own_origin=site.public_url
            if site.secure
            else f"http://{request.headers.get('host', '')}",
        )
    except sessions.ForgedRequest:
        return False
    return True


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""


def _fault(name: str, number: str | None, agree: str) -> str:
    """What is missing in the form itself: nothing here depends on who the customer is."""
    if not plain_name(name) or len(name) > NAME_AT_MOST:
        return "请填写您在本行登记的姓名"
    if number is None:
        return "请填写 11 位手机号"
    return "" if agree == "yes" else "请先阅读并勾选同意"


def _form(request: Request, filled: dict[str, str], fault: str) -> Response:
    policy = request.app.state.parts.shelf.of(policy_catalogue.LINKING)
    context = {"notice": policy.notice, "filled": {"name": "", "phone": "", **filled}}
    return page(request, "who", {**context, "fault": fault}, status=422 if fault else 200)


def _code(request: Request, fault: str) -> Response:
    policy = request.app.state.parts.shelf.of(policy_catalogue.LINKING)
    context = {"digits": CODE_DIGITS, "minutes": policy.code_minutes, "fault": fault}
    return page(request, "code", context, status=422 if fault else 200)


def _too_often(request: Request, again_at: datetime | None) -> Response:
    when = f"{again_at.astimezone(BANK_TIME):%H:%M}" if again_at is not None else "稍后"
    context = {"title": "试得太频繁了", "icon": "clock"}
    lines = [f"为了保护您的账户，请在 {when} 之后再试。", "急用时请联系客户经理或到网点办理。"]
    return page(request, "told", {**context, "lines": lines}, status=429)
