"""The month's batch: who has outgrown their manager's level, and who is to take them."""

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.ownership_policy import Level, Levels, OwnershipPolicy
from crm_sync.facts import Placing
from crm_sync.repository import ownership, staff
from kit.clock import bank_date
from kit.db import insert_new
from kit.ids import new_id
from kit.ledger import Entry, append
from portfolio.allocation.facts import Given, Method
from portfolio.allocation.planning import circles
from portfolio.allocation.rules import Task, allocate
from portfolio.models import TransferForm
from portfolio.transfers.facts import Step
from portfolio.transfers.repository import being_transferred

AUTHOR = "system:transfers"
WAN = 1_000_000


@dataclass(frozen=True, slots=True)
class Batch:
    """How many forms a batch made, and customers for whom nobody of the level was found."""

    month: date
    made: int
    unplaced: int


async def propose_batch(
    session: AsyncSession,
    *,
    policy: OwnershipPolicy,
    at: datetime,
    by: str = AUTHOR,
    units: Collection[str] | None = None,
) -> Batch:
    """Make a form for every customer above the bound whose owner is not of the level.

    The daily average must be above the bound, not at it. A customer who has an open form, or one
    of this month, gets no second one, so a second run makes none.
    """
    month = bank_date(at).replace(day=1)
    level = policy.levels.named(policy.transfer.level)
    assert level is not None  # noqa: S101 — the policy has seen to it
    this_month = select(col(TransferForm.customer_id)).where(col(TransferForm.month) == month)
    ids = ownership.above_average(session, units, policy.transfer.above_fen, level.positions).where(
        ownership.customer_id().not_in(being_transferred()),
        ownership.customer_id().not_in(this_month),
    )
    placings = await ownership.placings(session, ids)
    given = await _receivers(session, placings, level, policy)
    taken = [(one, to) for one in placings if (to := given[one.customer_id]).staff_id]
    positions = await ownership.positions_of(
        session, {one.holder for one, _ in taken if one.holder is not None}
    )
    rows = [
        {
            "id": new_id(),
            "month": month,
            "customer_id": one.customer_id,
            "unit_id": one.unit_id,
            "average_fen": one.average_fen or 0,
            "from_staff": one.holder,
            "to_staff": to.staff_id,
            "why": _why(one, positions.get(one.holder or "", ""), policy, to.reason),
            "state": Step.PROPOSED.value,
            "author": by,
            "made_at": at,
            "decided_by": "",
            "opinion": "",
            "introduced_how": "",
            "contacted_how": "",
            "confirmed_by": "",
            "sealed": "",
        }
        for one, to in taken
    ]
    await insert_new(session, TransferForm, rows, key=["month", "customer_id"])
    await _record(session, [one for one, _ in taken], month, by, at)
    return Batch(month, len(rows), len(placings) - len(rows))


async def _receivers(
    session: AsyncSession, placings: list[Placing], level: Level, policy: OwnershipPolicy
) -> dict[int, Given]:
    units = await staff.units(session)
    roots = {one.unit_id for one in units if one.parent_id is None}
    scopes: dict[str, tuple[AbstractSet[str], ...]] = {}
    for branch in (one for one in units if one.parent_id in roots or one.unit_id in roots):
        below = [one for one in units if one.path.startswith(branch.path)]
        if branch.unit_id in roots:
            below = [branch]  # customers whom the head office manages itself
        scopes |= circles(below, branch)
    anybody = level.model_copy(update={"from_yuan": 0, "below_yuan": None})
    task = Task(
        placings=placings,
        seats=await ownership.seats(session, None, level.positions),
        scopes=scopes,
        policy=policy.model_copy(update={"levels": Levels(measure="average", level=(anybody,))}),
        names={one.unit_id: one.name for one in units},
    )
    return {one.customer_id: one for one in allocate(Method.LEVEL, task)}


def _why(one: Placing, position: str, policy: OwnershipPolicy, reason: str) -> str:
    average = f"{(one.average_fen or 0) / WAN:.1f}"
    bound = f"{policy.transfer.above_yuan / 10_000:g}"
    holder = f"管户人岗位是{position or '未登记'}" if one.holder else "没有管户人"
    to = reason.partition("；")[2] or reason
    return f"日均 {average} 万元，大于 {bound} 万元，{holder}；{to}"[:200]


async def _record(
    session: AsyncSession, taken: list[Placing], month: date, by: str, at: datetime
) -> None:
    by_unit: dict[str, int] = {}
    for one in taken:
        by_unit[one.unit_id] = by_unit.get(one.unit_id, 0) + 1
    await append(
        session,
        [
            Entry(
                kind="ownership",
                act="transfer.proposed",
                actor=by,
                object=f"unit:{unit}",
                unit=unit,
                reason=f"{month:%Y-%m}",
                payload={"forms": number},
            )
            for unit, number in sorted(by_unit.items())
        ],
        at=at,
    )


async def proposed_ids(
    session: AsyncSession, units: Collection[str] | None, month: date
) -> list[int]:
    """The forms of a month that still wait for approval in these units."""
    query = select(col(TransferForm.id)).where(
        col(TransferForm.month) == month, col(TransferForm.state) == Step.PROPOSED.value
    )
    if units is not None:
        query = query.where(col(TransferForm.unit_id).in_(sorted(units)))
    return list((await session.execute(query.order_by(col(TransferForm.id)))).scalars())
