"""Two statistics: members' talk with customers, and groups by owner (api.md 11)."""

from typing import Annotated, ClassVar

from pydantic import Field

from simulator.wecom.clock import DAY, day_start
from simulator.wecom.endpoints.groups import OwnerFilter
from simulator.wecom.endpoints.kit import Call, post
from simulator.wecom.errors import Json, Refused
from simulator.wecom.state.days import GroupDay, MemberDay
from simulator.wecom.state.groups import Group
from simulator.wecom.strictness import Ask

SPAN_DAYS, PAST_DAYS = 30, 180


class Behavior(Ask):
    """get_user_behavior_data [92132]."""

    wrong: ClassVar[dict[str, int]] = {"userid": 40031}
    over: ClassVar[dict[str, int]] = {"userid": 40032, "partyid": 40058}
    userid: Annotated[list[str], Field(max_length=100)] = Field(default_factory=list)
    partyid: Annotated[list[int], Field(max_length=100)] = Field(default_factory=list)
    start_time: int
    end_time: int


class GroupStatistic(Ask):
    """groupchat/statistic [92133]."""

    over: ClassVar[dict[str, int]] = {"owner_filter": 40032}
    day_begin_time: int
    day_end_time: int | None = None
    owner_filter: OwnerFilter
    order_by: Annotated[int, Field(ge=1, le=4)] = 1
    order_asc: Annotated[int, Field(ge=0, le=1)] = 0
    offset: Annotated[int, Field(ge=0)] = 0
    limit: Annotated[int, Field(ge=1, le=1_000)] = 500


class GroupStatisticByDay(Ask):
    """groupchat/statistic_group_by_day."""

    over: ClassVar[dict[str, int]] = {"owner_filter": 40032}
    day_begin_time: int
    day_end_time: int | None = None
    owner_filter: OwnerFilter


def behavior(call: Call, ask: Behavior) -> Json:
    """One summed series for all members named, a row per day."""
    world = call.world
    members = {world.visible_member(call.app, userid).userid for userid in ask.userid}
    rooms = world.directory.below(ask.partyid)
    visible = world.visible(call.app)
    members |= {
        member.userid
        for member in world.directory.present()
        if member.userid in visible and rooms.intersection(member.departments)
    }
    if not members:
        raise Refused(40058, "userid and partyid both empty")
    days = _days(call, ask.start_time, ask.end_time, today=True)
    return {"behavior_data": [_behavior_day(call, sorted(members), day) for day in days]}


def group_statistic(call: Call, ask: GroupStatistic) -> Json:
    """A row per owner."""
    owners = _owners(call, ask.owner_filter)
    end = ask.day_begin_time if ask.day_end_time is None else ask.day_end_time
    days = _days(call, ask.day_begin_time, end, today=False)
    items: list[Json] = [
        {"owner": owner, "data": _groups_data(call, [owner], days)} for owner in owners
    ]
    key = ("new_chat_cnt", "chat_total", "new_member_cnt", "member_total")[ask.order_by - 1]
    items.sort(key=lambda item: item["data"][key], reverse=not ask.order_asc)
    part = items[ask.offset : ask.offset + ask.limit]
    following = min(ask.offset + len(part), len(items))
    return {"total": len(items), "next_offset": following, "items": part}


def group_statistic_by_day(call: Call, ask: GroupStatisticByDay) -> Json:
    """A row per day over all owners named."""
    owners = _owners(call, ask.owner_filter)
    end = ask.day_begin_time if ask.day_end_time is None else ask.day_end_time
    days = _days(call, ask.day_begin_time, end, today=False)
    return {
        "items": [{"stat_time": day, "data": _groups_data(call, owners, [day])} for day in days]
    }


def _days(call: Call, start: int, end: int, *, today: bool) -> list[int]:
    first, last = day_start(start), day_start(end)
    newest = day_start(call.at) - (0 if today else DAY)
    if first > last or (last - first) // DAY >= SPAN_DAYS:
        raise Refused(40058, "invalid parameter: start after end, or over 30 days")
    if last > newest or first < newest - PAST_DAYS * DAY:
        raise Refused(40058, "invalid parameter: only the last 180 days")
    return list(range(first, last + 1, DAY))


def _behavior_day(call: Call, members: list[str], day: int) -> Json:
    found = [call.world.days.members.get((userid, day), MemberDay()) for userid in members]
    pairs = [pair for one in found for pair in one.pairs.values()]
    asked = [pair for pair in pairs if pair.first_by_contact is not None]
    waits = [
        pair.first_reply - pair.first_by_contact
        for pair in asked
        if pair.first_reply is not None and pair.first_by_contact is not None
    ]
    shown: Json = {
        "stat_time": day,
        "chat_cnt": len(pairs),
        "message_cnt": sum(one.messages for one in found),
    }
    if asked:
        shown["reply_percentage"] = round(100 * len(waits) / len(asked), 2)
    if waits:
        shown["avg_reply_time"] = int(sum(waits) / len(waits) / 60)
    return shown | {
        "negative_feedback_cnt": sum(one.lost for one in found),
        "new_apply_cnt": sum(one.applied for one in found),
        "new_contact_cnt": sum(one.added for one in found),
    }


def _owners(call: Call, wanted: OwnerFilter) -> list[str]:
    if not wanted.userid_list:
        raise Refused(40063, "owner_filter.userid_list empty")
    return [call.world.visible_member(call.app, userid).userid for userid in wanted.userid_list]


def _groups_data(call: Call, owners: list[str], days: list[int]) -> Json:
    end = days[-1] + DAY
    groups = [
        group
        for group in call.world.groups.groups.values()
        if group.face.owner in owners and not group.internal and group.create_time < end
    ]
    rows = [(group, _day_of(call, group, day)) for group in groups for day in days]
    speaking = {(group.chat_id, speaker) for group, row in rows for speaker in row.speakers}
    return {
        "new_chat_cnt": sum(1 for group in groups if group.create_time >= days[0]),
        "chat_total": len(groups),
        "chat_has_msg": len({group.chat_id for group, row in rows if row.messages}),
        "new_member_cnt": sum(row.joined for _, row in rows),
        "member_total": sum(
            1 for group in groups for seat in group.face.members.values() if seat.join_time < end
        ),
        "member_has_msg": len(speaking),
        "msg_total": sum(row.messages for _, row in rows),
        "migrate_trainee_chat_cnt": 0,
    }


def _day_of(call: Call, group: Group, day: int) -> GroupDay:
    return call.world.days.groups.get((group.chat_id, day), GroupDay())


ENDPOINTS = (
    post("externalcontact/get_user_behavior_data", Behavior, behavior, "customer"),
    post("externalcontact/groupchat/statistic", GroupStatistic, group_statistic, "customer"),
    post(
        "externalcontact/groupchat/statistic_group_by_day",
        GroupStatisticByDay,
        group_statistic_by_day,
        "customer",
    ),
)
