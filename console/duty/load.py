"""管户负荷: owned, covered, deep by manager, with warnings; and the gap between people and assets."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from console import roles
from console.duty.places import DUTY, places, terms_of
from console.duty.places import LOAD as PATH
from console.lists import choice, nothing, number, url
from console.naming import names_for
from console.shell import page, shell
from console.sight import sight_of
from console.tables import cell, column, row, table
from kit.web.formats import count, percent, percent_number
from kit.web.guard import Asking, Reading, allow
from portfolio.duty import standings
from portfolio.duty.rules import load_warnings
from portfolio.duty.standings import Counts, Wanted, total

router = APIRouter()


@router.get(PATH, response_class=HTMLResponse)
async def coverage(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    unit: str = "",
) -> Response:
    """Each manager's load; every number opens its list."""
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    terms = terms_of(request, asking)
    found = await standings.counted(session, Wanted(sight.units), terms, by="staff")
    found.sort(key=lambda one: (-one.assigned, one.key))
    names = await names_for(session, staff=[one.key for one in found])
    everything = total(found)

    def there(show: str, staff: str = "") -> str:
        return url(DUTY, {"unit": unit, "staff": staff, "show": show, "view": "list"})

    def line(one: Counts) -> dict[str, Any]:
        warnings = load_warnings(one.load, terms.coverage)
        return row(
            [
                cell(names.person(one.key), there("all", one.key), strong=True),
                cell(count(one.assigned), there("all", one.key)),
                cell(count(one.covered), there("covered", one.key)),
                cell(count(one.deep), there("deep", one.key)),
                cell(count(one.assigned - one.covered), there("uncovered", one.key)),
                cell(percent(_share(one.covered, one.assigned))),
                cell(percent(_share(one.covered_aum_fen, one.aum_fen))),
                cell("；".join(warnings) or "合适", kind="warn" if warnings else "ok"),
            ],
            staff_id=one.key,
            assigned=one.assigned,
            covered=one.covered,
            deep=one.deep,
            warnings=list(warnings),
        )

    policy = terms.coverage
    context = await shell(request, session, asking, "duty")
    rows = [line(one) for one in found]
    warned = sum(1 for one in found if load_warnings(one.load, policy))
    context |= table(
        "管户负荷",
        PATH,
        [
            column("客户经理"), column("名下", right=True), column("有效覆盖", right=True),
            column("深度经营", right=True), column("没有覆盖", right=True),
            column("客户覆盖", right=True), column("资产覆盖", right=True), column("提醒"),
        ],
        rows,
        sub=f"有效覆盖：{policy.window_days} 天内至少一次有效联络；深度经营：至少 {policy.deep_touches} 次",
        places=places(PATH),
        stats=[
            number("名下客户", count(everything.assigned), "户", f"{len(found)} 位客户经理",
                   "有主管户人的客户", there("all")),
            number("有效覆盖", count(everything.covered), "户",
                   f"占客户 {percent(_share(everything.covered, everything.assigned))}",
                   "窗口内至少一次有效联络", there("covered")),
            number("资产覆盖", percent_number(_share(everything.covered_aum_fen, everything.aum_fen)),
                   "%" if everything.aum_fen else "", "被覆盖客户的资产 ÷ 全部资产",
                   "被覆盖客户的金融资产之和 ÷ 名下客户的金融资产之和", there("covered")),
            number("没有覆盖", count(everything.assigned - everything.covered), "户",
                   "点开看名单", "名下客户减去有效覆盖", there("uncovered"), bad=True),
            number("深度经营", count(everything.deep), "户", f"{warned} 位客户经理有提醒",
                   "窗口内有效联络达到次数", there("deep")),
        ],
        filters=[choice("unit", "机构", whole.options, unit)],
        state=None if rows else nothing("客户经理", [unit], PATH, "管户导入并重算之后会出现在这里。"),
        notes=[
            f"名下超过 {policy.assigned_warn} 户、有效覆盖不到 {policy.effective_least} 户或超过 "
            f"{policy.effective_most} 户、深度经营超过 {policy.deep_most} 户时提醒（策略“管户负荷”）。"
        ],
    )  # fmt: skip
    return page(request, "table", context)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
