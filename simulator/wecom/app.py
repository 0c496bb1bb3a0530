"""The ASGI application: WeCom's API, the control API, and a server to run them."""

import asyncio
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from simulator.wecom.catalogue import ACTS, ENDPOINTS
from simulator.wecom.control.routes import Control
from simulator.wecom.gate import ConnectionCut, Gate
from simulator.wecom.modes import Modes
from simulator.wecom.people.transfers import complete_due
from simulator.wecom.world import World

API_PREFIX = "/cgi-bin/"
TICK_S = 0.5


class WeComSimulator:
    """One simulated WeCom as an ASGI application. ``aclose`` stops its background tasks."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._gate = Gate(world, ENDPOINTS)
        self._control = Control(world, ACTS)
        self._pages = Starlette(routes=self._control.routes())
        self._ticker: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] == "http" and scope["path"].startswith(API_PREFIX):
            await self._api(scope, receive, send)
            return
        await self._pages(scope, receive, send)

    def load(self, whole: dict[str, Any]) -> None:
        """Build a world from the same JSON that POST /_sim/load takes."""
        self._control.load(whole)

    async def aclose(self) -> None:
        """Stop sending callbacks; what waits is not sent."""
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)
            self._ticker = None
        await self._world.callbacks.aclose()

    async def _keep_time(self) -> None:
        """On a real server things become due between calls too."""
        while True:
            await asyncio.sleep(TICK_S)
            self._world.tick()

    async def _api(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(API_PREFIX)
        request = Request({**scope, "path_params": {"path": path}}, receive)
        try:
            response = await self._gate.answer(request)
        except ConnectionCut:
            transport = getattr(getattr(send, "__self__", None), "transport", None)
            if transport is None:
                raise
            transport.abort()
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        await response(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._ticker = asyncio.create_task(self._keep_time())
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.aclose()
                await send({"type": "lifespan.shutdown.complete"})
                return


def create(
    modes: Modes | None = None,
    *,
    seed: int = 1,
    callback_transport: httpx.AsyncBaseTransport | None = None,
) -> WeComSimulator:
    """A simulated WeCom with an empty tenant; fill it by POST /_sim/load or ``load``.

    ``callback_transport`` carries the callbacks; httpx.ASGITransport(product) keeps a test in one
    process. Without it they go over the network.
    """
    world = World(modes or Modes(), seed=seed, callback_transport=callback_transport)
    world.due.append(lambda at: complete_due(world, at))
    return WeComSimulator(world)
