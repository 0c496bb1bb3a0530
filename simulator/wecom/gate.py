"""The way of one API call: faults, token, limits, reading, the endpoint, and a row in seen."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from simulator.wecom.endpoints.kit import Answer, Bytes, Call, Endpoint, Upload, WithHeaders
from simulator.wecom.errors import Json, Refused, refusal
from simulator.wecom.faults import API_FAULTS, FaultRule
from simulator.wecom.seen import without_secrets
from simulator.wecom.state.corp import App
from simulator.wecom.strictness import read
from simulator.wecom.world import World

UNKNOWN_PATH = 99_999
DEBUG_PER_MINUTE = 5
CALLER_FIELDS = frozenset({"access_token", "debug"})
DRIPS = 20
HTML = "<html><head><title>200 OK</title></head><body>gateway</body></html>"


async def _dripping(whole: bytes, seconds: float) -> AsyncIterator[bytes]:
    """``whole`` in small pieces, so that no single wait is long."""
    size = max(1, len(whole) // DRIPS)
    for start in range(0, len(whole), size):
        await asyncio.sleep(seconds / DRIPS)
        yield whole[start : start + size]


class ConnectionCut(httpx.ReadError):
    """The connection is dropped without an answer; in-process clients see this very error."""


class Gate:
    """Answers /cgi-bin/* for one world."""

    def __init__(self, world: World, endpoints: dict[str, Endpoint]) -> None:
        self._world = world
        self._endpoints = endpoints

    async def answer(self, request: Request) -> Response:
        """The response to one call. Raises ConnectionCut when a fault drops the connection."""
        world = self._world
        path = str(request.path_params["path"])
        world.tick()
        struck = world.faults.strike(path, API_FAULTS)
        work = _Work(world, path, request, self._endpoints.get(path))
        await work.take_in()
        try:
            for rule in [rule for rule in struck if rule.when == "before"]:
                await work.spoil(rule)
            await work.run()
            for rule in [rule for rule in struck if rule.when == "after"]:
                await work.spoil(rule)
        except Refused as refused:
            work.refuse(refused)
        finally:
            work.note(struck)
        return work.response()


class _Work:
    """One call under way."""

    def __init__(
        self, world: World, path: str, request: Request, endpoint: Endpoint | None
    ) -> None:
        self._world = world
        self._path = path
        self._request = request
        self._endpoint = endpoint
        self._ip = request.client.host if request.client else ""
        self._query = dict(request.query_params)
        self._body: Json = {}
        self._bad_json = False
        self._escaped = False
        self._upload: Upload | None = None
        self._caller: App | None = None
        self._answer: Answer = {}
        self._status = 200
        self._spoiled: Response | None = None
        self._cut = False

    async def take_in(self) -> None:
        """Read the body; JSON whatever its content type says, as the archive library sends it."""
        if self._endpoint is not None and self._endpoint.method == "FORM":
            await self._take_file()
            return
        raw = await self._request.body()
        if not raw:
            return
        try:
            body = json.loads(raw)
        except ValueError:
            self._bad_json = True
            return
        self._escaped = b"\\u" in raw
        if isinstance(body, dict):
            self._body = body
        else:
            self._bad_json = True

    async def _take_file(self) -> None:
        try:
            async with self._request.form() as parts:
                for part in parts.values():
                    if isinstance(part, UploadFile):
                        content = await part.read()
                        kind = part.content_type or ""
                        self._upload = Upload(part.filename or "", kind, content)
        except (MultiPartException, HTTPException):
            # A form that cannot be read holds no file: the endpoint answers 44001.
            self._upload = None

    async def run(self) -> None:
        """Check the caller and let the endpoint answer."""
        world, endpoint = self._world, self._endpoint
        if endpoint is None:
            self._status = 404
            raise Refused(UNKNOWN_PATH, f"unknown path: /cgi-bin/{self._path}")
        wanted = "GET" if endpoint.method == "GET" else "POST"
        if self._request.method != wanted:
            # 43001/43002 stand in older copies of the code page; the current list names neither.
            raise Refused(43001 if wanted == "GET" else 43002, f"require {wanted} method")
        at = world.now()
        if endpoint.right != "open":
            self._caller = world.tokens.read(world.corp, self._query.get("access_token", ""), at)
            self._trust_ip(endpoint)
        self._count(endpoint, at)
        self._allow(endpoint)
        if self._escaped and world.modes.refuse_unicode_escapes:
            raise Refused(40033, "invalid charset: send UTF-8, not \\u escapes")
        source: dict[str, Any] = self._body
        if endpoint.method != "POST":
            source = {k: v for k, v in self._query.items() if k not in CALLER_FIELDS}
        asked = read(endpoint.model, source, strict=world.modes.strict)
        key = f"{self._path} {endpoint.object_key(asked)}" if endpoint.object_key else None
        with world.gates.within(self._path, world.modes.api_concurrency), world.gates.alone(key):
            if key is not None:
                await asyncio.sleep(world.modes.write_s)
            self._answer = endpoint.handle(self._call(), asked)

    async def spoil(self, rule: FaultRule) -> None:
        """Let one fault rule act."""
        if rule.kind == "delay":
            await asyncio.sleep(rule.delay_s)
        elif rule.kind == "token_loss":
            self._world.tokens.lose()
        elif rule.kind == "code":
            raise Refused(rule.code, "fault")
        elif rule.kind == "rate_limit":
            raise Refused(45009, "api freq out of limit")
        elif rule.kind == "drop":
            self._cut = True
            raise ConnectionCut("connection dropped by a fault rule")
        elif rule.kind == "http":
            await self._replace(rule, Response("upstream error", rule.status))
        elif rule.kind == "html":
            await self._replace(rule, Response(HTML, 200, media_type="text/html"))
        elif rule.kind == "truncated":
            whole = self._json()
            half = whole[: max(1, len(whole) // 2)]
            await self._replace(rule, Response(half, 200, media_type="application/json"))
        elif rule.kind == "empty":
            await self._replace(rule, Response(b"", 200, media_type="application/json"))
        elif rule.kind == "drip":
            slow = _dripping(self._json(), rule.delay_s)
            await self._replace(rule, StreamingResponse(slow, media_type="application/json"))

    async def _replace(self, rule: FaultRule, response: Response) -> None:
        self._spoiled = response
        self._status = response.status_code
        if rule.when == "before":
            raise Refused(-1, f"fault: {rule.kind}")

    def refuse(self, refused: Refused) -> None:
        """Make the answer a refusal."""
        number = self._world.ids.number("hint")
        self._answer = refusal(
            refused,
            at=self._world.now(),
            number=number,
            ip=self._ip,
            bad_json=self._bad_json,
        )

    def note(self, struck: list[FaultRule]) -> None:
        """Add the call to seen, without secrets."""
        world = self._world
        errcode = self._body_of_answer().get("errcode", 0)
        query = {k: v for k, v in self._query.items() if k not in CALLER_FIELDS}
        world.seen.append(
            "request",
            world.now(),
            path=self._path,
            method=self._request.method,
            agent_id=self._caller.agent_id if self._caller else None,
            query=without_secrets(query),
            body=without_secrets(self._body),
            file=self._upload.filename if self._upload else None,
            errcode=errcode,
            http_status=0 if self._cut else self._status,
            faults=[rule.kind for rule in struck],
        )

    def response(self) -> Response:
        """The HTTP response."""
        if self._spoiled is not None:
            return self._spoiled
        answer = self._answer
        if isinstance(answer, Bytes):
            return Response(
                answer.content, answer.status, answer.headers, media_type=answer.media_type
            )
        response = Response(self._json(), self._status, media_type="application/json")
        if isinstance(answer, WithHeaders):
            for name, value in answer.headers.items():
                response.raw_headers.append((name.encode(), value.encode()))
        return response

    def _json(self) -> bytes:
        return json.dumps(self._body_of_answer(), ensure_ascii=False).encode()

    def _body_of_answer(self) -> Json:
        answer = self._answer
        if isinstance(answer, Bytes):
            return {"errcode": 0}
        body = answer.body if isinstance(answer, WithHeaders) else answer
        return body if "errcode" in body else {"errcode": 0, "errmsg": "ok", **body}

    def _call(self) -> Call:
        call = Call(
            world=self._world,
            path=self._path,
            at=self._world.now(),
            ip=self._ip,
            token=self._query.get("access_token", ""),
            caller=self._caller,
            query=self._query,
            range=self._request.headers.get("range"),
        )
        return replace(call, upload=self._upload) if self._upload else call

    def _trust_ip(self, endpoint: Endpoint) -> None:
        modes = self._world.modes
        if endpoint.right == "archive":
            if modes.archive_trusted_ips and self._ip not in modes.archive_trusted_ips:
                raise Refused(301042, "not allow to access from your ip")
        elif modes.require_trusted_ip and self._ip not in modes.trusted_ips:
            raise Refused(60020, "not allow to access from your ip")

    def _count(self, endpoint: Endpoint, at: float) -> None:
        modes, limits = self._world.modes, self._world.limits
        for span, name in endpoint.limits:
            limits.check(f"{self._path} {name}", span, getattr(modes, name), at)
        if self._query.get("debug") == "1":
            limits.check(f"debug {self._ip}", "minute", DEBUG_PER_MINUTE, at)
        if not endpoint.base_rate:
            return
        limits.check(self._path, "minute", modes.api_per_minute, at)
        limits.check(self._path, "hour", modes.api_per_hour, at)
        limits.check(f"ip {self._ip}", "minute", modes.ip_per_minute, at)
        limits.check(f"ip {self._ip}", "hour", modes.ip_per_hour, at)

    def _allow(self, endpoint: Endpoint) -> None:
        caller = self._caller
        if caller is None:
            return
        if caller.closed:
            raise Refused(50003, "app is disabled")
        if endpoint.right == "any":
            return
        allowed = {
            "customer": caller.kind == "app" and caller.customer_api,
            "contacts": caller.kind in ("app", "directory"),
            "ids": caller.kind == "directory",
            "message": caller.kind == "app",
            "archive": caller.kind == "archive",
        }[endpoint.right]
        if endpoint.right == "archive" and not self._world.modes.archive_enabled:
            raise Refused(301053, "archive service not enabled")
        if not allowed:
            raise Refused(48002, "api forbidden for this secret")
        if endpoint.right == "customer" and caller.low_active:
            raise Refused(48011, "member activity too low: no customer data")
