"""Talking: one to one, in groups, from the sidebar; taking a message back."""

from typing import Any

from pydantic import Field

from simulator.wecom.archive.bodies import text_body
from simulator.wecom.errors import Json
from simulator.wecom.people.kit import Act, ActError, act, the_group, the_member, the_relation
from simulator.wecom.state.talks import TalkRecord
from simulator.wecom.world import World


class Say(Act):
    """``speaker`` says something to ``to`` (a member or a contact) or in ``chat_id``.

    ``body`` is a whole archive body ({"msgtype": …, …}) for kinds other than text.
    """

    speaker: str
    to: str = ""
    chat_id: str = ""
    text: str = ""
    body: dict[str, Any] | None = None
    at: float | None = None


class ChatMessage(Act):
    """What the sidebar's ww.sendChatMessage does: the member sends with one tap."""

    userid: str
    external_userid: str = ""
    chat_id: str = ""
    text: str = ""
    attachments: list[dict[str, Any]] = Field(default_factory=list)


class Recall(Act):
    """The speaker takes back a message that was archived."""

    msgid: str


class OtherAppWelcome(Act):
    """Another app takes a welcome code: it is sending now, or it has sent."""

    welcome_code: str
    done: bool = False


def say(world: World, ask: Say) -> Json:
    """A message between people; what a member says to customers is noted as received."""
    at = world.now() if ask.at is None else ask.at
    if ask.chat_id:
        return shown(_say_in_group(world, ask, at))
    speaker = world.directory.find(ask.speaker)
    listener = world.directory.find(ask.to)
    if speaker is not None and listener is not None:
        body = ask.body or text_body(ask.text)
        return shown(world.voice.archive_staff(speaker.userid, listener.userid, body, at))
    userid, external_userid = (ask.speaker, ask.to) if speaker else (ask.to, ask.speaker)
    relation = the_relation(world, userid, external_userid)
    code = world.welcomes.newest(relation.userid, external_userid)
    if code is not None:
        code.chat_begun = True
    if speaker is not None and ask.body is None:
        return shown(
            world.voice.member_to_contact("chat", speaker.userid, external_userid, ask.text, [], at)
        )
    relation.last_talk = at
    world.days.talked(relation.userid, external_userid, at, by_member=speaker is not None)
    sender = relation.userid if speaker else external_userid
    body = ask.body or text_body(ask.text)
    return shown(world.voice.archive_pair(relation.userid, external_userid, sender, body, at))


def _say_in_group(world: World, ask: Say, at: float) -> list[TalkRecord]:
    group = the_group(world, ask.chat_id)
    if ask.speaker not in group.face.members:
        raise ActError(f"{ask.speaker!r} is not in group {ask.chat_id!r}")
    staff = world.directory.find(ask.speaker) is not None
    if staff and ask.body is None:
        return world.voice.member_to_group("group", ask.speaker, group, ask.text, [], at)
    world.days.said(group.chat_id, ask.speaker, at)
    return world.voice.archive_group(group, ask.speaker, ask.body or text_body(ask.text), at)


def send_chat_message(world: World, ask: ChatMessage) -> Json:
    """The member's tap in the sidebar; the customer or group receives it."""
    member, at = the_member(world, ask.userid), world.now()
    if ask.chat_id:
        group = the_group(world, ask.chat_id)
        if member.userid not in group.face.members:
            raise ActError(f"{ask.userid!r} is not in group {ask.chat_id!r}")
        return shown(
            world.voice.member_to_group(
                "group", member.userid, group, ask.text, ask.attachments, at
            )
        )
    relation = the_relation(world, ask.userid, ask.external_userid)
    if relation.contact_left:
        raise ActError(f"{ask.external_userid!r} deleted {ask.userid!r}: nothing can be sent")
    return shown(
        world.voice.member_to_contact(
            "chat", member.userid, relation.external_userid, ask.text, ask.attachments, at
        )
    )


def recall(world: World, ask: Recall) -> Json:
    """A revoke record that names the message taken back."""
    old = next((r for r in reversed(world.talks.records) if r.msgid == ask.msgid), None)
    if old is None or old.message.get("action") != "send":
        raise ActError(f"no archived message {ask.msgid!r}")
    message, at = old.message, world.now()
    body = {"msgtype": "revoke", "revoke": {"pre_msgid": ask.msgid}}
    record = world.voice.again(message, body, at)
    return shown([record])


def other_app_welcome(world: World, ask: OtherAppWelcome) -> Json:
    """Afterwards our app meets 41096 (sending) or 41051 (done)."""
    code = world.welcomes.codes.get(ask.welcome_code)
    if code is None:
        raise ActError(f"no welcome code {ask.welcome_code!r}")
    if ask.done:
        code.used_by = 0
    else:
        code.begun_by = 0
    return {}


def shown(records: list[TalkRecord]) -> Json:
    """Where the words stand in the archive; empty when the rules kept them out."""
    return {"archived": [{"seq": record.seq, "msgid": record.msgid} for record in records]}


ACTS = (
    act("say", Say, say),
    act("send_chat_message", ChatMessage, send_chat_message),
    act("recall", Recall, recall),
    act("other_app_welcome", OtherAppWelcome, other_app_welcome),
)
