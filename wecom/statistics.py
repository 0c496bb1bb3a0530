"""WeCom's own daily figures of contacts and groups (pages 92132, 92133), up to 180 days back."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wecom import limits
from wecom.answers import Answer
from wecom.client import Caller
from wecom.errors import AnswerUnreadable, Rejected


@dataclass(frozen=True, slots=True)
class ContactDay:
    """One day of the summed talk of the members asked for.

    ``reply_percentage`` (0 to 100) and ``reply_minutes`` are None on days without talks.
    """

    day: datetime | None
    """0:00 in Asia/Shanghai, as an aware UTC instant."""
    talks: int
    messages: int
    reply_percentage: float | None
    reply_minutes: float | None
    deleted_by_customer: int
    new_applications: int
    new_contacts: int


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """Figures of groups, of one owner or of one day."""

    new_groups: int
    groups: int
    groups_with_talk: int
    new_members: int
    members: int
    members_who_talked: int
    messages: int


@dataclass(frozen=True, slots=True)
class OwnerFigures:
    owner: str
    figures: GroupFigures


@dataclass(frozen=True, slots=True)
class GroupDay:
    day: datetime | None
    figures: GroupFigures


async def contacts(
    client: Caller,
    since: datetime,
    until: datetime,
    *,
    staff_ids: Sequence[str] = (),
    departments: Sequence[int] = (),
) -> tuple[ContactDay, ...]:
    """Return one series for all members asked for together; at most 30 days, both ends included."""
    limits.at_most("统计成员", staff_ids, 100)
    limits.at_most("统计部门", departments, 100)
    if not staff_ids and not departments:
        raise Rejected("统计成员", "members and departments must not both be empty")
    path = "externalcontact/get_user_behavior_data"
    body: dict[str, Any] = {
        "start_time": int(since.timestamp()),
        "end_time": int(until.timestamp()),
    }
    if staff_ids:
        body["userid"] = list(staff_ids)
    if departments:
        body["partyid"] = list(departments)
    answer = Answer(path, await client.call(path, body, idempotent=True))
    return tuple(
        ContactDay(
            day=one.moment("stat_time"),
            talks=one.count("chat_cnt"),
            messages=one.count("message_cnt"),
            reply_percentage=one.number("reply_percentage"),
            reply_minutes=one.number("avg_reply_time"),
            deleted_by_customer=one.count("negative_feedback_cnt"),
            new_applications=one.count("new_apply_cnt"),
            new_contacts=one.count("new_contact_cnt"),
        )
        for one in answer.objects("behavior_data")
    )


async def groups_by_owner(
    client: Caller, since: datetime, until: datetime, owners: Sequence[str], *, limit: int = 1000
) -> AsyncIterator[tuple[OwnerFigures, ...]]:
    """Yield pages of the figures of up to 100 owners; the end is an offset that reaches total."""
    limits.not_empty("群主", owners)
    limits.at_most("群主", owners, 100)
    path = "externalcontact/groupchat/statistic"
    offset = 0
    while True:
        body = _days(since, until, owners) | {"offset": offset, "limit": limit}
        answer = Answer(path, await client.call(path, body, idempotent=True))
        yield tuple(
            OwnerFigures(one.need("owner"), _figures(one.child("data")))
            for one in answer.objects("items")
        )
        following = answer.count("next_offset")
        if following >= answer.count("total") or not answer.objects("items"):
            return
        if following <= offset:
            raise AnswerUnreadable(path, "the offset does not go on")
        offset = following


async def groups_by_day(
    client: Caller, since: datetime, until: datetime, owners: Sequence[str]
) -> tuple[GroupDay, ...]:
    """Return one series of days for up to 100 owners together."""
    limits.not_empty("群主", owners)
    limits.at_most("群主", owners, 100)
    path = "externalcontact/groupchat/statistic_group_by_day"
    answer = Answer(path, await client.call(path, _days(since, until, owners), idempotent=True))
    return tuple(
        GroupDay(one.moment("stat_time"), _figures(one.child("data")))
        for one in answer.objects("items")
    )


def _days(since: datetime, until: datetime, owners: Sequence[str]) -> dict[str, Any]:
    return {
        "day_begin_time": int(since.timestamp()),
        "day_end_time": int(until.timestamp()),
        "owner_filter": {"userid_list": list(owners)},
    }


def _figures(data: Answer) -> GroupFigures:
    return GroupFigures(
        new_groups=data.count("new_chat_cnt"),
        groups=data.count("chat_total"),
        groups_with_talk=data.count("chat_has_msg"),
        new_members=data.count("new_member_cnt"),
        members=data.count("member_total"),
        members_who_talked=data.count("member_has_msg"),
        messages=data.count("msg_total"),
    )
