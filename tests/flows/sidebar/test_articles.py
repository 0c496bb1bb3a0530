"""An article goes to one customer as a card of our own page, and its reader is seen beside the chat."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from config import persona_policy, reading_policy
from content_library import service as library
from content_library.item_files import article_draft
from crm_sync.models import PageOpening
from crm_sync.readings import keeping, links
from delivery.repository import todos
from tests.flows.sidebar.test_sidebar import TEN, site, wall
from tests.flows.site import SiteUnderTest, words_of

pytestmark = pytest.mark.anyio
__all__ = ["site", "wall"]
ROW: dict[str, object] = {
    "code": "article.life.winter",
    "title": "冬天读什么",
    "topic": "life",
    "purpose": "care",
    "summary": "十本适合冬天的书。",
    "publisher": "青禾银行",
    "source": "青禾银行",
    "body": "# 冬天读什么\n慢慢读。",
}


class Clean:
    def __call__(self, text: str, **_: Any) -> tuple[()]:
        return ()


async def _article(site: SiteUnderTest) -> int:
    async with site.database.transaction() as session:
        number = await library.draft(session, article_draft(ROW), by="staff:a", at=TEN)
        await library.submit(session, number, by="staff:a", reason="", at=TEN, examiner=Clean())
        await library.approve(session, number, by="staff:b", opinion="同意", at=TEN)
    return number


@pytest.mark.mission("F4")
async def test_an_article_is_sent_as_a_card_whose_page_opens_and_the_next_step_moves_on(
    site: SiteUnderTest,
) -> None:
    number, limin = await _article(site), await site.signed_in("limin")
    shelf = await limin.get("/h5/scripts?contact=wm-C1&library=article")
    assert "十本适合冬天的书" in shelf.text
    assert "慢慢读" not in shelf.text
    before = words_of((await limin.get("/h5/customer?contact=wm-C1")).text)
    assert "下一步：联系计划" in before
    assert "为什么：近 90 天没有排过联络" in before
    sent = await limin.post("/h5/sends", {"contact": "wm-C1", "script_version_id": number})
    assert sent.status_code == 200, sent.text
    [card] = sent.json()["payloads"]
    assert (card["msgtype"], card["news"]["title"]) == ("news", "冬天读什么")
    link = card["news"]["link"]
    assert all(word not in link for word in ("wm-C1", "limin", "article"))
    await limin.post(f"/h5/sends/{sent.json()['ticket']}/result", {"outcome": "ok"})
    async with site.browser() as visitor:
        page = await visitor.get(link, headers={"user-agent": "MicroMessenger/8.0"})
    assert "慢慢读" in words_of(page.text)
    async with site.database.reading() as session:
        opened = (await session.execute(select(PageOpening))).scalar_one()
        assert (opened.article_code, opened.openings) == ("article.life.winter", 1)
    after = words_of((await limin.get("/h5/customer?contact=wm-C1")).text)
    assert "下一步：产品呈现" in after
    assert "这一步的话术" in after
    assert (await limin.get("/h5/scripts?contact=wm-C1&step=invite")).status_code == 200


async def test_beside_the_chat_stands_what_a_consenting_customer_read_and_why_it_is_known(
    site: SiteUnderTest,
) -> None:
    limin = await site.signed_in("limin")
    assert "看了《" not in (await limin.get("/h5/customer?contact=wm-C1")).text
    async with site.database.transaction() as session:
        [todo] = await todos.page(session, units=None)
        shared = links.shared_now("article.life.winter", 1, "limin", "0101", todo.customer_id)
        page = keeping.Page("冬天读什么", frozenset(), "生活服务")
        visit = ""
        for days in (5, 3):
            visit = await keeping.begin(
                session, shared, page, TEN - timedelta(days=days), reading_policy.load()
            )
        await keeping.seen(
            session, visit, seconds=60, depth=50, at=TEN, policy=reading_policy.load(),
            personas=persona_policy.load(),
        )  # fmt: skip
    shown = words_of((await limin.get("/h5/customer?contact=wm-C1")).text)
    assert "看了《冬天读什么》2 次，最近 11 月 22 日，读到一半" in shown
    assert "由微信确认是本人后才有" in shown
