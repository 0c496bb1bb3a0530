"""Group sends after creation: remind, cancel, list, tasks, results (api.md 5.3)."""

from typing import ClassVar

from simulator.wecom.clock import DAY
from simulator.wecom.cursors import page
from simulator.wecom.endpoints.kit import Call, post
from simulator.wecom.errors import Json, Refused
from simulator.wecom.state.broadcasts import SENT, Broadcast
from simulator.wecom.strictness import Ask

MONTH_S = 31 * DAY


class OneBroadcast(Ask):
    """remind_groupmsg_send, cancel_groupmsg_send [97610][97611]."""

    missing: ClassVar[dict[str, int]] = {"msgid": 41046}
    wrong: ClassVar[dict[str, int]] = {"msgid": 41047}
    msgid: str


class ListBroadcasts(Ask):
    """get_groupmsg_list_v2 [93338]."""

    chat_type: str
    start_time: int
    end_time: int
    creator: str | None = None
    filter_type: int = 2
    limit: int = 50
    cursor: str = ""


class GetTasks(Ask):
    """get_groupmsg_task."""

    missing: ClassVar[dict[str, int]] = {"msgid": 41046}
    wrong: ClassVar[dict[str, int]] = {"msgid": 41047}
    msgid: str
    limit: int = 500
    cursor: str = ""


class GetResults(Ask):
    """get_groupmsg_send_result."""

    missing: ClassVar[dict[str, int]] = {"msgid": 41046, "userid": 41009}
    wrong: ClassVar[dict[str, int]] = {"msgid": 41047}
    msgid: str
    userid: str
    limit: int = 500
    cursor: str = ""


def remind(call: Call, ask: OneBroadcast) -> Json:
    """Remind the members who have not confirmed; three times within 24 h."""
    broadcast = _found(call, ask.msgid)
    if broadcast.cancelled:
        raise Refused(41093, "task was cancelled")
    recent = [at for at in broadcast.reminded_at if at > call.at - DAY]
    if len(recent) >= call.world.modes.broadcast_reminders_per_day:
        raise Refused(41094, "remind too often")
    broadcast.reminded_at.append(call.at)
    return {}


def cancel(call: Call, ask: OneBroadcast) -> Json:
    """Stop what was not sent; what arrived stays."""
    broadcast = _found(call, ask.msgid)
    if broadcast.cancelled:
        raise Refused(41093, "task was cancelled")
    broadcast.cancelled = True
    return {}


def list_broadcasts(call: Call, ask: ListBroadcasts) -> Json:
    """Group sends of a month; a limit over 100 falls back to the default 50."""
    if ask.chat_type not in ("single", "group"):
        raise Refused(86214, "invalid chat_type")
    if ask.filter_type not in (0, 1, 2) or not 0 <= ask.end_time - ask.start_time <= MONTH_S:
        raise Refused(40058, "invalid parameter: filter_type or start_time/end_time")
    limit = ask.limit if 1 <= ask.limit <= 100 else 50
    found = [
        broadcast
        for broadcast in call.world.broadcasts.broadcasts.values()
        if broadcast.chat_type == ask.chat_type
        and ask.start_time <= broadcast.created_at <= ask.end_time
        and ask.filter_type in (2, broadcast.create_type)
        and ask.creator in (None, broadcast.creator)
    ]
    arguments = [ask.chat_type, ask.start_time, ask.end_time, ask.creator, ask.filter_type]
    rows, following = page(call.path, arguments, ask.cursor, found, limit)
    return {"next_cursor": following, "group_msg_list": [_listed(row) for row in rows]}


def get_tasks(call: Call, ask: GetTasks) -> Json:
    """Which member confirmed; empty while an admin has not approved."""
    broadcast = _found(call, ask.msgid)
    if broadcast.cancelled:
        raise Refused(41093, "task was cancelled")
    _dispatched(call, broadcast)
    tasks = [] if broadcast.awaits_approval else list(broadcast.tasks.values())
    limit = _limit(ask.limit)
    rows, following = page(call.path, ask.msgid, ask.cursor, tasks, limit)
    shown = []
    for task in rows:
        row: Json = {"userid": task.userid, "status": task.status}
        shown.append(row | ({"send_time": task.send_time} if task.status else {}))
    return {"next_cursor": following, "task_list": shown}


def get_results(call: Call, ask: GetResults) -> Json:
    """What became of each customer of one member; group sends return sent rows only."""
    broadcast = _found(call, ask.msgid)
    _dispatched(call, broadcast)
    userid = call.world.visible_member(call.app, ask.userid).userid
    task = broadcast.tasks.get(userid)
    rows = [] if task is None or broadcast.awaits_approval else task.rows
    if broadcast.chat_type == "group":
        rows = [row for row in rows if row.status == SENT]
    arguments = [ask.msgid, userid]
    part, following = page(call.path, arguments, ask.cursor, rows, _limit(ask.limit))
    target = "chat_id" if broadcast.chat_type == "group" else "external_userid"
    shown = []
    for row in part:
        line: Json = {target: row.target, "userid": row.userid, "status": row.status}
        shown.append(line | ({"send_time": row.send_time} if row.status == SENT else {}))
    return {"next_cursor": following, "send_list": shown}


def _limit(asked: int) -> int:
    """A page of up to 1000; beyond the cap the default 500 is taken."""
    return asked if 1 <= asked <= 1_000 else 500


def _found(call: Call, msgid: str) -> Broadcast:
    if not msgid:
        raise Refused(41046, "msgid missing")
    broadcast = call.world.broadcasts.broadcasts.get(msgid)
    if broadcast is None:
        raise Refused(41047, "invalid msgid")
    return broadcast


def _dispatched(call: Call, broadcast: Broadcast) -> None:
    if call.at < broadcast.ready_at:
        raise Refused(41063, "msg is being dispatched")


def _listed(broadcast: Broadcast) -> Json:
    shown: Json = {"msgid": broadcast.msgid}
    if broadcast.creator:
        shown["creator"] = broadcast.creator
    # The official sample quotes this value, unlike every other time.
    shown["create_time"] = str(int(broadcast.created_at))
    shown["create_type"] = broadcast.create_type
    if broadcast.text:
        shown["text"] = {"content": broadcast.text}
    return shown | {"attachments": broadcast.attachments}


ENDPOINTS = (
    post("externalcontact/remind_groupmsg_send", OneBroadcast, remind, "customer"),
    post("externalcontact/cancel_groupmsg_send", OneBroadcast, cancel, "customer"),
    post("externalcontact/get_groupmsg_list_v2", ListBroadcasts, list_broadcasts, "customer"),
    post("externalcontact/get_groupmsg_task", GetTasks, get_tasks, "customer"),
    post("externalcontact/get_groupmsg_send_result", GetResults, get_results, "customer"),
)
