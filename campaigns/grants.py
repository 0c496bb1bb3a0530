"""Giving a benefit to customers: once each, to the entitled, within budget and yearly caps."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from campaigns.benefits import in_force, locked
from campaigns.facts import GrantReport
from campaigns.models import Benefit, BenefitGrant, BenefitYear
from config.benefit_policy import BenefitPolicy
from crm_sync.repository.keys import among
from crm_sync.repository.people import tiers_of_customers
from kit.clock import bank_date
from kit.db import is_postgresql
from kit.ledger import Entry, append

CHUNK = 500
TOLD = 5_000
"""How many customers one entry of the ledger names."""
UNKNOWN, TIER, HAD, BUDGET, YEAR = "unknown", "tier", "had", "budget", "year"
WHY = {
    UNKNOWN: "没有这位客户，或不在您的机构范围内",
    TIER: "客户的层级不在这项权益之内",
    HAD: "已经发过",
    BUDGET: "预算用完",
    YEAR: "到了全年上限",
}
"""Why a customer did not get it, in words."""


async def grant(
    session: AsyncSession,
    benefit_id: int,
    customer_ids: Iterable[int],
    policy: BenefitPolicy,
    *,
    by: str,
    at: datetime,
    reason: str = "",
    occasion: str = "",
    units: Collection[str] | None = None,
) -> GrantReport:
    """Give a benefit to customers; ``units``: only to customers of these. Set-based.

    The benefit's row is held, so its budget is counted by one at a time; the yearly sums are
    raised by statements that refuse to pass the cap. Raises BenefitUnknown, NotApproved.
    """
    row = await locked(session, benefit_id)
    in_force(row, at)
    ids = sorted(set(customer_ids))
    people = await tiers_of_customers(session, ids)
    had = await _had(session, benefit_id, ids, occasion)
    refused: dict[int, str] = {}
    wanted: list[int] = []
    room = (row.budget_fen - row.granted_fen) // row.value_fen if row.value_fen else len(ids)
    for one in ids:
        why = _why_not(people.get(one), one in had, row, units)
        if not why and len(wanted) >= room:
            why = BUDGET
        if why:
            refused[one] = why
        else:
            wanted.append(one)
    year = bank_date(at).year
    passed = await _raised(
        session, wanted, year, row.value_fen, policy, referrals=int(bool(occasion))
    )
    refused |= {one: YEAR for one in wanted if one not in passed}
    got = [one for one in wanted if one in passed]
    await _write(session, row, got, people, occasion=occasion, reason=reason, by=by, at=at)
    return GrantReport(tuple(got), refused)


def _why_not(
    person: tuple[str, str] | None, had: bool, row: Benefit, units: Collection[str] | None
) -> str:
    if person is None or (units is not None and person[0] not in units):
        return UNKNOWN
    if row.tiers and person[1] not in row.tiers:
        return TIER
    return HAD if had else ""


async def _had(
    session: AsyncSession, benefit_id: int, ids: Collection[int], occasion: str
) -> set[int]:
    query = select(col(BenefitGrant.customer_id)).where(
        col(BenefitGrant.benefit_id) == benefit_id,
        col(BenefitGrant.occasion) == occasion,
        among(session, col(BenefitGrant.customer_id), ids),
    )
    return set((await session.execute(query)).scalars())


async def _raised(
    session: AsyncSession,
    ids: list[int],
    year: int,
    value_fen: int,
    policy: BenefitPolicy,
    *,
    referrals: int,
) -> set[int]:
    """Raise the yearly sums of those who stay within the caps; returns who they are."""
    caps = policy.caps
    if value_fen > caps.per_customer_year_fen or referrals > caps.referrals_per_year:
        return set()
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    passed: set[int] = set()
    for start in range(0, len(ids), CHUNK):
        made = insert(BenefitYear).values(
            [
                {"customer_id": one, "year": year, "spent_fen": value_fen, "referrals": referrals}
                for one in ids[start : start + CHUNK]
            ]
        )
        spent = col(BenefitYear.spent_fen) + value_fen
        told = col(BenefitYear.referrals) + referrals
        query = made.on_conflict_do_update(
            index_elements=["customer_id", "year"],
            set_={"spent_fen": spent, "referrals": told},
            where=(spent <= caps.per_customer_year_fen)
            & ((told <= caps.referrals_per_year) if referrals else True),
        ).returning(col(BenefitYear.customer_id))
        passed |= set((await session.execute(query)).scalars())
    return passed


async def _write(
    session: AsyncSession,
    row: Benefit,
    got: list[int],
    people: Mapping[int, tuple[str, str]],
    *,
    occasion: str,
    reason: str,
    by: str,
    at: datetime,
) -> None:
    if not got:
        return
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    rows = [
        {
            "benefit_id": row.id,
            "customer_id": one,
            "unit_id": people[one][0],
            "occasion": occasion,
            "points": row.points,
            "value_fen": row.value_fen,
            "until": row.valid_until,
            "state": "granted",
            "reason": reason.strip()[:200],
            "granted_by": by,
            "granted_at": at,
        }
        for one in got
    ]
    await session.execute(insert(BenefitGrant), rows)
    row.granted_fen += row.value_fen * len(got)
    await session.flush()
    by_unit: dict[str, list[int]] = {}
    for one in got:
        by_unit.setdefault(people[one][0], []).append(one)
    await append(
        session,
        [
            Entry(
                kind="customer", act="benefit.granted", actor=by, object=f"benefit:{row.id}",
                unit=unit, reason=reason or row.title,
                payload={"customers": some, "count": len(some), "points": row.points},
            )
            for unit, members in sorted(by_unit.items())
            for some in (members[first : first + TOLD] for first in range(0, len(members), TOLD))
        ],
        at=at,
    )  # fmt: skip


async def withdraw_expired(session: AsyncSession, today: date, at: datetime) -> int:
    """Take back what ran out before ``today``, in one statement; returns how many."""
    query = (
        update(BenefitGrant)
        .where(col(BenefitGrant.state) == "granted", col(BenefitGrant.until) < today)
        .values(state="withdrawn", withdrawn_at=at)
        .returning(col(BenefitGrant.id))
    )
    ended = len(list((await session.execute(query)).scalars()))
    if ended:
        entry = Entry(
            kind="content", act="benefit.expired", actor="system:benefits", object="list:benefits",
            payload={"count": ended},
        )  # fmt: skip
        await append(session, [entry], at=at)
    return ended
