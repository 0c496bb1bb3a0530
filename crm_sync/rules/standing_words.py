"""Why a customer stands where they stand, in sentences for managers."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from config.standing_policy import StandingPolicy
from crm_sync.rules.standing import Known, Stood, gaps, leaving

GRADES: Final[Mapping[str, str]] = {
    "A": "A 类",
    "B": "B 类",
    "C": "C 类",
    "D": "D 类",
}
KINDS: Final[Mapping[str, str]] = {
    "mid_intent": "资产中等、有购买意愿",
    "big_no_intent": "资产大、意愿不明显",
}
ACTIVITIES: Final[Mapping[str, str]] = {
    "active": "正在活跃",
    "wavering": "犹豫潜逃",
    "dormant": "休眠",
    "": "情况不明",
}
DORMANT: Final[Mapping[str, str]] = {"zero_card": "零元卡", "dead_card": "死卡"}
ITEMS: Final[Mapping[str, str]] = {
    "name": "姓名",
    "phone": "手机",
    "gender": "性别",
    "born_on": "出生日期",
    "occupation": "职业",
    "risk_level": "风险测评",
    "opened_on": "开户日期",
    "aum": "金融资产",
    "holdings": "持有明细",
    "snapshots": "资产快照",
    "flows": "资金流",
    "contact": "联络记录",
    "attributes.family": "家庭情况",
    "attributes.children_account": "子女账户",
    "attributes.spouse": "配偶",
}


def activity_text(activity: str, dormant_kind: str) -> str:
    """正在活跃, 犹豫潜逃, 休眠（死卡）…"""
    kind = DORMANT.get(dormant_kind)
    return f"{ACTIVITIES[activity]}（{kind}）" if kind else ACTIVITIES[activity]


def grade_reason(known: Known, stood: Stood, policy: StandingPolicy) -> str:
    """Why the customer is in their class."""
    titles: dict[str, str] = {one.name: one.title for one in policy.sign}
    signs = "、".join(titles[name] for name in stood.signs)
    intent = f"有购买意愿（{signs}）" if signs else "没有购买意愿的信号"
    if known.aum_fen is None:
        return "资产不明，还没有了解"
    size = (
        f"资产大（{wan(policy.grade.big_fen)} 万元起）"
        if known.aum_fen >= policy.grade.big_fen
        else f"资产中等（{wan(policy.grade.mid_fen)} 万元起）"
        if known.aum_fen >= policy.grade.mid_fen
        else f"资产不到 {wan(policy.grade.mid_fen)} 万元"
    )
    if stood.grade == "D":
        return f"{size}，{intent}，也从未做过风险测评，意愿不了解"
    return f"{size}，{intent}"


def activity_reason(known: Known, stood: Stood, policy: StandingPolicy, on: date) -> str:
    """Why the customer counts as active, wavering or dormant."""
    rules = policy.activity
    if stood.activity == "":
        return "没有资产、持有、资金流和快照，无从判断"
    if stood.dormant_kind == "zero_card":
        return f"有卡，资产不到 {rules.zero_yuan} 元"
    if stood.dormant_kind == "dead_card":
        return f"{rules.dormant_days} 天没有任何动静"
    if leaving(known, policy):
        high, aum = known.high_fen or 0, known.aum_fen or 0
        if high and aum * 100 <= high * (100 - rules.fall_percent):
            fall = (high - aum) * 100 // high
            return f"比 {rules.days} 天内最高点少了 {fall}%"
        return f"近 {rules.months} 个月转他行和第三方 {wan(known.out_fen)} 万元"
    if stood.activity == "wavering":
        return f"{rules.days} 天没有动静，还不到 {rules.dormant_days} 天"
    if known.flows_months:
        return f"近 {rules.months} 个月有资金往来"
    return f"{rules.days} 天内有资产变动或新的持有"


def missing_items(known: Known, policy: StandingPolicy) -> list[tuple[str, tuple[str, ...]]]:
    """What is missing, by section: its title and the items."""
    return [
        (part.title, tuple(item_text(one) for one in gaps(part, known.filled)))
        for part in policy.file.section
        if gaps(part, known.filled)
    ]


def item_text(item: str) -> str:
    """An item of the file by name, alternatives joined."""
    return " 或 ".join(ITEMS.get(one, one.removeprefix("attributes.")) for one in item.split("|"))


def wan(fen: int) -> str:
    """分 as 万元 without needless zeroes."""
    return f"{(Decimal(fen) / 1_000_000).quantize(Decimal('0.01')).normalize():f}"
