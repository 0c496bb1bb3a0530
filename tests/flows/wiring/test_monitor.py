"""Processes without pages say how they are on a port of their own, where one is set."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from kit.errors import ConfigurationRefused
from tests.flows.wiring.installation import processes
from tests.proofs.processes import free_port
from wiring import runtime
from wiring.monitor import monitor_app, monitored
from wiring.parts import Parts

pytestmark = pytest.mark.anyio

Role = Callable[[Parts], Coroutine[Any, Any, None]]


@asynccontextmanager
async def _running(role: Role, parts: Parts) -> AsyncIterator[None]:
    task = asyncio.create_task(role(parts))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _ask(url: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(500):
            with contextlib.suppress(httpx.ConnectError):
                answer = await client.get(url)
                if answer.status_code == 200:
                    return answer
            await asyncio.sleep(0.02)
        return await client.get(url)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("role", [runtime.worker, runtime.scheduler], ids=["worker", "scheduler"])
async def test_a_process_without_pages_answers_for_its_health_and_its_metrics(
    database_url: str, tmp_path: Path, role: Role
) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    async with processes(database_url, tmp_path, GENGYUN_MONITOR__PORT=str(port)) as [parts]:
        async with _running(role, parts):
            health = await _ask(f"{base}/healthz")
            assert health.status_code == 200
            assert health.json()["checks"]["duties"]["ok"]
            assert health.json()["checks"]["database"]["ok"]
            metrics = await _ask(f"{base}/metrics")
            assert "\noutbox_oldest 0.0" in metrics.text
        with pytest.raises(httpx.ConnectError):
            async with httpx.AsyncClient(trust_env=False) as client:
                await client.get(f"{base}/healthz")


async def test_a_process_whose_work_has_ended_is_not_well_and_says_which(
    database_url: str, tmp_path: Path
) -> None:
    running = {"inbox": True, "dispatch": True}
    async with processes(database_url, tmp_path) as [parts]:
        app = httpx.ASGITransport(monitor_app(parts, lambda: running))
        async with httpx.AsyncClient(transport=app, base_url="http://worker") as client:
            assert (await client.get("/healthz")).status_code == 200
            running["inbox"] = False
            answer = await client.get("/healthz")
            assert answer.status_code == 503
            assert "inbox" in answer.json()["checks"]["duties"]["what"]
            assert "dispatch" not in answer.json()["checks"]["duties"]["what"]
            assert (await client.get("/livez")).status_code == 200


async def test_a_port_that_is_taken_is_refused_with_the_setting_to_change(
    database_url: str, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        async with processes(database_url, tmp_path, GENGYUN_MONITOR__PORT=str(port)) as [parts]:
            with pytest.raises(ConfigurationRefused, match=str(port)) as refused:
                async with monitored(parts, dict):
                    pass
    assert "GENGYUN_MONITOR__PORT" in refused.value.sentence()


async def test_no_port_is_opened_where_none_is_set(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    monkeypatch.setattr(socket, "create_server", lambda *where, **_: opened.append(where))
    async with processes(database_url, tmp_path) as [parts], monitored(parts, dict):
        assert not opened
