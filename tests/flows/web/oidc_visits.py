"""A browser on its way to the provider and back, and what is recorded of it."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from kit.ledger.reading import Wanted, page
from tests.flows.site import ORIGIN, SiteUnderTest

AT = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)


class Wall:
    """The moment at the bank and at the provider."""

    def __init__(self) -> None:
        self.at = AT

    def __call__(self) -> datetime:
        return self.at


async def there(browser: httpx.AsyncClient, path: str) -> str:
    """The browser goes to the provider; the path it is sent back to."""
    sent = await browser.get(path)
    assert sent.status_code == 303, sent.text[:300]
    async with httpx.AsyncClient(trust_env=False) as outside:
        returned = await outside.get(sent.headers["location"])
    assert returned.status_code == 302
    parts = urlsplit(returned.headers["location"])
    assert f"{parts.scheme}://{parts.netloc}" == ORIGIN
    return f"{parts.path}?{parts.query}"


async def sign_in(browser: httpx.AsyncClient, path: str = "/c/sign-in/oidc") -> httpx.Response:
    return await browser.get(await there(browser, path))


async def acts_of(site: SiteUnderTest) -> list[tuple[str, str, Any]]:
    async with site.database.reading() as session:
        found = await page(session, Wanted(kind="access"))
    return [(one.act, one.actor, one.payload.get("code")) for one in reversed(found)]


async def refused_with(site: SiteUnderTest, code: str) -> None:
    """The way through the provider ends at the sign-in page with ``code``, nobody signed in."""
    async with site.browser() as browser:
        answer = await sign_in(browser)
        assert answer.status_code == 401
        assert code in answer.text
        assert "gengyun-console" not in browser.cookies
    assert await acts_of(site) == [("session.refused", "system:sign_in", code)]
