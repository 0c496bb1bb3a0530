"""Bulk making of departments, members, customers, relations, groups and console tags.

Nothing made here causes a callback: it is the world as it was before the test began.
"""

from typing import Any, Literal

from pydantic import Field

from simulator.wecom.control.kit import BadOrderError, Order
from simulator.wecom.errors import Json
from simulator.wecom.state.contacts import Contact, Relation
from simulator.wecom.state.directory import Department, Member
from simulator.wecom.state.groups import OUTSIDE, STAFF, Group, GroupFace, GroupMember
from simulator.wecom.state.tags import CONSOLE, Tag, TagGroup
from simulator.wecom.world import World


class DepartmentOrder(Order):
    """A department."""

    id: int
    name: str
    parentid: int = 1
    order: int = 0
    name_en: str = ""
    leaders: list[str] = Field(default_factory=list)


class MemberOrder(Order):
    """A member. ``archive_edition`` None: not enabled for the archive."""

    userid: str
    name: str = ""
    departments: list[int] = Field(default_factory=lambda: [1])
    position: str = ""
    alias: str = ""
    status: int = 1
    gender: str = "0"
    mobile: str = ""
    email: str = ""
    leader_in: list[int] = Field(default_factory=list)
    direct_leader: list[str] = Field(default_factory=list)
    external_right: bool = True
    verified: bool = True
    licensed: bool = True
    archive_edition: Literal[1, 2, 3] | None = 2
    console_welcome: bool = False
    contact_cap: int = 20_000
    days_since_login: int = 0
    english_name: str = ""
    extattr: list[dict[str, Any]] = Field(default_factory=list)
    external_profile: dict[str, Any] = Field(default_factory=dict)


class FollowerOrder(Order):
    """One member's relation to a customer."""

    userid: str
    createtime: int | None = None
    remark: str = ""
    description: str = ""
    tags: list[str] = Field(default_factory=list)
    own_tags: list[tuple[str, str]] = Field(default_factory=list)
    remark_corp_name: str = ""
    remark_mobiles: list[str] = Field(default_factory=list)
    oper_userid: str = ""
    add_way: int = 1
    state: str = ""
    wechat_channels: dict[str, Any] | None = None
    half: bool = False
    contact_left: bool = False
    agreed: bool = False
    last_talk: float = 0.0
    handed_over: list[int] = Field(default_factory=list)


class CustomerOrder(Order):
    """A customer with those who follow him."""

    external_userid: str = ""
    name: str = "微信用户"
    type: Literal[1, 2] = 1
    gender: int = 0
    unionid: str = ""
    avatar: str = ""
    position: str = ""
    corp_name: str = ""
    corp_full_name: str = ""
    external_profile: dict[str, Any] | None = None
    followers: list[FollowerOrder] = Field(default_factory=list)


class RelationOrder(FollowerOrder):
    """A relation to a customer who is known."""

    external_userid: str


class SeatOrder(Order):
    """Somebody in a group: a member by userid, or a contact by external_userid."""

    userid: str
    join_time: int | None = None
    join_scene: int = 1
    invitor: str = ""
    group_nickname: str = ""
    state: str = ""
    agreed: bool = False


class GroupOrder(Order):
    """A customer group, or an internal one."""

    chat_id: str = ""
    name: str = ""
    owner: str
    notice: str = ""
    create_time: int | None = None
    members: list[SeatOrder] = Field(default_factory=list)
    admins: list[str] = Field(default_factory=list)
    internal: bool = False
    opengid: str = ""


class TagOrder(Order):
    """One console tag."""

    id: str = ""
    name: str
    order: int = 0


class TagGroupOrder(Order):
    """A group of console tags; ``agent_id`` makes it an app's own."""

    id: str = ""
    name: str
    order: int = 0
    agent_id: int = CONSOLE
    tags: list[TagOrder]


def make_departments(world: World, orders: list[DepartmentOrder]) -> Json:
    """Departments; 1 is the root."""
    for order in orders:
        parent = 0 if order.id == 1 else order.parentid
        world.directory.put_department(
            Department(order.id, order.name, parent, order.order, order.name_en, order.leaders)
        )
    return {"departments": [order.id for order in orders]}


def make_members(world: World, orders: list[MemberOrder]) -> Json:
    """Members; the root department appears by itself."""
    if 1 not in world.directory.departments:
        world.directory.put_department(Department(1, world.corp.name or "总行"))
    for order in orders:
        unknown = [d for d in order.departments if d not in world.directory.departments]
        if unknown:
            raise BadOrderError(f"member {order.userid}: no department {unknown[0]}")
        world.directory.put(member_from(order))
    return {"members": [order.userid for order in orders]}


