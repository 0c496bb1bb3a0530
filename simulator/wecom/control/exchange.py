"""POST /phone/calls and GET /phone/calls/{id}: the bank's telephone exchange, simulated.

As ``wiring.dialler`` speaks to it: the access token is asked for, the same id is one call. It rings
for five seconds; a number that ends in 0 is never answered and is given up after twenty, every
other one is, and is talked to for as many seconds as its last two digits say, and thirty more.
GET /_sim/calls shows what was dialled; POST there makes the next requests fail.
"""

import hmac
from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from simulator.wecom.control.kit import BadOrderError, Order, answer, body_of, read_order
from simulator.wecom.errors import Json
from simulator.wecom.state.phones import TOKEN, PhoneCall
from simulator.wecom.world import World

PATH: Final = "/phone/calls"
RINGS_S: Final = 5
GIVES_UP_S: Final = 20
TALKS_S: Final = 30


class CallOrder(Order):
    """What the product asks for."""

    id: str
    staff: str
    phone: str


class FailCallOrder(Order):
    """How the next requests end: refused for good, not now, or dialled without an answer."""

    refuse: int = 0
    busy: int = 0
    swallow: int = 0


_STATUS: Final[tuple[tuple[Literal["refuse", "busy"], int], ...]] = (("refuse", 409), ("busy", 503))


def _is_known(request: Request) -> bool:
    given = request.headers.get("authorization", "")
    return hmac.compare_digest(given.encode(), f"Bearer {TOKEN}".encode())


async def take_call(world: World, request: Request) -> Response:
    """Ring; the same id again is the same call."""
    if not _is_known(request):
        return answer({"reason": "访问令牌不对"}, 401)
    phones = world.phones
    for name, status in _STATUS:
        if phones.call_faults.get(name, 0) > 0:
            phones.call_faults[name] -= 1
            return answer({"reason": "坐席没有签入"}, status)
    try:
        order = read_order(CallOrder, await body_of(request))
    except BadOrderError as error:
        return answer({"reason": str(error)}, 400)
    phones.calls.setdefault(order.id, PhoneCall(world.now(), order.id, order.staff, order.phone))
    phones.dialled += 1
    if phones.call_faults.get("swallow", 0) > 0:
        phones.call_faults["swallow"] -= 1
        return answer({"reason": "the answer got lost"}, 504)
    return answer({"reference": f"sim-{order.id}"})


async def find_call(world: World, request: Request) -> Response:
    """Where a call is now: 200 with its state, or 404."""
    if not _is_known(request):
        return answer({"reason": "访问令牌不对"}, 401)
    call = world.phones.calls.get(request.path_params["id"])
    if call is None:
        return answer({"reason": "no such call"}, 404)
    state, seconds = _stage(call, world.now())
    return answer({"state": state, "seconds": seconds})


def _stage(call: PhoneCall, now: float) -> tuple[str, int]:
    since = now - call.at
    if call.phone.endswith("0"):
        return ("ringing" if since < GIVES_UP_S else "unanswered"), 0
    if since < RINGS_S:
        return "ringing", 0
    talks = TALKS_S + int("".join(one for one in call.phone if one.isdecimal())[-2:] or 0)
    talked = int(since) - RINGS_S
    return ("talking", talked) if talked < talks else ("ended", talks)


def show_calls(world: World, phone: str) -> Json:
    """The calls that were dialled, newest first, and how often one was asked for."""
    now = world.now()
    found = []
    for one in reversed(list(world.phones.calls.values())):
        if phone in ("", one.phone):
            state, seconds = _stage(one, now)
            found.append(
                {"at": one.at, "id": one.id, "staff": one.staff, "phone": one.phone}
                | {"state": state, "seconds": seconds}
            )
    return {"calls": found, "dialled": world.phones.dialled}


def set_faults(world: World, order: FailCallOrder) -> Json:
    """Let the next requests fail in these ways."""
    world.phones.call_faults = order.model_dump()
    return {"faults": dict(world.phones.call_faults)}
