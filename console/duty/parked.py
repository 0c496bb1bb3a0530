"""暂停跟进: who is left in peace after five follow-ups, and taking them up again with a reason."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from config import policy_catalogue as kinds
from console import roles
from console.duty.places import PARKED as PATH
from console.duty.places import places
from console.errors import ReasonNeeded
from console.lists import PER_PAGE, choice, nothing, paging, tab, url
from console.naming import names_for
from console.shell import page, shell
from console.sight import sight_of
from console.tables import cell, column, row, row_form, table
from console.traces import looked
from kit.clock import bank_date
from kit.web.formats import count, moment
from kit.web.guard import Asking, Writing, allow
from portfolio.followups import parking

router = APIRouter()


@router.get(PATH, response_class=HTMLResponse)
async def parked(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    unit: str = "",
    staff: str = "",
    state: str = "",
    before: int = 0,
) -> Response:
    """Parked customers in sight, the newest first; ``state=ended``: those taken up again."""
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    live = state != "ended"
    wanted = staff or None
    found = await parking.page(
        session, units=sight.units, staff_id=wanted, live=live, limit=PER_PAGE + 1,
        before=before or None,
    )  # fmt: skip
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    totals = {
        one: await parking.count(session, units=sight.units, staff_id=wanted, live=one)
        for one in (True, False)
    }
    kept = {"unit": unit, "staff": staff, "state": state}
    place = await looked(
        session, asking, "parked.listed", "list:parked",
        payload={**kept, "shown": [one.customer_id for one in shown]},
    )  # fmt: skip
    names = await names_for(
        session,
        places=[one.unparked_by for one in shown],
        staff=[one.staff_id for one in shown],
        customers=[one.customer_id for one in shown],
    )
    may = live and bool(set(asking.viewer.roles) & set(roles.EXECUTION))
    today = bank_date(asking.at)
    rows = [
        row(
            [
                cell(
                    names.customer(one.customer_id),
                    f"/c/customers/{one.customer_id}",
                    strong=True,
                ),
                cell(names.person(one.staff_id)),
                cell(sight.unit_name(one.unit_id)),
                cell(count(one.misses)),
                cell(moment(one.parked_at, today)),
                cell(
                    f"{names.actor(one.unparked_by)} {moment(one.unparked_at, today)}"
                    if one.unparked_at
                    else "暂停中",
                    sub=one.reason,
                ),
            ],
            form=row_form(f"{PATH}/{one.customer_id}", "恢复的理由", [("unpark", "恢复跟进")])
            if may
            else None,
            customer_id=one.customer_id,
            misses=one.misses,
        )
        for one in shown
    ]
    policy = request.app.state.parts.shelf.of(kinds.FOLLOW_UPS)
    columns = [
        column("客户"), column("客户经理"), column("机构"), column("没有成交", right=True),
        column("何时暂停"), column("现在"), *([column("办理")] if may else []),
    ]  # fmt: skip
    context = await shell(request, session, asking, "duty", view_ref=place)
    context |= table(
        "暂停跟进",
        PATH,
        columns,
        rows,
        sub=f"连续 {policy.park_after} 次跟进没有成交；成交或写明理由后恢复",
        places=places(PATH),
        filters=[choice("unit", "机构", whole.options, unit)],
        tabs=[
            tab("暂停中", url(PATH, unit=unit, staff=staff), totals[True], live),
            tab(
                "已恢复", url(PATH, unit=unit, staff=staff, state="ended"), totals[False], not live
            ),
        ],
        state=None if rows else nothing("暂停的客户", [unit, staff], PATH, "没有客户暂停跟进。"),
        page=paging(
            shown,
            total=totals[live],
            next_url=url(PATH, kept, before=shown[-1].id) if more else None,
            first_url=url(PATH, kept) if before else None,
        ),
        notes=["暂停的客户不进每日联络计划；到期提醒等服务通知照常。"],
    )
    return page(request, "table", context)


@router.post(PATH + "/{customer_id}")
async def unpark(
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Writing,
    customer_id: int,
    note: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Take a customer up again, with the reason; the count begins anew."""
    reason = " ".join(note.split())
    if len(reason) < 2:
        raise ReasonNeeded("请写恢复的理由", do="例如：客户来电咨询理财")
    sight = await sight_of(session, asking.viewer, roles.EXECUTION)
    await parking.unpark(
        session, customer_id, units=sight.units, by=asking.actor, reason=reason, at=asking.at,
        request_id=asking.request_id,
    )  # fmt: skip
    return RedirectResponse(PATH, status_code=303)
