"""A manager writes down a turn in a customer's life, and its word comes on its day."""

from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from delivery.repository import todos
from kit.clock import bank_moment
from kit.ledger.reading import Wanted, page
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import approved_script
from tests.flows.site import SiteUnderTest, open_site, words_of
from wiring.jobs import plan

pytestmark = [pytest.mark.anyio, pytest.mark.mission("E6")]

TODAY = date(2026, 11, 25)
NOW = bank_moment(TODAY, time(10))


class Hands:
    """A clock that a test turns."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
async def site(database_url: str, tmp_path: Path) -> AsyncIterator[SiteUnderTest]:
    async with open_site(database_url, tmp_path, now=Hands()) as opened:
        async with opened.database.transaction() as session:
            await bank.units(session)
            await bank.staff(session, "limin")
            await bank.staff(session, "wangfang")
            await bank.reached_customer(session, "C1", owner="limin", born_on=date(1990, 3, 2))
            for code in ("life.home", "mot.home", "life.anniversary"):
                await approved_script(
                    session, code, "{{customer_title}}您好，祝您一切顺心。", purpose="care"
                )
        yield opened


async def _plan(site: SiteUnderTest, day: date) -> list[tuple[str, str]]:
    at = bank_moment(day, time(6, 30))
    await plan(site.parts, day, at)
    async with site.database.reading() as session:
        found = await todos.of_staff(session, "limin")
    return [(one.trigger, one.title) for one in found if one.due_on == day]


async def test_what_the_manager_writes_down_is_said_on_its_day_and_not_before(
    site: SiteUnderTest,
) -> None:
    limin = await site.signed_in("limin")
    assert "记一件大事" in words_of((await limin.get("/h5/customer?contact=wm-C1")).text)
    on = TODAY + timedelta(days=40)
    form = words_of((await limin.get("/h5/life?contact=wm-C1")).text)
    assert "买房 前 30 天、当天" in form
    assert "乔迁" not in form  # said as 买房 is
    assert "纪念日 当天、以后每年" in form
    said = {"contact": "wm-C1", "what": "买房", "on": on.isoformat()}
    for _ in range(2):  # a second tap writes nothing
        assert (await limin.post("/h5/life", said)).status_code == 303
    told = words_of((await limin.get("/h5/life?contact=wm-C1")).text)
    assert "买房 1月4日" in told
    assert "员工limin登记" in told
    async with site.database.reading() as session:
        [entry] = await page(session, Wanted(acts=frozenset({"life.noted"})))
    assert (entry.actor, entry.at) == ("staff:limin", NOW)
    assert entry.payload == {"what": "买房", "on": on.isoformat()}
    assert await _plan(site, on - timedelta(days=31)) == []
    assert await _plan(site, on - timedelta(days=30)) == [("mot", "关键时刻，还有 30 天")]
    assert await _plan(site, on - timedelta(days=1)) == []
    assert await _plan(site, on) == [("life", "人生大事")]
    assert await _plan(site, on + timedelta(days=1)) == []


async def test_an_anniversary_comes_back_every_year_also_one_of_the_leap_day(
    site: SiteUnderTest,
) -> None:
    limin = await site.signed_in("limin")
    assert isinstance(site.parts.clock, Hands)
    site.parts.clock.at = bank_moment(date(2028, 2, 1), time(10))
    limin = await site.signed_in("limin")
    said = {"contact": "wm-C1", "what": "纪念日", "on": "2028-02-29"}
    assert (await limin.post("/h5/life", said)).status_code == 303
    assert await _plan(site, date(2028, 2, 28)) == []
    assert await _plan(site, date(2028, 2, 29)) == [("life", "人生大事")]
    assert await _plan(site, date(2029, 2, 27)) == []
    assert await _plan(site, date(2029, 2, 28)) == [("anniversary", "纪念日")]
    assert await _plan(site, date(2029, 3, 1)) == []
    assert await _plan(site, date(2032, 2, 28)) == []
    assert await _plan(site, date(2032, 2, 29)) == [("anniversary", "纪念日")]


async def test_what_is_taken_back_is_never_said_and_a_files_event_stays(
    site: SiteUnderTest,
) -> None:
    on = TODAY + timedelta(days=3)
    async with site.database.transaction() as session:
        await bank.event(session, 1, "life", on + timedelta(days=1), 0)
    limin = await site.signed_in("limin")
    said = {"contact": "wm-C1", "what": "买房", "on": on.isoformat()}
    await limin.post("/h5/life", said)
    number = f"hand:1:{on.isoformat()}:买房"
    gone = await limin.post("/h5/life/back", {"contact": "wm-C1", "number": number})
    assert gone.status_code == 303
    again = await limin.post("/h5/life/back", {"contact": "wm-C1", "number": number})
    assert (again.status_code, "E-3214" in again.text) == (422, True)
    file = f"life-1-{on + timedelta(days=1)}"
    kept = await limin.post("/h5/life/back", {"contact": "wm-C1", "number": file})
    assert kept.status_code == 422
    told = words_of((await limin.get("/h5/life?contact=wm-C1")).text)
    assert "· 导入" in told
    assert await _plan(site, on) == []


@pytest.mark.parametrize(
    ("what", "on", "says"),
    [
        ("离婚", "2026-12-01", "这不是可以登记的事"),
        ("买房", "2026-11-25", "日期要在明天到 400 天之内"),
        ("买房", "2028-01-01", "日期要在明天到 400 天之内"),
        ("买房", "下周", "请选是哪一天"),
        ("买房", "", "请选是哪一天"),
    ],
)
async def test_what_cannot_be_remembered_is_refused_with_the_reason(
    site: SiteUnderTest, what: str, on: str, says: str
) -> None:
    limin = await site.signed_in("limin")
    answer = await limin.post("/h5/life", {"contact": "wm-C1", "what": what, "on": on})
    assert answer.status_code == 422
    assert says in answer.text
    assert "E-3214" in answer.text


async def test_nobody_else_may_see_or_write_it(site: SiteUnderTest) -> None:
    wangfang = await site.signed_in("wangfang")
    said = {"contact": "wm-C1", "what": "买房", "on": "2026-12-01"}
    assert (await wangfang.get("/h5/life?contact=wm-C1")).status_code in (403, 404)
    assert (await wangfang.post("/h5/life", said)).status_code in (403, 404)
