"""A customer's page names everybody who answers for them: personal, corporate and persona manager."""

import pytest

from tests.flows.console.office import Office
from tests.flows.crm_sync import bank

pytestmark = pytest.mark.anyio


@pytest.mark.mission("B12")
async def test_a_customers_page_shows_the_owner_and_the_corporate_manager(
    desk_office: Office,
) -> None:
    zhou = desk_office.customers["zhou"]
    async with desk_office.database.transaction() as session:
        await bank.staff(session, "duigong", unit_id="0101")
        await bank.covers(session, "duigong", zhou, "corporate")
    html = await (await desk_office.sit("suntao")).page(f"/c/customers/{zhou}")
    for words in ("员工limin", "主管户", "员工duigong", "对公"):
        assert words in html, words
