"""网格与团队: grids with their areas, and who is in which team form and group."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console import roles
from console.lists import PER_PAGE, choice, nothing, paging, url
from console.naming import Names, names_for
from console.ownership.shared import policy_of
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.traces import looked
from kit.web.guard import Asking, Writing, allow
from portfolio.errors.ownership import GridUnknown
from portfolio.grids import service
from portfolio.grids.service import Area, GridFact

router = APIRouter()
PATH: Final = "/c/grids"
FORM_AREAS: Final = 6
"""Rows of the form: one more than a grid may have, so that too many can be said to be too many."""


@router.get(PATH, response_class=HTMLResponse)
async def grids(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    unit: str = "",
    form: str = "",
    group: str = "",
    before: int = 0,
) -> Response:
    """Grids and team roles in sight."""
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    found = await service.grids(session, sight.units, limit=PER_PAGE + 1, before=max(before, 0))
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    team = await service.team(session, sight.units)
    listed = [
        one for one in team if (not form or one.form == form) and (not group or one.group == group)
    ]
    place = await looked(session, asking, "grids.listed", "list:grid", payload={"unit": unit})
    names = await names_for(
        session,
        places=[one.made_by for one in shown],
        staff=[*(one.staff_id for one in team), *(a.staff_id for one in shown for a in one.areas)],
    )
    policy = policy_of(request)
    context = await shell(request, session, asking, "grids", view_ref=place)
    context |= {
        "filters": [choice("unit", "机构", whole.options, unit)],
        "rule": f"{policy.grid.least_areas}–{policy.grid.most_areas} 个包区为一个网格，每个包区一个人",
        "state": None if shown else nothing("网格", [unit], PATH, "在右边建第一个网格。"),
        "grids": [_row(one, names, sight) for one in shown],
        "page": paging(
            shown,
            total=await service.count_grids(session, sight.units),
            next_url=url(PATH, unit=unit, before=shown[-1].id) if more else None,
            first_url=url(PATH, unit=unit) if before else None,
        ),
        "sums": [
            *(
                {"text": name, "n": sum(one.form == name for one in team), "href": url(PATH, unit=unit, form=name)}
                for name in policy.team.forms
            ),
            *(
                {"text": f"{name}组", "n": sum(one.group == name for one in team), "href": url(PATH, unit=unit, group=name)}
                for name in policy.team.groups
            ),
        ],
        "team": [
            {
                "name": names.person(one.staff_id),
                "unit_name": sight.unit_name(one.unit_id),
                "form": one.form,
                "group": one.group,
                "customers_url": url("/c/customers", owner=one.staff_id),
            }
            for one in listed
        ],
        "make": {"action": PATH, "units": whole.options[1:], "areas": list(range(1, policy.grid.most_areas + 1))},
        "role": {"action": f"{PATH}/team", "forms": list(policy.team.forms), "groups": list(policy.team.groups)},
    }  # fmt: skip
    return page(request, "grids", context)


def _row(one: GridFact, names: Names, sight: Sight) -> dict[str, Any]:
    return {
        "name": one.name,
        "unit_name": sight.unit_name(one.unit_id),
        "areas": [
            {
                "name": area.name,
                "person": names.person(area.staff_id),
                "href": url("/c/customers", owner=area.staff_id),
            }
            for area in one.areas
        ],
        "by": names.actor(one.made_by),
        "at": one.made_at,
        "end": f"{PATH}/{one.id}/end",
    }


@router.post(PATH)
async def make(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    unit: Annotated[str, Form(max_length=32)],
    name: Annotated[str, Form(max_length=80)] = "",
) -> Response:
    """Make a grid out of the rows of the form that are filled in."""
    form = await request.form()
    rows = [
        (str(form.get(f"area_{n}") or ""), str(form.get(f"staff_{n}") or ""))
        for n in range(1, FORM_AREAS + 1)
    ]
    areas = [Area(area, who) for area, who in rows if area.strip() or who.strip()]
    await service.make_grid(
        session,
        unit,
        name,
        areas,
        viewer=asking.viewer,
        policy=policy_of(request),
        at=asking.at,
    )
    return RedirectResponse(PATH, status_code=303)


@router.post(PATH + "/team")
async def team(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    staff_id: Annotated[str, Form(max_length=64)],
    form: Annotated[str, Form(max_length=32)] = "",
    group: Annotated[str, Form(max_length=32)] = "",
) -> Response:
    """Put somebody into a team form and a group."""
    await service.set_role(
        session,
        staff_id.strip(),
        form=form,
        group=group,
        viewer=asking.viewer,
        policy=policy_of(request),
        at=asking.at,
    )
    return RedirectResponse(PATH, status_code=303)


@router.post(PATH + "/{grid_id}/end")
async def end(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    grid_id: int,
) -> Response:
    """Dissolve a grid in sight."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    seen = await service.grids(session, sight.units, limit=1, before=grid_id + 1)
    if not seen or seen[0].id != grid_id:
        raise GridUnknown("没有这个网格，或不在你的查看范围内", do="刷新“网格与团队”")
    await service.end_grid(
        session, grid_id, viewer=asking.viewer, policy=policy_of(request), at=asking.at
    )
    return RedirectResponse(PATH, status_code=303)
