"""The customer group in the sidebar: who sees it, what fits everybody in it, the owner's one tap."""

from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from community.landing import land_group
from compliance import service as consent
from compliance.facts import Scope
from delivery import proving
from delivery.group_posts import posted_today
from kit import clock
from kit.ledger.verify import verify
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import approved_script
from tests.flows.site import SiteUnderTest, open_site, words_of
from wecom.groups import Group, GroupMember

pytestmark = pytest.mark.anyio

TODAY = date(2026, 11, 25)
TEN = clock.bank_moment(TODAY, time(10, 0))
CHAT = "wr-1"
DAILY = "大家好，这里是{{bank_name}}，今晚七点跟练，身体不适请休息。群里有事随时找{{staff_name}}。"
EVENT = "{{event_name}}定在周末，要来的在群里接龙，方便准备座位。"


class Wall:
    def __init__(self) -> None:
        self.at: datetime = TEN

    def __call__(self) -> datetime:
        return self.at


def _member(member_id: str) -> GroupMember:
    return GroupMember(
        member_id=member_id,
        kind=2 if member_id.startswith("wm") else 1,
        joined_at=TEN - timedelta(days=30),
        join_scene=3,
        invited_by="",
        state="",
        name="",
        group_nickname="",
        unionid="",
    )


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
async def site(database_url: str, tmp_path: Path, wall: Wall) -> AsyncIterator[SiteUnderTest]:
    """李敏's group: herself, 王芳, two customers, one contact whom nobody knows."""
    async with open_site(database_url, tmp_path, now=wall) as opened:
        async with opened.database.transaction() as session:
            await bank.units(session)
            for staff_id in ("limin", "wangfang", "zhaolei"):
                await bank.staff(session, staff_id)
            for number in ("C1", "C2"):
                await bank.reached_customer(session, number, owner="limin")
            await bank.contact(session, "wm-stranger")
            people = ("limin", "wangfang", "wm-C1", "wm-C2", "wm-stranger")
            await land_group(
                session,
                Group(
                    chat_id=CHAT,
                    name="翠湖社区福利群",
                    owner="LiMin",
                    created_at=TEN - timedelta(days=60),
                    notice="",
                    members=tuple(map(_member, people)),
                    admins=(),
                    member_version="v1",
                ),
                TEN - timedelta(days=1),
            )
            await approved_script(
                session, "group.daily", DAILY, scene="group.daily", purpose="care", form="group"
            )
            await approved_script(
                session, "group.event", EVENT, scene="group.daily", purpose="care", form="group"
            )
            await approved_script(
                session,
                "care.cold",
                "{{customer_title}}，天冷添衣。",
                scene="care.general",
                purpose="care",
            )
        yield opened


async def _version(site: SiteUnderTest, code: str) -> int:
    async with site.database.reading() as session:
        query = text("SELECT id FROM script_version WHERE code = :code")
        return int((await session.execute(query, {"code": code})).scalar_one())


async def _send(site: SiteUnderTest, staff_id: str, code: str) -> tuple[int, dict[str, object]]:
    visitor = await site.signed_in(staff_id)
    answer = await visitor.post(
        "/h5/group/sends", {"chat": CHAT, "script_version_id": await _version(site, code)}
    )
    kind = answer.headers["content-type"]
    return answer.status_code, answer.json() if "json" in kind else {"html": answer.text}


async def _acts(site: SiteUnderTest) -> list[str]:
    async with site.database.reading() as session:
        query = text("SELECT act FROM ledger_entry WHERE act LIKE 'send.%' ORDER BY at, seq")
        return list((await session.execute(query)).scalars())


async def test_only_texts_without_personal_data_are_on_the_page(site: SiteUnderTest) -> None:
    limin = await site.signed_in("limin")
    page = await limin.get(f"/h5/group?chat={CHAT}")
    assert page.status_code == 200
    words = words_of(page.text)
    assert "翠湖社区福利群 5 人 · 群主 员工limin" in words
    assert "今晚七点跟练" in words
    assert "发送到本群" in words
    assert "天冷添衣" not in words
    assert "方便准备座位" not in words  # its event is not known here
    assert "其余 2 条已隐藏" in words


