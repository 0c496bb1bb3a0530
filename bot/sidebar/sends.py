"""One tap: ticket out, the client's word in. The server judges at the tap, never before it."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from bot.sidebar import articles, call_faces, cards, locked
from bot.sidebar.customer import MANAGERS, customer_of_contact, desk_of, sends_to
from bot.sidebar.shell import page, shell
from config import policy_catalogue
from content_library import repository as scripts_of
from content_library.errors import (
    AddressForeign,
    GreetingRefused,
    MaterialNotReady,
    MaterialRefused,
    ScriptUnknown,
    WordsLocked,
)
from content_library.greeting import greeting_of, may_greet
from crm_sync.facts import CustomerFact, Reach
from delivery import attached, tickets
from delivery.errors import SendBlocked, TodoNotFound
from delivery.intents import Intent
from delivery.repository import todos
from delivery.repository.todos import TodoView
from delivery.tickets import Sender
from kit.clock import bank_date
from kit.errors import AppError
from kit.web.formats import clock
from kit.web.guard import Asking, Reading, Writing, allow, site_of

router = APIRouter()
WORDS = {"ok": "ok", "cancel": "cancel", "fail": "fail", "timeout": "fail"}
LABELS = {
    "claimed": "已发送 {clock}",
    "cancelled": "发送",
}
TOASTS = {
    "claimed": "已发送，并已留痕",
    "cancelled": "没有发出去，请再试一次；这次记为未发送",
}


async def _asked(
    session: AsyncSession, asking: Asking, contact: str, version_id: int, todo_id: int | None
) -> tuple[Intent, TodoView | None, CustomerFact, Reach]:
    """What the tap is about, all of it read from our own tables."""
    customer, reach = await customer_of_contact(session, asking.viewer, contact)
    if todo_id is not None:
        todo = await todos.one(session, todo_id)
        if (
            todo is None
            or todo.staff_id != asking.viewer.staff_id
            or todo.customer_id != customer.customer_id
        ):
            raise TodoNotFound("没有这件待办，或者不是你的", do="刷新待办列表")
        return cards.todo_intent(todo, customer, reach), todo, customer, reach
    script = (await scripts_of.by_version(session, [version_id])).get(version_id)
    if script is None:
        raise ScriptUnknown("没有这一版话术", do="回到话术库重新选择", version_id=version_id)
    return cards.free_intent(script, customer, reach, asking.at), None, customer, reach


@router.post("/h5/sends")
async def send(
    request: Request,
    session: Writing,
    asking: Annotated[Asking, allow("h5", *MANAGERS)],
    contact: Annotated[str, Form(max_length=64)],
    script_version_id: Annotated[int, Form()],
    todo_id: Annotated[int | None, Form()] = None,
    template_hash: Annotated[str, Form(max_length=64)] = "",
    greeting: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """A one-time ticket with the exact words; 409 with the blocked card and every reason.

    What is sent comes from the approved version alone. A request that brings words of its own,
    or was made from another version, is refused (WordsLocked); a greeting is the one thing the
    sender may add, and is judged with the rest.
    """
    intent, todo, _, _ = await _asked(session, asking, contact, script_version_id, todo_id)
    viewer = asking.viewer
    sender = Sender(viewer.staff_id, viewer.userid or "", viewer.sends)
    try:
        locked.refuse_other_words(await request.form())
        item = await locked.version_of(session, intent.script_version_id, template_hash)
        policy = request.app.state.parts.shelf.of(policy_catalogue.LIBRARY)
        intent = replace(intent, greeting=greeting_of(greeting, item, policy))
        beside = await attached.hung(
            session, attached.carried_by(item), channel="sidebar", at=asking.at, policy=policy,
            allowed=attached.addresses_of(desk_of(request).policy),
        )  # fmt: skip
    except (
        WordsLocked,
        GreetingRefused,
        MaterialNotReady,
        MaterialRefused,
        AddressForeign,
    ) as error:
        await tickets.refused(session, intent, sender, asking.at, error.code)
        return await _blocked_face(request, session, asking, intent, todo, contact, error)
    try:
        ticket = await tickets.prepare(
            session, intent, sender=sender, at=asking.at, desk=desk_of(request), todo=todo,
            heard=await cards.heard(session, [intent], at=asking.at, desk=desk_of(request)),
        )  # fmt: skip
    except SendBlocked:
        return await _blocked_face(request, session, asking, intent, todo, contact)
    words = [{"msgtype": "text", "text": {"content": ticket.text}}]
    return JSONResponse(
        {
            "ticket": ticket.token,
            "payloads": [
                *(words if locked.speaks(item) else ()),
                *attached.payloads(beside, site_of(request).public_url),
                *articles.cards_of(request, item, intent, ticket.id, asking.at),
            ],
        },
        headers={"cache-control": "no-store"},
    )


async def _blocked_face(
    request: Request,
    session: AsyncSession,
    asking: Asking,
    intent: Intent,
    todo: TodoView | None,
    contact: str,
    error: AppError | None = None,
) -> Response:
    """The card turned: what may not be sent, why, and what may be done instead."""
    [one] = await cards.judged(session, [intent], at=asking.at, desk=desk_of(request))
    context = await shell(request, session, asking, tab="customer")
    card = cards.script_card(one, contact=contact, todo_id=todo.id if todo else None)
    if card["state"] != "blocked":  # the quota, or what hangs on the words, said no
        card |= {
            "state": "blocked",
            "send": None,
            "parts": [],
            "objections": [
                {"code": error.code, "saying": f"{error.what}。{error.do}。"}
                if error
                else {"code": "E-4029", "saying": "客户这段时间听到的已经够多了。请过几天再发。"}
            ],
        }
    if todo is None:
        return page(request, "_card", {**context, "s": card}, status=409)
    n = cards.now_card(
        todo, card, contact=contact, place=1, total=1, today=bank_date(asking.at),
        call=(await call_faces.faces(session, [todo], desk_of(request))).get(todo.id),
    )  # fmt: skip
    return page(request, "_now", {**context, "n": n}, status=409)


@router.post("/h5/sends/{token}/result")
async def result(
    session: Writing,
    asking: Annotated[Asking, allow("h5", *MANAGERS)],
    token: str,
    outcome: Annotated[str, Form(pattern="^(ok|cancel|fail|timeout)$")],
    client_said: Annotated[str, Form(max_length=200)] = "",
) -> JSONResponse:
    """What the phone says became of it; the archive has the last word."""
    sender = Sender(asking.viewer.staff_id, asking.viewer.userid or "")
    claimed = await tickets.said(
        session,
        token,
        sender=sender,
        word=WORDS[outcome],
        detail=client_said or outcome,
        at=asking.at,
    )
    return JSONResponse(
        {
            "label": LABELS[claimed.state].format(clock=clock(asking.at)),
            "toast": TOASTS[claimed.state],
            "entry": claimed.place,
            "send": str(claimed.id),
        }
    )


@router.get("/h5/preview", response_class=HTMLResponse)
async def preview(
    request: Request,
    session: Reading,
    asking: Annotated[Asking, allow("h5", *MANAGERS)],
    contact: str,
    script_version_id: int,
    todo_id: int | None = None,
) -> Response:
    """Exactly what the customer will see, and what was checked."""
    intent, todo, customer, _ = await _asked(session, asking, contact, script_version_id, todo_id)
    [one] = await cards.judged(session, [intent], at=asking.at, desk=desk_of(request))
    context = await shell(request, session, asking, tab="customer")
    card = cards.script_card(
        one,
        contact=contact,
        todo_id=todo.id if todo else None,
        may_send=await sends_to(session, asking.viewer, customer),
    )
    if card["send"] is not None and one.script is not None:
        policy = request.app.state.parts.shelf.of(policy_catalogue.LIBRARY)
        card["send"]["greet_most"] = may_greet(one.script, policy)
        card["send"]["greetings"] = policy.greeting.choices(
            tier=customer.tier, personas=customer.personas
        )
    return page(
        request,
        "_sheet",
        {**context, "s": card, "checks": _checks(one.objections, customer)},
    )


_CHECKED = (
    ("适当性", ("E-4011", "E-4012", "E-4013", "E-4014", "E-4015", "E-4016", "E-4017", "E-4018", "E-4019"), "符合"),
    ("授权", ("E-4021", "E-4042", "E-4022", "E-4023", "E-4024", "E-4025", "E-4026"), "可以发送"),
    ("时段", ("E-4027", "E-4028"), "在可发送时段内"),
    ("频次", ("E-4029", "E-4030", "E-4031", "E-4032", "E-4033"), "没有超过上限"),
    ("内容", ("E-4003", "E-4004", "E-4005", "E-4006", "E-4034", "E-4035", "E-4036", "E-4037", "E-4038", "E-4039", "E-4040", "E-4041"), "与审核版本一致"),
)  # fmt: skip


def _checks(codes: tuple[str, ...], customer: CustomerFact) -> list[dict[str, Any]]:
    """The five checks of the sheet, each with what it found."""
    return [
        {
            "ok": not set(codes) & set(covered),
            "name": name,
            "value": fine if not set(codes) & set(covered) else "不符合，见下方原因",
        }
        for name, covered, fine in _CHECKED
    ]
