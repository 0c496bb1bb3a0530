"""add_moment_task, its result, and taking it back (api.md 6)."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from simulator.wecom.endpoints.attachments import Image, Link, Media, Part, Text
from simulator.wecom.endpoints.kit import Call, get, post
from simulator.wecom.errors import Json, Refused
from simulator.wecom.state.moments import JOB_LIFE_S, Moment, MomentJob
from simulator.wecom.strictness import Ask, QueryAsk

TEXT_CHARS, TEXT_BYTES = 2_000, 4_000


class SenderList(Part):
    """Who shall publish."""

    user_list: Annotated[list[str], Field(max_length=100_000)] = Field(default_factory=list)
    department_list: list[int] = Field(default_factory=list)


class TagList(Part):
    """Which customers shall see it."""

    tag_list: list[str] = Field(default_factory=list)


class VisibleTo(Part):
    """visible_range."""

    sender_list: SenderList | None = None
    external_contact_list: TagList | None = None


class MomentPart(Part):
    """One attachment: up to nine images, or one video, or one link."""

    msgtype: str
    image: Image | None = None
    video: Media | None = None
    link: Link | None = None


class AddMoment(Ask):
    """add_moment_task [95094]."""

    text: Text | None = None
    attachments: list[MomentPart] = Field(default_factory=list)
    visible_range: VisibleTo | None = None


class GetMomentJob(QueryAsk):
    """get_moment_task_result."""

    missing: ClassVar[dict[str, int]] = {"jobid": 40088}
    jobid: str


class CancelMoment(Ask):
    """cancel_moment_task [97612]."""

    missing: ClassVar[dict[str, int]] = {"moment_id": 41059}
    wrong: ClassVar[dict[str, int]] = {"moment_id": 41060}
    moment_id: str


def add_moment(call: Call, ask: AddMoment) -> Json:
    """Begin a job; the members then publish by hand."""
    world = call.world
    text = ask.text.content if ask.text else ""
    if len(text) > TEXT_CHARS or len(text.encode()) > TEXT_BYTES:
        raise Refused(40058, "invalid text size")
    attachments = _attachments(call, ask.attachments)
    if not text and not attachments:
        raise Refused(41089, "text and attachments both empty")
    visible = ask.visible_range or VisibleTo()
    senders, bad_users, bad_departments = _senders(call, visible.sender_list)
    tags = visible.external_contact_list.tag_list if visible.external_contact_list else []
    bad_tags = [tag_id for tag_id in tags if world.tags.tag(tag_id) is None]
    moment = Moment(
        world.ids.text("mom"),
        0,
        call.at,
        text,
        attachments,
        senders,
        [tag_id for tag_id in tags if tag_id not in bad_tags],
    )
    ready = call.at + world.modes.broadcast_dispatch_s
    job = MomentJob(
        world.ids.secret("moment_job"),
        call.app.agent_id,
        call.at,
        ready,
        moment,
        bad_users,
        bad_departments,
        bad_tags,
    )
    world.moments.jobs[job.jobid] = job
    if senders:
        world.moments.moments[moment.moment_id] = moment
    return {"jobid": job.jobid}


def moment_result(call: Call, ask: GetMomentJob) -> Json:
    """How far the job is; its moment_id once it is done."""
    job = call.world.moments.jobs.get(ask.jobid)
    if job is None or job.agent_id != call.app.agent_id:
        raise Refused(40088, "invalid jobid")
    if call.at >= job.begun_at + JOB_LIFE_S:
        raise Refused(40089, "job result was cleared")
    status = 3 if call.at >= job.ready_at else (1 if call.at == job.begun_at else 2)
    answer: Json = {"status": status, "type": "add_moment_task"}
    if status < 3:
        return answer
    result: Json = {"errcode": 0, "errmsg": "ok"}
    if job.moment.senders:
        result["moment_id"] = job.moment.moment_id
    else:
        result = {"errcode": 60111, "errmsg": "no valid sender"}
    result["invalid_sender_list"] = {
        "user_list": job.bad_users,
        "department_list": job.bad_departments,
    }
    result["invalid_external_contact_list"] = {"tag_list": job.bad_tags}
    return answer | {"result": result}


def cancel_moment(call: Call, ask: CancelMoment) -> Json:
    """Members who have not published can no longer."""
    moment = call.world.moments.moments.get(ask.moment_id)
    if moment is None:
        raise Refused(41060, "invalid moment_id")
    if moment.create_type != 0:
        raise Refused(41067, "not a moment of the corp")
    moment.cancelled = True
    return {}


def _attachments(call: Call, parts: list[MomentPart]) -> list[dict[str, Any]]:
    kinds = {part.msgtype for part in parts}
    if kinds - {"image", "video", "link"}:
        raise Refused(41065, "invalid attachments msgtype")
    if len(kinds) > 1 or len(parts) > (9 if kinds == {"image"} else 1):
        raise Refused(41064, "invalid attachments size")
    kept = []
    for part in parts:
        body = getattr(part, part.msgtype)
        if body is None:
            raise Refused(40058, f"missing parameter: attachments.{part.msgtype}")
        media_id = body.media_id
        if not media_id:
            raise Refused(41006, "media_id missing")
        if call.world.media.check(media_id, call.at).scene != "moment":
            raise Refused(41072, "upload it with media/upload_attachment, attachment_type 1")
        if isinstance(body, Link) and (not body.url or len(body.title.encode()) > 128):
            raise Refused(40058, "invalid parameter: link")
        shown = {name: value for name, value in body.model_dump().items() if value != ""}
        kept.append({"msgtype": part.msgtype, part.msgtype: shown})
    return kept


def _senders(call: Call, wanted: SenderList | None) -> tuple[list[str], list[str], list[int]]:
    world, visible = call.world, call.world.visible(call.app)
    able = [m for m in world.directory.present() if m.userid in visible and m.external_right]
    if wanted is None or not (wanted.user_list or wanted.department_list):
        return [member.userid for member in able], [], []
    named = {userid.lower() for userid in wanted.user_list}
    rooms = world.directory.below(wanted.department_list)
    chosen = [
        member.userid
        for member in able
        if member.userid.lower() in named or rooms.intersection(member.departments)
    ]
    known = {member.userid.lower() for member in able}
    bad_users = [userid for userid in wanted.user_list if userid.lower() not in known]
    departments = world.directory.departments
    return chosen, bad_users, [d for d in wanted.department_list if d not in departments]


ENDPOINTS = (
    post(
        "externalcontact/add_moment_task",
        AddMoment,
        add_moment,
        "customer",
        limits=(("minute", "moments_per_minute"), ("month", "moments_per_month")),
    ),
    get("externalcontact/get_moment_task_result", GetMomentJob, moment_result, "customer"),
    post("externalcontact/cancel_moment_task", CancelMoment, cancel_moment, "customer"),
)
