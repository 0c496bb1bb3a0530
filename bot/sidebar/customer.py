"""The customer beside the chat: who is this, what should I do now, send it."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from bot.sidebar import call_faces, cards, flow
from bot.sidebar.shell import page, shell
from compliance.repository import recipient_standing
from config.rule_sets import rule_sets
from crm_sync import access
from crm_sync.facts import CustomerFact, Reach, Viewer
from crm_sync.readings import lists as readings
from crm_sync.repository.cards import CardFact, card_fact, reach_of_contact, years_since
from crm_sync.rules.ages import age
from delivery import quota
from delivery.desk import Desk
from delivery.repository import todos, touches
from delivery.repository.todos import TodoView
from delivery.suited import suited
from kit import ledger
from kit.clock import bank_date
from kit.web.formats import asset_band
from kit.web.guard import Asking, Reading, Writing, allow
from kit.web.hues import persona_hue

router = APIRouter()
MANAGERS = ("rm", "branch")
RISKS = {1: "谨慎型", 2: "稳健型", 3: "平衡型", 4: "成长型", 5: "进取型"}
SHOWN_SCRIPTS = 6
HIDE_AFTER = 300
QUIET = "没有到期、生日或总行任务。想聊聊天，可以从下面选一条关怀。"
LOOK_ONLY = "你可以查看这位客户；按本行的管户策略，消息由管户的同事发送。"


def desk_of(request: Request) -> Desk:
    """The desk of this process."""
    desk = request.app.state.parts.desk
    assert isinstance(desk, Desk)  # noqa: S101 — the composition puts one there
    return desk


async def customer_of_contact(
    session: AsyncSession, viewer: Viewer, contact: str
) -> tuple[CustomerFact, Reach]:
    """The customer behind a contact whom the viewer follows. Raises NotCovered otherwise.

    What the page says is client data: that this member follows this contact is checked here.
    """
    userid = viewer.userid or ""
    customer = await access.customer_for(session, viewer, external_userid=contact)
    if await reach_of_contact(session, userid, contact) != customer.customer_id:
        return customer, Reach(customer.customer_id, "", "", contact)
    return customer, Reach(customer.customer_id, viewer.staff_id, userid, contact)


async def sends_to(session: AsyncSession, viewer: Viewer, customer: CustomerFact) -> bool:
    """Whether policy lets the viewer send to this customer by hand."""
    return await access.may_send(session, viewer.staff_id, customer.customer_id, viewer.sends)


@router.get("/h5/customer", response_class=HTMLResponse)
async def customer(
    request: Request,
    session: Reading,
    asking: Annotated[Asking, allow("h5", *MANAGERS)],
    contact: str = "",
) -> Response:
    """The customer card; a contact bound to nobody gets its own page."""
    if not contact:
        return RedirectResponse("/h5/", status_code=303)
    context = await shell(request, session, asking, tab="customer")
    known = await access.contact_for(session, asking.viewer, contact)
    if known.customer_id is None:
        unmatched = {
            **context,
            "contact": contact,
            "nick": known.name or "",
            "added_on": bank_date(known.added_at) if known.added_at else None,
            "way": "企业微信",
            "match": {
                "badge": "未匹配",
                "kind": "warn",
                "title": "还不知道这是哪位客户",
                "work_item": None,
                "text": "手机号没有对上行内客户。可以在备注里填写客户手机号，系统会自动匹配。",
            },
            "invite": None,
            "scripts": [],
        }
        return page(request, "unmatched", unmatched, fragment="unmatched")
    found, reach = await customer_of_contact(session, asking.viewer, contact)
    context |= await _card(request, session, asking, found, reach, contact)
    return page(request, "customer", context, fragment="customer")


async def _card(
    request: Request,
    session: AsyncSession,
    asking: Asking,
    customer: CustomerFact,
    reach: Reach,
    contact: str,
) -> dict[str, Any]:
    at, desk = asking.at, desk_of(request)
    today = bank_date(at)
    fact = await card_fact(session, customer.customer_id, contact, reach.userid)
    touched = await touches.of_customer(session, customer.customer_id, limit=1)
    waiting = await todos.of_staff(
        session, asking.viewer.staff_id, customer_id=customer.customer_id
    )
    free = await cards.sendable_scripts(session, at, desk.calendar)
    judged = await cards.judged(
        session, [cards.free_intent(one, customer, reach, at) for one in free], at=at, desk=desk
    )
    shown = [one for one in judged if not one.objections and not one.missing]
    may_send = await sends_to(session, asking.viewer, customer)
    return {
        "contact": contact,
        "c": _who(customer, fact, touched[0].at if touched else None, today),
        "personas": [
            {
                "name": one.persona,
                "c": persona_hue(one.persona),
                "primary": one.primary,
                "why": one.why,
                "since": bank_date(one.since),
                "source": one.source,
            }
            for one in fact.memberships
        ],
        "tags": [],
        "rights": await _rights(request, session, customer, fact, at),
        "state": None,
        "flow": await flow.section(request, session, customer, reach, contact, at),
        "reads": [
            one.says for one in await readings.of_customer(session, customer.customer_id, limit=3)
        ],
        "now_card": await _now(
            session, waiting, 1, customer, reach, contact, at, desk, may_send=may_send
        ),
        "quiet_note": QUIET if may_send else LOOK_ONLY,
        "scripts": [
            cards.script_card(one, contact=contact, may_send=may_send)
            for one in shown[:SHOWN_SCRIPTS]
        ],
        "scripts_total": len(free),
        "hidden_count": len(judged) - len(shown),
        "data_as_of": fact.changed_at,
    }


def _who(
    customer: CustomerFact, fact: CardFact, touched_at: datetime | None, today: Any
) -> dict[str, Any]:
    assessed = customer.risk_assessed_on
    return {
        "name": customer.name or f"客户 {customer.customer_no[-4:]}",
        "nick": fact.nick,
        "age": age(customer.born_on, today) if customer.born_on else None,
        "managed_years": years_since(fact.covered_since, today),
        "tier": customer.tier or "未分层",
        "aum_band": asset_band(fact.aum_fen),
        "risk": f"C{customer.risk_level}" if customer.risk_level else "",
        "risk_name": RISKS.get(customer.risk_level or 0, ""),
        "risk_expired": assessed is None or age(assessed, today) >= 1,
        "last_contact_on": bank_date(touched_at) if touched_at else None,
    }


async def _rights(
    request: Request, session: AsyncSession, customer: CustomerFact, fact: CardFact, at: datetime
) -> list[dict[str, Any]]:
    """已实名 / 可存档 / 可营销 / 本月 n 次: always visible, each with its reason."""
    standing = (await recipient_standing(session, [customer.customer_id]))[customer.customer_id]
    month = quota.window_start("month", bank_date(at))
    heard = await quota.uses(session, [customer.customer_id], "marketing", "month", month)
    opted_out = bool(standing.suppressed)
    may_market = "marketing" in standing.consents and not opted_out
    archived = fact.archive_agreed
    limits = suited(customer, bank_date(at), rule_sets(request.app.state.parts.shelf))
    return [
        {"ok": True, "text": "已匹配", "why": "企业微信好友已对应到行内客户"},
        {
            "ok": archived,
            "text": "可存档" if archived else "未同意存档" if archived is False else "存档待同意",
            "why": "客户在企业微信里对会话存档的选择",
        },
        {
            "ok": may_market,
            "text": "可营销" if may_market else "已退订" if opted_out else "未同意营销",
            "why": "客户在“服务授权”里的选择；退订对所有经理和渠道有效",
        },
        {
            "ok": None,
            "text": f"本月营销 {heard.get(customer.customer_id, 0)} 次",
            "why": "本月已安排或发出的营销类消息",
        },
        {"ok": None, "text": limits.short, "why": limits.why},
    ]


async def _now(
    session: AsyncSession,
    waiting: list[TodoView],
    place: int,
    customer: CustomerFact,
    reach: Reach,
    contact: str,
    at: datetime,
    desk: Desk,
    *,
    may_send: bool,
) -> dict[str, Any] | None:
    if not waiting:
        return None
    todo = waiting[(place - 1) % len(waiting)]
    script = None
    if todo.script_version_id is not None:
        [one] = await cards.judged(
            session, [cards.todo_intent(todo, customer, reach)], at=at, desk=desk
        )
        script = cards.script_card(one, contact=contact, todo_id=todo.id, may_send=may_send)
    return cards.now_card(
        todo,
        script,
        contact=contact,
        place=(place - 1) % len(waiting) + 1,
        total=len(waiting),
        today=bank_date(at),
        call=(await call_faces.faces(session, [todo], desk)).get(todo.id),
    )


@router.get("/h5/customer/now", response_class=HTMLResponse)
async def now(
    request: Request,
    session: Reading,
    asking: Annotated[Asking, allow("h5", *MANAGERS)],
    contact: str,
    place: int = 1,
) -> Response:
    """Another of the customer's to-dos in the card's place."""
    found, reach = await customer_of_contact(session, asking.viewer, contact)
    waiting = await todos.of_staff(session, asking.viewer.staff_id, customer_id=found.customer_id)
    may_send = await sends_to(session, asking.viewer, found)
    card = await _now(
        session, waiting, place, found, reach, contact, asking.at, desk_of(request),
        may_send=may_send,
    )  # fmt: skip
    if card is None:
        return RedirectResponse(f"/h5/customer?contact={quote(contact)}", status_code=303)
    context = await shell(request, session, asking, tab="customer")
    return page(request, "_now", {**context, "n": card})


@router.post("/h5/customer/amount", response_class=HTMLResponse)
async def amount(
    request: Request,
    session: Writing,
    asking: Annotated[Asking, allow("h5", *MANAGERS)],
    contact: Annotated[str, Form(max_length=64)],
) -> Response:
    """The exact amount for five minutes; who looked is in the record before it is shown."""
    found, _ = await customer_of_contact(session, asking.viewer, contact)
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="access",
                act="customer.amount_shown",
                actor=asking.actor,
                object=f"customer:{found.customer_id}",
                unit=found.unit_id,
                request_id=asking.request_id,
            )
        ],
        at=asking.at,
    )
    context = await shell(request, session, asking, tab="customer")
    return page(
        request,
        "_amount",
        {
            **context,
            "aum_fen": found.aum_fen,
            "hide_after_seconds": HIDE_AFTER,
            "toast": "已显示 5 分钟，本次查看已留痕",
        },
    )
