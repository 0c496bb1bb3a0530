"""One entry of a white list: why, by whom, until when; decided by a second person, or taken off."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from compliance import allow_list
from compliance.allow_list import AllowFact
from compliance.errors import EntryUnknown
from console import roles
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.traces import looked
from console.white_lists.listed import PATH, STATES, named, row
from crm_sync.repository import products as products_of
from crm_sync.repository.people import ids_in, units_of_customers
from kit.clock import bank_date
from kit.web.guard import Asking, Writing, allow

router = APIRouter()


async def _found(session: AsyncSession, sight: Sight, entry_id: int) -> AllowFact:
    found = await allow_list.entries(
        session, states=tuple(STATES), ids=[entry_id], within=ids_in(sight.units)
    )
    if not found:
        raise EntryUnknown("没有这条白名单申请，或不在您的机构范围内", entry_id=entry_id)
    return found[0]


@router.get(PATH + "/{entry_id}", response_class=HTMLResponse)
async def entry(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    entry_id: int,
) -> Response:
    """An entry with its reason, and what may be done with it."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    one = await _found(session, sight, entry_id)
    place = await looked(
        session, asking, "allow.listed", f"customer:{one.customer_id}",
        payload={"entry": entry_id, "product": one.product_code},
    )  # fmt: skip
    goods = await products_of.by_code(session, [one.product_code])
    product = goods[one.product_code].name if one.product_code in goods else one.product_code
    units = await units_of_customers(session, [one.customer_id])
    told = row(
        one, await named(session, [one]), sight, units.get(one.customer_id, ""),
        bank_date(asking.at),
    )  # fmt: skip
    deciding = one.state == "proposed" and bool(set(asking.viewer.roles) & set(roles.CENTRE))
    context = await shell(request, session, asking, "white-lists", view_ref=place)
    context |= {
        "entry": told,
        "product": product,
        "here": f"{PATH}/{entry_id}",
        "reason": one.reason,
        "facts": [
            ("产品", f"{product}（{one.product_code}）", ""),
            ("机构", told["unit_name"], ""),
            ("到期日", str(one.expires_on), "num"),
            ("申请", told["by"], ""),
            ("批准", told["decided_by"] or "还没有", ""),
            *([("意见", one.opinion, "")] if one.opinion else []),
        ],
        "deciding": {"refused": "您申请的，要由另一位同事批准。" if one.proposed_by == asking.actor else ""}
        if deciding
        else None,
        "revoking": one.state == "approved",
    }  # fmt: skip
    return page(request, "white_list_entry", context)


@router.post(PATH + "/{entry_id}/decide")
async def decide(
    asking: Annotated[Asking, allow("console", *roles.CENTRE)],
    session: Writing,
    entry_id: int,
    choice: Annotated[str, Form(pattern="^(approve|refuse)$")],
    opinion: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """A second person's word."""
    await _found(session, await sight_of(session, asking.viewer, roles.CENTRE), entry_id)
    await allow_list.decide_entries(
        session, [entry_id], agree=choice == "approve", opinion=opinion, by=asking.actor,
        at=asking.at,
    )  # fmt: skip
    return RedirectResponse(f"{PATH}/{entry_id}", status_code=303)


@router.post(PATH + "/{entry_id}/revoke")
async def revoke(
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    entry_id: int,
    opinion: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """Off the list at once."""
    await _found(session, await sight_of(session, asking.viewer, roles.BUSINESS), entry_id)
    await allow_list.revoke_entries(
        session, [entry_id], opinion=opinion, by=asking.actor, at=asking.at
    )
    return RedirectResponse(f"{PATH}/{entry_id}", status_code=303)
