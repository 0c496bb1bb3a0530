"""What states of moments, their customers and members are called; a row of the list."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from compliance.objections import BY_CODE
from console.sight import Sight
from delivery.moments.facts import MomentFact, Numbers
from delivery.moments.rules import text_of_reason
from kit.clock import bank_clock, bank_date

STATES: Final[Mapping[str, tuple[str, str]]] = {
    "proposed": ("待批准", "warn"),
    "approved": ("已批准", "info"),
    "listed": ("进行中", "info"),
    "over": ("已结束", "ok"),
    "refused": ("退回", ""),
    "stopped": ("已停止", ""),
    "failed": ("没有办成", "danger"),
}
READERS: Final[Mapping[str, tuple[str, str]]] = {
    "planned": ("在名单上", "info"),
    "shown": ("能看到", "ok"),
    "missed": ("没有发表", ""),
    "excluded": ("没有列入", "warn"),
    "withdrawn": ("调用前离开", ""),
    "late": ("调用后离开", "warn"),
    "extra": ("名单外看到", "danger"),
}
SENDERS: Final[Mapping[str, tuple[str, str]]] = {
    "waiting": ("等待发表", "warn"),
    "published": ("已发表", "ok"),
    "missed": ("到时没发表", "danger"),
    "stopped": ("已停止", ""),
    "refused": ("企业微信不接受", "danger"),
}
PARTS: Final[Mapping[str, tuple[str, str]]] = {
    "queued": ("等着调用", ""),
    "created": ("企业微信已接收", "info"),
    "unknown": ("结果不明，正在核对", "warn"),
    "failed": ("没有接收", "danger"),
    "cancelled": ("没有调用", ""),
    "ended": ("已结束", "ok"),
}
SHOWS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "all": (
        "全部",
        ("planned", "shown", "missed", "excluded", "withdrawn", "late"),
    ),
    "list": ("可见名单", ("planned", "shown", "missed")),
    "shown": ("能看到", ("shown",)),
    "excluded": ("没有列入", ("excluded",)),
    "left": ("中途离开", ("withdrawn", "late")),
    "extra": ("名单外看到", ("extra",)),
}
"""The lists behind the numbers: their names and the states they hold."""


def reasons_text(codes: str) -> str:
    """The reasons of one customer in words."""
    return "；".join(reason_text(code) for code in codes.split(",") if code)


def reason_text(code: str) -> str:
    """One reason in words."""
    return text_of_reason(code, {name: rule.saying for name, rule in BY_CODE.items()})


def hours(starts_at: datetime, ends_at: datetime) -> str:
    """``11-25 10:30–17:00``, by the bank's clock."""
    return f"{bank_date(starts_at):%m-%d} {bank_clock(starts_at):%H:%M}–{bank_clock(ends_at):%H:%M}"


def row(one: MomentFact, numbers: Numbers, sight: Sight, today: date) -> dict[str, Any]:
    """A moment as the list shows it; every number leads to its own list."""
    text, colour = STATES[one.state]
    href = f"/c/moments/{one.task_id}"
    return {
        "title": one.title,
        "href": href,
        "audience": one.audience_title or one.audience,
        "unit_name": sight.unit_name(one.unit_id),
        "hours": hours(one.starts_at, one.ends_at),
        "today": bank_date(one.starts_at) == today,
        "counted": one.listed_at is not None,
        "in_audience": numbers.audience,
        "on_list": numbers.on_list,
        "shown": numbers.readers.get("shown", 0),
        "members": sum(numbers.senders.values()),
        "published": numbers.senders.get("published", 0),
        "state_text": text,
        "state_kind": colour,
    }
