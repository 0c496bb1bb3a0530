"""三层流量: contacts by the source of their first friendship, from won to known and served."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from config import policy_catalogue
from config.adds_policy import AddsPolicy
from console import roles
from console.funnel.adds import sources
from console.funnel.spans import months, span_of
from console.lists import PER_PAGE, badge, choice, nothing, number, paging, tab, url
from console.naming import names_for
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.traces import looked
from crm_sync.repository import layers as found_layers
from crm_sync.repository import profiles
from crm_sync.repository.layers import Layer, LayerCount, LayerQuery
from kit.web.formats import count, masked_name, percent
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
PATH: Final = "/c/funnel"
NAMES: Final = {Layer.PUBLIC: "公域获客", Layer.SEMI: "准私域", Layer.CORE: "核心私域"}
MEANINGS: Final = {
    Layer.PUBLIC: "加过好友的外部联系人，按第一次添加的来源计；删除了也保留来源",
    Layer.SEMI: "现在仍是本行员工的好友，可以反复触达，但还不一定知道是谁",
    Layer.CORE: "实名绑定、且管户经理就是好友，可以深度服务",
}
ORIGINS: Final = {"public": "公域", "semi": "准私域", "core": "行内"}
KINDS: Final = {Layer.PUBLIC: "", Layer.SEMI: "info", Layer.CORE: "ok"}


@router.get(PATH, response_class=HTMLResponse)
async def funnel(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    month: str = "",
    unit: str = "",
    source: str = "",
    layer: str = "",
    after: str = "",
) -> Response:
    """Sources by layer; with ``layer`` the contacts behind one number."""
    policy: AddsPolicy = request.app.state.parts.shelf.of(policy_catalogue.ADDS)
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    query = LayerQuery(units=sight.units, source=source)
    chosen = ""
    if month:
        since, until, chosen = span_of(month, asking.at)
        query = replace(query, since=since, until=until)
    kept = {"month": chosen, "unit": unit, "source": source}
    counts = await found_layers.counts(session, policy, query)
    layer = layer if layer in tuple(Layer) else ""
    rows: list[dict[str, Any]] = []
    pager, place = None, ""
    if layer:
        asked = replace(query, layer=layer)
        rows, pager, place = await _list(session, asking, policy, asked, counts, sight, kept, after)
    context = await shell(request, session, asking, "funnel", view_ref=place)
    context |= {
        "filters": [
            choice("month", "首次添加", [("", "不限"), *months(asking.at)], chosen),
            choice("unit", "机构", whole.options, unit),
            choice("source", "来源", sources(policy, source), source),
        ],
        "tabs": [
            tab("按来源", url(PATH, kept), None, not layer),
            *(
                tab(
                    NAMES[one],
                    url(PATH, kept, layer=one.value),
                    _sum(counts, one),
                    layer == one,
                )
                for one in Layer
            ),
        ],
        "stats": _stats(counts, kept),
        "meanings": [(NAMES[one], MEANINGS[one]) for one in Layer],
        "layer": layer,
        "sources": [_source(one, policy, kept) for one in counts],
        "contacts": rows,
        "state": None
        if (rows if layer else counts)
        else nothing("联系人", [unit, source, chosen], PATH, "与企业微信对账之后会出现在这里。"),
        "page": pager,
    }
    return page(request, "funnel", context)


def _sum(counts: Sequence[LayerCount], layer: Layer) -> int:
    return sum(int(getattr(one, layer.value)) for one in counts)


def _stats(counts: Sequence[LayerCount], kept: dict[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    before = 0
    for layer in Layer:
        n = _sum(counts, layer)
        note = f"占上一层 {percent(n / before if before else None)}" if found else "按第一次的来源"
        found.append(
            number(
                NAMES[layer],
                count(n),
                "人",
                note,
                MEANINGS[layer],
                url(PATH, kept, layer=layer.value),
            )
        )
        before = n
    return found


def _source(one: LayerCount, policy: AddsPolicy, kept: dict[str, str]) -> dict[str, Any]:
    origins = {found.name: ORIGINS[found.layer] for found in policy.source}
    mine = {**kept, "source": one.source}
    return {
        "name": one.source,
        "origin": origins.get(one.source, "公域"),
        "cells": [
            {"n": getattr(one, layer.value), "href": url(PATH, mine, layer=layer.value)}
            for layer in Layer
        ],
        "kept": one.semi / one.public if one.public else None,
        "known": one.core / one.public if one.public else None,
    }


async def _list(
    session: AsyncSession,
    asking: Asking,
    policy: AddsPolicy,
    asked: LayerQuery,
    counts: Sequence[LayerCount],
    sight: Sight,
    kept: dict[str, str],
    after: str,
) -> tuple[list[dict[str, Any]], dict[str, Any], str]:
    found = await found_layers.page(session, policy, asked, after=after, limit=PER_PAGE + 1)
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    place = await looked(
        session,
        asking,
        "contacts.listed",
        "list:funnel",
        payload={
            **{name: value for name, value in kept.items() if value},
            "layer": asked.layer,
            "shown": [one.external_userid for one in shown],
        },
    )
    nicks = await profiles.names_of(session, [one.external_userid for one in shown])
    names = await names_for(
        session,
        staff=[one.staff_id for one in shown],
        customers=[one.customer_id for one in shown],
    )
    rows = [
        {
            "nick": masked_name(nicks[one.external_userid])
            if one.external_userid in nicks
            else "企业微信联系人",
            "source": one.source,
            "state": one.state,
            "layer": badge(NAMES[one.layer], KINDS[one.layer]),
            "staff_name": names.person(one.staff_id) or "不在员工名单里",
            "unit_name": sight.unit_name(one.unit_id),
            "added_at": one.added_at,
            "customer": names.customer(one.customer_id) if one.customer_id else "",
            "customer_url": f"/c/customers/{one.customer_id}" if one.customer_id else "",
        }
        for one in shown
    ]
    asked_for = {**kept, "layer": asked.layer}
    pager = paging(
        shown,
        total=_sum(counts, Layer(asked.layer)),
        next_url=url(PATH, asked_for, after=shown[-1].external_userid) if more else None,
        first_url=url(PATH, asked_for) if after else None,
    )
    return rows, pager, place
