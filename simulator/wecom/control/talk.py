"""POST /_sim/say: many messages at once, with their own times, for weeks of talk.

They go to the archive by its rules and into the statistics; they are the past, so nothing of them
stands in seen and no welcome code is touched.
"""

from typing import Any

from simulator.wecom.archive.bodies import text_body
from simulator.wecom.control.kit import BadOrderError, Order
from simulator.wecom.errors import Json
from simulator.wecom.state.groups import Group
from simulator.wecom.world import World


class SayOrder(Order):
    """One message; ``hole`` sequence numbers are left out before it."""

    speaker: str
    to: str = ""
    chat_id: str = ""
    text: str = ""
    body: dict[str, Any] | None = None
    at: float
    hole: int = 0


def say_many(world: World, orders: list[SayOrder]) -> Json:
    """Archive messages in the order given; how many were kept and between which numbers."""
    first = last = kept = 0
    for order in orders:
        if order.hole:
            world.talks.skip(order.hole)
        for seq in _say(world, order):
            first, last, kept = first or seq, seq, kept + 1
    return {"said": len(orders), "archived": kept, "first_seq": first, "last_seq": last}


def _say(world: World, order: SayOrder) -> list[int]:
    body = order.body or text_body(order.text)
    speaker = world.directory.find(order.speaker)
    sender = speaker.userid if speaker else order.speaker
    if order.chat_id:
        group = _group(world, order.chat_id)
        world.days.said(group.chat_id, sender, order.at)
        return [record.seq for record in world.voice.archive_group(group, sender, body, order.at)]
    listener = world.directory.find(order.to)
    if speaker is not None and listener is not None:
        records = world.voice.archive_staff(speaker.userid, listener.userid, body, order.at)
        return [record.seq for record in records]
    member = speaker or listener
    contact = order.to if speaker else order.speaker
    relation = world.contacts.pair(member.userid, contact) if member else None
    if relation is None:
        raise BadOrderError(f"{order.speaker} and {order.to} are not related")
    relation.last_talk = max(relation.last_talk, order.at)
    world.days.talked(relation.userid, contact, order.at, by_member=speaker is not None)
    records = world.voice.archive_pair(relation.userid, contact, sender, body, order.at)
    return [record.seq for record in records]


def _group(world: World, chat_id: str) -> Group:
    group = world.groups.groups.get(chat_id)
    if group is None:
        raise BadOrderError(f"no group {chat_id}: POST /_sim/groups first")
    return group
