"""External contacts: list, get, get_by_user, remark (api.md 3.2)."""

from typing import Annotated, ClassVar

from pydantic import Field

from simulator.wecom.cursors import page, seal, unseal
from simulator.wecom.endpoints.kit import Call, get, post
from simulator.wecom.errors import Json, Refused
from simulator.wecom.state.contacts import Contact, Relation
from simulator.wecom.strictness import Ask, QueryAsk

FOLLOWERS_A_PAGE = 500
BATCH_CAP = 100


class ListContacts(QueryAsk):
    """E list [92113]."""

    missing: ClassVar[dict[str, int]] = {"userid": 41009}
    userid: str


class GetContact(QueryAsk):
    """E get [92114]."""

    missing: ClassVar[dict[str, int]] = {"external_userid": 41035}
    external_userid: str
    cursor: str = ""


class GetByUser(Ask):
    """E batch/get_by_user [92994]."""

    missing: ClassVar[dict[str, int]] = {"userid_list": 40031}
    wrong: ClassVar[dict[str, int]] = {"userid_list": 40031}
    over: ClassVar[dict[str, int]] = {"userid_list": 40032}
    userid_list: Annotated[list[str], Field(min_length=1, max_length=100)]
    cursor: str = ""
    limit: int = 50


class Remark(Ask):
    """E remark [92115]."""

    missing: ClassVar[dict[str, int]] = {"userid": 41009, "external_userid": 41035}
    userid: str
    external_userid: str
    remark: Annotated[str, Field(max_length=20)] | None = None
    description: Annotated[str, Field(max_length=150)] | None = None
    remark_company: Annotated[str, Field(max_length=20)] | None = None
    remark_mobiles: list[str] | None = None
    remark_pic_mediaid: str | None = None


def list_contacts(call: Call, ask: ListContacts) -> Json:
    """A member's contacts; one without contacts is 84061, as the live API answers."""
    member = call.world.visible_member(call.app, ask.userid)
    found = call.world.contacts.of_member(member.userid)
    if not found:
        raise Refused(84061, "not external contact")
    return {"external_userid": [relation.external_userid for relation in found]}


def get_contact(call: Call, ask: GetContact) -> Json:
    """A contact and the visible members who follow it, 500 followers a page."""
    world = call.world
    contact = world.contacts.contacts.get(ask.external_userid)
    if contact is None:
        raise Refused(40096, "invalid external userid")
    visible = world.visible(call.app)
    followers = [
        relation
        for relation in world.contacts.of_contact(ask.external_userid)
        if relation.userid in visible
    ]
    if not followers:
        raise Refused(84061, "not external contact")
    rows, following = page(call.path, ask.external_userid, ask.cursor, followers, FOLLOWERS_A_PAGE)
    answer: Json = {
        "external_contact": _contact(contact),
        "follow_user": [_follower(call, contact, relation) for relation in rows],
    }
    return answer | ({"next_cursor": following} if following else {})


def get_by_user(call: Call, ask: GetByUser) -> Json:
    """Contacts of up to 100 members, page by page; more than 100 a page is cut to 100."""
    world = call.world
    members = [world.visible_member(call.app, userid) for userid in ask.userid_list]
    if ask.limit < 1:
        raise Refused(40058, "invalid parameter: limit")
    unlicensed = [member.userid for member in members if not member.licensed]
    licensed = [member.userid for member in members if member.licensed]
    if not licensed:
        raise Refused(701008, "all userid unlicensed")
    limit = min(ask.limit, BATCH_CAP)
    index, number = unseal(call.path, ask.userid_list, ask.cursor) or [0, 0]
    rows: list[Relation] = []
    while index < len(licensed):
        rows += world.contacts.rows_after(licensed[index], number, limit - len(rows))
        if len(rows) == limit:
            number = rows[-1].number
            break
        index, number = index + 1, 0
    over = index >= len(licensed)
    if not over and index == len(licensed) - 1:
        over = not world.contacts.rows_after(licensed[index], number, 1)
    return {
        "external_contact_list": [
            {
                "external_contact": _contact(world.contacts.contacts[row.external_userid]),
                "follow_info": _follow_info(call, row),
            }
            for row in rows
        ],
        "next_cursor": "" if over else seal(call.path, ask.userid_list, [index, number]),
        "fail_info": {"unlicensed_userid_list": unlicensed},
    }


