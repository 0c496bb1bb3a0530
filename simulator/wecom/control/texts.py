"""POST /sms/texts and GET /sms/texts/{id}: the bank's gateway for text messages, simulated.

As ``wiring.sms_gateway`` speaks to it: only a signed, fresh request is taken, the same id is one
message. What arrived can be read at GET /_sim/texts; POST there makes the next requests fail.
"""

from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from simulator.wecom.control.gateway import is_signed
from simulator.wecom.control.kit import BadOrderError, Order, answer, body_of, read_order
from simulator.wecom.errors import Json
from simulator.wecom.state.phones import Text
from simulator.wecom.world import World

PATH: Final = "/sms/texts"


class TextOrder(Order):
    """What the product hands over."""

    id: str
    phone: str
    text: str


class FailOrder(Order):
    """How the next requests end: refused for good, not now, or taken without an answer."""

    refuse: int = 0
    busy: int = 0
    swallow: int = 0


_STATUS: Final[tuple[tuple[Literal["refuse", "busy"], int], ...]] = (("refuse", 422), ("busy", 503))


async def take_text(world: World, request: Request) -> Response:
    """Keep one message; the same id again is the same message."""
    if not await is_signed(world, request):
        return answer({"error": "the signature is wrong, or too old"}, 401)
    phones = world.phones
    for name, status in _STATUS:
        if phones.faults.get(name, 0) > 0:
            phones.faults[name] -= 1
            return answer({"error": name}, status)
    try:
        order = read_order(TextOrder, await body_of(request))
    except BadOrderError as error:
        return answer({"error": str(error)}, 400)
    phones.texts.setdefault(order.id, Text(world.now(), order.id, order.phone, order.text))
    phones.handed += 1
    if phones.faults.get("swallow", 0) > 0:
        phones.faults["swallow"] -= 1
        return answer({"error": "the answer got lost"}, 504)
    return answer({"accepted": True})


async def find_text(world: World, request: Request) -> Response:
    """Whether a message is here: 200 or 404."""
    if not await is_signed(world, request):
        return answer({"error": "the signature is wrong, or too old"}, 401)
    known = request.path_params["id"] in world.phones.texts
    return answer({"taken": known}, 200 if known else 404)


def show_texts(world: World, phone: str) -> Json:
    """The messages that arrived, newest first, and how often one was handed over."""
    found = [
        {"at": one.at, "id": one.id, "phone": one.phone, "text": one.text}
        for one in reversed(list(world.phones.texts.values()))
        if phone in ("", one.phone)
    ]
    return {"texts": found, "handed": world.phones.handed}


def set_faults(world: World, order: FailOrder) -> Json:
    """Let the next requests fail in these ways."""
    world.phones.faults = order.model_dump()
    return {"faults": dict(world.phones.faults)}
