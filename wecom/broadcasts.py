"""Broadcasts (企业群发): tasks that a member confirms in the client (pages 92135, 93338, 97610).

The API never delivers to a customer by itself, and no callback tells that a member confirmed: poll.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from wecom import limits
from wecom.answers import Answer, Page, follow
from wecom.attachments import Content
from wecom.client import Caller
from wecom.errors import AlreadyDone, Refused, Rejected

MAX_CUSTOMERS: Final = 10_000
MAX_GROUPS: Final = 2_000
CREATE: Final = "externalcontact/add_msg_template"
_CANCELLED: Final = 41093

ChatType = Literal["single", "group"]

NOT_SENT, SENT, NOT_A_FRIEND, OVER_CAP = 0, 1, 2, 3
"""States of one row of the send result; OVER_CAP: another broadcast was received already."""
TASK_NOT_SENT, TASK_SENT = 0, 2
"""States of one member's task."""


@dataclass(frozen=True, slots=True)
class CustomerBroadcast:
    """A task for one member (or, without ``sender``, for whoever last talked with each customer).

    With ``sender`` alone it goes to all contacts of that member; ``external_userids`` win over
    ``tags``. ``tags``: OR inside each inner tuple, AND between them.
    """

    content: Content
    sender: str = ""
    external_userids: tuple[str, ...] = ()
    tags: tuple[tuple[str, ...], ...] = ()
    allow_select: bool = False

    def __post_init__(self) -> None:
        limits.at_most("群发客户", self.external_userids, MAX_CUSTOMERS)
        for any_of in self.tags:
            limits.at_most("群发标签", any_of, 100)
        if not (self.sender or self.external_userids or self.tags):
            raise Rejected("群发对象", "sender, customers and tags must not all be empty")
        if self.sender:
            limits.whole_id("群发成员", self.sender)

    def as_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {"chat_type": "single", **self.content.as_json()}
        if self.external_userids:
            body["external_userid"] = list(self.external_userids)
        elif self.tags:
            groups = [{"tag_list": list(any_of)} for any_of in self.tags]
            body["tag_filter"] = {"group_list": groups}
        if self.sender:  # an empty one is refused (40058)
            body["sender"] = self.sender
        if self.allow_select:
            body["allow_select"] = True
        return body


@dataclass(frozen=True, slots=True)
class GroupBroadcast:
    """A task for one group owner; clients before 4.1.10 ignore ``chat_ids`` and let the owner pick."""

    content: Content
    sender: str
    chat_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        limits.at_most("群发客户群", self.chat_ids, MAX_GROUPS)
        limits.whole_id("群发成员", self.sender)

    def as_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {"chat_type": "group", "sender": self.sender}
        if self.chat_ids:
            body["chat_id_list"] = list(self.chat_ids)
        return body | self.content.as_json()


@dataclass(frozen=True, slots=True)
class Created:
    """A task that WeCom took. ``failed``: ids that are wrong or cannot be sent to."""

    msgid: str
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A broadcast in the list. API-made ones have no ``creator`` and create_type 0."""

    msgid: str
    creator: str
    created_at: datetime | None
    create_type: int | None
    """0 by the corp, 1 by a member."""
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Task:
    """One member's part: ``status`` 0 not sent, 2 sent."""

    staff_id: str
    status: int
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class SendResult:
    """What became of it for one customer or one group (``NOT_SENT`` … ``OVER_CAP``)."""

    external_userid: str
    chat_id: str
    staff_id: str
    status: int
    sent_at: datetime | None


async def create(client: Caller, broadcast: CustomerBroadcast | GroupBroadcast) -> Created:
    """Create the task (add_msg_template). Not repeatable and without a key.

    After OutcomeUnknown compare ``listed`` round that time; never call again. The member may have
    to wait for an administrator's approval first.
    """
    answer = Answer(CREATE, await client.call(CREATE, broadcast.as_json(), idempotent=False))
    return Created(answer.need("msgid"), answer.strings("fail_list"))


async def remind(client: Caller, msgid: str) -> None:
    """Remind members who have not confirmed; at most 3 times in 24 h (41094, Refused)."""
    await client.call("externalcontact/remind_groupmsg_send", {"msgid": msgid}, idempotent=False)


async def cancel(client: Caller, msgid: str) -> None:
    """Stop what was not sent yet; nothing is recalled. A second time raises AlreadyDone."""
    path = "externalcontact/cancel_groupmsg_send"
    try:
        await client.call(path, {"msgid": msgid}, idempotent=True)
    except Refused as error:
        if error.errcode == _CANCELLED:
            raise AlreadyDone(path, error.detail, errcode=error.errcode) from error
        raise


def listed(
    client: Caller,
    chat_type: ChatType,
    since: datetime,
    until: datetime,
    cursor: str = "",
    *,
    creator: str = "",
    filter_type: int = 2,
    limit: int = 100,
) -> AsyncIterator[Page[Listed]]:
    """Yield pages of the broadcasts of up to one month (get_groupmsg_list_v2).

    ``filter_type``: 0 corp, 1 personal, 2 all. Over its cap of 100 a limit silently means 50.
    """
    path = "externalcontact/get_groupmsg_list_v2"
    limits.in_range("每页条数", limit, 1, 100)

    async def fetch(at: str) -> Page[Listed]:
        body: dict[str, Any] = {
            "chat_type": chat_type,
            "start_time": int(since.timestamp()),
            "end_time": int(until.timestamp()),
            "filter_type": filter_type,
            "limit": limit,
            "cursor": at,
        }
        if creator:
            body["creator"] = creator
        answer = Answer(path, await client.call(path, body, idempotent=True))
        found = tuple(
            Listed(
                msgid=one.need("msgid"),
                creator=one.text("creator"),
                created_at=one.moment("create_time"),
                create_type=one.integer("create_type"),
                text=one.child("text").text("content"),
            )
            for one in answer.objects("group_msg_list")
        )
        return Page(found, answer.text("next_cursor"))

    return follow(fetch, cursor)


def tasks(
    client: Caller, msgid: str, cursor: str = "", limit: int = 1000
) -> AsyncIterator[Page[Task]]:
    """Yield pages of the members' tasks; Busy (41063) just after creation, 41093 after a cancel."""
    path = "externalcontact/get_groupmsg_task"

    async def fetch(at: str) -> Page[Task]:
        body = {"msgid": msgid, "limit": limit, "cursor": at}
        answer = Answer(path, await client.call(path, body, idempotent=True))
        found = tuple(
            Task(one.need("userid"), one.count("status"), one.moment("send_time"))
            for one in answer.objects("task_list")
        )
        return Page(found, answer.text("next_cursor"))

    return follow(fetch, cursor)


def results(
    client: Caller, msgid: str, staff_id: str, cursor: str = "", limit: int = 1000
) -> AsyncIterator[Page[SendResult]]:
    """Yield pages of what became of one member's part; group broadcasts list sent rows only."""
    path = "externalcontact/get_groupmsg_send_result"

    async def fetch(at: str) -> Page[SendResult]:
        body = {"msgid": msgid, "userid": staff_id, "limit": limit, "cursor": at}
        answer = Answer(path, await client.call(path, body, idempotent=True))
        found = tuple(
            SendResult(
                external_userid=one.text("external_userid"),
                chat_id=one.text("chat_id"),
                staff_id=one.text("userid") or staff_id,
                status=one.count("status"),
                sent_at=one.moment("send_time"),
            )
            for one in answer.objects("send_list")
        )
        return Page(found, answer.text("next_cursor"))

    return follow(fetch, cursor)
