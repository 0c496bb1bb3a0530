"""One tap: the page says what to do, the server judges at the tap, the phone's word is kept."""

from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from compliance import service as consent
from compliance.facts import Scope
from delivery.repository import todos, touches
from kit import clock
from kit.ledger.verify import verify
from reminders.jobs import plan_day
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import REMINDERS, T7, approved_script, desk
from tests.flows.site import SiteUnderTest, open_site, words_of

pytestmark = pytest.mark.anyio

TODAY = date(2026, 11, 25)
TEN = clock.bank_moment(TODAY, time(10, 0))
CARE = "{{customer_title}}，天气转凉，早晚添件衣服，出门慢一点。"


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
    async with open_site(database_url, tmp_path, now=wall) as opened:
        async with opened.database.transaction() as session:
            await bank.units(session)
            await bank.staff(session, "limin")
            await bank.staff(session, "wangfang")
            customer = await bank.reached_customer(
                session,
                "C1",
                owner="limin",
                gender="F",
                born_on=date(1970, 3, 2),
                aum_fen=86_214_533,
            )
            await bank.holding(
                session,
                customer,
                "D1",
                "deposit",
                product_name="三年期整存整取",
                matures_on=TODAY + timedelta(days=7),
            )
            await approved_script(session, "maturity.deposit.t7", T7)
            await approved_script(session, "care.cold", CARE, scene="care.general", purpose="care")
        await plan_day(
            opened.database, day=TODAY, at=TEN, policy=REMINDERS, desk=desk(), content=lambda _: ()
        )
        yield opened


async def _send(site: SiteUnderTest, **fields: object) -> tuple[int, dict[str, object]]:
    limin = await site.signed_in("limin")
    answer = await limin.post("/h5/sends", {"contact": "wm-C1", **fields})
    kind = answer.headers["content-type"]
    return answer.status_code, answer.json() if "json" in kind else {"html": answer.text}


async def _todo(site: SiteUnderTest) -> todos.TodoView:
    async with site.database.reading() as session:
        [found] = await todos.page(session, units=None)
    return found


async def test_the_card_says_who_it_is_and_what_to_do_now(site: SiteUnderTest) -> None:
    limin = await site.signed_in("limin")
    page = await limin.get("/h5/customer?contact=wm-C1")
    assert page.status_code == 200
    words = words_of(page.text)
    assert "7 天后到期" in words
    assert "三年期整存整取" in words
    assert "天气转凉" in words
    assert "86" not in words.split("总资产")[1][:20]  # the exact amount stays hidden


async def test_one_tap_hands_out_exactly_the_approved_text_and_keeps_the_phones_word(
    site: SiteUnderTest,
) -> None:
    todo = await _todo(site)
    status, ticket = await _send(site, script_version_id=todo.script_version_id, todo_id=todo.id)
    assert status == 200
    assert ticket["payloads"] == [{"msgtype": "text", "text": {"content": todo.text}}]
    limin = await site.signed_in("limin")
    said = await limin.post(f"/h5/sends/{ticket['ticket']}/result", {"outcome": "ok"})
    assert said.json()["label"] == "已发送 10:00"
    again = await limin.post(f"/h5/sends/{ticket['ticket']}/result", {"outcome": "ok"})
    assert again.status_code == 404
    async with site.database.reading() as session:
        assert (await todos.one(session, todo.id)).state == "claimed"  # type: ignore[union-attr]
        [touched] = await touches.of_customer(session, todo.customer_id)
        assert (await verify(session)).sound
    assert (touched.channel, touched.state) == ("sidebar", "claimed")


async def test_a_cancelled_send_opens_the_todo_again(site: SiteUnderTest) -> None:
    todo = await _todo(site)
    _, ticket = await _send(site, script_version_id=todo.script_version_id, todo_id=todo.id)
    limin = await site.signed_in("limin")
    await limin.post(f"/h5/sends/{ticket['ticket']}/result", {"outcome": "cancel"})
    assert (await _todo(site)).state == "open"


