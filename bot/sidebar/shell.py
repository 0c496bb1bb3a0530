"""What every phone page carries, and how it is rendered: whole, or as the fragment htmx asked for."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync.repository.staff import staff_by_id, units_by_id
from delivery.repository import todos
from kit.clock import bank_date
from kit.web.guard import Asking, site_of

ROLE_NAMES = {
    "rm": "客户经理",
    "branch": "网点负责人",
    "ops": "总行运营",
    "compliance": "合规审计",
    "it": "科技部",
}


async def shell(
    request: Request, session: AsyncSession, asking: Asking, *, tab: str
) -> dict[str, Any]:
    """The keys of every page: who I am, my open to-dos, how to speak to WeCom."""
    viewer = asking.viewer
    staff = (await staff_by_id(session, [viewer.staff_id])).get(viewer.staff_id)
    unit = (await units_by_id(session, [viewer.unit_id])).get(viewer.unit_id)
    waiting = await todos.count(session, units=None, states=todos.LIVE, staff_id=viewer.staff_id)
    settings = request.app.state.parts.settings
    rehearsal = settings.environment != "production"
    return {
        "csrf_token": asking.csrf_token,
        "size": asking.text_size,
        "today": bank_date(asking.at),
        "now": asking.at,
        "sdk": {
            "script": "fake-ww.js" if rehearsal else "vendor/wecom.global.prod.js",
            "corp_id": settings.wecom.corp_id,
            "agent_id": settings.wecom.agent_id,
            "demo_post": "/demo/ww/send" if settings.is_demo else "",
        },
        "me": {
            "name": staff.name if staff else viewer.staff_id,
            "unit_name": unit.name if unit else "",
            "role": "branch" if viewer.role == "branch" else "rm",
            "role_name": ROLE_NAMES.get(viewer.role, "客户经理"),
        },
        "tab": tab,
        "todo_count": waiting,
    }


def page(
    request: Request,
    name: str,
    context: Mapping[str, Any],
    *,
    fragment: str | None = None,
    status: int = 200,
) -> HTMLResponse:
    """Render ``h5/<name>.html``, or ``h5/_<fragment>.html`` when htmx asked."""
    wanted = (
        f"h5/_{fragment}.html"
        if fragment and request.headers.get("hx-request") == "true"
        else f"h5/{name}.html"
    )
    template = site_of(request).templates.get_template(wanted)
    return HTMLResponse(template.render(**context), status_code=status)
