"""The one HTTP client against a WeCom that misbehaves in every way we know."""

import asyncio
import json
import logging
import socket
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from wecom.client import WecomClient
from wecom.errors import (
    AlreadyDone,
    AnswerUnreadable,
    Busy,
    Misconfigured,
    OutcomeUnknown,
    Refused,
    Rejected,
    RelationGone,
    TokenExpired,
    Unreachable,
    WecomError,
)
from wecom.http import Http, Upload
from wecom.tokens import Fetch, FreshToken, MemoryTokens, SharedRenewal

pytestmark = pytest.mark.anyio

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


@pytest.fixture
def wecom() -> FakeWecom:
    return FakeWecom()


@pytest.fixture
async def client(wecom: FakeWecom) -> AsyncIterator[WecomClient]:
    async with Http("http://wecom.test", transport=httpx.ASGITransport(wecom)) as http:
        yield WecomClient(http, "ww1", SECRET)


def answering(status: int, content: bytes) -> Callable[..., Awaitable[tuple[int, bytes]]]:
    async def answer(_request: dict[str, Any]) -> tuple[int, bytes]:
        return status, content

    return answer


async def test_fifty_calls_at_once_fetch_one_token(wecom: FakeWecom, client: WecomClient) -> None:
    wecom.token_delay = 0.01
    answers = await asyncio.gather(
        *(client.call("a/b", {"n": n}, idempotent=True) for n in range(50))
    )
    assert answers == [OK] * 50
    assert wecom.tokens_given == 1


async def test_fifty_calls_with_a_dead_token_renew_it_once(
    wecom: FakeWecom, client: WecomClient
) -> None:
    await client.call("a/b", {}, idempotent=True)
    wecom.good.clear()
    wecom.token_delay = 0.01
    await asyncio.gather(*(client.call("a/b", {"n": n}, idempotent=False) for n in range(50)))
    assert wecom.tokens_given == 2


async def test_a_token_that_stays_refused_is_renewed_once_and_given_up(
    wecom: FakeWecom, client: WecomClient
) -> None:
    wecom.answer = answering(200, b'{"errcode":42001,"errmsg":"access_token expired"}')
    with pytest.raises(TokenExpired):
        await client.call("a/b", {}, idempotent=False)
    assert wecom.tokens_given == 2
    assert len(wecom.seen) == 2


async def test_a_wrong_secret_is_not_repeated_because_that_blocks_our_address(
    wecom: FakeWecom, client: WecomClient
) -> None:
    wecom.token_answer = {"errcode": 40001, "errmsg": f"invalid credential, corpsecret={SECRET}"}
    wecom.token_delay = 0.01
    results = await asyncio.gather(
        *(client.call("a/b", {}, idempotent=True) for _ in range(50)), return_exceptions=True
    )
    assert all(type(one) is Misconfigured for one in results)
    with pytest.raises(Misconfigured, match="40001"):
        await client.call("a/b", {}, idempotent=True)
    assert wecom.tokens_given == 1


async def test_the_one_who_fetches_may_be_cancelled_without_harm_to_the_others(
    wecom: FakeWecom, client: WecomClient
) -> None:
    wecom.token_delay = 0.05
    first = asyncio.create_task(client.call("a/b", {}, idempotent=True))
    await asyncio.sleep(0.01)
    others = [asyncio.create_task(client.call("a/b", {}, idempotent=True)) for _ in range(5)]
    await asyncio.sleep(0.01)
    first.cancel()
    assert await asyncio.gather(*others) == [OK] * 5
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_token_answer_without_a_token_is_unreadable(
    wecom: FakeWecom, client: WecomClient
) -> None:
    wecom.token_answer = OK
    with pytest.raises(AnswerUnreadable):
        await client.call("a/b", {}, idempotent=True)


async def test_a_kept_token_is_dropped_before_it_ends() -> None:
    given: list[int] = []

    async def fetch() -> FreshToken:
        given.append(1)
        return FreshToken(f"t{len(given)}", expires_in_s=0)

    renewal = SharedRenewal(MemoryTokens(), fetch)
    assert [await renewal.token(), await renewal.token()] == ["t1", "t2"]


async def test_a_token_renewed_by_another_process_is_taken_over() -> None:
    class Shared:
        """What a store over a database does: under its lock it looks again."""

        kept: str | None = "old"

        async def get(self) -> str | None:
            return "old"  # this process has not looked since

        async def fetch(self, fetch: Fetch, stale: str | None) -> str:
            if self.kept != stale and self.kept is not None:
                return self.kept
            self.kept = (await fetch()).value
            return self.kept

    async def never() -> FreshToken:
        raise AssertionError("the other process has fetched already")

    store = Shared()
    store.kept = "renewed elsewhere"
    assert await SharedRenewal(store, never).token(stale="old") == "renewed elsewhere"


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

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        async with Http(f"http://127.0.0.1:{port}", **settings) as http:  # type: ignore[arg-type]
            client = WecomClient(http, "ww1", SECRET, tokens=HasToken())
            await client.call("externalcontact/add_msg_template", {}, idempotent=False)
    finally:
        server.close()
        await server.wait_closed()


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    await reader.read()  # until the client gives up
    writer.close()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


async def half_an_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"errcode":0,')
    await writer.drain()
    writer.close()


async def not_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    await writer.drain()
    writer.close()


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    try:
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)
    except ConnectionError:
        writer.close()


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


async def test_the_limiter_is_asked_before_each_call_and_may_refuse(wecom: FakeWecom) -> None:
    class Full:
        asked: list[str] = []  # noqa: RUF012 - one test, one limiter

        async def before(self, path: str) -> None:
            self.asked.append(path)
            if path == "full":
                raise Busy(path, "quota of this minute is used up", retry_after_s=12)

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
