"""What states, levels, arms and outcomes of campaigns are called."""

from collections.abc import Mapping
from typing import Final

from compliance.objections import BY_CODE
from delivery.moments.rules import text_of_reason

PATH: Final = "/c/campaigns"
CALENDAR: Final = "/c/campaigns/seasons"
STATES: Final[Mapping[str, tuple[str, str]]] = {
    "proposed": ("待批准", "warn"),
    "approved": ("已批准", "info"),
    "running": ("进行中", "info"),
    "over": ("已结束", "ok"),
    "refused": ("退回", ""),
    "stopped": ("已停止", "danger"),
}
CHANNELS: Final[Mapping[str, str]] = {"todo": "待办", "broadcast": "群发"}
WHO: Final[Mapping[str, str]] = {"everybody": "全部客户", "silent": "还没有回应的客户"}
ARMS: Final[Mapping[str, tuple[str, str]]] = {
    "treated": ("触达组", "info"),
    "held": ("对照组", ""),
}
OUTCOMES: Final[Mapping[str, tuple[str, str]]] = {
    "queued": ("已交给经理", "ok"),
    "blocked": ("闸门拦下", "warn"),
    "over_quota": ("次数用完", "warn"),
    "outranked": ("让位给更要紧的", "warn"),
    "halted": ("活动已停止", ""),
    "unreachable": ("联系不上", ""),
    "uncovered": ("没有管户经理", ""),
    "no_words": ("缺话术需要的内容", "danger"),
}


def reasons_text(codes: str) -> str:
    """The reasons of one customer in words."""
    sayings = {name: rule.saying for name, rule in BY_CODE.items()}
    return "；".join(text_of_reason(code, sayings) for code in codes.split(",") if code)
