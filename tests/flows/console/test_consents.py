"""授权与退订, 个人信息请求: every number opens its list; a branch writes down; two people erase."""

import io
import re
import zipfile
from html import unescape

import pytest
from sqlalchemy import text

from compliance.facts import ConsentFact
from compliance.repository import recipient_standing
from compliance.service import give_consents
from tests.flows.console.office import AT, Office

pytestmark = [pytest.mark.anyio, pytest.mark.mission("C6")]


async def _consents(office: Office) -> None:
    people = office.customers
    facts = [
        ConsentFact(people["zhou"], "marketing", True, "手机银行授权页", AT, "2026-1"),
        ConsentFact(people["chen"], "marketing", False, "网点签字", AT),
        ConsentFact(people["sun"], "marketing", True, "网点签字", AT),
        ConsentFact(people["zhou"], "profiling", False, "手机银行授权页", AT),
    ]
    async with office.database.transaction() as session:
        await give_consents(session, facts, AT, "system:import")


async def test_every_count_opens_a_list_of_as_many(desk_office: Office) -> None:
    await _consents(desk_office)
    desk = await desk_office.sit("hejing")
    html = await desk.page("/c/consents")
    cells = re.findall(r'class="tlink num" href="([^"]*list[^"]*)">([\d,]+)<', html)
    assert len(cells) >= 18
    for href, number in cells:
        listed = await desk.page(unescape(href))
        assert listed.count("data-row") == int(number), href
    assert sum(int(number) for _, number in cells[6:9]) == 4  # marketing: everybody once


async def test_a_branch_sees_its_own_customers_alone(desk_office: Office) -> None:
    await _consents(desk_office)
    desk = await desk_office.sit("suntao")
    html = await desk.page("/c/consents")
    cells = re.findall(r'class="tlink num" href="[^"]*list[^"]*">([\d,]+)<', html)
    assert sum(int(number) for number in cells[6:9]) == 2
    other = desk_office.customers["sun"]
    assert (await desk.get(f"/c/consents/of/{other}")).status_code in (403, 404)
    answer = await desk.post(
        f"/c/consents/of/{other}/opt-out", {"choice": "all", "words": "别再联系"}
    )
    assert answer.status_code in (403, 404)
    assert (await desk.get("/c/personal-data")).status_code == 403


async def test_the_branch_writes_down_a_refusal_and_it_holds_at_once(desk_office: Office) -> None:
    await _consents(desk_office)
    zhou = desk_office.customers["zhou"]
    desk = await desk_office.sit("suntao")
    page = await desk.page(f"/c/consents/of/{zhou}")
    assert "手机银行授权页" in page
    assert "2026-1" in page
    without = await desk.post(f"/c/consents/of/{zhou}/opt-out", {"choice": "marketing"})
    assert without.status_code == 422
    done = await desk.post(
        f"/c/consents/of/{zhou}/opt-out", {"choice": "marketing", "words": "别再发理财了"}
    )
    assert done.status_code == 303
    async with desk_office.database.reading() as session:
        standing = (await recipient_standing(session, [zhou]))[zhou]
    assert standing.suppressed == {"marketing"}
    assert "marketing" in standing.refusals
    page = await desk.page(f"/c/consents/of/{zhou}")
    assert "网点代登记" in page
    overview = await desk.page("/c/consents")
    assert "网点代登记" in overview
    [href] = re.findall(r'href="(/c/consents/opted-out[^"]*)"', overview)
    assert (await desk.page(href)).count("data-row") == 1


async def test_one_asks_another_approves_and_the_download_is_on_record(
    desk_office: Office,
) -> None:
    zhou = desk_office.customers["zhou"]
    asks, approves = await desk_office.sit("hejing"), await desk_office.sit("luomin")
    made = await asks.post(
        f"/c/personal-data/ask/{zhou}", {"kind": "export", "basis": "客户持身份证到网点申请"}
    )
    path = made.headers["location"]
    own = await asks.post(f"{path}/decide", {"decision": "approve", "opinion": "可以"})
    assert own.status_code == 409
    assert (await asks.post(f"{path}/download")).status_code == 409
    assert (
        await approves.post(f"{path}/decide", {"decision": "approve", "opinion": "核对无误"})
    ).status_code == 303
    zipped = await asks.post(f"{path}/download")
    assert zipped.status_code == 200, zipped.text
    with zipfile.ZipFile(io.BytesIO(zipped.content)) as held:
        assert sorted(held.namelist()) == ["个人信息.json", "封面.html"]
        assert "客户6210003821" in held.read("个人信息.json").decode()
    async with desk_office.database.reading() as session:
        found = await session.execute(
            text("SELECT actor FROM ledger_entry WHERE act = 'personal.exported'")
        )
        assert list(found.scalars()) == ["staff:hejing"]
    assert "已办结" in await asks.page("/c/personal-data")


async def test_an_approved_erasure_says_what_went_and_what_the_law_keeps(
    desk_office: Office,
) -> None:
    await _consents(desk_office)
    zhou = desk_office.customers["zhou"]
    asks, approves = await desk_office.sit("hejing"), await desk_office.sit("luomin")
    made = await asks.post(
        f"/c/personal-data/ask/{zhou}", {"kind": "erase", "basis": "客户持身份证到网点申请"}
    )
    path = made.headers["location"]
    await approves.post(f"{path}/decide", {"decision": "approve", "opinion": "核对无误"})
    page = await asks.page(path)
    assert "已清空内容" in page
    assert "依法保留" in page
    assert "授权历史" in page
    assert "3 年" in page
    assert (await asks.get(f"/c/customers/{zhou}")).status_code in (403, 404)
    listed = await asks.page("/c/customers")
    assert listed.count("data-row") == 3
