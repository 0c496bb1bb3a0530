"""A bank whose customers may link themselves."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.flows.crm_sync import bank
from tests.flows.linking.visitor import Desk, open_desk, people_of_the_bank


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(database_url, tmp_path) as made:
        async with made.database.transaction() as session:
            made.customers = await people_of_the_bank(session)
            for external in ("wm-1", "wm-2"):
                await bank.contact(session, external)
                await bank.relation(session, "limin", external)
        yield made
