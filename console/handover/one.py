"""One handover: every line with what became of it; planned by one person, approved by another."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from community import repository as groups_of
from console import roles
from console.errors import ReasonNeeded
from console.handover.listed import PATH
from console.handover.naming import (
    LINE_KINDS,
    LINE_STATES,
    ORIGINS,
    RELATIONS,
    RUN_KINDS,
    RUN_STATES,
)
from console.lists import PER_PAGE, choice, nothing, paging, url
from console.naming import Names, names_for
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.traces import looked
from crm_sync.repository import profiles
from crm_sync.row_security import beyond_scope
from kit.web.formats import count, masked_name
from kit.web.guard import Asking, Writing, allow
from portfolio.handover import planning, store
from portfolio.handover.errors import HandoverUnknown
from portfolio.handover.facts import STATES, LineFact, RunFact, sentence_of

router = APIRouter()


async def in_sight(session: AsyncSession, asking: Asking, run_id: int) -> tuple[RunFact, Sight]:
    """The handover, if its unit is in sight. Raises HandoverUnknown otherwise, always the same."""
    sight = await sight_of(session, asking.viewer, roles.EXECUTION)
    found = await store.one(session, run_id, units=sight.units)
    if found is None:
        raise HandoverUnknown("没有这次移交，或不在您的机构范围内", do="从移交列表里打开")
    return found, sight


@router.get(PATH + "/{run_id}", response_class=HTMLResponse)
async def handover(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Writing,
    run_id: int,
    kind: str = "",
    status: Annotated[str, Query(alias="state")] = "",
    taker: str = "",
    after: int = 0,
) -> Response:
    """What changes hands, and how far it is."""
    run, sight = await in_sight(session, asking, run_id)
    wanted: dict[str, Any] = {
        "kind": kind or None,
        "states": [one for one in status.split(",") if one in STATES],
        "nobody": taker == "none",
    }
    total = await store.count_lines(session, run_id, **wanted)
    found = await store.lines(session, run_id, **wanted, limit=PER_PAGE + 1, after=after)
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    place = await looked(
        session,
        asking,
        "handover.viewed",
        f"handover:{run_id}",
        unit=run.unit_id,
        payload={"kind": kind, "state": status, "lines": [one.line_id for one in shown]},
    )
    names = await names_for(
        session,
        places=[one for one in (run.planned_by, run.approved_by) if one],
        staff=[run.staff_id, *run.takers, *(one.to_staff_id for one in shown)],
        customers=[one.customer_id for one in shown],
    )
    nicks = await profiles.names_of(session, [one.item for one in shown if one.kind == "contact"])
    here = f"{PATH}/{run_id}"
    kept = {"kind": kind, "state": status, "taker": taker}
    text, colour = RUN_STATES[run.state]
    context = await shell(request, session, asking, "handovers", view_ref=place)
    context |= {
        "run": {
            "no": f"移交 {run_id}",
            "giver": names.person(run.staff_id) or run.staff_id,
            "kind_text": RUN_KINDS[run.kind],
            "created_at": run.created_at,
            "state_text": text,
            "state_kind": colour,
        },
        "numbers": _numbers(run, here),
        "filters": [
            choice("kind", "什么", [("", "全部"), *LINE_KINDS.items()], kind),
            choice(
                "state",
                "状态",
                [("", "全部"), *((one, words) for one, (words, _) in LINE_STATES.items())],
                status,
            ),
        ],
        "path": here,
        "state": None
        if shown
        else nothing("移交的内容", kept.values(), here, "这位员工名下没有客户、好友或客户群。"),
        "lines": [_line(one, names, nicks) for one in shown],
        "facts": _facts(run, names, sight),
        "planning": _planning(run, names, here),
        "approving": _approving(run, asking, here),
        "page": paging(
            shown,
            total=total,
            next_url=url(here, kept, after=shown[-1].line_id) if more else None,
            first_url=url(here, kept) if after else None,
        ),
    }
    return page(request, "handover", context)


def _numbers(run: RunFact, here: str) -> list[dict[str, Any]]:
    """Figures that open their lists; those of contacts add up to all contacts."""
    told = (
        ("业绩归属", "customer", (), "行内管户，批准时一次变更", False),
        ("好友", "contact", (), "企业微信里逐位移交", False),
        ("已接手", "contact", ("taken",), "企业微信办成", False),
        ("在办", "contact", ("planned", "asked", "unknown", "waiting"), "待提交或等客户", False),
        ("客户拒绝", "contact", ("refused",), "每位一件工单", True),
        ("上限与其他", "contact", ("limit", "kept", "gone"), "次数、人数上限，或已不在", True),
        ("客户群", "group", (), "群主变更", False),
    )
    found = []
    for name, kind, states, note, bad in told:
        number = run.in_state(kind, *states) if states else run.of_kind(kind)
        href = url(here, kind=kind, state=",".join(states)) + "#list"
        found.append(
            {"name": name, "value": count(number), "note": note, "href": href,
             "bad": bad and number > 0}
        )  # fmt: skip
    if run.nobody:
        href = url(here, taker="none") + "#list"
        note = "指定之后才能批准"
        found.append(
            {"name": "没有接手人", "value": count(run.nobody), "note": note, "href": href,
             "bad": True}
        )  # fmt: skip
    return found


def _line(one: LineFact, names: Names, nicks: Any) -> dict[str, Any]:
    text, colour = LINE_STATES[one.state]
    nick = nicks.get(one.item)
    customer = names.customer(one.customer_id) if one.customer_id else ""
    about = {"customer": customer, "contact": masked_name(nick) if nick else "企业微信联系人"}.get(
        one.kind, "客户群"
    )
    return {
        "kind_text": LINE_KINDS[one.kind],
        "about": about or "—",
        "customer": customer if one.kind == "contact" else RELATIONS.get(one.relation, ""),
        "href": f"/c/customers/{one.customer_id}" if one.customer_id else None,
        "to": names.person(one.to_staff_id) or "还没有",
        "state_text": text,
        "state_kind": colour,
        "saying": sentence_of(one.code),
        "asked_at": one.asked_at,
        "due_at": one.due_at if one.state == "waiting" else None,
        "settled_at": one.settled_at,
    }


def _facts(run: RunFact, names: Names, sight: Sight) -> list[tuple[str, str, str]]:
    return [
        ("机构", sight.unit_name(run.unit_id), ""),
        ("为什么", run.reason or "—", ""),
        ("来由", ORIGINS.get(run.origin, run.origin), ""),
        ("接手人", "、".join(names.person(one) for one in run.takers) or "还没有", ""),
        ("拟定", names.actor(run.planned_by) if run.planned_by else "—", ""),
        ("批准", names.actor(run.approved_by) if run.approved_by else "—", ""),
    ]


def _planning(run: RunFact, names: Names, here: str) -> dict[str, str] | None:
    if run.state not in ("draft", "planned"):
        return None
    return {
        "action": f"{here}/plan",
        "takers": " ".join(run.takers),
        "cancel": f"{here}/cancel",
    }


def _approving(run: RunFact, asking: Asking, here: str) -> dict[str, str] | None:
    if run.state != "planned":
        return None
    own = run.planned_by == asking.actor
    return {
        "action": f"{here}/approve",
        "refused": "您拟定的移交，要由另一位同事批准。" if own else "",
        "text": "批准后业绩归属立即变更，系统开始逐批向企业微信提出移交。",
    }


@router.post(PATH + "/{run_id}/plan")
async def plan(
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Writing,
    run_id: int,
    takers: Annotated[str, Form(max_length=2_000)] = "",
) -> Response:
    """Name the successors; the lines are made anew."""
    run, _ = await in_sight(session, asking, run_id)
    chosen = takers.replace("，", " ").replace(",", " ").replace("、", " ").split()
    async with beyond_scope(session):
        chats = await groups_of.owned_by(session, run.userid) if run.userid else []
        await planning.plan(
            session, run_id, takers=chosen, chat_ids=chats, by=asking.actor, at=asking.at
        )
    return RedirectResponse(f"{PATH}/{run_id}", status_code=303)


@router.post(PATH + "/{run_id}/approve")
async def approve(
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Writing,
    run_id: int,
) -> Response:
    """A second person's word: the books change now, WeCom is asked from now on.

    The giver's customers may belong to units the approver does not see; they move all the same.
    """
    await in_sight(session, asking, run_id)
    async with beyond_scope(session):
        await planning.approve(session, run_id, by=asking.actor, at=asking.at)
    return RedirectResponse(f"{PATH}/{run_id}", status_code=303)


@router.post(PATH + "/{run_id}/cancel")
async def cancel(
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Writing,
    run_id: int,
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Call off what nobody has approved, with the reason."""
    await in_sight(session, asking, run_id)
    why = " ".join(reason.split())
    if len(why) < 2:
        raise ReasonNeeded("请写为什么撤销", do="例如：员工回来上班了")
    await planning.cancel(session, run_id, by=asking.actor, reason=why, at=asking.at)
    return RedirectResponse(f"{PATH}/{run_id}", status_code=303)
