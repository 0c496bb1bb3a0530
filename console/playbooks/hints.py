"""内容先验: what a survey says of each age, beside the bank's own customers of that age."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Select

from config import policy_catalogue as kinds
from config.content_hint_policy import AgeGroup, ContentHintPolicy
from console import roles
from console.errors import FormRefused
from console.lists import choice, number, url
from console.playbooks.places import HINTS as PATH
from console.playbooks.places import PLAYBOOKS, places
from console.shell import page, shell
from console.sight import sight_of
from console.tables import cell, column, row, table
from crm_sync.repository import books, listing
from crm_sync.rules.ages import latest_birth
from kit.clock import bank_date
from kit.web.formats import count, percent, percent_number
from kit.web.guard import Asking, Reading, allow
from portfolio.playbooks.rules import median_age

router = APIRouter()
ALL_AGES = "0-"


def age_select(age: str, gender: str, today: date) -> tuple[str, Select[Any]]:
    """The customers of an age ``from-below`` (either may be empty). Raises FormRefused."""
    first, dash, second = age.partition("-")
    if (
        not dash
        or not all(one.isdecimal() and int(one) <= 150 for one in (first, second) if one)
        or gender not in ("", "F", "M")
    ):
        raise FormRefused("年龄段写错了", saw=age[:20], do="从内容先验页点进来")
    until = latest_birth(int(first), today) if first and int(first) else None
    after = latest_birth(int(second), today) if second else None
    title = f"{first or 0} 岁以上" if not second else f"{first or 0}—{int(second) - 1} 岁"
    sex = {"F": "女性 · ", "M": "男性 · ", "": ""}[gender]
    return f"{sex}{title}", books.born(after, until, gender)


def _ranges(policy: ContentHintPolicy) -> list[tuple[AgeGroup, str]]:
    found, start = [], 0
    for one in policy.ages:
        found.append((one, f"{start}-{one.below or ''}"))
        start = one.below or start
    return found


@router.get(PATH, response_class=HTMLResponse)
async def hints(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    unit: str = "",
) -> Response:
    """The survey's figures beside ours; every number of ours opens its customers."""
    policy: ContentHintPolicy = request.app.state.parts.shelf.of(kinds.CONTENT_HINTS)
    today = bank_date(asking.at)
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole

    async def counted(age: str, gender: str = "") -> int:
        _, within = age_select(age, gender, today)
        return await listing.count(session, listing.Wanted(units=sight.units, within=(within,)))

    def there(age: str, gender: str = "") -> str:
        return url(f"{PLAYBOOKS}/customers", age=age, gender=gender, unit=unit)

    years = await books.by_birth_year(session, sight.units)
    total = await counted(ALL_AGES)
    women = await counted(ALL_AGES, "F")
    rows = []
    for group, age in _ranges(policy):
        ours = await counted(age)
        share = ours / total if total else None
        rows.append(
            row(
                [
                    cell(group.name, there(age), strong=True),
                    cell(
                        "、".join(group.likes) or "调研没有说",
                        sub=f"来源 {policy.source}" if group.told else "",
                    ),
                    cell(count(ours), there(age)),
                    cell(percent(share)),
                    cell(count(await counted(age, "F")), there(age, "F")),
                ],
                age=age,
                customers=ours,
            )
        )
    typical = policy.typical
    middle = median_age(_by_year(years), today.year)
    context = await shell(request, session, asking, "playbooks")
    context |= table(
        "内容先验",
        PATH,
        [
            column("年龄"), column("更喜欢什么"), column("本行客户", right=True),
            column("占比", right=True), column("其中女性", right=True),
        ],
        rows,
        sub="备内容时的先验，和本行自己的客户放在一起看",
        places=places(PATH),
        stats=[
            number(
                "年龄中位数", str(middle) if middle is not None else "—", "岁" if middle else "",
                f"调研 {typical.median_age_from}—{typical.median_age_to} 岁", "按出生年份算",
                there(ALL_AGES),
            ),
            number(
                "女性占比", percent_number(women / total if total else None), "%" if total else "",
                f"调研不低于 {typical.female_percent_least}%", "女性 ÷ 有出生日期的客户",
                there(ALL_AGES, "F"),
            ),
            number(
                "有出生日期", count(total), "户", "下表按这些客户算", "有出生日期的客户",
                there(ALL_AGES),
            ),
        ],
        filters=[choice("unit", "机构", whole.options, unit)],
        notes=[
            "为什么存：" + "，".join(f"{one.name} {one.percent}%" for one in policy.motives)
            + f"；{typical.beat_inflation_percent}% 的客户希望收益跑赢通货膨胀（来源 {policy.source}）。",
        ],
    )  # fmt: skip
    return page(request, "table", context)


def _by_year(years: dict[tuple[int, str], int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for (year, _), one in years.items():
        found[year] = found.get(year, 0) + one
    return found
