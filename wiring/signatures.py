"""JS-SDK signatures for our own pages, with the tickets kept for as long as they live."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from kit.errors import InputRefused
from wecom import oauth
from wecom.client import Caller


class PageRefused(InputRefused):
    """Only pages of our own address are signed for the JS-SDK."""

    code = "E-1206"


class Signatures:
    """Fetches a ticket when it must (100 an hour are allowed) and signs our pages with it."""

    def __init__(self, wecom: Caller, public_url: str, clock: Callable[[], datetime]) -> None:
        self._wecom = wecom
        self._own = public_url.rstrip("/") + "/"
        self._clock = clock
        self._tickets: dict[bool, tuple[str, datetime]] = {}

    async def of(self, url: str, *, agent: bool) -> dict[str, str | int]:
        """``{timestamp, nonceStr, signature}`` of one of our pages. Raises PageRefused."""
        page = url.split("#", 1)[0]
        if not page.startswith(self._own):
            raise PageRefused("只给本系统的页面签名", saw=page[:60], where="GENGYUN_PUBLIC_URL")
        at = self._clock()
        ticket, until = self._tickets.get(agent, ("", at))
        if until <= at:
            fetched = await (oauth.agent_ticket if agent else oauth.corp_ticket)(self._wecom)
            ticket = fetched.value
            until = at + timedelta(seconds=fetched.expires_in_s - 300)
            self._tickets[agent] = (ticket, until)
        signed = oauth.sign_page(ticket, secrets.token_hex(8), int(at.timestamp()), page)
        return signed.as_json()
