"""The review desk's cases come from talk, taps and files; alerts follow; released words pass once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from archive import alert_lists
from archive.facts import AlertFact, AlertState, SearchScope
from compliance.review import cases
from compliance.review.facts import Case, CaseState, Source
from content_library import repository
from kit import clock
from kit.ledger import Entry, append
from kit.ledger.reading import Wanted, page
from tests.flows.archive.talks import archived, said
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import approved_script
from tests.flows.site import SiteUnderTest, Visitor, open_site
from wiring import archive_duty
from wiring.importing import bring_items

pytestmark = [pytest.mark.anyio, pytest.mark.mission("I6")]

TEN = clock.bank_moment(date(2026, 11, 25), time(10, 0))
CARE = "{{customer_title}}，天气转凉，早晚添件衣服，出门慢一点。"
PROMISE = "阿姨您放心，这款基本就是保本的"
STATES: tuple[AlertState, ...] = ("new", "claimed", "escalated", "closed")


class Wall:
    def __init__(self) -> None:
        self.at: datetime = TEN

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
async def site(database_url: str, tmp_path: Path, wall: Wall) -> AsyncIterator[SiteUnderTest]:
    """Li Min with two customers, his branch's head, two of head office's compliance."""
    async with open_site(database_url, tmp_path, now=wall) as opened:
        async with opened.database.transaction() as session:
            await bank.units(session)
            await bank.staff(session, "limin")
            for staff_id, role, unit in (
                ("suntao", "branch", "01"), ("hejing", "compliance", "hq"), ("wangshan", "ops", "hq"),
            ):  # fmt: skip
                await bank.staff(session, staff_id, unit_id=unit)
                await bank.grant(session, staff_id, role, unit)
            for number in ("C1", "C2"):
                await bank.reached_customer(session, number, owner="limin", gender="F")
            await approved_script(session, "care.cold", CARE, scene="care.general", purpose="care")
        yield opened


async def _desk(site: SiteUnderTest, staff_id: str) -> Visitor:
    return await site.signed_in(staff_id, "console")


async def _cases(site: SiteUnderTest, state: CaseState | None = CaseState.OPEN) -> list[Case]:
    async with site.database.reading() as session:
        return await cases.page(session, cases.Wanted(state=state))


async def _alerts(site: SiteUnderTest) -> list[AlertFact]:
    async with site.database.reading() as session:
        return await alert_lists.page(session, SearchScope(), alert_lists.Wanted(states=STATES))


async def _heard(site: SiteUnderTest, *texts: str) -> None:
    """Li Min said it to a customer; the archive's round finds it."""
    messages = [said(text, minute=place, msgid=f"m{place}") for place, text in enumerate(texts)]
    await archived(site.database, *messages)
    await archive_duty.screen_all(site.parts, site.parts.clock())


async def _send(site: SiteUnderTest, contact: str, greeting: str) -> tuple[int, str]:
    async with site.database.reading() as session:
        found = (await repository.approved_by_code(session, ["care.cold"], TEN))["care.cold"]
    limin = await site.signed_in("limin")
    answer = await limin.post(
        "/h5/sends",
        {"contact": contact, "script_version_id": found.version_id, "greeting": greeting},
    )
    return answer.status_code, answer.text


def _doubted(site: SiteUnderTest) -> str:
    """A greeting that the shipped rulebook wants reviewed and does not block."""
    for greeting in ("早上好，咱们家是全国最好的银行", "早上好，跟着我准没错，不会亏的"):
        text = f"{greeting}\n客户女士，天气转凉，早晚添件衣服，出门慢一点。"
        if site.parts.screener.screen(text, speaker="content").verdict == "review":
            return greeting
    raise AssertionError("the rulebook asks for no review of either greeting")


