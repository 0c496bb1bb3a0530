"""A customer complains: a number, a case for the unit, and nothing is sold until it is closed."""

import re
from datetime import date, timedelta

import httpx
import pytest
from msgspec.structs import replace
from sqlalchemy import text

from compliance import complaints
from compliance.complaints import FROZEN, Case, CaseState
from compliance.errors import CaseNotThere, ComplaintRefused, ComplaintUnknown
from compliance.facts import Channel, Purpose
from compliance.opt_out_link import Holder, token_for
from compliance.opting_out import silenced_contacts
from compliance.repository import recipient_standing
from compliance.service import give_consents
from crm_sync import selection
from delivery import complaining, door
from delivery.intents import Intent, Outcome
from delivery.repository.touches import Touched, record
from kit.clock import bank_date, bank_moment
from kit.ledger.reading import Wanted, page
from tests.flows.delivery.office import approved_script
from tests.flows.delivery.office import desk as gate_desk
from tests.flows.linking.visitor import Desk
from tests.flows.site import words_of

pytestmark = pytest.mark.anyio
NUMBER = re.compile(r"TS\d{8}[2-9A-Z]{6}")
SAID = "一周收到四次理财推荐，说过不要了还在发。"
SALE = "大家好，青禾银行网点周末举办读书分享会，欢迎来坐坐。不想再收到此类消息，回复“退订”即可。"
BY = "staff:hejing"


def _token(desk: Desk, holder: Holder) -> str:
    return token_for(desk.site.parts.keys.cipher, holder, desk.time())


async def _complain(
    desk: Desk, holder: Holder, words: str = SAID, about: str = "disturbed"
) -> httpx.Response:
    client = desk.visitor("wm-1").client
    form = {"csrf_token": _token(desk, holder), "about": about, "words": words}
    return await client.post("/o/complaint", data=form)


async def _cases(desk: Desk) -> list[Case]:
    async with desk.database.reading() as session:
        return await complaints.cases(session, units=None, state=None, limit=50)


async def _sale(desk: Desk, customer: int) -> Intent:
    """A marketing to-do for the coming Wednesday, as the planner would submit it."""
    at = bank_moment(date(2026, 11, 25))
    async with desk.database.transaction() as session:
        version = await approved_script(session, "sale.reading", SALE, purpose="marketing")
        agreed = [(customer, "marketing", True, "网点签字", desk.time())]
        await give_consents(session, agreed, desk.time(), "system:test")
        then = at - timedelta(days=3)
        touch = Touched("t:1", customer, "limin", "0101", "sidebar", "care", "c", "claimed", then)
        await record(session, [touch])
        people = await selection.customer_facts(session, [customer])
        return Intent(
            key="sale:1",
            trigger="sale",
            channel=Channel.TODO,
            purpose=Purpose.MARKETING,
            customer=people[customer],
            reach=None,
            script_version_id=version,
            fields={},
            title="活动",
            why="活动",
            due_on=bank_date(at),
            expires_at=at + timedelta(hours=20),
        )


async def _submit(desk: Desk, intent: Intent) -> tuple[Outcome, tuple[str, ...]]:
    async with desk.database.transaction() as session:
        [done] = await door.submit(
            session,
            [intent],
            at=bank_moment(date(2026, 11, 25)) + timedelta(hours=10),
            desk=gate_desk(),
            by="system:test",
        )
    return done.outcome, done.objections


@pytest.mark.mission("C6")
async def test_a_complaint_gets_a_number_and_empties_what_would_be_sold_until_it_is_closed(
    desk: Desk,
) -> None:
    zhou = desk.customers["zhou"]
    intent = await _sale(desk, zhou)
    assert (await _submit(desk, intent))[0] is Outcome.QUEUED
    done = await _complain(desk, Holder("customer", str(zhou)))
    assert done.status_code == 200, done.text
    found = NUMBER.search(done.text)
    assert found
    assert SAID not in done.text
    number = found.group()
    async with desk.database.reading() as session:
        state = (await session.execute(text("SELECT state FROM todo"))).scalar_one()
        assert state == "cancelled"  # what waited is withdrawn
        assert (await recipient_standing(session, [zhou]))[zhou].complaint_open
        work = (await session.execute(text("SELECT kind, unit_id FROM work_item"))).all()
        assert [tuple(one) for one in work] == [("complaint_case", "0101")]
        stored = (await session.execute(text("SELECT words FROM complaint_case"))).scalar_one()
        assert SAID.encode() not in bytes(stored)
    again = replaced(intent, "sale:2")
    assert await _submit(desk, again) == (Outcome.BLOCKED, ("E-4025",))
    async with desk.database.transaction() as session:
        await complaints.move(
            session, number, "take", words="", by=BY, at=desk.time(), units=frozenset({"0101"})
        )
        await complaints.move(
            session, number, "answer", words="已电话致歉并说明", by=BY, at=desk.time(), units=None
        )
        closed = await complaining.close(
            session, number, reason="客户认可答复", by=BY, at=desk.time(), units=None
        )
    assert (closed.state, closed.answer, closed.closing) == (
        CaseState.CLOSED,
        "已电话致歉并说明",
        "客户认可答复",
    )
    assert (await _submit(desk, replaced(intent, "sale:3")))[0] is Outcome.QUEUED
    async with desk.database.reading() as session:
        objects = frozenset({f"complaint:{number}"})
        lines = [
            one.act for one in await page(session, Wanted(kind="customer")) if one.object in objects
        ]
        state = (await session.execute(text("SELECT state FROM work_item"))).scalar_one()
    assert lines == [
        "complaint.settled", "complaint.answered", "complaint.taken", "complaint.received",
    ]  # fmt: skip
    assert state == "closed"


