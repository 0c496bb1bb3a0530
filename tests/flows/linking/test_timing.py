"""A stopwatch in a stranger's hand learns nothing: known and unknown numbers take the same time.

Measured at the moment the last byte of an answer is handed to the server; asked in turns, so that
a busy machine slows both alike; compared by medians, because single answers vary.
"""

import time
from collections import defaultdict
from statistics import median
from typing import Any

import httpx
import pytest

from bot.linking.shell import COOKIE
from config import policy_catalogue
from crm_sync.linking import visits
from kit.web.sessions import csrf_token
from tests.flows.crm_sync import bank
from tests.flows.linking.visitor import Desk
from tests.flows.site import ORIGIN

pytestmark = [pytest.mark.anyio, pytest.mark.mission("C1"), pytest.mark.slow]
PAIRS = 60
SPARE = 5
"""The first of each, while caches fill, are asked and not counted."""
LEAST, MOST = 0.7, 1.4


class Stopwatch:
    """The application, and how long each answer took to its last byte."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.took = 0.0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        began = time.perf_counter()

        async def noted(message: Any) -> None:
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self.took = time.perf_counter() - began

        await self._app(scope, receive, noted)


def _known(nth: int) -> str:
    return f"1380100{nth:04d}"


def _unknown(nth: int) -> str:
    return f"1390100{nth:04d}"


async def _post(
    desk: Desk, watch: Stopwatch, token: str, nth: int, path: str, **form: str
) -> float:
    transport = httpx.ASGITransport(watch, client=(f"198.51.{nth % 250}.7", 40_000))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as browser:
        browser.cookies.set(COOKIE, token)
        proof = csrf_token(desk.site.parts.keys.cookie, token)
        answer = await browser.post(path, data={"csrf_token": proof, **form})
    assert answer.status_code in (303, 422), answer.text
    return watch.took


async def test_neither_asking_nor_guessing_tells_by_its_time_whose_number_it_is(
    desk: Desk,
) -> None:
    policy = desk.site.parts.shelf.of(policy_catalogue.LINKING)
    rounds = PAIRS + SPARE
    async with desk.database.transaction() as session:
        for nth in range(rounds):
            await bank.customer(session, f"63{nth:08d}", owner="limin", phone=_known(nth))
        tokens = [
            await visits.begin(session, f"wm-t{nth}", policy, desk.time())
            for nth in range(2 * rounds)
        ]
    watch = Stopwatch(desk.site.app)
    took: dict[str, list[float]] = defaultdict(list)
    for nth in range(rounds):
        turns = [
            ("known", _known(nth), tokens[2 * nth]),
            ("unknown", _unknown(nth), tokens[2 * nth + 1]),
        ]
        for kind, phone, token in turns if nth % 2 else reversed(turns):
            asked = {"name": f"客户63{nth:08d}", "phone": phone, "agree": "yes"}
            ask = await _post(desk, watch, token, nth, "/o/link/who", **asked)
            guess = await _post(desk, watch, token, nth, "/o/link/code", code="000000")
            if nth >= SPARE:
                took[f"ask {kind}"].append(ask)
                took[f"guess {kind}"].append(guess)
    assert len(await desk.codes()) >= PAIRS  # the known ones did get their codes
    for step in ("ask", "guess"):
        known, unknown = median(took[f"{step} known"]), median(took[f"{step} unknown"])
        told = f"{step}: known {known * 1000:.2f} ms, unknown {unknown * 1000:.2f} ms"
        assert LEAST < known / unknown < MOST, told