async def test_a_tap_that_screening_stopped_passes_once_released_and_only_word_for_word(
    site: SiteUnderTest, wall: Wall
) -> None:
    greeting = _doubted(site)
    assert "E-4036" in (await _send(site, "wm-C1", greeting))[1]
    assert (await _send(site, "wm-C1", greeting))[0] == 409  # a second tap opens nothing
    opened = await _cases(site)
    assert {one.source for one in opened} == {Source.SIDEBAR}
    assert len({one.rule for one in opened}) == len(opened)
    assert greeting in opened[0].text
    hejing = await _desk(site, "hejing")
    assert greeting[:6] in (await hejing.get("/c/screened?source=sidebar")).text
    for one in opened:
        key = {"key": "release", "reason": "只是寒暄，没有比较产品"}
        assert (await hejing.post(f"/c/screened/{one.id}/decide", key)).status_code == 303
    assert (await _send(site, "wm-C1", greeting))[0] == 200
    assert (await _send(site, "wm-C1", f"{greeting}！"))[0] == 409  # one sign more
    assert (await _send(site, "wm-C2", greeting))[0] == 409  # somebody else
    async with site.database.transaction() as session:  # other approved words under it
        await approved_script(
            session, "care.rain", CARE.replace("转凉", "有雨"), scene="care.general", purpose="care"
        )
        rain = (await repository.approved_by_code(session, ["care.rain"], TEN))["care.rain"]
    limin = await site.signed_in("limin")
    other = {"contact": "wm-C1", "script_version_id": rain.version_id, "greeting": greeting}
    assert (await limin.post("/h5/sends", other)).status_code == 409
    wall.at = TEN + timedelta(days=site.parts.desk.review.released_days, minutes=1)
    assert (await _send(site, "wm-C1", greeting))[0] == 409


async def test_what_talk_opened_and_a_person_decided_closes_its_alert(site: SiteUnderTest) -> None:
    await _heard(site, PROMISE, "跟着我准没错，这只基金不会亏的")
    opened = await _cases(site)
    assert {one.source for one in opened} == {Source.TALK}
    assert {one.object for one in opened} == {"message:m0", "message:m1"}
    assert {one.author for one in opened} == {"staff:limin"}
    assert {one.state for one in await _alerts(site)} == {"new"}
    hejing = await _desk(site, "hejing")
    for one in opened:
        release = one.object == "message:m0"
        key = (
            {"key": "release", "reason": "讲的是存款，保本属实"}
            if release
            else {"key": "return", "template": "promise"}
        )
        assert (await hejing.post(f"/c/screened/{one.id}/decide", key)).status_code == 303
    found = {one.msgid: one for one in await _alerts(site)}
    assert {msgid: (one.state, one.outcome) for msgid, one in found.items()} == {
        "m0": ("closed", "clear"),
        "m1": ("closed", "corrected"),
    }
    async with site.database.reading() as session:
        closed = await page(session, Wanted(acts=frozenset({"alert.closed"})))
    assert {entry.actor for entry in closed} == {"staff:hejing"}
    assert all(entry.payload["by"] == "review_desk" for entry in closed)


async def test_a_case_that_goes_up_takes_its_alert_along_and_who_closes_it_decides_the_case(
    site: SiteUnderTest,
) -> None:
    await _heard(site, PROMISE)
    opened = await _cases(site)
    suntao, hejing = await _desk(site, "suntao"), await _desk(site, "hejing")
    up = {"key": "escalate", "reason": "拿不准，请总行看"}
    for one in opened:
        assert (await suntao.post(f"/c/screened/{one.id}/decide", up)).status_code == 303
    [alert] = await _alerts(site)
    assert (alert.state, alert.escalated_to) == ("escalated", "role:compliance")
    act, note = f"/c/alerts/{alert.id}/act", {"outcome": "corrected", "note": "已约谈并更正"}
    assert (await suntao.post(act, {"act": "claim"})).status_code == 303
    tried = await suntao.post(f"/c/alerts/{alert.id}/close", note)
    assert tried.status_code == 403  # the case waits for another level than the branch's
    assert len(await _cases(site)) == len(opened)
    assert (await suntao.post(act, {"act": "release"})).status_code == 303
    assert (await hejing.post(act, {"act": "claim"})).status_code == 303
    assert (await hejing.post(f"/c/alerts/{alert.id}/close", note)).status_code == 303
    assert await _cases(site) == []
    decided = await _cases(site, CaseState.RETURNED)
    assert {one.reason for one in decided} == {"预警办结：已约谈并更正"}


