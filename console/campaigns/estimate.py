"""Before a campaign is approved: whom each broadcast would not reach, and why; every number's list."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from campaigns.waves import estimating, repository
from campaigns.waves.estimating import Estimated
from campaigns.waves.facts import CampaignFact
from console import roles
from console.campaigns.load import known
from console.campaigns.wording import PATH
from console.lists import PER_PAGE, nothing, number, paging, url
from console.naming import names_for
from console.shell import page, shell
from console.sight import sight_of
from console.traces import looked
from delivery.outside.estimate import DROPPED, GOES
from delivery.quota import Cap
from kit.web.formats import count, percent
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
WINDOWS = {"day": "每天", "week": "每周", "month": "每月"}
TITLES = {GOES: "预计发到", "no_friend": "不是好友", "said_no": "客户不要", "not_agreed": "没有授权",
          "outside": "别处用完", "ours": "我们用完"}  # fmt: skip


@router.get(PATH + "/{campaign_id}/estimate", response_class=HTMLResponse)
async def estimated(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    campaign_id: int,
    wave: Annotated[int, Query(ge=0, le=99)] = 0,
    fate: Annotated[str, Query(max_length=16)] = "",
    after: int = 0,
) -> Response:
    """One broadcast wave with the list behind one of its numbers, of the units in sight."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    one = await repository.one(session, campaign_id, sight.units)
    waves = estimating.estimated(one)
    found = await estimating.of_wave(
        session, one, wave or next((each.number for each in waves), 0), known=known(request),
        desk=request.app.state.parts.desk, at=asking.at, units=sight.units,
    )  # fmt: skip
    asked = fate if fate in TITLES else ""
    rows = await estimating.lines(
        session, found, fate=asked, units=sight.units, limit=PER_PAGE + 1, after=after
    )
    shown, more = rows[:PER_PAGE], len(rows) > PER_PAGE
    ids = [line.customer_id for line in shown]
    here, kept = f"{PATH}/{campaign_id}/estimate", {"wave": found.wave.number, "fate": asked}
    place = await looked(
        session, asking, "campaign.estimated", f"campaign:{campaign_id}", unit=one.unit_id,
        payload={**kept, "customers": ids},
    )  # fmt: skip
    names = await names_for(session, staff=[line.staff_id for line in shown], customers=ids)
    context = await shell(request, session, asking, "campaigns", view_ref=place)
    context |= {
        "title": one.title, "back": f"{PATH}/{campaign_id}", "says": _says(found),
        "waves": [
            (f"第 {each.number} 波 {each.on}", url(here, wave=each.number), each == found.wave)
            for each in waves
        ],
        "stats": _stats(found, one, here),
        "list_title": TITLES[asked] if asked else "到不了的客户",
        "lines": [
            {
                "customer": names.customer(line.customer_id) or "客户",
                "href": f"/c/customers/{line.customer_id}",
                "member": names.person(line.staff_id) or "—",
                "unit_name": sight.unit_name(line.unit_id),
                "fate_text": TITLES[line.fate], "fate_kind": "ok" if line.fate == GOES else "warn",
                "why": DROPPED.get(line.fate, ""),
                "outside": line.outside, "ours": line.ours,
            }
            for line in shown
        ],
        "state": None if shown else nothing(
            "到不了的客户", [asked], url(here, wave=found.wave.number), "按现在知道的，都能发到。"
        ),
        "page": paging(
            shown, total=None,
            next_url=url(here, kept, after=shown[-1].customer_id) if more else None,
            first_url=url(here, kept) if after else None,
        ),
    }  # fmt: skip
    return page(request, "campaign_estimate", context)


def _says(found: Estimated) -> str:
    """What the numbers stand on."""
    cap: Cap = found.over.cap
    text = f"企业微信现在的上限：每位客户{WINDOWS[cap.window]}最多 {cap.most} 次，谁发的都算。"
    if found.over.guessed:
        text += f"{found.wave.on} 的窗口还没开始，按 {found.over.since} 以来的情况估。"
    else:
        text += f"从 {found.over.since} 数起。"
    return text + "估的是现在：到那天别处还会再发，闸门也会逐位再判一次。"


def _stats(found: Estimated, one: CampaignFact, here: str) -> list[dict[str, Any]]:
    everybody = sum(found.counts.values())
    at = {"wave": found.wave.number}
    stats = [
        number(
            TITLES[GOES], count(found.counts[GOES]), "户",
            percent(found.counts[GOES] / everybody) if everybody else "",
            f"客群“{one.segment_title}”里现在都能发到的，对照组还没有抽掉",
            url(here, at, fate=GOES),
        ),
        number("到不了", count(found.dropped), "户", "", "下面几项合计", url(here, at)),
    ]  # fmt: skip
    return stats + [
        number(TITLES[fate], count(found.counts[fate]), "户", "", why, url(here, at, fate=fate))
        for fate, why in DROPPED.items()
    ]
