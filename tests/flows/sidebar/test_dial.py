"""拨号 on the phone's page: a tap where there is an exchange, the reason where there is none."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from compliance.facts import Channel, Purpose
from crm_sync import selection
from delivery import dialled, door
from delivery.intents import Intent
from delivery.repository import todos
from kit import clock
from simulator.wecom.state.phones import TOKEN
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import T7, approved_script, desk
from tests.flows.site import SiteUnderTest, open_site, words_of

pytestmark = [pytest.mark.anyio, pytest.mark.mission("C7")]

TODAY = date(2026, 11, 25)
PHONE, MASKED = "13800000012", "138****0012"
EXCHANGE = {
    "GENGYUN_DIALLER__URL": "http://exchange/phone/calls",
    "GENGYUN_DIALLER__TOKEN": TOKEN,
}


class Wall:
    def __init__(self) -> None:
        self.at: datetime = clock.bank_moment(TODAY, time(10, 0))

    def __call__(self) -> datetime:
        return self.at


@asynccontextmanager
async def _site(
    database_url: str, tmp_path: Path, wall: Wall, **more: str
) -> AsyncIterator[tuple[SiteUnderTest, int]]:
    async with open_site(database_url, tmp_path, now=wall, **more) as opened:
        async with opened.database.transaction() as session:
            await bank.units(session)
            await bank.staff(session, "limin")
            await bank.staff(session, "wangfang")
            customer = await bank.customer(
                session, "P", owner="limin", born_on=date(1980, 1, 1), phone=PHONE, tier="私行"
            )
            version = await approved_script(session, "t7", T7)
            facts = await selection.customer_facts(session, [customer])
            intent = Intent(
                key="maturity.deposit:P", trigger="maturity.deposit", channel=Channel.TODO,
                purpose=Purpose.SERVICE, customer=facts[customer], reach=None,
                script_version_id=version,
                fields={"product_name": "整存整取", "matures_on": date(2026, 12, 2)},
                title="到期", why="整存整取到期", due_on=TODAY,
                expires_at=wall.at + timedelta(days=5),
            )  # fmt: skip
            await door.submit(session, [intent], at=wall.at, desk=desk(), by="system:test")
            [todo] = await todos.page(session, units=None)
        assert todo.channel == "phone"
        yield opened, todo.id


async def test_without_an_exchange_there_is_no_tap_and_the_page_says_why(
    database_url: str, tmp_path: Path
) -> None:
    async with _site(database_url, tmp_path, Wall()) as (site, todo):
        limin = await site.signed_in("limin")
        for path in ("/h5/todo", f"/h5/todo/{todo}?by=phone"):
            page = await limin.get(path)
            assert f"没有接入电话平台，系统不能代拨。请自己拨打 {MASKED}" in words_of(page.text)
            assert f"/h5/todo/{todo}/call" not in page.text
        refused = await limin.post(f"/h5/todo/{todo}/call")
        assert refused.status_code == 409
        assert "E-5110" in refused.text


async def test_the_tap_shows_how_the_call_goes_and_never_the_number_or_the_token(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wall = Wall()
    async with _site(database_url, tmp_path, wall, **EXCHANGE) as (site, todo):
        limin = await site.signed_in("limin")
        page = (await limin.get("/h5/todo")).text
        assert f"拨号 {MASKED}" in words_of(page)
        hx = {"hx-request": "true"}
        tapped = await limin.post(f"/h5/todo/{todo}/call", None, **hx)
        assert "正在请电话平台接通" in tapped.text
        assert "every 3s" in tapped.text
        assert await site.parts.dispatcher().drain() == 1
        going = await limin.get(f"/h5/todo/{todo}/call", hx=True)
        assert "电话平台正在接通" in going.text
        assert await _told(site, seconds=60) == {"asked": 1, "ended": 1}
        over = await limin.get(f"/h5/todo/{todo}/call", hx=True)
        assert "已接通，通话 42 秒" in over.text
        assert "every 3s" not in over.text
        done = (await limin.get("/h5/todo?view=done")).text
        assert "已办结" in words_of(done)
        wangfang = await site.signed_in("wangfang")
        assert (await wangfang.post(f"/h5/todo/{todo}/call", None, **hx)).status_code == 404
        async with site.database.reading() as session:
            kept = [
                str(row)
                for table in ("phone_call", "ledger_entry", "touch")
                for row in await session.execute(text(f"SELECT * FROM {table}"))  # noqa: S608
            ]
    said = capsys.readouterr()
    everything = " ".join(
        (page, tapped.text, going.text, over.text, done, said.out, said.err, *kept)
    )
    assert "delivery.settled" in said.out + said.err  # the log was read
    assert PHONE not in everything
    assert TOKEN not in everything


async def _told(site: SiteUnderTest, *, seconds: int) -> dict[str, int]:
    """The exchange's clock goes on, and it is asked."""
    transport = httpx.ASGITransport(site.world)
    async with httpx.AsyncClient(transport=transport, base_url="http://wecom") as people:
        moved = await people.post("/_sim/clock", json={"advance_s": seconds})
    assert moved.status_code == 200
    parts = site.parts
    return await dialled.poll(parts.databases.bank, parts.dialler, parts.clock, parts.desk)


async def test_at_night_the_tap_is_refused_with_the_gates_reason(
    database_url: str, tmp_path: Path
) -> None:
    wall = Wall()
    async with _site(database_url, tmp_path, wall, **EXCHANGE) as (site, todo):
        wall.at = clock.bank_moment(TODAY, time(22, 0))
        limin = await site.signed_in("limin")
        blocked = await limin.post(f"/h5/todo/{todo}/call", None, **{"hx-request": "true"})
        assert blocked.status_code == 409
        assert "不能拨号" in blocked.text
        assert "E-4027" in blocked.text
        async with site.database.reading() as session:
            acts = set((await session.execute(text("SELECT act FROM ledger_entry"))).scalars())
            calls = (await session.execute(text("SELECT count(*) FROM phone_call"))).scalar_one()
        assert "send.blocked" in acts
        assert calls == 0
