"""add_msg_template: a group send becomes a task per member (api.md 5.1)."""

from typing import Annotated, ClassVar

from pydantic import Field

from simulator.wecom.endpoints.attachments import (
    Attachment,
    Part,
    Text,
    checked_attachments,
    checked_text,
)
from simulator.wecom.endpoints.kit import Call, post
from simulator.wecom.errors import Json, Refused
from simulator.wecom.state.broadcasts import Broadcast, MemberTask, SendRow
from simulator.wecom.state.contacts import Relation
from simulator.wecom.strictness import Ask


class TagSet(Part):
    """Tags of which a customer needs one."""

    tag_list: Annotated[list[str], Field(min_length=1, max_length=100)]


class TagFilter(Part):
    """All sets must be met."""

    group_list: list[TagSet]


class AddBroadcast(Ask):
    """add_msg_template [92135]."""

    wrong: ClassVar[dict[str, int]] = {"external_userid": 40096}
    over: ClassVar[dict[str, int]] = {"external_userid": 40058, "chat_id_list": 40058}
    chat_type: str = "single"
    external_userid: Annotated[list[str], Field(max_length=10_000)] = Field(default_factory=list)
    chat_id_list: Annotated[list[str], Field(max_length=2_000)] = Field(default_factory=list)
    tag_filter: TagFilter | None = None
    sender: str | None = None
    allow_select: bool = False
    text: Text | None = None
    attachments: list[Attachment] = Field(default_factory=list)


def add_broadcast(call: Call, ask: AddBroadcast) -> Json:
    """Make the tasks; nothing reaches a customer before a member confirms."""
    world = call.world
    if ask.chat_type not in ("single", "group"):
        raise Refused(86214, "invalid chat_type")
    if ask.sender == "":
        raise Refused(40058, "invalid parameter: sender")
    text = checked_text(ask.text)
    attachments = checked_attachments(call, ask.attachments)
    if not text and not attachments:
        raise Refused(40063, "text and attachments both empty")
    sender = world.visible_member(call.app, ask.sender).userid if ask.sender else None
    plan = _groups(call, ask, sender) if ask.chat_type == "group" else _singles(call, ask, sender)
    rows, failed = plan
    if not rows:
        raise Refused(41048, "no customer to send")
    tasks: dict[str, MemberTask] = {}
    for row in rows:
        tasks.setdefault(row.userid, MemberTask(row.userid, [])).rows.append(row)
    modes = world.modes
    broadcast = Broadcast(
        msgid=world.ids.text("msg"),
        chat_type=ask.chat_type,
        created_at=call.at,
        ready_at=call.at + modes.broadcast_dispatch_s,
        text=text,
        attachments=attachments,
        tasks=tasks,
        agent_id=call.app.agent_id,
        allow_select=ask.allow_select,
        awaits_approval=modes.broadcast_approval,
    )
    world.broadcasts.broadcasts[broadcast.msgid] = broadcast
    return {"fail_list": failed, "msgid": broadcast.msgid}


def _groups(call: Call, ask: AddBroadcast, sender: str | None) -> tuple[list[SendRow], list[str]]:
    if sender is None:
        raise Refused(40058, "missing parameter: sender")
    groups = call.world.groups
    if not ask.chat_id_list:
        # Without a list the owner picks among his groups by hand.
        return [SendRow(sender, group.chat_id) for group in groups.owned_by(sender)], []
    rows, failed = [], []
    for chat_id in dict.fromkeys(ask.chat_id_list):
        group = groups.groups.get(chat_id)
        if group is None or group.dismissed or group.internal or group.face.owner != sender:
            failed.append(chat_id)
        else:
            rows.append(SendRow(sender, chat_id))
    return rows, failed


def _singles(call: Call, ask: AddBroadcast, sender: str | None) -> tuple[list[SendRow], list[str]]:
    contacts = call.world.contacts
    visible = call.world.visible(call.app)
    if ask.external_userid:
        rows, failed = [], []
        for external_userid in dict.fromkeys(ask.external_userid):
            found = [
                relation
                for relation in contacts.of_contact(external_userid)
                if relation.userid in visible and sender in (None, relation.userid)
            ]
            if found:
                rows.append(SendRow(_closest(found).userid, external_userid))
            else:
                failed.append(external_userid)
        return rows, failed
    if ask.tag_filter is None and sender is None:
        raise Refused(40058, "sender, external_userid and tag_filter all empty")
    chosen: dict[str, list[Relation]] = {}
    for userid in [sender] if sender else sorted(visible):
        for relation in contacts.of_member(userid):
            if ask.tag_filter is None or _tagged(relation, ask.tag_filter):
                chosen.setdefault(relation.external_userid, []).append(relation)
    return [
        SendRow(_closest(found).userid, external_userid)
        for external_userid, found in chosen.items()
    ], []


def _closest(found: list[Relation]) -> Relation:
    """Only the member who last talked with the customer gets the task."""
    return max(found, key=lambda relation: (relation.last_talk, relation.createtime))


def _tagged(relation: Relation, wanted: TagFilter) -> bool:
    marked = set(relation.tags)
    return all(marked.intersection(tags.tag_list) for tags in wanted.group_list)


ENDPOINTS = (post("externalcontact/add_msg_template", AddBroadcast, add_broadcast, "customer"),)
