"""What the pages of ownership share: the policy in force and words for states."""

from typing import Final

from fastapi import Request

from config import policy_catalogue
from config.ownership_policy import OwnershipPolicy

PLAN_STATES: Final = {
    "pending": ("等待批准", "warn"),
    "applied": ("已生效", "ok"),
    "refused": ("已驳回", "danger"),
    "withdrawn": ("已撤回", ""),
}
LINE_STATES: Final = {
    "proposed": ("拟分配", "info"),
    "unplaced": ("没有分出去", "warn"),
    "applied": ("已生效", "ok"),
    "stale": ("未生效", "danger"),
}
STEPS: Final = {
    "proposed": ("等待审批", "warn"),
    "approved": ("等待介绍", "info"),
    "introduced": ("等待联系", "info"),
    "contacted": ("等待确认", "warn"),
    "confirmed": ("已归档", "ok"),
    "refused": ("已驳回", "danger"),
}
RELATIONS: Final = {"owner": "管户人", "persona": "客群经理", "corporate": "对公经理"}


def policy_of(request: Request) -> OwnershipPolicy:
    """The ownership policy that holds now."""
    found: OwnershipPolicy = request.app.state.parts.shelf.of(policy_catalogue.OWNERSHIP)
    return found
