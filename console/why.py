"""为什么: the chain behind one message, or behind one that was never sent."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from compliance.facts import DecisionRow
from compliance.objections import BY_CODE
from compliance.repository import decisions_by_key
from config import policy_catalogue as kinds
from config.channel_choice_policy import ChannelChoicePolicy
from console import roles, seals
from console.errors import TodoUnknown
from console.naming import names_for
from console.plans import TASKS
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.state_words import TODO_STATES
from console.todos import trigger_names
from console.traces import looked
from crm_sync.repository import listing
from delivery import outcomes, plan_items
from delivery.channel_choice import in_words
from delivery.repository import ticket_lists
from delivery.repository import todos as todos_of
from delivery.repository.ticket_lists import TicketFact
from delivery.repository.todos import TodoView
from insights import plan_items as items_of
from insights.plan_items import FATES
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
PATH: Final = "/c/why"
TICKETS: Final = {
    "prepared": ("", "已发放许可，等手机回报"),
    "claimed": ("done", "手机回报已发"),
    "confirmed": ("done", "手机回报已发，存档里找到同样的话"),
    "differs": ("bad", "存档里的话与话术不一致"),
    "cancelled": ("bad", "手机回报没有发出"),
    "lapsed": ("", "手机没有回报"),
    "withdrawn": ("", "客户退订，已撤回"),
}


def step(
    state: str,
    name: str,
    text: str,
    at: datetime | None,
    *,
    ref: str = "",
    href: str | None = None,
    link: str = "",
) -> dict[str, Any]:
    """One link of the chain; state: done | bad | "" (waiting)."""
    return {
        "state": state, "name": name, "text": text, "at": at, "ref": ref, "href": href,
        "link": link,
    }  # fmt: skip


@router.get(PATH + "/{todo_id}", response_class=HTMLResponse)
async def why_todo(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    todo_id: int,
) -> Response:
    """The chain of one to-do: reason, words, gate, sending, proof."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    found = await todos_of.one(session, todo_id)
    if found is None or (sight.units is not None and found.unit_id not in sight.units):
        raise _unknown()
    judged = await decisions_by_key(session, found.key)
    sent = await ticket_lists.of_todo(session, todo_id)
    place = await looked(session, asking, "why.viewed", f"todo:{todo_id}", unit=found.unit_id)
    text, kind = TODO_STATES.get(found.state, (found.state, ""))
    names = await names_for(session, staff=[found.staff_id], customers=[found.customer_id])
    heading = f"为什么给{names.customer(found.customer_id)}安排“{found.title}”"
    chain = _todo_chain(request, found, judged, sent, names.person(found.staff_id))
    return await _page(
        request, session, asking, place, heading, {"text": text, "kind": kind}, chain, judged,
        back="/c/todos?view=list",
    )  # fmt: skip


