"""建档率 by relationship manager and by outlet against the targets, red where under (A9)."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from config import policy_catalogue as kinds
from config.standing_policy import StandingPolicy
from console import roles
from console.lists import choice, url
from console.naming import Names, names_for
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.structure.tabs import CUSTOMERS, FILES, tabs
from crm_sync.standing import filing
from crm_sync.standing.filing import Filed
from kit.web.guard import Asking, Reading, allow

router = APIRouter()


@router.get(FILES, response_class=HTMLResponse)
async def files(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    unit: str = "",
    by: str = "",
) -> Response:
    """Who has made files for which share of the customers that need one."""
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    policy = request.app.state.parts.shelf.of(kinds.STANDING)
    how: filing.By = "staff" if by == "staff" else "unit"
    found = await filing.rates(session, policy, sight.units, how)
    total = await filing.rates(session, policy, sight.units, None)
    names = await names_for(session, staff=[one.who for one in found if how == "staff"])
    by_who: dict[str, list[Filed]] = {}
    for one in found:
        by_who.setdefault(one.who, []).append(one)
    context = await shell(request, session, asking, "structure")
    context |= {
        "tabs": tabs(FILES, unit),
        "path": FILES,
        "filters": [
            choice("unit", "机构", whole.options, unit),
            choice("by", "按", [("", "网点"), ("staff", "客户经理")], by),
        ],
        "targets": [one.name for one in policy.file.target],
        "complete_from": policy.file.complete_from,
        "total": [_cell(one, policy, {"unit": unit}) for one in total],
        "rows": [
            {
                "who": _who(who, how, sight, names),
                "cells": [_cell(one, policy, _narrowed(who, how, unit)) for one in theirs],
            }
            for who, theirs in by_who.items()
            if any(one.customers for one in theirs) and (who or how == "unit")
        ],
    }
    return page(request, "structure_files", context)


def _who(who: str, how: filing.By, sight: Sight, names: Names) -> str:
    return sight.unit_name(who) if how == "unit" else names.person(who)


def _narrowed(who: str, how: filing.By, unit: str) -> dict[str, str]:
    return {"unit": unit, "managed" if how == "unit" else "owner": who}


def _cell(one: Filed, policy: StandingPolicy, kept: dict[str, str]) -> dict[str, Any]:
    """A rate with its three lists: everybody, those with a file, those without."""
    target = {"aum_from": one.target.from_yuan, "aum_below": one.target.below_yuan}
    need = policy.file.complete_from
    return {
        "name": one.target.name,
        "rate": one.rate,
        "target": one.target.percent / 100,
        "under": bool(one.customers) and one.under,
        "customers": one.customers,
        "filed": one.filed,
        "all_href": url(CUSTOMERS, kept, **target),
        "filed_href": url(CUSTOMERS, kept, **target, filed=need),
        "unfiled": one.customers - one.filed,
        "unfiled_href": url(CUSTOMERS, kept, **target, unfiled=need),
    }
