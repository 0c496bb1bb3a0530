"""A promise in two halves is stopped at the second: the words of minutes are read together."""

from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from archive.ingest import pull
from content_library import repository
from kit import clock
from tests.flows.archive import talks
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import approved_script
from tests.flows.site import SiteUnderTest, open_site

pytestmark = pytest.mark.anyio

TEN = clock.bank_moment(date(2026, 11, 25), time(10, 0))
NUMBER = "C1".ljust(24, "0")  # as long as a contact of WeCom, by which the archive knows one
CONTACT = f"wm-{NUMBER}"
HALF = "天气转凉，早晚添件衣服，{{customer_title}}您放心，刚"
CALM = "{{customer_title}}，天气转凉，早晚添件衣服，出门慢一点。"
REST = "性兑付的，您放心"


class Wall:
    def __init__(self) -> None:
        self.at: datetime = TEN

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
async def site(database_url: str, tmp_path: Path, wall: Wall) -> AsyncIterator[SiteUnderTest]:
    async with open_site(database_url, tmp_path, now=wall) as opened:
        async with opened.database.transaction() as session:
            await bank.units(session)
            await bank.staff(session, "limin")
            await bank.reached_customer(session, NUMBER, owner="limin", gender="F", tier="高端")
            for code, words in (("care.half", HALF), ("care.calm", CALM)):
                await approved_script(session, code, words, scene="care.general", purpose="care")
        yield opened


async def _sent(site: SiteUnderTest, code: str, greeting: str = "") -> tuple[int, Any]:
    """The sidebar's answer to a tap: its status, and the ticket or the page."""
    async with site.database.reading() as session:
        item = (await repository.approved_by_code(session, [code], TEN))[code]
    limin = await site.signed_in("limin")
    answer = await limin.post(
        "/h5/sends",
        {"contact": CONTACT, "script_version_id": item.version_id, "greeting": greeting},
    )
    return answer.status_code, answer.json() if answer.status_code == 200 else answer.text


async def _said(site: SiteUnderTest, ticket: Any, outcome: str) -> None:
    limin = await site.signed_in("limin")
    await limin.post(f"/h5/sends/{ticket['ticket']}/result", {"outcome": outcome})


@pytest.mark.mission("I5")
async def test_the_second_half_of_a_promise_is_stopped_at_the_tap(
    site: SiteUnderTest, wall: Wall
) -> None:
    status, ticket = await _sent(site, "care.half")
    assert status == 200
    await _said(site, ticket, "ok")
    wall.at += timedelta(minutes=2)
    status, face = await _sent(site, "care.calm", greeting=REST)
    assert status == 409
    assert "E-4047" in face
    assert "R-YLD-01" in face
    async with site.database.reading() as session:
        states = (await session.execute(text("SELECT state FROM send_ticket"))).scalars().all()
        rules = (await session.execute(text("SELECT rule FROM screening_case"))).scalars().all()
        acts = (await session.execute(text("SELECT act FROM ledger_entry"))).scalars().all()
    assert len(states) == 1
    assert "R-YLD-01" in rules
    assert "send.blocked" in acts


async def test_a_half_that_was_not_sent_makes_no_promise(site: SiteUnderTest, wall: Wall) -> None:
    _, ticket = await _sent(site, "care.half")
    await _said(site, ticket, "cancel")
    wall.at += timedelta(minutes=2)
    assert (await _sent(site, "care.calm", greeting=REST))[0] == 200


async def test_a_half_that_was_typed_by_hand_counts_as_soon_as_the_archive_has_it(
    site: SiteUnderTest, wall: Wall
) -> None:
    minute = (TEN - talks.AT).total_seconds() / 60
    await pull(
        site.database,
        talks.shelf(talks.said("周姨，您放心，刚", to=CONTACT, minute=minute)),
        talks.keys(),
        at=TEN,
    )
    wall.at += timedelta(minutes=2)
    status, face = await _sent(site, "care.calm", greeting=REST)
    assert status == 409
    assert "E-4047" in face
    wall.at += timedelta(minutes=9)
    assert (await _sent(site, "care.calm", greeting=REST))[0] == 200
