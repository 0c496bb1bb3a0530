"""Every trigger of the reminders has an example in the demo: a new one without fails here."""

from datetime import date, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from commands.demo.building import APPROVER, AUTHOR, CHECKER
from commands.demo.examples_day import OFFERED, examples_day
from commands.demo.journey_day import journey_day
from commands.demo.settings import SEED
from content_library.importing import draft_from, seed
from content_library.item_files import listing_draft
from content_library.item_rows import read_toml
from crm_sync.facts import CustomerFact
from crm_sync.models import Contact, Relation
from crm_sync.repository import listing
from crm_sync.repository.staff import staff_by_id
from kit.clock import bank_moment
from reminders.report import PlanReport
from reminders.rules import watched_days
from simulator.bank.writing import generate
from tests.flows.crm_sync import bank
from tests.flows.site import SiteUnderTest, open_site
from wiring import standing
from wiring.importing import bring
from wiring.jobs import personas_and_tiers, plan
from wiring.parts import SAMPLES

pytestmark = pytest.mark.anyio
PEOPLE = 700
KINDS = ("units", "staff", "products", "navs", "customers", "holdings", "assignments", "consents")


@pytest.mark.mission("E9")
async def test_every_trigger_speaks_to_somebody_on_the_day_of_the_demo(
    database_url: str, tmp_path: Path
) -> None:
    today = date(2026, 11, 23)  # a Monday without a festival
    at = bank_moment(today, time(10, 30))
    async with open_site(database_url, tmp_path, now=lambda: at) as site:
        report = await _demo_day(site, tmp_path, today)
        reminders, works = site.parts.reminders, site.parts.desk.calendar.is_working
        content = site.parts.content_calendar.for_day(today, works)
    assert works(today)
    assert content
    every = {one.name for one in reminders.trigger}
    assert {one.name for one in reminders.trigger if watched_days(one, today, works)} == every
    said = {name for name, _, outcome in report.outcomes if outcome == "queued"}
    assert every - said == set()
    assert not report.without_script


async def _demo_day(site: SiteUnderTest, files: Path, today: date) -> PlanReport:
    """The demo's bank without its chats: a part of its customers, the scripts that reminders take."""
    parts, at = site.parts, site.parts.clock()
    generate(
        files, seed=SEED, customers=PEOPLE, branches=27, today=today, managed=True, kinds=KINDS
    )
    for kind in KINDS:
        await bring(parts, kind, files / f"{kind}.csv", by="system:demo", at=at)
    calendar = {one.script_code for one in parts.content_calendar.for_day(today)}
    scenes = {
        scene
        for one in parts.reminders.trigger
        for scene in (*(step.scene for step in one.step), *one.by_note.values())
    }
    scripts = [
        one
        for one in read_toml(SAMPLES / "scripts")
        if one["code"] in calendar or one["scene"] in scenes - {"persona"}
    ]
    offered = [
        one
        for one in read_toml(SAMPLES / "listings.toml", "listing")
        if one["product_code"] == OFFERED
    ]
    async with site.database.transaction() as session:
        for rows, reader in ((scripts, draft_from), (offered, listing_draft)):
            await seed(
                session, rows, author=AUTHOR, checker=CHECKER, approver=APPROVER,
                at=at - timedelta(days=20), examiner=parts.examiner, reader=reader,
            )  # fmt: skip
        await _befriend(session, await listing.page(session, listing.Wanted(), limit=PEOPLE))
    await examples_day(parts, files, at, author=AUTHOR, approver=APPROVER)
    await personas_and_tiers(parts, at)
    await standing.everybody(parts, at)
    await journey_day(parts, files, at, today)
    return await plan(parts, today, at)


async def _befriend(session: AsyncSession, people: list[CustomerFact]) -> None:
    """Every second customer is a contact of the owner."""
    staff = await staff_by_id(session, {one.owner_staff_id or "" for one in people})
    friends = [one for one in people if one.customer_id % 2 and one.owner_staff_id in staff]
    await bank.insert_rows(session, Contact, [
        {
            "external_userid": f"wm{one.customer_no}", "name": None, "kind": 1,
            "customer_id": one.customer_id, "first_seen_at": bank.BEFORE,
        }
        for one in friends
    ])  # fmt: skip
    await bank.insert_rows(session, Relation, [
        {
            "userid": staff[one.owner_staff_id or ""].userid, "added_at": bank.BEFORE,
            "external_userid": f"wm{one.customer_no}",
        }
        for one in friends
    ])  # fmt: skip
