"""Products on sale with the number of customers each suits, and the list behind a number (A10)."""

from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from config.rule_sets import rule_sets
from console import roles
from console.customers.listed import rows
from console.errors import ProductUnknown
from console.lists import PER_PAGE, choice, nothing, paging, url
from console.shell import page, shell
from console.sight import sight_of
from console.state_words import PRODUCT_KINDS
from console.traces import looked
from crm_sync.repository import listing
from crm_sync.repository.listing import Wanted
from crm_sync.standing import suitable
from crm_sync.standing.suitable import Offered
from delivery import white_lists
from kit.clock import bank_date
from kit.web.guard import Asking, Reading, Writing, allow

router = APIRouter()
PATH: Final = "/c/products"


@router.get(PATH, response_class=HTMLResponse)
async def products(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    unit: str = "",
    kind: str = "",
) -> Response:
    """What is on sale, and how many customers in sight it suits today."""
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    sets = rule_sets(request.app.state.parts.shelf)
    today = bank_date(asking.at)
    lists = await white_lists.allowed(session, await suitable.codes(session), today)
    every = await suitable.index(session, sight.units, today, sets, lists)
    shown = [one for one in every if not kind or one.kind == kind]
    sorts = [(name, PRODUCT_KINDS.get(name, name)) for name in dict.fromkeys(o.kind for o in every)]
    context = await shell(request, session, asking, "products")
    context |= {
        "filters": [
            choice("unit", "机构", whole.options, unit),
            choice("kind", "类别", [("", "全部"), *sorts], kind),
        ],
        "state": None if shown else nothing("在售产品", [kind], PATH, "导入产品之后会出现在这里。"),
        "products": [_row(one, unit) for one in shown],
    }
    return page(request, "products", context)


def _row(one: Offered, unit: str) -> dict[str, Any]:
    return {
        "name": one.name,
        "code": one.product_code,
        "kind_text": PRODUCT_KINDS.get(one.kind, one.kind),
        "risk": f"R{one.risk_level}" if one.risk_level else None,
        "customers": one.customers,
        "href": url(f"{PATH}/{quote(one.product_code, safe='')}", unit=unit),
        "note": "只面向批准过的白名单客户"
        if one.listed
        else "非公开产品，还没有白名单，谁也不能发"
        if one.private
        else f"限 {'、'.join(one.tiers)} 客户"
        if one.tiers
        else "",
    }


@router.get(PATH + "/{code}", response_class=HTMLResponse)
async def product(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    code: str,
    unit: str = "",
    after: int = 0,
) -> Response:
    """The customers in sight whom a product suits."""
    today = bank_date(asking.at)
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    sets = rule_sets(request.app.state.parts.shelf)
    lists = await white_lists.allowed(session, [code], today)
    found = await suitable.whom(session, code, today, sets, lists)
    if found is None or not (
        code not in lists or await suitable.seen(session, lists[code], whole.units)
    ):
        raise ProductUnknown("没有这个在售产品", saw=code[:40], do="回到适销产品页，从列表里选")
    name, ids = found
    wanted = Wanted(units=sight.units, within=(ids,))
    total = await listing.count(session, wanted)
    listed = await listing.page(session, wanted, limit=PER_PAGE + 1, after=after)
    shown, more = listed[:PER_PAGE], len(listed) > PER_PAGE
    place = await looked(
        session,
        asking,
        "customers.listed",
        f"product:{code}",
        payload={"unit": unit, "shown": [one.customer_id for one in shown]},
    )
    here = f"{PATH}/{quote(code, safe='')}"
    context = await shell(request, session, asking, "products", view_ref=place)
    context |= {
        "name": name,
        "code": code,
        "path": here,
        "filters": [choice("unit", "机构", whole.options, unit)],
        "state": None
        if shown
        else nothing("适合的客户", [unit], here, "没有客户的风险等级、测评和年龄都合适。"),
        "customers": await rows(session, shown, today),
        "page": paging(
            shown,
            total=total,
            next_url=url(here, unit=unit, after=shown[-1].customer_id) if more else None,
            first_url=url(here, unit=unit) if after else None,
        ),
    }
    return page(request, "product", context)
