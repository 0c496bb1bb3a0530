"""产品白名单: entries in sight by state and product, and asking for new ones."""

from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from compliance import allow_list
from compliance.allow_list import AllowFact
from compliance.errors import EntryRefused
from config import policy_catalogue
from console import roles
from console.benefits.one import customers_of, day_of
from console.errors import ProductUnknown
from console.lists import PER_PAGE, choice, nothing, paging, tab, url
from console.naming import Names, names_for
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.traces import looked
from crm_sync.repository import products as products_of
from crm_sync.repository.people import ids_in, units_of_customers
from kit.clock import bank_date
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
PATH: Final = "/c/white-lists"
STATES: Final = {
    "proposed": ("等批准", "warn"),
    "approved": ("有效", "ok"),
    "refused": ("未同意", ""),
    "revoked": ("已撤下", ""),
}
EXPIRED: Final = ("已到期", "")
Kept = Annotated[str, Query(max_length=64)]


@router.get(PATH, response_class=HTMLResponse)
async def white_lists(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    state: Kept = "",
    product: Kept = "",
    after: int = 0,
) -> Response:
    """Entries for customers in sight; nobody else's customers and products are named."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    within = ids_in(sight.units)
    states = (state,) if state in STATES else tuple(STATES)
    found = await allow_list.entries(
        session, product_code=product or None, states=states, after=after, limit=PER_PAGE + 1,
        within=within,
    )  # fmt: skip
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    totals = await allow_list.counts(session, product_code=product or None, within=within)
    codes = await allow_list.products(session, within=within)
    goods = await products_of.by_code(session, codes)
    place = await looked(
        session, asking, "allow.listed", "list:white-lists",
        payload={"state": state, "product": product, "shown": [one.entry_id for one in shown]},
    )  # fmt: skip
    names = await named(session, shown)
    units = await units_of_customers(session, [one.customer_id for one in shown])
    kept = {"state": state, "product": product}
    context = await shell(request, session, asking, "white-lists", view_ref=place)
    context |= {
        "path": PATH,
        "filters": [
            choice(
                "product", "产品",
                [("", "全部"), *((one, goods[one].name if one in goods else one) for one in codes)],
                product,
            )
        ],
        "tabs": [
            tab(
                STATES[one][0] if one else "全部",
                url(PATH, {"product": product}, state=one),
                totals.get(one, 0) if one else sum(totals.values()),
                one == state,
            )
            for one in ("", *STATES)
        ],
        "state": None
        if shown
        else nothing("白名单", kept.values(), PATH, "在右侧写产品代码和客户号申请，另一位同事批准后生效。"),
        "entries": [
            row(one, names, sight, units.get(one.customer_id, ""), bank_date(asking.at))
            | {"product": goods[one.product_code].name if one.product_code in goods else one.product_code}
            for one in shown
        ],
        "asking": bool(set(asking.viewer.roles) & set(roles.EXECUTION)),
        "most": request.app.state.parts.shelf.of(policy_catalogue.BENEFITS).desk_most,
        "page": paging(
            shown,
            total=sum(totals.get(one, 0) for one in states),
            next_url=url(PATH, kept, after=shown[-1].entry_id) if more else None,
            first_url=url(PATH, kept) if after else None,
        ),
    }  # fmt: skip
    return page(request, "white_lists", context)


async def named(session: AsyncSession, shown: list[AllowFact]) -> Names:
    """The names of customers and staff of these entries."""
    return await names_for(
        session,
        places=[who for one in shown for who in (one.proposed_by, one.decided_by) if who],
        customers=[one.customer_id for one in shown],
    )


def row(one: AllowFact, names: Names, sight: Sight, unit: str, today: date) -> dict[str, Any]:
    """An entry as the list shows it."""
    over = one.state == "approved" and one.expires_on < today
    text, colour = EXPIRED if over else STATES[one.state]
    return {
        "href": f"{PATH}/{one.entry_id}",
        "customer": names.customer(one.customer_id),
        "customer_href": f"/c/customers/{one.customer_id}",
        "code": one.product_code,
        "unit_name": sight.unit_name(unit),
        "until": one.expires_on,
        "by": names.actor(one.proposed_by),
        "decided_by": names.actor(one.decided_by) if one.decided_by else "",
        "state_text": text,
        "state_kind": colour,
    }


@router.post(PATH)
async def propose(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Writing,
    product: Annotated[str, Form(max_length=64)] = "",
    customers: Annotated[str, Form(max_length=100_000)] = "",
    until: Annotated[str, Form(max_length=10)] = "",
    reason: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """Ask for customers in sight to be put on a product's list; a second person decides."""
    sight = await sight_of(session, asking.viewer, roles.EXECUTION)
    code = product.strip()
    if code not in await products_of.by_code(session, [code]):
        raise ProductUnknown("没有这个产品", saw=code[:40], do="在产品库里核对代码")
    expires_on = day_of(until)
    if expires_on is None:
        raise EntryRefused("请写白名单的到期日", do="选一个日期")
    most = request.app.state.parts.shelf.of(policy_catalogue.BENEFITS).desk_most
    ids = await customers_of(session, customers, most)
    units = await units_of_customers(session, ids)
    if sight.units is not None and set(units.values()) - sight.units:
        raise EntryRefused("有客户不在您的机构范围内，这次一位也没有申请", do="核对客户号")
    await allow_list.propose_entries(
        session, code, ids, reason=reason, expires_on=expires_on, by=asking.actor, at=asking.at
    )
    return RedirectResponse(url(PATH, product=code, state="proposed"), status_code=303)
