"""Whether a customer is a lead, who leads, and why in words: the pure twin of ``leads``."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from config.lead_policy import FEN, MONEY, Finder, Routing, When

NAMES: Final[Mapping[str, str]] = {
    "aum": "金融资产",
    "peak": "五年内最高资产",
    "payroll_year": "近一年代发",
    "retention": "留存率",
    "away_year": "近一年转他行和第三方支付",
    "custody_month": "月均三方存管交易",
    "pos_month": "月均收单结算",
    "loans": "贷款",
    "wealth": "投资类产品",
}
LEVELS: Final[Mapping[str, str]] = {
    "branch": "分行牵头，支行网点配合",
    "subbranch": "支行负责，网点服务",
    "outlet": "网点",
}
_COUNTED: Final = {"loans": "笔", "wealth": "笔", "retention": "%"}


def holds(condition: When, facts: Mapping[str, int | None]) -> bool:
    """Whether a condition holds; an unknown fact holds nothing."""
    value, scale = facts.get(condition.fact), condition.scale
    if value is None:
        return False
    return not (
        (condition.at_least is not None and value < condition.at_least * scale)
        or (condition.above is not None and value <= condition.above * scale)
        or (condition.below is not None and value >= condition.below * scale)
        or (condition.at_most is not None and value > condition.at_most * scale)
    )


def finds(finder: Finder, facts: Mapping[str, int | None]) -> bool:
    """Whether a finder finds a customer with these facts."""
    return all(holds(condition, facts) for condition in finder.when)


def level_of(per_head_fen: int | None, routing: Routing) -> str:
    """Who leads, by yearly payroll per head in 分; unknown is the outlet's."""
    if per_head_fen is not None and per_head_fen > routing.branch_above_yuan * FEN:
        return "branch"
    if per_head_fen is not None and per_head_fen >= routing.subbranch_from_yuan * FEN:
        return "subbranch"
    return "outlet"


def reasons(finder: Finder, facts: Mapping[str, int | None]) -> tuple[str, ...]:
    """Why, a sentence a condition, with the number and its bound."""
    return tuple(
        f"{NAMES[one.fact]} {_said(one.fact, facts.get(one.fact))}，{_bounds(one)}"
        for one in finder.when
    )


def _said(fact: str, value: int | None) -> str:
    if value is None:
        return "不详"
    if fact in MONEY:
        return f"{Decimal(value) / (10_000 * FEN):.2f} 万元"
    return f"{value} {_COUNTED[fact]}"


def _bounds(condition: When) -> str:
    unit = "万元" if condition.fact in MONEY else _COUNTED[condition.fact]

    def bound(number: int) -> str:
        if condition.fact not in MONEY:
            return f"{number} {unit}"
        return f"{(Decimal(number) / 10_000).normalize():f} {unit}"

    said = []
    if condition.at_least is not None:
        said.append(f"达到 {bound(condition.at_least)}")
    if condition.above is not None:
        said.append(f"超过 {bound(condition.above)}")
    if condition.below is not None:
        said.append(f"不到 {bound(condition.below)}")
    if condition.at_most is not None:
        said.append(f"不超过 {bound(condition.at_most)}")
    return "、".join(said)
