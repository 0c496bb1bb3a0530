"""One moment: its words, its approval, whom it is shown to and why others are not, who published."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console import roles
from console.lists import number, tab, url
from console.moments import behind
from console.moments.listed import PATH
from console.moments.wording import (
    PARTS,
    SHOWS,
    STATES,
    hours,
    reason_text,
)
from console.naming import Names, names_for
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.traces import looked
from delivery.moments import repository, service
from delivery.moments.audience import PASSED
from delivery.moments.facts import MomentFact, Numbers, PartFact, TaskState
from kit.web.formats import count
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
Kept = Annotated[str, Query(max_length=32)]


@router.get(PATH + "/{task_id}", response_class=HTMLResponse)
async def moment(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    task_id: int,
    show: Kept = "list",
    reason: Kept = "",
    staff: Annotated[str, Query(max_length=64)] = "",
    state: Kept = "",
    after: int = 0,
) -> Response:
    """A moment with the list behind one of its numbers; ``show``: which one."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    one = await repository.one(session, task_id, sight.units)
    numbers = (await repository.numbers(session, [task_id], sight.units))[task_id]
    here = f"{PATH}/{task_id}"
    kept = {"show": show, "reason": reason, "staff": staff, "state": state}
    if show == behind.MEMBERS:
        body = await behind.members(session, one, sight, state, here)
        ids: list[int] = []
    elif show == behind.AHEAD:
        body, ids = await behind.ahead(session, one, sight, reason, here, after)
    else:
        body, ids = await behind.customers(session, one, sight, kept, here, after)
    place = await looked(
        session, asking, "moment.viewed", f"moment:{task_id}", unit=one.unit_id,
        payload={"show": show, "reason": reason, "customers": ids},
    )  # fmt: skip
    names = await names_for(
        session,
        places=[who for who in (one.proposed_by, one.decided_by, one.stopped_by) if who],
        staff=[line["staff_id"] for line in body["lines"]],
        customers=ids,
    )
    for line in body["lines"]:
        line["member"] = names.person(line["staff_id"]) if line["staff_id"] else "—"
        if "customer_id" in line:
            line["customer"] = names.customer(line["customer_id"]) or "客户"
    parts_of = await repository.parts(session, task_id)
    text, colour = STATES[one.state]
    context = await shell(request, session, asking, "moments", view_ref=place)
    context |= {
        "title": one.title,
        "state_text": text,
        "state_kind": colour,
        "words": one.text,
        "materials": list(one.materials),
        "cause": one.cause,
        "here_path": here,
        "stats": _stats(numbers, here) if one.listed_at else [],
        "preview": None if one.listed_at else _preview(one, here, reason),
        "tabs": _tabs(numbers, kept, here),
        "reasons": [
            {
                "text": reason_text(code),
                "n": many,
                "href": f"{url(here, show='any', reason=code)}#list",
                "on": code == reason,
            }
            for code, many in sorted(numbers.reasons.items(), key=lambda item: -item[1])
        ],
        "facts": _facts(one, sight, names),
        "calls": [_call(found) for found in parts_of],
        "deciding": _deciding(one, asking, sight),
        "stopping": one.state in (TaskState.PROPOSED, TaskState.APPROVED, TaskState.LISTED)
        and _own(one, sight)
        and bool(set(asking.viewer.roles) & {*roles.BUSINESS}),
        "of_members": show == behind.MEMBERS,
        **body,
    }  # fmt: skip
    return page(request, "moment", context)


def _stats(numbers: Numbers, here: str) -> list[dict[str, Any]]:
    """Six numbers; each has its list."""
    readers, senders = numbers.readers, numbers.senders
    members = sum(senders.values())
    left = readers.get("withdrawn", 0) + readers.get("late", 0)

    def stat(name: str, value: int, unit: str, note: str, how: str, **at: str) -> dict[str, Any]:
        return number(name, count(value), unit, note, how, f"{url(here, at)}#list")

    return [
        stat("客群", numbers.audience, "人", "圈定时在客群里", "圈定名单时客群里的客户", show="all"),
        stat("可见名单", numbers.on_list, "人", "通过闸门，打了标签", "通过闸门、没有离开的客户", show="list"),
        stat("没有列入", readers.get("excluded", 0), "人", "每一位都有原因", "没有通过闸门或次数已满", show="excluded"),
        stat("中途离开", left, "人", "退订、投诉、不再符合", "圈定之后离开名单的客户", show="left"),
        stat("能看到", readers.get("shown", 0), "人", "企业微信确认", "成员发表后企业微信说能看到的客户", show="shown"),
        stat("已发表", senders.get("published", 0), "位", f"应发表 {members} 位", "点了发表的成员", show=behind.MEMBERS, state="published"),
    ]  # fmt: skip


