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
from wiring.code_sender import SIGNATURE, TIMESTAMP
from wiring.gateway_client import GatewayClient

PATH: Final = "sms"
"""What errors call the gateway; never its address, a number or a text."""


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
        self._secret = settings.secret.get_secret_value().encode()
        self._now = now
        self._client = GatewayClient(PATH, settings.url, settings.timeout, transport)

    async def send(self, number: str, phone: str, text: str) -> None:
        """Hand one message over. Raises Unreachable, Busy, Rejected or OutcomeUnknown."""
        body = orjson.dumps({"id": number, "phone": phone, "text": text})
        await self._client.hand_over(body, self._signed(body))

    async def was_taken(self, number: str) -> bool:
        """Whether the gateway has it. Raises Unreachable where it gives no clear answer."""
        return await self._client.look_up(number, self._signed(b"")) is not None

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    def _signed(self, body: bytes) -> dict[str, str]:
        stamp = str(int(self._now().timestamp()))
        signature = hmac.new(self._secret, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return {TIMESTAMP: stamp, SIGNATURE: signature}
