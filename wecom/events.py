"""Callback XML turned into values; an unknown event is a value too.

Events carry no unique id (FromUserName is always ``sys`` and CreateTime has whole seconds), so a
repetition is told by a digest of ``raw``. The order of the fields is free, some are CDATA and some
are bare, and any of them may be missing: an event without what its kind needs becomes
:class:`Unhandled` with ``missing`` filled, never an exception and never a value with an empty id.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from wecom import callback_xml
from wecom.callback_xml import EventUnreadable, Fields, integer, text
from wecom.event_kinds import (
    ArchiveAgreed,
    ArchiveNotice,
    ContactAdded,
    ContactDeleted,
    ContactEdited,
    DepartmentChanged,
    Event,
    FollowUserDeleted,
    GroupCreated,
    GroupDismissed,
    GroupUpdated,
    MemberChanged,
    MessageReceived,
    TagChanged,
    TemplateCardClicked,
    TransferFailed,
    Unhandled,
)

__all__ = [
    "ArchiveAgreed",
    "ArchiveNotice",
    "ContactAdded",
    "ContactDeleted",
    "ContactEdited",
    "DepartmentChanged",
    "Event",
    "EventUnreadable",
    "FollowUserDeleted",
    "GroupCreated",
    "GroupDismissed",
    "GroupUpdated",
    "MemberChanged",
    "MessageReceived",
    "TagChanged",
    "TemplateCardClicked",
    "TransferFailed",
    "Unhandled",
    "parse",
]

_Common = dict[str, Any]
_Make = Callable[[_Common, Fields], Event]

_LATEST: Final = 253_402_300_799  # the last second of the year 9999
_CONTACT: Final = ("UserID", "ExternalUserID")


def parse(xml: bytes) -> Event:
    """Return the event in a decrypted callback; raise :class:`EventUnreadable` if it is not XML."""
    fields = callback_xml.read(xml)
    common: _Common = {
        "corp_id": text(fields, "ToUserName"),
        "agent_id": text(fields, "AgentID"),
        "at": _moment(integer(fields, "CreateTime")),
        "fields": fields,
        "raw": xml,
    }
    message_type = text(fields, "MsgType")
    if message_type not in ("event", ""):
        return _message(common, fields, message_type)
    # InfoType stands for Event in the callbacks of third-party suites, which we never subscribe.
    event = text(fields, "Event") or text(fields, "InfoType")
    change_type = text(fields, "ChangeType")
    needed, make = _KNOWN.get((event, change_type)) or _KNOWN.get((event, "*")) or ((), None)
    missing = tuple(name for name in needed if not text(fields, name))
    if make is None or missing:
        return Unhandled(**common, event=event, change_type=change_type, missing=missing)
    return make(common, fields)


def _moment(second: int | None) -> datetime | None:
    if second is None or not 0 < second <= _LATEST:
        return None
    return datetime.fromtimestamp(second, UTC)


def _message(common: _Common, fields: Fields, message_type: str) -> Event:
    staff_id = text(fields, "FromUserName")
    if not staff_id:
        return Unhandled(
            **common, event="message", change_type=message_type, missing=("FromUserName",)
        )
    return MessageReceived(
        **common,
        staff_id=staff_id,
        message_type=message_type,
        message_id=text(fields, "MsgId"),
        text=text(fields, "Content"),
    )


def _pair(fields: Fields) -> _Common:
    return {
        "staff_id": text(fields, "UserID"),
        "external_userid": text(fields, "ExternalUserID"),
    }


def _contact_added(half: bool) -> _Make:
    return lambda common, fields: ContactAdded(
        **common,
        **_pair(fields),
        half=half,
        state=text(fields, "State"),
        welcome_code=text(fields, "WelcomeCode"),
    )


def _contact_edited(common: _Common, fields: Fields) -> Event:
    return ContactEdited(**common, **_pair(fields))


def _contact_deleted(common: _Common, fields: Fields) -> Event:
    return ContactDeleted(**common, **_pair(fields), source=text(fields, "Source"))


def _follow_user_deleted(common: _Common, fields: Fields) -> Event:
    return FollowUserDeleted(**common, **_pair(fields))


def _transfer_failed(common: _Common, fields: Fields) -> Event:
    return TransferFailed(**common, **_pair(fields), reason=text(fields, "FailReason"))


def _archive_agreed(common: _Common, fields: Fields) -> Event:
    return ArchiveAgreed(**common, **_pair(fields), welcome_code=text(fields, "WelcomeCode"))


def _group_created(common: _Common, fields: Fields) -> Event:
    return GroupCreated(**common, chat_id=text(fields, "ChatId"))


def _group_dismissed(common: _Common, fields: Fields) -> Event:
    return GroupDismissed(**common, chat_id=text(fields, "ChatId"))


def _group_updated(common: _Common, fields: Fields) -> Event:
    lists = callback_xml.branches(fields, "MemChangeList")
    return GroupUpdated(
        **common,
        chat_id=text(fields, "ChatId"),
        detail=text(fields, "UpdateDetail"),
        member_ids=tuple(
            one for listed in lists for one in callback_xml.texts(listed, "Item") if one
        ),
        members_changed=integer(fields, "MemChangeCnt"),
        join_scene=integer(fields, "JoinScene"),
        quit_scene=integer(fields, "QuitScene"),
        last_member_version=text(fields, "LastMemVer"),
        member_version=text(fields, "CurMemVer"),
    )


def _tag_changed(common: _Common, fields: Fields) -> Event:
    return TagChanged(
        **common,
        change=text(fields, "ChangeType"),
        tag_id=text(fields, "Id"),
        is_group=text(fields, "TagType") == "tag_group",
    )


def _archive_notice(common: _Common, fields: Fields) -> Event:
    return ArchiveNotice(**common)


def _member_changed(common: _Common, fields: Fields) -> Event:
    return MemberChanged(
        **common,
        change=text(fields, "ChangeType").removesuffix("_user"),
        staff_id=text(fields, "UserID"),
        new_staff_id=text(fields, "NewUserID"),
        departments=_numbers(fields, "Department"),
    )


def _department_changed(common: _Common, fields: Fields) -> Event:
    department_id = integer(fields, "Id")
    if department_id is None:
        return Unhandled(
            **common,
            event="change_contact",
            change_type=text(fields, "ChangeType"),
            missing=("Id",),
        )
    return DepartmentChanged(
        **common,
        change=text(fields, "ChangeType").removesuffix("_party"),
        department_id=department_id,
        parent_id=integer(fields, "ParentId"),
    )


def _numbers(fields: Fields, name: str) -> tuple[int, ...] | None:
    """Return a comma list such as ``1,2,3``; None where the element is missing."""
    if name not in fields:
        return None
    return tuple(
        int(part)
        for part in text(fields, name).split(",")
        if part.isascii() and part.isdecimal() and len(part) <= 19
    )


def _card_clicked(from_menu: bool) -> _Make:
    def make(common: _Common, fields: Fields) -> Event:
        return TemplateCardClicked(
            **common,
            staff_id=text(fields, "FromUserName"),
            task_id=text(fields, "TaskId"),
            event_key=text(fields, "EventKey"),
            card_type=text(fields, "CardType"),
            from_menu=from_menu,
            selected=_selected(fields),
            response_code=text(fields, "ResponseCode"),
        )

    return make


def _selected(fields: Fields) -> dict[str, tuple[str, ...]]:
    chosen: dict[str, tuple[str, ...]] = {}
    for items in callback_xml.branches(fields, "SelectedItems"):
        for item in callback_xml.branches(items, "SelectedItem"):
            options = tuple(
                option
                for listed in callback_xml.branches(item, "OptionIds")
                for option in callback_xml.texts(listed, "OptionId")
                if option
            )
            question = text(item, "QuestionKey")
            chosen[question] = chosen.get(question, ()) + options
    return chosen


# (Event, ChangeType or *) -> what must be there, and how the value is made.
_KNOWN: Final[dict[tuple[str, str], tuple[tuple[str, ...], _Make]]] = {
    ("change_external_contact", "add_external_contact"): (_CONTACT, _contact_added(half=False)),
    ("change_external_contact", "add_half_external_contact"): (_CONTACT, _contact_added(half=True)),
    ("change_external_contact", "edit_external_contact"): (_CONTACT, _contact_edited),
    ("change_external_contact", "del_external_contact"): (_CONTACT, _contact_deleted),
    ("change_external_contact", "del_follow_user"): (_CONTACT, _follow_user_deleted),
    ("change_external_contact", "transfer_fail"): (_CONTACT, _transfer_failed),
    ("change_external_contact", "msg_audit_approved"): (_CONTACT, _archive_agreed),
    ("change_external_chat", "create"): (("ChatId",), _group_created),
    ("change_external_chat", "update"): (("ChatId",), _group_updated),
    ("change_external_chat", "dismiss"): (("ChatId",), _group_dismissed),
    ("change_external_tag", "create"): (("Id",), _tag_changed),
    ("change_external_tag", "update"): (("Id",), _tag_changed),
    ("change_external_tag", "delete"): (("Id",), _tag_changed),
    ("change_external_tag", "shuffle"): ((), _tag_changed),
    ("msgaudit_notify", "*"): ((), _archive_notice),
    ("change_contact", "create_user"): (("UserID",), _member_changed),
    ("change_contact", "update_user"): (("UserID",), _member_changed),
    ("change_contact", "delete_user"): (("UserID",), _member_changed),
    ("change_contact", "create_party"): (("Id",), _department_changed),
    ("change_contact", "update_party"): (("Id",), _department_changed),
    ("change_contact", "delete_party"): (("Id",), _department_changed),
    ("template_card_event", "*"): (("FromUserName", "TaskId"), _card_clicked(from_menu=False)),
    ("template_card_menu_event", "*"): (("FromUserName", "TaskId"), _card_clicked(from_menu=True)),
}
