"""The customer group beside the chat: who is in it, what may be posted, the owner's one tap."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from archive.activity import group_talks
from bot.sidebar import group_rhythm, group_scripts, locked
from bot.sidebar.customer import MANAGERS, desk_of
from bot.sidebar.shell import page, shell
from community import repository as groups
from community.facts import GroupFact, MemberFact
from compliance.objections import BY_CODE
from config import policy_catalogue
from content_library.errors import (
    AddressForeign,
    MaterialNotReady,
    MaterialRefused,
    ScriptUnknown,
    WordsLocked,
)
from crm_sync.repository.staff import staff_by_userids
from delivery import attached, group_posts
from delivery.errors import SendBlocked
from delivery.group_posts import Audience, JudgedPost
from kit.clock import bank_date, bank_moment
from kit.errors import AppError
from kit.web.guard import Asking, Reading, Writing, allow, site_of
from kit.web.hues import persona_hue

router = APIRouter()
UNKNOWN: Final = "未识别"
WEEK: Final = timedelta(days=7)
LIBRARY_MOST: Final = 500
FLAGS: Final = {
    "owner_unknown": ("danger", "群主不是本行员工", "请网点负责人核对这个群，必要时转交群主"),
    "owner_left": ("danger", "群主已离职", "请网点负责人在企业微信里把群转给在职同事"),
    "no_staff": ("danger", "群里没有本行员工", "请网点负责人核对这个群"),
    "not_archived": ("warn", "还没有存到这个群的消息", "有人说话后仍是这样，请科技部检查会话存档"),
    "unregistered": ("warn", "还没有登记用途", "请总行运营在后台“客户群”里登记"),
}


@router.get("/h5/group", response_class=HTMLResponse)
async def group(
    request: Request,
    session: Reading,
    asking: Annotated[Asking, allow("h5", *MANAGERS)],
    chat: str = "",
) -> Response:
    """The group's card. GroupUnknown for a group that the viewer is not in."""
    if not chat:
        return RedirectResponse("/h5/", status_code=303)
    fact, people = await group_scripts.seen(session, asking, chat)
    audience = await group_scripts.audience_of(session, asking, fact, people)
    context = await shell(request, session, asking, tab="customer")
    judged, number = await group_scripts.library(request, session, asking, audience)
    shown = [one for one in judged if not one.missing]  # what the gate refuses says why
    shown.sort(key=lambda one: _place(one, fact))
    owns = group_scripts.owns(asking, fact)
    due = await group_rhythm.due_in(request, session, fact, asking.at)
    context |= {
        "chat": chat,
        "g": await _head(session, fact, people, audience, asking.at),
        "mix": _mix(audience),
        "state": None if owns else await _read_only(session, fact),
        "can_send": owns,
        "now_post": group_rhythm.card(due, judged, may_send=owns, chat=chat) if due else None,
        "issues": await _issues(session, fact, asking.at),
        "calendar": await _posted(session, chat, asking.at),
        "scripts": [group_scripts.card_of(one, chat, may_send=owns) for one in shown],
        "scripts_total": len(shown),
        "hidden_count": number - len(shown),
    }
    return page(request, "group", context, fragment="group")


@router.get("/h5/group/preview", response_class=HTMLResponse)
async def preview(
    request: Request,
    session: Reading,
    asking: Annotated[Asking, allow("h5", *MANAGERS)],
    chat: str,
    script_version_id: int,
) -> Response:
    """Exactly what the group will see, and what was checked."""
    fact, people = await group_scripts.seen(session, asking, chat)
    audience = await group_scripts.audience_of(session, asking, fact, people)
    one = await _one(request, session, asking, audience, script_version_id)
    context = await shell(request, session, asking, tab="customer")
    fine = not one.objections and not one.missing
    checks = [
        {"ok": True, "name": "个人信息", "value": "不含"},
        {"ok": fine, "name": "群成员", "value": "按最低的一位判断"},
        {"ok": fine, "name": "内容与时段", "value": "可以发送" if fine else "不符合，见下方原因"},
    ]
    card = group_scripts.card_of(one, chat, may_send=group_scripts.owns(asking, fact))
    return page(request, "_sheet", {**context, "s": card, "checks": checks})


@router.post("/h5/group/sends")
async def send(
    request: Request,
    session: Writing,
    asking: Annotated[Asking, allow("h5", *MANAGERS)],
    chat: Annotated[str, Form(max_length=64)],
    script_version_id: Annotated[int, Form()],
) -> Response:
    """A one-time ticket with the exact text; 409 with the blocked card and every reason."""
    fact, people = await group_scripts.seen(session, asking, chat)
    audience = await group_scripts.audience_of(session, asking, fact, people)
    one = await _one(request, session, asking, audience, script_version_id)
    try:
        locked.refuse_other_words(await request.form())
        beside = await attached.hung(
            session,
            attached.carried_by(one.script),
            channel="group",
            at=asking.at,
            policy=request.app.state.parts.shelf.of(policy_catalogue.LIBRARY),
            allowed=attached.addresses_of(desk_of(request).policy),
        )
        ticket = await group_posts.prepare(
            session,
            audience,
            script_version_id,
            sender=group_scripts.sender_of(asking),
            at=asking.at,
            desk=desk_of(request),
        )
    except (SendBlocked, WordsLocked, MaterialNotReady, MaterialRefused, AddressForeign) as refusal:
        context = await shell(request, session, asking, tab="customer")
        card = _blocked(group_scripts.card_of(one, chat, may_send=False), refusal)
        return page(request, "_card", {**context, "s": card}, status=409)
    words = [{"msgtype": "text", "text": {"content": ticket.text}}]
    return JSONResponse(
        {
            "ticket": ticket.token,
            "payloads": [*words, *attached.payloads(beside, site_of(request).public_url)],
        },
        headers={"cache-control": "no-store"},
    )


