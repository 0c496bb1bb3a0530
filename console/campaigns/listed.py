"""营销活动: every campaign in sight, the newest first."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from campaigns.waves import repository
from campaigns.waves.rules import quarter
from config import policy_catalogue
from console import roles
from console.campaigns.wording import CALENDAR, PATH, STATES
from console.lists import PER_PAGE, choice, nothing, paging, tab, url
from console.naming import names_for
from console.shell import page, shell
from console.sight import sight_of
from console.tables import cell, column, row, table
from kit.web.guard import Asking, Reading, allow

router = APIRouter()
COLUMNS = (
    column("名称"), column("类型"), column("牵头"), column("季度"), column("起止"),
    column("客群"), column("负责人"), column("状态"),
)  # fmt: skip


@router.get(PATH, response_class=HTMLResponse)
async def campaigns(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    state: Annotated[str, Query(max_length=12)] = "",
    kind: Annotated[str, Query(max_length=24)] = "",
    before: int = 0,
) -> Response:
    """Campaigns one's units lead, take part in, or have customers in."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    policy = request.app.state.parts.shelf.of(policy_catalogue.CAMPAIGNS)
    counted = await repository.counts(session, sight.units)
    found = await repository.listed(
        session, sight.units, states=(state,) if state else (), kind=kind, limit=PER_PAGE + 1,
        before=before,
    )  # fmt: skip
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    names = await names_for(session, staff=[one.owner_staff_id for one in shown])
    rows = [
        row(
            [
                cell(one.title, f"{PATH}/{one.campaign_id}", strong=True, opens=True),
                cell(policy.kinds.get(one.kind, one.kind)),
                cell(sight.unit_name(one.unit_id), sub=f"{policy.levels.of(one.level)}牵头"),
                cell(policy.seasons.of(quarter(one.starts_on))),
                cell(f"{one.starts_on} 至 {one.ends_on}"),
                cell(one.segment_title, f"/c/segments/{one.segment}"),
                cell(names.person(one.owner_staff_id)),
                cell(STATES[one.state][0], kind=STATES[one.state][1]),
            ],
            id=one.campaign_id, state=one.state, level=one.level, kind=one.kind,
        )
        for one in shown
    ]  # fmt: skip
    tabs = [tab("全部", PATH, counted.total(), state == "")]
    tabs += [
        tab(text, url(PATH, state=name), counted[name], name == state)
        for name, (text, _) in STATES.items()
        if counted[name] or name == state
    ]
    may = bool(set(asking.viewer.roles) & set(roles.EXECUTION))
    context = await shell(request, session, asking, "campaigns")
    context |= table(
        "营销活动",
        PATH,
        COLUMNS,
        rows,
        sub="总行建一次，三级各看各的；另一位同事批准之后才开始",
        filters=[choice("kind", "类型", [("", "全部"), *policy.kinds.items()], kind)],
        tabs=tabs,
        links=[("四季度日历", CALENDAR, "cal")],
        new_url=f"{PATH}/new" if may else "",
        new_text="新建活动",
        state=None
        if rows
        else nothing("营销活动", [state, kind], PATH, "先把活动准备写齐，再新建一个，由另一位同事批准。"),
        page=paging(
            shown,
            total=None,
            next_url=url(PATH, state=state, kind=kind, before=shown[-1].campaign_id)
            if more
            else None,
            first_url=url(PATH, state=state, kind=kind) if before else None,
        ),
    )  # fmt: skip
    return page(request, "table", context)
