"""Adding, accepting, deleting, marking; agreeing to the archive and taking it back."""

from typing import Any

from pydantic import Field

from simulator.wecom.errors import Json
from simulator.wecom.people.kit import Act, ActError, act, the_member, the_relation
from simulator.wecom.state.contacts import Contact, Relation
from simulator.wecom.state.welcomes import WelcomeCode
from simulator.wecom.world import World


class Add(Act):
    """A member and a customer become contacts; the customer is made when not known."""

    userid: str
    external_userid: str = ""
    name: str = "微信用户"
    type: int = 1
    gender: int = 0
    unionid: str = ""
    avatar: str = ""
    state: str = ""
    add_way: int = 1
    oper_userid: str = ""
    remark: str = ""
    config_id: str = ""
    agreed: bool = False
    opened_by_member: bool = False


class Pair(Act):
    """One member and one customer."""

    userid: str
    external_userid: str


class DeleteByMember(Pair):
    """The member deletes the contact."""

    source: str = ""


class MarkTags(Pair):
    """The member tags the contact in his client (corp tags by id, own tags by name)."""

    add_tag: list[str] = Field(default_factory=list)
    remove_tag: list[str] = Field(default_factory=list)
    own_tags: list[tuple[str, str]] | None = None


class Note(Pair):
    """The member edits what he noted about the contact."""

    remark: str | None = None
    description: str | None = None
    remark_mobiles: list[str] | None = None


class Consent(Act):
    """A contact agrees (or no longer does) to the archive, towards a member or in a group."""

    external_userid: str
    userid: str = ""
    chat_id: str = ""


def add(world: World, ask: Add) -> Json:
    """add_external_contact, with a welcome code where WeCom gives one."""
    return _begin(world, ask, "add_external_contact", half=False)


def add_half(world: World, ask: Add) -> Json:
    """add_half_external_contact: the customer added a member who has not accepted yet."""
    return _begin(world, ask, "add_half_external_contact", half=True)


def accept(world: World, ask: Pair) -> Json:
    """The member accepts: add_external_contact, without a code when the half one was used."""
    relation = the_relation(world, ask.userid, ask.external_userid)
    if not relation.half:
        raise ActError("nothing to accept: this relation is already whole")
    relation.half = False
    code = _welcome_code(world, relation)
    _tell_begun(world, "add_external_contact", relation, code)
    return {"external_userid": relation.external_userid, "welcome_code": code or ""}


def delete_by_member(world: World, ask: DeleteByMember) -> Json:
    """del_external_contact; afterwards the customer APIs answer 84061 for the pair."""
    relation = the_relation(world, ask.userid, ask.external_userid)
    world.contacts.drop(relation.userid, relation.external_userid)
    world.tell_contact(
        "del_external_contact",
        relation.userid,
        relation.external_userid,
        Source=ask.source or None,
    )
    return {}


def delete_by_customer(world: World, ask: Pair) -> Json:
    """del_follow_user; the member still has the contact, broadcasts no longer reach him."""
    relation = the_relation(world, ask.userid, ask.external_userid)
    relation.contact_left = True
    world.days.lost(relation.userid, world.now())
    world.tell_contact("del_follow_user", relation.userid, relation.external_userid)
    return {}


def tag(world: World, ask: MarkTags) -> Json:
    """The member changes tags in his client: edit_external_contact."""
    relation = the_relation(world, ask.userid, ask.external_userid)
    for tag_id in (*ask.add_tag, *ask.remove_tag):
        if world.tags.tag(tag_id) is None:
            raise ActError(f"no corp tag {tag_id!r}: make it with POST /_sim/tags first")
    kept = [tag_id for tag_id in relation.tags if tag_id not in ask.remove_tag]
    relation.tags = list(dict.fromkeys([*kept, *ask.add_tag]))
    if ask.own_tags is not None:
        relation.own_tags = ask.own_tags
    return _edited(world, relation)


def remark(world: World, ask: Note) -> Json:
    """The member changes remark, description or phone numbers: edit_external_contact."""
    relation = the_relation(world, ask.userid, ask.external_userid)
    relation.remark = relation.remark if ask.remark is None else ask.remark
    relation.description = relation.description if ask.description is None else ask.description
    if ask.remark_mobiles is not None:
        relation.remark_mobiles = ask.remark_mobiles
    return _edited(world, relation)


def agree(world: World, ask: Consent) -> Json:
    """The contact agrees to the archive: a record, and msg_audit_approved for a pair."""
    return _consent(world, ask, agreed=True)


