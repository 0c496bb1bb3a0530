"""Lists and counts of benefits, grants, places and referrals, for pages; newest first."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, String, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from campaigns.benefits import fact_of
from campaigns.facts import BenefitFact, GrantFact, PlaceFact, ReferralFact
from campaigns.models import Attendance, Benefit, BenefitGrant, Referral

Units = Collection[str] | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which benefits; empty means all. ``tier``: those a customer of that tier may have."""

    kinds: tuple[str, ...] = ()
    state: str = ""
    form: str = ""
    tier: str = ""


async def benefits(
    session: AsyncSession, wanted: Wanted, *, limit: int = 50, before: int = 0
) -> list[BenefitFact]:
    """One page of benefits, newest first; ``before``: the last id seen."""
    query = select(Benefit).where(*_conditions(wanted))
    if before:
        query = query.where(col(Benefit.id) < before)
    rows = await session.execute(query.order_by(col(Benefit.id).desc()).limit(limit))
    return [fact_of(row) for row in rows.scalars()]


async def count(session: AsyncSession, wanted: Wanted) -> int:
    """How many benefits."""
    query = select(func.count()).select_from(Benefit).where(*_conditions(wanted))
    return int((await session.execute(query)).scalar_one())


async def benefit(session: AsyncSession, benefit_id: int) -> BenefitFact | None:
    """One benefit."""
    row = await session.get(Benefit, benefit_id)
    return fact_of(row) if row else None


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.kinds:
        found.append(col(Benefit.kind).in_(wanted.kinds))
    if wanted.state:
        found.append(col(Benefit.state) == wanted.state)
    if wanted.form:
        found.append(col(Benefit.form) == wanted.form)
    if wanted.tier:
        tiers = cast(col(Benefit.tiers), String)
        found.append(or_(tiers == "[]", tiers.contains(f'"{wanted.tier}"', autoescape=True)))
    return found


async def grants_count(
    session: AsyncSession, benefit_ids: Collection[int], units: Units
) -> dict[int, int]:
    """How many grants of each benefit, to customers of ``units``."""
    query = (
        select(col(BenefitGrant.benefit_id), func.count())
        .where(col(BenefitGrant.benefit_id).in_(list(benefit_ids)), *_in(BenefitGrant, units))
        .group_by(col(BenefitGrant.benefit_id))
    )
    given: dict[int, int] = {}
    for number, found in await session.execute(query):
        given[number] = found
    return given


async def grants(
    session: AsyncSession, benefit_id: int, units: Units, *, limit: int = 50, before: int = 0
) -> list[GrantFact]:
    """One page of grants of a benefit, newest first."""
    query = select(BenefitGrant).where(
        col(BenefitGrant.benefit_id) == benefit_id, *_in(BenefitGrant, units)
    )
    if before:
        query = query.where(col(BenefitGrant.id) < before)
    rows = await session.execute(query.order_by(col(BenefitGrant.id).desc()).limit(limit))
    return [
        GrantFact(
            row.id or 0, row.benefit_id, row.customer_id, row.unit_id, row.points, row.value_fen,
            row.until, row.state, row.occasion, row.granted_by, row.granted_at,
        )
        for row in rows.scalars()
    ]  # fmt: skip


async def places_count(
    session: AsyncSession, benefit_ids: Collection[int], units: Units
) -> dict[tuple[int, str], int]:
    """How many places of each event by state, of customers of ``units``."""
    query = (
        select(col(Attendance.benefit_id), col(Attendance.state), func.count())
        .where(col(Attendance.benefit_id).in_(list(benefit_ids)), *_in(Attendance, units))
        .group_by(col(Attendance.benefit_id), col(Attendance.state))
    )
    return {(number, state): found for number, state, found in await session.execute(query)}


async def places(
    session: AsyncSession,
    benefit_id: int,
    units: Units,
    *,
    state: str = "",
    limit: int = 50,
    before: int = 0,
) -> list[PlaceFact]:
    """One page of places at an event, newest first."""
    query = select(Attendance).where(
        col(Attendance.benefit_id) == benefit_id, *_in(Attendance, units)
    )
    if state:
        query = query.where(col(Attendance.state) == state)
    if before:
        query = query.where(col(Attendance.id) < before)
    rows = await session.execute(query.order_by(col(Attendance.id).desc()).limit(limit))
    return [
        PlaceFact(
            row.id or 0, row.benefit_id, row.customer_id, row.unit_id, row.state,
            row.registered_by, row.registered_at, row.settled_at,
        )
        for row in rows.scalars()
    ]  # fmt: skip


async def referrals(
    session: AsyncSession,
    units: Units,
    *,
    state: str = "",
    person: int = 0,
    limit: int = 50,
    before: int = 0,
) -> list[ReferralFact]:
    """One page of referrals, newest first; ``person``: those one customer made or came by."""
    query = select(Referral).where(*_referred(units, state, person))
    if before:
        query = query.where(col(Referral.id) < before)
    rows = await session.execute(query.order_by(col(Referral.id).desc()).limit(limit))
    return [_referral(row) for row in rows.scalars()]


async def referrals_count(
    session: AsyncSession, units: Units, *, state: str = "", person: int = 0
) -> int:
    """How many referrals."""
    query = select(func.count()).select_from(Referral).where(*_referred(units, state, person))
    return int((await session.execute(query)).scalar_one())


async def referral(session: AsyncSession, referral_id: int, units: Units) -> ReferralFact | None:
    """One referral, if its referrer's unit is one of ``units``."""
    query = select(Referral).where(col(Referral.id) == referral_id, *_in(Referral, units))
    row = (await session.execute(query)).scalar_one_or_none()
    return _referral(row) if row else None


def _referred(units: Units, state: str, person: int) -> list[ColumnElement[bool]]:
    found = _in(Referral, units)
    if state:
        found.append(col(Referral.state) == state)
    if person:
        found.append(
            or_(
                col(Referral.referrer_customer_id) == person,
                col(Referral.referred_customer_id) == person,
            )
        )
    return found


def _referral(row: Referral) -> ReferralFact:
    return ReferralFact(
        row.id or 0, row.referrer_customer_id, row.referred_customer_id, row.unit_id, row.state,
        row.benefit_id, row.recorded_by, row.recorded_at, row.credited_by, row.credited_at,
    )  # fmt: skip


def _in(
    table: type[BenefitGrant] | type[Attendance] | type[Referral], units: Units
) -> list[ColumnElement[bool]]:
    return [] if units is None else [col(table.unit_id).in_(sorted(units))]
