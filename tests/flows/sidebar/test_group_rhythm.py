"""The owner finds beside the chat what the group posts today, taps once, and head office sees it."""

from collections.abc import AsyncIterator
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from community import service as groups
from community.facts import Seat
from community.landing import land_group
from community.rhythm import post_of
from config import community_policy
from kit.clock import bank_moment
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import approved_script
from tests.flows.sidebar.test_group import CHAT, Wall, _member
from tests.flows.site import SiteUnderTest, open_site, words_of
from wecom.groups import Group

pytestmark = pytest.mark.anyio

MONDAY = date(2026, 11, 23)
TEN = bank_moment(MONDAY, time(10))
SAYING = "叔叔阿姨们好，今天记一句话：不认识的人让转账，一律不转。"
PHONE = "叔叔阿姨们好，手机上的字可以调大一档。"


@pytest.fixture
def wall() -> Wall:
    made = Wall()
    made.at = TEN
    return made


@pytest.fixture
async def site(database_url: str, tmp_path: Path, wall: Wall) -> AsyncIterator[SiteUnderTest]:
    """李敏 owns a registered group of elders and one that nobody registered; 合规 looks on."""
    async with open_site(database_url, tmp_path, now=wall) as opened:
        async with opened.database.transaction() as session:
            await bank.units(session)
            for staff_id in ("limin", "wangfang", "hejing"):
                await bank.staff(session, staff_id)
            await bank.grant(session, "hejing", "ops", "hq")
            await bank.reached_customer(session, "C1", owner="limin")
            for number, people in ((CHAT, ("limin", "wangfang", "wm-C1")), ("wr-2", ("limin",))):
                await land_group(
                    session,
                    Group(
                        chat_id=number,
                        name=f"{number} 老友群",
                        owner="LiMin",
                        created_at=TEN - timedelta(days=60),
                        notice="",
                        members=tuple(map(_member, people)),
                        admins=(),
                        member_version="v1",
                    ),
                    TEN - timedelta(days=1),
                )
            await groups.register(
                session, CHAT, purpose="兴趣群", persona="老年", unit_id="0101",
                actor="staff:hejing", at=TEN,
            )  # fmt: skip
            for code, words in (("group.elder", SAYING), ("group.elder.phone", PHONE)):
                await approved_script(
                    session, code, words, scene="group.daily", purpose="care", form="group"
                )
        yield opened


async def test_on_monday_the_elders_hear_one_saying_and_the_tap_is_the_proof(
    site: SiteUnderTest, wall: Wall
) -> None:
    limin = await site.signed_in("limin")
    page = words_of((await limin.get(f"/h5/group?chat={CHAT}")).text)
    assert "09:30 要发 长辈群" in page
    assert "每周一句防骗话" in page
    todo = words_of((await limin.get("/h5/todo")).text)
    assert "今天群里要发 1 条" in todo
    assert "去群里发" in todo
    hejing = await site.signed_in("hejing", "console")
    listed = words_of((await hejing.get("/c/groups/rhythm")).text)
    assert "wr-1 老友群 长辈群 员工limin" in listed
    assert "待发" in listed
    assert "wr-2" not in listed  # nobody registered it

    wall.at = TEN + timedelta(days=1)
    hejing = await site.signed_in("hejing", "console")
    limin = await site.signed_in("limin")
    late = words_of((await hejing.get(f"/c/groups/rhythm?on={MONDAY}&state=missed")).text)
    assert "wr-1 老友群" in late
    assert "没发" in late
    assert "今天群里要发" not in words_of((await limin.get("/h5/todo")).text)  # a Tuesday
    assert "要发 长辈群" not in words_of((await limin.get(f"/h5/group?chat={CHAT}")).text)


async def test_what_was_posted_is_done_on_every_page(site: SiteUnderTest) -> None:
    limin = await site.signed_in("limin")
    due = post_of(
        community_policy.load(),
        Seat(CHAT, "limin", "0101", "老年", "", True),
        MONDAY,
        site.parts.desk.calendar.is_working,
    )
    assert due is not None
    async with site.database.reading() as session:
        query = text("SELECT id FROM script_version WHERE code = :code")
        version = (await session.execute(query, {"code": due.script_code})).scalar_one()
    answer = await limin.post("/h5/group/sends", {"chat": CHAT, "script_version_id": version})
    said = await limin.post(f"/h5/sends/{answer.json()['ticket']}/result", {"outcome": "ok"})
    assert said.status_code == 200
    assert "要发 长辈群" not in words_of((await limin.get(f"/h5/group?chat={CHAT}")).text)
    assert "去群里发" not in words_of((await limin.get("/h5/todo")).text)
    hejing = await site.signed_in("hejing", "console")
    posted = words_of((await hejing.get("/c/groups/rhythm?state=posted")).text)
    assert "wr-1 老友群" in posted
    assert due.script_code in posted
    assert "wr-1 老友群" not in (await hejing.get("/c/groups/rhythm?state=waiting")).text


async def test_a_post_whose_words_are_not_approved_waits_and_offers_nothing(
    site: SiteUnderTest,
) -> None:
    async with site.database.transaction() as session:
        await session.execute(text("UPDATE script_version SET state = 'retired'"))
    limin = await site.signed_in("limin")
    page = words_of((await limin.get(f"/h5/group?chat={CHAT}")).text)
    assert "09:30 要发" in page
    assert "内容还在审核" in page
    assert "发送到本群" not in page