def _tabs(numbers: Numbers, kept: dict[str, str], here: str) -> list[dict[str, Any]]:
    alone = not kept["reason"] and not kept["staff"]
    found = []
    for name, (text, states) in SHOWS.items():
        many = sum(numbers.readers.get(one, 0) for one in states)
        if many or name in ("all", "list", "excluded", kept["show"]):
            current = kept["show"] == name and alone
            found.append(tab(text, f"{url(here, show=name)}#list", many, current))
    members = sum(numbers.senders.values())
    return [
        *found,
        tab(
            "成员",
            f"{url(here, show=behind.MEMBERS)}#list",
            members,
            kept["show"] == behind.MEMBERS,
        ),
    ]


def _facts(one: MomentFact, sight: Sight, names: Names) -> list[tuple[str, str, str]]:
    who = [sight.unit_name(unit) for unit in one.units] + list(one.staff_ids)
    found = [
        ("客群", one.audience_title or one.audience, ""),
        ("时间", hours(one.starts_at, one.ends_at), "num"),
        ("由谁发表", "、".join(who) or "全行有好友关系的客户经理", ""),
        ("为什么走朋友圈", one.channel_reason, ""),
        ("话术", f"{one.script_code} 第 {one.script_version} 版", "mono"),
        ("申请", f"{names.actor(one.proposed_by)}（{sight.unit_name(one.unit_id)}）", ""),
        ("批准", names.actor(one.decided_by) if one.decided_by else "还没有", ""),
    ]
    if one.opinion:
        found.append(("意见", one.opinion, ""))
    if one.tag_id:
        found.append(("可见标签", one.tag_name, "mono"))
    if one.approved_hash:
        found.append(("批准的指纹", one.approved_hash[:16], "mono"))
    return found


def _preview(one: MomentFact, here: str, chosen: str) -> dict[str, Any]:
    """What was judged when it was proposed; the customers behind each number."""
    told = one.preview

    def href(code: str = "") -> str:
        return f"{url(here, show=behind.AHEAD, reason=code)}#list"

    return {
        "audience": told.get("audience", 0),
        "looked": told.get("looked", 0),
        "looked_href": href(),
        "passed": told.get("passed", 0),
        "passed_href": href(PASSED),
        "reasons": [
            {"text": reason_text(code), "n": many, "href": href(code), "on": code == chosen}
            for code, many in told.get("reasons", {}).items()
        ],
    }


def _call(found: PartFact) -> dict[str, Any]:
    text, colour = PARTS[found.state]
    if found.stopped_at:
        text, colour = "已请企业微信停止", ""
    return {
        "number": found.number,
        "due_at": found.due_at,
        "departed_at": found.departed_at,
        "moment_id": found.moment_id,
        "text": text,
        "kind": colour,
        "cause": found.cause,
    }


def _own(one: MomentFact, sight: Sight) -> bool:
    return sight.units is None or one.unit_id in sight.units


def _deciding(one: MomentFact, asking: Asking, sight: Sight) -> dict[str, str] | None:
    if one.state != TaskState.PROPOSED or not _own(one, sight):
        return None
    own = one.proposed_by == asking.actor
    return {"refused": "您申请的，要由另一位同事批准。" if own else ""}


@router.post(PATH + "/{task_id}/decide")
async def decide(
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    task_id: int,
    choice: Annotated[str, Form(pattern="^(approve|refuse)$")],
    opinion: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """A second person's word."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    await service.decide(
        session, task_id, agree=choice == "approve", opinion=opinion, by=asking.actor,
        at=asking.at, units=sight.units,
    )  # fmt: skip
    return RedirectResponse(f"{PATH}/{task_id}", status_code=303)


@router.post(PATH + "/{task_id}/stop")
async def stop(
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    task_id: int,
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Nothing more of it; what nobody has published is taken back."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    await service.stop(
        session, task_id, reason=reason, by=asking.actor, at=asking.at, units=sight.units
    )
    return RedirectResponse(f"{PATH}/{task_id}", status_code=303)
