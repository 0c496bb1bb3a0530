"""What a campaign would mean: its audience, the waves, the part of each manager; before anybody agrees."""

from datetime import datetime
from typing import Any

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.waves import selecting
from campaigns.waves.facts import Asked, CampaignFact, Known, WaveAsked, WaveFact
from campaigns.waves.selecting import Forecast
from console.campaigns.wording import CHANNELS
from console.naming import names_for
from console.sight import Sight
from insights.known_elsewhere import known_elsewhere

SHOWN = 20


def known(request: Request) -> Known:
    """What a segment is found by, as it holds now."""
    parts = request.app.state.parts
    return Known(parts.personas, parts.tiers, known_elsewhere())


async def load(
    request: Request, session: AsyncSession, sight: Sight, one: Asked | CampaignFact, at: datetime
) -> dict[str, Any]:
    """The audience counted as it is now, with the busiest managers. Raises SegmentUnknown."""
    found = await selecting.forecast(session, one.segment, one.units, known(request), at)
    shown = found.loads[:SHOWN]
    names = await names_for(session, staff=[each.staff_id for each in shown])
    out = one.hold_out_percent
    return {
        "numbers": [
            ("客户", f"{found.customers:,} 户", "num"),
            ("触达组", f"约 {found.treated(out):,} 户", "num"),
            ("对照组", f"约 {found.customers - found.treated(out):,} 户（{out}%）", "num"),
            ("企业微信好友", f"{found.friends:,} 户", "num"),
            ("没有管户经理", f"{found.uncovered:,} 户", "num"),
            ("客户经理", f"{found.managers:,} 位", "num"),
        ],
        "waves": _waves(one, found),
        "warnings": _warnings(one, found),
        "more": max(found.managers - len(shown), 0),
        "rows": [
            {
                "member": names.person(each.staff_id),
                "unit_name": sight.unit_name(each.unit_id),
                "customers": each.customers,
                "treated": found.treated(out, each.customers),
                "friends": each.friends,
                "waiting": each.waiting,
                "days": -(-found.treated(out, each.customers) // one.per_day),
            }
            for each in shown
        ],
    }


def _steps(one: Asked | CampaignFact) -> list[WaveAsked | WaveFact]:
    return [*one.waves]


def _waves(one: Asked | CampaignFact, found: Forecast) -> list[str]:
    said = []
    for number, wave in enumerate(_steps(one), 1):
        who = "全部触达组" if number == 1 else "还没有回应的"
        if wave.channel == "todo":
            days = found.days(one.hold_out_percent, one.per_day)
            what = f"每位经理一天最多 {one.per_day} 件，最忙的一位要 {days} 天" if number == 1 else (
                f"每位经理一天最多 {one.per_day} 件"
            )  # fmt: skip
        else:
            what = f"{found.managers:,} 位经理各点一次，只有好友收得到"
        said.append(
            f"第 {number} 波 {wave.on:%m-%d} {CHANNELS.get(wave.channel, '')}：{who}，{what}"
        )
    return said


def _warnings(one: Asked | CampaignFact, found: Forecast) -> list[str]:
    """What somebody should think twice about."""
    said = []
    if not found.customers:
        return ["客群里没有客户，活动开始了也没有人可联系。"]
    todo = next((wave for wave in _steps(one) if wave.channel == "todo"), None)
    days = found.days(one.hold_out_percent, one.per_day)
    if todo is not None and days > (one.ends_on - todo.on).days + 1:
        said.append(f"按每天 {one.per_day} 件，最忙的经理到结束日也联系不完。")
    later = [wave.on for wave in _steps(one) if todo is not None and wave.on > todo.on]
    if todo is not None and later and days > (min(later) - todo.on).days:
        said.append(
            "第 2 波开始时，最忙的经理第 1 波还没有做完；没有交到手的客户那天不算“没有回应”。"
        )
    if found.uncovered:
        said.append(f"{found.uncovered:,} 户没有管户经理，谁也不会联系他们。")
    if any(wave.channel == "broadcast" for wave in _steps(one)) and found.friends < found.customers:
        said.append(f"{found.customers - found.friends:,} 户还不是好友，群发收不到。")
    return said
