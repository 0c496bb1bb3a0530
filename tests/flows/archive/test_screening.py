"""What was said is screened after it is stored; findings become alerts, wishes become signals."""

import asyncio
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from archive.alerts import claim, close, listed
from archive.facts import SearchScope
from archive.models import Alert, Finding
from archive.screening import Screened, rescreen, screen_next
from archive.search import Query, search
from compliance.screening import Screener, Speaker, Verdict
from kit.db import Database
from kit.ledger.reading import Wanted, page
from kit.ledger.verify import verify
from tests.flows.archive import talks
from tests.flows.archive.talks import AT, AUDITOR, CHEN, ROOM, ZHOU, archived, said

pytestmark = pytest.mark.anyio

ALL = SearchScope()
LATER = AT + timedelta(hours=3)
COMPLAINT = "我要去监管局投诉你们"


@pytest.fixture
def screener() -> Screener:
    return talks.screener()


@dataclass(frozen=True)
class Edition:
    """The same rules under another rulebook version."""

    screener: Screener
    version: str

    def screen(
        self, text: str, *, speaker: Speaker, product: str | None = None, on: date | None = None
    ) -> Verdict:
        verdict = self.screener.screen(text, speaker=speaker, product=product, on=on)
        return replace(verdict, rulebook=self.version)


async def _screened(
    database: Database, screener: Screener | Edition, at: datetime = LATER
) -> list[Screened]:
    steps: list[Screened] = []
    while True:
        async with database.transaction() as session:
            step = await screen_next(session, screener, at=at)
        if not step.page:
            return steps
        steps.append(step)


async def _findings(database: Database) -> list[tuple[str, str, str]]:
    async with database.reading() as session:
        query = select(Finding).order_by(col(Finding.seq), col(Finding.rule))
        return [(f.msgid, f.rule, f.speaker) for f in (await session.execute(query)).scalars()]


async def test_a_message_is_judged_by_the_rules_of_the_day_it_was_sent(
    database: Database, screener: Screener
) -> None:
    day = (AT + timedelta(days=1)).date()
    book = screener.rulebook
    rules = tuple(replace(rule, effective_from=day) for rule in book.rules)
    announced = Screener(replace(book, rules=rules, phrasing=replace(book.phrasing, table=None)))
    promise = "阿姨您放心，这款基本就是保本的"
    await archived(
        database,
        said(promise, minute=1, msgid="before"),
        said(promise, to=CHEN, minute=24 * 60, msgid="since"),
        hour=48,
    )
    await _screened(database, announced, AT + timedelta(days=3))
    assert {msgid for msgid, _, _ in await _findings(database)} == {"since"}


async def test_a_promise_by_a_manager_is_found_and_raises_a_grave_alert(
    database: Database, screener: Screener
) -> None:
    await archived(
        database,
        said("阿姨您放心，这款基本就是保本的", minute=1, msgid="m1"),
        said("这个保本吗", by=ZHOU, to="LiMin", minute=2, msgid="m2"),
        said("好的，您下午过来", minute=3, msgid="m3"),
    )
    [step] = await _screened(database, screener)
    assert (step.messages, step.alerts, step.signals) == (3, 1, ())
    assert ("m1", "R-YLD-01", "manager") in await _findings(database)
    async with database.transaction() as session:
        [alert] = await listed(session, ALL)
        [found] = (await search(session, ALL, Query(rule="R-YLD-01"), AUDITOR, at=LATER)).messages
    assert (alert.kind, alert.severity, alert.state) == ("violation", "high", "new")
    assert (alert.msgid, alert.userid, alert.external_userid) == ("m1", "limin", ZHOU)
    assert alert.due_at == LATER + timedelta(hours=4)
    [hit] = [one for one in found.findings if one.rule == "R-YLD-01"]
    assert [found.text[start:end] for start, end in hit.spans] == ["就是保本"]


async def test_screening_twice_finds_and_raises_nothing_twice(
    database: Database, screener: Screener
) -> None:
    await archived(
        database,
        said("保本保息，稳赚不赔", minute=1, msgid="m1"),
        said(COMPLAINT, by=ZHOU, to="LiMin", minute=2, msgid="m2"),
    )
    await _screened(database, screener)
    before = await _findings(database)
    async with database.transaction() as session:
        await rescreen(session, screener)
    [again] = await _screened(database, screener)
    assert (again.findings, again.alerts, again.signals) == (0, 0, ())
    assert await _findings(database) == before
    async with database.reading() as session:
        alerts = await listed(session, ALL)
    assert {(one.kind, one.messages) for one in alerts} == {("violation", 1), ("complaint", 1)}


