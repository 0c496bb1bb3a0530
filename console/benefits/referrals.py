"""客户推荐: who introduced whom, the chain above a person, and the points by a second person."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from campaigns import reading
from campaigns import referrals as referrals_of
from campaigns.errors import ReferralUnknown
from campaigns.facts import ReferralFact
from campaigns.reading import Wanted
from config import policy_catalogue
from console import roles
from console.benefits.one import customers_of
from console.benefits.wording import REFERRALS
from console.lists import PER_PAGE, nothing, paging, tab, url
from console.naming import Names, names_for
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.traces import looked
from crm_sync.row_security import beyond_scope
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
PATH: Final = "/c/referrals"


@router.get(PATH, response_class=HTMLResponse)
async def referrals(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    state: Annotated[str, Query(pattern="^(|recorded|credited)$")] = "",
    person: int = 0,
    before: int = 0,
) -> Response:
    """Referrals in sight, newest first."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    found = await reading.referrals(
        session, sight.units, state=state, person=person, limit=PER_PAGE + 1, before=before
    )
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    totals = {
        one: await reading.referrals_count(session, sight.units, state=one, person=person)
        for one in ("", *REFERRALS)
    }
    place = await looked(
        session, asking, "referrals.listed", "list:referrals",
        payload={"state": state, "shown": [one.referral_id for one in shown]},
    )  # fmt: skip
    names = await _names(session, shown)
    kept = {"state": state, "person": person or ""}
    context = await shell(request, session, asking, "referrals", view_ref=place)
    context |= {
        "tabs": [
            tab(
                REFERRALS[one][0] if one else "全部",
                url(PATH, {"person": person or ""}, state=one),
                totals[one],
                one == state,
            )
            for one in totals
        ],
        "state": None
        if shown
        else nothing("客户推荐", kept.values(), PATH, "客户介绍了亲友，就在右侧登记两个客户号。"),
        "referrals": [_row(one, names, sight) for one in shown],
        "recording": bool(set(asking.viewer.roles) & set(roles.EXECUTION)),
        "page": paging(
            shown,
            total=totals[state],
            next_url=url(PATH, kept, before=shown[-1].referral_id) if more else None,
            first_url=url(PATH, kept) if before else None,
        ),
    }
    return page(request, "referrals", context)


async def _names(session: Any, shown: list[ReferralFact]) -> Names:
    return await names_for(
        session,
        places=[who for one in shown for who in (one.recorded_by, one.credited_by) if who],
        customers=[who for one in shown for who in (one.referrer_id, one.referred_id)],
    )


def _row(one: ReferralFact, names: Names, sight: Sight) -> dict[str, Any]:
    text, colour = REFERRALS[one.state]
    return {
        "href": f"{PATH}/{one.referral_id}",
        "referrer": names.customer(one.referrer_id) or "范围外的客户",
        "referred": names.customer(one.referred_id) or "范围外的客户",
        "unit_name": sight.unit_name(one.unit_id),
        "by": names.actor(one.recorded_by),
        "at": one.recorded_at,
        "state_text": text,
        "state_kind": colour,
    }


@router.post(PATH)
async def record(
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Writing,
    referrer: Annotated[str, Form(max_length=64)] = "",
    referred: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Note who introduced whom, by the bank's customer numbers."""
    sight = await sight_of(session, asking.viewer, roles.EXECUTION)
    first, second = (
        await customers_of(session, referrer, 1),
        await customers_of(session, referred, 1),
    )
    async with beyond_scope(session):
        number = await referrals_of.record(
            session, first[0], second[0], by=asking.actor, at=asking.at, units=sight.units
        )
    return RedirectResponse(f"{PATH}/{number}", status_code=303)


@router.get(PATH + "/{referral_id}", response_class=HTMLResponse)
async def referral(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    referral_id: int,
) -> Response:
    """One referral with the chain above it."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    one = await reading.referral(session, referral_id, sight.units)
    if one is None:
        raise ReferralUnknown("没有这次推荐，或不在您的机构范围内", do="从推荐列表里打开")
    above = await referrals_of.ancestors(session, one.referrer_id)
    place = await looked(
        session, asking, "referrals.listed", f"referral:{referral_id}", unit=one.unit_id,
        payload={"customers": [one.referrer_id, one.referred_id, *above]},
    )  # fmt: skip
    names = await _names(session, [one])
    chain = await names_for(session, customers=above)
    credits = await reading.benefits(session, Wanted(("point",), "approved"), limit=200)
    told = _row(one, names, sight)
    may = one.state == "recorded" and bool(set(asking.viewer.roles) & set(roles.CENTRE))
    context = await shell(request, session, asking, "referrals", view_ref=place)
    context |= {
        "referral": told,
        "facts": [
            ("推荐人", told["referrer"], ""),
            ("被推荐人", told["referred"], ""),
            ("推荐人的机构", told["unit_name"], ""),
            ("登记", told["by"], ""),
            ("批准积分", names.actor(one.credited_by) if one.credited_by else "还没有", ""),
        ],
        "benefit_url": f"/c/benefits/{one.benefit_id}" if one.benefit_id else None,
        "chain": [
            {"name": chain.customer(who) or "范围外的客户", "href": url(PATH, person=who)}
            for who in reversed(above)
        ]
        + [
            {"name": told["referrer"], "href": url(PATH, person=one.referrer_id)},
            {"name": told["referred"], "href": url(PATH, person=one.referred_id)},
        ],
        "crediting": {
            "action": f"{PATH}/{referral_id}/credit",
            "refused": "您登记的，要由另一位同事批准。" if one.recorded_by == asking.actor else "",
            "options": [
                (str(found.benefit_id), f"{found.terms.title}（{found.terms.points} 分）")
                for found in credits
                if found.terms.condition == "referral"
            ],
        }
        if may
        else None,
    }
    return page(request, "referral", context)


@router.post(PATH + "/{referral_id}/credit")
async def credit(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.CENTRE)],
    session: Writing,
    referral_id: int,
    benefit_id: Annotated[int, Form()] = 0,
) -> Response:
    """A second person's word: the referrer gets the points, once."""
    policy = request.app.state.parts.shelf.of(policy_catalogue.BENEFITS)
    sight = await sight_of(session, asking.viewer, roles.CENTRE)
    async with beyond_scope(session):
        await referrals_of.credit(
            session, referral_id, benefit_id, policy, by=asking.actor, at=asking.at,
            units=sight.units,
        )  # fmt: skip
    return RedirectResponse(f"{PATH}/{referral_id}", status_code=303)
