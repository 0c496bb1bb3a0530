"""Month end: a draft plan for every branch, waiting for its head (层级对应, and those recalled)."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from config.ownership_policy import OwnershipPolicy
from config.tier_policy import TierPolicy
from crm_sync.facts import UnitFact
from crm_sync.repository import staff
from kit.clock import bank_date
from kit.db import Database
from portfolio.allocation import lists, repository
from portfolio.allocation.facts import Method
from portfolio.allocation.planning import Proposal, propose

AUTHOR = "system:allocation"


@dataclass(slots=True)
class Drafted:
    """How many plans a month end made, how many stood already, and what they hold."""

    branches: int = 0
    made: int = 0
    already: int = 0
    placed: int = 0
    unplaced: int = 0

    def as_counts(self) -> dict[str, int]:
        """For the record of the job."""
        return asdict(self)


async def draft_month_end(
    database: Database, policy: OwnershipPolicy, tiers: TierPolicy, at: datetime
) -> Drafted:
    """Draft the month's plans of every branch, one transaction each; a second run makes none.

    A branch is a unit right below the head office. Nothing changes hands: the plans are pending.
    """
    async with database.reading() as session:
        units = await staff.units(session)
    roots = {one.unit_id for one in units if one.parent_id is None}
    report = Drafted()
    for branch in (one for one in units if one.parent_id in roots):
        report.branches += 1
        below = [one.unit_id for one in units if one.path.startswith(branch.path)]
        for name, method in (("recalled", Method.BALANCE), ("everybody", Method.LEVEL)):
            async with database.transaction() as session:
                await _draft(session, branch, below, name, method, policy, tiers, at, report)
    return report


async def _draft(
    session: AsyncSession,
    branch: UnitFact,
    below: list[str],
    name: str,
    method: Method,
    policy: OwnershipPolicy,
    tiers: TierPolicy,
    at: datetime,
    report: Drafted,
) -> None:
    key = f"month:{bank_date(at):%Y-%m}:{name}:{branch.unit_id}"
    if await repository.plan_of_key(session, key) is not None:
        report.already += 1
        return
    listed = lists.named(session, name, below, policy, tiers)
    if name != "recalled":
        listed = lists.but_for_recalled(listed)
    wanted = Proposal(method, branch.unit_id, listed, key=key)
    made = await propose(session, wanted, policy=policy, by=AUTHOR, at=at, may_be_empty=True)
    if made.plan_id:
        report.made += 1
        report.placed += made.counts["placed"]
        report.unplaced += made.counts["unplaced"]
