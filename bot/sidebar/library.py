"""话术库 on the phone: an approved text found by need, ready to send to whom the chat is with."""

from collections import Counter
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from bot.sidebar import cards
from bot.sidebar.customer import MANAGERS, customer_of_contact, desk_of
from bot.sidebar.shell import page, shell
from delivery.judging import Judged
from kit.web.guard import Asking, Reading, allow

router = APIRouter()
MOST = 40


@router.get("/h5/scripts", response_class=HTMLResponse)
async def scripts(
    request: Request,
    session: Reading,
    asking: Annotated[Asking, allow("h5", *MANAGERS)],
    q: str = "",
    scene: str = "",
    contact: str = "",
) -> Response:
    """Approved scripts for the customer the chat is with; those the gate refuses are counted."""
    context = await shell(request, session, asking, tab="scripts")
    free = await cards.sendable_scripts(session, asking.at)
    target: dict[str, Any] | None = None
    judged: list[Judged] = []
    if contact:
        customer, reach = await customer_of_contact(session, asking.viewer, contact)
        judged = await cards.judged(
            session,
            [cards.free_intent(one, customer, reach, asking.at) for one in free],
            at=asking.at,
            desk=desk_of(request),
        )
        target = {
            "contact": contact,
            "chat": None,
            "label": customer.name or "客户",
            "query": f"contact={quote(contact)}",
        }
    allowed = [one for one in judged if not one.objections and not one.missing]
    wanted = q.strip().casefold()
    found = [
        one
        for one in allowed
        if (not wanted or wanted in _said(one)) and (not scene or one.intent.purpose == scene)
    ]
    there = f"&contact={quote(contact)}" if contact else ""
    purposes = Counter(one.intent.purpose.value for one in allowed)
    chips = [
        {
            "text": "全部",
            "n": len(allowed),
            "href": f"/h5/scripts?q={quote(q)}{there}",
            "current": not scene,
        }
    ] + [
        {
            "text": cards.KINDS[purpose][0],
            "n": number,
            "href": f"/h5/scripts?q={quote(q)}&scene={purpose}{there}",
            "current": scene == purpose,
        }
        for purpose, number in sorted(purposes.items())
    ]
    context |= {
        "q": q,
        "scene": scene,
        "target": target,
        "scenes": chips,
        "scripts": [cards.script_card(one, contact=contact) for one in found[:MOST]],
        "nearest": chips[1:] if not found else [],
        "hidden_count": len(judged) - len(allowed),
        "state": None if found else _state(q, contact),
    }
    return page(request, "scripts", context, fragment="scripts")


def _said(one: Judged) -> str:
    return f"{one.intent.title} {one.text or ''} {one.script.code if one.script else ''}".casefold()


def _state(q: str, contact: str) -> dict[str, Any]:
    if not contact:
        return {
            "kind": "first_use",
            "title": "先打开一个客户聊天",
            "text": "话术要按客户的风险等级和授权挑选，请从聊天窗口右侧进入。",
            "code": "",
            "action": None,
        }
    return {
        "kind": "no_result",
        "title": f"没有找到“{q}”" if q else "没有适合这位客户的话术",
        "text": "可以换个说法，或看看相近的场景。",
        "code": "",
        "action": None,
    }
