"""The bank's telephone exchange: one POST a call, one GET for what became of it.

The body is JSON ``{"id", "staff", "phone"}``: ring this member of staff, then the customer. ``id``
is ours and makes it one call however often it is asked for. The access token travels in the
``Authorization`` header alone. ``{"reference"}`` may be answered; a 4xx may say its ``reason``. The
GET at ``<url>/<id>`` answers 404 for a call that never arrived, else ``{"state", "seconds"}`` with
``ringing``, ``talking``, ``ended`` (they talked) or ``unanswered``.
"""

from collections.abc import Mapping
from typing import Final

import httpx
import orjson

from config.settings import DiallerSettings
from delivery.dialling import Dialled, Stage
from wecom.errors import OutcomeUnknown
from wiring.gateway_client import GatewayClient, fields_of

NAME: Final = "phone"
"""What errors call the exchange; never its address, a number or the token."""
_DAY: Final = 86_400


class HttpPhoneDialler:
    """The exchange behind a URL. What may be ringing is looked up and never dialled again."""

    def __init__(
        self, settings: DiallerSettings, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """``transport`` is another way to the exchange than the network, for tests."""
        token = settings.token.get_secret_value()
        self._headers: Mapping[str, str] = {"authorization": f"Bearer {token}"}
        self._client = GatewayClient(NAME, settings.url, settings.timeout, transport)

    async def connect(self, key: str, staff_id: str, phone: str) -> str:
        """Have the exchange connect them; its reference, which is the key where it gives none.

        Raises Unreachable, Busy, Rejected with the reason, or OutcomeUnknown.
        """
        body = orjson.dumps({"id": key, "staff": staff_id, "phone": phone})
        said = fields_of(await self._client.hand_over(body, self._headers)).get("reference")
        return str(said)[:100] if said else key

    async def what_became(self, key: str) -> Dialled | None:
        """What the exchange knows of a call; None where it never arrived.

        Raises Unreachable where there is no clear answer, OutcomeUnknown where it makes no sense.
        """
        answer = await self._client.look_up(key, self._headers)
        if answer is None:
            return None
        said = fields_of(answer)
        try:
            stage, seconds = Stage(str(said.get("state"))), int(str(said.get("seconds", 0)))
        except ValueError:
            raise OutcomeUnknown(NAME, "the answer cannot be read") from None
        return Dialled(stage, min(max(seconds, 0), _DAY))

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._client.aclose()
