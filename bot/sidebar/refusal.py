"""客户说不要了: the manager writes down what the customer said; it holds for everybody at once."""

from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.sidebar.customer import MANAGERS, customer_of_contact
from bot.sidebar.shell import page, shell
from compliance.opting_out import Choice, choice_of
from delivery import opting_out
from kit.errors import InputRefused
from kit.web.guard import Asking, Reading, Writing, allow

router = APIRouter()
PATH: Final = "/h5/refusal"
SOURCE: Final = "客户经理代登记"
OFFERED: Final = (
    (Choice.MARKETING, "不要产品和活动", "服务提醒照常"),
    (Choice.PERSONALISED, "不要个性化", "不再按客群挑选内容"),
    (Choice.SERVICE, "不要服务提醒", "到期、还款也不再主动提醒"),
    (Choice.ALL, "什么都不要", "只在客户来找时回应"),
)


class WordsNeeded(InputRefused):
    """What the customer said is not written down."""

    code = "E-7509"


@router.get(PATH, response_class=HTMLResponse)
async def form(
    request: Request,
    session: Reading,
    asking: Annotated[Asking, allow("h5", *MANAGERS)],
    contact: str,
) -> Response:
    """What the customer wants no more, and in which words they said so."""
    customer, _ = await customer_of_contact(session, asking.viewer, contact)
    context = await shell(request, session, asking, tab="customer")
    context |= {"contact": contact, "name": customer.name or "客户", "choices": OFFERED}
    return page(request, "refusal", context)


@router.post(PATH)
async def record(
    session: Writing,
    asking: Annotated[Asking, allow("h5", *MANAGERS)],
    contact: Annotated[str, Form(max_length=64)],
    choice: Annotated[str, Form(max_length=20)],
    words: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Recorded and out of every queue. Raises NotCovered, ConsentRefused, WordsNeeded."""
    customer, _ = await customer_of_contact(session, asking.viewer, contact)
    said = " ".join(words.split())
    if len(said) < 2:
        raise WordsNeeded("请写下客户的原话", do="例如：客户说“别再发理财了”")
    await opting_out.opt_out(
        session,
        customer.customer_id,
        choice_of(choice),
        source=SOURCE,
        words=said,
        at=asking.at,
        actor=asking.actor,
        unit=customer.unit_id,
    )
    return RedirectResponse(f"/h5/customer?contact={quote(contact)}", status_code=303)
