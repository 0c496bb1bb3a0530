"""What the answers of a gateway of the bank mean, whatever it hands on: done, not now, no, or unknown.

429 and 503 happened before anything did; another 4xx is a no; no connection is nothing sent.
Everything else that is no 2xx may have happened: it is looked up by its number, never repeated.
"""

from collections.abc import Mapping
from typing import Final

import httpx
import orjson

from wecom.errors import Busy, OutcomeUnknown, Rejected, Unreachable

NOT_NOW: Final = frozenset({429, 503})
"""Refused before anything happened; to be tried again."""


class GatewayClient:
    """One gateway behind a URL. ``name`` is what errors call it; never its address or a secret."""

    def __init__(
        self, name: str, url: str, timeout: int, transport: httpx.AsyncBaseTransport | None
    ) -> None:
        """``timeout`` in seconds; ``transport`` is another way to it than the network, for tests."""
        self._name = name
        self._url = url.rstrip("/")
        self._client = httpx.AsyncClient(transport=transport, timeout=timeout, trust_env=False)

    async def hand_over(self, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """POST one thing. Raises Unreachable, Busy, Rejected (with its reason) or OutcomeUnknown."""
        sent = {"content-type": "application/json", **headers}
        try:
            answer = await self._client.post(self._url, content=body, headers=sent)
        except httpx.ConnectError as error:
            raise Unreachable(self._name, type(error).__name__) from None
        except httpx.HTTPError as error:
            raise OutcomeUnknown(self._name, type(error).__name__) from None
        said = f"HTTP {answer.status_code}"
        if answer.status_code in NOT_NOW:
            raise Busy(self._name, said)
        if answer.is_client_error:
            raise Rejected(self._name, _reason(answer) or said)
        if not answer.is_success:
            raise OutcomeUnknown(self._name, said)
        return answer

    async def look_up(self, number: str, headers: Mapping[str, str]) -> httpx.Response | None:
        """GET what was handed over under a number; None where it never arrived.

        Raises Unreachable where there is no clear answer.
        """
        try:
            answer = await self._client.get(f"{self._url}/{number}", headers=dict(headers))
        except httpx.HTTPError as error:
            raise Unreachable(self._name, type(error).__name__) from None
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        if not answer.is_success:
            raise Unreachable(self._name, f"HTTP {answer.status_code}")
        return answer

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._client.aclose()


def fields_of(answer: httpx.Response) -> dict[str, object]:
    """The JSON object of an answer; empty where it is none."""
    try:
        body = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _reason(answer: httpx.Response) -> str:
    """What a gateway says of its no, in one line."""
    said = fields_of(answer).get("reason")
    return " ".join(said.split())[:100] if isinstance(said, str) else ""
