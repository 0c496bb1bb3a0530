"""Tiers, bands, classes and activity in shares, and how concentrated the assets are (A17)."""

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from config import policy_catalogue as kinds
from config.tier_policy import Band, TierPolicy
from console import roles
from console.lists import choice, url
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.structure.tabs import CUSTOMERS, SHARES, tabs
from crm_sync import tiers
from crm_sync.rules import standing_words as words
from crm_sync.standing import reading
from crm_sync.standing.curve import Curve, Point, curve
from insights import customer_lists
from insights.customer_lists import CustomerQuery
from kit.web.formats import in_wan, percent
from kit.web.guard import Asking, Reading, allow

router = APIRouter()
TOP_SHARE = 0.2
ASSET_SHARE = 0.8


@router.get(SHARES, response_class=HTMLResponse)
async def shares(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    unit: str = "",
) -> Response:
    """How many customers stand where, and what they have with the bank."""
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    shelf = request.app.state.parts.shelf
    policy, standing = shelf.of(kinds.TIERS), shelf.of(kinds.STANDING)
    expected = {"A": standing.grade.expected_a, "B": standing.grade.expected_b}
    grades = await reading.by_grade(session, sight.units)
    every = sum(one.customers for one in grades)
    found = await curve(session, sight.units)
    context = await shell(request, session, asking, "structure")
    context |= {
        "tabs": tabs(SHARES, unit),
        "filters": [choice("unit", "机构", whole.options, unit)],
        "path": SHARES,
        "data_as_of": await reading.evaluated_at(session),
        "tiers": await _tiers(session, policy, sight, asking, unit),
        "bands": await _bands(session, policy, sight, unit),
        "grades": [
            _row(
                words.GRADES[one.name]
                + (f"：{words.KINDS[one.kind]}" if one.kind in words.KINDS else ""),
                one.customers,
                one.aum_fen,
                every,
                url(CUSTOMERS, unit=unit, grade=one.name, kind=one.kind),
                _expected(one.name, grades, every, expected),
            )
            for one in grades
        ],
        "activities": [
            _row(
                words.activity_text(one.name, one.kind),
                one.customers,
                one.aum_fen,
                every,
                url(CUSTOMERS, unit=unit, activity=one.name or "none", dormant=one.kind),
            )
            for one in await reading.by_activity(session, sight.units)
        ],
        "curve": _points(found, unit),
        "sayings": _sayings(found, unit),
        "known": found.customers,
    }
    return page(request, "structure", context)


def _row(
    name: str, customers: int, aum_fen: int | None, every: int, href: str, note: str = ""
) -> dict[str, Any]:
    return {
        "name": name,
        "customers": customers,
        "share": customers / every if every else 0.0,
        "aum": in_wan(aum_fen) if aum_fen is not None else "",
        "href": href,
        "note": note,
    }


def _expected(
    name: str, grades: Iterable[reading.Share], every: int, expected: dict[str, int]
) -> str:
    if name not in expected or not every:
        return ""
    here = sum(one.customers for one in grades if one.name == name)
    return f"{name} 类合计 {percent(here / every)}，参考约 {expected[name]}%"


async def _tiers(
    session: AsyncSession, policy: TierPolicy, sight: Sight, asking: Asking, unit: str
) -> list[dict[str, Any]]:
    counted = [
        (
            tier.name,
            await customer_lists.count(
                session, CustomerQuery(tier=tier.name), sight.units, asking.at
            ),
        )
        for tier in policy.tiers
    ]
    every = sum(number for _, number in counted)
    assets = await reading.assets_by_tier(session, sight.units)
    return [
        _row(name, number, assets.get(name), every, url(CUSTOMERS, unit=unit, tier=name))
        for name, number in counted
    ]


async def _bands(
    session: AsyncSession, policy: TierPolicy, sight: Sight, unit: str
) -> list[dict[str, Any]]:
    """Bands overlap, so their shares do not add up; each opens its list where it is by 时点 assets."""
    counted = await tiers.bands(session, policy, *reading.in_units(session, sight.units))
    by_name = {band.name: band for band in policy.band}
    return [
        {
            "name": name,
            "customers": number,
            "href": _band_url(by_name[name], unit),
        }
        for name, number in counted.items()
    ]


def _band_url(band: Band, unit: str) -> str:
    return url(CUSTOMERS, unit=unit, aum_from=band.from_yuan, aum_below=band.below_yuan)


def _points(found: Curve, unit: str) -> list[dict[str, Any]]:
    return [
        {
            "x": one.customer_share,
            "y": one.aum_share,
            "title": f"{_from(one)}：{percent(one.customer_share)} 的客户，{percent(one.aum_share)} 的资产",
            "name": _from(one),
            "customers": one.customers,
            "href": url(CUSTOMERS, unit=unit, aum_from=str(one.from_yuan)),
        }
        for one in found.points
        if one.customers
    ]


def _from(one: Point) -> str:
    if not one.from_yuan:
        return "全部"
    return (
        f"{one.from_yuan // 10_000} 万元起" if one.from_yuan >= 10_000 else f"{one.from_yuan} 元起"
    )


def _sayings(found: Curve, unit: str) -> list[dict[str, Any]]:
    """The two shares that the papers speak of, on this bank's own data."""
    said = []
    for point in (found.top(TOP_SHARE), found.holding(ASSET_SHARE)):
        if point is not None:
            said.append(
                {
                    "text": f"{_from(point)}的客户占 {percent(point.customer_share)}，持有 {percent(point.aum_share)} 的资产",
                    "number": point.customers,
                    "href": url(CUSTOMERS, unit=unit, aum_from=str(point.from_yuan)),
                }
            )
    return said
