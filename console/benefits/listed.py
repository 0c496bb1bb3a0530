"""权益与活动: what may be given, by kind, state and tier; what waits for a second person."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import reading
from campaigns.reading import Wanted
from config import policy_catalogue
from console import roles
from console.benefits.wording import EVENT_STATES, KINDS, PLACES, STATES, row
from console.lists import PER_PAGE, choice, nothing, paging, tab, url
from console.shell import page, shell
from console.sight import sight_of
from kit.clock import bank_date
from kit.web.guard import Asking, Reading, allow

router = APIRouter()
PATH: Final = "/c/benefits"
EVENTS: Final = "/c/events"
Kept = Annotated[str, Query(max_length=24)]


@router.get(PATH, response_class=HTMLResponse)
async def benefits(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    kind: Kept = "",
    state: Kept = "",
    tier: Kept = "",
    before: int = 0,
) -> Response:
    """Points and rights, newest first."""
    kinds = (kind,) if kind in ("point", "right") else ("point", "right")
    filters = [
        choice("kind", "种类", [("", "全部"), ("point", KINDS["point"]), ("right", KINDS["right"])], kind),
        choice("tier", "层级可得", _tiers(request), tier),
    ]  # fmt: skip
    kept = {"kind": kind, "tier": tier}
    wanted = Wanted(kinds, state, tier=tier)
    return await _shown(request, asking, session, PATH, wanted, filters, kept, before)


@router.get(EVENTS, response_class=HTMLResponse)
async def events(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    form: Kept = "",
    state: Kept = "",
    tier: Kept = "",
    before: int = 0,
) -> Response:
    """Events with their places, newest first."""
    policy = request.app.state.parts.shelf.of(policy_catalogue.BENEFITS)
    filters = [
        choice("form", "类型", [("", "全部"), *policy.event_types.items()], form),
        choice("tier", "层级可得", _tiers(request), tier),
    ]
    kept = {"form": form, "tier": tier}
    wanted = Wanted(("event",), state, form, tier)
    return await _shown(request, asking, session, EVENTS, wanted, filters, kept, before)


def _tiers(request: Request) -> list[tuple[str, str]]:
    policy = request.app.state.parts.shelf.of(policy_catalogue.TIERS)
    return [("", "全部"), *((one.name, one.name) for one in policy.tiers)]


async def _shown(
    request: Request,
    asking: Asking,
    session: AsyncSession,
    path: str,
    wanted: Wanted,
    filters: list[dict[str, Any]],
    kept: dict[str, str],
    before: int,
) -> Response:
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    policy = request.app.state.parts.shelf.of(policy_catalogue.BENEFITS)
    found = await reading.benefits(session, wanted, limit=PER_PAGE + 1, before=before)
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    ids = [one.benefit_id for one in shown]
    is_event = path == EVENTS
    places = await reading.places_count(session, ids, sight.units) if is_event else {}
    given = {} if is_event else await reading.grants_count(session, ids, sight.units)
    what = "活动" if is_event else "权益"
    tabs, of_list, states = [], 0, EVENT_STATES if is_event else STATES
    for state in ("", *states):
        total = await reading.count(session, Wanted(wanted.kinds, state, wanted.form, wanted.tier))
        text = states[state][0] if state else "全部"
        tabs.append(tab(text, url(path, kept, state=state), total, state == wanted.state))
        if state == wanted.state:
            of_list = total
    here = {**kept, "state": wanted.state}
    context = await shell(request, session, asking, "events" if is_event else "benefits")
    context |= {
        "heading": what,
        "is_event": is_event,
        "path": path,
        "filters": filters,
        "tabs": tabs,
        "new_url": f"{PATH}/new?kind={'event' if is_event else 'point'}"
        if set(asking.viewer.roles) & set(roles.CENTRE)
        else None,
        "state": None
        if shown
        else nothing(what, here.values(), path, f"由总行运营申请一项{what}，另一位同事批准。"),
        "benefits": [
            row(one, policy, given.get(one.benefit_id, 0), bank_date(asking.at))
            | {name: places.get((one.benefit_id, name), 0) for name in ("attended", "absent")}
            | {"registered": sum(places.get((one.benefit_id, name), 0) for name in PLACES)}
            for one in shown
        ],
        "page": paging(
            shown,
            total=of_list,
            next_url=url(path, here, before=shown[-1].benefit_id) if more else None,
            first_url=url(path, here) if before else None,
        ),
    }
    return page(request, "benefits", context)
