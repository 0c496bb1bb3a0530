"""A small HTTP port of the processes that have no pages: are they well, and their metrics.

A worker and a scheduler answer what a web process answers on its own port (``bot.health``).
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI

from bot.health import router as health_router
from kit.errors import ConfigurationRefused
from wiring.health import checks
from wiring.parts import Parts

Duties = Callable[[], Mapping[str, bool]]
"""Each of the process's own tasks by name, and whether it still runs."""


def monitor_app(parts: Parts, duties: Duties) -> FastAPI:
    """``/healthz``, ``/livez``, ``/readyz`` and ``/metrics`` of a process; nothing else."""

    async def working() -> Mapping[str, Any]:
        ended = [name for name, running in duties().items() if not running]
        return {
            "ok": not ended,
            "what": f"停下来的：{'、'.join(ended)}" if ended else "各项工作都在进行",
            "do": "看日志里的原因，重启这个进程" if ended else "",
        }

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(health_router({**checks(parts), "duties": working}))
    return app


@asynccontextmanager
async def monitored(parts: Parts, duties: Duties) -> AsyncIterator[None]:
    """Answer on ``GENGYUN_MONITOR__HOST:PORT`` for as long as the block lasts; port 0 is off.

    Raises ConfigurationRefused where the port cannot be had.
    """
    where = parts.settings.monitor
    if not where.port:
        yield
        return
    listening = _listen(where.host, where.port)
    server = _Beside(
        uvicorn.Config(
            monitor_app(parts, duties),
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
    )
    answering = asyncio.create_task(server.serve(sockets=[listening]), name="monitor")
    try:
        yield
    finally:
        server.should_exit = True
        await answering


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise ConfigurationRefused(
            "监控端口没有打开",
            saw=f"{host}:{port} {type(error).__name__}",
            where="GENGYUN_MONITOR__HOST、GENGYUN_MONITOR__PORT",
            do="多半是端口被占用：同一台机器上的每个进程各用一个端口，0 为不开",
        ) from None


class _Beside(uvicorn.Server):
    """A server that is a guest in its process: signals are for the process itself."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        with contextlib.nullcontext():
            yield
