"""What the kinds and states of handovers and their lines are called, and in which colour."""

from typing import Final

RUN_KINDS: Final = {"on_job": "在职继承", "resigned": "离职继承"}
RUN_STATES: Final = {
    "draft": ("等指定接手人", "warn"),
    "planned": ("等批准", "warn"),
    "running": ("在办", "info"),
    "finished": ("办完", "ok"),
    "cancelled": ("撤销", ""),
}
ORIGINS: Final = {"person": "人工发起", "event": "企业微信删除成员", "sync": "对账发现"}
LINE_KINDS: Final = {"customer": "业绩归属", "contact": "好友", "group": "客户群"}
LINE_STATES: Final = {
    "planned": ("待提交", "warn"),
    "asked": ("已提交", "info"),
    "unknown": ("结果不明", "warn"),
    "waiting": ("等客户", "info"),
    "taken": ("已接手", "ok"),
    "refused": ("客户拒绝", "danger"),
    "limit": ("到上限", "danger"),
    "gone": ("已不在", ""),
    "kept": ("没有办成", "danger"),
}
RELATIONS: Final = {"owner": "管户", "persona": "客群经理", "corporate": "对公"}
