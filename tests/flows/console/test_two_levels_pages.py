"""A text that speaks of products passes both levels at the desk by three people, or not at all."""

import re

import httpx
import pytest

from content_library import repository
from content_library.facts import State, VersionFact
from tests.flows.console.office import Office
from tests.flows.console.test_content import _hash
from tests.flows.crm_sync import bank

pytestmark = pytest.mark.anyio
CODE = "deposit.year"
WORDS = (
    "{{customer_title}}您好，{{product_name}}：期限{{product_term}}，{{min_amount}}起存。利率以办理当日挂牌利率为准，"
    "提前支取按活期计息。{{bank_name}}。不想再收到此类消息，回复“退订”即可。"
)
FORM = {
    "code": CODE, "title": "整存整取一年", "scene": "product.open", "purpose": "marketing",
    "form": "single", "product_kind": "deposit", "template": WORDS, "act": "submit",
    "reason": "新一年挂牌",
}  # fmt: skip


async def _people(office: Office) -> None:
    """Besides those at head office: another writer, and two who check for their branches."""
    async with office.database.transaction() as session:
        for staff_id, role, unit in (
            ("liufang", "ops", "hq"),
            ("shenyi", "compliance", "01"),
            ("tangwei", "compliance", "02"),
        ):
            await bank.staff(session, staff_id, unit_id=unit)
            await bank.grant(session, staff_id, role, unit)


async def _now(office: Office) -> VersionFact:
    async with office.database.reading() as session:
        return (await repository.versions(session, CODE))[0]


async def _says(office: Office, who: str, **more: str) -> httpx.Response:
    """What the desk answers when somebody approves, with the words as they are now."""
    now = await _now(office)
    desk = await office.sit(who)
    said = {
        "decision": "approve", "opinion": "口径与产品说明书一致",
        "template_hash": now.script.template_hash, **more,
    }  # fmt: skip
    return await desk.post(f"/c/review/{now.script.version_id}/decide", said)


@pytest.mark.mission("F1")
async def test_three_people_decide_and_nobody_twice_nor_past_a_level(desk_office: Office) -> None:
    await _people(desk_office)
    wang = await desk_office.sit("wangshan")
    assert (await wang.post("/c/library/new", FORM)).status_code == 303
    version = (await _now(desk_office)).script.version_id
    page = await (await desk_office.sit("shenyi")).page(f"/c/review/{version}")
    assert "分行合规初审" in page
    assert "两级审批" in page
    assert _hash(page) == (await _now(desk_office)).script.template_hash
    for who, code in (("wangshan", "E-3235"), ("liufang", "E-3235")):  # no role of this level
        answer = await _says(desk_office, who)
        assert (answer.status_code, code in answer.text) == (403, True), who
        looks = await (await desk_office.sit(who)).page(f"/c/review/{version}")
        assert 'name="decision"' not in looks
    assert (await _says(desk_office, "shenyi", opinion="")).status_code == 422, "without a word"
    assert (await _says(desk_office, "shenyi", opinion=" ")).status_code == 422
    assert (await _says(desk_office, "shenyi")).status_code == 303
    first = await _now(desk_office)
    assert (first.script.state, first.checked_by) == (State.SUBMITTED, "staff:shenyi")
    assert first.script.approved_hash is None, "one level is not enough"

    again = await _says(desk_office, "shenyi")  # the same person, and of a branch besides
    assert (again.status_code, "E-3235" in again.text) == (403, True)
    other = await _says(desk_office, "tangwei")  # another person, but of a branch: level skipped
    assert (other.status_code, "E-3235" in other.text) == (403, True)
    assert "这一级由“总行合规终审”决定" in await (await desk_office.sit("tangwei")).page(
        f"/c/review/{version}"
    )
    assert (await _says(desk_office, "luomin")).status_code == 303
    done = await _now(desk_office)
    assert (done.script.state, done.decided_by) == (State.APPROVED, "staff:luomin")
    assert done.script.approved_hash == done.script.template_hash
    html = await wang.page(f"/c/library/{CODE}")
    said = re.findall(r"(起草|提交审核|初审通过|终审通过)", html)
    assert said == ["起草", "提交审核", "初审通过", "终审通过"]
    assert html.count("口径与产品说明书一致") == 2


async def test_who_checked_at_head_office_cannot_decide_at_the_second_level(
    desk_office: Office,
) -> None:
    wang = await desk_office.sit("wangshan")
    await wang.post("/c/library/new", FORM)
    assert (await _says(desk_office, "hejing")).status_code == 303
    twice = await _says(desk_office, "hejing")
    assert (twice.status_code, "E-4206" in twice.text) == (403, True)
    assert (await _now(desk_office)).script.state == State.SUBMITTED
    page = await (await desk_office.sit("hejing")).page(
        f"/c/review/{(await _now(desk_office)).script.version_id}"
    )
    assert "要由另一个人终审" in page
    assert 'name="decision"' not in page


async def test_an_edit_after_the_first_level_voids_it_on_the_pages(desk_office: Office) -> None:
    await _people(desk_office)
    wang = await desk_office.sit("wangshan")
    await wang.post("/c/library/new", FORM)
    assert (await _says(desk_office, "shenyi")).status_code == 303
    read_before = (await _now(desk_office)).script.template_hash
    edited = {**FORM, "template": WORDS.replace("您好", "您好，打扰了")}
    assert (await wang.post(f"/c/library/{CODE}/new", edited)).status_code == 303
    now = await _now(desk_office)
    assert (now.script.version, now.script.state, now.checked_by) == (1, State.SUBMITTED, None)
    stale = await _says(desk_office, "luomin", template_hash=read_before)
    assert (stale.status_code, "E-4210" in stale.text) == (409, True)
    assert (await _says(desk_office, "luomin")).status_code == 303
    assert (await _now(desk_office)).script.state == State.SUBMITTED, "the first level again"
    assert (await _says(desk_office, "hejing")).status_code == 303
    assert (await _now(desk_office)).script.state == State.APPROVED
