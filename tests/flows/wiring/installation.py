"""Several processes of one installation, each with parts of its own over one database."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import httpx

from simulator.wecom.app import create
from simulator.wecom.modes import Modes
from tests.flows.site import test_settings
from wecom.http import Http
from wiring.parts import Parts, build

NIGHT = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)
"""One o'clock at night in the bank: no job of the day is due or may still be caught up."""


@asynccontextmanager
async def processes(
    database_url: str, directory: Path, number: int = 1, *, world: Any = None, **more: str
) -> AsyncIterator[list[Parts]]:
    """What ``number`` processes are built of; WeCom is simulated in this one (``world``)."""
    wecom: Any = create(Modes(strict=True)) if world is None else world
    found = [
        await build(
            test_settings(database_url, directory, **more),
            now=lambda: NIGHT,
            http=Http("http://wecom", transport=httpx.ASGITransport(wecom)),
        )
        for _ in range(number)
    ]
    try:
        yield found
    finally:
        for parts in found:
            await parts.close()
        if world is None:
            await wecom.aclose()


async def until(ready: Callable[[], bool]) -> None:
    """Wait until ``ready()`` is true. AssertionError when it has not become so in 30 seconds."""
    for _ in range(1_500):
        if ready():
            return
        await anyio.sleep(0.02)
    raise AssertionError("it did not become so")
