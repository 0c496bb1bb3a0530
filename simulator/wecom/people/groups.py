"""Groups: made, joined, left, renamed, handed on, dismissed; with the version chain."""

from typing import Literal

from pydantic import Field

from simulator.wecom.callbacks.events import Node, chat_event
from simulator.wecom.errors import Json
from simulator.wecom.people.kit import Act, ActError, act, the_group, the_member
from simulator.wecom.state.groups import OUTSIDE, STAFF, Group, GroupFace, GroupMember
from simulator.wecom.world import World


class CreateGroup(Act):
    """A member makes a customer group."""

    owner: str
    name: str = ""
    members: list[str] = Field(default_factory=list)
    chat_id: str = ""


class Join(Act):
    """Somebody joins: join_scene 1 invited, 2 by link, 3 by QR code."""

    chat_id: str
    userid: str
    join_scene: Literal[1, 2, 3] = 1
    invitor: str = ""
    state: str = ""
    config_id: str = ""
    agreed: bool = False


class Leave(Act):
    """Somebody leaves (quit_scene 0) or is removed (1)."""

    chat_id: str
    userid: str
    quit_scene: Literal[0, 1] = 0


class Rename(Act):
    """The group gets a new name."""

    chat_id: str
    name: str


class Notice(Act):
    """The group gets a new notice."""

    chat_id: str
    notice: str


class NewOwner(Act):
    """The group gets a new owner, in the client."""

    chat_id: str
    owner: str


class Dismiss(Act):
    """The owner dismisses the group."""

    chat_id: str


def create_group(world: World, ask: CreateGroup) -> Json:
    """change_external_chat create."""
    owner, now = the_member(world, ask.owner), int(world.now())
    seats = {userid: _seat(world, userid, now) for userid in [owner.userid, *ask.members]}
    face = GroupFace(ask.name, owner.userid, "", seats, [], world.ids.hexadecimal("member_version"))
    chat_id = ask.chat_id or world.ids.text("wr")
    if chat_id in world.groups.groups:
        raise ActError(f"group {chat_id!r} exists already")
    group = Group(chat_id, face, now, opengid=f"og{chat_id[2:]}")
    world.groups.groups[chat_id] = group
    world.days.joined(chat_id, len(seats), world.now())
    _tell(world, group, "create", [])
    return {"chat_id": chat_id}


def join(world: World, ask: Join) -> Json:
    """update/add_member. The event's JoinScene is 3 for a QR code, else 0."""
    group = the_group(world, ask.chat_id)
    if ask.userid in group.face.members:
        raise ActError(f"{ask.userid!r} is in group {ask.chat_id!r} already")
    state = ask.state
    if ask.config_id:
        way = world.ways.joins.get(ask.config_id)
        if way is None:
            raise ActError(f"no join way {ask.config_id!r}")
        state = state or str(way.face.get("state", ""))
    seat = _seat(world, ask.userid, int(world.now()))
    seat.join_scene, seat.invitor, seat.state = ask.join_scene, ask.invitor, state
    seat.agreed, seat.agreed_at = ask.agreed, seat.join_time if ask.agreed else 0
    before = _change(world, group)
    group.face.members[seat.userid] = seat
    world.days.joined(group.chat_id, 1, world.now())
    scene = 3 if ask.join_scene == 3 else 0
    _tell_seats(world, group, "add_member", (scene, 0), seat.userid, before)
    return {"member_version": group.face.version}


def leave(world: World, ask: Leave) -> Json:
    """update/del_member."""
    group = the_group(world, ask.chat_id)
    if ask.userid not in group.face.members:
        raise ActError(f"{ask.userid!r} is not in group {ask.chat_id!r}")
    before = _change(world, group)
    del group.face.members[ask.userid]
    _tell_seats(world, group, "del_member", (0, ask.quit_scene), ask.userid, before)
    return {"member_version": group.face.version}


def rename_group(world: World, ask: Rename) -> Json:
    """update/change_name."""
    group = _lagging(world, ask.chat_id)
    group.face.name = ask.name
    return _updated(world, group, "change_name")


def change_notice(world: World, ask: Notice) -> Json:
    """update/change_notice."""
    group = _lagging(world, ask.chat_id)
    group.face.notice = ask.notice
    return _updated(world, group, "change_notice")


def change_owner(world: World, ask: NewOwner) -> Json:
    """update/change_owner."""
    owner = the_member(world, ask.owner)
    group = _lagging(world, ask.chat_id)
    if owner.userid not in group.face.members:
        raise ActError(f"{ask.owner!r} is not in group {ask.chat_id!r}")
    group.face.owner = owner.userid
    return _updated(world, group, "change_owner")


def dismiss_group(world: World, ask: Dismiss) -> Json:
    """dismiss; afterwards groupchat/get answers 49008."""
    group = the_group(world, ask.chat_id)
    group.dismissed = True
    _tell(world, group, "dismiss", [])
    return {}


def _seat(world: World, userid: str, at: int) -> GroupMember:
    staff = world.directory.find(userid) is not None
    if not staff and userid not in world.contacts.contacts:
        raise ActError(f"{userid!r} is neither a member nor a customer")
    return GroupMember(userid, STAFF if staff else OUTSIDE, at)


def _lagging(world: World, chat_id: str) -> Group:
    group = the_group(world, chat_id)
    group.lag(world.now(), world.modes.group_lag_s)
    return group


def _change(world: World, group: Group) -> str:
    """Begin a change of members: the old version is returned, a new one is set."""
    group.lag(world.now(), world.modes.group_lag_s)
    before = group.face.version
    group.face.version = world.ids.hexadecimal("member_version")
    return before


def _tell_seats(
    world: World, group: Group, detail: str, scenes: tuple[int, int], userid: str, before: str
) -> None:
    nodes: list[Node] = [
        ("UpdateDetail", detail),
        ("JoinScene", scenes[0]),
        ("QuitScene", scenes[1]),
        ("MemChangeCnt", 1),
        ("MemChangeList", [("Item", userid)]),
        ("LastMemVer", before),
        ("CurMemVer", group.face.version),
    ]
    _tell(world, group, "update", nodes)


def _updated(world: World, group: Group, detail: str) -> Json:
    _tell(world, group, "update", [("UpdateDetail", detail)])
    return {}


def _tell(world: World, group: Group, change: str, nodes: list[Node]) -> None:
    event = chat_event(world.corp.corp_id, world.now(), change, group.chat_id, nodes)
    world.tell_customer_apps(event, group.face.owner)


ACTS = (
    act("create_group", CreateGroup, create_group),
    act("join", Join, join),
    act("leave", Leave, leave),
    act("rename_group", Rename, rename_group),
    act("change_notice", Notice, change_notice),
    act("change_owner", NewOwner, change_owner),
    act("dismiss_group", Dismiss, dismiss_group),
)
