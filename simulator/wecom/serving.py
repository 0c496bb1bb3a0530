"""Running the simulator on a socket: for the command line, and inside one event loop for tests."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from simulator.wecom.app import create
from simulator.wecom.modes import Modes

KEEP_ALIVE_S = 65


@asynccontextmanager
async def serving(
    application: ASGIApp, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[str]:
    """Serve a simulator (or any ASGI application) in the running event loop; yields the base URL (a free port when ``port`` is 0)."""
    server = uvicorn.Server(_config(application, host, port))
    running = asyncio.create_task(server.serve())
    try:
        while not server.started:
            if running.done():
                await running
                raise OSError(f"nothing can listen on {host}:{port}")
            await asyncio.sleep(0.01)
        address = server.servers[0].sockets[0].getsockname()
        yield f"http://{host}:{address[1]}"
    finally:
        server.should_exit = True
        await running


def serve(
    port: int,
    *,
    host: str = "127.0.0.1",
    strict: bool = False,
    seed: int = 1,
    state: dict[str, Any] | None = None,
    state_file: Path | None = None,
) -> None:
    """Serve until stopped. ``state`` and ``state_file`` (JSON) hold what POST /_sim/load takes.

    A file may hold a list of such bodies, which are loaded in their order.

    Raises OSError when the file cannot be read, ValueError when it is not such JSON.
    """
    simulator = create(Modes(strict=strict), seed=seed)
    if state is not None:
        simulator.load(state)
    if state_file is not None:
        found = json.loads(state_file.read_text(encoding="utf-8"))
        for body in found if isinstance(found, list) else [found]:
            simulator.load(body)
    uvicorn.Server(_config(simulator, host, port)).run()


def _config(application: ASGIApp, host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        host=host,
        port=port,
        # h11 keeps the spelling of header names; the archive library wants CONTENT-RANGE as it is.
        http="h11",
        log_level="warning",
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE_S,
    )
