"""授权与退订: each purpose given, refused, never asked; every number opens its list."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from compliance.facts import ConsentPurpose
from console import roles
from console.errors import FormRefused
from console.lists import PER_PAGE, choice, nothing, paging, url
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.traces import looked
from insights import consents
from insights.consents import STATES, Line, Tally
from kit.web.formats import masked_name, masked_number
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
PATH: Final = "/c/consents"
LIST: Final = f"{PATH}/list"
REFUSALS: Final = f"{PATH}/opted-out"
PURPOSES: Final = {
    ConsentPurpose.SERVICE: "服务通知",
    ConsentPurpose.CARE: "关怀",
    ConsentPurpose.MARKETING: "营销",
    ConsentPurpose.PROFILING: "个性化（画像）",
    ConsentPurpose.ARCHIVE: "会话存档",
    ConsentPurpose.SHARING: "对外提供",
}
STATE_TEXTS: Final = {"given": "同意", "refused": "拒绝", "unknown": "没问过"}
SCOPES: Final = {"marketing": "产品与活动", "all": "全部联系", "personalised": "个性化"}
SOURCES: Final = {"chat": "聊天"}
LATELY: Final = 10


@router.get(PATH, response_class=HTMLResponse)
async def overview(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    unit: str = "",
    purpose: str = ConsentPurpose.MARKETING,
) -> Response:
    """Counts by purpose, one purpose by unit, and who opted out lately."""
    if purpose not in set(PURPOSES):
        raise FormRefused("没有这种用途", saw=purpose[:40], do="从页面上选")
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    tallies = await consents.by_unit(session, [one.value for one in PURPOSES], sight.units)
    recent = await consents.opted_out(session, units=sight.units, limit=LATELY)
    place = await looked(
        session, asking, "consents.counted", "list:consents", payload={"unit": unit}
    )
    context = await shell(request, session, asking, "consents", view_ref=place)
    context |= {
        "filters": [
            choice("unit", "机构", whole.options, unit),
            choice(
                "purpose", "按机构看", [(one.value, text) for one, text in PURPOSES.items()], purpose
            ),
        ],
        "purposes": [
            {
                "name": text,
                "cells": _cells(_sum(tallies[one.value].values()), one.value, unit),
            }
            for one, text in PURPOSES.items()
        ],
        "unit_title": PURPOSES[ConsentPurpose(purpose)],
        "units": [
            {"name": sight.unit_name(unit_id), "cells": _cells(tally, purpose, unit_id)}
            for unit_id, tally in tallies[purpose].items()
        ],
        "opted_out": await consents.number_opted_out(session, sight.units),
        "opted_out_url": url(REFUSALS, unit=unit),
        "recent": [row(one, sight) for one in recent],
    }  # fmt: skip
    return page(request, "consents", context)


def _sum(tallies: Any) -> Tally:
    held = list(tallies)
    return Tally(
        sum(one.given for one in held),
        sum(one.refused for one in held),
        sum(one.unknown for one in held),
    )


def _cells(tally: Tally, purpose: str, unit: str) -> list[dict[str, Any]]:
    return [
        {"n": getattr(tally, state), "href": url(LIST, purpose=purpose, state=state, unit=unit)}
        for state in STATES
    ]


def row(one: Line, sight: Sight) -> dict[str, Any]:
    """A customer as the tables show one: masked."""
    return {
        "href": f"{PATH}/of/{one.customer_id}",
        "name": masked_name(one.name) if one.name else "—",
        "customer_no": masked_number(one.customer_no),
        "unit_name": sight.unit_name(one.unit_id),
        "scope_text": SCOPES.get(one.scope, one.scope),
        "source": SOURCES.get(one.source, one.source) or "—",
        "at": one.at,
    }


@router.get(LIST, response_class=HTMLResponse)
async def listed(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    purpose: str = ConsentPurpose.MARKETING,
    status: Annotated[str, Query(alias="state")] = "given",
    unit: str = "",
    after: int = 0,
) -> Response:
    """The customers behind one number."""
    if purpose not in set(PURPOSES) or status not in STATES:
        raise FormRefused("没有这种用途或状态", saw=f"{purpose} {status}"[:40], do="从页面上选")
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    tallies = await consents.by_unit(session, [purpose], sight.units)
    total = int(getattr(_sum(tallies[purpose].values()), status))
    found = await consents.page(
        session, purpose=purpose, state=status, units=sight.units, limit=PER_PAGE + 1, after=after
    )
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    kept = {"purpose": purpose, "state": status, "unit": unit}
    place = await looked(
        session, asking, "consents.listed", "list:consents", payload={**kept, "shown": len(shown)}
    )
    context = await shell(request, session, asking, "consents", view_ref=place)
    context |= {
        "title": f"{PURPOSES[ConsentPurpose(purpose)]}：{STATE_TEXTS[status]}",
        "action": LIST,
        "filters": [
            choice(
                "purpose", "用途", [(one.value, text) for one, text in PURPOSES.items()], purpose
            ),
            choice("state", "状态", list(STATE_TEXTS.items()), status),
            choice("unit", "机构", whole.options, unit),
        ],
        "state": None if shown else nothing("客户", [unit], LIST, "换一个条件看看。"),
        "rows": [row(one, sight) for one in shown],
        "page": paging(
            shown,
            total=total,
            next_url=url(LIST, kept, after=shown[-1].customer_id) if more else None,
            first_url=url(LIST, kept) if after else None,
        ),
    }  # fmt: skip
    return page(request, "consents_list", context)


@router.get(REFUSALS, response_class=HTMLResponse)
async def refusals(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    unit: str = "",
    before: str = "",
) -> Response:
    """Who opted out and how, the newest first."""
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    total = await consents.number_opted_out(session, sight.units)
    found = await consents.opted_out(
        session, units=sight.units, limit=PER_PAGE + 1, before=moment_of(before)
    )
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    place = await looked(
        session, asking, "consents.listed", "list:opted_out", payload={"shown": len(shown)}
    )
    context = await shell(request, session, asking, "consents", view_ref=place)
    last = shown[-1].at if shown else None
    context |= {
        "title": "退订与勿扰",
        "action": REFUSALS,
        "filters": [choice("unit", "机构", whole.options, unit)],
        "state": None if shown else nothing("退订", [unit], REFUSALS, "客户退订后会出现在这里。"),
        "rows": [row(one, sight) for one in shown],
        "page": paging(
            shown,
            total=total,
            next_url=url(REFUSALS, unit=unit, before=last.isoformat()) if more and last else None,
            first_url=url(REFUSALS, unit=unit) if before else None,
        ),
    }
    return page(request, "consents_list", context)


def moment_of(text: str) -> datetime | None:
    """The moment in an address, None where there is none. Raises FormRefused."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise FormRefused("地址里的时间读不出来", saw=text[:40], do="从第一页翻起") from None
    if found.tzinfo is None:
        raise FormRefused("地址里的时间缺少时区", saw=text[:40], do="从第一页翻起")
    return found
