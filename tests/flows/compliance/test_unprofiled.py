"""Who said no to 画像: nothing is inferred of their clicks and talk, whatever way they said it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from compliance import service
from compliance.facts import ConsentFact
from config import persona_policy
from crm_sync.models import PersonaMembership
from crm_sync.personas import evaluate
from crm_sync.traces import TraceFact, note
from insights.known_elsewhere import known_elsewhere
from kit.db import Database
from tests.flows.crm_sync import bank
from tests.flows.crm_sync.bank import AT

pytestmark = pytest.mark.anyio
POLICY = persona_policy.load()


async def _members(database: Database) -> set[tuple[int, str]]:
    async with database.reading() as session:
        rows = await session.execute(
            select(PersonaMembership.customer_id, PersonaMembership.persona)  # type: ignore[call-overload]
        )
        return {(customer_id, persona) for customer_id, persona in rows}


@pytest.mark.mission("C6")
async def test_a_no_to_profiling_ends_what_was_inferred_from_clicks(database: Database) -> None:
    async with database.transaction() as session:
        agreeing = await bank.customer(session, "A")
        refusing = await bank.customer(session, "B")
        leaving = await bank.customer(session, "C")
        clicks = [
            TraceFact(f"R-{one}", one, "读书", "behavior", AT - timedelta(days=3), ref="radar:书单")
            for one in (agreeing, refusing, leaving)
        ]
        await note(session, clicks, at=AT)
    outside = known_elsewhere()
    await evaluate(database, POLICY, AT, outside=outside)
    everybody = {(one, "读书") for one in (agreeing, refusing, leaving)}
    assert await _members(database) == everybody
    async with database.transaction() as session:
        said = ConsentFact(refusing, "profiling", given=False, source="网点柜面", at=AT)
        await service.give_consents(session, [said], AT, "staff:limin")
        await service.suppress(session, leaving, "personalised", "客户页面", "不要", AT, "customer")
    await evaluate(database, POLICY, AT, outside=outside)
    assert await _members(database) == {(agreeing, "读书")}
