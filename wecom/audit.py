"""Session archive over HTTP: who is archived and who agreed (91614, 91782, 92951, 91774).

These need the archive's own secret. The misspelt ``exteranalopenid`` is the wire name.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from wecom import limits
from wecom.answers import Answer
from wecom.client import Caller


@dataclass(frozen=True, slots=True)
class Agreement:
    """Where an external contact stands. ``staff_id`` is '' in a group."""

    staff_id: str
    external_userid: str
    agreed: bool
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class InternalGroup:
    """A group of staff only; external ones are refused here (301059)."""

    room_id: str
    name: str = field(repr=False)
    creator: str
    created_at: datetime | None
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Robot:
    robot_id: str
    name: str
    creator: str


async def permitted(client: Caller, edition: int | None = None) -> tuple[str, ...]:
    """Return the members who are archived; ``edition`` 1 office, 2 service, 3 enterprise."""
    path = "msgaudit/get_permit_user_list"
    body = {} if edition is None else {"type": edition}
    return Answer(path, await client.call(path, body, idempotent=True)).strings("ids")


async def single_agreements(
    client: Caller, pairs: Sequence[tuple[str, str]]
) -> tuple[Agreement, ...]:
    """Return where up to 100 pairs (staff id, external userid) stand."""
    limits.not_empty("查询会话同意的对象", pairs)
    limits.at_most("查询会话同意的对象", pairs, 100)
    info = [{"userid": staff_id, "exteranalopenid": external} for staff_id, external in pairs]
    return await _agreements(client, "msgaudit/check_single_agree", {"info": info})


async def room_agreements(client: Caller, room_id: str) -> tuple[Agreement, ...]:
    """Return where the external members of one group stand."""
    return await _agreements(client, "msgaudit/check_room_agree", {"roomid": room_id})


async def _agreements(client: Caller, path: str, body: dict[str, Any]) -> tuple[Agreement, ...]:
    answer = Answer(path, await client.call(path, body, idempotent=True))
    return tuple(
        Agreement(
            staff_id=one.text("userid"),
            external_userid=one.need("exteranalopenid"),
            agreed=one.text("agree_status") == "Agree",
            changed_at=one.moment("status_change_time"),
        )
        for one in answer.objects("agreeinfo")
    )


async def internal_group(client: Caller, room_id: str) -> InternalGroup:
    path = "msgaudit/groupchat/get"
    answer = Answer(path, await client.call(path, {"roomid": room_id}, idempotent=True))
    return InternalGroup(
        room_id=room_id,
        name=answer.text("roomname"),
        creator=answer.text("creator"),
        created_at=answer.moment("room_create_time"),
        members=tuple(one.need("memberid") for one in answer.objects("members")),
    )


async def robot(client: Caller, robot_id: str) -> Robot:
    path = "msgaudit/get_robot_info"
    answer = Answer(path, await client.call(path, params={"robot_id": robot_id}, idempotent=True))
    data = answer.need_child("data")
    return Robot(data.need("robot_id"), data.text("name"), data.text("creator_userid"))
