"""Members and departments as WeCom shows them, laid beside the bank's own staff and units."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import Relation, Staff, Unit
from crm_sync.repository.keys import UNTRACKED, among
from kit.db import Database
from wecom import members
from wecom.client import Caller


@dataclass(frozen=True, slots=True)
class MembersReport:
    """Who serves customers in WeCom, and whom the bank's own list does not know, and the reverse.

    ``following``: userids with 客户联系, lower-cased. ``unknown``: those no member of staff has.
    ``unseen``: staff ids of active staff with a userid that WeCom does not show.
    ``unmapped_departments``: departments that no unit names.
    """

    following: tuple[str, ...]
    matched: int
    unknown: tuple[str, ...]
    unseen: tuple[str, ...]
    departments: int
    unmapped_departments: tuple[int, ...]


async def sync_members(database: Database, wecom: Caller, at: datetime) -> MembersReport:
    """Read who has 客户联系 and which departments there are; note who was seen.

    Nothing is added to the bank's staff: its own file says who works here.
    """
    userids = tuple(sorted({userid.lower() for userid in await members.follow_users(wecom)}))
    departments = await members.departments(wecom)
    async with database.transaction() as session:
        return await _land(session, userids, [one.department_id for one in departments], at)


async def _land(
    session: AsyncSession, userids: tuple[str, ...], departments: list[int], at: datetime
) -> MembersReport:
    matched = await session.execute(
        update(Staff)
        .where(among(session, col(Staff.userid), userids), col(Staff.removed_at).is_(None))
        .values(seen_in_wecom_at=at)
        .returning(col(Staff.userid)),
        execution_options=UNTRACKED,
    )
    known = set(matched.scalars())
    unseen = await session.execute(
        select(col(Staff.staff_id))
        .where(
            col(Staff.active).is_(True),
            col(Staff.removed_at).is_(None),
            col(Staff.userid).is_not(None),
            col(Staff.seen_in_wecom_at).is_(None) | (col(Staff.seen_in_wecom_at) < at),
        )
        .order_by(col(Staff.staff_id))
    )
    mapped = await session.execute(
        select(col(Unit.department_id)).where(col(Unit.department_id).is_not(None))
    )
    units = set(mapped.scalars())
    return MembersReport(
        following=userids,
        matched=len(known),
        unknown=tuple(userid for userid in userids if userid not in known),
        unseen=tuple(unseen.scalars()),
        departments=len(departments),
        unmapped_departments=tuple(sorted(one for one in departments if one not in units)),
    )


async def relations_of_others(session: AsyncSession, userids: tuple[str, ...]) -> dict[str, int]:
    """Live relations of members who are not among ``userids``, counted by userid.

    Such a member left, lost 客户联系 or is out of our app's sight: WeCom no longer tells of their
    contacts, so the relations are reported and not judged.
    """
    query = (
        select(col(Relation.userid), func.count())
        .where(col(Relation.ended_at).is_(None))
        .group_by(col(Relation.userid))
        .order_by(col(Relation.userid))
    )
    following = set(userids)
    return {
        userid: int(count)
        for userid, count in await session.execute(query)
        if userid not in following
    }
