"""话术库 beside a group is of the group: its form, its people, its owner's tap; never a customer's."""

from collections.abc import AsyncIterator
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from bot.sidebar.cards import kind_of
from community import service as groups
from community.landing import land_group
from kit import clock
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import approved_script
from tests.flows.site import SiteUnderTest, open_site, words_of
from wecom.groups import Group, GroupMember

pytestmark = pytest.mark.anyio

TEN = clock.bank_moment(date(2026, 11, 25), time(10, 0))
CHAT = "wr-1"
GROUP_TEXTS = {
    "group.daily": ("今晚七点跟练，身体不适请休息。", None),
    "group.run": ("周末晨跑照常，带好水。", "长跑"),
    "group.elder": ("陌生来电要您转账的，先挂断再核实。", "老年"),
}


def _member(member_id: str) -> GroupMember:
    kind = 2 if member_id.startswith("wm") else 1
    return GroupMember(member_id, kind, TEN - timedelta(days=30), 3, "", "", "", "", "")


@pytest.fixture
async def site(database_url: str, tmp_path: Path) -> AsyncIterator[SiteUnderTest]:
    """李敏's running group with 王芳 and one customer in it, and what has been approved."""
    async with open_site(database_url, tmp_path, now=lambda: TEN) as opened:
        async with opened.database.transaction() as session:
            await bank.units(session)
            for staff_id in ("limin", "wangfang", "zhaolei"):
                await bank.staff(session, staff_id)
            await bank.reached_customer(session, "C1", owner="limin")
            await land_group(
                session,
                Group(
                    chat_id=CHAT,
                    name="翠湖长跑群",
                    owner="LiMin",
                    created_at=TEN - timedelta(days=60),
                    notice="",
                    members=tuple(map(_member, ("limin", "wangfang", "wm-C1"))),
                    admins=(),
                    member_version="v1",
                ),
                TEN - timedelta(days=1),
            )
            for code, (words, persona) in GROUP_TEXTS.items():
                await approved_script(
                    session,
                    code,
                    words,
                    scene="group.daily",
                    purpose="care",
                    form="group",
                    persona=persona,
                )
            await approved_script(
                session, "care.cold", "天冷添衣，路上慢些。", scene="care.general", purpose="care"
            )
        yield opened


async def _register(site: SiteUnderTest, persona: str) -> None:
    async with site.database.transaction() as session:
        await groups.register(
            session, CHAT, purpose="兴趣群", persona=persona, actor="staff:chief", at=TEN
        )


async def _page(site: SiteUnderTest, query: str, staff_id: str = "limin") -> tuple[int, str]:
    visitor = await site.signed_in(staff_id)
    answer = await visitor.get(f"/h5/scripts?{query}")
    return answer.status_code, answer.text


async def test_the_library_beside_a_group_holds_what_fits_the_group(site: SiteUnderTest) -> None:
    await _register(site, "长跑")
    status, html = await _page(site, f"chat={CHAT}")
    words = words_of(html)
    assert status == 200
    assert "翠湖长跑群" in words
    assert "今晚七点跟练" in words
    assert "周末晨跑照常" in words
    assert "先挂断再核实" not in words  # written for another group's people
    assert "天冷添衣" not in words  # for one customer, not for a group
    assert "另有 1 条不适合这里，已隐藏" in words
    assert f'name="chat" value="{CHAT}"' in html
    assert f"&amp;chat={CHAT}" in html


async def test_a_group_that_is_registered_for_nobody_in_particular_hears_every_group_text(
    site: SiteUnderTest,
) -> None:
    _, html = await _page(site, f"chat={CHAT}")
    assert all(text in words_of(html) for text, _ in GROUP_TEXTS.values())


async def test_the_search_looks_in_the_texts_of_the_group(site: SiteUnderTest) -> None:
    _, html = await _page(site, f"chat={CHAT}&q=晨跑")
    assert "周末晨跑照常" in words_of(html)
    assert "今晚七点跟练" not in words_of(html)
    _, nothing = await _page(site, f"chat={CHAT}&q=没有的话")
    assert "没有找到“没有的话”" in words_of(nothing)


async def test_only_the_owner_may_send_from_the_library(site: SiteUnderTest) -> None:
    _, owners = await _page(site, f"chat={CHAT}")
    _, members = await _page(site, f"chat={CHAT}", "wangfang")
    assert "发送到本群" in words_of(owners)
    assert "今晚七点跟练" in words_of(members)
    assert "发送到本群" not in words_of(members)


async def test_a_group_that_the_viewer_is_not_in_has_no_library(site: SiteUnderTest) -> None:
    status, html = await _page(site, f"chat={CHAT}", "zhaolei")
    assert status == 404
    assert "今晚七点跟练" not in html


async def test_beside_a_customer_the_library_is_the_customers(site: SiteUnderTest) -> None:
    _, html = await _page(site, "contact=wm-C1")
    assert "天冷添衣" in words_of(html)
    assert "今晚七点跟练" not in words_of(html)


@pytest.mark.parametrize(
    ("purpose", "scene", "called"),
    [
        ("service", "maturity.deposit.t7", "到期"),
        ("service", "maturity.wealth", "到期"),
        ("service", "loan.due", "还款"),
        ("service", "card.expiry", "换卡"),
        ("service", "product.open", "开放日"),
        ("service", "sidebar.complaint", "服务"),
        ("service", "care.assessment", "服务"),
        ("care", "birthday", "生日"),
        ("care", "care.festival", "关怀"),
        ("marketing", "remarketing", "产品"),
    ],
)
def test_only_what_matures_is_called_a_maturity(purpose: str, scene: str, called: str) -> None:
    assert kind_of(purpose, scene)[0] == called
