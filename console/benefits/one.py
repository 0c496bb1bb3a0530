"""One benefit or event: its terms, its approval, whom it was given to, who comes."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import benefits as benefits_of
from campaigns import events as events_of
from campaigns import grants as grants_of
from campaigns import reading
from campaigns.errors import BenefitUnknown, NoRoom, PersonUnknown, TooManyAtOnce
from campaigns.facts import BenefitFact
from config import policy_catalogue
from console import roles
from console.benefits.listed import EVENTS, PATH
from console.benefits.wording import GRANTS, PLACES, row, yuan
from console.lists import PER_PAGE, nothing, paging, url
from console.naming import Names, names_for
from console.shell import page, shell
from console.sight import sight_of
from console.traces import looked
from crm_sync.repository.ownership import ids_of_numbers
from crm_sync.row_security import beyond_scope
from kit.clock import bank_date
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
Numbers = Annotated[str, Form(max_length=100_000)]


@router.get(PATH + "/{benefit_id}", response_class=HTMLResponse)
async def benefit(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    benefit_id: int,
    before: int = 0,
) -> Response:
    """A benefit with its grants to customers in sight."""
    return await _shown(request, asking, session, benefit_id, before, is_event=False)


@router.get(EVENTS + "/{benefit_id}", response_class=HTMLResponse)
async def event(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    benefit_id: int,
    before: int = 0,
    state: str = "",
) -> Response:
    """An event with the places of customers in sight."""
    return await _shown(request, asking, session, benefit_id, before, is_event=True, state=state)


async def _found(session: AsyncSession, benefit_id: int) -> BenefitFact:
    found = await reading.benefit(session, benefit_id)
    if found is None:
        raise BenefitUnknown("没有这项权益", do="从权益列表里打开")
    return found


async def _shown(
    request: Request,
    asking: Asking,
    session: AsyncSession,
    benefit_id: int,
    before: int,
    *,
    is_event: bool,
    state: str = "",
) -> Response:
    one = await _found(session, benefit_id)
    if (one.terms.kind == "event") is not is_event:
        raise BenefitUnknown("没有这项权益", do="从权益或活动列表里打开")
    policy = request.app.state.parts.shelf.of(policy_catalogue.BENEFITS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    lines: list[Any]
    if is_event:
        counted = await reading.places_count(session, [benefit_id], sight.units)
        lines = list(
            await reading.places(
                session, benefit_id, sight.units, state=state, limit=PER_PAGE + 1, before=before
            )
        )
        total = sum(found for (_, one_state), found in counted.items() if state in ("", one_state))
    else:
        lines = list(
            await reading.grants(
                session, benefit_id, sight.units, limit=PER_PAGE + 1, before=before
            )
        )
        total = (await reading.grants_count(session, [benefit_id], sight.units)).get(benefit_id, 0)
    shown, more = lines[:PER_PAGE], len(lines) > PER_PAGE
    place = await looked(
        session, asking, "benefit.viewed", f"benefit:{benefit_id}",
        payload={"customers": [line.customer_id for line in shown]},
    )  # fmt: skip
    names = await names_for(
        session,
        places=[who for who in (one.proposed_by, one.decided_by) if who],
        customers=[line.customer_id for line in shown],
    )
    base = EVENTS if is_event else PATH
    here = f"{base}/{benefit_id}"
    words, colours = ("registered_at", PLACES) if is_event else ("granted_at", GRANTS)
    last = (shown[-1].place_id if is_event else shown[-1].grant_id) if shown else 0
    context = await shell(
        request, session, asking, "events" if is_event else "benefits", view_ref=place
    )
    told = row(one, policy, total, bank_date(asking.at))
    context |= {
        "benefit": told,
        "is_event": is_event,
        "words": one.terms.words,
        "back": base,
        "here": here,
        "facts": _facts(one, told, names),
        "findings": [found["saying"] for found in one.findings],
        "deciding": _deciding(one, asking),
        "withdrawing": one.state == "approved" and bool(set(asking.viewer.roles) & {*roles.CENTRE}),
        "most": policy.desk_most,
        "giving": one.state == "approved" and bool(set(asking.viewer.roles) & {*roles.EXECUTION}),
        "state": None
        if shown
        else nothing("报名" if is_event else "发放", [state], here, "批准之后在右侧登记客户号。"),
        "lines": [
            {
                "customer": names.customer(line.customer_id),
                "href": f"/c/customers/{line.customer_id}",
                "unit_name": sight.unit_name(line.unit_id),
                "at": getattr(line, words),
                "state_text": colours[line.state][0],
                "state_kind": colours[line.state][1],
                "value": "" if is_event else f"{line.points:,} 分" if line.points else yuan(line.value_fen),
                "occasion": "" if is_event else "推荐亲友" if line.occasion else "直接发放",
                "settle": f"{here}/places/{line.place_id}"
                if is_event and line.state == "registered"
                else None,
            }
            for line in shown
        ],
        "page": paging(
            shown,
            total=total,
            next_url=url(here, state=state, before=last) if more else None,
            first_url=url(here, state=state) if before else None,
        ),
    }  # fmt: skip
    return page(request, "benefit", context)


def _facts(one: BenefitFact, told: dict[str, Any], names: Names) -> list[tuple[str, str, str]]:
    terms = one.terms
    found = [
        ("形式", told["form_text"], ""),
        ("条件", told["condition"], ""),
        *_worth(one, told),
        ("层级", told["tiers"], ""),
        ("有效期", f"{terms.valid_from} 至 {terms.valid_until}", "num"),
        ("申请", names.actor(one.proposed_by), ""),
        ("批准", names.actor(one.decided_by) if one.decided_by else "还没有", ""),
    ]
    if terms.kind == "event":
        held = f"{terms.held_on} · {terms.place or '地点待定'}"
        found += [("举办", held, ""), ("名额", f"{one.seats_taken} / {terms.seats}", "num")]
    if one.opinion:
        found.append(("意见", one.opinion, ""))
    if one.approved_hash:
        found.append(("批准的指纹", one.approved_hash[:16], "mono"))
    return found


def _worth(one: BenefitFact, told: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What it is worth and the budget; events that cost nothing say nothing of money."""
    terms = one.terms
    if not terms.value_fen:
        return []
    points = f"{told['value']}（{yuan(terms.value_fen)}）" if terms.points else told["value"]
    return [("每次价值", points, "num"), ("已发 / 预算", told["budget"], "num")]


