"""提升移交: the month's forms, each step counted, all of a month approved at once or one by one."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console import roles
from console.lists import PER_PAGE, choice, nothing, paging, tab, url
from console.naming import Names, names_for
from console.ownership.shared import STEPS, policy_of
from console.record_query import day_of
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.traces import looked
from kit.web.formats import in_wan
from kit.web.guard import Asking, Writing, allow
from portfolio.transfers import batch, repository, steps
from portfolio.transfers.facts import FormFact

router = APIRouter()
PATH: Final = "/c/transfers"


@router.get(PATH, response_class=HTMLResponse)
async def transfers(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    unit: str = "",
    month: str = "",
    state: str = "",
    late: str = "",
    before: int = 0,
) -> Response:
    """Forms in sight, the newest first."""
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    known, on = state if state in STEPS else "", day_of(month, "批次")
    found = await repository.forms(
        session, sight.units, month=on, state=known, late=bool(late), limit=PER_PAGE + 1,
        before=max(before, 0),
    )  # fmt: skip
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    kept = {"unit": unit, "month": on.isoformat() if on else "", "state": known, "late": late}
    numbers = await repository.counts(session, sight.units, month=on)
    place = await looked(
        session, asking, "transfers.listed", "list:transfer",
        payload={**kept, "shown": [one.customer_id for one in shown]},
    )  # fmt: skip
    names = await names_for(
        session,
        staff=[who for one in shown for who in (one.from_staff, one.to_staff)],
        customers=[one.customer_id for one in shown],
    )
    base = {"unit": unit, "month": kept["month"]}
    waiting = numbers.get("proposed", 0)
    months = await repository.months(session, sight.units)
    context = await shell(request, session, asking, "transfers", view_ref=place)
    context |= {
        "filters": [
            choice("unit", "机构", whole.options, unit),
            choice("month", "批次", [("", "全部"), *((one.isoformat(), f"{one:%Y-%m}") for one in months)], kept["month"]),
        ],
        "tabs": [
            tab("全部", url(PATH, base), sum(n for name, n in numbers.items() if name != "late"), not known and not late),
            *[
                tab(text, url(PATH, base, state=name), numbers.get(name, 0), name == known)
                for name, (text, _) in STEPS.items()
            ],
            tab("联系逾期", url(PATH, base, late=1), numbers["late"], bool(late)),
        ],
        "state": None if shown else nothing("移交审批表", kept.values(), PATH, "每月 1 日编制：日均大于界线、管户人岗位不在该层级的客户。"),
        "forms": [_row(one, names, sight) for one in shown],
        "page": paging(
            shown,
            total=None,
            next_url=url(PATH, kept, before=shown[-1].id) if more else None,
            first_url=url(PATH, kept) if before else None,
        ),
        "all": {"action": f"{PATH}/approve", "month": (on or months[0]).isoformat(), "n": waiting, "unit": unit}
        if waiting and months and "branch" in asking.viewer.roles
        else None,
    }  # fmt: skip
    return page(request, "transfers", context)


def _row(one: FormFact, names: Names, sight: Sight) -> dict[str, Any]:
    text, kind = STEPS[one.state]
    return {
        "href": f"{PATH}/{one.id}",
        "customer": names.customer(one.customer_id),
        "unit_name": sight.unit_name(one.unit_id),
        "average": in_wan(one.average_fen),
        "from": names.person(one.from_staff) or "没有人",
        "to": names.person(one.to_staff),
        "month": f"{one.month:%Y-%m}",
        "contact_by": one.contact_by if one.state == "introduced" else None,
        "late": one.overdue_at is not None,
        "state_text": text,
        "state_kind": kind,
    }


@router.post(PATH + "/approve")
async def approve_all(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    month: Annotated[str, Form(max_length=10)],
    opinion: Annotated[str, Form(max_length=300)] = "",
    unit: Annotated[str, Form(max_length=32)] = "",
) -> Response:
    """Approve every form of a month that waits in sight."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit)
    on = day_of(month, "批次")
    ids = await batch.proposed_ids(session, sight.units, on) if on else []
    await steps.approve(
        session,
        ids,
        viewer=asking.viewer,
        policy=policy_of(request),
        desk=request.app.state.parts.desk,
        opinion=opinion,
        at=asking.at,
    )
    return RedirectResponse(url(PATH, month=month, unit=unit), status_code=303)
