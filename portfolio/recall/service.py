"""Takes customers back from whoever keeps them badly; they stay covered until the next plan."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.ownership_policy import OwnershipPolicy
from crm_sync.facts import Viewer
from crm_sync.repository import ownership
from crm_sync.repository.ownership import Ids
from kit.db import insert_into
from kit.ids import new_id
from kit.ledger import Entry, append
from portfolio.approvers import demand_approver
from portfolio.errors.ownership import RecallRefused
from portfolio.models import Recall

NOTHING: Mapping[int, Mapping[str, Any]] = {}


@dataclass(frozen=True, slots=True)
class RecallFact:
    """One recall: from whom, why, and who has the customer now, once it is settled."""

    id: int
    customer_id: int
    staff_id: str
    unit_id: str
    reason: str
    note: str
    facts: Mapping[str, Any]
    state: str
    recalled_by: str
    recalled_at: datetime
    settled_at: datetime | None
    new_staff: str | None


async def recall(
    session: AsyncSession,
    within: Ids,
    *,
    staff_id: str,
    reason: str,
    note: str,
    viewer: Viewer,
    policy: OwnershipPolicy,
    at: datetime,
    facts: Mapping[int, Mapping[str, Any]] = NOTHING,
) -> int:
    """Recall from ``staff_id`` those customers of the list whom they own; returns how many.

    Nobody is left without an owner: whoever keeps them goes on until the next plan, which will
    not give them back. ``facts`` by customer id is what the recall rests on (missed contacts and
    the like). Raises RecallRefused, NotApprover.
    """
    if reason not in policy.recall.reasons:
        raise RecallRefused(
            "没有这种收回原因",
            saw=reason[:40],
            where="策略“管户与分配”的 recall.reasons",
            do="、".join(policy.recall.reasons),
        )
    waiting = select(col(Recall.customer_id)).where(col(Recall.state) == "open")
    owned = ownership.owned_by(session, [staff_id])
    ids = within.where(ownership.customer_id().in_(owned), ownership.customer_id().not_in(waiting))
    found = await ownership.placings(session, ids)
    if not found:
        raise RecallRefused(
            "没有可以收回的客户",
            saw=f"工号 {staff_id[:32]}",
            do="核对工号和客户号；已经收回、还没有分配的不会再收一次",
        )
    actor = f"staff:{viewer.staff_id}"
    units = sorted({one.unit_id for one in found})
    for unit in units:
        await demand_approver(session, viewer, unit, "", policy)
    rows = [
        {
            "id": new_id(),
            "customer_id": one.customer_id,
            "staff_id": staff_id,
            "unit_id": one.unit_id,
            "reason": reason,
            "note": " ".join(note.split())[:200],
            "facts": dict(facts.get(one.customer_id, {})),
            "state": "open",
            "recalled_by": actor,
            "recalled_at": at,
        }
        for one in found
    ]
    await session.execute(insert_into(session, Recall), rows)
    await append(
        session,
        [
            Entry(
                kind="ownership",
                act="recall.made",
                actor=actor,
                object=f"staff:{staff_id}",
                unit=unit,
                reason=reason,
                payload={
                    "customers": [one.customer_id for one in found if one.unit_id == unit][:500],
                    "number": sum(one.unit_id == unit for one in found),
                    "note": note[:200],
                },
            )
            for unit in units
        ],
        at=at,
    )
    return len(rows)


def _which(units: Collection[str] | None, state: str, staff_id: str) -> list[Any]:
    where: list[Any] = []
    if units is not None:
        where.append(col(Recall.unit_id).in_(sorted(units)))
    if state:
        where.append(col(Recall.state) == state)
    if staff_id:
        where.append(col(Recall.staff_id) == staff_id)
    return where


async def recalls(
    session: AsyncSession,
    units: Collection[str] | None,
    *,
    state: str = "",
    staff_id: str = "",
    limit: int = 50,
    before: int = 0,
) -> list[RecallFact]:
    """Recalls of the units (None: the bank), the newest first."""
    where = _which(units, state, staff_id)
    if before:
        where.append(col(Recall.id) < before)
    query = select(Recall).where(*where).order_by(col(Recall.id).desc()).limit(limit)
    return [
        RecallFact(
            row.id,
            row.customer_id,
            row.staff_id,
            row.unit_id,
            row.reason,
            row.note,
            dict(row.facts),
            row.state,
            row.recalled_by,
            row.recalled_at,
            row.settled_at,
            row.new_staff,
        )
        for row in (await session.execute(query)).scalars()
    ]


async def count(
    session: AsyncSession, units: Collection[str] | None, *, state: str = "", staff_id: str = ""
) -> int:
    """How many recalls match."""
    query = select(func.count()).select_from(Recall).where(*_which(units, state, staff_id))
    return int((await session.execute(query)).scalar_one())
