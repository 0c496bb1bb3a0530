"""Packs: the list, the request with its basis, one pack with its proof, cover and download."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from archive.evidence import approve, build, refuse
from archive.evidence import lists as packs_of
from archive.evidence.lists import PackMessage
from archive.evidence.requests import PackFact
from archive.integrity import seals as seals_of
from console import roles, seals
from console.audit.speakers import Speakers, speakers_of
from console.audit.talk import parts
from console.errors import ReasonNeeded
from console.evidence import basket
from console.evidence.asking import PATH, scope_of
from console.lists import PER_PAGE, choice, nothing, paging, state, url
from console.naming import Names, names_for
from console.shell import page, shell
from console.state_words import PACK_STATES
from console.traces import looked, viewing
from console.wording import act_text
from insights import record
from kit.clock import bank_date
from kit.web.formats import long_stamp, moment
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
ON_COVER: Final = 40


@router.get(PATH, response_class=HTMLResponse)
async def evidence(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.AUDIT)],
    session: Writing,
    status: Annotated[str, Query(alias="state")] = "",
    before: str = "",
) -> Response:
    """Every pack, the newest first; titles name people, so the look is recorded."""
    wanted = status if status in PACK_STATES else None
    total = await packs_of.count(session, await scope_of(session, asking), state=wanted)
    scope = await scope_of(session, asking)
    found = await packs_of.page(
        session, scope, state=wanted, limit=PER_PAGE + 1, before=before or None
    )
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    names = await names_for(
        session, places=[who for one in shown for who in (one.requested_by, one.decided_by)]
    )
    chosen = await basket.in_basket(session, asking.viewer.staff_id)
    place = await looked(session, asking, "evidence.viewed", "list:evidence")
    context = await shell(request, session, asking, "evidence", view_ref=place)
    options = [("", "全部"), *((key, text) for key, (text, _) in PACK_STATES.items())]
    kept = {"state": status}
    context |= {
        "basket": {"n": len(chosen), "text": "还没有申请"} if chosen else None,
        "filters": [choice("state", "状态", options, status)],
        "state": None
        if shown
        else nothing(
            "证据包", kept.values(), PATH, "在审计检索里选中消息，按 E 加入篮子，再来这里申请。"
        ),
        "packs": [_row(one, names) for one in shown],
        "page": paging(
            shown,
            total=total,
            next_url=url(PATH, kept, before=shown[-1].number) if more else None,
            first_url=url(PATH, kept) if before else None,
        ),
    }
    return page(request, "evidence", context)


def _row(one: PackFact, names: Names) -> dict[str, Any]:
    text, kind = PACK_STATES[one.state]
    return {
        "no": one.number,
        "href": f"{PATH}/{one.number}",
        "title": one.title,
        "scope_text": f"{one.messages} 条消息",
        "messages": one.messages,
        "asked_by_name": names.actor(one.requested_by),
        "decided_by_name": names.actor(one.decided_by) if one.decided_by else "",
        "purpose": one.purpose,
        "asked_at": one.requested_at,
        "state_text": text,
        "state_kind": kind,
    }


@router.get(PATH + "/{number}", response_class=HTMLResponse)
async def pack(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.AUDIT)],
    session: Writing,
    number: str,
) -> Response:
    """One pack: what it holds, whether that is sound, and who decides."""
    found = await packs_of.one(session, await scope_of(session, asking), number)
    held = await packs_of.messages(session, number)
    who = await speakers_of(session, [one.message for one in held])
    place = await looked(
        session, asking, "evidence.viewed", f"evidence:{number}", payload=_shown(held)
    )
    text, kind = PACK_STATES[found.state]
    ready = found.state in ("approved", "built")
    names = await names_for(session, places=[found.requested_by, found.decided_by])
    context = await shell(request, session, asking, "evidence", view_ref=place)
    context |= {
        "e": {"no": number, "title": found.title, "state_text": text, "state_kind": kind},
        "cover_url": f"{PATH}/{number}/cover" if ready else None,
        "download": {
            "action": f"{PATH}/{number}/download",
            "size_text": f"{found.size / 1_048_576:.1f} MB" if found.size else "首次生成",
        }
        if ready
        else None,
        "messages": [_message(one, who) for one in held],
        "seal": seals.of_messages(
            await seals_of(session, [one.message.seq for one in held]), asking
        ),
        "facts": _facts(found, held, names),
        "decision": _decision(found, asking),
        "custody": [
            {"text": text, "small": small, "now": False}
            for _, text, small in await _custody(session, found, asking)
        ],
    }
    return page(request, "pack", context)


def _shown(held: Sequence[PackMessage]) -> dict[str, Any]:
    """Which messages a page shows, so that a look at a message is found by its id."""
    return {"shown": [one.message.msgid for one in held]}


def _message(one: PackMessage, who: Speakers) -> dict[str, Any]:
    return {
        "seq": one.message.seq,
        "at": one.message.sent_at,
        "by": who.person(one.message.from_id),
        "parts": parts(one.message) if one.message.text else [("", "［没有文字］")],
        "recalled": one.message.recalled,
        "rule": "、".join(one.rules),
        "hash": one.digest,
    }


def _facts(
    found: PackFact, held: Sequence[PackMessage], names: Names
) -> list[tuple[str, str, str]]:
    first, last = held[0].message, held[-1].message
    return [
        ("范围", f"{long_stamp(first.sent_at)} 至 {long_stamp(last.sent_at)}", ""),
        ("消息", f"{found.messages} 条，序号 {first.seq}–{last.seq}", "num"),
        ("用途", found.purpose, ""),
        ("申请人", names.actor(found.requested_by), ""),
        ("复核人", names.actor(found.decided_by) if found.decided_by else "—", ""),
        ("复核意见", found.decision or "—", ""),
        ("SHA-256", found.sha256 or "导出后才有", "mono"),
    ]


def _decision(found: PackFact, asking: Asking) -> dict[str, Any] | None:
    if found.state != "requested":
        return None
    if found.requested_by == asking.actor:
        refused = state(
            "blocked", "不能复核自己的申请", "请另一位合规或内审人员复核。", code="E-6133"
        )
        return {"action": "", "text": "", "refused": refused}
    return {
        "action": f"{PATH}/{found.number}/decide",
        "text": "同意后申请人可以导出；包内有原文、摘要、台账和核验程序。你和申请人都会写进经手记录。",
        "refused": None,
    }


async def _custody(
    session: AsyncSession, found: PackFact, asking: Asking
) -> list[tuple[Any, str, str]]:
    wanted = record.Wanted(kinds=("access",), objects=(f"evidence:{found.number}",))
    entries = await record.page(session, wanted, limit=40)
    names = await names_for(session, places=[one.actor for one in entries])
    today = bank_date(asking.at)
    return [
        (
            one.at,
            f"{names.actor(one.actor)} {act_text(one.act)}",
            moment(one.at, today) + (f" · {one.reason}" if one.reason else ""),
        )
        for one in reversed(entries)
    ]


@router.post(PATH + "/{number}/decide")
async def decide(
    asking: Annotated[Asking, allow("console", *roles.AUDIT, fresh=True)],
    session: Writing,
    number: str,
    decision: Annotated[str, Form(pattern="^(approve|reject)$")],
    opinion: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """A second person allows or refuses. SameHands for the one who asked."""
    if len(opinion.strip()) < 2:
        raise ReasonNeeded("请写复核意见", do="写明为什么同意或不同意")
    await packs_of.one(session, await scope_of(session, asking), number)
    deed = approve if decision == "approve" else refuse
    await deed(session, number, viewing(asking), opinion=opinion.strip(), at=asking.at)
    return RedirectResponse(f"{PATH}/{number}", status_code=303)


@router.post(PATH + "/{number}/download")
async def download(
    asking: Annotated[Asking, allow("console", *roles.AUDIT, fresh=True)],
    session: Writing,
    number: str,
) -> Response:
    """The zip, the same bytes every time; each download is in the record."""
    await packs_of.one(session, await scope_of(session, asking), number)
    data = await build(session, number, viewing(asking, "导出"), at=asking.at)
    name = f"{number}.zip"
    return Response(
        data,
        media_type="application/zip",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


@router.get(PATH + "/{number}/cover", response_class=HTMLResponse)
async def cover(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.AUDIT)],
    session: Writing,
    number: str,
) -> Response:
    """The A4 cover, to be printed."""
    found = await packs_of.one(session, await scope_of(session, asking), number)
    held = await packs_of.messages(session, number)
    who = await speakers_of(session, [one.message for one in held])
    await looked(
        session, asking, "evidence.viewed", f"evidence:{number}", payload=_shown(held[:ON_COVER])
    )
    names = await names_for(session, places=[found.requested_by, found.decided_by])
    proof = seals.of_messages(await seals_of(session, [one.message.seq for one in held]), asking)
    entries = await _custody(session, found, asking)
    context = {
        "csrf_token": asking.csrf_token,
        "today": bank_date(asking.at),
        "now": asking.at,
        "e": {
            "no": number,
            "title": found.title,
            "made_at": found.built_at or found.requested_at,
            "messages": found.messages,
            "purpose": found.purpose,
            "sha256": found.sha256,
        },
        "facts": [(name, value) for name, value, _ in _facts(found, held, names)[:5]],
        "seal": proof,
        "messages": [_message(one, who) for one in held[:ON_COVER]],
        "custody": [
            {"at": at, "text": text, "small": small.partition(" · ")[2]}
            for at, text, small in entries
        ],
    }
    return page(request, "cover", context)
