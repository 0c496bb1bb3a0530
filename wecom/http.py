"""Connections to WeCom: what was sent, what was not, and what nobody can know.

The only module that imports httpx.
"""

import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import anyio
import httpx

from wecom.errors import OutcomeUnknown, Unreachable, WecomError

OFFICIAL_BASE: Final = "https://qyapi.weixin.qq.com"
CONNECT_S: Final = 3.0
READ_S: Final = 10.0
POOL_S: Final = 10.0
DEADLINE_S: Final = 30.0
MAX_ANSWER: Final = 128 * 1024 * 1024


_HEADERS: Final = {
    "User-Agent": "gengyun",
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "keep-alive",
}

# Raised before a byte of the request left us. Everything else may have reached WeCom.
_NOTHING_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file for a multipart call, in the field name that WeCom expects."""

    name: str
    content: bytes = field(repr=False)
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer as it came."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Http:
    """Connections to WeCom, shared by all clients of the process.

    Each connection is a pool of its own, because one pool looks at all its connections for every
    request: at 32 connections that took 3 of 3.4 ms of CPU a call. The last one used is taken
    first, so that little traffic keeps few connections warm. (sniffio is a dependency only because
    httpcore looks for it in every request, which costs a quarter of a call where it is missing.)
    """

    def __init__(
        self,
        base_url: str = OFFICIAL_BASE,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        proxy: str | None = None,
        verify: ssl.SSLContext | None = None,
        max_connections: int = 64,
        read_s: float = READ_S,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        """``proxy``: the bank's egress, whose address WeCom trusts; the environment's is not read."""
        keep_urls_out_of_logs()
        self.base_url = base_url.rstrip("/")
        self._deadline_s = deadline_s
        self._timeout = httpx.Timeout(
            connect=CONNECT_S, read=read_s, write=READ_S, pool=POOL_S
        ).as_dict()
        if transport is None:
            context = verify or httpx.create_ssl_context(trust_env=False)
            self._idle: list[httpx.AsyncBaseTransport] = [
                httpx.AsyncHTTPTransport(
                    verify=context,
                    proxy=proxy,
                    trust_env=False,
                    limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
                )
                for _ in range(max_connections)
            ]
        else:
            self._idle = [transport] * max_connections
        self._all = list(dict.fromkeys(self._idle))
        self._free = anyio.Semaphore(max_connections)

    def __repr__(self) -> str:
        return f"Http({self.base_url!r})"

    async def aclose(self) -> None:
        for transport in self._all:
            await transport.aclose()

    async def __aenter__(self) -> "Http":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def send(
        self,
        path: str,
        *,
        params: Mapping[str, str],
        content: bytes | None = None,
        upload: Upload | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request; raise Unreachable or OutcomeUnknown, which hold no URL."""
        kind = {} if content is None else {"Content-Type": "application/json"}
        request = httpx.Request(
            "GET" if content is None and upload is None else "POST",
            f"{self.base_url}/cgi-bin/{path}",
            params=dict(params),
            content=content,
            files=None
            if upload is None
            else {"media": (upload.name, upload.content, upload.content_type)},
            headers=_HEADERS | kind | dict(headers or {}),
            extensions={"timeout": self._timeout},
        )
        with anyio.move_on_after(POOL_S) as waiting:
            await self._free.acquire()
        if waiting.cancelled_caught:
            raise Unreachable(path, "all connections are busy")
        transport = self._idle.pop()
        try:
            return await self._exchange(path, transport, request)
        finally:
            self._idle.append(transport)
            self._free.release()

    async def _exchange(
        self, path: str, transport: httpx.AsyncBaseTransport, request: httpx.Request
    ) -> Reply:
        # Raised outside of `except`, because httpx errors hold the request with its secrets.
        failure: WecomError
        try:
            with anyio.fail_after(self._deadline_s):
                response = await transport.handle_async_request(request)
                try:
                    return await _read(path, response)
                finally:
                    await response.aclose()
        except _NOTHING_SENT as error:
            failure = Unreachable(path, type(error).__name__)
        except (httpx.HTTPError, httpx.StreamError, TimeoutError) as error:
            failure = OutcomeUnknown(path, type(error).__name__)
        raise failure


async def _read(path: str, response: httpx.Response) -> Reply:
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > MAX_ANSWER:
            raise OutcomeUnknown(path, f"answer over {MAX_ANSWER} bytes")
    return Reply(response.status_code, response.headers, bytes(body))


class _NoUrls(logging.Filter):
    """Drops what httpx and httpcore say below WARNING, at whatever level others set them."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING


_NO_URLS: Final = _NoUrls()


def keep_urls_out_of_logs() -> None:
    """Silence the loggers that print full URLs, with corpsecret and access_token in them."""
    for name in (
        "httpx",
        "httpcore",
        "httpcore.connection",
        "httpcore.http11",
        "httpcore.http2",
        "httpcore.proxy",
        "httpcore.socks",
    ):
        logger = logging.getLogger(name)
        logger.setLevel(logging.WARNING)
        logger.addFilter(_NO_URLS)  # added once: a logger ignores a filter that it has