async def test_findings_are_kept_by_rulebook_and_an_alert_is_not_raised_again(
    database: Database, screener: Screener
) -> None:
    await archived(database, said("保本保息，稳赚不赔", minute=1, msgid="m1"))
    first = Edition(screener, "2026.11-a")
    second = Edition(screener, "2026.12-b")
    await _screened(database, first)
    assert await _screened(database, second) == []  # a new rulebook goes on where the last stood
    async with database.transaction() as session:
        await rescreen(session, second)
    [step] = await _screened(database, second, LATER + timedelta(days=1))
    assert step.findings > 0
    assert step.alerts == 0
    async with database.reading() as session:
        versions = set((await session.execute(select(col(Finding.rulebook)))).scalars())
    assert versions == {"2026.11-a", "2026.12-b"}
    async with database.transaction() as session:
        [found] = (await search(session, ALL, Query(words="保本"), AUDITOR, at=LATER)).messages
    assert {finding.rulebook for finding in found.findings} == {"2026.12-b"}


async def test_words_split_over_messages_are_read_together(
    database: Database, screener: Screener
) -> None:
    await archived(
        database,
        said("这款产品肯定保", minute=1, msgid="m1"),
        said("本，您放心拿着", minute=2, msgid="m2"),
        said("肯定保", by="wudan", to=CHEN, minute=1, msgid="x1"),
        said("本，您放心拿着", by="wudan", to=CHEN, minute=20, msgid="x2"),
        said("肯定保", by="zhengkai", to=CHEN, minute=1, msgid="y1"),
        said("本，您放心拿着", by=CHEN, to="zhengkai", minute=2, msgid="y2"),
    )
    await _screened(database, screener)
    async with database.reading() as session:
        rows = (await session.execute(select(Finding))).scalars()
        found = {
            (row.msgid, row.rule, tuple(row.window), tuple(map(tuple, row.spans)))
            for row in rows
            if row.rule == "R-YLD-01"
        }
    assert found == {("m2", "R-YLD-01", ("m1",), ((0, 1),))}


async def test_a_window_reaches_back_over_the_border_of_two_pages(
    database: Database, screener: Screener
) -> None:
    await archived(database, said("这款产品肯定保", minute=1, msgid="m1"))
    await archived(database, said("本，您放心拿着", minute=2, msgid="m2"), first=2, hour=2)
    await _screened(database, screener)
    assert ("m2", "R-YLD-01", "manager") in await _findings(database)


async def test_what_a_customer_asks_is_signalled_and_never_held_against_them(
    database: Database, screener: Screener
) -> None:
    await archived(
        database,
        said("别再发了，退订", by=ZHOU, to="LiMin", minute=1, msgid="m1"),
        said(COMPLAINT, by=ZHOU, to="LiMin", minute=2, msgid="m2"),
        said(COMPLAINT, by=CHEN, to=["LiMin", ZHOU], room=ROOM, minute=3, msgid="m3"),
    )
    [step] = await _screened(database, screener)
    assert [(one.kind, one.external_userid, one.userid, one.room_id) for one in step.signals] == [
        ("optout", ZHOU, "limin", ""),
        ("complaint", ZHOU, "limin", ""),
        ("complaint", CHEN, None, ROOM),
    ]
    assert all(len(one.text_hash) == 32 and one.msgid for one in step.signals)
    async with database.reading() as session:
        alerts = await listed(session, ALL)
    assert {(one.kind, one.external_userid) for one in alerts} == {
        ("complaint", ZHOU),
        ("complaint", CHEN),
    }


async def test_a_customer_who_complains_all_day_is_one_alert_until_it_is_closed(
    database: Database, screener: Screener
) -> None:
    complaint = COMPLAINT
    for number in range(1, 4):
        message = said(complaint, by=ZHOU, to="LiMin", minute=number, msgid=f"m{number}")
        await archived(database, message, first=number, hour=number)
        await _screened(database, screener)
        if number == 2:
            async with database.transaction() as session:
                [alert] = await listed(session, ALL)
                assert alert.messages == 2
                await claim(session, ALL, alert.id, actor="staff:hejing", at=LATER)
                await close(
                    session,
                    ALL,
                    alert.id,
                    outcome="corrected",
                    note="已回访",
                    actor="staff:hejing",
                    at=LATER,
                )
    async with database.reading() as session:
        alerts = (await session.execute(select(Alert).order_by(col(Alert.id)))).scalars().all()
        assert [(one.state, one.messages, one.msgid) for one in alerts] == [
            ("closed", 2, "m1"),
            ("new", 1, "m3"),
        ]
        findings = (await session.execute(select(Finding).order_by(col(Finding.seq)))).scalars()
        assert [one.state for one in findings] == ["confirmed", "confirmed", "open"]


async def test_two_screeners_at_once_screen_each_page_once(
    database: Database, screener: Screener
) -> None:
    for number in range(1, 5):
        await archived(database, said("保本", minute=number, msgid=f"m{number}"), first=number)
    steps = await asyncio.gather(*(_screened(database, screener) for _ in range(2)))
    pages = [step.page for one in steps for step in one]
    assert len(pages) == len(set(pages)) == 4
    async with database.reading() as session:
        assert len(await listed(session, ALL)) == 4
        opened = await page(session, Wanted(acts=frozenset({"alert.opened"})))
        assert len(opened) == 4
        assert (await verify(session)).sound
