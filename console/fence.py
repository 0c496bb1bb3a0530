"""聊天敏感词: our rules in WeCom as they were last seen, and what differs."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from compliance.fence import keeping
from compliance.fence.keeping import Line
from config import policy_catalogue
from console import roles
from console.errors import FormRefused
from console.lists import nothing, tab, url
from console.shell import page, shell
from console.traces import looked
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
PATH: Final = "/c/fence"
STATES: Final = {
    "in_step": ("一致", "ok"),
    "missing": ("企业微信里没有", "warn"),
    "differs": ("内容不同", "warn"),
    "surplus": ("应删除", "warn"),
    "unknown": ("结果不明", "danger"),
    "refused": ("不被接受", "danger"),
}
STEPS: Final = {"add": "新增", "update": "修改", "delete": "删除"}
ACTIONS: Final = {"block": "拦下", "warn": "提醒"}


@router.get(PATH, response_class=HTMLResponse)
async def fence(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.CENTRE)],
    session: Writing,
    status: str = "",
) -> Response:
    """Each rule with its words' number, its range, the last step and what differs."""
    if status not in ("", *STATES):
        raise FormRefused("没有这种状态", saw=status[:40], do="从页面上选")
    found = await keeping.lines(session)
    shown = [one for one in found if status in ("", one.state)]
    place = await looked(session, asking, "fence.viewed", "list:fence", payload={"state": status})
    policy = request.app.state.parts.shelf.of(policy_catalogue.INTERCEPT)
    context = await shell(request, session, asking, "fence", view_ref=place)
    context |= {
        "automatic": policy.automatic,
        "looked_at": max((one.looked_at for one in found), default=None),
        "tabs": [
            tab("全部", PATH, len(found), not status),
            *(
                tab(text, url(PATH, status=name), n, status == name)
                for name, (text, _) in STATES.items()
                if (n := sum(one.state == name for one in found))
            ),
        ],
        "state": None
        if shown
        else nothing("规则", [status], PATH, "运行 gengyun intercept 后会出现在这里。"),
        "rules": [_row(one) for one in shown],
    }
    return page(request, "fence", context)


def _row(one: Line) -> dict[str, Any]:
    text, kind = STATES.get(one.state, (one.state, ""))
    ranges = [f"部门 {'、'.join(map(str, one.departments))}"] if one.departments else []
    ranges += [f"员工 {len(one.staff)} 人"] if one.staff else []
    return {
        "name": one.name,
        "words": one.words,
        "action": ACTIONS.get(one.action, "—"),
        "range": "；".join(ranges) or "—",
        "step": STEPS.get(one.last_step, "—"),
        "stepped_at": one.stepped_at,
        "state_text": text,
        "state_kind": kind,
        "difference": one.difference or "—",
    }
