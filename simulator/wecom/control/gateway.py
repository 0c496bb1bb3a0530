"""POST /sms/send: the bank's message gateway, as ``wiring.code_sender`` speaks to it.

Only a signed, fresh request is taken; the codes can be read at GET /_sim/codes, because a test or
a visitor of the demo has no phone.
"""

import hashlib
import hmac
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from simulator.wecom.control.kit import BadOrderError, Order, answer, body_of, read_order
from simulator.wecom.errors import Json
from simulator.wecom.state.phones import SECRET, TextMessage
from simulator.wecom.world import World

PATH: Final = "/sms/send"
FRESH_S: Final = 300


class CodeOrder(Order):
    """What the product hands over."""

    phone: str
    code: str
    minutes: int


class FailOrder(Order):
    """How many of the next requests the gateway refuses."""

    fail: int


async def is_signed(world: World, request: Request) -> bool:
    """Whether a request is signed with the shared secret, and not an old one."""
    body = await request.body()
    stamp = request.headers.get("x-gengyun-timestamp", "")
    wanted = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    given = request.headers.get("x-gengyun-signature", "")
    fresh = stamp.isdigit() and abs(world.now() - int(stamp)) <= FRESH_S
    return fresh and hmac.compare_digest(wanted, given)


async def take_code(world: World, request: Request) -> Response:
    """Keep one code, or say no with the status a gateway would."""
    if not await is_signed(world, request):
        return answer({"error": "the signature is wrong, or too old"}, 401)
    if world.phones.failing > 0:
        world.phones.failing -= 1
        return answer({"error": "out of order"}, 503)
    try:
        order = read_order(CodeOrder, await body_of(request))
    except BadOrderError as error:
        return answer({"error": str(error)}, 400)
    world.phones.messages.append(TextMessage(world.now(), order.phone, order.code, order.minutes))
    return answer({"accepted": True})


def show_codes(world: World, phone: str) -> Json:
    """The codes that arrived, newest first; of one phone where one is named."""
    found = [
        {"at": one.at, "phone": one.phone, "code": one.code, "minutes": one.minutes}
        for one in reversed(world.phones.messages)
        if phone in ("", one.phone)
    ]
    return {"codes": found}


def set_failing(world: World, order: FailOrder) -> Json:
    """Let the next requests fail."""
    world.phones.failing = order.fail
    return {"failing": world.phones.failing}
