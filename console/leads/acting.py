"""What people do with a lead: take it, close it, put it back; each step is in the ledger."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from console import roles
from console.customers.one import in_sight
from console.leads.listed import PATH
from crm_sync.leads import queue
from kit.web.guard import Asking, Writing, allow

router = APIRouter()


@router.post(PATH + "/{customer_id}/{finder}")
async def act(
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    customer_id: int,
    finder: str,
    step: Annotated[Literal["take", "done", "reopen"], Form()],
    note: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Take, close or put back the lead of a customer in sight."""
    await in_sight(session, asking, customer_id)
    await queue.move(
        session,
        customer_id,
        finder,
        step,
        by=asking.actor,
        at=asking.at,
        note=" ".join(note.split()),
    )
    return RedirectResponse(f"{PATH}?finder={finder}", status_code=303)