def member_from(order: MemberOrder) -> Member:
    """A member as ordered."""
    return Member(
        userid=order.userid,
        name=order.name or order.userid,
        departments=list(order.departments),
        orders=[0] * len(order.departments),
        leader_in=order.leader_in or [0] * len(order.departments),
        position=order.position,
        alias=order.alias,
        status=order.status,
        gender=order.gender,
        mobile=order.mobile,
        email=order.email,
        direct_leader=list(order.direct_leader),
        external_right=order.external_right,
        verified=order.verified,
        licensed=order.licensed,
        archive_edition=order.archive_edition,
        console_welcome=order.console_welcome,
        contact_cap=order.contact_cap,
        days_since_login=order.days_since_login,
        english_name=order.english_name,
        extattr=list(order.extattr),
        external_profile=dict(order.external_profile),
    )


def make_customers(world: World, orders: list[CustomerOrder]) -> Json:
    """Customers and their relations, fast enough for 100 000 at once."""
    made = []
    for order in orders:
        external_userid = order.external_userid or world.ids.text("wm")
        world.contacts.contacts[external_userid] = Contact(
            external_userid,
            order.name,
            order.type,
            order.gender,
            order.avatar or f"https://avatar.example/{external_userid}/0",
            order.unionid or (world.ids.text("oz", 28) if order.type == 1 else ""),
            order.position,
            order.corp_name,
            order.corp_full_name,
            order.external_profile,
        )
        for follower in order.followers:
            _relate(world, external_userid, follower)
        made.append(external_userid)
    return {"external_userids": made}


def make_relations(world: World, orders: list[RelationOrder]) -> Json:
    """Relations between members and customers who are known."""
    for order in orders:
        if order.external_userid not in world.contacts.contacts:
            raise BadOrderError(f"no customer {order.external_userid}: POST /_sim/customers first")
        _relate(world, order.external_userid, order)
    return {"relations": len(orders)}


def _relate(world: World, external_userid: str, order: FollowerOrder) -> Relation:
    member = world.directory.find(order.userid)
    if member is None:
        raise BadOrderError(f"no member {order.userid}: POST /_sim/members first")
    now = int(world.now())
    created = now if order.createtime is None else order.createtime
    relation = world.contacts.relate(member.userid, external_userid, created)
    relation.remark = order.remark
    relation.description = order.description
    relation.tags = list(order.tags)
    relation.own_tags = list(order.own_tags)
    relation.remark_corp_name = order.remark_corp_name
    relation.remark_mobiles = list(order.remark_mobiles)
    relation.oper_userid = order.oper_userid
    relation.add_way = order.add_way
    relation.state = order.state
    relation.wechat_channels = order.wechat_channels
    relation.half = order.half
    relation.contact_left = order.contact_left
    relation.last_talk = order.last_talk
    relation.handed_over = list(order.handed_over)
    relation.agreed = order.agreed
    relation.agreed_at = created if order.agreed else 0
    return relation


def make_groups(world: World, orders: list[GroupOrder]) -> Json:
    """Groups with their members; the owner sits in his group by himself."""
    made = []
    for order in orders:
        if world.directory.find(order.owner) is None:
            raise BadOrderError(f"no member {order.owner}: POST /_sim/members first")
        created = int(world.now()) if order.create_time is None else order.create_time
        seats = [SeatOrder(userid=order.owner), *order.members]
        members = {seat.userid: _seat(world, seat, created) for seat in seats}
        face = GroupFace(
            order.name,
            order.owner,
            order.notice,
            members,
            list(order.admins),
            world.ids.hexadecimal("member_version"),
        )
        chat_id = order.chat_id or world.ids.text("wr")
        world.groups.groups[chat_id] = Group(
            chat_id,
            face,
            created,
            internal=order.internal,
            opengid=order.opengid or f"og{chat_id[2:]}",
        )
        made.append(chat_id)
    return {"chat_ids": made}


def _seat(world: World, seat: SeatOrder, created: int) -> GroupMember:
    staff = world.directory.find(seat.userid) is not None
    joined = created if seat.join_time is None else seat.join_time
    return GroupMember(
        seat.userid,
        STAFF if staff else OUTSIDE,
        joined,
        seat.join_scene,
        seat.invitor,
        seat.group_nickname,
        seat.state,
        seat.agreed,
        joined if seat.agreed else 0,
    )


def make_tags(world: World, orders: list[TagGroupOrder]) -> Json:
    """Tag groups made in the console (read-only for apps) or, with agent_id, by an app."""
    now, made = int(world.now()), []
    for order in orders:
        group = TagGroup(
            order.id or world.ids.text("et"), order.name, now, order.order, order.agent_id
        )
        world.tags.add_group(group)
        for tag in order.tags:
            tag_id = tag.id or world.ids.text("et")
            world.tags.add(group, Tag(tag_id, tag.name, now, tag.order, order.agent_id))
        tags = [{"id": t.id, "name": t.name} for t in group.tags.values()]
        made.append({"group_id": group.id, "name": group.name, "tags": tags})
    return {"tag_groups": made}
