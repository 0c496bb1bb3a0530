"""send_welcome_msg: 20 seconds, one success, the first app wins (api.md 3.9)."""

from typing import ClassVar

from pydantic import Field

from simulator.wecom.endpoints.attachments import (
    Attachment,
    Text,
    checked_attachments,
    checked_text,
)
from simulator.wecom.endpoints.kit import Call, post
from simulator.wecom.errors import Json, Refused
from simulator.wecom.strictness import Ask


class SendWelcome(Ask):
    """send_welcome_msg [92137]."""

    missing: ClassVar[dict[str, int]] = {"welcome_code": 41049}
    welcome_code: str
    text: Text | None = None
    attachments: list[Attachment] = Field(default_factory=list)


def send_welcome(call: Call, ask: SendWelcome) -> Json:
    """Greet the contact behind a code; the message really arrives."""
    world = call.world
    if not ask.welcome_code:
        raise Refused(41049, "welcome_code missing")
    text = checked_text(ask.text)
    attachments = checked_attachments(call, ask.attachments)
    if not text and not attachments:
        raise Refused(40063, "text and attachments both empty")
    code = world.welcomes.codes.get(ask.welcome_code)
    if code is None or call.at >= code.issued_at + world.modes.welcome_life_s:
        raise Refused(41050, "welcome code expired or invalid")
    if code.used_by is not None or code.chat_begun:
        raise Refused(41051, "externaluser has started chatting")
    if code.begun_by is not None and code.begun_by != call.app.agent_id:
        raise Refused(41096, "welcome msg is being distributed")
    relation = world.contacts.pair(code.userid, code.external_userid)
    if relation is None:
        raise Refused(84061, "not external contact")
    if world.modes.welcome_needs_archive_consent and not relation.agreed:
        raise Refused(41053, "external contact has not agreed to archiving")
    code.used_by = call.app.agent_id
    world.voice.member_to_contact(
        "welcome", code.userid, code.external_userid, text, attachments, call.at
    )
    return {}


ENDPOINTS = (post("externalcontact/send_welcome_msg", SendWelcome, send_welcome, "customer"),)
