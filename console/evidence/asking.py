"""Asking for a pack: the basket, the purpose, the basis, and who is to look at it."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from archive.context import context as talk_around
from archive.errors import MessageUnknown
from archive.evidence import lists as packs_of
from archive.evidence import request as request_pack
from archive.facts import FoundMessage, SearchScope
from console import roles
from console.audit.speakers import speakers_of
from console.audit.talk import parts
from console.errors import BasketEmpty, FormRefused, ReasonNeeded
from console.evidence import basket
from console.lists import state, url
from console.naming import names_for
from console.roles import ROLE_NAMES
from console.shell import page, shell
from console.sight import sight_of, talks_in
from console.traces import viewing
from crm_sync.repository.rosters import holders
from kit.errors import AppError
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
PATH: Final = "/c/evidence"
PURPOSES: Final = (
    ("internal", "内部问责"),
    ("complaint", "客户投诉"),
    ("regulator", "监管要求"),
    ("court", "司法协助"),
)
AROUND: Final = (0, 5, 10, 20)


async def scope_of(session: AsyncSession, asking: Asking) -> SearchScope:
    """The talks this auditor may take evidence from."""
    return await talks_in(session, await sight_of(session, asking.viewer, roles.AUDIT))


@router.get(PATH + "/new", response_class=HTMLResponse)
async def new(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.AUDIT)],
    session: Writing,
    without: int | None = None,
) -> Response:
    """What is in the basket, and the form that asks for a pack of it."""
    if without is not None:
        await basket.take_out(session, asking.viewer.staff_id, without)
    return await _form(request, session, asking)


async def _form(
    request: Request,
    session: AsyncSession,
    asking: Asking,
    *,
    error: AppError | None = None,
    form: dict[str, str] | None = None,
) -> Response:
    seqs = await basket.in_basket(session, asking.viewer.staff_id)
    chosen = await _named(session, asking, seqs)
    who = await speakers_of(session, chosen)
    others = [
        one
        for one in await holders(session, "compliance", asking.at)
        if one != asking.viewer.staff_id
    ]
    names = await names_for(session, staff=others)
    context = await shell(request, session, asking, "evidence")
    context |= {
        "messages": [
            {
                "seq": one.seq,
                "at": one.sent_at,
                "who": who.talk(one),
                "parts": parts(one) if one.text else [("", "［没有文字］")],
                "remove_url": url(f"{PATH}/new", without=one.seq),
            }
            for one in chosen
        ],
        "around": 5,
        "state": None
        if chosen
        else state(
            "first_use",
            "篮子是空的",
            "在审计检索里选中消息，按 E 加入篮子。",
            action=("去审计检索", "/c/audit"),
        ),
        "error": {"what": error.what, "do": error.do, "code": error.code} if error else None,
        "form": form or {"title": "", "purpose": "internal", "basis": ""},
        "purposes": PURPOSES,
        "reviewers": [
            {"staff_id": one, "name": names.person(one), "role_name": ROLE_NAMES["compliance"]}
            for one in others
        ],
    }
    return page(request, "evidence_new", context, status=error.status if error else 200)


async def _named(
    session: AsyncSession, asking: Asking, seqs: Sequence[int], around: int = 0
) -> list[FoundMessage]:
    """The messages in sight with their context, each look recorded; what is out of sight is left out."""
    scope = await scope_of(session, asking)
    known = await packs_of.msgids(session, list(seqs))
    found: dict[int, FoundMessage] = {}
    for seq in seqs:
        try:
            shown = await talk_around(
                session, scope, known.get(seq, ""), viewing(asking, "申请证据包"), at=asking.at,
                around=around,
            )  # fmt: skip
        except MessageUnknown:
            continue
        found |= {one.seq: one for one in shown}
    return [found[seq] for seq in sorted(found)]


@router.post(PATH, response_class=HTMLResponse)
async def ask(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.AUDIT)],
    session: Writing,
    title: Annotated[str, Form(max_length=80)],
    purpose: Annotated[str, Form(max_length=16)],
    basis: Annotated[str, Form(max_length=120)],
    around: Annotated[int, Form()],
    reviewer: Annotated[str, Form(max_length=64)],
) -> Response:
    """Ask for a pack of the basket; what it holds is fixed now."""
    form = {"title": title, "purpose": purpose, "basis": basis}
    purposes = dict(PURPOSES)
    if purpose not in purposes or around not in AROUND:
        raise FormRefused("没有这种用途或上下文", saw=purpose[:16], do="从页面上选")
    if len(title.strip()) < 2 or len(basis.strip()) < 2:
        error = ReasonNeeded("请写明标题和依据", do="例如：投诉工单 2026-0381")
        return await _form(request, session, asking, error=error, form=form)
    seqs = await basket.in_basket(session, asking.viewer.staff_id)
    chosen = await _named(session, asking, seqs, around)
    if not chosen:
        raise BasketEmpty("篮子里没有能看到的消息", do="先在审计检索里选中消息")
    names = await names_for(session, staff=[reviewer])
    pack = await request_pack(
        session,
        await scope_of(session, asking),
        [one.msgid for one in chosen],
        viewing(asking, f"依据：{basis.strip()}；请{names.person(reviewer)}复核"),
        title=title.strip(),
        purpose=f"{purposes[purpose]}（{basis.strip()}）"[:80],
        at=asking.at,
    )
    await basket.take_out(session, asking.viewer.staff_id)
    return RedirectResponse(f"{PATH}/{pack.number}", status_code=303)
