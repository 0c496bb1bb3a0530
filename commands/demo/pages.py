"""The demo's own pages: the simulated window, the guide, the role switch, the tampering.

They exist in the demo's process alone: these routers are included by ``gengyun demo`` and by
nothing else, and each of them also refuses where the environment is not the demo's.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.background import BackgroundTask

from commands.demo.behind import behind
from commands.demo.tampering import tamper
from commands.demo.wecom_window import OWNER, Window, said_at, words
from delivery.repository import todos
from insights import integrity
from kit import log
from kit.clock import bank_date
from kit.errors import NotFound
from kit.ledger import reading as ledger
from kit.web import sessions
from kit.web.guard import Site, public, site_of
from kit.web.signing_in import let_in, set_cookie
from wiring import archive_duty

router = APIRouter(dependencies=[public("the demo's own pages; they exist in the demo alone")])
ROLES = (
    ("003127", "李敏", "客户经理", "/demo"),
    ("003101", "孙涛", "网点负责人", "/c/"),
    ("000101", "王珊", "总行运营", "/c/"),
    ("000104", "何静", "合规审计", "/c/"),
    ("000107", "高远", "科技部", "/c/"),
)
AUDITOR = "000104"
READ_FIRST_S = 1.5
PAUSE = timedelta(minutes=20)
"""After so long a silence the chat says again what time it is."""
_log = log.get(__name__)


class NotTheDemo(NotFound):
    """These pages exist in the demo alone."""

    code = "E-1061"


def _demo(request: Request) -> Window:
    site = site_of(request)
    if not site.is_demo:
        raise NotTheDemo("没有这个页面")
    window = request.app.state.window
    assert isinstance(window, Window)  # noqa: S101 — the demo puts one there
    return window


def _staff(request: Request) -> str:
    return str(request.cookies.get("gengyun-demo-role", ROLES[0][0]))


@router.get("/", include_in_schema=False)
async def front() -> Response:
    """The demo begins at its window."""
    return RedirectResponse("/demo", status_code=303)


@router.get("/demo", response_class=HTMLResponse, include_in_schema=False)
async def window_page(request: Request, contact: str = "", chat: str = "") -> Response:
    """The simulated WeCom with the real sidebar page in it."""
    window = _demo(request)
    site = site_of(request)
    if not contact and not chat:
        contact = next(iter(window.contacts))
    if not await _is_signed_in(request):
        return await _become(request, ROLES[0][0], request.url.path + _query(contact, chat))
    token = request.cookies.get(site.cookie("h5"), "")
    context = {
        **_bare(request, token),
        "steps": await _steps(request, contact),
        "guide_url": "/demo/steps" + _query(contact, chat),
        "roles": [
            {
                "staff_id": staff,
                "name": name,
                "role_name": role,
                "current": staff == _staff(request),
            }
            for staff, name, role, _ in ROLES
        ],
        "behind": await behind(request, linked=_staff(request) != ROLES[0][0]),
        "chats": await _chats(window, contact, chat),
        **await _chat(request, window, contact, chat),
        "sidebar_url": "/h5/?ww_entry="
        + (
            f"group_chat_tools&ww_chat={quote(chat)}"
            if chat
            else f"single_chat_tools&ww_contact={quote(contact)}"
        )
        + "&ww_answer=ok",
    }
    return HTMLResponse(site.templates.get_template("demo/index.html").render(**context))


def _query(contact: str, chat: str) -> str:
    return f"?chat={quote(chat)}" if chat else f"?contact={quote(contact)}"


def _bare(request: Request, token: str) -> dict[str, Any]:
    site = site_of(request)
    at = site.clock()
    return {
        "csrf_token": sessions.csrf_token(site.cookie_key, token),
        "size": "",
        "today": bank_date(at),
        "now": at,
    }


async def _is_signed_in(request: Request) -> bool:
    site = site_of(request)
    token = request.cookies.get(site.cookie("h5"), "")
    try:
        async with site.database.reading() as session:
            await sessions.find(session, token, surface="h5", at=site.clock(), limits=site.limits)
    except sessions.SessionOver:
        return False
    return True


async def _become(request: Request, staff_id: str, next_path: str) -> Response:
    """Sign in as one of the demo's people at the desk; no password here.

    The simulated window stays 李敏's, whoever sits at the desk: the phone is signed in as her.
    """
    site: Site = site_of(request)
    response = await let_in(
        request, surface="console", staff_id=staff_id, means="demo", next_path=next_path
    )
    if not await _is_signed_in(request):
        phone = await let_in(
            request, surface="h5", staff_id=ROLES[0][0], means="demo", next_path=next_path
        )
        for name, value in phone.raw_headers:
            if name == b"set-cookie":
                response.raw_headers.append((name, value))
    set_cookie(response, site, "gengyun-demo-role", staff_id, 43_200)
    return response


@router.post("/demo/role", include_in_schema=False)
async def role(
    request: Request,
    staff_id: Annotated[str, Form(max_length=16)],
    then: Annotated[str, Form(max_length=200, pattern="^(|/c/.*)$")] = "",
) -> Response:
    """换个身份看: one click, no password, the demo alone; ``then`` is a page of the desk."""
    _demo(request)
    for staff, _, _, home in ROLES:
        if staff == staff_id:
            return await _become(request, staff, then or home)
    raise NotTheDemo("没有这个身份")


async def _steps(request: Request, contact: str) -> list[dict[str, Any]]:
    site = site_of(request)
    async with site.database.reading() as session:
        acts = {
            one.act
            for one in await ledger.page(
                session,
                ledger.Wanted(
                    acts=frozenset(
                        {
                            "send.claimed",
                            "todo.outcome",
                            "script.approved",
                            "chat.searched",
                            "demo.tampered",
                        }
                    ),
                    since=request.app.state.demo_began,
                ),
                limit=200,
            )
        }
        left = await todos.count(session, units=None, states=todos.LIVE, staff_id="003127")
    plan = (
        (
            "send.claimed",
            "客户经理：一键发到期提醒",
            "点右侧“发送”，看聊天窗口",
            "/demo" + _query(contact, ""),
            False,
        ),
        ("todo.outcome", "客户经理：处理待办", f"待办 {left} 件，做完一件", "/h5/todo", True),
        (
            "script.approved",
            "总行运营与合规：审核一条话术",
            "看版本对比和自动检查，再写意见",
            ("换成何静去审核", "/c/review"),
            False,
        ),
        (
            "chat.searched",
            "合规审计：找到违规承诺",
            "检索“保本”，再导出证据包",
            ("换成何静去检索", "/c/audit?q=" + quote("保本")),
            False,
        ),
        ("demo.tampered", "动手改一条日志", "看系统怎样指出是哪一条", None, False),
    )
    steps, current = [], True
    for act, title, text, where, new_window in plan:
        done = act in acts
        href, action = where if isinstance(where, str) else None, None
        if isinstance(where, tuple):
            action = {
                "url": "/demo/role",
                "text": where[0],
                "fields": [("staff_id", AUDITOR), ("then", where[1])],
            }
        elif act == "demo.tampered":
            action = {"url": "/demo/tamper", "text": "改一条日志", "fields": []}
        steps.append(
            {
                "title": title,
                "text": text,
                "state": "done" if done else "cur" if current else "",
                "href": href,
                "new_window": new_window,
                "action": action,
            }
        )
        current = current and done
    return steps


async def _chats(window: Window, contact: str, chat: str) -> list[dict[str, Any]]:
    newest = await window.last_said()
    listed = []
    for where, name in (*window.contacts.items(), *window.groups.items()):
        group = where in window.groups
        last = newest.get(where)
        listed.append(
            {
                "id": where,
                "name": name,
                "group": group,
                "current": where == (chat or contact),
                "href": "/demo" + _query("" if group else where, where if group else ""),
                "at": said_at(last) if last else None,
                "last": words(last) if last else "",
            }
        )
    return listed


async def _chat(request: Request, window: Window, contact: str, chat: str) -> dict[str, Any]:
    where = chat or contact
    name = window.groups.get(where) or window.contacts.get(where, "客户")
    messages: list[dict[str, Any]] = []
    before: datetime | None = None
    for one in await window.talk(where):
        me, at = one.get("from") == OWNER, said_at(one)
        pause = before is None or at - before > PAUSE
        before = at
        messages.append(
            {
                "me": me,
                "when": at if pause else None,
                "by": "李敏"
                if me
                else window.contacts.get(str(one.get("from")), "群友" if chat else name),
                "text": words(one),
                "note": await _note(request, one) if me else "",
                "note_kind": "ok",
            }
        )
    speaker = where if not chat else next(iter(window.contacts))
    return {
        "chat": {
            "name": name,
            "group": bool(chat),
            "members": len(window.contacts) + 1,
            "url": "/demo/chat" + _query(contact, chat),
            "speakers": [(speaker, window.contacts.get(speaker, name)), (OWNER, "李敏")],
        },
        "messages": messages,
    }


async def _note(request: Request, message: dict[str, Any]) -> str:
    """Under a message of ours: whether it was word for word what was approved."""
    site = site_of(request)
    async with site.database.reading() as session:
        found = await ledger.page(
            session,
            ledger.Wanted(acts=frozenset({"send.confirmed"}), since=request.app.state.demo_began),
            limit=100,
        )
    for one in found:
        if one.payload.get("msgid") == message.get("msgid"):
            return f"✓ 与话术 {one.payload.get('script', '').replace('/', ' 第 ')} 版一致，已留痕 {one.place}"
    return ""


@router.get("/demo/chat", response_class=HTMLResponse, include_in_schema=False)
async def chat_fragment(request: Request, contact: str = "", chat: str = "") -> Response:
    """The chat read anew."""
    window = _demo(request)
    site = site_of(request)
    token = request.cookies.get(site.cookie("h5"), "")
    context = {**_bare(request, token), **await _chat(request, window, contact, chat)}
    return HTMLResponse(site.templates.get_template("demo/_chat.html").render(**context))


@router.post("/demo/chat", response_class=HTMLResponse, include_in_schema=False)
async def say(
    request: Request,
    text: Annotated[str, Form(min_length=1, max_length=500)],
    speaker: Annotated[str, Form(alias="as", max_length=64)],
    contact: str = "",
    chat: str = "",
) -> Response:
    """Somebody types by hand; the archive sees it as it sees everything."""
    window = _demo(request)
    await window.say(speaker, contact, chat, text)
    await _read_archive(request)
    return await chat_fragment(request, contact, chat)


@router.get("/demo/steps", response_class=HTMLResponse, include_in_schema=False)
async def steps_fragment(request: Request, contact: str = "", chat: str = "") -> Response:
    """The guide, read anew."""
    window = _demo(request)
    site = site_of(request)
    token = request.cookies.get(site.cookie("h5"), "")
    steps = await _steps(request, contact or ("" if chat else next(iter(window.contacts))))
    context = {**_bare(request, token), "steps": steps}
    return HTMLResponse(site.templates.get_template("demo/_guide.html").render(**context))


@router.get("/demo/behind", response_class=HTMLResponse, include_in_schema=False)
async def behind_fragment(request: Request) -> Response:
    """幕后, read anew."""
    _demo(request)
    site = site_of(request)
    token = request.cookies.get(site.cookie("h5"), "")
    context = {
        **_bare(request, token),
        "behind": await behind(request, linked=_staff(request) != ROLES[0][0]),
    }
    return HTMLResponse(site.templates.get_template("demo/_behind.html").render(**context))


@router.post("/demo/ww/send", include_in_schema=False)
async def ww_send(request: Request) -> Response:
    """What the fake ``ww`` does with sendChatMessage: the simulated customer receives it."""
    window = _demo(request)
    order = await request.json()
    text = str(order.get("payload", {}).get("text", {}).get("content", ""))
    await window.send(str(order.get("contact", "")), str(order.get("chat", "")), text)
    request.app.state.archive_soon.set()
    return Response(status_code=204)


async def _read_archive(request: Request) -> None:
    parts = request.app.state.parts
    await archive_duty.round_of(parts, parts.clock())


@router.post("/demo/tamper", include_in_schema=False)
async def tamper_page(request: Request) -> Response:
    """改一条日志: somebody with the database changes an entry; the day's check finds which."""
    _demo(request)
    site = site_of(request)
    place = await tamper(site.database, site.clock())
    _log.warning("demo.tampered", place=place)
    await integrity.verify_now(site.database, site.clock())
    return await _become(request, AUDITOR, "/c/interactions")


@router.post("/demo/reset", include_in_schema=False)
async def reset(request: Request) -> Response:
    """重置演示数据: the process builds the demo anew; this page waits for it."""
    _demo(request)
    site = site_of(request)
    token = request.cookies.get(site.cookie("h5"), "")
    html = site.templates.get_template("demo/resetting.html").render(**_bare(request, token))

    async def begin_anew() -> None:
        await asyncio.sleep(READ_FIRST_S)  # because the page still has to fetch its styles
        request.app.state.reset_wanted.set()

    return HTMLResponse(html, background=BackgroundTask(begin_anew))
