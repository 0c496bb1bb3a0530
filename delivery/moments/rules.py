"""What a moment must be, how its members are split into calls, what its approval covers. Pure."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Final

from compliance.calendar import BankCalendar
from compliance.facts import Purpose
from compliance.policy import GatePolicy
from compliance.windows import is_open
from config.moment_policy import MomentPolicy
from content_library.facts import ApprovedScript, Form
from content_library.timing import is_time_for, timing_text
from delivery.moments.facts import MomentFact, Proposal
from kit.clock import bank_clock, bank_date

BANK_FIELDS: Final = frozenset({"bank_name", "hotline"})
"""One text is published by many members to many customers: no field of any of them."""
IMAGES: Final = frozenset({"image", "poster"})
MOST_IMAGES: Final = 9
LAST: Final = timedelta(seconds=1)

OTHER_REASONS: Final[Mapping[str, str]] = {
    "not_theirs": "管户经理不在发表成员里",
    "unreachable": "和管户经理没有企业微信好友关系",
    "uncovered": "没有管户经理",
    "over_quota": "次数上限已满",
    "outranked": "当天已有更要紧的联系",
    "halted": "活动已停止",
    "no_words": "话术缺内容",
    "member_full": "这位成员当天的朋友圈条数已满",
    "too_many": "超过企业微信一次能给看的人数",
    "calls_full": "本月请求次数已满",
    "no_tag": "标签没有打上",
    "moved": "换了管户经理或好友关系",
    "said_no": "客户退订、投诉，或话术停用",
    "stopped": "这条朋友圈已停止，或没有办成",
    "call_failed": "企业微信没有接收",
}
"""Why a customer is not on the list, beside the gate's own codes."""


def faults(
    asked: Proposal,
    script: ApprovedScript | None,
    kinds: Sequence[str],
    *,
    at: datetime,
    policy: MomentPolicy,
    gate: GatePolicy,
    calendar: BankCalendar,
) -> Iterator[str]:
    """Everything that is wrong with a proposal. ``kinds``: of its materials."""
    if not asked.title.strip() or len(asked.title.strip()) > 60:
        yield "标题应为 1 到 60 个字"
    if asked.audience_kind not in ("persona", "segment") or not asked.audience.strip():
        yield "要选一个客群"
    if script is None:
        yield "没有这条已审核、在有效期内的话术"
    elif script.form != Form.MOMENT:
        yield "话术的形式不是朋友圈"
    elif strange := [one for one in script.fields if one not in BANK_FIELDS]:
        yield f"话术里有“{strange[0]}”，朋友圈人人看到的一样，只能写银行名和客服电话"
    yield from _material_faults(kinds)
    yield from _time_faults(asked, script, at=at, policy=policy, gate=gate, calendar=calendar)


def _material_faults(kinds: Sequence[str]) -> Iterator[str]:
    if not set(kinds) <= IMAGES and list(kinds) != ["video"]:
        yield "朋友圈只能配图片，或一个视频"
    elif len(kinds) > MOST_IMAGES:
        yield f"图片最多 {MOST_IMAGES} 张"


def _time_faults(
    asked: Proposal,
    script: ApprovedScript | None,
    *,
    at: datetime,
    policy: MomentPolicy,
    gate: GatePolicy,
    calendar: BankCalendar,
) -> Iterator[str]:
    if asked.ends_at <= asked.starts_at or bank_date(asked.ends_at) != bank_date(asked.starts_at):
        yield "开始和结束应在同一天，结束晚于开始"
        return
    if asked.starts_at < at + timedelta(minutes=policy.time.soonest_minutes):
        yield f"开始时间至少在 {policy.time.soonest_minutes} 分钟之后"
    if asked.starts_at > at + timedelta(days=policy.time.furthest_days):
        yield f"开始时间最晚在 {policy.time.furthest_days} 天之后"
    if script is not None and not hours_hold(
        asked.starts_at, asked.ends_at, Purpose(script.purpose), elder=False,
        gate=gate, calendar=calendar,
    ):  # fmt: skip
        yield "超出这种用途允许打扰客户的时段（节假日与时段页）"
    workday = calendar.day(bank_date(asked.starts_at)).working
    if script is not None and not is_time_for(script.timing, asked.starts_at, workday=workday):
        yield f"这条话术写明只在{timing_text(script.timing)}用"


def hours_hold(
    starts_at: datetime,
    ends_at: datetime,
    purpose: Purpose,
    *,
    elder: bool,
    gate: GatePolicy,
    calendar: BankCalendar,
) -> bool:
    """Whether a customer may be disturbed from the first to the last moment of it."""
    day = calendar.day(bank_date(starts_at))
    clocks: tuple[time, time] = (bank_clock(starts_at), bank_clock(ends_at - LAST))
    return all(is_open(day, one, purpose, elder=elder, policy=gate) for one in clocks)


def digest(one: MomentFact, script_hash: str) -> str:
    """SHA-256 over everything an approval covers: the words, for whom, by whom, when."""
    signed = {
        "title": one.title,
        "script": script_hash,
        "text": one.text,
        "materials": list(one.materials),
        "audience": [one.audience_kind, one.audience],
        "units": sorted(one.units),
        "staff": sorted(one.staff_ids),
        "from": one.starts_at.astimezone(UTC).isoformat(),
        "to": one.ends_at.astimezone(UTC).isoformat(),
    }
    text = json.dumps(signed, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def split(senders: Sequence[tuple[str, int]], *, customers: int, members: int) -> list[list[str]]:
    """Members into calls, in order: no call above WeCom's ceilings; every member in one call.

    A member whose own customers exceed the ceiling has a call of their own (the caller has cut
    their list to it).
    """
    calls: list[list[str]] = []
    held = customers + 1
    for userid, number in senders:
        if held + number > customers or len(calls[-1]) >= members:
            calls.append([])
            held = 0
        calls[-1].append(userid)
        held += number
    return calls


def text_of_reason(code: str, sayings: Mapping[str, str]) -> str:
    """A reason in words; ``sayings`` are the gate's by code."""
    return OTHER_REASONS.get(code) or sayings.get(code, code)
