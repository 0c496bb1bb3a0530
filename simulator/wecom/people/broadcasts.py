"""Members confirm group sends, admins approve them, others use the same quota."""

from calendar import monthrange
from typing import Any, Literal

from simulator.wecom.clock import day_start, month_start, shanghai, week_start
from simulator.wecom.errors import Json
from simulator.wecom.people.kit import Act, ActError, act, the_member
from simulator.wecom.state.broadcasts import (
    CAPPED,
    NOT_FRIEND,
    SENT,
    Broadcast,
    MemberTask,
    SendRow,
)
from simulator.wecom.world import World


class Confirm(Act):
    """A member confirms a group send; ``only`` are the customers or groups he leaves selected."""

    userid: str
    msgid: str
    only: list[str] | None = None


class ConfirmAll(Act):
    """Every member with an open task confirms it."""

    msgid: str


class Decide(Act):
    """An admin approves or rejects a group send that waits for him."""

    msgid: str
    approved: bool = True


class OutsideBroadcast(Act):
    """A group send from the console or by a member himself: it uses the customers' quota too."""

    userid: str
    targets: list[str]
    text: str
    chat_type: Literal["single", "group"] = "single"
    create_type: Literal[0, 1] = 1


def confirm(world: World, ask: Confirm) -> Json:
    """The member's tap: rows become sent, not a friend any more, or over the cap."""
    broadcast = _open(world, ask.msgid)
    member = the_member(world, ask.userid)
    task = broadcast.tasks.get(member.userid)
    if task is None:
        raise ActError(f"{ask.userid!r} has no task in {ask.msgid!r}")
    if task.status:
        raise ActError(f"{ask.userid!r} has confirmed {ask.msgid!r} already")
    if ask.only is not None and broadcast.chat_type == "single" and not broadcast.allow_select:
        raise ActError(f"{ask.msgid!r} was made without allow_select")
    return _send(world, broadcast, task, ask.only)


def confirm_all(world: World, ask: ConfirmAll) -> Json:
    """All open tasks at once."""
    broadcast = _open(world, ask.msgid)
    counts: Json = {}
    for task in broadcast.tasks.values():
        if not task.status:
            for name, number in _send(world, broadcast, task, None).items():
                counts[name] = counts.get(name, 0) + number
    return counts


def decide(world: World, ask: Decide) -> Json:
    """Admin approval, as some tenants demand for sends that come by the API."""
    broadcast = world.broadcasts.broadcasts.get(ask.msgid)
    if broadcast is None or not broadcast.awaits_approval:
        raise ActError(f"{ask.msgid!r} does not wait for approval")
    broadcast.awaits_approval = False
    if not ask.approved:
        broadcast.rejected = broadcast.cancelled = True
    return {}


def outside_broadcast(world: World, ask: OutsideBroadcast) -> Json:
    """Made and confirmed at once by somebody else than the product."""
    member = the_member(world, ask.userid)
    task = MemberTask(member.userid, [SendRow(member.userid, target) for target in ask.targets])
    at = world.now()
    broadcast = Broadcast(
        msgid=world.ids.text("msg"),
        chat_type=ask.chat_type,
        created_at=at,
        ready_at=at,
        text=ask.text,
        attachments=[],
        tasks={member.userid: task},
        agent_id=None,
        creator=member.userid,
        create_type=ask.create_type,
    )
    world.broadcasts.broadcasts[broadcast.msgid] = broadcast
    return {"msgid": broadcast.msgid, **_send(world, broadcast, task, None)}


def capped(world: World, target: str, at: float) -> bool:
    """Whether ``target`` was reached as often as the corp's setting allows (api.md 5.2)."""
    board, mode = world.broadcasts, world.modes.broadcast_cap
    if mode == "day1":
        return board.reached_since(target, day_start(at)) >= 1
    if mode == "week7":
        return board.reached_since(target, week_start(at)) >= 7
    moment = shanghai(at)
    cap = 4 if mode == "legacy_month4" else monthrange(moment.year, moment.month)[1]
    return board.reached_since(target, month_start(at)) >= cap


def _open(world: World, msgid: str) -> Broadcast:
    broadcast = world.broadcasts.broadcasts.get(msgid)
    if broadcast is None:
        raise ActError(f"no group send {msgid!r}")
    if broadcast.cancelled:
        raise ActError(f"group send {msgid!r} was cancelled")
    if broadcast.awaits_approval:
        raise ActError(f"group send {msgid!r} waits for an admin: act 'approve_broadcast' first")
    return broadcast


def _send(
    world: World, broadcast: Broadcast, task: MemberTask, only: list[str] | None
) -> dict[str, Any]:
    at = world.now()
    chosen = None if only is None else set(only)
    counts = {"sent": 0, "not_friend": 0, "capped": 0}
    for row in task.rows:
        if chosen is not None and row.target not in chosen:
            continue
        row.status = _reach(world, broadcast, row, at)
        name = {SENT: "sent", NOT_FRIEND: "not_friend", CAPPED: "capped"}[row.status]
        counts[name] += 1
        if row.status == SENT:
            row.send_time = int(at)
            world.broadcasts.reached(row.target, int(at))
    task.status, task.send_time = 2, int(at)
    return counts


def _reach(world: World, broadcast: Broadcast, row: SendRow, at: float) -> int:
    if broadcast.chat_type == "group":
        group = world.groups.groups.get(row.target)
        if group is None or group.dismissed or group.face.owner != row.userid:
            return NOT_FRIEND
        if capped(world, row.target, at):
            return CAPPED
        world.voice.member_to_group(
            "broadcast",
            row.userid,
            group,
            broadcast.text,
            broadcast.attachments,
            at,
            broadcast.msgid,
        )
        return SENT
    relation = world.contacts.pair(row.userid, row.target)
    if relation is None or relation.half or relation.contact_left:
        return NOT_FRIEND
    if capped(world, row.target, at):
        return CAPPED
    world.voice.member_to_contact(
        "broadcast",
        row.userid,
        row.target,
        broadcast.text,
        broadcast.attachments,
        at,
        broadcast.msgid,
    )
    return SENT


ACTS = (
    act("confirm_broadcast", Confirm, confirm),
    act("confirm_all_broadcast", ConfirmAll, confirm_all),
    act("approve_broadcast", Decide, decide),
    act("outside_broadcast", OutsideBroadcast, outside_broadcast),
)
