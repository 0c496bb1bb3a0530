"""Handing on groups (api.md 3.7)."""

from typing import Annotated, ClassVar

from pydantic import Field

from simulator.wecom.clock import day_start
from simulator.wecom.endpoints.kit import Call, post
from simulator.wecom.errors import Json
from simulator.wecom.state.directory import LEFT, Member
from simulator.wecom.state.groups import STAFF, Group, GroupMember
from simulator.wecom.state.transfers import RECENT_S
from simulator.wecom.strictness import Ask

HANDED_OVER = 3
TEXTS = {
    40128: "transferred too often",
    45009: "api freq out of limit",
    49008: "group is dismissed",
    86003: "chatid not found",
    90500: "the owner of this chat is not resigned",
    90501: "chat is not external group chat",
    90502: "the owner of this chat is resigned",
    90504: "owner unchanged",
}


class TransferGroups(Ask):
    """groupchat/transfer, groupchat/onjob_transfer [92127][95703]."""

    missing: ClassVar[dict[str, int]] = {"new_owner": 41009, "chat_id_list": 86003}
    wrong: ClassVar[dict[str, int]] = {"chat_id_list": 86001}
    over: ClassVar[dict[str, int]] = {"chat_id_list": 40058}
    chat_id_list: Annotated[list[str], Field(min_length=1, max_length=100)]
    new_owner: str


def transfer_of_leavers(call: Call, ask: TransferGroups) -> Json:
    """Groups whose owner left get a new one."""
    return _transfer(call, ask, resigned=True)


def transfer_on_job(call: Call, ask: TransferGroups) -> Json:
    """Groups whose owner stays get a new one; 300 a day per person, 2 per 90 days."""
    return _transfer(call, ask, resigned=False)


def _transfer(call: Call, ask: TransferGroups, *, resigned: bool) -> Json:
    world = call.world
    taker = world.visible_member(call.app, ask.new_owner)
    failed = []
    for chat_id in dict.fromkeys(ask.chat_id_list):
        group = world.groups.groups.get(chat_id)
        code = 86003 if group is None else _objection(call, group, taker, resigned=resigned)
        if group is None or code:
            failed.append({"chat_id": chat_id, "errcode": code, "errmsg": TEXTS[code]})
            continue
        _hand_over(call, group, taker)
        world.transfers.groups.append((taker.userid, call.at))
    return {"failed_chat_list": failed}


def _objection(call: Call, group: Group, taker: Member, *, resigned: bool) -> int:
    world = call.world
    owner = world.directory.find(group.face.owner)
    left = owner is None or owner.status == LEFT
    if group.dismissed:
        return 49008
    if group.internal:
        return 90501
    if group.face.owner == taker.userid:
        return 90504
    if resigned and not left:
        return 90500
    if not resigned and left:
        return 90502
    recent = [at for at in group.handed_over if at > call.at - RECENT_S]
    if not resigned and len(recent) >= world.modes.transfer_per_90_days:
        return 40128
    today = day_start(call.at)
    taken = sum(
        1 for userid, at in world.transfers.groups if userid == taker.userid and at >= today
    )
    return 45009 if taken >= world.modes.group_transfers_per_day else 0


def _hand_over(call: Call, group: Group, taker: Member) -> None:
    group.lag(call.at, call.world.modes.group_lag_s)
    group.face.owner = taker.userid
    group.status = HANDED_OVER
    group.handed_over.append(call.now)
    if taker.userid not in group.face.members:
        group.face.members[taker.userid] = GroupMember(taker.userid, STAFF, call.now)
        group.face.version = call.world.ids.hexadecimal("member_version")


ENDPOINTS = (
    post("externalcontact/groupchat/transfer", TransferGroups, transfer_of_leavers, "customer"),
    post("externalcontact/groupchat/onjob_transfer", TransferGroups, transfer_on_job, "customer"),
)
