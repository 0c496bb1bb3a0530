"""A simulated WeCom with one corp, for the contract tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from simulator.wecom.app import create
from simulator.wecom.modes import Modes
from wecom.answers import Page
from wecom.client import WecomClient
from wecom.http import Http

T = TypeVar("T")

CHEN = "wm0000000000000000000000000000a1"
ZHOU = "wm0000000000000000000000000000b2"
GROUP = "wr000000000000000000000000000001"
CORP = "ww0123456789abcdef"
AGENT = 1000002
SECRET = "app-secret-0123456789"
ARCHIVE_SECRET = "archive-secret-0123456789"
DIRECTORY_SECRET = "directory-secret-0123456789"


@dataclass
class World:
    """The simulator, one client for each secret, and its control API."""

    app: Any
    client: WecomClient
    archive: WecomClient
    directory: WecomClient
    control: httpx.AsyncClient

    async def sim(self, path: str, body: Any = None) -> Any:
        if body is None:
            answer = await self.control.get(f"/_sim/{path}")
        else:
            answer = await self.control.post(f"/_sim/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def act(self, act: str, **fields: Any) -> Any:
        return await self.sim("act", {"act": act, **fields})


@asynccontextmanager
async def world(public_key: rsa.RSAPublicKey | None = None) -> AsyncIterator[World]:
    app = create(Modes(strict=True, broadcast_dispatch_s=0, group_lag_s=0))
    transport = httpx.ASGITransport(app)
    keys = {}
    if public_key is not None:
        keys["1"] = public_key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode()
    async with (
        Http("http://wecom.test", transport=transport) as http,
        httpx.AsyncClient(transport=transport, base_url="http://wecom.test") as control,
    ):
        here = World(
            app,
            WecomClient(http, CORP, SECRET),
            WecomClient(http, CORP, ARCHIVE_SECRET),
            WecomClient(http, CORP, DIRECTORY_SECRET),
            control,
        )
        await here.sim(
            "load",
            {
                "corp": {
                    "corp_id": CORP,
                    "name": "示例银行",
                    "apps": [
                        {
                            "agent_id": AGENT,
                            "secret": SECRET,
                            "kind": "app",
                            "visible": {"departments": [1]},
                        },
                        {"agent_id": 2000004, "secret": ARCHIVE_SECRET, "kind": "archive"},
                        {"agent_id": 2000005, "secret": DIRECTORY_SECRET, "kind": "directory"},
                    ],
                    "public_keys": keys,
                },
                "departments": [
                    {"id": 1, "name": "示例银行", "parentid": 0, "order": 1},
                    {"id": 2, "name": "城东支行", "parentid": 1, "order": 10, "leaders": ["li"]},
                ],
                "members": [
                    {"userid": "li", "name": "李经理", "departments": [2], "archive_edition": 2},
                    {"userid": "wang", "name": "王经理", "departments": [2]},
                    {"userid": "zhao", "name": "赵经理", "departments": [1]},
                ],
                "customers": [
                    {
                        "external_userid": CHEN,
                        "name": "陈先生",
                        "type": 1,
                        "followers": [
                            {"userid": "li", "remark": "陈总", "state": "way1", "agreed": True},
                            {"userid": "wang"},
                        ],
                    },
                    {
                        "external_userid": ZHOU,
                        "name": "周女士",
                        "type": 1,
                        "followers": [{"userid": "li", "agreed": True}],
                    },
                ],
                "groups": [
                    {
                        "chat_id": GROUP,
                        "name": "理财交流群",
                        "owner": "li",
                        "members": [
                            {"userid": "li"},
                            {"userid": CHEN},
                        ],
                    }
                ],
            },
        )
        try:
            yield here
        finally:
            await app.aclose()


async def now(there: World) -> datetime:
    """The simulated moment."""
    clock = await there.sim("clock")
    return datetime.fromtimestamp(int(clock["now"]), UTC)


async def rows(pages: AsyncIterator[Page[T]]) -> list[T]:
    return [row async for page in pages for row in page.items]