async def test_content_from_a_file_waits_on_the_desk_and_corrected_words_make_it_moot(
    site: SiteUnderTest, tmp_path: Path
) -> None:
    file = tmp_path / "scripts.toml"

    def write(words: str) -> None:
        file.write_text(
            '[[script]]\ncode = "bulk.one"\ntitle = "批量"\nscene = "care.general"\n'
            f'purpose = "care"\nform = "single"\ntemplate = "{words}"\n',
            "utf-8",
        )

    write("这款理财保本保息，绝对不会亏。")
    done = await bring_items(site.parts, "scripts", file, by="staff:wangshan", at=TEN)
    assert done["submitted"] == ["bulk.one"]
    opened = await _cases(site)
    assert {one.source for one in opened} == {Source.CONTENT}
    assert {one.object for one in opened} == {"script:bulk.one/1"}
    await bring_items(site.parts, "scripts", file, by="staff:wangshan", at=TEN)
    assert len(await _cases(site)) == len(opened)
    write("天冷了，出门多穿一件。")
    await bring_items(site.parts, "scripts", file, by="staff:wangshan", at=TEN)
    assert await _cases(site) == []
    assert len(await _cases(site, CaseState.MOOT)) == len(opened)


async def _waiting(site: SiteUnderTest, number: int) -> None:
    """Until so many wait for a lock; SQLite cannot tell, its writers simply queue."""
    if site.database.is_sqlite:
        await asyncio.sleep(0.1)
        return
    query = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(5):
        while True:
            async with site.database.reading() as session:
                if (await session.execute(text(query))).scalar_one() >= number:
                    return
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("beside", ["close", "round"])
async def test_matters_that_have_nothing_to_do_with_each_other_never_block_each_other_for_good(
    site: SiteUnderTest, beside: str
) -> None:
    await _heard(site, PROMISE, "跟着我准没错，这只基金不会亏的")
    opened = await _cases(site)
    *before, last = [one for one in opened if one.object == "message:m0"]
    hejing, suntao = await _desk(site, "hejing"), await _desk(site, "suntao")
    key = {"key": "release", "reason": "讲的是存款，保本属实"}
    for one in before:
        assert (await hejing.post(f"/c/screened/{one.id}/decide", key)).status_code == 303
    [other] = [one for one in await _alerts(site) if one.msgid == "m1"]
    assert (await suntao.post(f"/c/alerts/{other.id}/act", {"act": "claim"})).status_code == 303
    await archived(site.database, said(PROMISE, minute=9, msgid="m9"), first=3)
    note = {"outcome": "corrected", "note": "已约谈并更正"}

    async def second() -> int:
        if beside == "close":
            return (await suntao.post(f"/c/alerts/{other.id}/close", note)).status_code
        return (await archive_duty.screen_all(site.parts, site.parts.clock()))["alerts"]

    async with site.database.transaction() as session:  # both get to the unit's chain, and wait
        entry = Entry(
            kind="content", act="case.opened", actor="system:a", object="case:0",
            unit=last.unit_id,
        )  # fmt: skip
        await append(session, [entry], at=TEN)
        deciding = asyncio.create_task(hejing.post(f"/c/screened/{last.id}/decide", key))
        await _waiting(site, 1)
        following = asyncio.create_task(second())
        await _waiting(site, 2)
    assert (await deciding).status_code == 303
    assert await following == (303 if beside == "close" else 1)
    states = {one.msgid: one.state for one in await _alerts(site)}
    assert states == {
        "m0": "closed",
        "m1": "closed" if beside == "close" else "claimed",
    } | ({"m9": "new"} if beside == "round" else {})
