"""The one HTTP client against a WeCom that misbehaves in every way we know."""

import asyncio
import contextlib
import json
import logging
import socket
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from tests.contracts.wecom.fake_wecom import SECRET, FakeWecom, answering
from wecom.client import WecomClient
from wecom.errors import (
    AlreadyDone,
    Busy,
    Misconfigured,
    OutcomeUnknown,
    Refused,
    Rejected,
    RelationGone,
    Unreachable,
    WecomError,
)
from wecom.http import Http, Upload
from wecom.tokens import MemoryTokens

pytestmark = pytest.mark.anyio


@pytest.fixture
def wecom() -> FakeWecom:
    return FakeWecom()


@pytest.fixture
async def client(wecom: FakeWecom) -> AsyncIterator[WecomClient]:
    async with Http("http://wecom.test", transport=httpx.ASGITransport(wecom)) as http:
        yield WecomClient(http, "ww1", SECRET)


async def test_bodies_go_out_as_raw_utf8_and_reads_as_get(
    wecom: FakeWecom, client: WecomClient
) -> None:
    await client.call("a/b", {"text": "您好 😀"}, idempotent=True)
    await client.call("user/get", params={"userid": "李 四&x"}, idempotent=True)
    sent, read = wecom.seen
    assert sent["body"].decode() == '{"text":"您好 😀"}'
    assert (sent["method"], sent["headers"]["content-type"]) == ("POST", "application/json")
    assert (read["method"], read["body"], read["params"]["userid"]) == ("GET", b"", "李 四&x")


async def test_what_cannot_be_written_as_json_is_never_sent(
    wecom: FakeWecom, client: WecomClient
) -> None:
    for body in ({"text": "\ud800"}, {"n": 2**65}, {"x": object()}):
        with pytest.raises(Rejected):
            await client.call("a/b", body, idempotent=True)
    assert wecom.seen == []


NO_ANSWER_TO_TRUST = {
    "server error": (500, b'{"errcode":0}'),
    "bad gateway page": (502, b"<html>Bad Gateway</html>"),
    "too many requests": (429, b""),
    "redirect": (302, b""),
    "html with 200": (200, b"<html>login to the network</html>"),
    "nothing": (200, b""),
    "cut JSON": (200, b'{"errcode":0,"errm'),
    "a list": (200, b"[]"),
    "a number": (200, b"0"),
    "null": (200, b"null"),
    "errcode in words": (200, b'{"errcode":"busy"}'),
    "errcode true": (200, b'{"errcode":true}'),
    "errcode null": (200, b'{"errcode":null}'),
    "deep": (200, b"[" * 100_000),
}


@pytest.mark.parametrize("case", NO_ANSWER_TO_TRUST)
async def test_without_a_trustworthy_answer_the_outcome_is_unknown(
    wecom: FakeWecom, client: WecomClient, case: str
) -> None:
    wecom.answer = answering(*NO_ANSWER_TO_TRUST[case])
    with pytest.raises(OutcomeUnknown) as caught:
        await client.call("externalcontact/add_msg_template", {}, idempotent=False)
    assert type(caught.value) is OutcomeUnknown
    assert len(wecom.seen) == 1


JUDGED: list[tuple[bytes, bool, type[WecomError] | None]] = [
    (b'{"errcode":0}', False, None),
    (b"{}", False, None),
    (b'{"errcode":"0"}', False, None),
    (b'{"errcode":-1}', False, OutcomeUnknown),
    (b'{"errcode":-1}', True, Busy),
    (b'{"errcode":"-1"}', True, Busy),
    (b'{"errcode":45009}', False, Busy),
    (b'{"errcode":41051}', False, AlreadyDone),
    (b'{"errcode":84061}', False, RelationGone),
    (b'{"errcode":41050}', False, Refused),
    (b'{"errcode":60020}', False, Misconfigured),
    (b'{"errcode":40058}', False, Rejected),
    (b'{"errcode":123456}', False, Rejected),
]


@pytest.mark.parametrize(("content", "idempotent", "kind"), JUDGED)
async def test_an_errcode_is_judged_once(
    wecom: FakeWecom,
    client: WecomClient,
    content: bytes,
    idempotent: bool,
    kind: type[WecomError] | None,
) -> None:
    wecom.answer = answering(200, content)
    if kind is None:
        await client.call("a/b", {}, idempotent=idempotent)
    else:
        with pytest.raises(kind) as caught:
            await client.call("a/b", {}, idempotent=idempotent)
        assert type(caught.value) is kind
        assert caught.value.path == "a/b"
    assert len(wecom.seen) == 1


