"""Why a customer did or did not get something on a day, in sentences."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from compliance.objections import BY_CODE
from config.reminder_policy import ReminderPolicy
from crm_sync.facts import CustomerFact
from crm_sync.repository import profiles
from delivery import plan_items
from delivery.channel_choice import in_words
from delivery.plan_items import Refusal
from reminders.asking import keys_of


@dataclass(frozen=True)
class Said:
    """What became of one candidate, as a sentence."""

    key: str
    trigger: str
    outcome: str
    sentence: str


async def sentences(
    session: AsyncSession,
    customer: CustomerFact,
    day: date,
    policy: ReminderPolicy,
    edges: list[int],
) -> list[Said]:
    """One sentence for each candidate that the day's plan looked at, in the policy's order."""
    owned = await profiles.holding_ids(session, customer.customer_id)
    known = keys_of(policy, day, customer.customer_id, owned, edges)
    titles = {one.name: one.title for one in policy.trigger}
    return [
        Said(one.key, known[one.key].name, one.outcome, sentence(one, titles))
        for one in await plan_items.fates(session, list(known))
    ]


def sentence(one: Refusal, titles: Mapping[str, str]) -> str:
    """What became of a candidate and why; ``titles``: what triggers are called."""
    what = f"“{titles.get(one.trigger, one.trigger)}”"
    if one.outcome == "queued":
        return f"{what}安排了：已编入管户经理的待办或群发。"
    if one.outcome == "blocked":
        reasons = [
            BY_CODE[code].saying.rstrip("。") for code in one.reasons.split(",") if code in BY_CODE
        ]
        return f"{what}没有发：{'；'.join(reasons)}。"
    if one.outcome == "outranked":
        first = one.reasons.partition(":")[0]
        before = f"当天先说“{titles.get(first, first)}”" if first else "当天能说的次数已经用完"
        return f"{what}让位了：{before}，一位客户一天只听一种声音。"
    if one.outcome == "over_quota":
        return f"{what}没有发：这位客户本日、本周或本月听到的次数已到上限。"
    if one.outcome == "uncovered":
        return f"{what}没有发：这位客户没有管户经理，没有人可以替银行说。"
    if one.outcome == "unreachable":
        ways = "；".join(in_words(one.reasons)) or "没有可走的渠道"
        return f"{what}没有发：{ways}。"
    if one.outcome == "no_words":
        return f"{what}没有发：没有合适的话术，{one.reasons or '场景里没有已审核的版本'}。"
    if one.outcome == "halted":
        return f"{what}没有发：活动已经停止。"
    return f"{what}收回了：安排之后又撤下，可以重新安排。"


def nothing(customer: CustomerFact, day: date) -> str:
    """The sentence for a customer whom no trigger of a day selected."""
    owner = "" if customer.owner_staff_id else "；这位客户也没有管户经理"
    return f"{day} 没有一项提醒选中这位客户：没有到期、开放日、生日、换卡、还款、开户节点或客群内容{owner}。"


def as_json(found: list[Said]) -> list[dict[str, Any]]:
    """The sentences for machines."""
    return [asdict(one) for one in found]
