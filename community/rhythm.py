"""What the groups post on a day: the rhythm of each kind of group, one post a group. Pure.

A post is a candidate for its group: nobody writes for the owner. It is offered to the owner
beside the chat, judged for everybody in the group, and kept as posted by the ticket of its tap.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from community.facts import Seat
from config.community_policy import CommunityPolicy
from kit.clock import bank_moment

State = Literal["posted", "waiting", "missed"]


@dataclass(frozen=True, slots=True)
class PostDue:
    """What one group posts on one day, when, and why; ``kind`` is the rhythm's title."""

    chat_id: str
    kind: str
    script_code: str
    at: datetime
    why: str


def post_of(
    policy: CommunityPolicy, seat: Seat, day: date, works: Callable[[date], bool]
) -> PostDue | None:
    """The post of a group on ``day``; what comes once or twice a month goes before the weekly.

    None for a group that nobody registered, for a day without a post, and for a post that is
    left out because the day is not worked. Scripts take turns from week to week.
    """
    if not seat.registered:
        return None
    rhythm = policy.rhythm_of(seat.persona, seat.interest)
    found = [one for one in rhythm.post if one.falls_on(day)] if rhythm else []
    found = [one for one in found if one.on_rest == "post" or works(day)]
    if rhythm is None or not found:
        return None
    post = min(found, key=lambda one: (not one.nth, one.at))
    turn = (day - timedelta(days=day.weekday())).toordinal() // 7
    return PostDue(
        chat_id=seat.chat_id,
        kind=rhythm.title,
        script_code=post.scripts[turn % len(post.scripts)],
        at=bank_moment(day, post.at),
        why=post.why,
    )


def posts_of(
    policy: CommunityPolicy, seats: Sequence[Seat], day: date, works: Callable[[date], bool]
) -> list[PostDue]:
    """The posts of many groups on ``day``, by hour and group."""
    found = [post for seat in seats if (post := post_of(policy, seat, day, works)) is not None]
    return sorted(found, key=lambda one: (one.at, one.chat_id))


def state_of(post: PostDue, posted: Mapping[str, Collection[str]], today: date, day: date) -> State:
    """Whether it was posted, still may be, or was missed. ``posted``: codes of the day by group."""
    if post.script_code in posted.get(post.chat_id, ()):
        return "posted"
    return "missed" if day < today else "waiting"
