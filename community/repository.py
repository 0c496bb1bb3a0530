"""Every question others may ask about customer groups."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, case, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from community.errors import GroupUnknown
from community.facts import (
    GroupEventFact,
    GroupFact,
    GroupScope,
    MemberFact,
    Seat,
    Surroundings,
)
from community.landing import DETAIL, NAME, NICKNAME
from community.models import CustomerGroup, GroupEvent, GroupMember
from community.rules import flags
from kit.crypto import FieldCipher
from kit.db import cipher_of

PAGE = 5_000


async def groups(
    session: AsyncSession,
    scope: GroupScope,
    around: Surroundings | None = None,
    *,
    dismissed: bool = False,
    limit: int = 50,
    after: tuple[datetime, str] | None = None,
) -> list[GroupFact]:
    """Groups in sight with their counts, newest first, after the keyset ``(created_at, chat_id)``.

    Two queries however many groups; what siblings know comes in ``around``.
    """
    born = func.coalesce(col(CustomerGroup.created_at), col(CustomerGroup.synced_at))
    query = select(CustomerGroup).where(*in_sight(scope))
    gone = col(CustomerGroup.dismissed_at)
    query = query.where(gone.is_not(None) if dismissed else gone.is_(None))
    if after is not None:
        query = query.where(tuple_(born, col(CustomerGroup.chat_id)) < tuple_(*after))
    query = query.order_by(born.desc(), col(CustomerGroup.chat_id).desc()).limit(limit)
    rows = (await session.execute(query)).scalars().all()
    return await _facts(session, rows, around or Surroundings())


async def group(
    session: AsyncSession, scope: GroupScope, chat_id: str, around: Surroundings | None = None
) -> GroupFact:
    """One group; GroupUnknown where it does not exist or is out of sight."""
    query = select(CustomerGroup).where(col(CustomerGroup.chat_id) == chat_id, *in_sight(scope))
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise GroupUnknown("没有这个客户群，或不在你的查看范围内", chat_id=chat_id)
    return (await _facts(session, [row], around or Surroundings()))[0]


async def chat_ids(session: AsyncSession, scope: GroupScope) -> frozenset[str]:
    """The ids of all groups in sight, for scopes of the archive."""
    query = select(col(CustomerGroup.chat_id)).where(*in_sight(scope))
    return frozenset((await session.execute(query)).scalars())


async def owned_by(session: AsyncSession, userid: str) -> list[str]:
    """The ids of the living groups that a member (a lower-cased userid) owns."""
    query = select(col(CustomerGroup.chat_id)).where(
        func.lower(col(CustomerGroup.owner_userid)) == userid.lower(),
        col(CustomerGroup.dismissed_at).is_(None),
    )
    return sorted((await session.execute(query)).scalars())


async def seats_of(
    session: AsyncSession, scope: GroupScope, *, owner: str | None = None
) -> list[Seat]:
    """The living groups in sight with what decides their rhythm, by id; ``owner``: theirs alone.

    One question, and nothing of it is sealed, however many groups there are.
    """
    query = select(
        col(CustomerGroup.chat_id),
        col(CustomerGroup.owner_userid),
        col(CustomerGroup.unit_id),
        col(CustomerGroup.persona),
        col(CustomerGroup.interest),
        col(CustomerGroup.registered),
    ).where(*in_sight(scope), col(CustomerGroup.dismissed_at).is_(None))
    if owner is not None:
        query = query.where(func.lower(col(CustomerGroup.owner_userid)) == owner.lower())
    rows = await session.execute(query.order_by(col(CustomerGroup.chat_id)))
    return [Seat(*row) for row in rows]


async def members(session: AsyncSession, chat_id: str) -> list[MemberFact]:
    """Who is in a group, and who was: staff first, then by time of joining."""
    query = (
        select(GroupMember)
        .where(col(GroupMember.chat_id) == chat_id)
        .order_by(
            col(GroupMember.kind).desc(), col(GroupMember.joined_at), col(GroupMember.member_id)
        )
    )
    cipher = cipher_of(session)
    return [
        MemberFact(
            member_id=row.member_id,
            kind="staff" if row.kind == "staff" else "external",
            nickname=cipher.open_or_none(NICKNAME, f"{chat_id}/{row.member_id}", row.nickname)
            or "",
            joined_at=row.joined_at,
            join_scene=row.join_scene,
            invited_by=row.invited_by,
            left_at=row.left_at,
        )
        for row in (await session.execute(query)).scalars()
    ]


async def happened(
    session: AsyncSession,
    chat_id: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 50,
    before: tuple[datetime, str, str] | None = None,
) -> list[GroupEventFact]:
    """What happened in a group, newest first, before the keyset ``(at, act, member_id)``."""
    at, act, member_id = col(GroupEvent.at), col(GroupEvent.act), col(GroupEvent.member_id)
    query = select(GroupEvent).where(col(GroupEvent.chat_id) == chat_id)
    if since is not None:
        query = query.where(at >= since)
    if until is not None:
        query = query.where(at < until)
    if before is not None:
        query = query.where(tuple_(at, act, member_id) < tuple_(*before))
    query = query.order_by(at.desc(), act.desc(), member_id.desc()).limit(limit)
    cipher = cipher_of(session)
    return [_event(cipher, row) for row in (await session.execute(query)).scalars()]


def seats() -> Select[Any]:
    """Who sits in a living group now: ``external_userid, chat_id, interest, persona, told,
    joined_at``; ``told`` is what the group says of its members, its persona before its interest."""
    told = case((col(CustomerGroup.persona) != "", col(CustomerGroup.persona)), else_=col(CustomerGroup.interest))  # fmt: skip
    return (
        select(
            col(GroupMember.member_id).label("external_userid"),
            col(GroupMember.chat_id).label("chat_id"),
            col(CustomerGroup.interest).label("interest"),
            col(CustomerGroup.persona).label("persona"),
            told.label("told"),
            col(GroupMember.joined_at).label("joined_at"),
        )
        .join(CustomerGroup, col(CustomerGroup.chat_id) == col(GroupMember.chat_id))
        .where(
            col(GroupMember.kind) == "external",
            col(GroupMember.left_at).is_(None),
            col(CustomerGroup.dismissed_at).is_(None),
        )
    )


async def unseen_since(session: AsyncSession, at: datetime) -> list[str]:
    """Living groups that no synchronisation has read since ``at``."""
    query = (
        select(col(CustomerGroup.chat_id))
        .where(col(CustomerGroup.dismissed_at).is_(None), col(CustomerGroup.synced_at) < at)
        .order_by(col(CustomerGroup.chat_id))
    )
    return list((await session.execute(query)).scalars())


def in_sight(scope: GroupScope) -> list[ColumnElement[bool]]:
    """The conditions on groups under which a viewer may know of one."""
    if scope.everything:
        return []
    mine: list[ColumnElement[bool]] = [
        col(CustomerGroup.owner_userid).in_(sorted(scope.userids or ())),
        col(CustomerGroup.unit_id).in_(sorted(scope.unit_ids or ())),
    ]
    return [or_(*mine)]


async def _facts(
    session: AsyncSession, rows: Sequence[CustomerGroup], around: Surroundings
) -> list[GroupFact]:
    counts = await _counts(session, [row.chat_id for row in rows])
    cipher = cipher_of(session)
    found = []
    for row in rows:
        staff, external = counts.get(row.chat_id, (0, 0))
        numbers = around.numbers.get(row.chat_id)
        found.append(
            GroupFact(
                chat_id=row.chat_id,
                name=cipher.open_or_none(NAME, row.chat_id, row.name) or "",
                owner_userid=row.owner_userid,
                unit_id=row.unit_id,
                purpose=row.purpose,
                interest=row.interest,
                persona=row.persona,
                registered=row.registered,
                members=staff + external,
                staff=staff,
                external=external,
                messages=numbers.messages if numbers else None,
                last_message_at=numbers.last_at if numbers else None,
                created_at=row.created_at,
                dismissed_at=row.dismissed_at,
                synced_at=row.synced_at,
                flags=flags(
                    chat_id=row.chat_id,
                    owner=row.owner_userid,
                    status=row.status,
                    staff_members=staff,
                    registered=row.registered,
                    around=around,
                ),
            )
        )
    return found


async def _counts(session: AsyncSession, ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Staff and external members now, by group."""
    is_staff = case((col(GroupMember.kind) == "staff", 1), else_=0)
    query = (
        select(col(GroupMember.chat_id), func.sum(is_staff), func.count())
        .where(col(GroupMember.chat_id).in_(list(ids)), col(GroupMember.left_at).is_(None))
        .group_by(col(GroupMember.chat_id))
    )
    return {
        chat_id: (int(staff), int(total) - int(staff))
        for chat_id, staff, total in await session.execute(query)
    }


def _event(cipher: FieldCipher, row: GroupEvent) -> GroupEventFact:
    words = {"before": "", "after": ""}
    if row.detail is not None:
        place = f"{row.chat_id}/{row.act}/{row.member_id}"
        words = orjson.loads(cipher.open_bytes(DETAIL, place, row.detail))
    return GroupEventFact(
        chat_id=row.chat_id,
        at=row.at,
        act=row.act,  # type: ignore[arg-type]
        member_id=row.member_id,
        member_kind=row.member_kind,
        quit_scene=row.quit_scene,
        before=words["before"],
        after=words["after"],
    )
