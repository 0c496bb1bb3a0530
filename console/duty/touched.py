"""触达记录: every channel in one view, WeCom first; acts that belong to the outlet are told apart."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from config import policy_catalogue as kinds
from config.channel_policy import ChannelPolicy
from console import roles
from console.duty.places import TOUCHES as PATH
from console.errors import FormRefused
from console.lists import PER_PAGE, choice, day, nothing, paging, tab, url
from console.naming import names_for
from console.record_query import moments_of
from console.shell import page, shell
from console.sight import sight_of
from console.state_words import PURPOSES
from console.tables import cell, column, row, table
from console.traces import looked
from console.why_links import why_of
from crm_sync.access import customer_for
from delivery import outcomes
from delivery.repository import touch_log
from delivery.repository.touch_log import Wanted
from delivery.repository.touches import Touched
from kit.clock import bank_date
from kit.web.formats import masked_name, moment
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
STATES: Final = {
    "claimed": ("手机上报已发", "info"),
    "confirmed": ("存档一致", "ok"),
    "sent": ("客户已收到", "ok"),
    "recorded": ("已记录", ""),
    "attempted": ("没有联系上", "warn"),
    "void": ("已作废", ""),
}
OUTCOMES: Final = {**outcomes.TEXTS, "deal": "成交", "no_deal": "没有成交"}
ASTRAY: Final = "astray"


def _before(text: str) -> tuple[datetime, str] | None:
    if not text:
        return None
    first, _, source = text.partition("~")
    try:
        at = datetime.fromisoformat(first)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not source:
        raise FormRefused("翻页的位置读不出", saw=text[:40], do="回到第一页")
    return at, source


@router.get(PATH, response_class=HTMLResponse)
async def touches(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    unit: str = "",
    staff: str = "",
    customer: str = "",
    channel: str = "",
    start: Annotated[str, Query(alias="from")] = "",
    end: Annotated[str, Query(alias="to")] = "",
    before: str = "",
) -> Response:
    """The newest touches in sight; of one channel, manager or customer where asked."""
    policy: ChannelPolicy = request.app.state.parts.shelf.of(kinds.CHANNELS)
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    number, about = await _about(session, asking, customer)
    since, until = moments_of(start, end)
    everything = Wanted(
        units=None if number else sight.units,
        customer_id=number,
        staff_id=staff or None,
        since=since,
        until=until,
        outlet=policy.outlet,
        outlet_acts=policy.outlet_acts,
    )
    numbers = await touch_log.by_channel(session, everything)
    astray = await touch_log.count(session, _narrowed(everything, ASTRAY, policy))
    wanted = _narrowed(everything, channel, policy)
    found = await touch_log.page(session, wanted, limit=PER_PAGE + 1, before=_before(before))
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    kept = {
        "unit": unit, "staff": staff, "customer": customer, "channel": channel,
        "from": start, "to": end,
    }  # fmt: skip
    place = await looked(
        session, asking, "touches.listed",
        f"customer:{number}" if number else "list:touches",
        payload={**kept, "shown": len(shown)},
    )  # fmt: skip
    names = await names_for(
        session,
        staff=[one.staff_id for one in shown],
        customers=[one.customer_id for one in shown],
    )
    today = bank_date(asking.at)
    rows = [
        row(
            [
                cell(moment(one.at, today)),
                cell(policy.name_of(one.channel), kind=_style(one, policy), sub=one.reason),
                cell(
                    names.customer(one.customer_id),
                    f"/c/customers/{one.customer_id}",
                    strong=True,
                ),
                cell(names.person(one.staff_id) or "—"),
                cell(sight.unit_name(one.unit_id)),
                cell(one.act or "—", sub=_act_note(one, policy), bad=_astray(one, policy)),
                cell(PURPOSES.get(one.purpose, (one.purpose, ""))[0]),
                cell(OUTCOMES.get(one.outcome, one.outcome) or "—"),
                cell(_state(one), why_of(one.source)),
            ],
            channel=one.channel,
            reason=one.reason,
            customer_id=one.customer_id,
            at=one.at,
            astray=_astray(one, policy),
        )
        for one in shown
    ]
    total = sum(numbers.values())
    listed = astray if channel == ASTRAY else sum(
        number_of for code, number_of in numbers.items()
        if not channel or policy.name_of(code) == channel
    )  # fmt: skip
    context = await shell(request, session, asking, "touches", view_ref=place)
    context |= table(
        f"触达记录 · {about}" if about else "触达记录",
        PATH,
        [
            column("时间"), column("渠道"), column("客户"), column("谁"), column("机构"),
            column("办理事项"), column("用途"), column("结果"), column("凭据"),
        ],
        rows,
        sub="所有渠道一处看全；复杂和有监管要求的事由网点办理",
        filters=[
            choice("unit", "机构", whole.options, unit),
            day("from", "从", start),
            day("to", "到", end),
        ],
        tabs=[
            tab("全部", url(PATH, {**kept, "channel": ""}), total, not channel),
            *(
                tab(
                    one.name,
                    url(PATH, {**kept, "channel": one.name}),
                    sum(numbers.get(code, 0) for code in one.codes),
                    channel == one.name,
                )
                for one in policy.channels
            ),
            tab("应在网点办", url(PATH, {**kept, "channel": ASTRAY}), astray, channel == ASTRAY),
        ],
        state=None
        if rows
        else nothing("触达", kept.values(), PATH, "发送、记录结果或导入触达之后会出现在这里。"),
        page=paging(
            shown,
            total=listed,
            next_url=url(PATH, kept, before=f"{shown[-1].at.isoformat()}~{shown[-1].source}")
            if more
            else None,
            first_url=url(PATH, kept) if before else None,
        ),
        notes=[f"只在网点办：{'、'.join(policy.outlet_acts)}（策略“触达渠道”）。"],
    )  # fmt: skip
    return page(request, "table", context)


async def _about(session: AsyncSession, asking: Asking, customer: str) -> tuple[int | None, str]:
    """The customer that is asked for, if in sight; crm_sync.NotCovered otherwise."""
    if not customer:
        return None, ""
    if not customer.isdecimal() or len(customer) > 18:
        raise FormRefused("客户写错了", saw=customer[:20], do="从客户页点进来")
    found = await customer_for(session, asking.viewer, customer_id=int(customer))
    return found.customer_id, masked_name(found.name)


def _narrowed(wanted: Wanted, channel: str, policy: ChannelPolicy) -> Wanted:
    codes = policy.codes_of(channel)
    if channel and channel != ASTRAY and not codes:
        names = "、".join(one.name for one in policy.channels)
        raise FormRefused("没有这个渠道", saw=channel[:20], do=f"只有：{names}")
    return Wanted(
        wanted.units, codes, wanted.customer_id, wanted.staff_id, wanted.since, wanted.until,
        wanted.outlet, wanted.outlet_acts, channel == ASTRAY,
    )  # fmt: skip


def _astray(one: Touched, policy: ChannelPolicy) -> bool:
    return policy.astray(one.channel, one.act)


def _act_note(one: Touched, policy: ChannelPolicy) -> str:
    if one.act not in policy.outlet_acts:
        return ""
    return "应在网点办理" if _astray(one, policy) else "网点专办"


def _style(one: Touched, policy: ChannelPolicy) -> str:
    return "ok" if policy.name_of(one.channel) == policy.channels[0].name else "info"


def _state(one: Touched) -> str:
    return STATES.get(one.state, (one.state, ""))[0]
