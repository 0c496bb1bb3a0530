"""收回: customers taken back, from whom, why, and who has them now."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console import roles
from console.lists import PER_PAGE, choice, nothing, paging, tab, url
from console.naming import Names, names_for
from console.ownership.shared import policy_of
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.traces import looked
from crm_sync.repository import ownership
from kit.web.guard import Asking, Writing, allow
from portfolio.allocation import lists
from portfolio.recall import service as recall
from portfolio.recall.service import RecallFact

router = APIRouter()
PATH: Final = "/c/allocation/recalls"
STATES: Final = {"open": ("等待重新分配", "warn"), "settled": ("已重新分配", "ok")}


@router.get(PATH, response_class=HTMLResponse)
async def recalls(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    unit: str = "",
    state: str = "",
    before: int = 0,
) -> Response:
    """Recalls in sight, the newest first, each with its reason."""
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    known = state if state in STATES else ""
    found = await recall.recalls(
        session, sight.units, state=known, limit=PER_PAGE + 1, before=max(before, 0)
    )
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    kept = {"unit": unit, "state": known}
    place = await looked(session, asking, "allocations.listed", "list:recall", payload={**kept})
    names = await names_for(
        session,
        places=[one.recalled_by for one in shown],
        staff=[who for one in shown for who in (one.staff_id, one.new_staff)],
        customers=[one.customer_id for one in shown],
    )
    context = await shell(request, session, asking, "allocation", view_ref=place)
    context |= {
        "filters": [choice("unit", "机构", whole.options, unit)],
        "tabs": [
            tab("全部", url(PATH, unit=unit), await recall.count(session, sight.units), not known),
            *[
                tab(
                    text,
                    url(PATH, unit=unit, state=name),
                    await recall.count(session, sight.units, state=name),
                    name == known,
                )
                for name, (text, _) in STATES.items()
            ],
        ],
        "state": None
        if shown
        else nothing(
            "收回的客户", kept.values(), PATH, "没有按频次联系的客户，可以收回、另给别人。"
        ),
        "recalls": [_row(one, names, sight) for one in shown],
        "page": paging(
            shown,
            total=None,
            next_url=url(PATH, kept, before=shown[-1].id) if more else None,
            first_url=url(PATH, kept) if before else None,
        ),
        "make": {"action": PATH, "reasons": list(policy_of(request).recall.reasons)},
    }
    return page(request, "recalls", context)


def _row(one: RecallFact, names: Names, sight: Sight) -> dict[str, Any]:
    text, kind = STATES[one.state]
    return {
        "href": f"/c/customers/{one.customer_id}",
        "customer": names.customer(one.customer_id),
        "unit_name": sight.unit_name(one.unit_id),
        "from": names.person(one.staff_id),
        "reason": one.reason,
        "note": one.note,
        "facts": "；".join(f"{name} {value}" for name, value in one.facts.items()),
        "by": names.actor(one.recalled_by),
        "at": one.recalled_at,
        "to": names.person(one.new_staff),
        "state_text": text,
        "state_kind": kind,
    }


@router.post(PATH)
async def take_back(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    staff_id: Annotated[str, Form(max_length=64)],
    reason: Annotated[str, Form(max_length=40)],
    note: Annotated[str, Form(max_length=200)] = "",
    customers: Annotated[str, Form(max_length=200_000)] = "",
) -> Response:
    """Recall somebody's customers, or those of them whose numbers are given."""
    if customers.strip():
        chosen, _ = await lists.of_numbers(session, customers.split(), "收回")
        ids = chosen.ids
    else:
        sight = await sight_of(session, asking.viewer, roles.BUSINESS)
        seen = sight.units if sight.units is not None else {one.unit_id for one in sight.tree}
        ids = ownership.in_units(session, seen)
    await recall.recall(
        session,
        ids,
        staff_id=staff_id.strip(),
        reason=reason,
        note=note,
        viewer=asking.viewer,
        policy=policy_of(request),
        at=asking.at,
    )
    return RedirectResponse(PATH, status_code=303)
