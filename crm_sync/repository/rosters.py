"""Who works where and may do what: pages of staff with their roles, for the console."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import Grant, Staff
from crm_sync.repository.keys import among


@dataclass(frozen=True, slots=True)
class GrantFact:
    """A role that somebody holds over a unit and below, until ``expires_at``."""

    role: str
    unit_id: str
    granted_by: str
    granted_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Member:
    """A member of staff with everything granted to them."""

    staff_id: str
    userid: str | None
    name: str
    unit_id: str
    position: str
    active: bool
    licences: tuple[str, ...]
    grants: tuple[GrantFact, ...]


async def page(
    session: AsyncSession,
    *,
    units: frozenset[str] | None,
    role: str | None = None,
    words: str = "",
    limit: int = 50,
    after: str = "",
) -> list[Member]:
    """Members of staff by staff id; ``role`` rm: also those to whom nothing is granted."""
    query = (
        select(Staff)
        .where(*_conditions(session, units, role, words), col(Staff.staff_id) > after)
        .order_by(col(Staff.staff_id))
        .limit(limit)
    )
    rows = (await session.execute(query)).scalars().all()
    granted = await _grants(session, [row.staff_id for row in rows])
    return [
        Member(
            staff_id=row.staff_id,
            userid=row.userid,
            name=row.name,
            unit_id=row.unit_id,
            position=row.position,
            active=row.active,
            licences=tuple(row.licences),
            grants=tuple(granted[row.staff_id]),
        )
        for row in rows
    ]


async def count(
    session: AsyncSession,
    *,
    units: frozenset[str] | None,
    role: str | None = None,
    words: str = "",
) -> int:
    """How many members of staff match; the same conditions as ``page``."""
    query = select(func.count()).select_from(Staff).where(*_conditions(session, units, role, words))
    return int((await session.execute(query)).scalar_one())


async def people_per_unit(session: AsyncSession) -> dict[str, int]:
    """How many active members of staff each unit has."""
    query = (
        select(col(Staff.unit_id), func.count())
        .where(col(Staff.active).is_(True), col(Staff.removed_at).is_(None))
        .group_by(col(Staff.unit_id))
    )
    return {unit_id: number for unit_id, number in await session.execute(query)}  # noqa: C416


async def userids_in(session: AsyncSession, units: frozenset[str]) -> frozenset[str]:
    """The WeCom userids of everybody who is or was in these units, for scopes of the archive."""
    query = select(col(Staff.userid)).where(
        among(session, col(Staff.unit_id), sorted(units)), col(Staff.userid).is_not(None)
    )
    return frozenset(one for one in (await session.execute(query)).scalars() if one)


async def holders(session: AsyncSession, role: str, at: datetime) -> list[str]:
    """The staff ids of active members of staff who hold ``role`` at ``at``."""
    query = (
        select(col(Grant.staff_id))
        .join(Staff, col(Staff.staff_id) == col(Grant.staff_id))
        .where(
            col(Grant.role) == role,
            col(Staff.active).is_(True),
            or_(col(Grant.expires_at).is_(None), col(Grant.expires_at) > at),
        )
        .distinct()
        .order_by(col(Grant.staff_id))
    )
    return list((await session.execute(query)).scalars())


async def _grants(
    session: AsyncSession, staff_ids: Sequence[str]
) -> defaultdict[str, list[GrantFact]]:
    found: defaultdict[str, list[GrantFact]] = defaultdict(list)
    query = (
        select(Grant)
        .where(among(session, col(Grant.staff_id), staff_ids))
        .order_by(col(Grant.staff_id), col(Grant.role), col(Grant.unit_id))
    )
    for row in (await session.execute(query)).scalars():
        found[row.staff_id].append(
            GrantFact(row.role, row.unit_id, row.granted_by, row.granted_at, row.expires_at)
        )
    return found


def _conditions(
    session: AsyncSession, units: frozenset[str] | None, role: str | None, words: str
) -> list[Any]:
    found: list[Any] = [col(Staff.removed_at).is_(None)]
    if units is not None:
        found.append(among(session, col(Staff.unit_id), sorted(units)))
    if role is not None:
        granted = select(col(Grant.staff_id))
        if role == "rm":
            held = granted.where(col(Grant.role) == role)
            found.append(or_(col(Staff.staff_id).not_in(granted), col(Staff.staff_id).in_(held)))
        else:
            found.append(col(Staff.staff_id).in_(granted.where(col(Grant.role) == role)))
    if words.strip():
        like = words.strip()
        found.append(
            or_(
                col(Staff.name).contains(like, autoescape=True),
                col(Staff.staff_id) == like,
                col(Staff.userid) == like.lower(),
            )
        )
    return found
