"""Which days have a plan, which birthdays are near, which amounts are near an edge. Pure."""

from datetime import date, timedelta
from typing import Any

from config.contact_duty_policy import ContactDutyPolicy
from config.daily_plan_policy import DailyPlanPolicy
from config.tier_policy import TierPolicy


def birthdays(today: date, days: int) -> dict[int, date]:
    """The birthdays (month * 100 + day) from ``today`` on, with the day on which each falls.

    29 February falls on 28 February in a year that lacks it.
    """
    found: dict[int, date] = {}
    for number in range(days + 1):
        day = today + timedelta(days=number)
        found[day.month * 100 + day.day] = day
        if (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month == 3:
            found[229] = day
    return found


def edges(policy: TierPolicy, percent: int) -> list[tuple[int, int, str]]:
    """Amounts just below a tier: from (included), to (not included), in 分, and the tier's name."""
    return [
        (tier.lowest_fen * (100 - percent) // 100, tier.lowest_fen, tier.name)
        for tier in policy.tiers[1:]
        if percent
    ]


def sentence(reason: dict[str, Any], policy: DailyPlanPolicy, duty: ContactDutyPolicy) -> str:
    """A reason of a plan's line in words, from the facts that were kept with it."""
    title = policy.title(reason["name"])
    match reason["name"]:
        case "maturity" | "todo":
            return f"{title} {reason['number']} 件"
        case "breach":
            return f"已 {reason['days']} 天没有有效联络，超过 {duty.quarter_days} 天"
        case "due":
            return f"{reason['grade'] or '未分'}类，每 {reason['every']} 天联络一次，已 {reason['days']} 天"
        case "activation":
            return f"盘活第 {reason['round']} 轮该做了"
        case "season":
            on = reason["on"][5:].replace("-", "月")
            return f"{title}：{reason['season']}，{on}日开始用钱"
        case "edge":
            return f"离“{reason['tier']}”不远"
        case "birthday":
            return f"生日 {reason['on'][5:].replace('-', '月')}日"
        case "fill":
            return f"例行联络，已 {reason['days']} 天"
        case _:
            return title
