"""Makes a plan: reads a list once, lets an allocator speak, stores a line for every move."""

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.ownership_policy import OwnershipPolicy
from crm_sync.facts import Placing, Seat, UnitFact
from crm_sync.repository import ownership, staff
from crm_sync.repository.ownership import Ids
from delivery.repository import touch_counts
from kit.db import insert_into
from kit.ids import new_id
from kit.ledger import Entry, append
from portfolio.allocation.facts import Familiar, Given, LineState, Method, PlanState
from portfolio.allocation.lists import Listed
from portfolio.allocation.rules import Task, allocate
from portfolio.errors.ownership import AllocationRefused, ListUnknown
from portfolio.models import AllocationClaim, AllocationLine, AllocationPlan, Recall

METHODS = {
    Method.FAMILIARITY: "熟悉度认领",
    Method.BALANCE: "均衡分配",
    Method.LEVEL: "层级对应",
    Method.PERSONA: "客群匹配",
    Method.DIRECT: "远程直营",
}
"""What a method is called."""


@dataclass(frozen=True)
class Proposal:
    """What somebody wants allocated: a list, a method, the unit it is about.

    ``kind`` is the relation that is given. ``reallocate``: those who have somebody are spread
    anew too. ``key`` makes a job's plan one; ``seats`` other people than the unit's own.
    """

    method: Method
    unit_id: str
    listed: Listed
    kind: str = "owner"
    reallocate: bool = False
    key: str = ""
    seats: Sequence[Seat] | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Made:
    """A plan that was made: its id and what was found; id 0 where there was nothing to do."""

    plan_id: int
    counts: Mapping[str, int]


async def propose(
    session: AsyncSession,
    wanted: Proposal,
    *,
    policy: OwnershipPolicy,
    by: str,
    at: datetime,
    may_be_empty: bool = False,
) -> Made:
    """Make the plan ``wanted`` and leave it pending; nothing changes hands.

    Raises AllocationRefused for a unit or relation that does not exist, ListUnknown where nobody
    is on the list. ``may_be_empty``: a list on which everybody stays leaves no plan behind.
    """
    units = await staff.units(session)
    root = next((one for one in units if one.unit_id == wanted.unit_id), None)
    if root is None:
        raise AllocationRefused(
            "没有这个机构", saw=wanted.unit_id[:32], where="机构导入文件", do="核对机构号"
        )
    if wanted.kind not in ("owner", "persona", "corporate"):
        raise AllocationRefused(
            "没有这种管户关系",
            saw=wanted.kind[:16],
            do="owner（管户人）、persona（客群经理）或 corporate（对公经理）",
        )
    below = [one for one in units if one.path.startswith(root.path)]
    placings = await ownership.placings(session, wanted.listed.ids, kind=wanted.kind)
    if not placings and not may_be_empty:
        raise ListUnknown("名单上没有人", saw=wanted.listed.words, do="换一份名单，或放宽条件")
    seats = wanted.seats
    if seats is None:
        seats = await ownership.seats(
            session, {one.unit_id for one in below}, _positions(policy), wanted.kind
        )
    task = Task(
        placings=placings,
        seats=seats,
        scopes=circles(below, root),
        policy=policy,
        names={one.unit_id: one.name for one in units},
        relation=wanted.kind,
        reallocate=wanted.reallocate,
        familiar=await _familiar(session, wanted, placings, policy, at)
        if wanted.method is Method.FAMILIARITY
        else {},
        bars=await _bars(session, wanted.listed.ids),
    )
    found = allocate(wanted.method, task)
    counts = _counts(found)
    if not counts["placed"] and not counts["unplaced"] and may_be_empty:
        return Made(0, counts)
    plan_id = new_id()
    await session.execute(
        insert_into(session, AllocationPlan).values(
            id=plan_id,
            key=wanted.key or f"plan:{plan_id}",
            method=wanted.method.value,
            kind=wanted.kind,
            listed=wanted.listed.words[:120],
            unit_id=wanted.unit_id,
            state=PlanState.PENDING.value,
            author=by,
            made_at=at,
            decided_by="",
            opinion="",
            counts={**counts, **wanted.more},
        )
    )
    await _put_lines(session, plan_id, placings, found)
    await append(
        session,
        [
            Entry(
                kind="ownership",
                act="allocation.proposed",
                actor=by,
                object=f"allocation:{plan_id}",
                unit=wanted.unit_id,
                reason=METHODS[wanted.method],
                payload={"list": wanted.listed.words, "kind": wanted.kind, **counts},
            )
        ],
        at=at,
    )
    return Made(plan_id, counts)


