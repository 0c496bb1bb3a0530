"""A branch's yearly hand-up as a plan: the consent of its head is the plan's approval."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from config.ownership_policy import OwnershipPolicy, Span
from crm_sync.repository import ownership, staff
from kit.clock import bank_date
from portfolio.allocation.facts import Method
from portfolio.allocation.lists import Listed
from portfolio.allocation.planning import Made, Proposal, propose
from portfolio.allocation.repository import plan_of_key
from portfolio.errors.ownership import AllocationRefused


async def hand_up(
    session: AsyncSession,
    unit_id: str,
    *,
    policy: OwnershipPolicy,
    by: str,
    at: datetime,
    band: str = "",
) -> Made:
    """Draft this year's list of a branch for the direct team; it waits for the head's consent.

    The list holds the branch's customers in the band (policy's, or another of its bands by
    name); the receivers are the team, wherever it sits. One list a branch and year: a refused
    one may be drawn up again. Raises AllocationRefused.
    """
    span = _span(policy, band)
    units = await staff.units(session)
    root = next((one for one in units if one.unit_id == unit_id), None)
    if root is None:
        raise AllocationRefused("没有这个机构", saw=unit_id[:32], do="核对机构号")
    year = bank_date(at).year
    key = f"direct:{year}:{unit_id}"
    known = await plan_of_key(session, key)
    if known is not None and known.state in ("pending", "applied"):
        raise AllocationRefused(
            f"{root.name} {year} 年的直营名单已经有了", saw=str(known.id), do="打开那份名单"
        )
    team = await ownership.seats(session, None, policy.direct_team.positions)
    if not team:
        raise AllocationRefused(
            "远程直营团队还没有人",
            where="策略“管户与分配”的 direct_team.positions；员工导入文件的岗位",
            do="先在员工文件里登记直营团队的岗位",
        )
    below = [one.unit_id for one in units if one.path.startswith(root.path)]
    ids = ownership.between(session, below, from_fen=span.from_fen, below_fen=span.below_fen)
    listed = Listed(ids, f"{year} 年直营名单（{span.name}）")
    wanted = Proposal(
        Method.DIRECT,
        unit_id,
        listed,
        key=key if known is None else f"{key}:{at:%m%d%H%M%S}",
        seats=team,
        more={"year": year, "band": span.name},
    )
    return await propose(session, wanted, policy=policy, by=by, at=at)


def _span(policy: OwnershipPolicy, band: str) -> Span:
    if not band:
        return policy.direct_team.span
    found = next((one for one in policy.direct_team.bands if one.name == band), None)
    if found is None:
        names = "、".join(one.name for one in policy.direct_team.bands)
        raise AllocationRefused("没有这个直营资产段", saw=band[:32], do=names)
    return found
