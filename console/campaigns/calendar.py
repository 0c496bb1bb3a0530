"""四季度: the campaigns of a year by quarter, with the theme of each (E12)."""

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from campaigns.waves import repository
from campaigns.waves.rules import quarter
from config import policy_catalogue
from console import roles
from console.campaigns.wording import CALENDAR, PATH, STATES
from console.lists import url
from console.shell import page, shell
from console.sight import sight_of
from kit.clock import bank_date
from kit.web.guard import Asking, Reading, allow

router = APIRouter()
MOST = 500


@router.get(CALENDAR, response_class=HTMLResponse)
async def seasons(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    year: Annotated[int, Query(ge=2000, le=2100)] = 0,
) -> Response:
    """The four quarters of ``year`` (this one without), each with its campaigns and their waves."""
    today = bank_date(asking.at)
    chosen = year or today.year
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    policy = request.app.state.parts.shelf.of(policy_catalogue.CAMPAIGNS)
    found = await repository.listed(
        session, sight.units, within=(date(chosen, 1, 1), date(chosen, 12, 31)), limit=MOST
    )
    seasons: list[dict[str, Any]] = []
    for number in range(1, 5):
        first = date(chosen, 3 * number - 2, 1)
        last = date(chosen + number // 4, (3 * number) % 12 + 1, 1) - timedelta(days=1)
        seasons.append(
            {
                "title": f"{number} 季度 · {policy.seasons.of(number)}",
                "span": f"{first:%m-%d} 至 {last:%m-%d}",
                "now": first <= today <= last,
                "campaigns": [
                    {
                        "title": one.title,
                        "href": f"{PATH}/{one.campaign_id}",
                        "kind": policy.kinds.get(one.kind, one.kind),
                        "span": f"{one.starts_on:%m-%d} 至 {one.ends_on:%m-%d}",
                        "waves": "、".join(f"{wave.on:%m-%d}" for wave in one.waves),
                        "state_text": STATES[one.state][0],
                        "state_kind": STATES[one.state][1],
                    }
                    for one in sorted(found, key=lambda one: (one.starts_on, one.campaign_id))
                    if quarter(one.starts_on) == number
                ],
            }
        )
    context = await shell(request, session, asking, "campaigns")
    context |= {
        "year": chosen,
        "back": PATH,
        "before_url": url(CALENDAR, year=chosen - 1),
        "after_url": url(CALENDAR, year=chosen + 1),
        "seasons": seasons,
    }
    return page(request, "campaign_seasons", context)
