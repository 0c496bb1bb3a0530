"""What WeCom tells us, one frozen value for each kind of event.

Facts of official pages 92130 (contacts, groups, tags), 92005 and 95039 (archive), 90970 and 90971
(directory), 90240 (cards). ``wecom.events.parse`` makes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from wecom.callback_xml import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What every event carries. ``fields`` is the whole XML as plain values, ``raw`` its bytes."""

    kind: ClassVar[str] = "event"

    corp_id: str
    agent_id: str
    at: datetime | None
    """CreateTime, aware UTC; None where WeCom sent no usable second."""
    fields: Fields = field(repr=False)
    raw: bytes = field(repr=False)

    @property
    def ordering_key(self) -> str | None:
        """Events of one key are handled in order; None may be handled beside all others."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfContact(Event):
    staff_id: str
    external_userid: str

    @property
    def ordering_key(self) -> str | None:
        return f"contact:{self.external_userid}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactAdded(_OfContact):
    """A contact and a member know each other (add_external_contact, add_half_external_contact).

    ``half``: the member has 免验证 on and has not confirmed yet; a full one for the same pair can
    follow. ``welcome_code`` is '' where no welcome may be sent, and else lives 20 s from ``at``.
    """

    kind: ClassVar[str] = "contact.added"

    half: bool
    state: str
    welcome_code: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactEdited(_OfContact):
    """A member changed remark, phone or tags of a contact; what changed is read from the API."""

    kind: ClassVar[str] = "contact.edited"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDeleted(_OfContact):
    """The *member* deleted the contact; ``source`` DELETE_BY_TRANSFER when a transfer did."""

    kind: ClassVar[str] = "contact.deleted"

    source: str

    @property
    def by_transfer(self) -> bool:
        return self.source == "DELETE_BY_TRANSFER"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUserDeleted(_OfContact):
    """The *contact* deleted the member; the member still has the contact in the list."""

    kind: ClassVar[str] = "contact.follow_user_deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferFailed(_OfContact):
    """A handover failed: customer_refused or customer_limit_exceed. ``staff_id`` is the taker."""

    kind: ClassVar[str] = "contact.transfer_failed"

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveAgreed(_OfContact):
    """The contact agreed to the session archive (会话存档) with this member."""

    kind: ClassVar[str] = "archive.agreed"

    welcome_code: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfGroup(Event):
    chat_id: str

    @property
    def ordering_key(self) -> str | None:
        return f"group:{self.chat_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCreated(_OfGroup):
    """A customer group was made."""

    kind: ClassVar[str] = "group.created"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupUpdated(_OfGroup):
    """A customer group changed.

    ``detail``: add_member, del_member, change_owner, change_name, change_notice or one we do not
    know. ``member_ids`` may be applied only when ``last_member_version`` is the one we hold;
    ``members_changed`` can be larger than the list. The API can lag 2 s behind this event.
    """

    kind: ClassVar[str] = "group.updated"

    detail: str
    member_ids: tuple[str, ...]
    members_changed: int | None
    join_scene: int | None
    quit_scene: int | None
    last_member_version: str
    member_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDismissed(_OfGroup):
    """A customer group was dissolved."""

    kind: ClassVar[str] = "group.dismissed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagChanged(Event):
    """The corp tags changed: read the whole list again.

    ``change``: create, update, delete or shuffle. Deleting a group sends nothing for its tags; a
    shuffle without ``tag_id`` moved all groups.
    """

    kind: ClassVar[str] = "tag.changed"

    change: str
    tag_id: str
    is_group: bool

    @property
    def ordering_key(self) -> str | None:
        return "tags"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveNotice(Event):
    """New archived messages may be pulled; at most one in 15 s."""

    kind: ClassVar[str] = "archive.notice"

    @property
    def ordering_key(self) -> str | None:
        return "archive"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberChanged(Event):
    """A staff member was created, updated or deleted in the directory.

    ``new_staff_id`` is '' unless the id itself changed. ``departments`` is None where unsaid.
    """

    kind: ClassVar[str] = "member.changed"

    change: str
    staff_id: str
    new_staff_id: str
    departments: tuple[int, ...] | None

    @property
    def ordering_key(self) -> str | None:
        return f"member:{self.staff_id.lower()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentChanged(Event):
    """A department was created, updated or deleted in the directory."""

    kind: ClassVar[str] = "department.changed"

    change: str
    department_id: int
    parent_id: int | None

    @property
    def ordering_key(self) -> str | None:
        return "departments"


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateCardClicked(Event):
    """A member pressed a button or an entry of the menu of a card.

    ``response_code`` updates the card once, within 72 h. ``selected``: question key → option ids.
    """

    kind: ClassVar[str] = "card.clicked"

    staff_id: str
    task_id: str
    event_key: str
    card_type: str
    from_menu: bool
    selected: Mapping[str, tuple[str, ...]]
    response_code: str = field(repr=False)

    @property
    def ordering_key(self) -> str | None:
        return f"card:{self.task_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived(Event):
    """An ordinary message of a member to our app; ``text`` is '' for other types than text."""

    kind: ClassVar[str] = "message.received"

    staff_id: str
    message_type: str
    message_id: str
    text: str = field(repr=False)

    @property
    def ordering_key(self) -> str | None:
        return f"member:{self.staff_id.lower()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unhandled(Event):
    """An event we have no name for, or one that lacks what its kind must have (``missing``)."""

    kind: ClassVar[str] = "unhandled"

    event: str
    change_type: str
    missing: tuple[str, ...] = ()
