"""Members of staff and units, as facts."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.facts import StaffFact, UnitFact
from crm_sync.models import Grant, Staff, StaffCertificate, Unit
from crm_sync.repository.keys import among


async def staff_facts(session: AsyncSession, *where: ColumnElement[bool]) -> list[StaffFact]:
    """The members of staff that match, by staff id, each with the roles granted to them."""
    query = (
        select(Staff).where(col(Staff.removed_at).is_(None), *where).order_by(col(Staff.staff_id))
    )
    rows = (await session.execute(query)).scalars().all()
    granted: defaultdict[str, list[str]] = defaultdict(list)
    ends: dict[str, dict[str, date]] = {}
    if rows:
        ids = [row.staff_id for row in rows]
        ends = await _licence_ends(session, ids)
        roles = (
            select(col(Grant.staff_id), col(Grant.role))
            .where(among(session, col(Grant.staff_id), ids))
            .distinct()
            .order_by(col(Grant.staff_id), col(Grant.role))
        )
        for staff_id, role in await session.execute(roles):
            granted[staff_id].append(role)
    return [
        StaffFact(
            staff_id=row.staff_id,
            userid=row.userid,
            name=row.name,
            unit_id=row.unit_id,
            active=row.active,
            licences=tuple(row.licences),
            roles=tuple(granted[row.staff_id]),
            licence_ends=ends.get(row.staff_id, {}),
        )
        for row in rows
    ]


async def _licence_ends(session: AsyncSession, ids: Collection[str]) -> dict[str, dict[str, date]]:
    """The last good day of each licence with certificates on record, by member of staff.

    A licence whose certificates were all refused was never good: its day lies before every other.
    """
    query = select(
        col(StaffCertificate.staff_id),
        col(StaffCertificate.licence),
        func.max(case((col(StaffCertificate.verified), col(StaffCertificate.valid_until)))),
    ).where(
        among(session, col(StaffCertificate.staff_id), ids),
        col(StaffCertificate.decided_by).is_not(None),
        col(StaffCertificate.licence) != "",
    )
    grouped = query.group_by(col(StaffCertificate.staff_id), col(StaffCertificate.licence))
    found: dict[str, dict[str, date]] = {}
    for staff_id, licence, last in await session.execute(grouped):
        found.setdefault(staff_id, {})[licence] = last or date.min
    return found


async def staff_by_id(session: AsyncSession, ids: Collection[str]) -> dict[str, StaffFact]:
    """Members of staff by staff id; ids nobody has are left out."""
    if not ids:
        return {}
    found = await staff_facts(session, among(session, col(Staff.staff_id), ids))
    return {fact.staff_id: fact for fact in found}


async def staff_by_position(
    session: AsyncSession, positions: Collection[str]
) -> dict[str, StaffFact]:
    """Who holds each of these positions: somebody active, the first by staff id."""
    if not positions:
        return {}
    query = select(col(Staff.position), func.min(col(Staff.staff_id))).where(
        col(Staff.position).in_(sorted(positions)),
        col(Staff.active).is_(True),
        col(Staff.removed_at).is_(None),
    )
    first = {name: staff_id for name, staff_id in await session.execute(query.group_by(col(Staff.position)))}  # fmt: skip  # noqa: C416
    people = await staff_by_id(session, first.values())
    return {name: people[staff_id] for name, staff_id in first.items()}


async def staff_by_userids(session: AsyncSession, userids: Collection[str]) -> dict[str, StaffFact]:
    """Members of staff by WeCom userid, lower-cased; ids nobody has are left out."""
    if not userids:
        return {}
    lowered = {userid.lower() for userid in userids}
    found = await staff_facts(session, among(session, col(Staff.userid), lowered))
    return {fact.userid: fact for fact in found if fact.userid}


async def unit_of_userids(session: AsyncSession, userids: Collection[str]) -> dict[str, str]:
    """The unit of each WeCom userid (lower-cased); ids nobody has are left out."""
    if not userids:
        return {}
    query = select(col(Staff.userid), col(Staff.unit_id)).where(
        among(session, col(Staff.userid), userids)
    )
    return {userid: unit_id for userid, unit_id in await session.execute(query) if userid}


async def staff_below(session: AsyncSession, path: str) -> list[StaffFact]:
    """The active members of staff in the unit at ``path`` and below."""
    within = select(col(Unit.unit_id)).where(col(Unit.path).startswith(path, autoescape=True))
    return await staff_facts(session, col(Staff.unit_id).in_(within), col(Staff.active).is_(True))


async def serving_in(
    session: AsyncSession, units: Collection[str], staff_ids: Collection[str] = ()
) -> frozenset[str]:
    """The staff ids of those who work here and can be written to: in one of ``units`` (empty: in
    any), and among ``staff_ids`` (empty: whoever)."""
    query = select(col(Staff.staff_id)).where(
        col(Staff.active).is_(True), col(Staff.removed_at).is_(None), col(Staff.userid).is_not(None)
    )
    if units:
        query = query.where(among(session, col(Staff.unit_id), units))
    if staff_ids:
        query = query.where(among(session, col(Staff.staff_id), staff_ids))
    return frozenset((await session.execute(query)).scalars())


async def unmatched_staff(session: AsyncSession, *, seen_since: datetime) -> list[StaffFact]:
    """Active members of staff whom WeCom's last member list did not show, or who have no userid."""
    never = col(Staff.seen_in_wecom_at).is_(None)
    return await staff_facts(
        session,
        col(Staff.active).is_(True),
        never | (col(Staff.seen_in_wecom_at) < seen_since),
    )


async def units(session: AsyncSession) -> list[UnitFact]:
    """Every unit, parents before children."""
    query = select(Unit).where(col(Unit.removed_at).is_(None)).order_by(col(Unit.path))
    return [_unit(row) for row in (await session.execute(query)).scalars()]


async def units_by_id(session: AsyncSession, ids: Collection[str]) -> dict[str, UnitFact]:
    """Units by id; ids no unit has are left out."""
    if not ids:
        return {}
    query = select(Unit).where(
        among(session, col(Unit.unit_id), ids), col(Unit.removed_at).is_(None)
    )
    return {row.unit_id: _unit(row) for row in (await session.execute(query)).scalars()}


def _unit(row: Unit) -> UnitFact:
    return UnitFact(row.unit_id, row.name, row.path, row.kind, row.parent_id)