async def test_the_owners_tap_posts_the_approved_text_once_and_keeps_the_record(
    site: SiteUnderTest,
) -> None:
    status, ticket = await _send(site, "limin", "group.daily")
    assert status == 200
    assert ticket["payloads"] == [
        {
            "msgtype": "text",
            "text": {
                "content": "大家好，这里是青禾银行，今晚七点跟练，身体不适请休息。"
                "群里有事随时找员工limin。"
            },
        }
    ]
    limin = await site.signed_in("limin")
    said = await limin.post(f"/h5/sends/{ticket['ticket']}/result", {"outcome": "ok"})
    assert said.json()["label"] == "已发送 10:00"
    async with site.database.reading() as session:
        [posted] = await posted_today(session, CHAT, TEN)
        [claim] = await proving.awaiting_proof(session, since=TEN - timedelta(hours=1))
        assert (await verify(session)).sound
    assert (posted.script_code, posted.state) == ("group.daily", "claimed")
    assert (claim.chat_id, claim.external_userid) == (CHAT, "")
    assert await _acts(site) == ["send.prepared", "send.claimed"]
    page = await limin.get(f"/h5/group?chat={CHAT}")
    assert "话术 group.daily 第 1 版 待存档核对" in words_of(page.text)


async def test_a_group_is_posted_to_only_so_often_a_day(site: SiteUnderTest) -> None:
    most = site.parts.desk.policy.outreach.caps.care.group_day
    for _ in range(most):
        assert (await _send(site, "limin", "group.daily"))[0] == 200
    status, face = await _send(site, "limin", "group.daily")
    assert status == 409
    assert "E-4033" in str(face["html"])
    assert (await _acts(site))[-1] == "send.blocked"


async def test_a_cancelled_post_gives_its_place_back(site: SiteUnderTest) -> None:
    limin = await site.signed_in("limin")
    for _ in range(site.parts.desk.policy.outreach.caps.care.group_day + 1):
        status, ticket = await _send(site, "limin", "group.daily")
        assert status == 200
        await limin.post(f"/h5/sends/{ticket['ticket']}/result", {"outcome": "cancel"})


async def test_a_member_who_is_not_the_owner_may_look_but_not_post(site: SiteUnderTest) -> None:
    wangfang = await site.signed_in("wangfang")
    page = await wangfang.get(f"/h5/group?chat={CHAT}")
    assert page.status_code == 200
    assert "data-send" not in page.text
    assert "只有群主可以往群里发" in words_of(page.text)
    status, _ = await _send(site, "wangfang", "group.daily")
    assert status == 403


async def test_who_is_not_in_the_group_learns_nothing_of_it(site: SiteUnderTest) -> None:
    zhaolei = await site.signed_in("zhaolei")
    page = await zhaolei.get(f"/h5/group?chat={CHAT}")
    assert page.status_code == 404
    assert "翠湖" not in page.text
    assert (await _send(site, "zhaolei", "group.daily"))[0] == 404


async def test_one_member_who_wants_silence_silences_the_group(site: SiteUnderTest) -> None:
    async with site.database.transaction() as session:
        query = text("SELECT id FROM customer WHERE customer_no = 'C2'")
        customer_id = int((await session.execute(query)).scalar_one())
        await consent.suppress(
            session, customer_id, Scope.ALL, "phone", "客户来电要求勿扰", TEN, "staff:hejing"
        )
    status, face = await _send(site, "limin", "group.daily")
    assert status == 409
    assert "E-4023" in str(face["html"])
    assert "今晚七点" not in str(face["html"])


async def test_a_customer_of_another_manager_protects_the_group_as_well(
    site: SiteUnderTest,
) -> None:
    async with site.database.transaction() as session:
        query = text("SELECT id FROM customer WHERE customer_no = 'C2'")
        customer_id = int((await session.execute(query)).scalar_one())
        moved = text("UPDATE coverage SET staff_id = 'wangfang' WHERE customer_id = :customer")
        await session.execute(moved, {"customer": customer_id})
        await consent.suppress(
            session, customer_id, Scope.ALL, "phone", "客户来电要求勿扰", TEN, "staff:hejing"
        )
    status, face = await _send(site, "limin", "group.daily")
    assert status == 409
    assert "E-4023" in str(face["html"])


async def test_at_night_nothing_is_posted(site: SiteUnderTest, wall: Wall) -> None:
    wall.at = clock.bank_moment(TODAY, time(22, 0))
    status, face = await _send(site, "limin", "group.daily")
    assert status == 409
    assert "不在可以打扰客户的时段" in words_of(str(face["html"]))


async def test_the_preview_shows_what_the_group_will_see(site: SiteUnderTest) -> None:
    limin = await site.signed_in("limin")
    version = await _version(site, "group.daily")
    sheet = await limin.get(f"/h5/group/preview?chat={CHAT}&script_version_id={version}", hx=True)
    assert sheet.status_code == 200
    assert "群里将看到" in words_of(sheet.text)
    assert "按最低的一位判断" in words_of(sheet.text)
