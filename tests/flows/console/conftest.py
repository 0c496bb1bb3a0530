"""The application of one test, with its people and customers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.flows.console.office import Office, office, small_bank


@pytest.fixture
async def desk_office(database_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    async with office(database_url, tmp_path / "keys") as made:
        async with made.database.transaction() as session:
            made.customers = await small_bank(session)
        yield made