def disagree(world: World, ask: Consent) -> Json:
    """The contact takes his consent back: a record, no event."""
    return _consent(world, ask, agreed=False)


def _consent(world: World, ask: Consent, *, agreed: bool) -> Json:
    at = world.now()
    kind, moment = ("agree", "agree_time") if agreed else ("disagree", "disagree_time")
    body: dict[str, Any] = {
        "msgtype": kind,
        kind: {"userid": ask.external_userid, moment: int(at * 1000)},
    }
    if ask.chat_id:
        group = world.groups.groups.get(ask.chat_id)
        member = group.face.members.get(ask.external_userid) if group else None
        if group is None or member is None:
            raise ActError(f"{ask.external_userid!r} is not in group {ask.chat_id!r}")
        member.agreed, member.agreed_at = True, int(at)
        world.voice.archive_group(group, ask.external_userid, body, at)
        member.agreed = agreed
        return {}
    relation = the_relation(world, ask.userid, ask.external_userid)
    # The consent itself is archived both when it is given and when it is taken back.
    relation.agreed, relation.agreed_at = True, int(at)
    world.voice.archive_pair(
        relation.userid, relation.external_userid, relation.external_userid, body, at
    )
    relation.agreed = agreed
    if not agreed:
        return {}
    code = _welcome_code(world, relation)
    world.tell_contact(
        "msg_audit_approved", relation.userid, relation.external_userid, WelcomeCode=code
    )
    return {"welcome_code": code or ""}


def _begin(world: World, ask: Add, change: str, *, half: bool) -> Json:
    member = the_member(world, ask.userid)
    state = ask.state
    if ask.config_id:
        way = world.ways.ways.get(ask.config_id)
        if way is None:
            raise ActError(f"no contact way {ask.config_id!r}")
        if member.userid not in world.ways.members(way, world.directory):
            raise ActError(f"{ask.userid!r} does not serve contact way {ask.config_id!r}")
        state = state or way.state
    external_userid = ask.external_userid or world.ids.text("wm")
    if external_userid not in world.contacts.contacts:
        world.contacts.contacts[external_userid] = Contact(
            external_userid,
            ask.name,
            type=ask.type,
            gender=ask.gender,
            unionid=ask.unionid or world.ids.text("oz", 28),
            avatar=ask.avatar or f"https://avatar.example/{external_userid}/0",
        )
    old = world.contacts.pair(member.userid, external_userid)
    if old is not None and not old.half and not old.contact_left:
        raise ActError(f"{ask.userid!r} and {external_userid!r} are contacts already")
    relation = world.contacts.relate(member.userid, external_userid, int(world.now()))
    relation.state = state
    relation.add_way = ask.add_way
    relation.remark = ask.remark
    relation.oper_userid = ask.oper_userid or (
        member.userid if ask.opened_by_member else external_userid
    )
    relation.half = half
    if ask.agreed:
        relation.agreed, relation.agreed_at = True, int(world.now())
    world.days.began(relation.userid, world.now(), applied=ask.opened_by_member)
    code = _welcome_code(world, relation)
    _tell_begun(world, change, relation, code)
    return {"external_userid": external_userid, "welcome_code": code or ""}


def _tell_begun(world: World, change: str, relation: Relation, code: str | None) -> None:
    world.tell_contact(
        change,
        relation.userid,
        relation.external_userid,
        State=relation.state or None,
        WelcomeCode=code,
    )


def _welcome_code(world: World, relation: Relation) -> str | None:
    """A new code, or None where WeCom gives none [92130]."""
    member = world.directory.find(relation.userid)
    contact = world.contacts.contacts[relation.external_userid]
    last = world.welcomes.newest(relation.userid, relation.external_userid)
    greeted = last is not None and last.used_by is not None
    chatted = relation.last_talk > 0 or (last is not None and last.chat_begun)
    if contact.type == 2 or greeted or chatted or (member is not None and member.console_welcome):
        return None
    code = WelcomeCode(
        world.ids.secret("welcome"), relation.userid, relation.external_userid, world.now()
    )
    world.welcomes.put(code)
    return code.code


def _edited(world: World, relation: Relation) -> Json:
    world.tell_contact("edit_external_contact", relation.userid, relation.external_userid)
    return {}


ACTS = (
    act("add", Add, add),
    act("add_half", Add, add_half),
    act("accept", Pair, accept),
    act("delete_by_member", DeleteByMember, delete_by_member),
    act("delete_by_customer", Pair, delete_by_customer),
    act("tag", MarkTags, tag),
    act("remark", Note, remark),
    act("agree", Consent, agree),
    act("disagree", Consent, disagree),
)
