"""My numbers, what I sent, what I looked at: the same record head office sees."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from bot.sidebar.customer import MANAGERS
from bot.sidebar.shell import page, shell
from crm_sync import selection
from delivery import own_sends
from delivery.facts import TodoState
from delivery.repository import todos, touches
from kit.clock import bank_date, bank_moment
from kit.ledger import reading as ledger
from kit.web.guard import Asking, Reading, allow

router = APIRouter()
STATES = {
    "prepared": ("等待发送结果", "info"),
    "claimed": ("待存档核对", "info"),
    "confirmed": ("存档核对一致", "ok"),
    "differs": ("与话术不一致", "danger"),
    "cancelled": ("没有发出", "mute"),
    "lapsed": ("没有回音", "warn"),
    "withdrawn": ("客户退订，已撤回", "mute"),
}
FINISHED = (TodoState.CLAIMED, TodoState.CONFIRMED, TodoState.DONE)


@router.get("/h5/me", response_class=HTMLResponse)
async def me(
    request: Request, session: Reading, asking: Annotated[Asking, allow("h5", *MANAGERS)]
) -> Response:
    """Everything about myself that others can see too."""
    context = await shell(request, session, asking, tab="me")
    context |= {
        "numbers": await _numbers(session, asking),
        "sends": await _sends(session, asking),
        "reveals": await _reveals(session, asking),
    }
    return page(request, "me", context)


async def _numbers(session: AsyncSession, asking: Asking) -> list[dict[str, str]]:
    staff_id, today = asking.viewer.staff_id, bank_date(asking.at)
    month = bank_moment(today.replace(day=1))
    sent = await touches.count(
        session, units=None, since=month, until=asking.at + timedelta(seconds=1), staff_id=staff_id
    )
    done = await todos.count(session, units=None, states=FINISHED, staff_id=staff_id)
    expired = await todos.count(session, units=None, states=(TodoState.EXPIRED,), staff_id=staff_id)
    over = done + expired
    return [
        {
            "name": "按时完成",
            "value": f"{done / over:.1%}".removesuffix("%") if over else "—",
            "unit": "%" if over else "",
            "how": "在期限内完成的待办 ÷ 已到期限的待办",
        },
        {"name": "本月触达", "value": str(sent), "unit": "次", "how": "本月发出或记录的客户触达"},
        {
            "name": "完成待办",
            "value": str(done),
            "unit": "件",
            "how": "已发送，或记了结果又有旁证的待办",
        },
    ]


async def _sends(session: AsyncSession, asking: Asking) -> list[dict[str, Any]]:
    found = await own_sends.of_staff(session, asking.viewer.staff_id, limit=20)
    people = await selection.customer_facts(
        session, {one.customer_id for one in found if one.customer_id is not None}
    )
    return [
        {
            "title": one.script_code,
            "to": (people[one.customer_id].name if one.customer_id in people else None) or "客户",
            "code": f"话术 {one.script_code} 第 {one.script_version} 版",
            "at": one.issued_at,
            "state_text": STATES[one.state][0],
            "state_kind": STATES[one.state][1],
        }
        for one in found
    ]


async def _reveals(session: AsyncSession, asking: Asking) -> list[dict[str, Any]]:
    looked = await ledger.page(
        session,
        ledger.Wanted(acts=frozenset({"customer.amount_shown"}), actor=asking.actor),
        limit=20,
    )
    ids = {int(one.object.removeprefix("customer:")) for one in looked}
    people = await selection.customer_facts(session, ids)
    return [
        {
            "to": (
                people[number].name
                if (number := int(one.object.removeprefix("customer:"))) in people
                else None
            )
            or "客户",
            "at": one.at,
        }
        for one in looked
    ]
