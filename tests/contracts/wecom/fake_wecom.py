"""A WeCom with its token rules, and an answer that the test chooses."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

SECRET = "S3CRET-of-the-app-0123456789"


OK: dict[str, Any] = {"errcode": 0, "errmsg": "ok"}


class FakeWecom:
    """An ASGI application with WeCom's token rules, and an answer that the test chooses."""

    def __init__(self) -> None:
        self.tokens_given = 0
        self.seen: list[dict[str, Any]] = []
        self.good: set[str] = set()
        self.token_answer: dict[str, Any] | None = None
        self.token_delay = 0.0
        self.answer: Callable[[dict[str, Any]], Awaitable[tuple[int, bytes]]] = self.ok

    async def ok(self, _request: dict[str, Any]) -> tuple[int, bytes]:
        return 200, json.dumps(OK).encode()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            event = await receive()
            body += event.get("body", b"")
            if not event.get("more_body"):
                break
        request = {
            "path": scope["path"].removeprefix("/cgi-bin/"),
            "params": dict(httpx.QueryParams(scope["query_string"])),
            "headers": {k.decode(): v.decode() for k, v in scope["headers"]},
            "method": scope["method"],
            "body": body,
        }
        status, content = await self._route(request)
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(b"content-type", b"application/json; charset=UTF-8")],
            }
        )
        await send({"type": "http.response.body", "body": content})

    async def _route(self, request: dict[str, Any]) -> tuple[int, bytes]:
        if request["path"] == "gettoken":
            await asyncio.sleep(self.token_delay)
            self.tokens_given += 1
            if self.token_answer is not None:
                return 200, json.dumps(self.token_answer).encode()
            token = f"TOKEN-{self.tokens_given}-abcdef"
            self.good.add(token)
            return 200, json.dumps({**OK, "access_token": token, "expires_in": 7200}).encode()
        self.seen.append(request)
        if request["params"]["access_token"] not in self.good:
            answer = {"errcode": 40014, "errmsg": f"invalid {request['params']['access_token']}"}
            return 200, json.dumps(answer).encode()
        return await self.answer(request)


def answering(status: int, content: bytes) -> Callable[..., Awaitable[tuple[int, bytes]]]:
    async def answer(_request: dict[str, Any]) -> tuple[int, bytes]:
        return status, content

    return answer
