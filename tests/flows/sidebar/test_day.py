"""Today's plan on the phone: my customers with their reasons; a recorded contact proves a line."""

from collections.abc import AsyncIterator
from datetime import date, datetime, time
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from delivery.repository import touches
from kit import clock
from portfolio.contact_plan.planning import plan_day
from portfolio.duty import standings
from portfolio.duty.evaluation import evaluate
from portfolio.followups import parking
from portfolio.models import ContactStanding
from tests.flows.crm_sync import bank
from tests.flows.portfolio.books import COVERAGE, DUTY, PLAN, TERMS
from tests.flows.site import SiteUnderTest, open_site, words_of

pytestmark = pytest.mark.anyio

TODAY = date(2026, 11, 25)
TEN = clock.bank_moment(TODAY, time(10, 0))


class Wall:
    def __init__(self) -> None:
        self.at: datetime = TEN

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
async def site(database_url: str, tmp_path: Path) -> AsyncIterator[SiteUnderTest]:
    async with open_site(database_url, tmp_path, now=Wall()) as opened:
        async with opened.database.transaction() as session:
            await bank.units(session)
            await bank.staff(session, "limin")
            await bank.staff(session, "wangfang")
            await bank.reached_customer(session, "C1", owner="limin", tier="高端")
            await bank.customer(session, "C2", owner="limin")
            await bank.customer(session, "C3", owner="wangfang")
            await evaluate(session, DUTY, COVERAGE, TEN)
            await plan_day(session, TODAY, PLAN, TEN)
        yield opened


async def _id(site: SiteUnderTest, number: str) -> int:
    async with site.database.reading() as session:
        query = select(col(ContactStanding.customer_id))
        found = sorted((await session.execute(query)).scalars())
    return found[int(number[1]) - 1]


@pytest.mark.mission("B8")
async def test_the_phone_shows_my_day_and_a_recorded_call_is_its_proof(site: SiteUnderTest) -> None:
    limin = await site.signed_in("limin")
    todo = await limin.get("/h5/todo")
    assert "已联络 0/2 位" in words_of(todo.text)
    page = words_of((await limin.get("/h5/day")).text)
    assert "今日联络 2 位" in page
    assert "客户C1" in page
    assert "客户C3" not in page
    assert "没有有效联络，超过 90 天" in page
    first = await _id(site, "C1")
    done = await limin.post(f"/h5/day/{first}", {"way": "phone", "result": "no_deal"})
    assert done.status_code == 303
    again = await limin.post(f"/h5/day/{first}", {"way": "phone", "result": "deal"})
    assert again.status_code == 303
    async with site.database.reading() as session:
        [touched] = await touches.of_customer(session, first)
        covered = await standings.page(session, standings.Wanted(show="covered"), TERMS)
    assert (touched.channel, touched.outcome, touched.staff_id) == ("phone", "deal", "limin")
    assert [one.customer_id for one in covered] == [first]
    assert "已联络 1/2" in words_of((await limin.get("/h5/day?view=done")).text)
    assert "客户C1" not in words_of((await limin.get("/h5/day?view=open")).text)


async def test_who_was_not_reached_stays_open_and_counts_as_a_miss(site: SiteUnderTest) -> None:
    limin = await site.signed_in("limin")
    second = await _id(site, "C2")
    for way in ("phone", "visit", "branch"):
        answer = await limin.post(f"/h5/day/{second}", {"way": way, "result": "unreached"})
        assert answer.status_code == 303
    assert "已联络 0/2" in words_of((await limin.get("/h5/day")).text)
    async with site.database.reading() as session:
        assert await parking.count(session, units=None) == 0


async def test_another_managers_customer_and_an_unknown_word_are_refused(
    site: SiteUnderTest,
) -> None:
    limin = await site.signed_in("limin")
    theirs = await _id(site, "C3")
    answer = await limin.post(f"/h5/day/{theirs}", {"way": "phone", "result": "deal"})
    assert answer.status_code == 404
    mine = await _id(site, "C1")
    answer = await limin.post(f"/h5/day/{mine}", {"way": "pigeon", "result": "deal"})
    assert answer.status_code == 409
