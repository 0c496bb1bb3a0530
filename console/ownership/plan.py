"""One allocation plan: loads before and after, every line with its reason, the decision."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from console import roles
from console.lists import PER_PAGE, choice, nothing, number, paging, url
from console.naming import Names, names_for
from console.ownership.plans import PATH
from console.ownership.shared import LINE_STATES, PLAN_STATES, RELATIONS, policy_of
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.traces import looked
from crm_sync.row_security import beyond_scope
from kit.web.formats import asset_band, count
from kit.web.guard import Asking, Writing, allow
from portfolio.allocation import deciding, repository
from portfolio.allocation.facts import LineFact, LoadShift, Method, PlanFact
from portfolio.allocation.planning import METHODS
from portfolio.approvers import may_decide
from portfolio.errors.ownership import PlanUnknown

router = APIRouter()
WHERE: Final = PATH + "/{plan_id}"


async def _in_sight(session: AsyncSession, asking: Asking, plan_id: int) -> tuple[PlanFact, Sight]:
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    found = await repository.plan(session, plan_id, sight.units)
    if found is None:
        raise PlanUnknown("没有这个分配方案，或不在你的查看范围内", do="刷新方案列表")
    return found, sight


@router.get(WHERE, response_class=HTMLResponse)
async def plan(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    plan_id: int,
    to: str = "",
    frm: str = "",
    state: str = "",
    after: int = 0,
) -> Response:
    """The plan with what it does to each person; its lines, narrowed by the address."""
    found, sight = await _in_sight(session, asking, plan_id)
    here = f"{PATH}/{plan_id}"
    known = state if state in LINE_STATES else ""
    asked: dict[str, Any] = {"to": to, "frm": frm, "state": known}
    lines = await repository.lines(session, plan_id, **asked, limit=PER_PAGE + 1, after=after)
    shown, more = lines[:PER_PAGE], len(lines) > PER_PAGE
    total = await repository.count_lines(session, plan_id, **asked)
    async with beyond_scope(session):  # counts alone; the lines stay within the viewer's scope
        loads = await repository.shifts(session, found)
    place = await looked(
        session, asking, "allocation.viewed", f"allocation:{plan_id}", unit=found.unit_id,
        payload={**asked, "shown": [one.customer_id for one in shown]},
    )  # fmt: skip
    names = await names_for(
        session,
        places=[who for who in (found.author, found.decided_by) if who],
        staff=[
            *(one.staff_id for one in loads),
            *(who for one in shown for who in (one.from_staff, one.to_staff)),
        ],
        customers=[one.customer_id for one in shown],
    )
    text, colour = PLAN_STATES[found.state]
    moves = "applied" if found.state == "applied" else "proposed"
    context = await shell(request, session, asking, "allocation", view_ref=place)
    context |= {
        "plan": {
            "title": f"{sight.unit_name(found.unit_id)} · {found.listed}",
            "state_text": text,
            "state_kind": colour,
            "made_at": found.made_at,
        },
        "back": PATH,
        "stats": await _stats(session, found, here, moves),
        "facts": _facts(found, names),
        "loads": [_load(one, names, here, moves) for one in loads],
        "left": [
            {"reason": reason, "n": n}
            for reason, n in await repository.unplaced_by_reason(session, plan_id)
        ],
        "filters": [
            choice("state", "结果", [("", "全部"), *((key, one[0]) for key, one in LINE_STATES.items())], known),
            choice("to", "接收人", [("", "全部"), *((one.staff_id, names.person(one.staff_id)) for one in loads if one.gains)], to),
            choice("frm", "原来的人", [("", "全部"), ("-", "没有人"), *((one.staff_id, names.person(one.staff_id)) for one in loads if one.losses)], frm),
        ],
        "path": here,
        "state": None if shown else nothing("客户", asked.values(), here, "名单上的人都已有合适的管户人。"),
        "lines": [_line(one, names, sight) for one in shown],
        "page": paging(
            shown,
            total=total,
            next_url=url(here, asked, after=shown[-1].customer_id) if more else None,
            first_url=url(here, asked) if after else None,
        ),
        "decision": await _decision(request, session, asking, found, here),
    }  # fmt: skip
    return page(request, "allocation_plan", context)


async def _stats(
    session: AsyncSession, found: PlanFact, here: str, moves: str
) -> list[dict[str, Any]]:
    async def many(state: str) -> str:
        return count(await repository.count_lines(session, found.id, state=state))

    return [
        number("换人", await many(moves), "户", f"名单 {count(found.counts.get('listed', 0))} 户", "方案里从一个人到另一个人的客户", url(here, state=moves)),
        number("没有分出去", await many("unplaced"), "户", "下面按原因列出", "没有合适的接收人", url(here, state="unplaced")),
        number("未生效", await many("stale"), "户", "编制之后情况变了", "批准时客户已换人、已销户或接收人已离岗", url(here, state="stale")),
    ]  # fmt: skip


def _facts(found: PlanFact, names: Names) -> list[tuple[str, str]]:
    shown = [
        ("办法", METHODS[Method(found.method)]),
        ("关系", RELATIONS.get(found.kind, found.kind)),
        ("不动的", f"{count(found.counts.get('kept', 0))} 户，已有合适的人"),
        ("编制", names.actor(found.author)),
    ]
    if found.decided_by:
        shown += [("决定", names.actor(found.decided_by)), ("意见", found.opinion)]
    return shown


def _load(one: LoadShift, names: Names, here: str, moves: str) -> dict[str, Any]:
    return {
        "name": names.person(one.staff_id),
        "before": one.before,
        "before_url": url("/c/customers", owner=one.staff_id),
        "gains": one.gains,
        "gains_url": url(here, to=one.staff_id, state=moves),
        "losses": one.losses,
        "losses_url": url(here, frm=one.staff_id, state=moves),
        "after": one.after,
    }


def _line(one: LineFact, names: Names, sight: Sight) -> dict[str, Any]:
    text, kind = LINE_STATES[one.state]
    return {
        "href": f"/c/customers/{one.customer_id}",
        "customer": names.customer(one.customer_id),
        "unit_name": sight.unit_name(one.unit_id),
        "band": asset_band(one.aum_fen),
        "from": names.person(one.from_staff) or "没有人",
        "to": names.person(one.to_staff) or "—",
        "reason": one.reason,
        "state_text": text,
        "state_kind": kind,
    }


async def _decision(
    request: Request, session: AsyncSession, asking: Asking, found: PlanFact, here: str
) -> dict[str, Any] | None:
    if found.state != "pending":
        return None
    if found.author == asking.actor:
        return {
            "action": f"{here}/withdraw",
            "own": True,
            "text": "你编制的方案要由另一位有审批角色的同事批准。",
        }
    if not await may_decide(session, asking.viewer, found.unit_id, policy_of(request)):
        return {"action": "", "own": False, "text": "由本机构的负责人（行长、营业经理）审批。"}
    return {"action": f"{here}/decide", "own": False, "text": "批准后立即全部生效，不能撤销。"}


@router.post(WHERE + "/decide")
async def decide(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    plan_id: int,
    choice: Annotated[str, Form(pattern="^(approve|refuse)$")],
    opinion: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """Approve and apply, or refuse, with an opinion."""
    await _in_sight(session, asking, plan_id)
    act = deciding.approve if choice == "approve" else deciding.refuse
    await act(
        session,
        plan_id,
        viewer=asking.viewer,
        policy=policy_of(request),
        opinion=opinion,
        at=asking.at,
    )
    return RedirectResponse(f"{PATH}/{plan_id}", status_code=303)


@router.post(WHERE + "/withdraw")
async def withdraw(
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)], session: Writing, plan_id: int
) -> Response:
    """The author takes a plan back."""
    await _in_sight(session, asking, plan_id)
    await deciding.withdraw(session, plan_id, by=asking.actor, at=asking.at)
    return RedirectResponse(f"{PATH}/{plan_id}", status_code=303)