@pytest.mark.parametrize(
    "content",
    [b'{"errcode":0,"name":"a\x01b"}', b'{"errcode":0,"name":"\xe7\x8e"}', b'{"name":"\\ud83d"}'],
)
async def test_a_broken_nickname_does_not_break_the_answer(
    wecom: FakeWecom, client: WecomClient, content: bytes
) -> None:
    wecom.answer = answering(200, content)
    assert "name" in await client.call("a/b", {}, idempotent=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def test_a_refused_connection_means_that_nothing_was_sent() -> None:
    async with Http(f"http://127.0.0.1:{free_port()}") as http:
        with pytest.raises(Unreachable):
            await WecomClient(http, "ww1", SECRET).call("a/b", {}, idempotent=False)


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def call_real_server(serve: Serve, **settings: float) -> None:
    """One call whose token is there already, against a real socket."""

    class HasToken(MemoryTokens):
        async def get(self) -> str | None:
            return "TOKEN-9-abcdef"

    handlers: list[asyncio.Task[None] | None] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handlers.append(asyncio.current_task())
        await serve(reader, writer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        async with Http(f"http://127.0.0.1:{port}", **settings) as http:  # type: ignore[arg-type]
            client = WecomClient(http, "ww1", SECRET, tokens=HasToken())
            await client.call("externalcontact/add_msg_template", {}, idempotent=False)
    finally:
        await asyncio.gather(*(one for one in handlers if one is not None))
        server.close()
        await server.wait_closed()


async def silence(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    await reader.read()  # until the client gives up


async def hang_up(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def half_an_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"errcode":0,')
    await writer.drain()


async def not_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    await writer.drain()


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    with contextlib.suppress(ConnectionError):
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("serve", "settings"),
    [
        (silence, {"read_s": 0.1}),
        (hang_up, {}),
        (half_an_answer, {}),
        (not_http, {}),
        (drip, {"read_s": 0.1, "deadline_s": 0.3}),
    ],
)
async def test_after_sending_every_failure_leaves_the_outcome_unknown(
    serve: Serve, settings: dict[str, float]
) -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        await call_real_server(serve, **settings)
    assert type(caught.value) is OutcomeUnknown
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None, "an httpx error would carry the URL along"


async def test_no_secret_is_in_an_error_a_repr_or_a_log(
    wecom: FakeWecom, client: WecomClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "httpcore.connection", "httpcore.http11"):
        caplog.set_level(logging.DEBUG, logger=name)
    shown = [repr(client)]

    async def leaks(request: dict[str, Any]) -> tuple[int, bytes]:
        said = f"bad parameter, url: /x?access_token={request['params']['access_token']} {SECRET}"
        return 200, json.dumps({"errcode": 40058, "errmsg": said}).encode()

    wecom.answer = leaks
    try:
        await client.call("a/b", {}, idempotent=True)
    except WecomError as error:
        shown += [str(error), repr(error), str(error.facts), error.person, traceback.format_exc()]
    wecom.good.clear()
    wecom.token_answer = {"errcode": 40001, "errmsg": f"invalid corpsecret={SECRET}"}
    try:
        await client.call("a/b", {}, idempotent=True)
    except WecomError as error:
        shown += [str(error), repr(error), str(error.facts), error.person, traceback.format_exc()]
    async with Http(f"http://127.0.0.1:{free_port()}") as http:
        try:
            await WecomClient(http, "ww1", SECRET).call("a/b", {}, idempotent=True)
        except WecomError as error:
            shown += [str(error), repr(error), traceback.format_exc()]
    assert len(shown) == 14
    for text in [*shown, caplog.text]:
        assert "TOKEN-" not in text
        assert SECRET not in text
        assert "corpsecret=S" not in text


async def test_the_limiter_goes_round_each_call_and_may_refuse(wecom: FakeWecom) -> None:
    class Full:
        asked: list[str] = []  # noqa: RUF012 - one test, one limiter

        @asynccontextmanager
        async def passing(self, path: str, body: Mapping[str, Any] | None) -> AsyncIterator[None]:
            self.asked.append(path)
            if path == "full":
                raise Busy(path, "quota of this minute is used up", retry_after_s=12)
            yield

    async with Http("http://wecom.test", transport=httpx.ASGITransport(wecom)) as http:
        client = WecomClient(http, "ww1", SECRET, limiter=Full())
        await client.call("free", {}, idempotent=True)
        with pytest.raises(Busy) as caught:
            await client.call("full", {}, idempotent=False)
    assert caught.value.retry_after_s == 12
    assert Full.asked == ["free", "full"]
    assert [one["path"] for one in wecom.seen] == ["free"]


async def test_every_call_is_observed_with_its_outcome(wecom: FakeWecom) -> None:
    seen: list[tuple[str, str]] = []
    async with Http("http://wecom.test", transport=httpx.ASGITransport(wecom)) as http:
        client = WecomClient(
            http, "ww1", SECRET, observe=lambda path, outcome, _: seen.append((path, outcome))
        )
        await client.call("a/b", {}, idempotent=True)
        wecom.answer = answering(200, b'{"errcode":41050}')
        with pytest.raises(Refused):
            await client.call("a/c", {}, idempotent=True)
    assert seen == [("a/b", "ok"), ("a/c", "wecom.refused")]


async def test_a_file_goes_up_with_its_name_in_any_language(
    wecom: FakeWecom, client: WecomClient
) -> None:
    await client.upload(
        "media/upload", Upload("理财月报.pdf", b"%PDF", "application/pdf"), params={"type": "file"}
    )
    (sent,) = wecom.seen
    assert sent["params"]["type"] == "file"
    assert 'name="media"; filename="理财月报.pdf"' in sent["body"].decode()
    assert b"%PDF" in sent["body"]


async def test_all_connections_busy_is_unreachable_not_unknown(
    wecom: FakeWecom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wecom.http.POOL_S", 0.05)
    gate = asyncio.Event()

    async def wait(_request: dict[str, Any]) -> tuple[int, bytes]:
        await gate.wait()
        return 200, b"{}"

    transport = httpx.ASGITransport(wecom)
    async with Http("http://wecom.test", transport=transport, max_connections=1) as http:
        client = WecomClient(http, "ww1", SECRET)
        await client.call("warm", {}, idempotent=True)
        wecom.answer = wait
        first = asyncio.create_task(client.call("a", {}, idempotent=False))
        await asyncio.sleep(0.01)
        with pytest.raises(Unreachable):
            await client.call("b", {}, idempotent=False)
        gate.set()
        assert await first == {}
    assert [one["path"] for one in wecom.seen] == ["warm", "a"]