@router.get(PATH, response_class=HTMLResponse)
async def why_key(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    key: str,
) -> Response:
    """The chain of an intent by its key: one that was refused, or a place in a broadcast."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    refusal = await plan_items.refusal(session, key)
    spot = await plan_items.place_of(session, key)
    customers = await items_of.customers_of([key], session, request.app.state.parts.reminders)
    customer_id = spot.customer_id if spot else customers.get(key)
    if (refusal is None and spot is None) or not await _in_sight(session, sight, customer_id):
        raise _unknown()
    judged = await decisions_by_key(session, key)
    place = await looked(
        session, asking, "why.viewed", f"customer:{customer_id}", payload={"key": key}
    )
    names = await names_for(session, customers=[customer_id])
    trigger = trigger_names(request).get(key.partition(":")[0], key.partition(":")[0])
    chain = [
        step("done", "来由", f"规则“{trigger}”选出了这位客户", judged[0][0] if judged else None)
    ]
    if spot is not None:
        chain.append(_way(request, "broadcast", spot.channel_reason, None))
        chain += _gate(judged)
        chain.append(
            step(
                "bad" if spot.state == "failed" else "done" if spot.state == "confirmed" else "",
                "群发",
                f"编入群发任务，{TASKS.get(spot.state, spot.state)}",
                None,
                ref=str(spot.broadcast_id),
            )
        )
        fate = {"text": FATES["broadcast"], "kind": "info"}
        heading = f"为什么给{names.customer(customer_id)}群发"
    else:
        assert refusal is not None  # noqa: S101 — looked at above
        chain += _gate(judged)
        if refusal.outcome != "blocked":
            chain.append(step("bad", "没排上", _not_placed(refusal), None))
        fate = {"text": FATES.get(refusal.outcome, refusal.outcome), "kind": "danger"}
        heading = f"为什么没有发给{names.customer(customer_id)}"
    return await _page(
        request, session, asking, place, heading, fate, chain, judged, back="/c/plans"
    )


def _unknown() -> TodoUnknown:
    return TodoUnknown("没有这一件，或不在你的查看范围内", do="回到列表重新选择")


def _not_placed(refusal: plan_items.Refusal) -> str:
    if refusal.outcome == "unreachable":
        return "；".join((FATES["unreachable"], *in_words(refusal.reasons)))
    if refusal.outcome == "outranked" and refusal.reasons:
        return f"{FATES['outranked']}：当天先说的是 {refusal.reasons}"
    return refusal.reasons or FATES.get(refusal.outcome, refusal.outcome)


async def _in_sight(session: AsyncSession, sight: Sight, customer_id: int | None) -> bool:
    if sight.units is None:
        return True
    if customer_id is None:
        return False
    wanted = listing.Wanted(units=sight.units, ids=frozenset({customer_id}))
    return await listing.count(session, wanted) > 0


async def _page(
    request: Request,
    session: AsyncSession,
    asking: Asking,
    place: str,
    heading: str,
    fate: dict[str, str],
    chain: list[dict[str, Any]],
    judged: list[tuple[datetime, DecisionRow]],
    *,
    back: str,
) -> Response:
    context = await shell(request, session, asking, "todos", view_ref=place)
    context |= {
        "back_url": back,
        "heading": heading,
        "fate": fate,
        "chain": chain,
        "seal": await seals.of_record(session, asking, "ledger"),
        "rules": _rules(judged),
    }
    return page(request, "why", context)


def _todo_chain(
    request: Request,
    found: TodoView,
    judged: list[tuple[datetime, DecisionRow]],
    sent: list[TicketFact],
    staff_name: str,
) -> list[dict[str, Any]]:
    trigger = trigger_names(request).get(found.trigger, found.trigger)
    chain = [step("done", "来由", f"{found.why}，规则“{trigger}”", found.created_at)]
    if found.script_code:
        chain.append(
            step(
                "done", "内容", f"话术 {found.script_code} 第 {found.script_version} 版",
                found.created_at, href=f"/c/library/{found.script_code}", link="话术",
            )
        )  # fmt: skip
    chain.append(_way(request, found.channel, found.channel_reason, found.created_at))
    chain += _gate(judged)
    chain.append(
        step(
            "done" if found.seen_at else "", "客户经理", f"进入{staff_name}的待办",
            found.seen_at or found.announced_at or found.created_at,
        )
    )  # fmt: skip
    for ticket in sent:
        state, text = TICKETS[ticket.state]
        chain.append(
            step(state, "发送", text, ticket.claimed_at or ticket.issued_at, ref=str(ticket.id))
        )
    if found.state in ("claimed", "confirmed"):
        done = found.state == "confirmed"
        chain.append(
            step(
                "done" if done else "", "存档核对",
                "存档里找到同样的话" if done else "等会话存档拉到这条消息",
                sent[-1].settled_at if sent and done else None,
            )
        )  # fmt: skip
    if found.outcome:
        chain.append(
            step("done", "结果", outcomes.TEXTS.get(found.outcome, found.outcome), found.closed_at)
        )
    if found.state in ("expired", "cancelled"):
        chain.append(step("bad", "结束", TODO_STATES[found.state][0], found.closed_at))
    return chain


def _way(request: Request, channel: str, reason: str, at: datetime | None) -> dict[str, Any]:
    """The channel that was chosen, and why."""
    policy: ChannelChoicePolicy = request.app.state.parts.shelf.of(kinds.CHANNEL_CHOICE)
    return step("done", "渠道", reason or policy.title_of(channel), at)


def _gate(judged: list[tuple[datetime, DecisionRow]]) -> list[dict[str, Any]]:
    """What the gate said, each time it was asked, oldest first."""
    found = []
    for at, one in reversed(judged[:5]):
        if one.objections:
            text = f"{len(one.objections)} 条规则不允许"
            found.append(step("bad", "审查", text, at))
        else:
            found.append(step("done", "审查", "没有一条规则不允许", at))
    return found


def _rules(judged: list[tuple[datetime, DecisionRow]]) -> list[dict[str, Any]]:
    if not judged:
        return [{"ok": True, "name": "规则", "text": "这一件不带话术，不用审查", "code": ""}]
    _, newest = judged[0]
    if not newest.objections:
        text = "适当性、授权、频次、时段、内容都通过"
        return [{"ok": True, "name": "全部规则", "text": text, "code": ""}]
    return [
        {
            "ok": False,
            "name": BY_CODE[code].saying.partition("。")[0] if code in BY_CODE else code,
            "text": newest.details.get(code, ""),
            "code": code,
        }
        for code in newest.objections
    ]
