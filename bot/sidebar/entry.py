"""Where the sidebar begins: WeCom fixes one address, the page itself asks where it stands."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from bot.sidebar.shell import page, shell
from kit.db import upsert
from kit.web.guard import Asking, Reading, Writing, allow
from kit.web.models import UserPreference

router = APIRouter()
REASONS = {
    "timeout": ("请从企业微信聊天窗口右侧打开", "E-1202"),
    "internal": ("这是内部聊天，没有客户信息", "E-1203"),
    "no_permission": ("应用还没有“客户联系”权限，请找科技部", "E-1201"),
    "not_allowed": ("你还没有开通，请网点负责人添加", "E-1204"),
    "fail": ("企业微信没有告诉我们你在和谁聊天，请重新打开", "E-1205"),
}


@router.get("/h5/", response_class=HTMLResponse)
async def index(
    request: Request, session: Reading, asking: Annotated[Asking, allow("h5")]
) -> Response:
    """The shell with its skeleton; the page finds out who the chat is with."""
    return page(request, "index", await shell(request, session, asking, tab="customer"))


@router.get("/h5/outside", response_class=HTMLResponse)
async def outside(
    request: Request, session: Reading, asking: Annotated[Asking, allow("h5")], why: str = "timeout"
) -> Response:
    """Opened where there is no chat beside it."""
    reason, code = REASONS.get(why, REASONS["timeout"])
    context = await shell(request, session, asking, tab="")
    return page(request, "outside", {**context, "reason": reason, "code": code})


@router.get("/h5/sdk/signature")
async def signature(
    request: Request,
    asking: Annotated[Asking, allow("h5")],
    url: str,
    kind: str = "config",
) -> JSONResponse:
    """The JS-SDK signature of one of our own pages; nothing else is signed."""
    parts = request.app.state.parts
    signed = await parts.signatures.of(url, agent=kind == "agent")
    return JSONResponse(signed, headers={"cache-control": "no-store"})


@router.post("/h5/me/text-size")
async def text_size(
    session: Writing,
    asking: Annotated[Asking, allow("h5")],
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
    return RedirectResponse("/h5/me", status_code=303)
