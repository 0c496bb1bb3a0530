"""The one HTTP client: token added, renewed once, errcode judged once.

One :class:`Http` lives as long as the process; each secret (app, session archive, …) is one
:class:`WecomClient` on top of it.
"""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, Final, Protocol

import orjson

from wecom.errors import (
    AnswerUnreadable,
    OutcomeUnknown,
    Rejected,
    TokenExpired,
    WecomError,
    error_for,
    redact,
)
from wecom.http import Http, Reply, Upload
from wecom.tokens import FreshToken, MemoryTokens, SharedRenewal, TokenStore

_TOKEN_PATH: Final = "gettoken"  # noqa: S105 - a path, not a token


class Limiter(Protocol):
    """Goes round each call (not gettoken): may wait, or raise :class:`Busy`; sees how it ends."""

    def passing(
        self, path: str, body: Mapping[str, Any] | None
    ) -> AbstractAsyncContextManager[None]: ...


Observe = Callable[[str, str, float], None]
"""Called after each call with its path, its outcome ('ok' or an error code) and its seconds."""


class Caller(Protocol):
    """What the endpoint modules need; a :class:`WecomClient`, or a stand-in in a test."""

    async def call(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        idempotent: bool,
    ) -> dict[str, Any]: ...


class Uploader(Protocol):
    """What ``wecom.media`` needs: files up and down."""

    async def upload(
        self, path: str, upload: Upload, *, params: Mapping[str, str]
    ) -> dict[str, Any]: ...

    async def download(
        self,
        path: str,
        *,
        params: Mapping[str, str],
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[dict[str, Any] | None, Reply]: ...


class WecomClient:
    """Calls WeCom with the token of one (corp, secret)."""

    def __init__(
        self,
        http: Http,
        corp_id: str,
        secret: str,
        *,
        tokens: TokenStore | None = None,
        limiter: Limiter | None = None,
        observe: Observe | None = None,
    ) -> None:
        self.corp_id = corp_id
        self._http = http
        self._secret = secret
        self._limiter = limiter
        self._observe = observe
        self._renewal = SharedRenewal(tokens or MemoryTokens(), self._fetch_token)

    def __repr__(self) -> str:
        return f"WecomClient(corp_id={self.corp_id!r}, base_url={self._http.base_url!r})"

    async def call(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        idempotent: bool,
    ) -> dict[str, Any]:
        """POST ``body`` (GET without one) to ``/cgi-bin/<path>`` and return the answer's object.

        ``idempotent`` says whether doing it twice does no harm: it decides what -1 means. Raises
        the errors drawn in ``wecom.errors``, and nothing else.
        """
        return (await self._call(path, params, _encoded(path, body), None, idempotent, body=body))[
            0
        ]

    async def upload(
        self, path: str, upload: Upload, *, params: Mapping[str, str]
    ) -> dict[str, Any]:
        """POST one file. Uploading twice makes a second media id and nothing else."""
        return (await self._call(path, params, None, upload, True))[0]

    async def download(
        self,
        path: str,
        *,
        params: Mapping[str, str],
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[dict[str, Any] | None, Reply]:
        """Return (object, reply): the object is None where WeCom answered a file."""
        answer, reply = await self._call(
            path, params, _encoded(path, body), None, True, headers=headers, file=True
        )
        return answer or None, reply

    async def call_signed(
        self,
        path: str,
        body: Callable[[str], bytes],
        *,
        headers: Mapping[str, str],
    ) -> tuple[dict[str, Any], Reply]:
        """POST what ``body`` makes of the access token, for the archive's own signature; read only.

        Return (object, reply), whose headers say which part of a file came.
        """
        return await self._call(path, None, body, None, True, headers=headers)

    async def _call(
        self,
        path: str,
        params: Mapping[str, str] | None,
        content: bytes | Callable[[str], bytes] | None,
        upload: Upload | None,
        idempotent: bool,
        *,
        headers: Mapping[str, str] | None = None,
        file: bool = False,
        body: Mapping[str, Any] | None = None,
    ) -> tuple[dict[str, Any], Reply]:
        began = time.perf_counter()
        outcome = "cancelled"
        try:
            token = await self._renewal.token()
            for last in (False, True):
                try:
                    # Once more for the second try, because WeCom counts that one, too.
                    async with self._limited(path, body):
                        reply = await self._http.send(
                            path,
                            params={"access_token": token, **(params or {})},
                            content=content(token) if callable(content) else content,
                            upload=upload,
                            headers=headers,
                        )
                        answer = self._judge(path, reply, idempotent, file, token)
                    outcome = "ok"
                    return answer, reply
                except TokenExpired:
                    if last:
                        raise
                token = await self._renewal.token(stale=token)
            raise AssertionError("the loop above returns or raises")
        except WecomError as error:
            outcome = error.code
            raise
        finally:
            if self._observe is not None:
                self._observe(path, outcome, time.perf_counter() - began)

    def _limited(
        self, path: str, body: Mapping[str, Any] | None
    ) -> AbstractAsyncContextManager[None]:
        return nullcontext() if self._limiter is None else self._limiter.passing(path, body)

    def _judge(
        self, path: str, reply: Reply, idempotent: bool, file: bool, token: str
    ) -> dict[str, Any]:
        if file and _is_file(reply):
            return {}
        answer = _object(path, reply)
        errcode = answer.get("errcode", 0)
        if errcode == 0:
            return answer
        if isinstance(errcode, str) and errcode.removeprefix("-").isdecimal():
            errcode = int(errcode)
        if not isinstance(errcode, int) or isinstance(errcode, bool):
            raise OutcomeUnknown(path, "errcode is not a number")
        if errcode == 0:
            return answer
        errmsg = redact(str(answer.get("errmsg", "")), self._secret, token)
        raise error_for(path, errcode, errmsg, idempotent=idempotent)

    async def _fetch_token(self) -> FreshToken:
        reply = await self._http.send(
            _TOKEN_PATH, params={"corpid": self.corp_id, "corpsecret": self._secret}
        )
        answer = self._judge(_TOKEN_PATH, reply, True, False, "")
        token, expires_in = answer.get("access_token"), answer.get("expires_in", 7200)
        if not isinstance(token, str) or not token or not isinstance(expires_in, int):
            raise AnswerUnreadable(_TOKEN_PATH, "no access_token")
        return FreshToken(token, expires_in)


def _encoded(path: str, body: Mapping[str, Any] | None) -> bytes | None:
    """Return raw UTF-8 JSON: \\uXXXX escapes may be refused (40033)."""
    if body is None:
        return None
    try:
        return orjson.dumps(body)
    except TypeError as error:
        # A lone surrogate, a number over 64 bits or an object of ours: never worth sending.
        raise Rejected(path, f"body cannot be written as JSON: {error}") from None


def _object(path: str, reply: Reply) -> dict[str, Any]:
    if reply.status != 200:
        # WeCom answers its own refusals with 200; this was a proxy, a gateway or an outage.
        raise OutcomeUnknown(path, f"HTTP status {reply.status}")
    try:
        answer = orjson.loads(reply.body)
    except ValueError:
        answer = _loosely(reply.body)
    if not isinstance(answer, dict):
        raise OutcomeUnknown(path, "the answer is not a JSON object")
    return answer


def _loosely(body: bytes) -> object:
    """Read JSON with raw control characters or broken UTF-8, which nicknames bring."""
    try:
        return json.loads(body.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None


def _is_file(reply: Reply) -> bool:
    kind = reply.headers.get("content-type", "").split(";")[0].strip().lower()
    named = "content-disposition" in reply.headers
    return reply.status in (200, 206) and (named or kind not in ("application/json", "text/plain"))
