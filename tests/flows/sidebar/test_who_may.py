"""Which kinds of relation open a customer and which send is policy: page, card and ticket agree."""

from collections.abc import AsyncIterator
from datetime import date, time
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from config import policy_catalogue, policy_files
from crm_sync.models import Coverage
from kit import clock
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import approved_script
from tests.flows.site import SiteUnderTest, open_site, words_of

pytestmark = pytest.mark.anyio
TEN = clock.bank_moment(date(2026, 11, 25), time(10, 0))
CARE = "{{customer_title}}，天气转凉，早晚添件衣服。"


@pytest.fixture
async def site(database_url: str, tmp_path: Path) -> AsyncIterator[SiteUnderTest]:
    """limin owns the customer, duigong is the corporate manager, kequn the persona manager."""
    async with open_site(database_url, tmp_path, now=lambda: TEN) as opened:
        async with opened.database.transaction() as session:
            await bank.units(session)
            for who in ("limin", "duigong", "kequn"):
                await bank.staff(session, who)
            customer = await bank.reached_customer(session, "C1", owner="limin", gender="F")
            for who, kind in (("duigong", "corporate"), ("kequn", "persona")):
                await bank.covers(session, who, customer, kind)
                await bank.relation(session, who, "wm-C1")
            await approved_script(session, "care.cold", CARE, scene="care.general", purpose="care")
        yield opened


def _policy(site: SiteUnderTest, *, opens: list[str], sends: list[str]) -> None:
    values = policy_files.read("ownership") | {"relations": {"open": opens, "send": sends}}
    site.parts.shelf.put(policy_catalogue.OWNERSHIP, values, 1)


async def _version(site: SiteUnderTest) -> int:
    async with site.database.reading() as session:
        found = await session.execute(
            text("SELECT id FROM script_version WHERE code = 'care.cold'")
        )
        return int(found.scalar_one())


async def _sent(site: SiteUnderTest, who: str) -> int:
    person = await site.signed_in(who)
    asked = {"contact": "wm-C1", "script_version_id": await _version(site)}
    return (await person.post("/h5/sends", asked)).status_code


async def _card(site: SiteUnderTest, who: str) -> tuple[int, str]:
    person = await site.signed_in(who)
    answer = await person.get("/h5/customer?contact=wm-C1")
    return answer.status_code, answer.text


@pytest.mark.mission("B12")
async def test_a_customer_has_a_personal_and_a_corporate_manager_and_the_owner_alone_sends(
    site: SiteUnderTest,
) -> None:
    async with site.database.reading() as session:
        kinds = set((await session.execute(select(col(Coverage.kind)))).scalars())
    assert kinds == {"owner", "corporate", "persona"}
    for who, may in (("limin", True), ("duigong", False), ("kequn", False)):
        status, html = await _card(site, who)
        assert status == 200, who
        assert ("data-send" in html) == may, who
        assert ("消息由管户的同事发送" in words_of(html)) != may, who
        assert await _sent(site, who) == (200 if may else 403), who


@pytest.mark.mission("B12")
async def test_the_policy_lets_the_corporate_manager_send(site: SiteUnderTest) -> None:
    _policy(site, opens=["owner", "corporate"], sends=["owner", "corporate"])
    status, html = await _card(site, "duigong")
    assert status == 200
    assert "data-send" in html
    assert await _sent(site, "duigong") == 200


@pytest.mark.mission("B12")
async def test_the_policy_closes_the_customer_to_a_persona_manager(site: SiteUnderTest) -> None:
    _policy(site, opens=["owner"], sends=["owner"])
    status, _ = await _card(site, "kequn")
    assert status == 404
    assert await _sent(site, "kequn") == 404
    assert (await _card(site, "limin"))[0] == 200
