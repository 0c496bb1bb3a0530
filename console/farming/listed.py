"""种养殖客户: those whose season begins soon, or all; every figure is the length of a list."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from config import policy_catalogue
from console import roles
from console.lists import PER_PAGE, choice, nothing, paging, tab, url
from console.naming import Names, names_for
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.traces import looked
from crm_sync import farming
from crm_sync.farming import FarmFact, Wanted
from kit.clock import bank_date
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
PATH: Final = "/c/farming"
KINDS: Final = {"crop": "种植", "livestock": "养殖", "aquatic": "水产", "forestry": "林果"}
CHANNELS: Final = {
    "visits": "走千访万",
    "buyers": "收购户",
    "cold_store": "冷藏库",
    "lectures": "农技讲座",
    "other": "其他",
}
ALL: Final = "all"


@router.get(PATH, response_class=HTMLResponse)
async def farming_page(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    unit: str = "",
    kind: str = "",
    channel: str = "",
    view: Annotated[str, Query(pattern="^(|all)$")] = "",
    after: Annotated[str, Query(pattern=r"^(|\d{1,4}-\d{1,18})$")] = "",
) -> Response:
    """Records in sight: those whose season begins soon unless all are asked for."""
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    policy = request.app.state.parts.shelf.of(policy_catalogue.FARMING)
    today = bank_date(asking.at)
    wanted = Wanted(sight.units, kind, channel, due=view != ALL)
    totals = {
        due: await farming.count(
            session, Wanted(sight.units, kind, channel, due=due), policy, today
        )
        for due in (True, False)
    }
    found = await farming.records(
        session, wanted, policy, today, limit=PER_PAGE + 1, after=_place(after)
    )
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    place = await looked(
        session,
        asking,
        "farming.listed",
        "list:farming",
        payload={"unit": unit, "view": view, "shown": [one.record_id for one in shown]},
    )
    names = await names_for(
        session,
        staff=[one.owner_staff_id for one in shown],
        customers=[one.customer_id for one in shown],
    )
    kept = {"unit": unit, "kind": kind, "channel": channel, "view": view}
    scope = {"unit": unit, "kind": kind, "channel": channel}
    context = await shell(request, session, asking, "farming", view_ref=place)
    context |= {
        "lead_days": policy.lead_days,
        "filters": [
            choice("unit", "机构", whole.options, unit),
            choice("kind", "类型", [("", "全部"), *KINDS.items()], kind),
            choice("channel", "来自", [("", "全部"), *CHANNELS.items()], channel),
        ],
        "tabs": [
            tab("资金季将到", url(PATH, scope), totals[True], view != ALL),
            tab("全部", url(PATH, scope, view=ALL), totals[False], view == ALL),
        ],
        "state": None
        if shown
        else nothing(
            "种养殖客户", kept.values(), PATH, "用 gengyun import farming 导入种养殖名单。"
        ),
        "records": [_row(one, names, sight) for one in shown],
        "page": paging(
            shown,
            total=totals[view != ALL],
            next_url=url(PATH, kept, after=_after(shown[-1])) if more else None,
            first_url=url(PATH, kept) if after else None,
        ),
    }
    return page(request, "farming", context)


def _place(after: str) -> tuple[int, int] | None:
    if not after:
        return None
    season, _, number = after.partition("-")
    return int(season), int(number)


def _after(last: FarmFact) -> str:
    season = last.begins_on.month * 100 + last.begins_on.day if last.begins_on else 9_999
    return f"{season}-{last.record_id}"


def _row(one: FarmFact, names: Names, sight: Sight) -> dict[str, Any]:
    area = f"{one.area_centimu / 100:g} 亩" if one.area_centimu else ""
    heads = f"{one.heads:,} 头（只、尾）" if one.heads else ""
    return {
        "customer": names.customer(one.customer_id),
        "href": f"/c/customers/{one.customer_id}",
        "unit_name": sight.unit_name(one.unit_id),
        "owner": names.person(one.owner_staff_id) or "没有管户",
        "kind_text": KINDS.get(one.kind, one.kind),
        "item": one.item,
        "size": "，".join(part for part in (area, heads) if part) or "—",
        "season": one.season,
        "begins_on": one.begins_on,
        "market": f"{one.market_month} 月" if one.market_month else "—",
        "cycle": f"{one.cycle_days} 天" if one.cycle_days else "—",
        "output": one.output or "—",
        "channel": CHANNELS.get(one.channel, "—"),
        "noted_on": one.noted_on,
    }
