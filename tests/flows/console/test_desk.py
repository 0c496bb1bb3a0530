"""The review desk: three keys, lessons, false-stop rates; a rule that stops too much falls."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col

from compliance.review import cases, lessons, lowering
from compliance.review.facts import CaseState, Source, Stop
from config import policy_catalogue
from config.review_desk_policy import DeskHolder
from crm_sync.models import Staff
from delivery import worklist
from kit.ledger.reading import Wanted as Entries
from kit.ledger.reading import count as entries
from tests.flows.console.office import AT, Office
from wiring import screening_duty

pytestmark = pytest.mark.anyio
BAD = "周女士，这款产品保本保息，13800002071 加我。"


def _stop(number: int, **more: object) -> Stop:
    usual: dict[str, object] = {
        "key": f"talk:{number}",
        "source": Source.TALK,
        "object": f"message:m{number}",
        "rule": "R-YLD-01",
        "family": "guaranteed_return",
        "severity": "block",
        "rulebook": "2026.11-test",
        "speaker": "manager",
        "product": "wealth",
        "text": BAD,
        "spans": [(8, 12)],
        "unit_id": "0101",
        "author": "staff:limin",
    }
    return Stop(**{**usual, **more})  # type: ignore[arg-type]


async def _stopped(office: Office, number: int, **more: object) -> list[int]:
    policy = office.parts.shelf.of(policy_catalogue.REVIEW_DESK)
    async with office.database.transaction() as session:
        stops = [_stop(one, **more) for one in range(number)]
        assert await cases.open_cases(session, stops, policy=policy, at=AT) == number
        assert await cases.open_cases(session, stops, policy=policy, at=AT) == 0
        return [one.id for one in await cases.page(session, cases.Wanted(), limit=100)]


async def test_three_keys_each_recorded_and_each_a_lesson(desk_office: Office) -> None:
    first, second, third = await _stopped(desk_office, 3)
    sun = await desk_office.sit("suntao")
    assert "保本保息" in await sun.page("/c/screened")
    page = await sun.page(f"/c/screened/{first}")
    assert "<mark" in page or "hit" in page
    assert "可以这样说" in page
    decide = f"/c/screened/{first}/decide"
    assert (await sun.post(decide, {"key": "release", "reason": ""})).status_code == 422
    said = {"key": "release", "reason": "客户在转述别人的话"}
    assert (await sun.post(decide, said)).status_code == 303
    assert (await sun.post(decide, said)).status_code == 409
    back = {"key": "return", "template": "promise"}
    assert (await sun.post(f"/c/screened/{second}/decide", back)).status_code == 303
    up = {"key": "escalate", "reason": "拿不准，请总行看"}
    assert (await sun.post(f"/c/screened/{third}/decide", up)).status_code == 303
    assert (await sun.post(f"/c/screened/{third}/decide", said)).status_code == 403
    he = await desk_office.sit("hejing")
    assert (await he.post(f"/c/screened/{third}/decide", said)).status_code == 303
    async with desk_office.database.reading() as session:
        taught = [one async for one in lessons.exported(session)]
        acts = frozenset({"case.released", "case.returned", "case.escalated"})
        assert await entries(session, Entries(acts=acts)) == 4
    assert sorted(one["verdict"] for one in taught) == ["block", "pass", "pass"]
    assert all("13800002071" not in one["text"] and "周女士" not in one["text"] for one in taught)
    assert {one["family"] for one in taught} == {"guaranteed_return", None}


async def test_another_branch_does_not_see_it_and_nobody_judges_their_own_words(
    desk_office: Office,
) -> None:
    [first] = await _stopped(desk_office, 1, author="staff:suntao")
    other = await desk_office.sit("zhaolei")
    assert (await other.get(f"/c/screened/{first}")).status_code == 404
    sun = await desk_office.sit("suntao")
    assert 'value="release"' not in await sun.page(f"/c/screened/{first}")
    said = {"key": "release", "reason": "我觉得没问题"}
    assert (await sun.post(f"/c/screened/{first}/decide", said)).status_code == 403


@pytest.mark.mission("I6")
async def test_a_rule_released_too_often_asks_for_review_until_two_people_raise_it(
    desk_office: Office,
) -> None:
    parts = desk_office.parts
    owner = next(one.owner for one in parts.shipped.rulebook.rules if one.id == "R-YLD-01")
    async with desk_office.database.transaction() as session:
        await session.execute(
            update(Staff).where(col(Staff.staff_id) == "luomin").values(position=owner)
        )
    found = await _stopped(desk_office, 20)
    he = await desk_office.sit("hejing")
    for place, one in enumerate(found):
        key = {"key": "release", "reason": "讲的是存款"} if place < 3 else {"key": "return", "template": "promise"}  # fmt: skip
        assert (await he.post(f"/c/screened/{one}/decide", key)).status_code == 303
        if place == 18:  # one decision short of what policy asks for
            assert (await screening_duty.false_stops(parts, AT))["lowered"] == []
    rule = "R-YLD-01"
    risky = "这款理财保本保息"
    assert parts.screener.screen(risky, speaker="manager", product="wealth").verdict == "block"
    done = await screening_duty.false_stops(parts, AT + timedelta(hours=1))
    assert done["lowered"] == [rule]
    assert rule in parts.screener.lowered
    hits = parts.screener.screen(risky, speaker="manager", product="wealth").hits
    assert {one.severity for one in hits if one.rule == rule} == {"review"}
    assert (await screening_duty.false_stops(parts, AT + timedelta(hours=2)))["lowered"] == []
    async with desk_office.database.reading() as session:
        [work] = await worklist.work_items(session, units=None, kind="rule_lowered")
        assert rule in work.title
        assert (work.staff_id, work.unit_id) == ("luomin", "hq")  # whose desk the rule names
    luo = await desk_office.sit("luomin")
    assert work.title in await luo.page("/c/work?mine=1")
    assert work.title not in await he.page("/c/work?mine=1")
    page = await he.page("/c/screened/rules")
    assert "15.0%" in page
    behind = re.findall(r'href="(/c/screened\?rule=[^"]*state=released)"', page)[0]
    assert (await he.page(behind.replace("&amp;", "&"))).count("data-row") == 3
    ask = {"reason": "规则已改窄，见新版规则库"}
    assert (await he.post(f"/c/screened/rules/{rule}/ask-raise", ask)).status_code == 303
    yes = {"decision": "agree", "opinion": "看过新规则"}
    assert (await he.post(f"/c/screened/rules/{rule}/raise", yes)).status_code == 403
    assert (await luo.post(f"/c/screened/rules/{rule}/raise", yes)).status_code == 303
    async with desk_office.database.reading() as session:
        assert await worklist.work_items(session, units=None, kind="rule_lowered") == []
    await parts.refresh()
    assert rule not in parts.screener.lowered
    desk_office.clock.advance(hours=3)
    assert (await screening_duty.false_stops(parts, desk_office.clock()))["lowered"] == []
    async with desk_office.database.reading() as session:
        assert await lowering.in_force(session) == frozenset()


async def test_content_findings_wait_beside_the_approval_and_sample_customers_read_it(
    desk_office: Office,
) -> None:
    wang = await desk_office.sit("wangshan")
    form = {
        "code": "bad.one", "title": "不该说的", "scene": "care.general", "purpose": "care", "form": "single",
        "template": "{{customer_title}}，这款产品保本保息，绝对不会亏。", "act": "submit", "reason": "试",
    }  # fmt: skip
    assert (await wang.post("/c/library/new", form)).status_code == 303
    he = await desk_office.sit("hejing")
    queue = await he.page("/c/screened?source=content")
    [case] = set(re.findall(r'href="(/c/screened/\d+)"', queue)[:1])
    review = re.findall(r'href="(/c/review/\d+)"', await he.page("/c/review"))[-1]
    preview = await he.page(f"{review}/preview")
    assert "E-4035" in preview
    assert "不可以发" in preview
    twin = await he.get(f"/api/v1{review}/preview")
    assert {one["verdict"] for one in twin.json()["data"]["customers"]} == {"block"}
    back = {"key": "return", "template": "promise"}
    assert (await he.post(f"{case}/decide", back)).status_code == 303
    async with desk_office.database.reading() as session:
        assert await cases.count(session, cases.Wanted(source="content")) == 0
        returned = cases.Wanted(state=CaseState.RETURNED)
        assert await cases.count(session, returned) == 1
    assert "草稿" in await wang.page("/c/library/bad.one")


async def test_a_desk_is_held_by_whom_policy_names_then_by_position_then_by_nobody(
    desk_office: Office,
) -> None:
    policy = desk_office.parts.shelf.of(policy_catalogue.REVIEW_DESK)
    named = policy.model_copy(
        update={"owner": (DeskHolder(desk="合规一岗", staff="hejing"), DeskHolder(desk="空岗", staff="nobody"))}
    )  # fmt: skip
    async with desk_office.database.transaction() as session:
        for desk, staff in (("合规一岗", "suntao"), ("合规二岗", "luomin")):
            await session.execute(
                update(Staff).where(col(Staff.staff_id) == staff).values(position=desk)
            )
        held = await screening_duty.seats_of(session, {"合规一岗", "合规二岗", "空岗"}, named)
    assert {desk: one.staff_id for desk, one in held.items()} == {
        "合规一岗": "hejing",
        "合规二岗": "luomin",
    }
