"""At the desk: plans drawn up by one and approved by another, forms, grids, scorecards."""

import re
from html import unescape

import pytest
from sqlalchemy import text

from config import ownership_policy
from crm_sync.models import CustomerSnapshot, Staff
from portfolio.scorecards import service
from portfolio.transfers import batch
from tests.flows.console.office import AT, Desk, Office
from tests.flows.crm_sync import bank

pytestmark = pytest.mark.anyio
POLICY = ownership_policy.load()
WAN = 1_000_000


async def _staffed(office: Office) -> None:
    """A second head over 01, and managers of both levels beside limin and zhengkai."""
    async with office.database.transaction() as session:
        for staff_id, unit, position in (
            ("didi", "0101", "低柜理财经理"),
            ("guigui", "0101", "贵宾理财经理"),
            ("qianming", "01", "营业经理"),
            ("yuan", "hq", "远程直营经理"),
        ):
            row = {
                "staff_id": staff_id, "userid": staff_id, "name": f"员工{staff_id}",
                "unit_id": unit, "position": position, "active": True,
            }  # fmt: skip
            await bank.insert_rows(session, Staff, [row])
        await bank.grant(session, "qianming", "branch", "01")
        await bank.customer(session, "6219990001", aum_fen=6 * WAN)
        await bank.customer(session, "6219990002", aum_fen=60 * WAN)


async def _drawn_up(office: Office, desk: Desk, **more: str) -> str:
    asked = {"unit": "01", "listed": "unowned", "method": "level", "kind": "owner", **more}
    answer = await desk.post("/c/allocation", asked)
    assert answer.status_code == 303, answer.text[:500]
    return answer.headers["location"]


@pytest.mark.mission("B1", "B2")
async def test_a_plan_shows_loads_before_and_after_and_waits_for_another_person(
    desk_office: Office,
) -> None:
    await _staffed(desk_office)
    author, head = await desk_office.sit("suntao"), await desk_office.sit("qianming")
    path = await _drawn_up(desk_office, author)
    html = await author.page(path)
    assert "员工didi" in html
    assert "层级对应：5–50 万 → 低柜理财经理" in html
    assert "客户62" not in html  # masked
    own = {"choice": "approve", "opinion": "同意"}
    assert (await author.post(f"{path}/decide", own)).status_code == 403
    stranger = await desk_office.sit("zhaolei")
    assert (await stranger.get(path)).status_code == 404
    assert (await head.post(f"{path}/decide", {"choice": "approve"})).status_code == 422
    assert (await head.post(f"{path}/decide", own)).status_code == 303
    assert "已生效" in await head.page(path)
    async with desk_office.database.reading() as session:
        left = await session.execute(
            text(
                "SELECT count(*) FROM customer c WHERE NOT EXISTS (SELECT 1 FROM coverage o"
                " WHERE o.customer_id = c.id AND o.kind = 'owner')"
            )
        )
        assert left.scalar_one() == 0
    assert (await head.post(f"{path}/decide", own)).status_code == 409


@pytest.mark.mission("B1")
async def test_every_figure_of_a_plan_opens_its_list(desk_office: Office) -> None:
    await _staffed(desk_office)
    desk = await desk_office.sit("suntao")
    path = await _drawn_up(desk_office, desk)
    for address in ("/c/allocation", path):
        html = await desk.page(address)
        figures = re.findall(
            rf'<td class="r"><a href="({path}[^"]*|/c/customers[^"]*)">(\d+)</a>', html
        )
        figures += re.findall(
            r'<a class="stat" href="([^"]*)".*?class="v num">(\d+)<', html, re.DOTALL
        )
        assert figures
        for href, value in figures:
            shown = await desk.page(unescape(href))
            assert shown.split('id="list"')[1].count("data-row") == int(value), href


