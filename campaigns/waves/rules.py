"""What a campaign may be, the draw of its hold-out, and whose turn it is. Pure.

The draw is a random polynomial of the third degree over a prime field (Carter and Wegman 1979):
any four customers fall independently, anybody can repeat it from the recorded seed, and a
database computes it with whole numbers alone, so a million customers are one statement.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any, Final

import orjson

from campaigns.waves.facts import Asked, CampaignFact, Who
from config.campaign_policy import CampaignPolicy
from content_library.facts import ApprovedScript, Form

PRIME: Final = 2_147_483_647
"""2³¹ − 1: a product of two residues stays below 2⁶³, in Python and in both databases."""
PARTS: Final = 10_000
FORMS: Final = {"todo": Form.SINGLE.value, "broadcast": Form.BROADCAST.value}
LEVELS: Final = {"hq": "head", "branch": "branch", "subbranch": "branch", "outlet": "outlet"}
"""Who leads a campaign, by the kind of the leading unit (三级联动)."""


def coefficients(seed: str) -> tuple[int, int, int, int]:
    """The four numbers of the draw, from its seed; the highest is not zero."""
    told = hashlib.sha256(f"hold-out:{seed}".encode()).digest()
    found = [int.from_bytes(told[8 * n : 8 * n + 8], "big") % PRIME for n in range(4)]
    return found[0], found[1], found[2], found[3] or 1


def mixed(number: Any, seed: str, modulo: Callable[[Any, int], Any] = lambda a, b: a % b) -> Any:
    """Where ``number`` (a customer id, or a column of ids) falls, 0 to PRIME - 1."""
    lowest, second, third, highest = coefficients(seed)
    x = modulo(number, PRIME)
    found = modulo(x * highest + third, PRIME)
    found = modulo(found * x + second, PRIME)
    return modulo(found * x + lowest, PRIME)


def is_held_out(customer_id: int, seed: str, percent: int) -> bool:
    """Whether the draw leaves this customer out."""
    return bool(mixed(customer_id, seed) % PARTS < percent * PARTS // 100)


def quarter(day: date) -> int:
    """1 to 4."""
    return (day.month - 1) // 3 + 1


def key(campaign_id: int, wave: int, revision: int, customer_id: int, day: date) -> str:
    """The key that makes one wave one thing a day for one customer, however often it is planned."""
    return f"campaign:{campaign_id}:{wave}.{revision}.{day:%y%m%d}:{customer_id}"


def digest(one: CampaignFact) -> str:
    """The fingerprint an approval is bound to: everything that decides who hears what, and when."""
    told = {
        name: value
        for name, value in asdict(one).items()
        if name
        in (
            "title", "kind", "units", "goal", "measure", "target", "owner_staff_id", "departments",
            "budget_fen", "overrun_percent", "starts_on", "ends_on", "review_on", "segment",
            "hold_out_percent", "seed", "per_day", "preparation_id",
        )
    }  # fmt: skip
    told["waves"] = [
        (wave.number, wave.channel, wave.who, wave.on, wave.script_version_id, wave.script_hash)
        for wave in one.waves
    ]
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


def faults(
    asked: Asked, scripts: dict[str, ApprovedScript], policy: CampaignPolicy, today: date
) -> list[str]:
    """Everything that is wrong with it, as sentences; empty where it may be proposed."""
    found = _named(asked, policy)
    found += _dated(asked, policy, today)
    found += _sized(asked, policy)
    found += _waves(asked, scripts, policy)
    return found


def _named(asked: Asked, policy: CampaignPolicy) -> list[str]:
    found = []
    if not 2 <= len(asked.title.strip()) <= 60:
        found.append("名称应为 2 到 60 个字")
    if not 4 <= len(asked.goal.strip()) <= 400:
        found.append("目标应为 4 到 400 个字")
    if asked.kind not in policy.kinds:
        found.append("没有这种活动类型：" + "、".join(policy.kinds.values()))
    if asked.measure not in policy.measures:
        found.append("没有这种考核指标")
    if asked.target < 1:
        found.append("考核目标应大于 0")
    if not asked.departments or set(asked.departments) - set(policy.departments):
        found.append("参与部门至少一个，从列表里选")
    return found


def _dated(asked: Asked, policy: CampaignPolicy, today: date) -> list[str]:
    found = []
    if asked.starts_on < today:
        found.append("开始日不能早于今天")
    if not asked.starts_on <= asked.ends_on:
        found.append("结束日早于开始日")
    elif (asked.ends_on - asked.starts_on).days >= policy.time.longest_days:
        found.append(f"一个活动最长 {policy.time.longest_days} 天")
    latest = asked.ends_on + timedelta(days=policy.budget.review_days)
    if not asked.ends_on <= asked.review_on <= latest:
        found.append(f"复盘日应在结束日之后 {policy.budget.review_days} 天以内")
    return found


def _sized(asked: Asked, policy: CampaignPolicy) -> list[str]:
    found = []
    if not 0 <= asked.budget_fen <= policy.budget.most_fen:
        found.append(f"预算不超过 {policy.budget.most_fen / 100:,.0f} 元")
    if not 0 <= asked.overrun_percent <= policy.budget.overrun_percent:
        found.append(f"允许超支不超过 {policy.budget.overrun_percent}%")
    if not policy.hold_out.least <= asked.hold_out_percent <= policy.hold_out.most:
        found.append(f"对照组应在 {policy.hold_out.least}% 到 {policy.hold_out.most}% 之间")
    if not 1 <= asked.per_day <= policy.load.most:
        found.append(f"每位经理一天 1 到 {policy.load.most} 件")
    return found


def _waves(asked: Asked, scripts: dict[str, ApprovedScript], policy: CampaignPolicy) -> list[str]:
    found = []
    waves = asked.waves
    if not 1 <= len(waves) <= policy.waves.most:
        return [f"应有 1 到 {policy.waves.most} 波"]
    for number, wave in enumerate(waves, 1):
        script = scripts.get(wave.script)
        if wave.channel not in FORMS:
            found.append(f"第 {number} 波的渠道只能是待办或群发")
        elif script is None:
            found.append(f"第 {number} 波的话术“{wave.script[:40]}”没有通过审核，或已停用")
        elif script.form != FORMS[wave.channel]:
            found.append(f"第 {number} 波的话术不是给这种渠道写的")
        if wave.who not in tuple(Who):
            found.append(f"第 {number} 波没有写清给谁")
        if not asked.starts_on <= wave.on <= asked.ends_on:
            found.append(f"第 {number} 波的日期不在活动之内")
    if waves[0].who == Who.SILENT:
        found.append("第 1 波之前没有人有机会回应，只能给全部客户")
    if any(wave.who != Who.SILENT for wave in waves[1:]):
        found.append("第 2 波起只给还没有回应的客户")
    if len({wave.script for wave in waves}) < len(waves):
        found.append("两波不能用同一条话术")
    gap = timedelta(days=policy.waves.gap_days)
    if any(later.on - earlier.on < gap for earlier, later in _pairs(asked)):
        found.append(f"两波之间至少隔 {policy.waves.gap_days} 天")
    return found


def _pairs(asked: Asked) -> Sequence[tuple[Any, Any]]:
    return list(zip(asked.waves, asked.waves[1:], strict=False))
