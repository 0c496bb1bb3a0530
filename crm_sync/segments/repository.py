"""Saved segments: kept, listed, counted, and why a customer is in one."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.conditions import All, Ask, Condition, Not
from crm_sync.errors import CustomerUnknown, SegmentUnknown
from crm_sync.models import Customer, Segment, SegmentUse, SegmentVersion
from crm_sync.rules.conditions import ADULT, Frame, Verdict, explain, parse
from crm_sync.segments.asking import NOTHING, Outside
from crm_sync.segments.compile import where
from crm_sync.segments.facts import SegmentFact, UseFact, VersionFact
from crm_sync.segments.values import values_of

_NO_MINORS = Not(Ask("age", "lt", ADULT))


def meant(condition: Condition) -> Condition:
    """What a segment selects: nobody known to be a minor is in any (personas.md 5)."""
    return All((condition, _NO_MINORS))


def members(
    session: AsyncSession, condition: Condition, frame: Frame, outside: Outside = NOTHING
) -> Select[Any]:
    """The ids of a segment's customers, for ``listing.Wanted.within`` and other conditions.

    The count, the list and the samples of a segment all rest on this one select.
    """
    return select(col(Customer.id)).where(
        where(session, meant(condition), frame, outside), col(Customer.removed_at).is_(None)
    )


async def why(
    session: AsyncSession,
    condition: Condition,
    customer_no: str,
    frame: Frame,
    outside: Outside = NOTHING,
) -> Verdict:
    """Why a customer is in the segment, or why not. Raises CustomerUnknown."""
    query = select(col(Customer.id)).where(
        col(Customer.customer_no) == customer_no, col(Customer.removed_at).is_(None)
    )
    customer_id = (await session.execute(query)).scalar_one_or_none()
    if customer_id is None:
        raise CustomerUnknown(customer_no)
    return (await reasons(session, condition, [customer_id], frame, outside))[customer_id]


async def reasons(
    session: AsyncSession,
    condition: Condition,
    ids: Collection[int],
    frame: Frame,
    outside: Outside = NOTHING,
) -> dict[int, Verdict]:
    """The same for the customers of a page."""
    asked = meant(condition)
    known = await values_of(session, ids, [asked], frame, outside)
    inner = {one: explain(condition, values, frame) for one, values in known.items()}
    whole = {one: explain(asked, values, frame) for one, values in known.items()}
    # Because that somebody is of age says nothing about why they are in this segment.
    return {
        one: replace(verdict, why=inner[one].why) if verdict.met else verdict
        for one, verdict in whole.items()
    }


def _version(row: SegmentVersion) -> VersionFact:
    return VersionFact(
        row.number, row.title, parse(row.conditions), row.sentence, row.by, row.at, row.reason
    )


async def listed(session: AsyncSession, states: Collection[str] = ()) -> list[SegmentFact]:
    """Every segment (in one of ``states``), those in force first, then by code."""
    counted = select(col(SegmentUse.code), func.count()).group_by(col(SegmentUse.code))
    uses = {code: number for code, number in await session.execute(counted)}  # noqa: C416
    query = (
        select(Segment, SegmentVersion)
        .join(
            SegmentVersion,
            (col(SegmentVersion.code) == col(Segment.code))
            & (col(SegmentVersion.number) == col(Segment.version)),
        )
        .order_by(col(Segment.state) != "in_force", col(Segment.state), col(Segment.code))
        .execution_options(populate_existing=True)
    )
    if states:
        query = query.where(col(Segment.state).in_(sorted(states)))
    return [
        SegmentFact(
            row.code, row.title, row.state, row.pack, row.changed_at, _version(version),
            uses.get(row.code, 0),
        )
        for row, version in await session.execute(query)
    ]  # fmt: skip


async def segment(session: AsyncSession, code: str) -> SegmentFact:
    """One segment. Raises SegmentUnknown."""
    row = await session.get(Segment, code, populate_existing=True)
    if row is None:
        raise SegmentUnknown(code)
    version = await session.get(SegmentVersion, (code, row.version), populate_existing=True)
    if version is None:
        raise SegmentUnknown(code)
    uses = len(await used_by(session, code))
    return SegmentFact(
        row.code, row.title, row.state, row.pack, row.changed_at, _version(version), uses
    )


async def versions(session: AsyncSession, code: str) -> list[VersionFact]:
    """Every version, the newest first."""
    query = (
        select(SegmentVersion)
        .where(col(SegmentVersion.code) == code)
        .order_by(col(SegmentVersion.number).desc())
    )
    return [_version(row) for row in (await session.execute(query)).scalars()]


async def used_by(session: AsyncSession, code: str) -> list[UseFact]:
    """What relies on a segment, the newest first."""
    query = (
        select(SegmentUse).where(col(SegmentUse.code) == code).order_by(col(SegmentUse.at).desc())
    )
    return [
        UseFact(row.kind, row.ref, row.title, row.at)
        for row in (await session.execute(query)).scalars()
    ]
