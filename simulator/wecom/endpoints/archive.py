"""HTTP calls with the archive secret: who is enabled, who agreed, internal groups (api.md 9.4)."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from simulator.wecom.endpoints.attachments import Part
from simulator.wecom.endpoints.kit import Call, get, post
from simulator.wecom.errors import Json, Refused
from simulator.wecom.state.groups import OUTSIDE, Group
from simulator.wecom.strictness import Ask, QueryAsk


class PermitList(Ask):
    """msgaudit/get_permit_user_list [91614]; without type all editions."""

    type: Literal[1, 2, 3] | None = None


class PairToCheck(Part):
    """One pair; the spelling is the API's."""

    userid: str
    exteranalopenid: str


class SingleAgree(Ask):
    """msgaudit/check_single_agree [91782]."""

    over: ClassVar[dict[str, int]] = {"info": 301060}
    info: Annotated[list[PairToCheck], Field(min_length=1, max_length=100)]


class Room(Ask):
    """msgaudit/check_room_agree, msgaudit/groupchat/get."""

    missing: ClassVar[dict[str, int]] = {"roomid": 86001}
    wrong: ClassVar[dict[str, int]] = {"roomid": 86001}
    roomid: str


class Robot(QueryAsk):
    """msgaudit/get_robot_info."""

    robot_id: str


def permit_list(call: Call, ask: PermitList) -> Json:
    """Members who are enabled for the archive."""
    return {
        "ids": [
            member.userid
            for member in call.world.directory.present()
            if member.archive_edition and ask.type in (None, member.archive_edition)
        ]
    }


def single_agree(call: Call, ask: SingleAgree) -> Json:
    """Whether a contact agreed towards a member, and since when."""
    rows = []
    for pair in ask.info:
        member = call.world.directory.find(pair.userid)
        relation = call.world.contacts.pair(member.userid, pair.exteranalopenid) if member else None
        if member is None or relation is None:
            raise Refused(301061, "userid or exteranalopenid not found")
        rows.append(
            {
                "status_change_time": relation.agreed_at or relation.createtime,
                "userid": member.userid,
                "exteranalopenid": pair.exteranalopenid,
                "agree_status": "Agree" if relation.agreed else "Disagree",
            }
        )
    return {"agreeinfo": rows}


def room_agree(call: Call, ask: Room) -> Json:
    """Which contacts of a customer group agreed."""
    group = _room(call, ask.roomid)
    return {
        "agreeinfo": [
            {
                "status_change_time": seat.agreed_at or seat.join_time,
                "exteranalopenid": seat.userid,
                "agree_status": "Agree" if seat.agreed else "Disagree",
            }
            for seat in group.face.members.values()
            if seat.type == OUTSIDE
        ]
    }


def internal_group(call: Call, ask: Room) -> Json:
    """An internal group; a customer group is 301059."""
    group = _room(call, ask.roomid)
    if not group.internal:
        raise Refused(301059, "not an internal group")
    return {
        "roomname": group.face.name,
        "creator": group.face.owner,
        "room_create_time": group.create_time,
        "notice": group.face.notice,
        "members": [
            {"memberid": seat.userid, "jointime": seat.join_time}
            for seat in group.face.members.values()
        ],
    }


def robot_info(call: Call, ask: Robot) -> Json:
    """A bot of the corp."""
    robot = call.world.robots.get(ask.robot_id)
    if robot is None:
        raise Refused(40058, "invalid robot_id")
    name, creator = robot
    return {"data": {"robot_id": ask.robot_id, "name": name, "creator_userid": creator}}


def _room(call: Call, roomid: str) -> Group:
    group = call.world.groups.groups.get(roomid)
    if group is None:
        raise Refused(86003, "roomid not found")
    return group


ENDPOINTS = (
    post("msgaudit/get_permit_user_list", PermitList, permit_list, "archive"),
    post("msgaudit/check_single_agree", SingleAgree, single_agree, "archive"),
    post("msgaudit/check_room_agree", Room, room_agree, "archive"),
    post("msgaudit/groupchat/get", Room, internal_group, "archive"),
    get(
        "msgaudit/get_robot_info",
        Robot,
        robot_info,
        "archive",
        limits=(("minute", "robot_info_per_minute"),),
    ),
)
