"""The list of customers: scoped, masked, filtered by the address; and contacts without a customer."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from compliance.repository import recipient_standing
from console import roles
from console.customers import standing_filters
from console.lists import PER_PAGE, choice, nothing, paging, url, words
from console.naming import Names, names_for
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.traces import looked
from crm_sync.facts import CustomerFact
from crm_sync.repository import contact_lists, listing
from crm_sync.rules.ages import age
from delivery.repository import reach
from insights import customer_lists
from insights.customer_lists import NO_PERSONA, CustomerQuery
from kit.clock import bank_date
from kit.web.formats import asset_band, masked_name, masked_number
from kit.web.guard import Asking, Writing, allow
from kit.web.hues import persona_hue

router = APIRouter()
PATH: Final = "/c/customers"


def asked(
    q: str = "",
    unit: str = "",
    persona: str = "",
    primary: str = "",
    tier: str = "",
    risk: str = "",
    owner: str = "",
    contact: str = "",
    covered: str = "",
    reached: str = "",
    due: str = "",
    matured: str = "",
    step: str = "",
    wish: str = "",
    grade: str = "",
    kind: str = "",
    activity: str = "",
    dormant: str = "",
    missing: str = "",
    filed: str = "",
    unfiled: str = "",
    lead: str = "",
    aum_from: str = "",
    aum_below: str = "",
    managed: str = "",
    account: str = "",
    block: str = "",
    flow: str = "",
) -> CustomerQuery:
    """The filters out of the address."""
    return CustomerQuery(
        q, unit, persona, primary, tier, risk, owner, contact, covered, reached, due, matured,
        step, wish, grade, kind, activity, dormant, missing, filed, unfiled, lead, aum_from,
        aum_below, managed, account, block, flow,
    )  # fmt: skip


Asked = Annotated[CustomerQuery, Depends(asked)]


@router.get(PATH, response_class=HTMLResponse)
async def customers(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    query: Asked,
    after: int = 0,
) -> Response:
    """Customers in sight that match, by their number with us."""
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = (
        await sight_of(session, asking.viewer, roles.BUSINESS, query.unit) if query.unit else whole
    )
    wanted = customer_lists.wanted(session, query, sight.units, asking.at)
    total = await listing.count(session, wanted)
    found = await listing.page(session, wanted, limit=PER_PAGE + 1, after=after)
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    place = await looked(
        session,
        asking,
        "customers.listed",
        "list:customers",
        payload={**query.kept, "shown": [one.customer_id for one in shown]},
    )
    context = await shell(request, session, asking, "customers", view_ref=place)
    may_export = bool(set(asking.viewer.roles) & set(roles.CENTRE))
    context |= {
        "scope_text": scope_text(whole),
        "data_as_of": await listing.newest_change(session),
        "export_url": url(f"{PATH}/export.csv", query.kept) if may_export else None,
        "filters": filters(request, query, whole),
        "state": None
        if shown
        else nothing("客户", query.kept.values(), PATH, "导入客户和管户之后会出现在这里。"),
        "customers": await rows(session, shown, bank_date(asking.at)),
        "page": paging(
            shown,
            total=total,
            next_url=url(PATH, query.kept, after=shown[-1].customer_id) if more else None,
            first_url=url(PATH, query.kept) if after else None,
        ),
    }
    return page(request, "customers", context)


def scope_text(sight: Sight) -> str:
    """Whose customers these are, in words."""
    if sight.units is None:
        return "全行 · 姓名和客户号已脱敏"
    first = sight.tree[0].name if sight.tree else "没有机构"
    return f"{first}和下属机构 · 只列你能看的"


def filters(request: Request, query: CustomerQuery, sight: Sight) -> list[dict[str, Any]]:
    """The filters above the list; what a number asked for stays visible here."""
    parts = request.app.state.parts
    names = [(one.name, one.title) for one in parts.personas.persona]
    tiers = [(tier.name, tier.name) for tier in parts.tiers.tiers]
    shown = [
        words("q", "客户", "客户号或手机号（全号）", query.q),
        choice("unit", "机构", sight.options, query.unit),
        choice("tier", "层级", [("", "全部"), *tiers], query.tier),
        choice("persona", "客群", [("", "全部"), *names], query.persona),
        choice("contact", "好友", [("", "全部"), ("1", "是好友"), ("0", "不是好友")], query.contact),
        choice(
            "covered",
            "覆盖",
            [("", "全部"), ("1", "本季度联系过"), ("0", "本季度没联系")],
            query.covered,
        ),
        choice(
            "wish",
            "意愿",
            [
                ("", "全部"), ("marketing", "同意营销"), ("profiling", "同意画像"),
                ("silenced", "勿扰"), ("complaint", "投诉在办"),
            ],
            query.wish,
        ),
    ]  # fmt: skip
    shown += standing_filters.always(query)
    shown += standing_filters.asked_for(query, sight, parts.shelf)
    if query.primary:
        shown.append(
            choice(
                "primary",
                "主要客群",
                [("", "全部"), *names, (NO_PERSONA, "没有客群")],
                query.primary,
            )
        )
    if query.due:
        shown.append(
            choice("due", "到期", [("", "不限"), ("7", "7 日内"), ("30", "30 日内")], query.due)
        )
    if query.reached:
        shown.append(choice("reached", "触达", [("", "不限"), ("1", "本周触达")], query.reached))
    if query.matured:
        shown += [
            choice(
                "matured", "到期", [("", "不限"), ("week", "上周到期"), ("month", "上月到期")],
                query.matured,
            ),
            choice(
                "step", "衔接",
                [("", "全部"), ("given", "已下发任务"), ("touched", "已触达"), ("kept", "已衔接")],
                query.step,
            ),
        ]  # fmt: skip
    return shown


async def rows(
    session: AsyncSession, shown: Sequence[CustomerFact], today: date
) -> list[dict[str, Any]]:
    """Customers as the table shows them; masked here, so that the page has nothing to hide."""
    ids = [one.customer_id for one in shown]
    names = await names_for(session, staff=[one.owner_staff_id for one in shown])
    standing = await recipient_standing(session, ids)
    touched = await reach.last_of(session, ids) if ids else {}
    due = await listing.next_due(session, ids, today) if ids else {}
    return [
        {
            "href": f"{PATH}/{one.customer_id}",
            "name": masked_name(one.name) if one.name else None,
            "customer_no": masked_number(one.customer_no),
            "tier": one.tier or "未分层",
            "personas": [{"name": name, "c": persona_hue(name)} for name in one.personas],
            "aum_band": asset_band(one.aum_fen),
            "risk": f"C{one.risk_level}" if one.risk_level else None,
            "risk_expired": expired(one, today),
            "owner_name": names.person(one.owner_staff_id),
            "consent_text": consent_text(standing[one.customer_id]),
            "last_contact_on": bank_date(touched[one.customer_id])
            if one.customer_id in touched
            else None,
            "next_due_on": due.get(one.customer_id),
        }
        for one in shown
    ]


def expired(customer: CustomerFact, today: date) -> bool:
    """Whether a rating exists and is older than twelve months."""
    assessed = customer.risk_assessed_on
    return customer.risk_level is not None and (assessed is None or age(assessed, today) >= 1)


def consent_text(standing: Any) -> str:
    """What the customer wants, in a few words."""
    if "all" in standing.suppressed:
        return "勿扰"
    if "marketing" in standing.suppressed:
        return "已退订"
    return "可营销" if "marketing" in standing.consents else "未同意营销"


@router.get("/c/contacts", response_class=HTMLResponse)
async def contacts(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    unit: str = "",
    matched: str = "",
    after: str = "",
) -> Response:
    """WeCom friends of the staff in sight, with a customer or still without."""
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    wants = {"1": True, "0": False}.get(matched)
    total = await contact_lists.count(session, units=sight.units, matched=wants)
    found = await contact_lists.page(
        session, units=sight.units, matched=wants, limit=PER_PAGE + 1, after=after
    )
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    kept = {"unit": unit, "matched": matched}
    place = await looked(
        session, asking, "contacts.listed", "list:contacts", payload={**kept, "shown": len(shown)}
    )
    names = await names_for(
        session,
        staff=[one.staff_id for one in shown],
        customers=[one.customer_id for one in shown],
    )
    context = await shell(request, session, asking, "customers", view_ref=place)
    options = [("", "全部"), ("0", "没有匹配"), ("1", "已匹配")]
    context |= {
        "filters": [
            choice("unit", "机构", whole.options, unit),
            choice("matched", "实名", options, matched),
        ],
        "state": None
        if shown
        else nothing("好友", [unit, matched], "/c/contacts", "与企业微信对账之后会出现在这里。"),
        "contacts": [_contact(one, names, sight) for one in shown],
        "page": paging(
            shown,
            total=total,
            next_url=url("/c/contacts", kept, after=shown[-1].external_userid) if more else None,
            first_url=url("/c/contacts", kept) if after else None,
        ),
    }
    return page(request, "contacts", context)


LINKS: Final = {
    "confirmed": ("已匹配", "ok"),
    "conflict": ("有冲突，等人核对", "danger"),
    "proposed": ("等人核对", "warn"),
    "none": ("没有匹配", "warn"),
}


def _contact(one: contact_lists.ContactRow, names: Names, sight: Sight) -> dict[str, Any]:
    text, kind = LINKS[one.state]
    return {
        "nick": masked_name(one.name) if one.name else "—",
        "staff_name": names.person(one.staff_id),
        "unit_name": sight.unit_name(one.unit_id),
        "seen_at": one.first_seen_at,
        "state_text": text,
        "state_kind": kind,
        "customer_name": names.customer(one.customer_id) if one.customer_id else None,
        "href": f"{PATH}/{one.customer_id}" if one.customer_id else None,
    }
