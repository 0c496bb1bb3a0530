"""Open work by kind, the newest first."""

import hashlib
from datetime import timedelta
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from console import roles
from console.lists import PER_PAGE, choice, nothing, paging, tab, url
from console.naming import Names, names_for
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.state_words import WORK_KINDS
from console.traces import looked
from delivery import worklist
from delivery.repository import work_lists
from delivery.worklist import Item
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
PATH: Final = "/c/work"
LATE: Final = timedelta(days=2)


def number_of(key: str) -> str:
    """A short name for an item: people say it on the phone."""
    return f"W-{hashlib.sha256(key.encode()).hexdigest()[:6].upper()}"


def kind_text(kind: str) -> str:
    """What a kind of work is called."""
    return WORK_KINDS.get(kind, kind)


@router.get(PATH, response_class=HTMLResponse)
async def work(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    unit: str = "",
    kind: str = "",
    status: Annotated[str, Query(alias="state")] = "",
    mine: str = "",
    offset: int = 0,
) -> Response:
    """Items in sight; open ones unless the closed ones are asked for. ``mine``: addressed to me."""
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    state = "closed" if status == "closed" else "open"
    wanted = kind or None
    me = asking.viewer.staff_id
    own = await worklist.count_work(session, units=sight.units, staff_id=me)
    total = await worklist.count_work(
        session, units=sight.units, state=state, kind=wanted, staff_id=me if mine else None
    )
    start = max(offset, 0)
    shown = await worklist.work_items(
        session, units=sight.units, state=state, kind=wanted, staff_id=me if mine else None,
        limit=PER_PAGE, offset=start,
    )  # fmt: skip
    by_kind = await work_lists.open_by_kind(session, units=sight.units)
    place = await looked(
        session,
        asking,
        "works.listed",
        "list:work",
        payload={"unit": unit, "kind": kind, "mine": mine, "shown": [one.key for one in shown]},
    )
    names = await names_for(
        session,
        places=[one.closed_by for one in shown if one.closed_by],
        staff=[one.staff_id for one in shown],
        customers=[one.customer_id for one in shown],
    )
    kept = {"unit": unit, "kind": kind, "state": status, "mine": mine}
    context = await shell(request, session, asking, "work", view_ref=place)
    context |= {
        "filters": [
            choice("unit", "机构", whole.options, unit),
            choice("state", "状态", [("", "待处理"), ("closed", "已办结")], status),
        ],
        "tabs": [
            tab("全部", url(PATH, unit=unit), sum(by_kind.values()), not (kind or mine)),
            *(
                [tab("派给我的", url(PATH, unit=unit, mine="1"), own, mine == "1")]
                if own or mine
                else []
            ),
            *(
                tab(kind_text(name), url(PATH, unit=unit, kind=name), n, name == kind)
                for name, n in by_kind.items()
            ),
        ],
        "state": None
        if shown
        else nothing("工单", kept.values(), PATH, "有要人判断的事时会出现在这里。"),
        "items": [row(one, names, sight, asking) for one in shown],
        "page": paging(
            shown,
            total=total,
            next_url=url(PATH, kept, offset=start + PER_PAGE) if total > start + PER_PAGE else None,
            first_url=url(PATH, kept) if start else None,
        ),
    }
    return page(request, "work", context)


def row(one: Item, names: Names, sight: Sight, asking: Asking) -> dict[str, Any]:
    """An item as the table shows it."""
    open_ = one.state == "open"
    about = (
        names.customer(one.customer_id)
        if one.customer_id
        else "企业微信联系人"
        if one.external_userid
        else "—"
    )
    return {
        "no": number_of(one.key),
        "href": f"{PATH}/{quote(one.key, safe='')}",
        "title": one.title,
        "kind_text": kind_text(one.kind),
        "why": one.why,
        "about_text": about,
        "unit_name": sight.unit_name(one.unit_id),
        "holder_name": names.actor(one.closed_by) if one.closed_by else names.person(one.staff_id),
        "opened_at": one.opened_at,
        "late": open_ and asking.at - one.opened_at > LATE,
        "state_text": "待处理" if open_ else "已办结",
        "state_kind": "warn" if open_ else "ok",
    }
