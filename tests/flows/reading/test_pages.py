"""客户雷达: nothing is kept of a reader before a yes that WeChat confirms; a no ends it at once."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, text
from sqlmodel import col

from compliance import service as standing
from compliance.facts import ConsentFact, ConsentPurpose
from config import reading_policy
from content_library import service as library
from content_library.item_files import article_draft
from crm_sync.models import BehaviourSignal, PageOpening, PersonaMembership, Reading
from crm_sync.personas_after_load import evaluate_changed
from crm_sync.readings import keeping, links, lists
from crm_sync.readings.errors import ReadingLinkBroken
from tests.flows.linking.visitor import Desk, Visitor
from tests.flows.site import words_of

pytestmark = pytest.mark.anyio
CODE = "article.reading.list"
ROW: dict[str, object] = {
    "code": CODE,
    "title": "冬天读什么",
    "topic": "life",
    "summary": "十本适合冬天的书。",
    "publisher": "青禾银行",
    "source": "青禾银行",
    "persona": "读书",
    "personas": "读书",
    "body": "# 冬天读什么\n\n慢慢读。\n- 第一本\n> 开卷有益",
}
PHONE = {"user-agent": "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0"}
VISIT = re.compile(r'data-visit="([\w-]+)"')


class Clean:
    def __call__(self, text: str, **_: Any) -> tuple[()]:
        return ()


async def _article(desk: Desk) -> None:
    async with desk.database.transaction() as session:
        number = await library.draft(session, article_draft(ROW), by="staff:a", at=desk.time())
        await library.submit(
            session, number, by="staff:a", reason="", at=desk.time(), examiner=Clean()
        )
        await library.approve(session, number, by="staff:b", opinion="同意", at=desk.time())


async def _setting(desk: Desk) -> str:
    """Zhou is wm-1 and got the article from limin; the address of it."""
    await _article(desk)
    zhou = desk.customers["zhou"]
    async with desk.database.transaction() as session:
        await session.execute(
            text("UPDATE contact SET customer_id = :c WHERE external_userid = 'wm-1'"), {"c": zhou}
        )
    shared = links.shared_now(CODE, 1, "limin", "0101", zhou, send="T1")
    return "/o/c/" + links.share_token(desk.site.parts.keys.cipher, shared, desk.time())


async def _agree(visitor: Visitor, path: str, **headers: str) -> httpx.Response:
    """Tap yes, and come back from WeChat."""
    begun = await visitor.client.get(path + "/agree", headers=headers)
    assert begun.status_code == 303, begun.text
    target = httpx.URL(begun.headers["location"])
    back = await visitor.desk.people.get(
        target.path, params={**target.params, "as_customer": visitor.external_userid}
    )
    return await visitor.client.get(str(httpx.URL(back.headers["location"]).raw_path, "ascii"))


async def _kept(desk: Desk) -> tuple[int, int]:
    async with desk.database.reading() as session:
        readings = (await session.execute(select(func.count()).select_from(Reading))).scalar_one()
        traces = select(func.count()).select_from(BehaviourSignal)
        return readings, (await session.execute(traces)).scalar_one()


async def _openings(desk: Desk) -> dict[bool, int]:
    async with desk.database.reading() as session:
        rows = await session.execute(select(PageOpening))
        return {row.forwarded: row.openings for row in rows.scalars()}


async def _beacon(visitor: Visitor, page: str, seconds: int, depth: int) -> None:
    told = VISIT.search(page)
    assert told
    data = {"v": told[1], "s": str(seconds), "d": str(depth)}
    assert (await visitor.client.post("/o/c/seen", data=data)).status_code == 204


async def test_before_a_yes_an_opening_is_a_count_and_previews_are_not_even_that(
    desk: Desk,
) -> None:
    path = await _setting(desk)
    visitor = desk.visitor("wm-1")
    shown = await visitor.client.get(path, headers=PHONE)
    assert shown.status_code == 200
    assert "冬天读什么" in words_of(shown.text)
    assert "<script" not in shown.text
    assert "不同意" in shown.text
    assert "reading-2026-1" in shown.text
    assert "set-cookie" not in shown.headers
    for robot in ("WeChat-Link-Preview/1.0", "Googlebot/2.1", ""):
        await visitor.client.get(path, headers={"user-agent": robot})
    await visitor.client.get(path, headers=PHONE | {"sec-purpose": "prefetch"})
    assert await _openings(desk) == {False: 1}
    assert await _kept(desk) == (0, 0)
    assert "zhou" not in path
    assert "limin" not in path


@pytest.mark.mission("A13")
async def test_an_article_read_after_a_yes_becomes_a_tag_with_source_confidence_and_end(
    desk: Desk,
) -> None:
    path, zhou = await _setting(desk), desk.customers["zhou"]
    visitor = desk.visitor("wm-1")
    back = await _agree(visitor, path)
    assert back.status_code == 303, back.text
    page = await visitor.client.get(path, headers=PHONE)
    assert "停止记录" in page.text
    await desk.advance(seconds=40)
    await _beacon(visitor, page.text, 9_999, 55)  # no more than the time that passed
    again = await visitor.client.get(path, headers=PHONE)
    await _beacon(visitor, again.text, 20, 10)  # never less than before; still one visit
    async with desk.database.reading() as session:
        [row] = (await session.execute(select(Reading))).scalars().all()
        assert (row.depth, row.staff_id, row.version) == (55, "limin", 1)
        assert 40 <= row.seconds <= 60
        [read] = await lists.of_customer(session, zhou)
        assert read.says.startswith("看了《冬天读什么》1 次，最近 ")
        assert read.says.endswith("读到一半")
    assert await _kept(desk) == (1, 1)
    parts = desk.site.parts
    await evaluate_changed(desk.database, parts.personas, desk.time())
    async with desk.database.reading() as session:
        tag = (await session.execute(select(PersonaMembership))).scalar_one()
        assert (tag.persona, tag.source) == ("读书", "behavior")
        assert 0 < tag.confidence <= 60
        assert tag.expires_at is not None
        assert tag.evidence[0]["value"] == f"article:{CODE}/1"


async def test_who_takes_it_back_is_forgotten_at_once_and_not_asked_again(desk: Desk) -> None:
    path = await _setting(desk)
    visitor = desk.visitor("wm-1")
    await _agree(visitor, path)
    page = await visitor.client.get(path, headers=PHONE)
    await desk.advance(seconds=60)
    await _beacon(visitor, page.text, 60, 90)
    assert await _kept(desk) == (1, 1)
    token = path.rpartition("/")[2]
    done = await visitor.client.post("/o/c/no", data={"csrf_token": token})
    assert "不记录" in done.text
    assert await _kept(desk) == (0, 0)
    await _beacon(visitor, page.text, 90, 100)  # a page left open tells nothing any more
    after = await visitor.client.get(path, headers=PHONE)
    assert "不同意" not in after.text
    assert "data-visit" not in after.text
    assert await _kept(desk) == (0, 0)


async def test_a_no_that_came_by_a_file_silences_the_question_for_as_long_as_policy_says(
    desk: Desk,
) -> None:
    path, zhou = await _setting(desk), desk.customers["zhou"]
    at = desk.time()
    async with desk.database.transaction() as session:
        told = ConsentFact(zhou, ConsentPurpose.PROFILING, False, "网点", at - timedelta(days=100))
        await standing.give_consents(session, [told], at, "staff:a")
    client = desk.visitor("wm-1").client
    assert "不同意" not in (await client.get(path, headers=PHONE)).text
    await desk.advance(days=81)
    assert "不同意" in (await client.get(path, headers=PHONE)).text


async def test_whoever_gets_a_forwarded_link_is_nobody_and_cannot_agree_for_the_customer(
    desk: Desk,
) -> None:
    path = await _setting(desk)
    zhou, stranger = desk.visitor("wm-1"), desk.visitor("wm-2", "203.0.113.9")
    await _agree(zhou, path)
    page = await zhou.client.get(path, headers=PHONE)
    told = VISIT.search(page.text)
    assert told
    passed = await zhou.client.post(
        "/o/c/pass", data={"csrf_token": path.rpartition("/")[2], "v": told[1]}
    )
    child = passed.headers["location"]
    assert child != path
    assert len(child) == len(path)
    seen = await stranger.client.get(child, headers=PHONE)
    assert "冬天读什么" in seen.text
    assert "不同意" not in seen.text
    assert "data-visit" not in seen.text
    refused = await _agree(stranger, path)  # the customer's own link, in another's hands
    assert "不是发给您的" in refused.text
    assert "set-cookie" not in refused.headers
    assert await _openings(desk) == {False: 1, True: 1}
    assert await _kept(desk) == (1, 0)
    async with desk.database.reading() as session:
        assert (await session.execute(select(col(Reading.forwards)))).scalar_one() == 1
        counted = (await lists.by_article(session, units=frozenset({"0101"})))[CODE]
        assert (counted.own, counted.forwarded, counted.readers, counted.forwards) == (1, 1, 1, 1)
        assert await lists.by_article(session, units=frozenset({"0102"})) == {}
        [reader] = await lists.readers(session, CODE, units=None, passed_on=True)
        assert reader.customer_id == desk.customers["zhou"]


async def test_a_link_that_was_changed_or_is_old_opens_nothing(desk: Desk) -> None:
    path = await _setting(desk)
    client = desk.visitor("wm-1").client
    token = path.rpartition("/")[2]
    cipher = desk.site.parts.keys.cipher
    spoilt = token[:30] + ("A" if token[30] != "A" else "B") + token[31:]
    for given in (spoilt, token[:-8], "x", links.reader_token(cipher, 1, desk.time())):
        answer = await client.get(f"/o/c/{given}", headers=PHONE)
        assert (answer.status_code, "E-2430" in answer.text) == (422, True)
    await desk.advance(days=91)
    assert (await client.get(path, headers=PHONE)).status_code == 422
    with pytest.raises(ReadingLinkBroken):
        links.shared_of(cipher, token, desk.time(), timedelta(days=90))
    assert await _openings(desk) == {}


async def test_one_address_that_opens_too_fast_is_told_so_and_not_counted(desk: Desk) -> None:
    path = await _setting(desk)
    addresses, most = desk.site.app.state.addresses, reading_policy.load().requests_per_minute
    for minute in (0, 1):
        at = desk.time() + timedelta(minutes=minute)
        assert all(addresses.within("203.0.113.7", at, most) for _ in range(most))
    fast = await desk.visitor("wm-1").client.get(path, headers=PHONE)
    assert (fast.status_code, "E-2432" in fast.text) == (429, True)
    other = await desk.visitor("wm-1", "203.0.113.8").client.get(path, headers=PHONE)
    assert other.status_code == 200
    assert await _openings(desk) == {False: 1}


async def test_a_yes_is_not_taken_from_a_link_on_another_site(desk: Desk) -> None:
    path = await _setting(desk)
    client = desk.visitor("wm-1").client
    led = await client.get(path + "/agree", headers={"sec-fetch-site": "cross-site"})
    assert led.headers["location"] == path


async def test_visits_end_with_the_time_that_was_told(desk: Desk) -> None:
    path = await _setting(desk)
    visitor = desk.visitor("wm-1")
    await _agree(visitor, path)
    await visitor.client.get(path, headers=PHONE)
    async with desk.database.transaction() as session:
        assert await keeping.tidy(session, desk.time() + timedelta(days=180)) == 0
        assert await keeping.tidy(session, desk.time() + timedelta(days=182)) == 1