def replaced(intent: Intent, key: str) -> Intent:
    """The same thing said another time."""
    return replace(intent, key=key)


async def test_the_same_words_twice_are_one_case_and_a_day_has_a_limit(desk: Desk) -> None:
    holder = Holder("customer", str(desk.customers["zhou"]))
    numbers = set()
    for _ in range(3):
        found = NUMBER.search((await _complain(desk, holder)).text)
        assert found
        numbers.add(found.group())
    assert len(numbers) == 1
    for number in range(2):
        assert (await _complain(desk, holder, f"{SAID}第{number}次")).status_code == 200
    refused = await _complain(desk, holder, f"{SAID}再一次")
    assert refused.status_code == 409
    assert "E-4110" in refused.text
    assert len(await _cases(desk)) == 3
    await desk.advance(days=1)
    assert (await _complain(desk, holder, f"{SAID}第二天")).status_code == 200


async def test_who_is_not_matched_yet_is_frozen_by_their_wechat_and_thawed_with_the_case(
    desk: Desk,
) -> None:
    await _complain(desk, Holder("contact", "wm-2"))
    [case] = await _cases(desk)
    assert (case.customer_id, case.external_userid, case.unit_id) == (None, "wm-2", "hq")
    async with desk.database.reading() as session:
        assert await silenced_contacts(session, ["wm-2"]) == {"wm-2": {FROZEN}}
    async with desk.database.transaction() as session:
        await complaining.close(
            session, case.complaint_no, reason="已解释，客户认可", by=BY, at=desk.time(), units=None
        )
        assert await silenced_contacts(session, ["wm-2"]) == {}


async def test_a_customer_and_a_stranger_read_the_same(desk: Desk) -> None:
    pages = set()
    for holder in (
        Holder("customer", str(desk.customers["zhou"])),
        Holder("contact", "wm-2"),
        Holder("nobody", "", proved=True),
    ):
        done = await _complain(desk, holder)
        pages.add(NUMBER.sub("", done.text))
    assert len(pages) == 1


@pytest.mark.parametrize(
    ("words", "about", "saying"),
    [("差", "other", "请写明是什么事"), ("字" * 501, "other", "写得太长"), (SAID, "x'--", "事由")],
)
async def test_what_cannot_be_used_is_said_plainly_and_kept_on_the_form(
    desk: Desk, words: str, about: str, saying: str
) -> None:
    answer = await _complain(desk, Holder("nobody", ""), words, about)
    assert answer.status_code == 422
    assert saying in words_of(answer.text)
    assert "E-4109" in answer.text
    assert await _cases(desk) == []


async def test_a_spoilt_link_makes_no_case(desk: Desk) -> None:
    client = desk.visitor("wm-1").client
    form = {"csrf_token": "不是一个链接", "about": "other", "words": SAID}
    answer = await client.post("/o/complaint", data=form)
    assert (answer.status_code, "E-7507" in answer.text) == (422, True)
    assert await _cases(desk) == []


async def test_the_form_is_reached_by_wechats_word_alone(desk: Desk) -> None:
    visitor = desk.visitor("wm-1")
    first = await visitor.client.get("/o/complaint")
    assert "/o/complaint/start" in first.text
    begun = await visitor.client.get("/o/complaint/start")
    target = httpx.URL(begun.headers["location"])
    back = await desk.people.get(target.path, params={**target.params, "as_customer": "wm-1"})
    form = await visitor.client.get(str(httpx.URL(back.headers["location"]).raw_path, "ascii"))
    assert form.status_code == 200
    assert 'name="words"' in form.text
    assert "<script" not in form.text


async def test_a_case_moves_forward_alone_by_those_who_see_it(desk: Desk) -> None:
    await _complain(desk, Holder("customer", str(desk.customers["lin"])))
    [case] = await _cases(desk)
    number = case.complaint_no
    async with desk.database.transaction() as session:
        with pytest.raises(ComplaintUnknown):
            await complaints.one(session, number, units=frozenset({"0101"}))
        with pytest.raises(ComplaintRefused):
            await complaining.close(session, number, reason="好", by=BY, at=desk.time(), units=None)
        await complaints.move(session, number, "take", words="", by=BY, at=desk.time(), units=None)
        with pytest.raises(CaseNotThere):
            await complaints.move(
                session, number, "take", words="", by="staff:other", at=desk.time(), units=None
            )
        assert await complaints.late(session, units=None, on=case.due_on) == 0
        assert await complaints.late(session, units=None, on=case.due_on + timedelta(days=1)) == 1
