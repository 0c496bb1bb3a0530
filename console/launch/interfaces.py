"""接口权限, WeCom's side of it: what is set and what has answered, from facts that are stored.

Nothing is asked of WeCom here. An interface works where something that only it can do was done:
a reading that ended, an event that came, a call that was taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from community import sync as groups
from console import roles
from console.duty.places import one_of
from console.installation import installation_of
from console.lists import nothing, tab, url
from console.setup.steps import STATES, steps_of
from console.shell import page, shell
from console.sight import sight_of
from console.tables import cell, column, row, table
from console.traces import looked
from crm_sync.repository import sync_lists
from crm_sync.repository.launch import newest_real_name
from delivery import operations
from kit.clock import bank_date
from kit.web.formats import moment
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
PATH: Final = "/c/launch/interfaces"
LOOKED_BACK: Final = timedelta(days=30)
SHOWS: Final = {
    "": "全部",
    "missing": "没有设置或被拒绝",
    "unseen": "还没见到效果",
    "works": "已见到效果",
}
STATE_OF: Final = {"missing": "bad", "unseen": "", "works": "done"}
READ_BY: Final = "客户联系 → 可调用接口的应用：勾选本应用"
CALLS: Final = (
    ("broadcast", "创建群发任务", "客户联系 → 可调用接口的应用：勾选本应用；可信 IP 填对"),
    ("welcome", "新好友欢迎语", "客户联系 → 可调用接口的应用：勾选本应用"),
    ("staff_card", "给员工发应用消息", "应用管理 → 本应用 → 可见范围包括要收消息的员工"),
)


@dataclass(frozen=True, slots=True)
class Interface:
    """One permission: ``state`` is a key of ``STATES``; ``seen_at`` is its last proof."""

    name: str
    note: str
    do: str
    state: str
    seen_at: datetime | None


async def interfaces(request: Request, session: AsyncSession, at: datetime) -> list[Interface]:
    """Every permission that an installation needs, the nine steps of the setup first."""
    inbox = await installation_of(request).inbox()
    steps = await steps_of(request, session, at, inbox)
    found = [
        Interface(
            one["name"],
            one["missing"] or one["note"],
            "；".join(dict.fromkeys(setting["where"] for setting in one["settings"])),
            one["state"],
            one["seen_at"],
        )
        for one in steps
    ]
    contacts = (await sync_lists.readings(session)).get("contacts")
    read = (
        ("读取好友与标签", contacts.finished_at if contacts else None),
        ("读取客户群", await groups.read_through(session)),
    )
    for title, ended in read:
        note, state = ("读通过", "done") if ended else ("还没有读通过", "")
        found.append(Interface(title, note, READ_BY, state, ended))
    ends = await operations.newest_ends(
        session, [kind for kind, _, _ in CALLS], since=at - LOOKED_BACK
    )
    for kind, title, do in CALLS:
        last = ends.get(kind)
        if last is None:
            found.append(Interface(title, "近 30 天没有调用过", do, "", None))
        elif last.taken:
            found.append(Interface(title, "企业微信收下了", do, "done", last.at))
        else:
            found.append(Interface(title, f"最近一次被拒绝：{last.cause}", do, "bad", last.at))
    codes = request.app.state.parts.codes is not None
    proved = await newest_real_name(session)
    do = "设置 GENGYUN_CODES__URL 和 GENGYUN_CODES__SECRET（行内短信网关）"
    note = "没有设置短信网关" if not codes else "有客户收到并填对过" if proved else "还没有客户用过"
    state = "bad" if not codes else "done" if proved else ""
    found.append(Interface("实名验证码", note, do, state, proved))
    return found


def checks_of(found: Sequence[Interface]) -> list[dict[str, Any]]:
    """The two counts of the launch checklist, each with the list behind it."""
    return [
        {
            "title": title,
            "do": do,
            "n": sum(one.state == STATE_OF[show] for one in found),
            "href": url(PATH, show=show),
        }
        for show, title, do in (
            (
                "missing",
                "接口参数没有设置，或企业微信拒绝",
                "按清单逐项设置；需要科技同事和企业微信管理员",
            ),
            ("unseen", "接口还没有见到效果", "做一次真实的动作：同步、收一个事件、发一条"),
        )
    ]


@router.get(PATH, response_class=HTMLResponse)
async def shown(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    show: str = "",
) -> Response:
    """Every interface with its state, its last proof and where it is granted; never a secret."""
    wanted = one_of(show, list(SHOWS), "哪些", "")
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    everything = await interfaces(request, session, asking.at) if sight.units is None else []
    found = [one for one in everything if not wanted or one.state == STATE_OF[wanted]]
    place = await looked(
        session, asking, "launch.listed", "list:interfaces", payload={"show": show}
    )
    today = bank_date(asking.at)

    def how_many(name: str) -> int:
        return sum(not name or one.state == STATE_OF[name] for one in everything)

    context = await shell(request, session, asking, "launch", view_ref=place)
    context |= table(
        "接口权限",
        PATH,
        [
            column("接口"),
            column("状态"),
            column("看到的"),
            column("最近一次"),
            column("在哪里设置"),
        ],
        [
            row(
                [
                    cell(one.name, strong=True),
                    cell(STATES[one.state][0], kind=STATES[one.state][1]),
                    cell(one.note),
                    cell(moment(one.seen_at, today) if one.seen_at else "—"),
                    cell(one.do),
                ],
                name=one.name,
                state=one.state or "unseen",
            )
            for one in found
        ],
        sub="按已存下的事实判断，不在这一页调用企业微信",
        tabs=[
            tab(text, url(PATH, show=name), how_many(name), name == wanted)
            for name, text in SHOWS.items()
        ],
        state=None if found else nothing("接口", [show], PATH, "接口是全行共用的，由总行查看。"),
        notes=["“好了”指有一件只有这个接口才做得到的事做成过。密钥在哪里都不显示。"],
    )
    return page(request, "table", context)
