"""Today's contact plan on the phone: whom to contact, why, and what came of it."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from bot.sidebar.customer import MANAGERS
from bot.sidebar.shell import page, shell
from config import policy_catalogue as kinds
from crm_sync import selection
from crm_sync.access import customer_for
from delivery import recorded_contacts
from kit.clock import bank_date
from kit.web.formats import moment
from kit.web.guard import Asking, Reading, Writing, allow
from portfolio.contact_plan import lists
from portfolio.contact_plan.lists import Line, Wanted
from portfolio.contact_plan.rules import sentence
from portfolio.duty.evaluation import evaluate
from portfolio.followups import parking

router = APIRouter()
PATH = "/h5/day"
MOST = 200


async def learned(request: Request, session: AsyncSession, customer_id: int, at: Any) -> None:
    """After something came of a customer: parked or resumed, and where the duty stands now."""
    shelf = request.app.state.parts.shelf
    await parking.apply(session, shelf.of(kinds.FOLLOW_UPS), at, customer_ids=[customer_id])
    await evaluate(
        session,
        shelf.of(kinds.CONTACT_DUTY),
        shelf.of(kinds.COVERAGE),
        at,
        customer_ids=[customer_id],
    )


async def progress(request: Request, session: AsyncSession, asking: Asking) -> dict[str, int]:
    """How many are planned for me today, and how many of them are done."""
    duty = request.app.state.parts.shelf.of(kinds.CONTACT_DUTY)
    wanted = Wanted(bank_date(asking.at), staff_id=asking.viewer.staff_id)
    found = await lists.progress(session, wanted, duty, by="staff")
    return {
        "planned": sum(one.planned for one in found),
        "done": sum(one.done for one in found),
    }


@router.get(PATH, response_class=HTMLResponse)
async def day(
    request: Request,
    session: Reading,
    asking: Annotated[Asking, allow("h5", *MANAGERS)],
    view: str = "",
) -> Response:
    """My plan of today in its order; ``view``: open or done."""
    shelf = request.app.state.parts.shelf
    duty = shelf.of(kinds.CONTACT_DUTY)
    today = bank_date(asking.at)
    lines = await lists.page(
        session, Wanted(today, staff_id=asking.viewer.staff_id), duty, limit=MOST
    )
    groups = {
        "": lines,
        "open": [one for one in lines if one.done_at is None],
        "done": [one for one in lines if one.done_at is not None],
    }
    shown = groups.get(view, lines)
    ids = {one.customer_id for one in shown}
    people = await selection.customer_facts(session, ids)
    reaches = await selection.reaches(session, ids)
    context = await shell(request, session, asking, tab="todo")
    context |= {
        "progress": {"total": len(lines), "done": len(groups["done"])},
        "segments": [
            {
                "text": text,
                "n": len(groups[name]),
                "href": f"{PATH}?view={name}",
                "current": name == view,
            }
            for name, text in (("", "全部"), ("open", "未联络"), ("done", "已联络"))
        ],
        "state": None
        if shown
        else {
            "kind": "done" if lines else "first_use",
            "title": "没有这样的客户" if lines else "今天没有联络计划",
            "text": "换一类看看。" if lines else "每个工作日早上 06:50 排好。",
            "code": "",
            "action": None,
        },
        "lines": [
            _line(request, one, people, reaches, today)
            for one in shown
            if one.customer_id in people
        ],
        "ways": [(value, text) for value, (_, text) in recorded_contacts.WAYS.items()],
        "results": list(recorded_contacts.RESULTS.items()),
    }
    return page(request, "day", context)


def _line(
    request: Request, one: Line, people: dict[int, Any], reaches: dict[int, Any], today: Any
) -> dict[str, Any]:
    shelf = request.app.state.parts.shelf
    plan, duty = shelf.of(kinds.DAILY_PLAN), shelf.of(kinds.CONTACT_DUTY)
    customer = people[one.customer_id]
    reach = reaches.get(one.customer_id)
    done = one.done_at is not None
    channel = shelf.of(kinds.CHANNELS).name_of(one.channel) if done else ""
    return {
        "id": one.customer_id,
        "place": one.place,
        "name": customer.name or "客户",
        "tier": customer.tier or "未分层",
        "why": "；".join(sentence(reason, plan, duty) for reason in one.reasons),
        "done": done,
        "result": f"{channel} {moment(one.done_at, today)}" if done else "",
        "contact": reach.external_userid if reach else "",
        "action": f"{PATH}/{one.customer_id}",
    }


@router.post(PATH + "/{customer_id}")
async def record(
    request: Request,
    session: Writing,
    asking: Annotated[Asking, allow("h5", *MANAGERS)],
    customer_id: int,
    way: Annotated[str, Form(max_length=8)],
    result: Annotated[str, Form(max_length=12)],
) -> Response:
    """A call or a visit and what came of it; the customer must be one of mine."""
    customer = await customer_for(session, asking.viewer, customer_id=customer_id)
    await recorded_contacts.record(
        session,
        customer_id=customer_id,
        unit_id=customer.unit_id,
        staff_id=asking.viewer.staff_id,
        way=way,
        result=result,
        at=asking.at,
        request_id=asking.request_id,
    )
    await learned(request, session, customer_id, asking.at)
    return RedirectResponse(PATH, status_code=303)
