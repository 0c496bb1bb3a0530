"""社群节奏: what the groups in sight post on a day of the week, what was posted, what was missed."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from community import names as group_names
from community import repository as groups_of
from community.facts import Seat
from community.rhythm import PostDue, State, posts_of, state_of
from config import policy_catalogue
from console import roles
from console.groups.listed import PATH as GROUPS
from console.lists import PER_PAGE, choice, day, nothing, number, paging, tab, url
from console.record_query import day_of
from console.shell import page, shell
from console.sight import Sight, groups_in, sight_of
from console.traces import looked
from content_library import repository as scripts_of
from crm_sync.facts import StaffFact
from crm_sync.repository.staff import staff_by_userids
from delivery import group_posts
from kit.clock import bank_date
from kit.web.formats import count
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
PATH: Final = f"{GROUPS}/rhythm"
WEEKDAYS: Final = "一二三四五六日"
STATES: Final[Mapping[State, tuple[str, str]]] = {
    "posted": ("已发", "ok"),
    "waiting": ("待发", "info"),
    "missed": ("没发", "danger"),
}


@router.get(PATH, response_class=HTMLResponse)
async def rhythm(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    unit: str = "",
    on: Annotated[str, Query(max_length=10)] = "",
    status: Annotated[str, Query(alias="state", max_length=10)] = "",
    after: Annotated[str, Query(max_length=120)] = "",
) -> Response:
    """The posts of one day by hour; the week they stand in, a tab a day."""
    today = bank_date(asking.at)
    chosen = day_of(on, "哪一天") or today
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    seats = await groups_of.seats_of(session, await groups_in(session, sight))
    parts = request.app.state.parts
    policy, works = parts.shelf.of(policy_catalogue.COMMUNITY), parts.desk.calendar.is_working
    due = posts_of(policy, seats, chosen, works)
    posted = {
        chat_id: {one.script_code for one in several}
        for chat_id, several in (
            await group_posts.posted_on(session, [one.chat_id for one in due], chosen)
        ).items()
    }
    states = {one.chat_id: state_of(one, posted, today, chosen) for one in due}
    wanted = [one for one in due if not status or states[one.chat_id] == status]
    rest = [one for one in wanted if not after or _place(one) > after]
    shown = rest[:PER_PAGE]
    place = await looked(
        session,
        asking,
        "groups.listed",
        "list:groups",
        payload={"unit": unit, "rhythm": chosen.isoformat(), "shown": len(shown)},
    )
    kept = {"unit": unit, "on": on, "state": status}
    context = await shell(request, session, asking, "groups", view_ref=place)
    monday = chosen - timedelta(days=chosen.weekday())
    week = [monday + timedelta(days=number) for number in range(7)]
    context |= {
        "back": GROUPS,
        "day": chosen,
        "rest_text": "" if works(chosen) else "休息日：写了“照发”的才发",
        "filters": [
            choice("unit", "机构", whole.options, unit),
            day("on", "哪一天", on),
            choice("state", "状态", [("", "全部"), *((key, text) for key, (text, _) in STATES.items())], status),
        ],
        "stats": _stats(states, {"unit": unit, "on": on}, len(seats)),
        "tabs": [
            tab(
                f"周{WEEKDAYS[one.weekday()]} {one:%m-%d}",
                url(PATH, unit=unit, on=one.isoformat()),
                len(posts_of(policy, seats, one, works)),
                one == chosen,
            )
            for one in week
        ],
        "state": None
        if shown
        else nothing(
            "要发的", [status, unit], PATH,
            "这一天没有排：登记过的群按策略“社群节奏”排，休息日默认不发。",
        ),
        "posts": await _rows(session, shown, {one.chat_id: one for one in seats}, states, sight),
        "page": paging(
            shown,
            total=len(wanted),
            next_url=url(PATH, kept, after=_place(shown[-1])) if len(rest) > PER_PAGE else None,
            first_url=url(PATH, kept) if after else None,
        ),
    }  # fmt: skip
    return page(request, "group_rhythm", context)


def _place(one: PostDue) -> str:
    return f"{one.at.isoformat()}~{one.chat_id}"


def _stats(
    states: Mapping[str, State], kept: Mapping[str, str], seats: int
) -> list[dict[str, Any]]:
    counted = Counter(states.values())
    hows = {
        "posted": "群主点过发送，按话术编号对上的",
        "waiting": "到了点群主在侧边栏一点发出",
        "missed": "那一天过去了还没有发的",
    }
    return [
        number("要发", count(len(states)), "条", f"{count(seats)} 个群里", "登记过的群，一群一天最多一条", url(PATH, kept)),
        *(
            number(
                text,
                count(counted[name]),
                "条",
                "",
                hows[name],
                url(PATH, kept, state=name),
                bad=name == "missed" and counted[name] > 0,
            )
            for name, (text, _) in STATES.items()
        ),
    ]  # fmt: skip


async def _rows(
    session: AsyncSession,
    shown: list[PostDue],
    seats: Mapping[str, Seat],
    states: Mapping[str, State],
    sight: Sight,
) -> list[dict[str, Any]]:
    names = await group_names.names(session, [one.chat_id for one in shown])
    owners = await staff_by_userids(session, {seats[one.chat_id].owner_userid for one in shown})
    codes = {one.script_code for one in shown}
    newest = await scripts_of.newest_versions(session, codes)
    titles = {one.script.code: one.script.title for one in newest}
    return [
        _row(one, seats[one.chat_id], names, owners, states[one.chat_id], sight, titles)
        for one in shown
    ]


def _row(
    one: PostDue,
    seat: Seat,
    names: Mapping[str, str],
    owners: Mapping[str, StaffFact],
    state: State,
    sight: Sight,
    titles: Mapping[str, str],
) -> dict[str, Any]:
    owner = owners.get(seat.owner_userid)
    return {
        "at": one.at,
        "name": names.get(one.chat_id) or "（没有群名）",
        "href": f"{GROUPS}/{quote(one.chat_id)}",
        "kind": one.kind,
        "owner_name": owner.name if owner else seat.owner_userid,
        "unit_name": sight.unit_name(seat.unit_id or (owner.unit_id if owner else None)),
        "script": one.script_code,
        "script_title": titles.get(one.script_code) or "（没有这条话术）",
        "script_href": f"/c/library/{quote(one.script_code)}",
        "why": one.why,
        "state_text": STATES[state][0],
        "state_kind": STATES[state][1],
    }