async def test_a_plan_for_a_unit_out_of_sight_is_refused(desk_office: Office) -> None:
    await _staffed(desk_office)
    desk = await desk_office.sit("suntao")
    asked = {"unit": "02", "listed": "unowned", "method": "level"}
    assert (await desk.post("/c/allocation", asked)).status_code == 422
    assert (await desk.post("/c/allocation/direct", {"unit": "02"})).status_code == 422
    pasted = {**asked, "unit": "01", "customers": "6220001205"}  # a customer of the other branch
    assert (await desk.post("/c/allocation", pasted)).status_code == 422


@pytest.mark.mission("B11")
async def test_a_branch_hands_up_its_list_at_the_desk(desk_office: Office) -> None:
    await _staffed(desk_office)
    centre, head = await desk_office.sit("wangshan"), await desk_office.sit("suntao")
    answer = await centre.post("/c/allocation/direct", {"unit": "01", "band": "5万到50万"})
    path = answer.headers["location"]
    assert (
        await centre.post(f"{path}/decide", {"choice": "approve", "opinion": "同意"})
    ).status_code == 403
    assert (
        await head.post(f"{path}/decide", {"choice": "approve", "opinion": "同意"})
    ).status_code == 303
    assert "远程直营：员工yuan" in await head.page(path)


