"""The line on what is owed to one customer: class, last 有效联络, next due, breach (A6, A7)."""

from typing import Any

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from console.duty.listed import state_of
from console.duty.places import DUTY, terms_of
from console.lists import url
from kit.web.formats import iso_day, short_day
from kit.web.guard import Asking
from portfolio.duty import standings


async def panel(
    request: Request, session: AsyncSession, asking: Asking, number: int
) -> dict[str, Any]:
    """What the page shows of the duty to customer ``number``, with the list behind it."""
    terms = terms_of(request, asking)
    one = await standings.of_customer(session, number, terms)
    if one is None:
        return {"known": False, "href": url(DUTY, view="list"), "facts": [], "bad": False}
    duty = one.duty
    last = iso_day(one.last_at) if one.last_at else "从来没有"
    return {
        "known": True,
        "href": url(DUTY, view="list", customer=number),
        "bad": duty.late or duty.breach,
        "state": state_of(one, terms),
        "facts": [
            ("类别", f"{one.grade} 类" if one.grade else "未分类", ""),
            ("最近有效联络", f"{last}（已过 {duty.elapsed} 天）", "num"),
            ("最晚联络", short_day(duty.next_on, terms.today), "num"),
            (
                "季度规则",
                "已违约" if duty.breach else "没有违约",
                "c-danger b" if duty.breach else "",
            ),
        ],
    }
