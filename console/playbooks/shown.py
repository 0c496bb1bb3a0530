"""分层打法: each tier's playbook and each layer's contents, with the customers in them."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Select

from config import policy_catalogue as kinds
from console import roles
from console.customers import listed as customers
from console.errors import FormRefused
from console.lists import PER_PAGE, choice, nothing, number, paging, url
from console.playbooks.hints import ALL_AGES, age_select
from console.playbooks.places import PLAYBOOKS as PATH
from console.playbooks.places import places
from console.shell import page, shell
from console.sight import sight_of
from console.tables import cell, column, row, table
from console.traces import looked
from crm_sync.repository import books, listing
from kit.clock import bank_date
from kit.web.formats import count
from kit.web.guard import Asking, Reading, Writing, allow
from portfolio.playbooks.rules import bounds_of

router = APIRouter()


@router.get(PATH, response_class=HTMLResponse)
async def playbooks(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    unit: str = "",
) -> Response:
    """Tier by tier, then layer by layer; every number opens its customers."""
    parts = request.app.state.parts
    policy = parts.shelf.of(kinds.PLAYBOOKS)
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    tiers = await books.by_tier(session, sight.units)
    rows = [
        row(
            [
                cell(one.tier, url("/c/customers", tier=one.tier, unit=unit), strong=True),
                cell(one.title, sub=f"目标：{one.goal}"),
                cell("；".join(one.steps)),
                cell(f"白皮书 {one.source}"),
                cell(
                    count(tiers.get(one.tier, 0)),
                    url("/c/customers", tier=one.tier, unit=unit),
                ),
            ],
            tier=one.tier,
            customers=tiers.get(one.tier, 0),
        )
        for one in policy.playbooks
    ]
    stats = []
    for layer, low, high in bounds_of(policy):
        within = books.between(low, high, measure=parts.tiers.measure)
        found = await listing.count(session, listing.Wanted(units=sight.units, within=(within,)))
        stats.append(
            number(
                f"{layer.name} · {layer.stance}",
                count(found),
                "户",
                "、".join(layer.contents),
                f"金融资产 {layer.name}（来源 白皮书 {layer.source}）",
                url(f"{PATH}/customers", layer=layer.name, unit=unit),
            )
        )
    context = await shell(request, session, asking, "playbooks")
    context |= table(
        "分层打法",
        PATH,
        [
            column("层级"), column("打法"), column("怎么做"), column("来源"),
            column("客户", right=True),
        ],
        rows,
        sub="五层各有各的策略；上面三个数是按资产配内容的三层",
        places=places(PATH),
        stats=stats,
        filters=[choice("unit", "机构", whole.options, unit)],
        notes=["打法和三层内容在策略“分层打法”里，层级起点在策略“层级与资产段”里，都可以改。"],
    )  # fmt: skip
    return page(request, "table", context)


@router.get(PATH + "/customers", response_class=HTMLResponse)
async def in_layer(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    layer: str = "",
    age: str = ALL_AGES,
    gender: str = "",
    unit: str = "",
    after: int = 0,
) -> Response:
    """The customers behind a number: of a layer, or of an age (``under-over``) and gender."""
    parts = request.app.state.parts
    title, within = _layer(parts, layer) if layer else age_select(age, gender, bank_date(asking.at))
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    wanted = listing.Wanted(units=sight.units, within=(within,))
    total = await listing.count(session, wanted)
    found = await listing.page(session, wanted, limit=PER_PAGE + 1, after=after)
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    kept = {"layer": layer, "age": age, "gender": gender, "unit": unit}
    place = await looked(
        session, asking, "customers.listed", "list:customers",
        payload={**kept, "shown": [one.customer_id for one in shown]},
    )  # fmt: skip
    context = await shell(request, session, asking, "playbooks", view_ref=place)
    rows: list[dict[str, Any]] = [
        row(
            [
                cell(one["name"] or "—", one["href"], strong=True),
                cell(one["customer_no"]),
                cell(one["tier"]),
                cell(one["aum_band"]),
                cell(one["owner_name"] or "未分配"),
            ],
            href=one["href"],
        )
        for one in await customers.rows(session, shown, bank_date(asking.at))
    ]
    here = f"{PATH}/customers"
    context |= table(
        title,
        here,
        [
            column("客户"), column("客户号"), column("层级"), column("资产（万元）"),
            column("客户经理"),
        ],
        rows,
        sub=customers.scope_text(sight),
        places=places(PATH),
        state=None if rows else nothing("客户", kept.values(), PATH, "没有这样的客户。"),
        page=paging(
            shown,
            total=total,
            next_url=url(here, kept, after=shown[-1].customer_id) if more else None,
            first_url=url(here, kept) if after else None,
        ),
    )  # fmt: skip
    return page(request, "table", context)


def _layer(parts: Any, name: str) -> tuple[str, Select[Any]]:
    found = bounds_of(parts.shelf.of(kinds.PLAYBOOKS))
    for layer, low, high in found:
        if layer.name == name:
            within = books.between(low, high, measure=parts.tiers.measure)
            return f"{layer.name}：{'、'.join(layer.contents)}", within
    known = "、".join(layer.name for layer, _, _ in found)
    raise FormRefused("没有这一层", saw=name[:20], do=f"只有：{known}")
