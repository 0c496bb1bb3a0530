"""The demo's ownership: plans that wait, transfer forms at every step, a recall, a grid, a team."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from config import policy_catalogue
from crm_sync.access import viewer
from crm_sync.facts import Viewer
from crm_sync.repository import ownership
from portfolio.allocation.jobs import draft_month_end
from portfolio.grids import service as grids
from portfolio.grids.service import Area
from portfolio.recall import service as recalls
from portfolio.transfers import batch, repository, steps
from wiring.parts import Parts

HEAD, BRANCH = "003101", "01"
RECALLED_FROM = "003130"
AREAS = (("湖滨小区", "003128"), ("翠湖路商铺", "003129"), ("大学家属院", "003131"))
TEAM = (
    ("003127", "驻点经理", "客群"),
    ("003128", "行动外拓", "客群"),
    ("003129", "线上服务", "产品"),
    ("003130", "驻点经理", "策划"),
)
HOUR = timedelta(hours=1)


async def ownership_day(parts: Parts, at: datetime, tell: Callable[[str, int], None]) -> None:
    """What the month brings: 孙涛's branch is a few steps ahead of the others."""
    policy = parts.shelf.of(policy_catalogue.OWNERSHIP)
    async with parts.databases.bank.transaction() as session:
        head = await viewer(session, HEAD, at, policy.relations)
        made = await batch.propose_batch(session, policy=policy, at=at - 60 * HOUR)
        tell("提升移交审批表", made.made)
        await _forms(session, parts, head, at)
        ids = ownership.owned_by(session, [RECALLED_FROM])
        kept = await ownership.placings(session, ids)
        few = ownership.of_ids(session, [one.customer_id for one in kept[:4]])
        if kept:
            await recalls.recall(
                session, few, staff_id=RECALLED_FROM, reason=policy.recall.reasons[0],
                note="本季度没有联系过", viewer=head, policy=policy, at=at - 2 * HOUR,
            )  # fmt: skip
        await grids.make_grid(
            session, BRANCH, "翠湖东片", [Area(name, who) for name, who in AREAS],
            viewer=head, policy=policy, at=at - 3 * HOUR,
        )  # fmt: skip
        for who, form, group in TEAM:
            await grids.set_role(
                session, who, form=form, group=group, viewer=head, policy=policy, at=at - 3 * HOUR
            )
    drafted = await draft_month_end(parts.databases.bank, policy, parts.tiers, at - HOUR)
    tell("等着批准的分配方案", drafted.made)


async def _forms(session: AsyncSession, parts: Parts, head: Viewer, at: datetime) -> None:
    """One form late, one confirmed, one handed over, one approved; the others wait."""
    policy, desk = parts.shelf.of(policy_catalogue.OWNERSHIP), parts.desk
    waiting = await repository.forms(session, [BRANCH], state="proposed", limit=4)
    approved_at = at - 58 * HOUR
    for place, form in enumerate(waiting):
        here = at - HOUR if place == 3 else approved_at
        await steps.approve(
            session, [form.id], viewer=head, policy=policy, desk=desk, opinion="同意移交", at=here
        )
        if place == 3 or form.from_staff is None:
            continue
        introduced_at = at - (54 * HOUR if place == 0 else 6 * HOUR)
        await steps.introduce(
            session, [form.id], how="电话介绍", by=f"staff:{HEAD}", policy=policy, desk=desk,
            at=introduced_at,
        )  # fmt: skip
        if place == 1:
            await steps.contact(
                session, [form.id], how="到店见面", by=f"staff:{HEAD}", at=at - 4 * HOUR
            )
            await steps.confirm(session, form.id, viewer=head, policy=policy, at=at - 3 * HOUR)
