"""The customer group beside the chat: who is in it, what may be posted, the owner's one tap."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from archive.activity import archived_groups, group_talks
from bot.sidebar.cards import KINDS
from bot.sidebar.customer import MANAGERS, desk_of
from bot.sidebar.shell import page, shell
from community import repository as groups
from community.errors import GroupUnknown
from community.facts import GroupFact, GroupScope, MemberFact, Surroundings
from compliance.objections import BY_CODE
from content_library import repository as scripts_of
from content_library.errors import ScriptUnknown
from content_library.facts import Form as ScriptForm
from content_library.facts import State
from crm_sync import selection
from crm_sync.repository.profiles import customers_of
from crm_sync.repository.staff import staff_by_userids
from crm_sync.row_security import beyond_scope
from delivery import group_posts
from delivery.errors import SendBlocked
from delivery.group_posts import Audience, JudgedPost
from delivery.tickets import Sender
from kit.clock import bank_date, bank_moment
from kit.web.guard import Asking, Reading, Writing, allow
from kit.web.hues import persona_hue
from kit.web.rich import marked

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
    fact, people = await _seen(session, asking, chat)
    audience = await _audience(session, asking, fact, people)
    context = await shell(request, session, asking, tab="customer")
    library = await scripts_of.library(session, states=(State.APPROVED,), limit=LIBRARY_MOST)
    fitting = [
        one.script.version_id
        for one in library
        if one.script.form == ScriptForm.GROUP and not one.script.personal_fields
    ]
    judged = await _judged(request, session, asking, audience, fitting)
    shown = [one for one in judged if not one.missing]  # what the gate refuses says why
    shown.sort(key=lambda one: _place(one, fact))
    owns = _owns(asking, fact)
    context |= {
        "chat": chat,
        "g": await _head(session, fact, people, audience, asking.at),
        "mix": _mix(audience),
        "state": None if owns else await _read_only(session, fact),
        "can_send": owns,
        "now_post": None,
        "issues": await _issues(session, fact, asking.at),
        "calendar": await _posted(session, chat, asking.at),
        "scripts": [_card(one, chat, may_send=owns) for one in shown],
        "scripts_total": len(shown),
        "hidden_count": len(library) - len(shown),
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
    fact, people = await _seen(session, asking, chat)
    audience = await _audience(session, asking, fact, people)
    one = await _one(request, session, asking, audience, script_version_id)
    context = await shell(request, session, asking, tab="customer")
    fine = not one.objections and not one.missing
    checks = [
        {"ok": True, "name": "个人信息", "value": "不含"},
        {"ok": fine, "name": "群成员", "value": "按最低的一位判断"},
        {"ok": fine, "name": "内容与时段", "value": "可以发送" if fine else "不符合，见下方原因"},
    ]
    card = _card(one, chat, may_send=_owns(asking, fact))
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
    fact, people = await _seen(session, asking, chat)
    audience = await _audience(session, asking, fact, people)
    one = await _one(request, session, asking, audience, script_version_id)
    try:
        ticket = await group_posts.prepare(
            session,
            audience,
            script_version_id,
            sender=_sender(asking),
            at=asking.at,
            desk=desk_of(request),
        )
    except SendBlocked as refusal:
        context = await shell(request, session, asking, tab="customer")
        card = _blocked(_card(one, chat, may_send=False), refusal)
        return page(request, "_card", {**context, "s": card}, status=409)
    return JSONResponse(
        {
            "ticket": ticket.token,
            "payloads": [{"msgtype": "text", "text": {"content": ticket.text}}],
        },
        headers={"cache-control": "no-store"},
    )


async def _seen(
    session: AsyncSession, asking: Asking, chat: str
) -> tuple[GroupFact, list[MemberFact]]:
    """The group and who is in it now. Which chat it is comes from the page: it is checked here."""
    archived = await archived_groups(session, [chat])
    fact = await groups.group(session, GroupScope(), chat, Surroundings(archived=archived))
    people = [one for one in await groups.members(session, chat) if one.left_at is None]
    mine = (asking.viewer.userid or "").lower()
    inside = {one.member_id.lower() for one in people if one.kind == "staff"}
    if not mine or mine not in inside | {fact.owner_userid.lower()}:
        raise GroupUnknown("没有这个客户群，或不在你的查看范围内", chat_id=chat)
    return fact, people


async def _audience(
    session: AsyncSession, asking: Asking, fact: GroupFact, people: list[MemberFact]
) -> Audience:
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


def _place(one: JudgedPost, fact: GroupFact) -> tuple[bool, bool, str]:
    """What may go first, then what was written for this group's people, then by code."""
    return bool(one.objections), one.script.persona not in (fact.persona, None), one.script.code


def _sender(asking: Asking) -> Sender:
    return Sender(asking.viewer.staff_id, asking.viewer.userid or "")


def _owns(asking: Asking, fact: GroupFact) -> bool:
    return fact.owner_userid.lower() == (asking.viewer.userid or "").lower()


async def _judged(
    request: Request,
    session: AsyncSession,
    asking: Asking,
    audience: Audience,
    version_ids: list[int],
) -> list[JudgedPost]:
    return await group_posts.check(
        session,
        audience,
        version_ids,
        sender=_sender(asking),
        at=asking.at,
        desk=desk_of(request),
    )


async def _one(
    request: Request, session: AsyncSession, asking: Asking, audience: Audience, version_id: int
) -> JudgedPost:
    found = await _judged(request, session, asking, audience, [version_id])
    if not found:
        raise ScriptUnknown("没有这一版话术", do="回到群页面重新选择", version_id=version_id)
    return found[0]


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


def _card(one: JudgedPost, chat: str, *, may_send: bool) -> dict[str, Any]:
    """One script as the templates want it; a blocked one carries no words."""
    script = one.script
    kind, style = KINDS.get(script.purpose, ("其他", ""))
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


def _blocked(card: dict[str, Any], refusal: SendBlocked) -> dict[str, Any]:
    """The card turned: the reasons of the refusal, which may be the day's slots."""
    if card["objections"]:
        return card
    codes = str(refusal.facts.get("codes", "")).split(",")
    reasons = [{"code": code, "saying": BY_CODE[code].saying} for code in codes if code in BY_CODE]
    return {**card, "state": "blocked", "parts": [], "objections": reasons}
