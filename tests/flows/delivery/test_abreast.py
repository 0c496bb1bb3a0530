"""A plan in two transactions at once says the same as one alone, each customer in one of them."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from delivery import candidates
from kit.db import Database
from kit.ledger.verify import verify
from reminders import jobs
from reminders.report import PlanReport
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import REMINDERS, T7, approved_script, desk
from tests.flows.delivery.test_planning import MORNING, TODAY

pytestmark = [pytest.mark.anyio, pytest.mark.mission("E11")]

CUSTOMERS = 24


async def _bank(database: Database) -> None:
    """Every customer has a maturity; every second one a birthday too, which it outranks."""
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "limin")
        for number in range(CUSTOMERS):
            born_on = date(1970, 11, 25) if number % 2 else date(1970, 3, 1)
            who = await bank.reached_customer(session, f"C{number}", owner="limin", born_on=born_on)
            await bank.holding(
                session,
                who,
                f"D{number}",
                "deposit",
                product_name="三年期整存整取",
                amount_fen=20_000_000,
                matures_on=TODAY + timedelta(days=7),
            )
        await approved_script(session, "maturity.deposit.t7", T7, product_kind=None)
        await approved_script(session, "birthday", "{{customer_title}}，生日快乐。", purpose="care")


async def test_a_plan_in_two_parts_at_once_speaks_to_each_customer_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "WORTH_PARTING", 2)
    await _bank(database)

    async def plan() -> PlanReport:
        return await jobs.plan_day(
            database, day=TODAY, at=MORNING, policy=REMINDERS, desk=desk(), content=lambda _: ()
        )

    first, report = await plan(), await plan()  # the second time nothing is new
    assert first.as_json()["planned"] == CUSTOMERS
    told = report.outcomes
    assert told["maturity.deposit", "todo", "repeated"] == CUSTOMERS
    assert told["birthday", "todo", "outranked"] == CUSTOMERS // 2
    async with database.reading() as session:
        spoken = text("SELECT COUNT(*), COUNT(DISTINCT customer_id) FROM todo")
        assert (await session.execute(spoken)).one() == (CUSTOMERS, CUSTOMERS)
        batches = text("SELECT COUNT(*) FROM ledger_entry WHERE act = 'batch.planned'")
        parts = 1 if database.is_sqlite else jobs.ABREAST
        assert (await session.execute(batches)).scalar_one() == parts
        runs = text("SELECT COUNT(*) FROM plan_run")
        assert (await session.execute(runs)).scalar_one() == 1
        assert (await verify(session)).sound
