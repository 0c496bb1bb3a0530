"""经营评分: the quarter per manager, both scorecards, and the customers behind each figure."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from config.ownership_policy import OwnershipPolicy
from console import roles
from console.errors import PersonUnknown
from console.lists import PER_PAGE, choice, nothing, paging, tab, url
from console.naming import Names, names_for
from console.ownership.shared import policy_of
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.traces import looked
from crm_sync.repository import scoring
from crm_sync.row_security import beyond_scope
from kit.clock import bank_date
from kit.web.formats import asset_band, percent
from kit.web.guard import Asking, Writing, allow
from portfolio.scorecards import service
from portfolio.scorecards.rules import Score, both, quarter_name, quarter_start

router = APIRouter()
PATH: Final = "/c/scorecards"
BEHIND: Final = {
    "customers": "管户的客户",
    "crossed": "算交叉销售的客户",
    "measured": "算资产提升的客户",
    "friends": "企业微信好友",
    "reached": "本季触达过的客户",
}


@router.get(PATH, response_class=HTMLResponse)
async def scorecards(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    unit: str = "",
    quarter: str = "",
    view: str = "",
) -> Response:
    """Every manager in sight: assets first (管户制) or relation first (客群制)."""
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    policy, now = policy_of(request), quarter_name(bank_date(asking.at))
    kept_quarters = await service.quarters(session)
    live = quarter not in kept_quarters
    books = (
        await service.current(session, sight.units, policy=policy, at=asking.at)
        if live
        else await service.closed(session, sight.units, quarter)
    )
    by_owner, by_persona = both(books, policy)
    first = "persona" if view == "persona" else "owner"
    shown, other = (by_persona, by_owner) if first == "persona" else (by_owner, by_persona)
    places = {one.book.staff_id: one.place for one in other}
    kept = {"unit": unit, "quarter": "" if live else quarter}
    place = await looked(
        session, asking, "scorecards.listed", "list:scorecard", payload={**kept, "view": first}
    )
    names = await names_for(session, staff=[one.book.staff_id for one in shown])
    context = await shell(request, session, asking, "scorecards", view_ref=place)
    context |= {
        "filters": [
            choice("unit", "机构", whole.options, unit),
            choice("quarter", "季度", [("", f"{now}（进行中）"), *((one, one) for one in kept_quarters)], kept["quarter"]),
        ],
        "tabs": [
            tab("管户制：先看资产", url(PATH, kept), None, first == "owner"),
            tab("客群制：先看关系", url(PATH, kept, view="persona"), None, first == "persona"),
        ],
        "other_text": "客群制名次" if first == "owner" else "管户制名次",
        "state": None if shown else nothing("评分", kept.values(), PATH, "导入管户、持仓和月末快照之后就有。"),
        "scores": [_row(one, places, names, sight, kept["quarter"]) for one in shown[:500]],
        "formulas": _formulas(policy),
    }  # fmt: skip
    return page(request, "scorecards", context)


def _row(
    one: Score, places: dict[str, int], names: Names, sight: Sight, quarter: str
) -> dict[str, Any]:
    book = one.book

    def behind(of: str) -> str:
        return url(f"{PATH}/{book.staff_id}", {"quarter": quarter}, of=of)

    return {
        "place": one.place,
        "other_place": places[book.staff_id],
        "name": names.person(book.staff_id),
        "unit_name": sight.unit_name(book.unit_id),
        "points": f"{one.points:.1f}",
        "cells": [
            (str(book.customers), behind("customers"), ""),
            (percent(book.cross_rate), behind("crossed"), f"{book.crossed} ÷ {book.customers}"),
            (percent(book.growth), behind("measured"), f"{book.measured} 户两头有数"),
            (percent(book.friend_rate), behind("friends"), f"{book.friends} ÷ {book.customers}"),
            (percent(book.reach_rate), behind("reached"), f"{book.reached} ÷ {book.customers}"),
        ],
    }


def _formulas(policy: OwnershipPolicy) -> Sequence[tuple[str, str]]:
    card = policy.scorecard
    return [
        ("交叉销售率", f"持有 {card.products} 类及以上产品的客户 ÷ 管户客户"),
        (
            "总资产提升率",
            "（现在的总资产 − 季初快照的总资产）÷ 季初快照的总资产，只算两头都有数的客户",
        ),
        ("好友率", "与管户人是企业微信好友的客户 ÷ 管户客户"),
        ("触达率", "本季度管户人触达过的客户 ÷ 管户客户"),
        ("管户制得分", f"资产 {card.by_owner.aum} 分 + 关系 {card.by_owner.relation} 分"),
        ("客群制得分", f"关系 {card.by_persona.relation} 分 + 资产 {card.by_persona.aum} 分"),
        ("资产分", "提升率（满 10% 得满分）与交叉销售率各半"),
        ("关系分", "好友率与触达率各半"),
    ]


@router.get(PATH + "/{staff_id}", response_class=HTMLResponse)
async def behind(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    staff_id: str,
    of: str = "customers",
    quarter: str = "",
    after: int = 0,
) -> Response:
    """The customers behind one figure: of the running quarter, or of a closed one as they were."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    names = await names_for(session, staff=[staff_id])
    person = names.staff.get(staff_id)
    if person is None or (sight.units is not None and person.unit_id not in sight.units):
        raise PersonUnknown("没有这个人，或不在你的查看范围内", do="从评分列表里打开")
    chosen = of if of in BEHIND else "customers"
    kept = quarter if quarter in await service.quarters(session) else ""
    if kept:
        # Whoever was in that book then may be another branch's customer now: the list stays whole.
        async with beyond_scope(session):
            found = await service.behind_closed(
                session, kept, staff_id, chosen, limit=PER_PAGE + 1, after=after
            )
            counts = {
                name: await service.count_closed(session, kept, staff_id, name) for name in BEHIND
            }
        sub = f"{kept}，季末时的名单"
    else:
        begins = quarter_start(bank_date(asking.at))
        asked = await service.asked_of(session, policy_of(request), begins, asking.at)
        found = await scoring.behind(
            session, staff_id, chosen, asked, limit=PER_PAGE + 1, after=after
        )
        counts = {
            name: await scoring.count_behind(session, staff_id, name, asked) for name in BEHIND
        }
        sub = quarter_name(begins) + (f"，季初快照 {asked.base}" if asked.base else "")
    total = counts[chosen]
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    people = await names_for(session, customers=[one.customer_id for one in shown])
    here, closed = f"{PATH}/{staff_id}", {"quarter": kept}
    place = await looked(
        session, asking, "scorecard.viewed", f"staff:{staff_id}", unit=person.unit_id,
        payload={"of": chosen, "quarter": kept, "shown": [one.customer_id for one in shown]},
    )  # fmt: skip
    context = await shell(request, session, asking, "scorecards", view_ref=place)
    context |= {
        "back": url(PATH, closed),
        "title": f"{person.name} · {BEHIND[chosen]}",
        "sub": sub,
        "tabs": [
            tab(text, url(here, closed, of=name), counts[name], name == chosen)
            for name, text in BEHIND.items()
        ],
        "state": None if shown else nothing("客户", [chosen], here, "这一项还没有客户。"),
        "customers": [
            {
                "href": f"/c/customers/{one.customer_id}",
                "name": people.customer(one.customer_id),
                "before": asset_band(one.before_fen),
                "after": asset_band(one.after_fen),
                "kinds": one.kinds,
            }
            for one in shown
        ],
        "page": paging(
            shown,
            total=total,
            next_url=url(here, closed, of=chosen, after=shown[-1].customer_id) if more else None,
            first_url=url(here, closed, of=chosen) if after else None,
        ),
    }  # fmt: skip
    return page(request, "scorecard", context)
