"""One customer (360): masked, with every reason; unmasked for a reason, freshly proved, recorded."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from config.rule_sets import rule_sets
from console import roles, timelines
from console.customers import duty_panel, panels, standing_panel
from console.customers.listed import PATH, expired
from console.errors import ReasonNeeded, TooManyUnmaskings
from console.imports.provenance import origins
from console.naming import names_for
from console.shell import page, shell
from console.sight import sight_of
from console.state_words import SOURCES
from console.todos import trigger_names
from console.traces import looked
from console.wording import act_text
from crm_sync.errors import NotCovered
from crm_sync.facts import CustomerFact
from crm_sync.repository import listing, profiles
from crm_sync.repository.profiles import HoldingFact
from delivery import quota
from delivery.repository import touches
from delivery.repository.touches import Touched
from insights import record
from kit.clock import bank_date, bank_moment
from kit.web.formats import (
    asset_band,
    in_wan,
    masked_name,
    masked_number,
    moment,
    money,
    short_day,
)
from kit.web.guard import Asking, Writing, allow, site_of
from kit.web.hues import persona_hue

router = APIRouter()
UNMASKINGS_A_DAY: Final = 30
UNMASKED: Final = "customer.unmasked"
LOOKS: Final = ("customer.viewed", UNMASKED, "customer.amount_shown")
RISKS: Final = {1: "谨慎型", 2: "稳健型", 3: "平衡型", 4: "成长型", 5: "进取型"}


async def in_sight(session: AsyncSession, asking: Asking, customer_id: int) -> CustomerFact:
    """The customer, if the units of this desk reach them. Raises NotCovered, always the same."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    wanted = listing.Wanted(units=sight.units, ids=frozenset({customer_id}))
    found = await listing.page(session, wanted, limit=1)
    if not found:
        raise NotCovered(asking.viewer.staff_id)
    return found[0]


@router.get(PATH + "/{customer_id}", response_class=HTMLResponse)
async def customer(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    customer_id: int,
) -> Response:
    """Everything the bank knows of the relation, names and numbers masked; the look is recorded."""
    found = await in_sight(session, asking, customer_id)
    place = await looked(
        session, asking, "customer.viewed", f"customer:{customer_id}", unit=found.unit_id
    )
    return await _page(request, session, asking, found, place, unmasked=False)


