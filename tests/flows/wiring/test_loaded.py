"""After an import nobody waits for the night: the job ``loaded`` sees to whom it touched."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from crm_sync.imports import import_file
from crm_sync.models import Customer, PersonaMembership
from tests.flows.console.office import AT, Office, office
from tests.flows.crm_sync import bank
from wiring.jobs import JOBS

pytestmark = pytest.mark.anyio


async def _job(made: Office, name: str) -> Mapping[str, Any]:
    [job] = [one for one in JOBS if one.id == name]
    return await job.run(made.parts, made.clock())


async def _bring(made: Office, directory: Path, began: Any, *lines: str) -> None:
    path = directory / "customers.csv"
    path.write_text("\n".join(("customer_no,name,unit_id,born_on", *lines)), encoding="utf-8")
    report = await import_file(
        made.database, "customers", path, by="staff:gaoyuan", at=began, partial=True
    )
    assert report.counts.rejected == 0, report


async def _held(made: Office) -> dict[str, str]:
    query = select(col(Customer.customer_no), col(PersonaMembership.persona)).join(
        PersonaMembership, col(PersonaMembership.customer_id) == col(Customer.id)
    )
    async with made.database.reading() as session:
        return {number: persona for number, persona in await session.execute(query)}  # noqa: C416


async def test_a_customer_joins_a_persona_after_the_import_and_before_the_night(
    database_url: str, tmp_path: Path
) -> None:
    async with office(database_url, tmp_path / "keys") as made:
        async with made.database.transaction() as session:
            await bank.units(session)
        await _bring(made, tmp_path, AT, "6210000001,周敏,0101,1958-03-21")
        first = await _job(made, "loaded")
        assert await _held(made) == {"6210000001": "老年"}
        assert first["personas_joined"] == {"老年": 1}
        made.clock.advance(minutes=10)
        assert (await _job(made, "loaded"))["personas_changed"] == 0
        # An import that began before the last evaluation and ended after it.
        began = made.clock() - timedelta(minutes=5)
        await _bring(made, tmp_path, began, "6210000002,吴江,0101,1995-07-01")
        made.clock.advance(minutes=10)
        again = await _job(made, "loaded")
        assert await _held(made) == {"6210000001": "老年", "6210000002": "90后"}
        assert (again["personas_joined"], again["personas_left"]) == ({"90后": 1}, {})
        made.clock.advance(minutes=10)
        began = made.clock()
        await _bring(made, tmp_path, began, "6210000002,吴江,0101,1985-07-01")
        left = await _job(made, "loaded")
        assert await _held(made) == {"6210000001": "老年"}
        assert left["personas_left"] == {"90后": 1}
