"""Moments (客户朋友圈): tasks that members publish in the client (pages 95094, 93333, 97612)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from wecom import limits
from wecom.answers import Answer, Page, follow
from wecom.attachments import MAX_TEXT_BYTES
from wecom.client import Caller
from wecom.errors import Rejected

BEGUN, RUNNING, DONE = 1, 2, 3
"""States of the job that makes a moment task."""

CREATE: Final = "externalcontact/add_moment_task"
_MAX_IMAGES: Final = 9
_MAX_CHARS: Final = 2000


@dataclass(frozen=True, slots=True)
class MomentLink:
    """A page; the picture is by media id from ``media.upload_attachment``."""

    title: str
    url: str
    media_id: str

    def __post_init__(self) -> None:
        limits.at_most_bytes("朋友圈链接标题", self.title, 128)
        limits.web_address("朋友圈链接", self.url, 2048)
        limits.not_empty("朋友圈链接封面", self.media_id)


@dataclass(frozen=True, slots=True)
class Moment:
    """Text with up to nine pictures, or one video, or one link.

    Without senders all visible members get the task; with ``tag_ids`` (corp tags) it is shown to
    those customers only.
    """

    text: str = field(default="", repr=False)
    image_media_ids: tuple[str, ...] = ()
    video_media_id: str = ""
    link: MomentLink | None = None
    senders: tuple[str, ...] = ()
    sender_departments: tuple[int, ...] = ()
    tag_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        limits.at_most_chars("朋友圈文字", self.text, _MAX_CHARS)
        limits.at_most_bytes("朋友圈文字", self.text, MAX_TEXT_BYTES)
        limits.at_most("朋友圈图片", self.image_media_ids, _MAX_IMAGES)
        limits.at_most("朋友圈发表成员", self.senders, 100_000)
        kinds = [self.image_media_ids, self.video_media_id, self.link]
        if sum(bool(kind) for kind in kinds) > 1:
            raise Rejected("朋友圈附件", "pictures, video and link exclude each other")
        if not self.text and not any(kinds):
            raise Rejected("朋友圈内容", "text and attachments must not both be empty")

    def as_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {}
        if self.text:
            body["text"] = {"content": self.text}
        if attachments := self._attachments():
            body["attachments"] = attachments
        senders: dict[str, Any] = {}
        if self.senders:
            senders["user_list"] = list(self.senders)
        if self.sender_departments:
            senders["department_list"] = list(self.sender_departments)
        visible: dict[str, Any] = {"sender_list": senders} if senders else {}
        if self.tag_ids:
            visible["external_contact_list"] = {"tag_list": list(self.tag_ids)}
        if visible:
            body["visible_range"] = visible
        return body

    def _attachments(self) -> list[dict[str, Any]]:
        if self.video_media_id:
            return [{"msgtype": "video", "video": {"media_id": self.video_media_id}}]
        if self.link is not None:
            link = {
                "title": self.link.title,
                "url": self.link.url,
                "media_id": self.link.media_id,
            }
            return [{"msgtype": "link", "link": link}]
        return [{"msgtype": "image", "image": {"media_id": one}} for one in self.image_media_ids]


@dataclass(frozen=True, slots=True)
class JobResult:
    """What became of the making: ``moment_id`` once it is DONE and ``errcode`` is 0."""

    status: int
    errcode: int
    errmsg: str
    moment_id: str
    invalid_senders: tuple[str, ...]
    invalid_departments: tuple[int, ...]
    invalid_tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A moment in the list. ``by_member``: a member's own, not the corp's."""

    moment_id: str
    creator: str
    created_at: datetime | None
    by_member: bool
    public: bool
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MomentTask:
    """One member's part of a corp moment."""

    staff_id: str
    published: bool


@dataclass(frozen=True, slots=True)
class Reaction:
    """Who commented on or liked a moment, and when; WeCom gives no comment text."""

    staff_id: str
    external_userid: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Reactions:
    comments: tuple[Reaction, ...]
    likes: tuple[Reaction, ...]


async def create(client: Caller, moment: Moment) -> str:
    """Ask for a moment task and return the job id (valid 24 h). Not repeatable."""
    return Answer(CREATE, await client.call(CREATE, moment.as_json(), idempotent=False)).need(
        "jobid"
    )


