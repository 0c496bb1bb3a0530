"""What became of moments: list, tasks, who may see it, who saw it, comments (api.md 6)."""

from typing import Annotated, ClassVar

from pydantic import Field

from simulator.wecom.clock import DAY
from simulator.wecom.cursors import page
from simulator.wecom.endpoints.kit import Call, post
from simulator.wecom.errors import Json, Refused
from simulator.wecom.state.moments import Moment
from simulator.wecom.strictness import Ask


class ListMoments(Ask):
    """get_moment_list [93333]."""

    start_time: int
    end_time: int
    creator: str | None = None
    filter_type: Annotated[int, Field(ge=0, le=2)] = 2
    cursor: str = ""
    limit: Annotated[int, Field(ge=1, le=20)] = 20


class OneMoment(Ask):
    """Fields that the calls about one moment share."""

    missing: ClassVar[dict[str, int]] = {"moment_id": 41059, "userid": 41009}
    wrong: ClassVar[dict[str, int]] = {"moment_id": 41060}
    moment_id: str


class MomentTasks(OneMoment):
    """get_moment_task."""

    cursor: str = ""
    limit: Annotated[int, Field(ge=1, le=1_000)] = 500


class MomentCustomers(OneMoment):
    """get_moment_customer_list."""

    userid: str
    cursor: str = ""
    limit: Annotated[int, Field(ge=1, le=1_000)] = 500


class MomentSendResult(OneMoment):
    """get_moment_send_result."""

    userid: str
    cursor: str = ""
    limit: Annotated[int, Field(ge=1, le=5_000)] = 3_000


class MomentComments(OneMoment):
    """get_moment_comments."""

    userid: str


def list_moments(call: Call, ask: ListMoments) -> Json:
    """Moments of up to 30 days."""
    if not 0 <= ask.end_time - ask.start_time <= 30 * DAY:
        raise Refused(40058, "invalid parameter: start_time/end_time, at most 30 days")
    found = [
        moment
        for moment in call.world.moments.moments.values()
        if ask.start_time <= moment.created_at <= ask.end_time
        and ask.filter_type in (2, moment.create_type)
        and ask.creator in (None, moment.creator)
    ]
    arguments = [ask.start_time, ask.end_time, ask.creator, ask.filter_type]
    rows, following = page(call.path, arguments, ask.cursor, found, ask.limit)
    return {"next_cursor": following, "moment_list": [_listed(moment) for moment in rows]}


def moment_tasks(call: Call, ask: MomentTasks) -> Json:
    """Who has published a moment of the corp."""
    moment = _found(call, ask.moment_id)
    if moment.create_type != 0:
        raise Refused(41067, "not a moment of the corp")
    senders = [u for u in moment.senders if u in moment.published or not moment.cancelled]
    rows, following = page(call.path, ask.moment_id, ask.cursor, senders, ask.limit)
    return {
        "next_cursor": following,
        "task_list": [
            {"userid": userid, "publish_status": int(userid in moment.published)} for userid in rows
        ],
    }


def moment_customers(call: Call, ask: MomentCustomers) -> Json:
    """Customers whom the publishing member's moment is meant for."""
    moment, userid = _published(call, ask.moment_id, ask.userid)
    arguments = [ask.moment_id, userid]
    audience = moment.audience.get(userid, [])
    rows, following = page(call.path, arguments, ask.cursor, audience, ask.limit)
    return {
        "next_cursor": following,
        "customer_list": [{"userid": userid, "external_userid": row} for row in rows],
    }


def moment_send_result(call: Call, ask: MomentSendResult) -> Json:
    """Customers in whose moments it was shown."""
    moment, userid = _published(call, ask.moment_id, ask.userid)
    arguments = [ask.moment_id, userid]
    audience = moment.audience.get(userid, [])
    rows, following = page(call.path, arguments, ask.cursor, audience, ask.limit)
    return {
        "next_cursor": following,
        "customer_list": [{"external_userid": row} for row in rows],
    }


def moment_comments(call: Call, ask: MomentComments) -> Json:
    """Who commented and who liked; never what was written."""
    moment, userid = _published(call, ask.moment_id, ask.userid)
    return {
        "comment_list": moment.comments.get(userid, []),
        "like_list": moment.likes.get(userid, []),
    }


def _found(call: Call, moment_id: str) -> Moment:
    if not moment_id:
        raise Refused(41059, "moment_id missing")
    moment = call.world.moments.moments.get(moment_id)
    if moment is None:
        raise Refused(41060, "invalid moment_id")
    return moment


def _published(call: Call, moment_id: str, userid: str) -> tuple[Moment, str]:
    moment = _found(call, moment_id)
    member = call.world.visible_member(call.app, userid)
    if member.userid not in moment.senders:
        raise Refused(41061, "this member did not publish this moment")
    if member.userid not in moment.published:
        raise Refused(41062, "member has not yet published")
    return moment, member.userid


def _listed(moment: Moment) -> Json:
    shown: Json = {"moment_id": moment.moment_id}
    if moment.creator:
        shown["creator"] = moment.creator
    shown |= {
        "create_time": int(moment.created_at),
        "create_type": moment.create_type,
        "visible_type": 0 if moment.tags else 1,
    }
    if moment.text:
        shown["text"] = {"content": moment.text}
    images = [{"media_id": p["image"]["media_id"]} for p in moment.attachments if "image" in p]
    if images:
        shown["image"] = images
    for part in moment.attachments:
        if "video" in part:
            media_id = part["video"]["media_id"]
            shown["video"] = {"media_id": media_id, "thumb_media_id": media_id}
        if "link" in part:
            link = part["link"]
            shown["link"] = {"title": link.get("title", ""), "url": link["url"]}
    return shown


ENDPOINTS = (
    post("externalcontact/get_moment_list", ListMoments, list_moments, "customer"),
    post("externalcontact/get_moment_task", MomentTasks, moment_tasks, "customer"),
    post("externalcontact/get_moment_customer_list", MomentCustomers, moment_customers, "customer"),
    post(
        "externalcontact/get_moment_send_result", MomentSendResult, moment_send_result, "customer"
    ),
    post("externalcontact/get_moment_comments", MomentComments, moment_comments, "customer"),
)
