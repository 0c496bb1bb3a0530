"""上线清单: five items with what is left of each, every count with its list of things to do."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from config import policy_catalogue
from console import roles
from console.launch import interfaces
from console.lists import PER_PAGE, badge, choice, nothing, paging, url
from console.naming import Names, names_for
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.state_words import WORK_KINDS
from console.traces import looked
from crm_sync.repository import launch as checks
from crm_sync.repository import profiles
from crm_sync.repository.launch import BY_ID, CHECKS, Check, Task
from delivery import binding_work
from delivery.repository import work_lists
from kit.web.formats import masked_name
from kit.web.guard import Asking, Reading, Writing, allow

router = APIRouter()
PATH: Final = "/c/launch"
ITEMS: Final[Mapping[str, tuple[str, str, tuple[str, ...]]]] = {
    checks.MIGRATION: ("客户迁移", "员工变动后，好友与客户有人接着服务", ("staff_left", "transfer_failed")),
    checks.IDENTITY: ("客户认证", "好友对应到行里的客户，并且是实名的", ("binding_conflict",)),
    checks.OWNERSHIP: ("业绩归属", "每位客户只有一个管户经理，且他就是好友", ("owner_mismatch",)),
    checks.ACCESS: ("接口权限", "接口都已开通并见到效果，员工在企业微信里可见、可用", ()),
    checks.ORGANISATION: ("组织调整", "机构、员工、客户的归属与现在的组织一致", ()),
}  # fmt: skip
"""Items in the seed's order: name, what is wanted, kinds of work items that belong to it."""


@router.get(PATH, response_class=HTMLResponse)
async def checklist(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    unit: str = "",
) -> Response:
    """The five items with their checks, counted over everybody in sight."""
    policy = request.app.state.parts.shelf.of(policy_catalogue.ADDS)
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    left = await checks.counts(session, policy, sight.units)
    open_work = await work_lists.open_by_kind(session, units=sight.units)
    shared = (
        interfaces.checks_of(await interfaces.interfaces(request, session, asking.at))
        if sight.units is None
        else []
    )
    items = [
        _item(item, left, open_work, unit, shared if item == checks.ACCESS else ())
        for item in ITEMS
    ]
    context = await shell(request, session, asking, "launch")
    context |= {
        "filters": [choice("unit", "机构", whole.options, unit)],
        "items": items,
        "done": sum(one["ready"] for one in items),
        "left": sum(one["left"] for one in items),
    }
    return page(request, "launch", context)


def _item(
    item: str,
    left: Mapping[str, int],
    open_work: Mapping[str, int],
    unit: str,
    shared: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    name, wanted, kinds = ITEMS[item]
    rows: list[dict[str, Any]] = [
        {
            "title": one.title,
            "do": one.do,
            "n": left[one.id],
            "href": url(f"{PATH}/{one.id}", unit=unit),
        }
        for one in CHECKS
        if one.item == item
    ]
    rows += shared
    remaining = sum(one["n"] for one in rows)
    return {
        "name": name,
        "wanted": wanted,
        "rows": rows,
        "left": remaining,
        "ready": not remaining,
        "state": badge("已就绪", "ok") if not remaining else badge("还有事要做", "warn"),
        "work": [
            {
                "name": WORK_KINDS.get(kind, kind),
                "n": open_work.get(kind, 0),
                "href": url("/c/work", kind=kind, unit=unit),
            }
            for kind in kinds
        ],
    }


@router.get(PATH + "/{check}", response_class=HTMLResponse)
async def tasks(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    check: str,
    unit: str = "",
    after: str = "",
) -> Response:
    """The things to do behind one count."""
    policy = request.app.state.parts.shelf.of(policy_catalogue.ADDS)
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    chosen = BY_ID.get(check, CHECKS[0])
    found = await checks.page(session, policy, chosen, sight.units, after=after, limit=PER_PAGE + 1)
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    path = f"{PATH}/{chosen.id}"
    place = await looked(
        session,
        asking,
        "launch.listed",
        f"list:{chosen.id}",
        payload={"unit": unit, "shown": [one.key for one in shown]},
    )
    left = (await checks.counts(session, policy, sight.units))[chosen.id]
    context = await shell(request, session, asking, "launch", view_ref=place)
    context |= {
        "check": {"title": chosen.title, "do": chosen.do, "item": ITEMS[chosen.item][0]},
        "filters": [choice("unit", "机构", whole.options, unit)],
        "path": path,
        "tasks": await _rows(session, chosen, shown, sight),
        "state": None if shown else nothing("要做的事", [unit], path, "这一项已经就绪。"),
        "page": paging(
            shown,
            total=left,
            next_url=url(path, unit=unit, after=shown[-1].key) if more else None,
            first_url=url(path, unit=unit) if after else None,
        ),
    }
    return page(request, "launch_tasks", context)


async def _rows(
    session: AsyncSession, check: Check, shown: Sequence[Task], sight: Sight
) -> list[dict[str, Any]]:
    nicks = await profiles.names_of(
        session, [one.external_userid for one in shown if one.external_userid]
    )
    names = await names_for(
        session,
        staff=[one.staff_id for one in shown],
        customers=[one.customer_id for one in shown],
    )
    keys = {key for one in shown if (key := _work_key(check, one))}
    known = await work_lists.open_among(session, keys, units=sight.units)
    return [_row(check, one, nicks, names, sight, known) for one in shown]


def _row(
    check: Check,
    one: Task,
    nicks: Mapping[str, str],
    names: Names,
    sight: Sight,
    known: set[str],
) -> dict[str, Any]:
    nick = nicks.get(one.external_userid or "")
    key = _work_key(check, one)
    return {
        "unit_name": sight.unit_name(one.unit_id) or "—",
        "staff_name": names.person(one.staff_id) or "—",
        "contact": (masked_name(nick) if nick else "企业微信联系人")
        if one.external_userid
        else "—",
        "customer": names.customer(one.customer_id) if one.customer_id else "—",
        "customer_url": f"/c/customers/{one.customer_id}" if one.customer_id else "",
        "note": one.note,
        "work_url": f"/c/work/{quote(key, safe='')}" if key in known else "",
    }


def _work_key(check: Check, one: Task) -> str:
    """The work item that a task may have; empty where there is none of its kind."""
    if not one.external_userid:
        return ""
    if check.id == "conflicts":
        return binding_work.conflict_key(one.external_userid)
    if check.id == "mismatched":
        return binding_work.mismatch_key(one.external_userid, one.customer_id)
    return ""
