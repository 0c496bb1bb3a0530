"""拨号: one tap has the bank's exchange connect the customer; the page says how it went.

The number is shown masked and never leaves the server. Without an exchange there is no tap, and
the page says why.
"""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from bot.sidebar.call_faces import face, faces
from bot.sidebar.customer import MANAGERS, desk_of
from bot.sidebar.shell import page, shell
from delivery import dialling
from delivery.errors import SendBlocked, TodoNotFound
from delivery.repository import todos
from delivery.tickets import Sender
from kit.web.guard import Asking, Reading, Writing, allow

router = APIRouter()


async def _shown(
    request: Request,
    session: AsyncSession,
    asking: Asking,
    todo_id: int,
    blocked: SendBlocked | None = None,
) -> HTMLResponse:
    todo = await todos.one(session, todo_id)
    if todo is None or todo.staff_id != asking.viewer.staff_id:
        raise TodoNotFound("没有这件待办，或者不是你的", do="刷新待办列表")
    usual = face(todo, None, "", desk_of(request)) | {
        "offered": False,
        "text": "已换一条路，刷新看",
    }
    found = (await faces(session, [todo], desk_of(request))).get(todo.id, usual)
    if blocked is not None:
        codes = str(blocked.facts.get("codes", ""))
        saying = f"{blocked.what}。{blocked.do}" if blocked.do else blocked.what
        found |= {
            "offered": False,
            "objections": [{"code": codes or blocked.code, "saying": saying}],
        }
    context = await shell(request, session, asking, tab="todo")
    status = 200 if blocked is None else 409
    return page(request, "_dial", {**context, "d": found}, status=status)


@router.post("/h5/todo/{todo_id}/call", response_class=HTMLResponse)
async def dial(
    request: Request,
    session: Writing,
    asking: Annotated[Asking, allow("h5", *MANAGERS)],
    todo_id: int,
) -> Response:
    """One tap: judged now and written down; a worker has the exchange ring once that stands."""
    viewer = asking.viewer
    sender = Sender(viewer.staff_id, viewer.userid or "", viewer.sends)
    try:
        await dialling.ask(session, todo_id, sender=sender, at=asking.at, desk=desk_of(request))
    except SendBlocked as blocked:
        return await _shown(request, session, asking, todo_id, blocked)
    if request.headers.get("hx-request") != "true":
        return RedirectResponse(f"/h5/todo/{todo_id}?by=phone", status_code=303)
    return await _shown(request, session, asking, todo_id)


@router.get("/h5/todo/{todo_id}/call", response_class=HTMLResponse)
async def how_it_goes(
    request: Request,
    session: Reading,
    asking: Annotated[Asking, allow("h5", *MANAGERS)],
    todo_id: int,
) -> Response:
    """How the call of a to-do goes; the page asks every few seconds while it goes on."""
    return await _shown(request, session, asking, todo_id)
