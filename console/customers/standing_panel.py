"""The panel on where one customer stands: class and activity with reasons, file, money, leads."""

from datetime import timedelta
from typing import Any, Final

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from config import policy_catalogue as kinds
from console.leads.listed import STATES, why
from console.lists import url
from console.naming import names_for
from crm_sync.facts import CustomerFact
from crm_sync.leads import queue
from crm_sync.rules import leads as lead_rules
from crm_sync.rules import standing_words as words
from crm_sync.rules.tiers import bands_of
from crm_sync.standing import history, reading
from delivery.repository import reach
from kit.clock import bank_date, bank_moment
from kit.web.formats import asset_band, in_wan, iso_day, money
from kit.web.guard import Asking

FLOW_NAMES: Final = {
    "payroll_in": "代发",
    "out_other_bank": "转他行",
    "out_third_party": "转第三方支付",
    "custody_trade": "三方存管交易",
    "pos_in": "收单结算",
    "large_in": "大额收入",
    "investment": "投资性",
}
COVERAGES: Final = {"owner": "主管户", "persona": "客群", "corporate": "对公"}
ENDS: Final = {"moved": "移交", "left_file": "离开管户文件"}


async def panel(
    request: Request,
    session: AsyncSession,
    asking: Asking,
    customer: CustomerFact,
    *,
    unmasked: bool,
) -> dict[str, Any]:
    """Everything about the standing of a customer in sight; amounts by band unless unmasked."""
    shelf, today, number = request.app.state.parts.shelf, bank_date(asking.at), customer.customer_id
    policy, finders = shelf.of(kinds.STANDING), shelf.of(kinds.LEADS)
    since = bank_moment(today - timedelta(days=policy.file.contact_days))
    told = await reading.explained(session, number, policy, today, reach.reached(since, asking.at))
    assert told is not None  # noqa: S101 — the customer was found for this page
    known, stood = told.known, told.stood
    shots = await history.snapshots(session, number)
    covered = await history.coverings(session, number)
    names = await names_for(session, staff=[one.staff_id for one in covered])
    highest = max((one.aum_fen for one in shots), default=0)

    def amount(fen: int | None) -> str:
        return money(fen) if unmasked else f"{asset_band(fen)} 万元"

    return {
        "grade": stood.grade,
        "grade_href": url("/c/customers", grade=stood.grade),
        "grade_kind": words.KINDS.get(stood.grade_kind, ""),
        "grade_reason": words.grade_reason(known, stood, policy),
        "activity": words.activity_text(stood.activity, stood.dormant_kind),
        "activity_kind": {"active": "ok", "wavering": "warn", "dormant": "danger"}.get(
            stood.activity, ""
        ),
        "activity_reason": words.activity_reason(known, stood, policy, today),
        "completeness": stood.completeness / 100,
        "filed": stood.completeness >= policy.file.complete_from,
        "missing": [
            {"title": title, "what": "、".join(items)}
            for title, items in words.missing_items(known, policy)
        ],
        "facts": [
            ("目标资产段", "、".join(bands_of(customer.aum_fen, shelf.of(kinds.TIERS))) or "—", ""),
            ("日均资产", amount(stood.average_fen), "num"),
            (f"近 {policy.average.days} 天快照", f"{stood.snapshots} 天", "num"),
            (f"{policy.peak.years} 年内最高", amount(stood.peak_fen), "num"),
        ],
        "trend": [one.aum_fen * 100 // highest for one in shots] if highest else [],
        "trend_span": f"{iso_day(shots[0].on)} 到 {iso_day(shots[-1].on)}，最高的一天为 100"
        if shots
        else "",
        "flows": [
            {
                "kind": FLOW_NAMES.get(one.kind, one.kind),
                "amount": in_wan(one.amount_fen) if unmasked else asset_band(one.amount_fen),
                "months": one.months,
                "last": f"{one.last:%Y-%m}",
            }
            for one in await history.flows(session, number, today)
        ],
        "leads": [
            {
                "title": finders.titled(one.finder),
                "why": why(one, finders),
                "level": lead_rules.LEVELS[one.level],
                "state": STATES[one.state],
                "href": url(
                    "/c/leads",
                    finder=one.finder,
                    state="" if one.state in ("open", "taken") else one.state,
                ),
            }
            for one in await queue.page(session, queue.Wanted(customer_id=number, state=""))
        ],
        "coverings": [
            {
                "who": names.person(one.staff_id),
                "kind": COVERAGES.get(one.kind, one.kind),
                "span": f"{iso_day(one.since)} 至 {iso_day(one.ended_at) if one.ended_at else '今'}",
                "reason": ENDS.get(one.reason, one.reason),
            }
            for one in covered
        ],
    }