@pytest.mark.mission("B6", "B7")
async def test_a_form_goes_its_way_at_the_desk_and_is_locked_at_its_end(
    desk_office: Office,
) -> None:
    await _staffed(desk_office)
    async with desk_office.database.transaction() as session:
        await bank.customer(session, "6219990003", owner="didi", aum_average_fen=501 * WAN // 10)
        await batch.propose_batch(session, policy=POLICY, at=AT)
    head = await desk_office.sit("suntao")
    listed = await head.page("/c/transfers")
    [path] = set(re.findall(r'href="(/c/transfers/\d+)"', listed))
    assert "50.10" in listed
    assert "日均 50.1 万元" in await head.page(path)
    centre = await desk_office.sit("wangshan")
    decided = {"choice": "approve", "note": "同意移交"}
    assert (await centre.post(f"{path}/decide", decided)).status_code == 403
    for step, data in (
        ("decide", decided),
        ("introduced", {"note": "电话介绍"}),
        ("contacted", {"note": "到店见面"}),
        ("confirm", {}),
    ):
        assert (await head.post(f"{path}/{step}", data)).status_code == 303, step
    html = await head.page(path)
    assert "已归档，未被改动" in html
    assert (await head.post(f"{path}/contacted", {"note": "再来一次"})).status_code == 409
    stranger = await desk_office.sit("zhaolei")
    assert (await stranger.get(path)).status_code == 404


async def test_the_whole_batch_is_approved_with_one_opinion(desk_office: Office) -> None:
    await _staffed(desk_office)
    async with desk_office.database.transaction() as session:
        for number in range(3):
            await bank.customer(session, f"62888{number}", owner="didi", aum_average_fen=90 * WAN)
        await batch.propose_batch(session, policy=POLICY, at=AT)
    head = await desk_office.sit("suntao")
    assert "等待审批 3 张" in await head.page("/c/transfers")
    answer = await head.post("/c/transfers/approve", {"month": "2026-11-01", "opinion": "同意"})
    assert answer.status_code == 303
    shown = await head.page("/c/transfers?state=approved")
    assert shown.split('id="list"')[1].count("data-row") == 3


@pytest.mark.mission("B3")
async def test_customers_are_recalled_with_a_reason_that_the_page_shows(
    desk_office: Office,
) -> None:
    head = await desk_office.sit("suntao")
    asked = {"staff_id": "limin", "reason": "没有按频次联系", "note": "两个季度没有联系"}
    other = await desk_office.sit("zhaolei")
    assert (await other.post("/c/allocation/recalls", asked)).status_code == 422
    assert (await head.post("/c/allocation/recalls", asked)).status_code == 303
    html = await head.page("/c/allocation/recalls")
    assert html.count("data-row") == 2
    assert "两个季度没有联系" in html
    assert "data-row" not in await other.page("/c/allocation/recalls")


@pytest.mark.mission("B12", "B13")
async def test_grids_and_team_roles_are_made_and_seen_at_the_desk(desk_office: Office) -> None:
    await _staffed(desk_office)
    head = await desk_office.sit("suntao")
    people = ["limin", "didi", "guigui"]
    rows = {f"area_{n}": f"包区{n}" for n in range(1, 4)}
    rows |= {f"staff_{n}": one for n, one in enumerate(people, 1)}
    asked = {"unit": "01", "name": "东片"}
    few = asked | {name: value for name, value in rows.items() if not name.endswith("3")}
    answer = await head.post("/c/grids", few)
    assert answer.status_code == 422
    assert "E-2582" in answer.text
    assert (await head.post("/c/grids", asked | rows)).status_code == 303
    role = {"staff_id": "didi", "form": "驻点经理", "group": "客群"}
    assert (await head.post("/c/grids/team", role)).status_code == 303
    html = await head.page("/c/grids")
    assert "包区3" in html
    assert html.count("data-role") == 1
    assert (await head.page("/c/grids?form=线上服务")).count("data-role") == 0
    other = await desk_office.sit("zhaolei")
    assert "东片" not in await other.page("/c/grids")
    [end] = re.findall(r'action="(/c/grids/\d+/end)"', html)
    assert (await other.post(end)).status_code == 404
    assert (await head.post(end)).status_code == 303
    assert "东片" not in await head.page("/c/grids")


@pytest.mark.mission("B3", "B10")
async def test_both_scorecards_are_shown_with_formulas_and_lists_behind(
    desk_office: Office,
) -> None:
    async with desk_office.database.transaction() as session:
        zhou = desk_office.customers["zhou"]
        for kind in ("deposit", "fund"):
            await bank.holding(session, zhou, f"S-{kind}", kind)
        snapshot = {"customer_id": zhou, "on": AT.date().replace(month=9), "aum_fen": 40_000_000}
        await bank.insert_rows(session, CustomerSnapshot, [snapshot])
    head = await desk_office.sit("suntao")
    html = await head.page("/c/scorecards")
    assert "（现在的总资产 − 季初快照的总资产）÷ 季初快照的总资产" in html
    assert "100.0%" in html  # 40 万 became 80 万
    assert "管户制名次" in await head.page("/c/scorecards?view=persona")
    links = dict(re.findall(r'href="(/c/scorecards/limin\?of=\w+)">([^<]*)<', html))
    expected = {"customers": 2, "crossed": 1, "measured": 1, "friends": 1, "reached": 0}
    assert set(links) == {f"/c/scorecards/limin?of={of}" for of in expected}
    for of, number in expected.items():
        shown = await head.page(f"/c/scorecards/limin?of={of}")
        assert shown.count("data-row") == number, of
    assert "员工zhengkai" not in html
    assert (await head.get("/c/scorecards/zhengkai")).status_code == 404
    async with desk_office.database.transaction() as session:
        after = AT.replace(year=AT.year + 1, month=1, day=1)
        assert await service.close_quarter(session, policy=POLICY, at=after)
        await session.execute(text("UPDATE coverage SET staff_id = 'zhengkai'"))
    for view in ("", "&view=persona"):
        html = await head.page(f"/c/scorecards?quarter=2026Q4{view}")
        kept = re.findall(r'href="(/c/scorecards/limin\?[^"]*of=(\w+))"', html)
        assert {of for _, of in kept} == set(expected)
        for link, of in kept:
            shown = await head.page(unescape(link))
            assert "2026Q4，季末时的名单" in shown
            assert shown.count("data-row") == expected[of], of
    assert (await head.get("/c/scorecards/zhengkai?quarter=2026Q4")).status_code == 404