def _positions(policy: OwnershipPolicy) -> frozenset[str]:
    levels = {position for level in policy.levels.level for position in level.positions}
    return frozenset(policy.approval.receivers) | levels


def circles(below: Sequence[UnitFact], root: UnitFact) -> dict[str, tuple[AbstractSet[str], ...]]:
    """For each unit: itself, then what lies below each unit above it, up to the plan's own."""
    found: dict[str, tuple[AbstractSet[str], ...]] = {}
    trees = {
        one.unit_id: frozenset(each.unit_id for each in below if each.path.startswith(one.path))
        for one in below
    }
    above = {one.unit_id: one for one in below}
    for one in below:
        circles: list[AbstractSet[str]] = [frozenset({one.unit_id})]
        here: UnitFact | None = one
        while here is not None:
            if trees[here.unit_id] != circles[-1]:
                circles.append(trees[here.unit_id])
            here = above.get(here.parent_id or "") if here.unit_id != root.unit_id else None
        found[one.unit_id] = tuple(circles)
    return found


def _counts(found: Sequence[Given]) -> dict[str, int]:
    kinds = Counter(
        "kept" if one.kept else "placed" if one.staff_id else "unplaced" for one in found
    )
    return {"listed": len(found), **{name: kinds[name] for name in ("placed", "kept", "unplaced")}}


async def _put_lines(
    session: AsyncSession, plan_id: int, placings: Sequence[Placing], found: Sequence[Given]
) -> None:
    who = {one.customer_id: one for one in placings}
    rows = [
        {
            "plan_id": plan_id,
            "customer_id": one.customer_id,
            "unit_id": who[one.customer_id].unit_id,
            "aum_fen": who[one.customer_id].aum_fen,
            "from_staff": who[one.customer_id].holder,
            "to_staff": one.staff_id,
            "reason": one.reason[:200],
            "state": (LineState.PROPOSED if one.staff_id else LineState.UNPLACED).value,
        }
        for one in found
        if not one.kept
    ]
    if rows:
        await session.execute(insert_into(session, AllocationLine), rows)


async def _bars(session: AsyncSession, ids: Ids) -> dict[int, set[str]]:
    """From whom the customers of a list were recalled: they are not given back to them."""
    query = select(col(Recall.customer_id), col(Recall.staff_id)).where(
        col(Recall.state) == "open", col(Recall.customer_id).in_(ids)
    )
    found: dict[int, set[str]] = {}
    for customer_id, staff_id in await session.execute(query):
        found.setdefault(customer_id, set()).add(staff_id)
    return found


async def _familiar(
    session: AsyncSession,
    wanted: Proposal,
    placings: Sequence[Placing],
    policy: OwnershipPolicy,
    at: datetime,
) -> dict[int, dict[str, Familiar]]:
    """How well anybody knows each customer of the list: four statements, however long it is."""
    points = policy.familiarity
    ids = wanted.listed.ids
    claimed = select(col(AllocationClaim.customer_id), col(AllocationClaim.staff_id)).where(
        col(AllocationClaim.customer_id).in_(ids)
    )
    sums: dict[int, dict[str, list[tuple[int, str]]]] = {}

    def count(customer_id: int, staff_id: str, worth: int, why: str) -> None:
        if worth:
            people = sums.setdefault(customer_id, {})
            people.setdefault(staff_id, []).append((worth, why))

    for customer_id, staff_id in await session.execute(claimed):
        count(customer_id, staff_id, points.claim, "本人认领")
    for one in placings:
        if one.holder is not None:
            count(one.customer_id, one.holder, points.past_owner, "现在管户")
    holders = {one.customer_id: one.holder for one in placings}
    for customer_id, people in (await ownership.past_owners(session, ids)).items():
        for staff_id in people - {holders.get(customer_id) or ""}:
            count(customer_id, staff_id, points.past_owner, "曾经管户")
    for customer_id, people in (await ownership.friends(session, ids)).items():
        for staff_id in people:
            count(customer_id, staff_id, points.friend, "企业微信好友")
    since = at - timedelta(days=points.touch_days)
    for customer_id, staff_id, number in await touch_counts.by_staff(session, ids, since):
        worth = points.per_touch * min(number, points.touches_most)
        count(customer_id, staff_id, worth, f"近 {points.touch_days} 天联系 {number} 次")
    return {
        customer_id: {
            staff_id: Familiar(sum(each for each, _ in why), tuple(text for _, text in why))
            for staff_id, why in people.items()
        }
        for customer_id, people in sums.items()
    }
