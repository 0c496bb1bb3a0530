"""A real bank's days are planned: its cards and loans, with people added by a seed.

The files are those of tests/data/real_bank/SOURCE.md. What the bank did not publish (staff,
ownership, contacts, consents, ratings) is synthetic and marked so.
"""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from compliance import service as consents
from compliance.content_check import ContentCheck
from compliance.facts import ConsentFact
from compliance.objections import Objection
from compliance.policy import GatePolicy
from config import persona_policy
from content_library.importing import seed
from content_library.item_rows import read_toml
from crm_sync.imports.job import ConsentRow
from crm_sync.sync.full import full_sync
from delivery.repository import todos
from kit.db import Database
from reminders.jobs import plan_day
from reminders.report import PlanReport
from simulator.bank.adopt import adopt, clients_of_real_bank
from tests.flows.delivery.office import REMINDERS, desk, screener
from tests.flows.imports.given import bring
from tests.flows.imports.test_real_bank import DATA, DAY, ROOT, bring_real_bank
from tests.flows.wecom_world import wecom_world

pytestmark = pytest.mark.anyio

QUEUED = 17  # of 18: one of these customers said no to service messages
NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


async def _land(session: AsyncSession, rows: list[ConsentRow], at: datetime, actor: str) -> int:
    return await consents.give_consents(session, [ConsentFact(*row) for row in rows], at, actor)


async def _working_bank(database: Database, folder: Path) -> None:
    """The real bank with its synthetic people, its contacts synchronised, its scripts approved."""
    await bring_real_bank(database, folder)
    made = adopt(folder / "adopted", clients_of_real_bank(DATA), seed=1, today=DAY)
    for kind, path, mapping in made.files:
        await bring(database, kind, path, folder, mapping=mapping, land_consents=_land)
    async with database.transaction() as session:
        await seed(
            session,
            read_toml(ROOT / "samples" / "scripts"),
            author="staff:S00001",
            approver="staff:S00002",
            checker="staff:S00003",
            at=NOW,
            examiner=ContentCheck(GatePolicy.load(), screener()),
        )
    async with wecom_world(members=()) as world:
        for body in made.wecom:
            await world.post("load", body)
        await full_sync(database, world.client, NOW, policy=persona_policy.load())


async def _planned(database: Database, day: date) -> PlanReport:
    return await plan_day(
        database,
        day=day,
        at=NOW,
        policy=REMINDERS,
        desk=desk(),
        content=lambda _: (),
    )


async def test_its_cards_and_loans_are_planned_and_every_refusal_has_a_reason(
    database: Database, tmp_path: Path
) -> None:
    await _working_bank(database, tmp_path)
    report = await _planned(database, DAY)
    loans = {key: n for key, n in report.outcomes.items() if key[0] == "loan.due"}
    assert sum(loans.values()) == 18
    assert loans == {
        ("loan.due", "todo", "queued"): QUEUED - 7,
        ("loan.due", "phone", "queued"): 7,  # no friends in WeCom
        ("loan.due", "todo", "blocked"): 18 - QUEUED,
    }
    assert {reason for _, reason in report.reasons} == {Objection.PURPOSE_REFUSED.code}
    again = await _planned(database, DAY)
    assert {outcome for (_, _, outcome) in again.outcomes} == {"repeated", "blocked"}

    cards = await _planned(database, date(2018, 5, 25))
    queued = [key for key in cards.outcomes if key[0] == "card.expiry" and key[2] == "queued"]
    assert sum(cards.outcomes[key] for key in queued) == 2
    async with database.reading() as session:
        found = await todos.page(session, units=None, limit=200)
    said = [one.text for one in found if one.trigger == "card.expiry"]
    assert len(said) == 2
    assert all(text and "您在我行的" in text and "尾号" not in text for text in said)
