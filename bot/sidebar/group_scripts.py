"""What may be said in a customer group: who listens there, which scripts fit all of them."""

from typing import Any, Final
from urllib.parse import quote

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from archive.activity import archived_groups
from bot.sidebar.cards import kind_of
from bot.sidebar.customer import desk_of
from community import repository as groups
from community.errors import GroupUnknown
from community.facts import GroupFact, GroupScope, MemberFact, Surroundings
from compliance.objections import BY_CODE
from content_library import repository as scripts_of
from content_library.facts import Form, State
from crm_sync import selection
from crm_sync.repository.profiles import customers_of
from crm_sync.row_security import beyond_scope
from delivery import group_posts
from delivery.group_posts import Audience, JudgedPost
from delivery.tickets import Sender
from kit.web.guard import Asking
from kit.web.rich import marked

LIBRARY_MOST: Final = 500


async def seen(
    session: AsyncSession, asking: Asking, chat: str
) -> tuple[GroupFact, list[MemberFact]]:
    """The group and who is in it now. Which chat it is comes from the page: it is checked here.

    Raises GroupUnknown for a group that the viewer is not in.
    """
    archived = await archived_groups(session, [chat])
    fact = await groups.group(session, GroupScope(), chat, Surroundings(archived=archived))
    people = [one for one in await groups.members(session, chat) if one.left_at is None]
    mine = (asking.viewer.userid or "").lower()
    inside = {one.member_id.lower() for one in people if one.kind == "staff"}
    if not mine or mine not in inside | {fact.owner_userid.lower()}:
        raise GroupUnknown("没有这个客户群，或不在你的查看范围内", chat_id=chat)
    return fact, people


async def audience_of(
    session: AsyncSession, asking: Asking, fact: GroupFact, people: list[MemberFact]
) -> Audience:
    """Who would read a post: the customers in the group, and how many whom nobody knows."""
    externals = {one.member_id for one in people if one.kind == "external"}
    known = await customers_of(session, externals)
    async with beyond_scope(session):  # the most protected member decides, whoever manages them
        customers = await selection.customer_facts(session, set(known.values()))
    return Audience(
        chat_id=fact.chat_id,
        owner_userid=fact.owner_userid,
        unit_id=fact.unit_id or asking.viewer.unit_id,
        customers=tuple(customers[key] for key in sorted(customers)),
        unknown=sum(1 for one in externals if known.get(one) not in customers),
    )


def owns(asking: Asking, fact: GroupFact) -> bool:
    """Whether the viewer owns the group; nobody else may post in it from here."""
    return fact.owner_userid.lower() == (asking.viewer.userid or "").lower()


def sender_of(asking: Asking) -> Sender:
    """The viewer as the one who posts."""
    return Sender(asking.viewer.staff_id, asking.viewer.userid or "")


async def judged(
    request: Request,
    session: AsyncSession,
    asking: Asking,
    audience: Audience,
    version_ids: list[int],
) -> list[JudgedPost]:
    """What the gate says of these versions, for everybody in the group, at this moment."""
    return await group_posts.check(
        session,
        audience,
        version_ids,
        sender=sender_of(asking),
        at=asking.at,
        desk=desk_of(request),
    )


async def library(
    request: Request, session: AsyncSession, asking: Asking, audience: Audience
) -> tuple[list[JudgedPost], int]:
    """Every approved group script judged for this group, and how many scripts there are in all.

    A script with personal data is none for a group, whoever is in it.
    """
    approved = await scripts_of.library(session, states=(State.APPROVED,), limit=LIBRARY_MOST)
    fitting = [
        one.script.version_id
        for one in approved
        if one.script.form == Form.GROUP and not one.script.personal_fields
    ]
    return await judged(request, session, asking, audience, fitting), len(approved)


def card_of(one: JudgedPost, chat: str, *, may_send: bool) -> dict[str, Any]:
    """One script as the templates want it; a blocked one carries no words."""
    script = one.script
    kind, style = kind_of(script.purpose, script.scene)
    blocked = bool(one.objections or one.missing)
    spans, place = [], 0
    for field, text in one.pieces:
        if field:
            spans.append((place, place + len(text)))
        place += len(text)
    reasons = [{"code": code, "saying": BY_CODE[code].saying} for code in one.objections]
    if one.missing:
        reasons.append({"code": "E-4202", "saying": f"{one.missing}。请换一条，或先补全资料。"})
    offer = {
        "script_version_id": script.version_id,
        "todo_id": None,
        "contact": None,
        "chat": chat,
    }
    return {
        "id": script.version_id,
        "state": "blocked" if blocked else "sendable",
        "title": script.title,
        "kind": kind,
        "kind_style": style,
        "code": f"话术 {script.code}",
        "version": script.version,
        "valid_until": script.valid_until,
        "parts": [] if blocked else marked(one.text, spans, "var"),
        "used": "",
        "media": None,
        "send": offer if may_send and not blocked else None,
        "sent_at": None,
        "objections": reasons,
        "preview_url": f"/h5/group/preview?chat={quote(chat)}&script_version_id={script.version_id}",
    }
