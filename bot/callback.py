"""Where WeCom knocks: verify, decrypt, keep, answer. Nothing else happens before the answer.

A plain ASGI callable, because an ordinary route costs more than the whole intake. Every bad
envelope gets the same 401 and the same body, whatever was wrong with it. A validly signed old
envelope is kept once: the digest of the decrypted body is the replay guard (decision 0006).
"""

import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from time import perf_counter
from typing import Final

from starlette.types import Receive, Scope, Send

from bot.inbox.intake import Intake
from bot.inbox.keeping import Arrival
from bot.metrics import CALLBACK_SECONDS, CALLBACKS
from kit.crypto import FieldCipher
from kit.errors import Unavailable
from kit.ids import new_id
from wecom.crypto import MAX_BODY, CallbackCipher, EnvelopeRefused, read_query

REFUSED: Final = b"refused"
_ORDER: Final = re.compile(
    rb"<(ExternalUserID|ChatId|UserID)>(?:<!\[CDATA\[)?([!-;=?-Z^-~]{1,64})(?:\]\]>)?</"
)
_HEADERS: Final = (
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)
_COUNTED: Final = {
    result: CALLBACKS.labels(result)
    for result in ("kept", "repeated", "refused", "verified", "not_stored")
}


def ordering_key(xml: bytes) -> str:
    """``contact:…``, ``group:…`` or ``member:…`` of a decrypted event; empty when it has none."""
    found: dict[bytes, bytes] = dict(_ORDER.findall(xml))
    for name, kind in ((b"ChatId", "group"), (b"ExternalUserID", "contact"), (b"UserID", "member")):
        if name in found:
            return f"{kind}:{found[name].decode()}"
    return ""


class CallbackEndpoint:
    """``GET`` and ``POST /wecom/callback`` as one ASGI application."""

    def __init__(
        self,
        envelope: CallbackCipher,
        intake: Intake,
        cipher: FieldCipher,
        clock: Callable[[], datetime],
        arrived: Callable[[bytes], None] | None = None,
    ) -> None:
        """``arrived`` is called with every event that is new, once its row is durable."""
        self._envelope = envelope
        self._intake = intake
        self._cipher = cipher
        self._clock = clock
        self._arrived = arrived

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request of WeCom (or of a stranger)."""
        began = perf_counter()
        result, status, body = await self._answer(scope, receive)
        CALLBACK_SECONDS.observe(perf_counter() - began)
        _COUNTED[result].inc()
        length = (b"content-length", str(len(body)).encode())
        await send(
            {"type": "http.response.start", "status": status, "headers": [*_HEADERS, length]}
        )
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[str, int, bytes]:
        try:
            params = read_query(scope["query_string"])
            if scope["method"] == "GET":
                return "verified", 200, self._envelope.verify_url(params)
            if scope["method"] != "POST":
                raise EnvelopeRefused("method")
            xml = self._envelope.open(params, await _read(scope, receive))
        except EnvelopeRefused:
            return "refused", 401, REFUSED
        digest = hashlib.sha256(xml).hexdigest()
        arrival = Arrival(
            id=new_id(),
            digest=digest,
            ordering_key=ordering_key(xml),
            body=self._cipher.seal("inbox.body", digest, xml),
            kept_at=self._clock(),
        )
        try:
            first = await self._intake.keep(arrival)
        except Unavailable:
            return "not_stored", 503, b"not stored"
        if first and self._arrived is not None:
            self._arrived(xml)
        return ("kept" if first else "repeated"), 200, b""


async def _read(scope: Scope, receive: Receive) -> bytes:
    """The body, refused as soon as it is seen to be larger than MAX_BODY."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    declared = headers.get(b"content-length", b"0")
    if not declared.isdigit() or int(declared) > MAX_BODY:
        raise EnvelopeRefused("size")
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise EnvelopeRefused("disconnected")
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY:
            raise EnvelopeRefused("size")
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)