async def _one(
    request: Request, session: AsyncSession, asking: Asking, audience: Audience, version_id: int
) -> JudgedPost:
    found = await group_scripts.judged(request, session, asking, audience, [version_id])
    if not found:
        raise ScriptUnknown("没有这一版话术", do="回到群页面重新选择", version_id=version_id)
    return found[0]


def _place(one: JudgedPost, fact: GroupFact) -> tuple[bool, bool, str]:
    """What may go first, then what was written for this group's people, then by code."""
    return bool(one.objections), one.script.persona not in (fact.persona, None), one.script.code


async def _head(
    session: AsyncSession,
    fact: GroupFact,
    people: list[MemberFact],
    audience: Audience,
    at: datetime,
) -> dict[str, Any]:
    owner = (await staff_by_userids(session, [fact.owner_userid])).get(fact.owner_userid.lower())
    talk = (await group_talks(session, [fact.chat_id], since=at - WEEK, until=at)).get(fact.chat_id)
    today = bank_moment(bank_date(at))
    events = await groups.happened(session, fact.chat_id, since=today, limit=LIBRARY_MOST)
    acts = Counter(one.act for one in events if one.member_kind == "external")
    return {
        "name": fact.name or "客户群",
        "members": len(people),
        "external": fact.external,
        "owner_name": owner.name if owner else fact.owner_userid,
        "purpose": fact.purpose,
        "known": len(audience.customers),
        "speakers_7d": talk.customers_speaking if talk else 0,
        "joined_today": acts["joined"],
        "left_today": acts["left"],
    }


def _mix(audience: Audience) -> list[dict[str, Any]]:
    """How many members of each primary persona, the largest first; unknown ones last."""
    primary = Counter(one.personas[0] for one in audience.customers if one.personas)
    unknown = audience.unknown + len(audience.customers) - primary.total()
    found = [
        {"name": name, "n": number, "c": persona_hue(name)}
        for name, number in sorted(primary.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    return [*found, {"name": UNKNOWN, "n": unknown, "c": "p0"}] if unknown else found


async def _read_only(session: AsyncSession, fact: GroupFact) -> dict[str, Any]:
    owner = (await staff_by_userids(session, [fact.owner_userid])).get(fact.owner_userid.lower())
    return {
        "kind": "blocked",
        "title": "这里只能看",
        "text": f"只有群主可以往群里发。需要发送时，请找群主{owner.name if owner else ''}。",
        "code": "E-5106",
        "action": None,
    }


async def _issues(session: AsyncSession, fact: GroupFact, at: datetime) -> list[dict[str, Any]]:
    """What is wrong with the group, and what was said in it against the rules."""
    found = [
        {"kind": kind, "icon": "warn", "title": title, "text": text, "href": None, "action": ""}
        for kind, title, text in (FLAGS[flag] for flag in fact.flags)
    ]
    talk = (await group_talks(session, [fact.chat_id], since=at - WEEK, until=at)).get(fact.chat_id)
    if talk and talk.findings:
        said = {
            "kind": "danger",
            "icon": "warn",
            "title": f"7 日内有 {talk.findings} 条消息触发规则",
            "text": "广告或违规承诺请及时处理，合规已收到预警",
            "href": None,
            "action": "",
        }
        found.insert(0, said)
    return found


async def _posted(session: AsyncSession, chat: str, at: datetime) -> list[dict[str, Any]]:
    """What was posted today, as the calendar of the day."""
    return [
        {
            "at": one.claimed_at,
            "state": "done",
            "title": f"话术 {one.script_code} 第 {one.script_version} 版",
            "text": "存档核对一致" if one.state == "confirmed" else "待存档核对",
        }
        for one in await group_posts.posted_today(session, chat, at)
    ]


def _blocked(card: dict[str, Any], refusal: AppError) -> dict[str, Any]:
    """The card turned: the reasons of the refusal, which may be the day's slots or a material."""
    if card["objections"]:
        return card
    if not isinstance(refusal, SendBlocked):
        reasons = [{"code": refusal.code, "saying": f"{refusal.what}。{refusal.do}。"}]
        return {**card, "state": "blocked", "parts": [], "send": None, "objections": reasons}
    codes = str(refusal.facts.get("codes", "")).split(",")
    reasons = [{"code": code, "saying": BY_CODE[code].saying} for code in codes if code in BY_CODE]
    return {**card, "state": "blocked", "parts": [], "objections": reasons}
