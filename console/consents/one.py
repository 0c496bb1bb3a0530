"""One customer's decisions, purpose by purpose, and the branch's way to write one down."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from compliance.opting_out import MEANINGS, choice_of
from compliance.repository import consent_history, recipient_standing
from console import roles
from console.consents.listed import PATH, PURPOSES, SCOPES
from console.customers.one import in_sight
from console.errors import ReasonNeeded
from console.shell import page, shell
from console.traces import looked
from crm_sync.repository import profiles
from delivery import opting_out
from kit.web.formats import masked_name, masked_number
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
SOURCE: Final = "网点代登记"


@router.get(PATH + "/of/{customer_id}", response_class=HTMLResponse)
async def history(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    customer_id: int,
) -> Response:
    """What holds now, everything that was ever decided, and the form to write down a refusal."""
    customer = await in_sight(session, asking, customer_id)
    standing = (await recipient_standing(session, [customer_id]))[customer_id]
    decided = await consent_history(session, customer_id)
    links = await profiles.links(session, customer_id)
    place = await looked(
        session, asking, "consents.viewed", f"customer:{customer_id}", unit=customer.unit_id
    )
    context = await shell(request, session, asking, "consents", view_ref=place)
    context |= {
        "c": {
            "name": masked_name(customer.name) if customer.name else "客户",
            "customer_no": masked_number(customer.customer_no),
            "href": f"/c/customers/{customer_id}",
        },
        "now": [
            {"name": text, **_state(one.value, standing)}
            for one, text in PURPOSES.items()
            if one.value != "archive"
        ]
        + [{"name": "会话存档（企业微信）", **_archive(links)}],
        "silences": [SCOPES.get(scope, scope) for scope in sorted(standing.suppressed)],
        "history": [
            {
                "at": one.at,
                "name": PURPOSES.get(one.purpose, one.purpose),  # type: ignore[call-overload]
                "given": one.given,
                "source": one.source,
                "notice": one.notice or "—",
            }
            for one in reversed(decided)
        ],
        "choices": [
            {"value": choice.value, "text": meaning.title} for choice, meaning in MEANINGS.items()
        ],
        "action": f"{PATH}/of/{customer_id}/opt-out",
        "ask_url": f"/c/personal-data/ask/{customer_id}"
        if set(asking.viewer.roles) & set(roles.AUDIT)
        else None,
    }
    return page(request, "consents_one", context)


def _state(purpose: str, standing: Any) -> dict[str, str]:
    if purpose in standing.consents:
        return {"text": "同意", "kind": "ok"}
    if purpose in standing.refusals:
        return {"text": "拒绝", "kind": "danger"}
    return {"text": "没问过", "kind": ""}


def _archive(links: Any) -> dict[str, str]:
    said = {one.archive_agreed for one in links if one.archive_agreed is not None}
    if not said:
        return {"text": "还没有选择", "kind": ""}
    return {"text": "不同意", "kind": "danger"} if False in said else {"text": "同意", "kind": "ok"}


@router.post(PATH + "/of/{customer_id}/opt-out")
async def opt_out(
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    customer_id: int,
    choice: Annotated[str, Form(max_length=20)],
    words: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """The branch writes down what the customer said; effective at once, everywhere."""
    customer = await in_sight(session, asking, customer_id)
    said = " ".join(words.split())
    if len(said) < 2:
        raise ReasonNeeded("请写下客户的原话", do="例如：客户到网点说“不要再发”")
    await opting_out.opt_out(
        session,
        customer_id,
        choice_of(choice),
        source=SOURCE,
        words=said,
        at=asking.at,
        actor=asking.actor,
        unit=customer.unit_id,
    )
    return RedirectResponse(f"{PATH}/of/{customer_id}", status_code=303)