async def job_result(client: Caller, jobid: str) -> JobResult:
    path = "externalcontact/get_moment_task_result"
    answer = Answer(path, await client.call(path, params={"jobid": jobid}, idempotent=True))
    result = answer.child("result")
    senders = result.child("invalid_sender_list")
    return JobResult(
        status=answer.count("status"),
        errcode=result.count("errcode"),
        errmsg=result.text("errmsg"),
        moment_id=result.text("moment_id"),
        invalid_senders=senders.strings("user_list"),
        invalid_departments=senders.integers("department_list"),
        invalid_tags=result.child("invalid_external_contact_list").strings("tag_list"),
    )


async def cancel(client: Caller, moment_id: str) -> None:
    """Stop what was not published yet."""
    await client.call(
        "externalcontact/cancel_moment_task", {"moment_id": moment_id}, idempotent=True
    )


def listed(
    client: Caller,
    since: datetime,
    until: datetime,
    cursor: str = "",
    *,
    creator: str = "",
    filter_type: int = 2,
    limit: int = 20,
) -> AsyncIterator[Page[Listed]]:
    """Yield pages of the moments of up to 30 days. ``filter_type``: 0 corp, 1 personal, 2 all."""
    path = "externalcontact/get_moment_list"

    async def fetch(at: str) -> Page[Listed]:
        body: dict[str, Any] = {
            "start_time": int(since.timestamp()),
            "end_time": int(until.timestamp()),
            "filter_type": filter_type,
            "cursor": at,
            "limit": limit,
        }
        if creator:
            body["creator"] = creator
        answer = Answer(path, await client.call(path, body, idempotent=True))
        found = tuple(
            Listed(
                moment_id=one.need("moment_id"),
                creator=one.text("creator"),
                created_at=one.moment("create_time"),
                by_member=one.integer("create_type") == 1,
                public=one.integer("visible_type") == 1,
                text=one.child("text").text("content"),
            )
            for one in answer.objects("moment_list")
        )
        return Page(found, answer.text("next_cursor"))

    return follow(fetch, cursor)


def tasks(
    client: Caller, moment_id: str, cursor: str = "", limit: int = 1000
) -> AsyncIterator[Page[MomentTask]]:
    """Yield pages of who has published a corp moment; Busy (41079) just after creation."""
    path = "externalcontact/get_moment_task"

    async def fetch(at: str) -> Page[MomentTask]:
        body = {"moment_id": moment_id, "cursor": at, "limit": limit}
        answer = Answer(path, await client.call(path, body, idempotent=True))
        found = tuple(
            MomentTask(one.need("userid"), one.integer("publish_status") == 1)
            for one in answer.objects("task_list")
        )
        return Page(found, answer.text("next_cursor"))

    return follow(fetch, cursor)


def may_see(
    client: Caller, moment_id: str, staff_id: str, cursor: str = "", limit: int = 1000
) -> AsyncIterator[Page[str]]:
    """Yield pages of the customers that a moment was made for."""
    path = "externalcontact/get_moment_customer_list"
    return _customers(client, path, moment_id, staff_id, cursor, limit)


def reached(
    client: Caller, moment_id: str, staff_id: str, cursor: str = "", limit: int = 3000
) -> AsyncIterator[Page[str]]:
    """Yield pages of the customers in whose moments it appeared."""
    path = "externalcontact/get_moment_send_result"
    return _customers(client, path, moment_id, staff_id, cursor, limit)


def _customers(
    client: Caller, path: str, moment_id: str, staff_id: str, cursor: str, limit: int
) -> AsyncIterator[Page[str]]:
    async def fetch(at: str) -> Page[str]:
        body = {"moment_id": moment_id, "userid": staff_id, "cursor": at, "limit": limit}
        answer = Answer(path, await client.call(path, body, idempotent=True))
        found = tuple(
            one.need("external_userid").strip() for one in answer.objects("customer_list")
        )
        return Page(found, answer.text("next_cursor"))

    return follow(fetch, cursor)


async def reactions(client: Caller, moment_id: str, staff_id: str) -> Reactions:
    """Return who commented on and liked one member's moment."""
    path = "externalcontact/get_moment_comments"
    body = {"moment_id": moment_id, "userid": staff_id}
    answer = Answer(path, await client.call(path, body, idempotent=True))
    return Reactions(
        *(
            tuple(
                Reaction(
                    staff_id=one.text("userid").strip(),
                    external_userid=one.text("external_userid").strip(),
                    at=one.moment("create_time"),
                )
                for one in answer.objects(name)
            )
            for name in ("comment_list", "like_list")
        )
    )
