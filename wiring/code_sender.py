"""One-time codes over the bank's own message gateway: one signed POST a code.

The body is JSON ``{"phone", "code", "minutes"}``; ``X-Gengyun-Timestamp`` holds the second and
``X-Gengyun-Signature`` the HMAC-SHA256 (hex) of ``timestamp.body`` under the shared secret, so
that the gateway believes nobody else and no old request. Any 2xx is taken for accepted.
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Final

import httpx
import orjson

from config.settings import CodesSettings
from crm_sync.linking.connector import CodeNotSent

TIMESTAMP: Final = "x-gengyun-timestamp"
SIGNATURE: Final = "x-gengyun-signature"


class HttpCodeSender:
    """The gateway behind a URL. Never retries: the customer asks again, and is counted again."""

    def __init__(
        self,
        settings: CodesSettings,
        now: Callable[[], datetime],
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """``transport`` is another way to the gateway than the network, for tests."""
        self._url = settings.url
        self._secret = settings.secret.get_secret_value().encode()
        self._now = now
        self._client = httpx.AsyncClient(
            transport=transport, timeout=settings.timeout, trust_env=False
        )

    async def send(self, phone: str, code: str, *, minutes: int) -> None:
        """Hand one code over. Raises CodeNotSent, which names neither number nor code."""
        body = orjson.dumps({"phone": phone, "code": code, "minutes": minutes})
        stamp = str(int(self._now().timestamp()))
        signature = hmac.new(self._secret, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"content-type": "application/json", TIMESTAMP: stamp, SIGNATURE: signature}
        try:
            answer = await self._client.post(self._url, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise self._refused(type(error).__name__) from None
        if not answer.is_success:
            raise self._refused(f"HTTP {answer.status_code}")

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    def _refused(self, saw: str) -> CodeNotSent:
        return CodeNotSent(
            "短信网关没有收下验证码",
            saw=saw,
            where="设置项 GENGYUN_CODES__URL 与网关的日志",
            do="核对地址、密钥与网络；客户可以稍后重新获取",
        )
