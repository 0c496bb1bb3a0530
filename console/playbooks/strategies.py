"""服务策略: the ways to keep customers, those for high tiers, and finding new ones in circles."""

from typing import Annotated, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from config import policy_catalogue as kinds
from console import roles
from console.lists import choice, nothing, url
from console.playbooks.places import STRATEGIES as PATH
from console.playbooks.places import places
from console.shell import page, shell
from console.sight import sight_of
from console.tables import cell, column, row, table
from crm_sync.repository import books
from kit.web.formats import count
from kit.web.guard import Asking, Reading, allow

router = APIRouter()
GROUPS: Final = {"keeping": "留客六策", "high_end": "高端客户", "circle": "圈子获客"}


@router.get(PATH, response_class=HTMLResponse)
async def strategies(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    group: str = "",
    unit: str = "",
) -> Response:
    """Every strategy with whom it is for; the number opens these customers."""
    policy = request.app.state.parts.shelf.of(kinds.PLAYBOOKS)
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    tiers = await books.by_tier(session, sight.units)
    everybody = sum(tiers.values())
    shown = [one for one in policy.strategies if not group or one.group == group]
    rows = []
    for one in shown:
        number = tiers.get(one.tier, 0) if one.tier else everybody
        rows.append(
            row(
                [
                    cell(GROUPS[one.group]),
                    cell(one.name, one.page or None, sub=f"目标：{one.goal}", strong=True),
                    cell("；".join(one.steps)),
                    cell(one.tier or "全部客户"),
                    cell(f"白皮书 {one.source}"),
                    cell(count(number), url("/c/customers", tier=one.tier, unit=unit)),
                ],
                group=one.group,
                name=one.name,
                customers=number,
            )
        )
    context = await shell(request, session, asking, "playbooks")
    context |= table(
        "服务策略",
        PATH,
        [
            column("类别"), column("策略"), column("怎么做"), column("面向"), column("来源"),
            column("客户", right=True),
        ],
        rows,
        sub="留住客户的六种做法，高端客户的三条，圈子里认识新客户",
        places=places(PATH),
        filters=[
            choice("group", "类别", [("", "全部"), *GROUPS.items()], group),
            choice("unit", "机构", whole.options, unit),
        ],
        state=None if rows else nothing("服务策略", [group], PATH, "在策略“分层打法”里写服务策略。"),
        notes=["服务策略在策略“分层打法”里，可以改；点策略的名称到做这件事的页面。"],
    )  # fmt: skip
    return page(request, "table", context)
