"""Who may decide on a plan or a form: a role over the unit, and never whoever made it."""

from sqlalchemy.ext.asyncio import AsyncSession

from config.ownership_policy import OwnershipPolicy
from crm_sync.facts import Viewer
from crm_sync.repository.staff import units_by_id
from portfolio.errors.ownership import NotApprover, OpinionMissing, OwnProposal

LEAST_OPINION = 2


async def may_decide(
    session: AsyncSession, viewer: Viewer, unit_id: str, policy: OwnershipPolicy
) -> bool:
    """Whether this person holds a deciding role over the unit."""
    unit = (await units_by_id(session, [unit_id])).get(unit_id)
    return unit is not None and any(
        scope.role in policy.approval.roles and unit.path.startswith(scope.path)
        for scope in viewer.scopes
    )


async def demand_approver(
    session: AsyncSession, viewer: Viewer, unit_id: str, author: str, policy: OwnershipPolicy
) -> None:
    """Raises NotApprover without a deciding role over the unit, OwnProposal for the author."""
    if not await may_decide(session, viewer, unit_id, policy):
        raise NotApprover(
            "这件事要由本机构的负责人（行长、营业经理）决定",
            saw="你在这个机构没有审批角色",
            where="策略“管户与分配”的 approval.roles；角色与机构",
            do="请机构负责人审批",
        )
    if author == f"staff:{viewer.staff_id}":
        raise OwnProposal("编制的人不能自己批准", do="请另一位有审批角色的同事审批")


def opinion_of(text: str) -> str:
    """An opinion in one line. Raises OpinionMissing where there is none."""
    said = " ".join(text.split())
    if len(said) < LEAST_OPINION:
        raise OpinionMissing("请写审批意见", do="例如：同意，名单已核对")
    return said[:300]
