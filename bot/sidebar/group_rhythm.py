"""What the owner's groups post today: on the group's own page, and among the day's to-dos."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from bot.sidebar import group_scripts
from bot.sidebar.customer import desk_of
from community import names as group_names
from community import repository as groups
from community.facts import GroupFact, GroupScope, Seat
from community.rhythm import PostDue, post_of, posts_of
from config import policy_catalogue
from config.community_policy import CommunityPolicy
from delivery import group_posts
from delivery.group_posts import JudgedPost
from kit.clock import bank_clock, bank_date
from kit.web.guard import Asking


def policy_of(request: Request) -> CommunityPolicy:
    """The rhythm in force."""
    return request.app.state.parts.shelf.of(policy_catalogue.COMMUNITY)  # type: ignore[no-any-return]


async def due_in(
    request: Request, session: AsyncSession, fact: GroupFact, at: datetime
) -> PostDue | None:
    """What the group still has to post today; None where nothing is due or it was posted."""
    seat = Seat(
        fact.chat_id, fact.owner_userid, fact.unit_id, fact.persona, fact.interest, fact.registered
    )
    works = desk_of(request).calendar.is_working
    due = post_of(policy_of(request), seat, bank_date(at), works)
    if due is None:
        return None
    posted = await group_posts.posted_today(session, fact.chat_id, at)
    return None if due.script_code in {one.script_code for one in posted} else due


def card(
    due: PostDue, judged: Sequence[JudgedPost], *, may_send: bool, chat: str
) -> dict[str, Any]:
    """The post of the day as the group's page shows it; without a script while none is approved."""
    found = next((one for one in judged if one.script.code == due.script_code), None)
    return {
        "at": due.at,
        "scope": due.kind,
        "icon": "chat",
        "title": found.script.title if found else f"话术 {due.script_code}",
        "text": due.why,
        "script": group_scripts.card_of(found, chat, may_send=may_send)
        if found and not found.missing
        else None,
    }


async def of_owner(request: Request, session: AsyncSession, asking: Asking) -> list[dict[str, Any]]:
    """What my groups post today, by hour, with what is done of it."""
    userid = asking.viewer.userid
    if not userid:
        return []
    seats = await groups.seats_of(session, GroupScope(), owner=userid)
    today = bank_date(asking.at)
    works = desk_of(request).calendar.is_working
    due = posts_of(policy_of(request), seats, today, works)
    chats = [one.chat_id for one in due]
    names = await group_names.names(session, chats)
    posted = await group_posts.posted_on(session, chats, today)
    return [
        {
            "name": names.get(one.chat_id) or "客户群",
            "chat": one.chat_id,
            "at": f"{bank_clock(one.at):%H:%M}",
            "why": one.why,
            "done": one.script_code in {sent.script_code for sent in posted.get(one.chat_id, ())},
        }
        for one in due
    ]