def remark(call: Call, ask: Remark) -> Json:
    """Write a member's notes about a contact. No callback follows an API change."""
    if all(
        value is None
        for value in (
            ask.remark,
            ask.description,
            ask.remark_company,
            ask.remark_mobiles,
            ask.remark_pic_mediaid,
        )
    ):
        raise Refused(40063, "nothing to write")
    relation = relation_of(call, ask.userid, ask.external_userid)
    contact = call.world.contacts.contacts[relation.external_userid]
    if ask.remark is not None:
        relation.remark = ask.remark
    if ask.description is not None:
        relation.description = ask.description
    if ask.remark_company is not None and contact.type == 1:
        relation.remark_corp_name = ask.remark_company
    if ask.remark_mobiles is not None:
        relation.remark_mobiles = [mobile for mobile in ask.remark_mobiles if mobile]
    return {}


def relation_of(call: Call, userid: str, external_userid: str) -> Relation:
    """The accepted relation of a pair. Raises Refused 60111, 60011, 40096 or 84061."""
    member = call.world.visible_member(call.app, userid)
    if external_userid not in call.world.contacts.contacts:
        raise Refused(40096, "invalid external userid")
    relation = call.world.contacts.pair(member.userid, external_userid)
    if relation is None or relation.half:
        raise Refused(84061, "not external contact")
    return relation


def _contact(contact: Contact) -> Json:
    shown: Json = {
        "external_userid": contact.external_userid,
        "name": contact.name,
        "type": contact.type,
        "avatar": contact.avatar,
        "gender": contact.gender,
    }
    if contact.type == 1 and contact.unionid:
        shown["unionid"] = contact.unionid
    if contact.type == 2:
        shown |= {
            "position": contact.position,
            "corp_name": contact.corp_name,
            "corp_full_name": contact.corp_full_name,
            "external_profile": contact.external_profile or {"external_attr": []},
        }
    return shown


def _pair(relation: Relation, contact: Contact) -> Json:
    shown: Json = {
        "userid": relation.userid,
        "remark": relation.remark,
        "description": relation.description,
        "createtime": relation.createtime,
    }
    if contact.type == 1 and relation.remark_corp_name:
        shown["remark_corp_name"] = relation.remark_corp_name
    shown["remark_mobiles"] = list(relation.remark_mobiles)
    shown["oper_userid"] = relation.oper_userid or relation.userid
    shown["add_way"] = relation.add_way
    if relation.state:
        shown["state"] = relation.state
    if relation.add_way == 10 and relation.wechat_channels:
        shown["wechat_channels"] = relation.wechat_channels
    return shown


def _follower(call: Call, contact: Contact, relation: Relation) -> Json:
    shelf = call.world.tags
    tags: list[Json] = []
    for tag_id in relation.tags:
        tag, home = shelf.tag(tag_id), shelf.home(tag_id)
        if tag and home:
            tags.append(
                {"group_name": home.name, "tag_name": tag.name, "tag_id": tag.id, "type": 1}
            )
    for group_name, tag_name in relation.own_tags:
        tags.append({"group_name": group_name, "tag_name": tag_name, "type": 2})
    return _pair(relation, contact) | {"tags": tags}


def _follow_info(call: Call, relation: Relation) -> Json:
    contact = call.world.contacts.contacts[relation.external_userid]
    living = [tag_id for tag_id in relation.tags if call.world.tags.tag(tag_id)]
    return _pair(relation, contact) | {"tag_id": living}


ENDPOINTS = (
    get("externalcontact/list", ListContacts, list_contacts, "customer"),
    get("externalcontact/get", GetContact, get_contact, "customer"),
    post("externalcontact/batch/get_by_user", GetByUser, get_by_user, "customer"),
    post("externalcontact/remark", Remark, remark, "customer"),
)