async def test_who_opted_out_since_the_plan_is_protected_at_the_tap(site: SiteUnderTest) -> None:
    todo = await _todo(site)
    async with site.database.transaction() as session:
        await consent.suppress(
            session, todo.customer_id, Scope.ALL, "phone", "客户来电要求勿扰", TEN, "staff:hejing"
        )
    status, face = await _send(site, script_version_id=todo.script_version_id, todo_id=todo.id)
    assert status == 409
    assert "E-4023" in str(face["html"])
    async with site.database.reading() as session:
        tickets = (await session.execute(text("SELECT count(*) FROM send_ticket"))).scalar_one()
        acts = set((await session.execute(text("SELECT act FROM ledger_entry"))).scalars())
    assert tickets == 0
    assert "send.blocked" in acts


async def test_at_night_nothing_can_be_sent_and_the_card_says_so(
    site: SiteUnderTest, wall: Wall
) -> None:
    todo = await _todo(site)
    wall.at = clock.bank_moment(TODAY, time(21, 30))
    status, face = await _send(site, script_version_id=todo.script_version_id, todo_id=todo.id)
    assert status == 409
    assert "不在可以打扰客户的时段" in words_of(str(face["html"]))


@pytest.mark.mission("I4")
async def test_another_manager_can_neither_see_nor_send(site: SiteUnderTest) -> None:
    todo = await _todo(site)
    wangfang = await site.signed_in("wangfang")
    page = await wangfang.get("/h5/customer?contact=wm-C1")
    assert page.status_code in (403, 404)
    assert "三年期" not in page.text
    forged = await wangfang.post(
        "/h5/sends",
        {"contact": "wm-C1", "script_version_id": todo.script_version_id, "todo_id": todo.id},
    )
    assert forged.status_code in (403, 404)


async def test_a_post_that_is_not_from_our_page_is_refused(site: SiteUnderTest) -> None:
    todo = await _todo(site)
    limin = await site.signed_in("limin")
    fields = {"contact": "wm-C1", "script_version_id": todo.script_version_id}
    bare = await limin.client.post("/h5/sends", data=fields)
    foreign = await limin.post("/h5/sends", fields, origin="https://evil.example")
    assert (bare.status_code, foreign.status_code) == (403, 403)


async def test_nobody_signed_in_is_led_to_the_sign_in(site: SiteUnderTest) -> None:
    async with site.browser() as client:
        answer = await client.get("/h5/customer?contact=wm-C1")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/h5/sign-in/wecom?next=/h5/customer")


async def test_the_exact_amount_is_shown_only_with_a_trace(site: SiteUnderTest) -> None:
    limin = await site.signed_in("limin")
    shown = await limin.post("/h5/customer/amount", {"contact": "wm-C1"}, **{"hx-request": "true"})
    assert "86.21" in words_of(shown.text)
    async with site.database.reading() as session:
        looked = (
            await session.execute(
                text("SELECT actor FROM ledger_entry WHERE act = 'customer.amount_shown'")
            )
        ).scalars()
    assert list(looked) == ["staff:limin"]


async def test_an_outcome_takes_three_taps_and_is_recorded_once(site: SiteUnderTest) -> None:
    todo = await _todo(site)
    limin = await site.signed_in("limin")
    assert todo.seen_at is None
    listed = await limin.get("/h5/todo")
    assert f"/h5/todo/{todo.id}" in listed.text
    assert (await _todo(site)).seen_at == TEN
    assert (await limin.get(f"/h5/todo/{todo.id}?by=phone")).status_code == 200
    for _ in range(2):
        answer = await limin.post(
            f"/h5/todo/{todo.id}/outcome", {"outcome": "renewed", "by": "phone", "note": "续存一年"}
        )
        assert answer.status_code == 200
    found = await _todo(site)
    assert (found.state, found.outcome, found.note) == ("noted", "renewed", "续存一年")
    async with site.database.reading() as session:
        touched = await touches.of_customer(session, todo.customer_id)
        seen = text("SELECT count(*) FROM ledger_entry WHERE act = 'todo.seen'")
        assert (await session.execute(seen)).scalar_one() == 1  # the first time alone
    assert [one.channel for one in touched] == ["phone"]


async def test_the_other_pages_open(site: SiteUnderTest) -> None:
    limin = await site.signed_in("limin")
    for path in ("/h5/", "/h5/me", "/h5/scripts?contact=wm-C1", "/h5/outside?why=internal"):
        page = await limin.get(path)
        assert page.status_code == 200, path
    preview = await limin.get(
        f"/h5/preview?contact=wm-C1&script_version_id={(await _todo(site)).script_version_id}"
        f"&todo_id={(await _todo(site)).id}",
        hx=True,
    )
    assert "适当性" in preview.text
