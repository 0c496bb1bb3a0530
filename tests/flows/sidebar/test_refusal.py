"""客户说不要了: the manager writes it down beside the chat, and it holds for everybody at once."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from compliance.repository import recipient_standing
from kit.ledger.reading import Wanted, page
from tests.flows.crm_sync import bank
from tests.flows.site import SiteUnderTest, open_site, words_of

pytestmark = [pytest.mark.anyio, pytest.mark.mission("C6")]


@pytest.fixture
async def site(database_url: str, tmp_path: Path) -> AsyncIterator[SiteUnderTest]:
    async with open_site(database_url, tmp_path) as opened:
        async with opened.database.transaction() as session:
            await bank.units(session)
            await bank.staff(session, "limin")
            await bank.staff(session, "wangfang")
            await bank.reached_customer(session, "C1", owner="limin", born_on=date(1970, 3, 2))
        yield opened


async def test_the_managers_word_for_the_customer_holds_at_once(site: SiteUnderTest) -> None:
    limin = await site.signed_in("limin")
    card = await limin.get("/h5/customer?contact=wm-C1")
    assert "客户说不要了" in words_of(card.text)
    form = await limin.get("/h5/refusal?contact=wm-C1")
    assert "客户的原话" in words_of(form.text)
    silent = await limin.post("/h5/refusal", {"contact": "wm-C1", "choice": "marketing"})
    assert silent.status_code == 422
    done = await limin.post(
        "/h5/refusal", {"contact": "wm-C1", "choice": "marketing", "words": "别再发理财了"}
    )
    assert done.status_code == 303
    async with site.database.reading() as session:
        standing = (await recipient_standing(session, [1]))[1]
        [entry] = await page(session, Wanted(acts=frozenset({"suppression.set"})))
    assert standing.suppressed == {"marketing"}
    assert entry.actor == "staff:limin"
    assert entry.payload == {"source": "客户经理代登记", "why": "别再发理财了"}
    assert "已退订" in words_of((await limin.get("/h5/customer?contact=wm-C1")).text)


async def test_somebody_elses_customer_cannot_be_opted_out(site: SiteUnderTest) -> None:
    wangfang = await site.signed_in("wangfang")
    tried = await wangfang.post(
        "/h5/refusal", {"contact": "wm-C1", "choice": "all", "words": "不要了"}
    )
    assert tried.status_code in (403, 404)
    async with site.database.reading() as session:
        assert not (await recipient_standing(session, [1]))[1].suppressed
