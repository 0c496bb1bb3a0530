"""Customer groups: list, get, opengid (api.md 3.8)."""

from typing import Annotated, ClassVar

from pydantic import Field

from simulator.wecom.cursors import page
from simulator.wecom.endpoints.attachments import Part
from simulator.wecom.endpoints.kit import Call, post
from simulator.wecom.errors import Json, Refused
from simulator.wecom.state.groups import OUTSIDE, Group, GroupMember
from simulator.wecom.strictness import Ask

RANGE_CAP = 1_000


class OwnerFilter(Part):
    """owner_filter{userid_list}."""

    userid_list: Annotated[list[str], Field(max_length=100)] = Field(default_factory=list)


class ListGroups(Ask):
    """groupchat/list [92120]; limit has no default and over 1000 is an error."""

    over: ClassVar[dict[str, int]] = {"owner_filter": 40032}
    status_filter: Annotated[int, Field(ge=0, le=3)] = 0
    owner_filter: OwnerFilter | None = None
    cursor: str = ""
    limit: Annotated[int, Field(ge=1, le=1_000)]


class GetGroup(Ask):
    """groupchat/get [92122]."""

    missing: ClassVar[dict[str, int]] = {"chat_id": 86001}
    wrong: ClassVar[dict[str, int]] = {"chat_id": 86001}
    chat_id: str
    need_name: Annotated[int, Field(ge=0, le=1)] = 0


class OpenGid(Ask):
    """opengid_to_chatid [94822]."""

    missing: ClassVar[dict[str, int]] = {"opengid": 90511}
    wrong: ClassVar[dict[str, int]] = {"opengid": 90511}
    opengid: str


def list_groups(call: Call, ask: ListGroups) -> Json:
    """Groups whose owner is in the visible range."""
    world = call.world
    visible = world.visible(call.app)
    named = ask.owner_filter.userid_list if ask.owner_filter else []
    if named:
        owners = {world.visible_member(call.app, userid).userid for userid in named}
    else:
        if len(visible) > RANGE_CAP:
            raise Refused(81017, "over 1000 members in range: give owner_filter")
        # A group of somebody who left is listed too: it waits for a new owner.
        left = {m.userid for m in world.directory.everybody()} - {
            m.userid for m in world.directory.present()
        }
        owners = set(visible) | (left if call.app.visible.everybody else set())
    found = [
        group
        for group in world.groups.open()
        if group.face.owner in owners and ask.status_filter in (0, group.status)
    ]
    arguments = [ask.status_filter, sorted(named)]
    rows, following = page(call.path, arguments, ask.cursor, found, ask.limit)
    answer: Json = {
        "group_chat_list": [{"chat_id": group.chat_id, "status": group.status} for group in rows]
    }
    return answer | ({"next_cursor": following} if following else {})


def get_group(call: Call, ask: GetGroup) -> Json:
    """One group as it is shown now; the data lags about 2 s behind the events."""
    group = visible_group(call, ask.chat_id)
    face = group.seen_at(call.at)
    return {
        "group_chat": {
            "chat_id": group.chat_id,
            "name": face.name,
            "owner": face.owner,
            "create_time": group.create_time,
            "notice": face.notice,
            "member_list": [
                _member(call, member, named=bool(ask.need_name)) for member in face.members.values()
            ],
            "admin_list": [{"userid": userid} for userid in face.admins],
            "member_version": face.version,
        }
    }


def opengid_to_chatid(call: Call, ask: OpenGid) -> Json:
    """The chat id behind a mini program's opengid."""
    for group in call.world.groups.open():
        if group.opengid == ask.opengid:
            return {"chat_id": group.chat_id}
    raise Refused(90511, "invalid opengid")


def visible_group(call: Call, chat_id: str) -> Group:
    """An open customer group in range. Raises Refused 86003, 49008, 90501 or 60011."""
    group = call.world.groups.groups.get(chat_id)
    if group is None:
        raise Refused(86003, "chatid not found")
    if group.dismissed:
        raise Refused(49008, "group is dismissed")
    if group.internal:
        raise Refused(90501, "chat is not external group chat")
    owner = call.world.directory.find(group.face.owner)
    in_range = call.app.visible.everybody or group.face.owner in call.world.visible(call.app)
    if owner is None or not in_range:
        raise Refused(60011, "no privilege to access/modify contact/party/agent")
    return group


def _member(call: Call, member: GroupMember, *, named: bool) -> Json:
    contact = call.world.contacts.contacts.get(member.userid)
    staff = call.world.directory.find(member.userid)
    shown: Json = {"userid": member.userid, "type": member.type}
    if member.type == OUTSIDE and contact and contact.type == 1 and contact.unionid:
        shown["unionid"] = contact.unionid
    shown["join_time"] = member.join_time
    shown["join_scene"] = member.join_scene
    if member.invitor and call.world.directory.find(member.invitor):
        shown["invitor"] = {"userid": member.invitor}
    shown["group_nickname"] = member.group_nickname
    if named:
        shown["name"] = contact.name if contact else (staff.name if staff else "")
    return shown | ({"state": member.state} if member.state else {})


ENDPOINTS = (
    post("externalcontact/groupchat/list", ListGroups, list_groups, "customer"),
    post("externalcontact/groupchat/get", GetGroup, get_group, "customer"),
    post("externalcontact/opengid_to_chatid", OpenGid, opengid_to_chatid, "customer"),
)
