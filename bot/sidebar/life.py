"""记一件大事: the manager writes down a turn in the customer's life; its word comes on its day."""

from datetime import date
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.sidebar.customer import MANAGERS, customer_of_contact
from bot.sidebar.shell import page, shell
from config.reminder_policy import ReminderPolicy
from crm_sync import life_events
from crm_sync.errors import LifeEventRefused
from crm_sync.repository.staff import staff_by_id
from kit.clock import bank_date
from kit.web.guard import Asking, Reading, Writing, allow
from reminders.turns import said_of_life, turns_of_life

router = APIRouter()
PATH: Final = "/h5/life"


def policy_of(request: Request) -> ReminderPolicy:
    """The reminder policy in force."""
    policy = request.app.state.parts.reminders
    assert isinstance(policy, ReminderPolicy)  # noqa: S101 — the composition puts one there
    return policy


@router.get(PATH, response_class=HTMLResponse)
async def form(
    request: Request,
    session: Reading,
    asking: Annotated[Asking, allow("h5", *MANAGERS)],
    contact: str,
) -> Response:
    """What may be written down, and what is known to be coming, with who said so."""
    customer, _ = await customer_of_contact(session, asking.viewer, contact)
    today = bank_date(asking.at)
    policy = policy_of(request)
    coming = await life_events.coming(session, customer.customer_id, today)
    people = await staff_by_id(session, {one.by.removeprefix("staff:") for one in coming if one.by})
    context = await shell(request, session, asking, tab="customer")
    context |= {
        "contact": contact,
        "name": customer.name or "客户",
        "choices": [(word, said_of_life(policy, word)) for word in turns_of_life(policy)],
        "coming": [
            {
                "what": one.what or "大事",
                "on": one.on,
                "by": _who(one.by, {number: staff.name for number, staff in people.items()}),
                "number": one.number if one.by_hand and one.on > today else "",
            }
            for one in coming
        ],
    }
    return page(request, "life", context)


def _who(by: str, names: dict[str, str]) -> str:
    if not by:
        return "导入"
    return f"{names.get(by.removeprefix('staff:'), '同事')}登记"


@router.post(PATH)
async def record(
    request: Request,
    session: Writing,
    asking: Annotated[Asking, allow("h5", *MANAGERS)],
    contact: Annotated[str, Form(max_length=64)],
    what: Annotated[str, Form(max_length=20)],
    on: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Written down once, however often it is tapped. Raises NotCovered, LifeEventRefused."""
    customer, _ = await customer_of_contact(session, asking.viewer, contact)
    try:
        day = date.fromisoformat(on)
    except ValueError:
        raise LifeEventRefused("请选是哪一天", saw=on[:10], do="写成 2026-12-15 这样") from None
    await life_events.note(
        session,
        customer,
        what=what,
        on=day,
        known=turns_of_life(policy_of(request)),
        by=asking.actor,
        at=asking.at,
        request_id=asking.request_id,
    )
    return RedirectResponse(f"{PATH}?contact={quote(contact)}", status_code=303)


@router.post(PATH + "/back")
async def back(
    session: Writing,
    asking: Annotated[Asking, allow("h5", *MANAGERS)],
    contact: Annotated[str, Form(max_length=64)],
    number: Annotated[str, Form(max_length=80)],
) -> Response:
    """Taken back before its day. Raises NotCovered, LifeEventRefused."""
    customer, _ = await customer_of_contact(session, asking.viewer, contact)
    await life_events.take_back(
        session, customer, number, by=asking.actor, at=asking.at, request_id=asking.request_id
    )
    return RedirectResponse(f"{PATH}?contact={quote(contact)}", status_code=303)
