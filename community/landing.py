"""Brings our picture of one group in line with what WeCom says; landing twice changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from community.facts import Happening, Landed, MemberKind
from community.models import CustomerGroup, GroupEvent, GroupMember
from kit.crypto import FieldCipher
from kit.db import cipher_of, insert_into, insert_new, upsert
from kit.ledger import Entry, append
from wecom import groups as wecom_groups
from wecom.groups import Group

NAME: Final = "customer_group.name"
NOTICE: Final = "customer_group.notice"
NICKNAME: Final = "group_member.nickname"
DETAIL: Final = "group_event.detail"
_LISTED_IN_LEDGER: Final = 200


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that landing found to have happened."""

    act: Happening
    at: datetime
    member_id: str = ""
    member_kind: str = ""
    quit_scene: int | None = None
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class _Present:
    """A member as WeCom lists them now."""

    member_id: str
    kind: MemberKind
    nickname: str
    joined_at: datetime | None
    join_scene: int | None
    invited_by: str
    state: str


async def land_group(
    session: AsyncSession,
    detail: Group,
    at: datetime,
    *,
    unit_id: str | None = None,
    status: int = 0,
    quit_scenes: Mapping[str, int] | None = None,
) -> Landed:
    """Store a group as read from WeCom at ``at``, in the caller's transaction.

    ``unit_id`` is the unit of its owner (a fact of crm_sync), ``status`` that of the list,
    ``quit_scenes`` how members left where an event said it. What was read before something that
    we know already is stale and changes nothing. Changes leave group events and one ledger entry
    (kind group).
    """
    group = await _locked(session, detail.chat_id)
    if group.synced_at is not None and group.synced_at > at:
        return Landed(detail.chat_id, stale=True)
    created = group.synced_at is None
    happened = [Happened("created", detail.created_at or at)] if created else []
    happened += _words_changed(cipher_of(session), group, detail, at, created=created)
    joined, left, moves = await _land_members(session, detail, at, quit_scenes or {})
    happened += moves
    group.owner_userid = detail.owner.lower()
    group.unit_id = unit_id or group.unit_id
    group.status = status
    group.created_at = detail.created_at or group.created_at
    group.member_version = detail.member_version
    group.admins = sorted(admin.lower() for admin in detail.admins)
    group.dismissed_at = None
    group.synced_at = at
    await session.flush()
    await remember(session, group, happened, at, actor="wecom")
    return Landed(
        chat_id=detail.chat_id,
        created=created,
        joined=joined,
        left=left,
        changed=tuple(one.act for one in happened if one.act not in {"created", "joined", "left"}),
    )


async def dismiss(session: AsyncSession, chat_id: str, at: datetime) -> bool:
    """Mark a group as dismissed; False where it is not known or was dismissed before.

    Its members stay listed as they were, because who was in it may be asked for later.
    """
    query = select(CustomerGroup).where(col(CustomerGroup.chat_id) == chat_id).with_for_update()
    group = (await session.execute(query)).scalar_one_or_none()
    if group is None or group.dismissed_at is not None:
        return False
    group.dismissed_at = at
    group.synced_at = max(group.synced_at or at, at)
    await session.flush()
    await remember(session, group, [Happened("dismissed", at)], at, actor="wecom")
    return True


async def remember(
    session: AsyncSession,
    group: CustomerGroup,
    happened: list[Happened],
    at: datetime,
    *,
    actor: str,
) -> None:
    """Keep what happened as group events, and as one ledger entry for all of it."""
    if not happened:
        return
    cipher = cipher_of(session)
    await insert_new(
        session,
        GroupEvent,
        [_event(cipher, group.chat_id, one) for one in happened],
        key=["chat_id", "at", "act", "member_id"],
    )
    acts = sorted({one.act for one in happened})
    await append(
        session,
        [
            Entry(
                kind="group",
                act=f"group.{acts[0]}" if len(acts) == 1 else "group.changed",
                actor=actor,
                object=f"group:{group.chat_id}",
                unit=group.unit_id or "hq",
                payload={
                    "changes": [
                        {"act": one.act, "member": one.member_id, "after": one.after}
                        for one in happened[:_LISTED_IN_LEDGER]
                    ],
                    "count": len(happened),
                },
            )
        ],
        at=at,
    )


def _event(cipher: FieldCipher, chat_id: str, one: Happened) -> dict[str, Any]:
    words = orjson.dumps({"before": one.before, "after": one.after})
    row = f"{chat_id}/{one.act}/{one.member_id}"
    return {
        "chat_id": chat_id,
        "at": one.at,
        "act": one.act,
        "member_id": one.member_id,
        "member_kind": one.member_kind,
        "quit_scene": one.quit_scene,
        "detail": cipher.seal(DETAIL, row, words) if one.before or one.after else None,
    }


