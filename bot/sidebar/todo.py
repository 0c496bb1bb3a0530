"""Today's work in order of due time, and what came of it in at most three taps."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from bot.sidebar import call_faces, cards, group_rhythm
from bot.sidebar import day as contacts
from bot.sidebar.customer import MANAGERS, desk_of
from bot.sidebar.shell import page, shell
from crm_sync import selection
from crm_sync.facts import CustomerFact
from delivery import channel_handover, opening, outcomes
from delivery.errors import TodoNotFound
from delivery.facts import TodoState
from delivery.moments import repository as moments
from delivery.repository import todos
from delivery.repository.todos import TodoView
from kit.clock import bank_clock, bank_date
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
CLOSED = (TodoState.CLAIMED, TodoState.CONFIRMED, TodoState.NOTED, TodoState.DONE)
BY = {"phone": "电话", "visit": "见面", "chat": "聊天", "": "聊天"}


@router.get("/h5/todo", response_class=HTMLResponse)
async def todo_list(
    request: Request,
    session: Writing,
    asking: Annotated[Asking, allow("h5", *MANAGERS)],
    view: str = "today",
) -> Response:
    """Today, later, overdue or done; what stands on the page is seen from now on."""
    context = await shell(request, session, asking, tab="todo")
    today = bank_date(asking.at)
    staff_id = asking.viewer.staff_id
    waiting = await todos.of_staff(session, staff_id)
    done = await todos.of_staff(session, staff_id, states=CLOSED, since=today)
    late = [one for one in waiting if one.due_on < today]
    now = [one for one in waiting if one.due_on <= today]
    segments = [
        ("today", "今天", now),
        ("late", "逾期", late),
        ("done", "已完成", done),
    ]
    shown = {name: found for name, _, found in segments}.get(view, now)
    await opening.opened(session, shown, staff_id=staff_id, at=asking.at)
    people = await selection.customer_facts(session, {one.customer_id for one in shown})
    by_phone = await call_faces.faces(session, shown, desk_of(request))
    total = len(now) + len(done)
    context |= {
        "plan": await contacts.progress(request, session, asking),
        "progress": {
            "left": len(now),
            "done": len(done),
            "total": total,
            "minutes": len(now) * 3 or None,
        },
        "segments": [
            {
                "text": text,
                "n": len(found),
                "href": f"/h5/todo?view={name}",
                "current": name == view or (name == "today" and view not in ("late", "done")),
                "late": name == "late" and bool(found),
            }
            for name, text, found in segments
        ],
        "state": _state(view, total) if not shown else None,
        "groups": [_group(shown, people, today, by_phone)] if shown else [],
        "campaigns": [],
        "posts": await group_rhythm.of_owner(request, session, asking),
        "moments": [
            {
                "title": one.title,
                "words": one.text,
                "readers": one.readers,
                "until": f"{bank_clock(one.ends_at):%H:%M}",
            }
            for one in await moments.to_publish(session, staff_id, asking.at)
        ],
    }
    return page(request, "todo", context)


def _state(view: str, total: int) -> dict[str, Any]:
    if view == "late":
        return {
            "kind": "done",
            "title": "没有逾期的事",
            "text": "保持这个节奏。",
            "code": "",
            "action": None,
        }
    if total and view != "done":
        return {
            "kind": "done",
            "title": "今天的事做完了",
            "text": "明早 08:30 会有新的待办。",
            "code": "",
            "action": None,
        }
    return {
        "kind": "first_use",
        "title": "今天没有待办" if view != "done" else "今天还没有完成的事",
        "text": "每天早上系统会按到期、生日和客群内容为你备好待办。",
        "code": "",
        "action": None,
    }


def _group(
    shown: Sequence[TodoView],
    people: dict[int, CustomerFact],
    today: date,
    by_phone: dict[int, dict[str, Any]],
) -> dict[str, Any]:
    return {
        "title": "按到期时间排序",
        "note": "",
        "tasks": [
            _task(one, people.get(one.customer_id), today, by_phone.get(one.id)) for one in shown
        ],
    }


def _task(
    one: TodoView, customer: CustomerFact | None, today: date, call: dict[str, Any] | None
) -> dict[str, Any]:
    name = (customer.name if customer else None) or "客户"
    done = one.state in {state.value for state in CLOSED}
    actions: list[dict[str, Any]] = []
    if not done:
        if one.external_userid:
            actions.append(
                {
                    "text": "去聊天",
                    "primary": True,
                    "contact": one.external_userid,
                    "chat": None,
                    "href": None,
                }
            )
        actions.append(
            {
                "text": "已电话",
                "primary": not one.external_userid and not (call and call["offered"]),
                "contact": None,
                "chat": None,
                "href": f"/h5/todo/{one.id}?by=phone",
            }
        )
    results = {
        "claimed": "已发送，待存档核对",
        "confirmed": "已发送，存档核对一致",
        "noted": f"已记录：{outcomes.TEXTS.get(one.outcome, one.outcome)}。等旁证办结",
        "done": f"已办结：{outcomes.TEXTS.get(one.outcome, '系统已发')}，有旁证",
    }
    return {
        "id": one.id,
        "title": f"{name} · {one.title}",
        "line": str(one.detail.get("product") or cards.kind_of(one.purpose, one.trigger)[0]),
        "why": f"{one.why}。{one.channel_reason}" if one.channel_reason else one.why,
        "due_text": cards.due_text(one, today),
        "due_kind": "danger"
        if one.due_on < today and not done
        else "warn"
        if one.purpose == "service"
        else "info",
        "done": done,
        "result": results.get(one.state, ""),
        "result_kind": "warn" if one.state == TodoState.NOTED.value else "ok",
        "outcome_url": f"/h5/todo/{one.id}",
        "actions": actions,
        "call": call,
    }


async def _mine(session: AsyncSession, asking: Asking, todo_id: int) -> TodoView:
    found = await todos.one(session, todo_id)
    if found is None or found.staff_id != asking.viewer.staff_id:
        raise TodoNotFound("没有这件待办，或者不是你的", do="刷新待办列表")
    return found


async def _outcome_context(
    request: Request,
    session: AsyncSession,
    asking: Asking,
    found: TodoView,
    by: str,
    recorded: dict[str, Any] | None,
) -> dict[str, Any]:
    context = await shell(request, session, asking, tab="todo")
    today = bank_date(asking.at)
    people = await selection.customer_facts(session, [found.customer_id])
    call = (await call_faces.faces(session, [found], desk_of(request))).get(found.id)
    task = _task(found, people.get(found.customer_id), today, call)
    latest = bank_date(found.expires_at)
    days = [today + timedelta(days=n) for n in range(1, 4) if today + timedelta(days=n) <= latest]
    return {
        **context,
        "by": by,
        "task": {**task, "latest_on": latest},
        "outcomes": [
            {"value": value, "text": text, "note": note} for value, text, note in outcomes.CHOICES
        ],
        "postpone_days": [] if recorded else days,
        "recorded": recorded,
    }


@router.get("/h5/todo/{todo_id}", response_class=HTMLResponse)
async def outcome_page(
    request: Request,
    session: Writing,
    asking: Annotated[Asking, allow("h5", *MANAGERS)],
    todo_id: int,
    by: str = "",
) -> Response:
    """Record what happened."""
    found = await _mine(session, asking, todo_id)
    await opening.opened(session, [found], staff_id=asking.viewer.staff_id, at=asking.at)
    return page(
        request, "outcome", await _outcome_context(request, session, asking, found, by, None)
    )


@router.post("/h5/todo/{todo_id}/outcome", response_class=HTMLResponse)
async def record_outcome(
    request: Request,
    session: Writing,
    asking: Annotated[Asking, allow("h5", *MANAGERS)],
    todo_id: int,
    outcome: Annotated[str, Form(max_length=32)],
    note: Annotated[str, Form(max_length=400)] = "",
    by: Annotated[str, Form(max_length=16)] = "",
) -> Response:
    """What came of it; said again after being offline it is recorded once."""
    found = await _mine(session, asking, todo_id)
    at = _said_at(request, asking.at)
    staff_id = asking.viewer.staff_id
    unanswered = outcome == "unreached" and by == "phone" and found.channel == "phone"
    if unanswered and found.state == TodoState.OPEN.value:
        await channel_handover.unanswered(
            session, found, note=note, staff_id=staff_id, at=at, desk=desk_of(request)
        )
    else:
        await outcomes.record(
            session, found, outcome=outcome, note=note, by=by, staff_id=staff_id, at=at
        )
    await contacts.learned(request, session, found.customer_id, asking.at)
    recorded = {
        "text": outcomes.TEXTS[outcome],
        "at": at,
        "by": BY.get(by, "聊天"),
        "note": note,
    }
    return page(
        request, "outcome", await _outcome_context(request, session, asking, found, by, recorded)
    )


def _said_at(request: Request, at: datetime) -> datetime:
    """When the person said it, for what was kept offline; never later than now, never a day old."""
    try:
        said = datetime.fromisoformat(request.headers.get("x-recorded-at", ""))
    except ValueError:
        return at
    if said.tzinfo is None or not at - timedelta(days=1) <= said <= at:
        return at
    return said


@router.post("/h5/todo/{todo_id}/postpone")
async def postpone(
    session: Writing,
    asking: Annotated[Asking, allow("h5", *MANAGERS)],
    todo_id: int,
    to: Annotated[date, Form()],
) -> Response:
    """Another day, no later than the to-do lives."""
    found = await _mine(session, asking, todo_id)
    await outcomes.postpone(session, found, to=to, staff_id=asking.viewer.staff_id, at=asking.at)
    return RedirectResponse("/h5/todo", status_code=303)
