"""归属 and 持账户 side by side: whom an outlet manages, and who has an account there (A15)."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from console import roles
from console.lists import choice, url
from console.shell import page, shell
from console.sight import sight_of
from console.structure.tabs import CUSTOMERS, OUTLETS, tabs
from crm_sync.standing.outlets import outlets as counted
from kit.web.formats import in_wan
from kit.web.guard import Asking, Reading, allow

router = APIRouter()


@router.get(OUTLETS, response_class=HTMLResponse)
async def outlets(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    unit: str = "",
) -> Response:
    """Two counts of every unit in sight, each opening its list."""
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    context = await shell(request, session, asking, "structure")
    context |= {
        "tabs": tabs(OUTLETS, unit),
        "path": OUTLETS,
        "filters": [choice("unit", "机构", whole.options, unit)],
        "rows": [
            {
                "unit_name": sight.unit_name(one.unit_id),
                "managed": one.managed,
                "managed_href": url(CUSTOMERS, managed=one.unit_id),
                "aum": in_wan(one.managed_aum_fen),
                "holding": one.holding,
                "holding_href": url(CUSTOMERS, account=one.unit_id),
                "both": one.both,
                "both_href": url(CUSTOMERS, managed=one.unit_id, account=one.unit_id),
                "elsewhere": one.holding - one.both,
            }
            for one in await counted(session, sight.units)
        ],
    }
    return page(request, "structure_outlets", context)
