"""The form in which a benefit or an event is proposed; a refusal comes back with the words kept."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import benefits as benefits_of
from campaigns.errors import BenefitRefused
from campaigns.facts import Proposal
from config import policy_catalogue
from config.benefit_policy import BenefitPolicy
from console import roles
from console.benefits.listed import EVENTS, PATH
from console.benefits.one import day_of
from console.benefits.wording import KINDS
from console.shell import page, shell
from kit.errors import AppError
from kit.web.guard import Asking, Reading, Writing, allow

router = APIRouter()
FIELDS = (
    "form", "title", "words", "condition", "points", "value", "budget", "tiers", "valid_from",
    "valid_until", "held_on", "place", "seats",
)  # fmt: skip
TIED_WORDS = {
    "deposit": "存款达到金额（不收）",
    "money_in": "转入资金（不收）",
    "aum": "资产达标（不收）",
    "purchase": "购买产品（不收）",
}
"""Offered so that whoever looks for them reads the reason and what to do instead."""


@router.get(PATH + "/new", response_class=HTMLResponse)
async def new(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.CENTRE)],
    session: Reading,
    kind: Annotated[str, Query(pattern="^(point|event|right)$")] = "point",
) -> Response:
    """An empty form."""
    return await _form(request, asking, session, {**dict.fromkeys(FIELDS, ""), "kind": kind})


async def _form(
    request: Request,
    asking: Asking,
    session: AsyncSession,
    given: dict[str, Any],
    error: AppError | None = None,
) -> Response:
    policy: BenefitPolicy = request.app.state.parts.shelf.of(policy_catalogue.BENEFITS)
    tiers = request.app.state.parts.shelf.of(policy_catalogue.TIERS).tiers
    context = await shell(
        request, session, asking, "events" if given["kind"] == "event" else "benefits"
    )
    context |= {
        "back": EVENTS if given["kind"] == "event" else PATH,
        "error": {"what": error.what, "saw": error.saw, "where": error.where, "do": error.do,
                  "code": error.code} if error else None,
        "kinds": list(KINDS.items()),
        "forms": [("points", "积分"), *policy.rights.items(), *policy.event_types.items()],
        "conditions": [*policy.conditions.items(), *TIED_WORDS.items()],
        "tiers": [(one.name, one.name in given.get("tiers", ())) for one in tiers],
        "given": given,
        "caps": {"grant": f"{policy.caps.per_grant_fen / 100:g}",
                 "year": f"{policy.caps.per_customer_year_fen / 100:g}",
                 "benefit": f"{policy.caps.per_benefit_fen / 100:,.0f}", "point": policy.point_fen},
    }  # fmt: skip
    answer = page(request, "benefit_new", context)
    if error:
        answer.status_code = error.status
    return answer


def _fen(text: str, what: str) -> int:
    try:
        value = Decimal(text.strip() or "0") * 100
        if value == value.to_integral_value() and 0 <= value < 10**12:
            return int(value)
    except InvalidOperation:
        pass
    raise BenefitRefused(f"{what}应是以元为单位的数", saw=text[:20], do="例如 20 或 20.50")


@router.post(PATH)
async def propose(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.CENTRE)],
    session: Writing,
    kind: Annotated[str, Form(max_length=12)],
    form: Annotated[str, Form(max_length=24)] = "",
    title: Annotated[str, Form(max_length=80)] = "",
    words: Annotated[str, Form(max_length=1_200)] = "",
    condition: Annotated[str, Form(max_length=24)] = "",
    points: Annotated[str, Form(max_length=9)] = "",
    value: Annotated[str, Form(max_length=12)] = "",
    budget: Annotated[str, Form(max_length=12)] = "",
    tiers: Annotated[list[str] | None, Form()] = None,
    valid_from: Annotated[str, Form(max_length=10)] = "",
    valid_until: Annotated[str, Form(max_length=10)] = "",
    held_on: Annotated[str, Form(max_length=10)] = "",
    place: Annotated[str, Form(max_length=80)] = "",
    seats: Annotated[str, Form(max_length=6)] = "",
) -> Response:
    """A proposal that waits for a second person, or the form again with the reason."""
    given = {
        "kind": kind, "form": form, "title": title, "words": words, "condition": condition,
        "points": points, "value": value, "budget": budget, "tiers": tiers or [],
        "valid_from": valid_from, "valid_until": valid_until, "held_on": held_on, "place": place,
        "seats": seats,
    }  # fmt: skip
    parts = request.app.state.parts
    known = {one.name for one in parts.shelf.of(policy_catalogue.TIERS).tiers}
    try:
        begins, ends = day_of(valid_from), day_of(valid_until)
        if begins is None or ends is None:
            raise BenefitRefused("请写有效期的开始和结束", do="选两个日期")
        if set(tiers or ()) - known:
            raise BenefitRefused("没有这个层级", do="从列表里选")
        terms = Proposal(
            kind, "points" if kind == "point" else form, title, words, condition, begins, ends,
            points=int(points) if points.isascii() and points.isdigit() else 0,
            value_fen=_fen(value, "价值"), budget_fen=_fen(budget, "预算"),
            tiers=tuple(tiers or ()), held_on=day_of(held_on), place=place,
            seats=int(seats) if seats.isascii() and seats.isdigit() else 0,
        )  # fmt: skip
        number = await benefits_of.propose(
            session, terms, parts.shelf.of(policy_catalogue.BENEFITS), examiner=parts.examiner,
            by=asking.actor, at=asking.at,
        )  # fmt: skip
    except AppError as error:
        return await _form(request, asking, session, given, error)
    base = EVENTS if kind == "event" else PATH
    return RedirectResponse(f"{base}/{number}", status_code=303)
