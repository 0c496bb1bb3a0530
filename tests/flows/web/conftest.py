"""The application beside a provider of sign-ins, for the tests of that way in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.flows.console.office import small_bank
from tests.flows.site import SiteUnderTest, open_site
from tests.flows.web.oidc_provider import CLIENT, SECRET, SmallProvider, running
from tests.flows.web.oidc_visits import Wall


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
async def provider(wall: Wall) -> AsyncIterator[SmallProvider]:
    async with running(SmallProvider(wall)) as made:
        yield made


@pytest.fixture
async def site(
    database_url: str, tmp_path: Path, wall: Wall, provider: SmallProvider
) -> AsyncIterator[SiteUnderTest]:
    async with open_site(
        database_url,
        tmp_path,
        now=wall,
        GENGYUN_OIDC__ISSUER=provider.issuer,
        GENGYUN_OIDC__CLIENT_ID=CLIENT,
        GENGYUN_OIDC__CLIENT_SECRET=SECRET,
        GENGYUN_OIDC__STAFF_CLAIM="employee_number",
    ) as opened:
        async with opened.database.transaction() as session:
            await small_bank(session)
        yield opened
