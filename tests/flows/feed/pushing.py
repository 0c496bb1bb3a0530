"""A system of the bank that signs what it pushes."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from bot.feed.signing import signature, signed
from tests.flows.site import SiteUnderTest

AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
KEYS = {1: b"1" * 32, 2: b"2" * 32}


def given(keys: dict[int, bytes]) -> str:
    return ",".join(f"{n}:{base64.b64encode(key).decode()}" for n, key in keys.items())


class System:
    """A system of the bank that pushes."""

    def __init__(self, site: SiteUnderTest, name: str = "core", key: int = 2) -> None:
        self.client = site.browser()
        self.name = name
        self.key = key
        self.secret = KEYS.get(key, b"x" * 32)

    async def push(
        self,
        content: Any,
        batch: str,
        *,
        kind: str = "customers",
        at: datetime = AT,
        spoilt: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        path, stamp = f"/api/v1/feed/{kind}", int(at.timestamp())
        sent = {
            "x-gengyun-system": self.name,
            "x-gengyun-key": str(self.key),
            "x-gengyun-timestamp": str(stamp),
            "x-gengyun-batch": batch,
            "x-gengyun-signature": signature(
                self.secret, signed(self.name, stamp, batch, path, body)
            ),
        }
        return await self.client.post(path, content=body, headers={**sent, **(spoilt or {})})
