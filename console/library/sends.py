"""一条内容近 30 天发给了谁: the list behind the number on an item's page and in the library."""

from datetime import timedelta
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from console import roles
from console.library.places import SCRIPTS
from console.library.showing import chosen_version
from console.lists import PER_PAGE, nothing, paging, url
from console.naming import Names, names_for
from console.shell import page, shell
from console.sight import sight_of
from console.tables import cell, column, row, table
from console.traces import looked
from console.why_links import why_of
from content_library import repository as items_of
from delivery.repository import ticket_lists
from delivery.repository.ticket_lists import TicketFact
from kit.web.formats import long_stamp
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
DAYS: Final = 30
TICKETS: Final = {
    "claimed": ("手机上报已发，待存档核对", "info"),
    "confirmed": ("与存档一致", "ok"),
    "differs": ("与存档不一致", "danger"),
    "withdrawn": ("停用或退订后仍发出", "danger"),
}


async def sent_lately(session: AsyncSession, asking: Asking, code: str) -> int:
    """How many sends of an item are in sight; the list has as many."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    since = asking.at - timedelta(days=DAYS)
    found = await ticket_lists.claimed_by_script(session, [code], since, units=sight.units)
    return found.get(code, 0)


@router.get(SCRIPTS + "/{code}/sends", response_class=HTMLResponse)
async def sends(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    code: str,
    before: int | None = None,
) -> Response:
    """Who was sent this item by whom, in sight, newest first. ScriptUnknown."""
    item = chosen_version(await items_of.versions(session, code), None).script
    here = f"{SCRIPTS}/{quote(code)}/sends"
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    found = await ticket_lists.of_script(
        session, code, asking.at - timedelta(days=DAYS), units=sight.units, before=before,
        limit=PER_PAGE + 1,
    )  # fmt: skip
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    names = await names_for(
        session,
        staff=[one.staff_id for one in shown],
        customers=[one.customer_id for one in shown],
    )
    place = await looked(
        session, asking, "content.sends_listed", f"script:{code}", payload={"shown": len(shown)}
    )
    context = await shell(request, session, asking, "library", view_ref=place)
    context |= table(
        f"{item.title} 近 {DAYS} 天发送",
        here,
        [column("发送"), column("客户"), column("客户经理"), column("哪一版"), column("结果")],
        [_row(one, code, names) for one in shown],
        sub=code,
        state=None if shown else nothing("发送", (), here, "侧边栏里发出去的会出现在这里。"),
        page=paging(
            shown,
            total=await sent_lately(session, asking, code),
            next_url=url(here, before=shown[-1].id) if more else None,
            first_url=here if before else None,
        ),
        links=[("回到这条内容", f"{SCRIPTS}/{quote(code)}", "left")],
    )
    return page(request, "table", context)


def _row(one: TicketFact, code: str, names: Names) -> dict[str, Any]:
    text, kind = TICKETS.get(one.state, ("没有发出", ""))
    number = one.customer_id
    return row(
        [
            cell(long_stamp(one.claimed_at) if one.claimed_at else "—", why_of(f"send:{one.id}")),
            cell(names.customer(number), f"/c/customers/{number}" if number else None)
            if number
            else cell("客户群"),
            cell(names.person(one.staff_id)),
            cell(
                f"第 {one.script_version} 版",
                url(f"{SCRIPTS}/{quote(code)}", version=one.script_version),
            ),
            cell(text, kind=kind),
        ],
        send=str(one.id),
        version=one.script_version,
        state=one.state,
    )