@router.post(PATH + "/{customer_id}/unmask", response_class=HTMLResponse)
async def unmask(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS, fresh=True)],
    session: Writing,
    customer_id: int,
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Name, phone and amounts in full, once: for a reason, and at most thirty customers a day."""
    found = await in_sight(session, asking, customer_id)
    words = " ".join(reason.split())
    if len(words) < 2:
        raise ReasonNeeded("请写明为什么要看完整资料", do="例如：客户来电核对身份")
    today = record.Wanted(
        kinds=("access",),
        actors=(asking.actor,),
        acts=(UNMASKED,),
        since=bank_moment(bank_date(asking.at)),
    )
    if await record.count(session, today) >= UNMASKINGS_A_DAY:
        raise TooManyUnmaskings(
            f"今天已经显示过 {UNMASKINGS_A_DAY} 位客户的完整资料",
            do="明天再看；确实需要的，请合规同事协助",
        )
    place = await looked(
        session, asking, UNMASKED, f"customer:{customer_id}", unit=found.unit_id, reason=words
    )
    return await _page(request, session, asking, found, place, unmasked=True)


async def _page(
    request: Request,
    session: AsyncSession,
    asking: Asking,
    customer: CustomerFact,
    place: str,
    *,
    unmasked: bool,
) -> Response:
    today, number = bank_date(asking.at), customer.customer_id
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    profile = await profiles.profile(session, number)
    links = await profiles.links(session, number)
    held = await profiles.holdings(session, number)
    reached = await touches.of_customer(session, number, limit=timelines.SHOWN_EVENTS)
    lines = await record.page(
        session,
        record.Wanted(
            kinds=("contact", "customer", "persona", "plan"), objects=(f"customer:{number}",)
        ),
        limit=timelines.SHOWN_EVENTS,
    )
    looks = await record.page(
        session,
        record.Wanted(kinds=("access",), objects=(f"customer:{number}",), acts=LOOKS),
        limit=10,
    )
    names = await names_for(
        session,
        places=[one.actor for one in (*lines, *looks)],
        staff=[customer.owner_staff_id, *(one.staff_id for one in reached)],
    )
    context = await shell(request, session, asking, "customers", view_ref=place)
    context |= {
        "c": {
            "name": masked_name(customer.name) if customer.name else None,
            "customer_no": masked_number(customer.customer_no),
            "tier": customer.tier or "未分层",
            "unit_name": sight.unit_name(customer.unit_id),
            "owner_name": names.person(customer.owner_staff_id),
        },
        "exact_form": None if unmasked else _form(request, asking, number),
        "numbers": await _numbers(session, asking, customer, held, reached, unmasked=unmasked),
        "touches_url": f"/c/touches?customer={number}",
        "trail_url": f"/c/interactions?about=customer:{number}",
        "days": timelines.of_customer(reached, lines, names, trigger_names(request)),
        "holdings": [panels.holding(one) for one in held],
        "refusals": await panels.refusals(session, number, asking.at),
        "personas": [
            {
                "name": one.persona,
                "c": persona_hue(one.persona),
                "primary": one.primary,
                "why": one.why,
                "since": bank_date(one.since),
                "source": SOURCES.get(one.source, one.source),
                "rule_version": one.rule_version.partition("+")[0],
            }
            for one in (await profiles.belongings(session, [number])).get(number, [])
        ],
        "tags": [],
        "consents_url": f"/c/consents/of/{number}",
        "rights": await panels.rights(session, number),
        "wecom": await panels.wecom(session, links, today),
        "contacts": panels.contacts(links, number),
        "duty": await duty_panel.panel(request, session, asking, number),
        "standing": await standing_panel.panel(
            request, session, asking, customer, unmasked=unmasked
        ),
        "origins": await origins(session, number),
        "reads": await panels.reads(session, number, today),
        "profile": panels.file_of(
            profile,
            customer,
            sight,
            today,
            rule_sets(request.app.state.parts.shelf),
            unmasked=unmasked,
        ),
        "viewed": [
            {
                "text": f"{names.actor(one.actor)} {act_text(one.act)}"
                + (f"（{one.reason}）" if one.reason else ""),
                "small": moment(one.at, today),
                "now": place == one.place,
            }
            for one in reversed(looks)
        ],
    }
    return page(request, "customer", context)


def _form(request: Request, asking: Asking, number: int) -> dict[str, str]:
    fresh = asking.signed_in.fresh_at + site_of(request).limits.fresh > asking.at
    text = "显示完整资料（将留痕）" if fresh else "再次确认身份，再显示完整资料（将留痕）"
    return {"action": f"{PATH}/{number}/unmask", "text": text}


async def _numbers(
    session: AsyncSession,
    asking: Asking,
    customer: CustomerFact,
    held: Sequence[HoldingFact],
    reached: Sequence[Touched],
    *,
    unmasked: bool,
) -> list[dict[str, str]]:
    today = bank_date(asking.at)
    month = quota.window_start("month", today)
    heard = await quota.uses(session, [customer.customer_id], "marketing", "month", month)
    last = bank_date(reached[0].at) if reached else None
    coming = [one for one in held if one.matures_on is not None and one.matures_on >= today]
    since = asking.at - timedelta(days=90)
    aum = customer.aum_fen
    value, unit = money(aum).rpartition(" ")[::2] if unmasked and aum is not None else ("", "")
    due = coming[0] if coming else None
    return [
        _number("总资产", value, unit, "本次查看已留痕")
        if unmasked and aum is not None
        else _number("总资产", asset_band(aum), "万元", "按档显示"),
        _number(
            "风险等级",
            f"C{customer.risk_level}" if customer.risk_level else "—",
            RISKS.get(customer.risk_level or 0, ""),
            _rating_note(customer, today),
        ),
        _number(
            "上次联系",
            str((today - last).days) if last else "—",
            "天前" if last else "",
            short_day(last, today) if last else "还没有联系过",
        ),
        _number(
            "本月营销", str(heard.get(customer.customer_id, 0)), "次", "已安排或发出的营销类消息"
        ),
        _number(
            "最近到期",
            str((due.matures_on - today).days) if due and due.matures_on else "—",
            "天后" if due else "",
            f"{due.product_name} {in_wan(due.amount_fen)} 万元" if due else "没有快到期的",
        ),
        _number("近 90 天触达", str(sum(one.at >= since for one in reached)), "次", "所有渠道合计"),
    ]


def _number(name: str, value: str, unit: str, note: str) -> dict[str, str]:
    return {"name": name, "value": value, "unit": unit, "note": note}


def _rating_note(customer: CustomerFact, today: date) -> str:
    if customer.risk_assessed_on is None:
        return "没有测评"
    late = "，已过 12 个月" if expired(customer, today) else ""
    return f"{customer.risk_assessed_on} 测评{late}"
