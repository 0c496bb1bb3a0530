"""The demo's turns of life: each has somebody of whom the day's plan says something."""

from datetime import date, time
from pathlib import Path

import pytest

from commands.demo.journey_day import MANAGER, journey_day
from kit.clock import bank_moment
from reminders.report import PlanReport
from tests.flows.crm_sync import bank
from tests.flows.site import open_site
from wiring.jobs import plan

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("today", [date(2026, 11, 25), date(2026, 11, 22), date(2028, 2, 29)])
async def test_every_kind_of_turn_has_its_example_on_whatever_day_the_demo_starts(
    database_url: str, tmp_path: Path, today: date
) -> None:
    at = bank_moment(today, time(10, 30))
    async with open_site(database_url, tmp_path, now=lambda: at) as site:
        async with site.database.transaction() as session:
            await bank.units(session)
            await bank.staff(session, MANAGER)
            for number in range(4, 14):
                await bank.reached_customer(session, f"620000{number:04d}", owner=MANAGER)
        assert await journey_day(site.parts, tmp_path, at, today) == 12
        report: PlanReport = await plan(site.parts, today, at)
    named = {name for name, _, _ in report.outcomes} | {
        scene.partition(".")[0] for scene in report.without_script
    }
    expected = {"life", "mot", "card", "outflow"}  # words come with the demo's library
    works = site.parts.desk.calendar.is_working(today)
    assert expected <= named
    assert report.outcomes["insurance.premium", "todo", "queued"] == 1  # a task without words
    assert report.without_script["maturity.insurance.t30"] == 1
    assert ("money_in" in named) == works  # a manager's task comes on a working day