def _deciding(one: BenefitFact, asking: Asking) -> dict[str, str] | None:
    if one.state != "proposed" or not set(asking.viewer.roles) & set(roles.CENTRE):
        return None
    own = one.proposed_by == asking.actor
    return {"refused": "您申请的，要由另一位同事批准。" if own else ""}


def _back(one: BenefitFact) -> Response:
    base = EVENTS if one.terms.kind == "event" else PATH
    return RedirectResponse(f"{base}/{one.benefit_id}", status_code=303)


@router.post(PATH + "/{benefit_id}/decide")
async def decide(
    asking: Annotated[Asking, allow("console", *roles.CENTRE)],
    session: Writing,
    benefit_id: int,
    choice: Annotated[str, Form(pattern="^(approve|refuse)$")],
    opinion: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """A second person's word."""
    await benefits_of.decide(
        session, benefit_id, agree=choice == "approve", opinion=opinion, by=asking.actor,
        at=asking.at,
    )  # fmt: skip
    return _back(await _found(session, benefit_id))


@router.post(PATH + "/{benefit_id}/withdraw")
async def withdraw(
    asking: Annotated[Asking, allow("console", *roles.CENTRE)],
    session: Writing,
    benefit_id: int,
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Stop giving it."""
    await benefits_of.withdraw(session, benefit_id, reason=reason, by=asking.actor, at=asking.at)
    return _back(await _found(session, benefit_id))


async def customers_of(session: AsyncSession, numbers: str, most: int) -> list[int]:
    """Customer ids by the numbers in a text.

    Raises TooManyAtOnce above ``most``, PersonUnknown naming how many are wrong.
    """
    wanted = list(dict.fromkeys(numbers.replace("，", " ").replace(",", " ").split()))
    if len(wanted) > most:
        raise TooManyAtOnce(
            f"写了 {len(wanted)} 个客户号，一次最多写 {most} 个，这次谁也没有办",
            saw=f"{len(wanted)} 个",
            where="策略“权益、积分与活动” desk_most",
            do=f"分 {-(-len(wanted) // most)} 次写，或用命令 gengyun benefit grant 按文件办",
        )
    found = await ids_of_numbers(session, wanted)
    if not wanted or len(found) < len(wanted):
        raise PersonUnknown(
            "客户号不对，或不在您的机构范围内",
            saw=f"{len(wanted) - len(found)} 个不认识",
            do="核对客户号，用空格隔开",
        )
    return [found[one] for one in wanted]


@router.post(PATH + "/{benefit_id}/grants")
async def give(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Writing,
    benefit_id: int,
    customers: Numbers = "",
) -> Response:
    """Give it to customers in sight; all of them or none, with the reason."""
    policy = request.app.state.parts.shelf.of(policy_catalogue.BENEFITS)
    sight = await sight_of(session, asking.viewer, roles.EXECUTION)
    ids = await customers_of(session, customers, policy.desk_most)
    async with beyond_scope(session):
        report = await grants_of.grant(
            session, benefit_id, ids, policy, by=asking.actor, at=asking.at, units=sight.units
        )
    if grants_of.UNKNOWN in report.refused.values():
        raise PersonUnknown("客户号不对，或不在您的机构范围内", do="核对客户号")
    if report.refused:
        reasons = "、".join(dict.fromkeys(grants_of.WHY[why] for why in report.refused.values()))
        raise NoRoom(
            f"{len(report.refused)} 位客户不能发放，这次一位也没有发", saw=reasons,
            do="去掉这些客户再发",
        )  # fmt: skip
    return _back(await _found(session, benefit_id))


@router.post(EVENTS + "/{benefit_id}/places")
async def register(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Writing,
    benefit_id: int,
    customers: Numbers = "",
) -> Response:
    """Places for customers in sight at an event; all of them or none, with the reason."""
    policy = request.app.state.parts.shelf.of(policy_catalogue.BENEFITS)
    sight = await sight_of(session, asking.viewer, roles.EXECUTION)
    ids = await customers_of(session, customers, policy.desk_most)
    async with beyond_scope(session):
        await events_of.register_all(
            session, benefit_id, ids, by=asking.actor, at=asking.at, units=sight.units
        )
    return _back(await _found(session, benefit_id))


@router.post(EVENTS + "/{benefit_id}/places/{place_id}")
async def settle(
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Writing,
    benefit_id: int,
    place_id: int,
    choice: Annotated[str, Form(pattern="^(came|absent)$")],
) -> Response:
    """Whether a customer came."""
    sight = await sight_of(session, asking.viewer, roles.EXECUTION)
    await events_of.settle(
        session, place_id, came=choice == "came", by=asking.actor, at=asking.at, units=sight.units
    )
    return _back(await _found(session, benefit_id))


def day_of(text: str) -> date | None:
    """A day from a form; None for an empty or unreadable one."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
