"""Text messages over the bank's own gateway: one signed POST a message, one signed GET to look up.

The body is JSON ``{"id", "phone", "text"}``; ``id`` is ours and stays the same however often the
message is handed over, so that the gateway can drop what it has. Signed as one-time codes are
(``wiring.code_sender``); for the GET the signed body is empty. The GET at ``<url>/<id>`` answers
200 for a message that was taken and 404 for one that was not.
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Final

import httpx
import orjson

from config.settings import SmsSettings
from wecom.errors import Busy, OutcomeUnknown, Rejected, Unreachable
from wiring.code_sender import SIGNATURE, TIMESTAMP

PATH: Final = "sms"
"""What errors call the gateway; never its address, a number or a text."""

NOT_NOW: Final = frozenset({429, 503})
"""Refused before anything happened; to be tried again."""


class HttpTextGateway:
    """The gateway behind a URL. What may have arrived is looked up and never sent again."""

    def __init__(
        self,
        settings: SmsSettings,
        now: Callable[[], datetime],
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """``transport`` is another way to the gateway than the network, for tests."""
        self._url = settings.url.rstrip("/")
        self._secret = settings.secret.get_secret_value().encode()
        self._now = now
        self._client = httpx.AsyncClient(
            transport=transport, timeout=settings.timeout, trust_env=False
        )

    async def send(self, number: str, phone: str, text: str) -> None:
        """Hand one message over. Raises Unreachable, Busy, Rejected or OutcomeUnknown."""
        body = orjson.dumps({"id": number, "phone": phone, "text": text})
        headers = {"content-type": "application/json", **self._signed(body)}
        try:
            answer = await self._client.post(self._url, content=body, headers=headers)
        except httpx.ConnectError as error:
            raise Unreachable(PATH, type(error).__name__) from None
        except httpx.HTTPError as error:
            raise OutcomeUnknown(PATH, type(error).__name__) from None
        if answer.status_code in NOT_NOW:
            raise Busy(PATH, f"HTTP {answer.status_code}")
        if answer.is_client_error:
            raise Rejected(PATH, f"HTTP {answer.status_code}")
        if not answer.is_success:
            raise OutcomeUnknown(PATH, f"HTTP {answer.status_code}")

    async def was_taken(self, number: str) -> bool:
        """Whether the gateway has it. Raises Unreachable where it gives no clear answer."""
        try:
            answer = await self._client.get(f"{self._url}/{number}", headers=self._signed(b""))
        except httpx.HTTPError as error:
            raise Unreachable(PATH, type(error).__name__) from None
        if answer.status_code == httpx.codes.NOT_FOUND:
            return False
        if not answer.is_success:
            raise Unreachable(PATH, f"HTTP {answer.status_code}")
        return True

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    def _signed(self, body: bytes) -> dict[str, str]:
        stamp = str(int(self._now().timestamp()))
        signature = hmac.new(self._secret, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return {TIMESTAMP: stamp, SIGNATURE: signature}
