"""The demo's rhythm of groups: registered, posted into over the last week, now and then left out.

An owner taps beside the chat: the gate judges for everybody in the group, the simulated WeCom
holds what was said, and the archive proves it word for word.
"""

from datetime import datetime, timedelta
from typing import Final

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from community import repository as groups_of
from community import service as groups
from community.facts import GroupScope
from community.rhythm import PostDue, posts_of
from config import policy_catalogue
from content_library import repository as scripts_of
from crm_sync import selection
from crm_sync.facts import StaffFact
from crm_sync.repository.profiles import customers_of
from crm_sync.repository.staff import staff_by_userids
from delivery import group_posts, tickets
from delivery.errors import SendBlocked
from delivery.group_posts import Audience
from delivery.tickets import Sender
from kit.clock import bank_date
from simulator.bank.wecom_side import Circle
from wiring.parts import Parts

WEEK: Final = 7
MISSED: Final = 5
"""Every fifth post is forgotten by its owner."""
LATE: Final = timedelta(minutes=4)


async def rhythm_day(
    parts: Parts,
    people: httpx.AsyncClient,
    circles: list[Circle],
    at: datetime,
    *,
    author: str,
) -> int:
    """Register the groups of ``circles`` that are for somebody; returns how many posts were made."""
    async with parts.databases.bank.transaction() as session:
        for one in circles:
            if one.interest or one.persona:
                await groups.register(
                    session, one.chat_id, purpose="兴趣群" if one.interest else "社区群",
                    interest=one.interest, persona=one.persona or one.interest,
                    unit_id=one.unit_id, actor=author, at=at - timedelta(days=30),
                )  # fmt: skip
        said = await _posted(session, parts, at)
    answer = await people.post("/_sim/say", json=said, timeout=120)
    answer.raise_for_status()
    return len(said)


async def _posted(session: AsyncSession, parts: Parts, at: datetime) -> list[dict[str, object]]:
    """What the owners posted until now, in order of time, as the simulated WeCom takes it."""
    policy = parts.shelf.of(policy_catalogue.COMMUNITY)
    works, today = parts.desk.calendar.is_working, bank_date(at)
    seats = await groups_of.seats_of(session, GroupScope())
    days = [today - timedelta(days=back) for back in range(WEEK - 1, -1, -1)]
    due = [one for day in days for one in posts_of(policy, seats, day, works)]
    due = [one for place, one in enumerate(due) if one.at + LATE < at and place % MISSED != 2]
    owner_of = {one.chat_id: one.owner_userid for one in seats}
    unit_of = {one.chat_id: one.unit_id or "" for one in seats}
    staff = await staff_by_userids(session, set(owner_of.values()))
    scripts = await scripts_of.approved_by_code(session, {one.script_code for one in due}, at)
    said: list[dict[str, object]] = []
    for post in due:
        owner, script = staff.get(owner_of[post.chat_id]), scripts.get(post.script_code)
        if owner is None or script is None:
            continue
        audience = await _audience(session, post, owner, unit_of[post.chat_id])
        text = await _tapped(session, parts, audience, script.version_id, owner, post.at + LATE)
        if text:
            moment = (post.at + LATE).timestamp()
            said.append(
                {"speaker": owner.userid, "chat_id": post.chat_id, "text": text, "at": moment}
            )
    return said


async def _audience(
    session: AsyncSession, post: PostDue, owner: StaffFact, unit_id: str
) -> Audience:
    members = await groups_of.members(session, post.chat_id)
    externals = {one.member_id for one in members if one.kind == "external"}
    known = await customers_of(session, externals)
    customers = await selection.customer_facts(session, set(known.values()))
    return Audience(
        chat_id=post.chat_id,
        owner_userid=owner.userid or "",
        unit_id=unit_id or owner.unit_id,
        customers=tuple(customers[key] for key in sorted(customers)),
        unknown=sum(1 for one in externals if known.get(one) not in customers),
    )


async def _tapped(
    session: AsyncSession,
    parts: Parts,
    audience: Audience,
    version_id: int,
    owner: StaffFact,
    at: datetime,
) -> str:
    """The words that went into the group, or none where the gate says no."""
    sender = Sender(owner.staff_id, owner.userid or "")
    try:
        ticket = await group_posts.prepare(
            session, audience, version_id, sender=sender, at=at, desk=parts.desk
        )
    except SendBlocked:
        return ""
    await tickets.said(session, ticket.token, sender=sender, word="ok", detail="", at=at)
    return ticket.text
