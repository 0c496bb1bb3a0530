"""A simulated WeCom in this process, and our client speaking to it over ASGI."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx

from simulator.wecom.app import create
from simulator.wecom.modes import Modes
from wecom.client import WecomClient
from wecom.http import Http

CORP = "ww5823bf96d3bd56c7"
SECRET = "app-secret-for-tests"
AGENT = 1000002
TOKEN = "QDG6eKtoken"
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"


class World:
    """Tencent's side of a test: the people, the faults, and what was seen."""

    def __init__(self, app: Any, people: httpx.AsyncClient, client: WecomClient) -> None:
        self.app = app
        self.people = people
        self.client = client

    async def post(self, path: str, body: Any) -> dict[str, Any]:
        answer = await self.people.post(f"/_sim/{path}", json=body)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    async def act(self, act: str, **fields: Any) -> dict[str, Any]:
        """One person does one thing."""
        return await self.post("act", {"act": act, **fields})

    async def fault(self, **rule: Any) -> None:
        await self.post("faults", rule)

    async def seen(self, *kinds: str) -> list[dict[str, Any]]:
        answer = await self.people.get("/_sim/seen", params={"kind": ",".join(kinds)})
        rows: list[dict[str, Any]] = answer.json()["rows"]
        return rows

    async def called(self, path: str) -> list[dict[str, Any]]:
        """Every request to one API path."""
        return [row for row in await self.seen("request") if row["path"].endswith(path)]

    async def advance(self, seconds: float) -> None:
        await self.post("clock", {"advance_s": seconds})


@asynccontextmanager
async def wecom_world(
    *,
    members: Sequence[Mapping[str, Any]] = ({"userid": "limin", "name": "李敏"},),
    customers: Sequence[Mapping[str, Any]] = (),
    groups: Sequence[Mapping[str, Any]] = (),
    callback: Any = None,
    corp: Mapping[str, Any] | None = None,
    **modes: Any,
) -> AsyncIterator[World]:
    """A corp with one app, its members and customers; strict about unknown fields."""
    app = create(
        Modes(strict=True, **modes),
        callback_transport=httpx.ASGITransport(callback) if callback is not None else None,
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://wecom") as people:
        http = Http("http://wecom", transport=httpx.ASGITransport(app))
        world = World(app, people, WecomClient(http, CORP, SECRET))
        await world.post(
            "load",
            {
                "corp": {
                    "corp_id": CORP,
                    "name": "青禾银行",
                    "callback": {
                        "url": "http://bank/wecom/callback",
                        "token": TOKEN,
                        "aes_key": AES_KEY,
                    },
                    "apps": [
                        {
                            "agent_id": AGENT,
                            "secret": SECRET,
                            "kind": "app",
                            "customer_api": True,
                        }
                    ],
                    **(corp or {}),
                },
                "departments": [{"id": 1, "name": "青禾银行", "parentid": 0}],
                "members": [{"departments": [1], **dict(one)} for one in members],
                "customers": [dict(one) for one in customers],
                "groups": [dict(one) for one in groups],
            },
        )
        try:
            yield world
        finally:
            await http.aclose()
            await app.aclose()