async def _locked(session: AsyncSession, chat_id: str) -> CustomerGroup:
    """The group's row, made where missing, locked until the transaction ends."""
    await session.execute(
        insert_into(session, CustomerGroup)
        .values(
            chat_id=chat_id,
            owner_userid="",
            purpose="",
            interest="",
            persona="",
            registered=False,
            registered_by="",
            status=0,
            member_version="",
            admins=[],
        )
        .on_conflict_do_nothing(index_elements=["chat_id"])
    )
    query = select(CustomerGroup).where(col(CustomerGroup.chat_id) == chat_id).with_for_update()
    return (await session.execute(query.execution_options(populate_existing=True))).scalar_one()


def _words_changed(
    cipher: FieldCipher, group: CustomerGroup, detail: Group, at: datetime, *, created: bool
) -> list[Happened]:
    """Set name and notice, and say which of name, notice, owner and life changed."""
    name = cipher.open_or_none(NAME, group.chat_id, group.name) or ""
    notice = cipher.open_or_none(NOTICE, group.chat_id, group.notice) or ""
    owner = detail.owner.lower()
    found: list[Happened] = []
    if name != detail.name or group.name is None:
        group.name = cipher.seal(NAME, group.chat_id, detail.name)
        found.append(Happened("renamed", at, before=name, after=detail.name))
    if notice != detail.notice or group.notice is None:
        group.notice = cipher.seal(NOTICE, group.chat_id, detail.notice)
        found.append(Happened("notice_changed", at, before=notice, after=detail.notice))
    if group.owner_userid != owner:
        found.append(Happened("owner_changed", at, before=group.owner_userid, after=owner))
    if created:
        return []
    if group.dismissed_at is not None:
        found.append(Happened("restored", at))
    return found


async def _land_members(
    session: AsyncSession, detail: Group, at: datetime, quit_scenes: Mapping[str, int]
) -> tuple[tuple[str, ...], tuple[str, ...], list[Happened]]:
    """Write who is in the group now; returns who joined, who left, and both as happenings."""
    cipher = cipher_of(session)
    query = select(GroupMember).where(col(GroupMember.chat_id) == detail.chat_id)
    known = {row.member_id: row for row in (await session.execute(query)).scalars()}
    now = {one.member_id: one for one in map(_present, detail.members)}
    rows, happened = [], []
    joined: list[str] = []
    for one in now.values():
        row = known.get(one.member_id)
        place = f"{detail.chat_id}/{one.member_id}"
        new = row is None or row.left_at is not None or _again(row.joined_at, one.joined_at)
        if new:
            joined.append(one.member_id)
            happened.append(Happened("joined", one.joined_at or at, one.member_id, one.kind))
        elif row is not None and _same(cipher, row, place, one):
            continue
        rows.append(
            {
                "chat_id": detail.chat_id,
                "member_id": one.member_id,
                "kind": one.kind,
                "nickname": cipher.seal(NICKNAME, place, one.nickname) if one.nickname else None,
                "joined_at": one.joined_at or (at if new else row and row.joined_at),
                "join_scene": one.join_scene,
                "invited_by": one.invited_by,
                "state": one.state,
                "left_at": None,
            }
        )
    await upsert(
        session,
        GroupMember,
        rows,
        key=["chat_id", "member_id"],
        update=[name for name in rows[0] if name not in {"chat_id", "member_id"}] if rows else [],
    )
    gone = [row for row in known.values() if row.left_at is None and row.member_id not in now]
    scenes = {member.lower(): scene for member, scene in quit_scenes.items()}
    for row in gone:
        scene = scenes.get(row.member_id.lower())
        happened.append(Happened("left", at, row.member_id, row.kind, scene))
    if gone:
        await session.execute(
            update(GroupMember)
            .where(
                col(GroupMember.chat_id) == detail.chat_id,
                col(GroupMember.member_id).in_([row.member_id for row in gone]),
            )
            .values(left_at=at)
            .execution_options(synchronize_session=False)
        )
    for row in known.values():
        session.expunge(row)
    return tuple(joined), tuple(row.member_id for row in gone), happened


def _present(member: wecom_groups.GroupMember) -> _Present:
    kind: MemberKind = "staff" if member.kind == wecom_groups.STAFF else "external"
    return _Present(
        member_id=member.member_id.lower() if kind == "staff" else member.member_id,
        kind=kind,
        nickname=member.group_nickname or member.name,
        joined_at=member.joined_at,
        join_scene=member.join_scene,
        invited_by=member.invited_by.lower(),
        state=member.state,
    )


def _again(known: datetime | None, given: datetime | None) -> bool:
    """Whether a member left and came back without our seeing it: a later time of joining."""
    return known is not None and given is not None and given > known


def _same(cipher: FieldCipher, row: GroupMember, place: str, one: _Present) -> bool:
    return (
        row.kind == one.kind
        and (cipher.open_or_none(NICKNAME, place, row.nickname) or "") == one.nickname
        and row.join_scene == one.join_scene
        and row.invited_by == one.invited_by
        and row.state == one.state
    )
