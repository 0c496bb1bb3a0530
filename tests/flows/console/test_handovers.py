"""A leaver's customers are given away at the desk: planned by one, approved by another."""

import re
from html import unescape

import pytest
from sqlalchemy import text

from crm_sync.handing_over import Giver
from portfolio.handover import leavers
from tests.flows.console.office import AT, Office
from tests.flows.crm_sync import bank

pytestmark = pytest.mark.anyio


async def _left(office: Office) -> str:
    """Manager limin left; returns the address of the draft."""
    async with office.database.transaction() as session:
        await bank.staff(session, "taker")
        await bank.contact(session, "wm-unknown")
        await bank.relation(session, "limin", "wm-unknown")
        giver = Giver("limin", "limin", "0101", False)
        run_id = await leavers.drafted(session, giver, origin="event", at=AT, chat_ids=["wr-1"])
    return f"/c/handovers/{run_id}"


@pytest.mark.mission("B14")
async def test_a_leavers_handover_is_planned_by_one_and_approved_by_another(
    desk_office: Office,
) -> None:
    path = await _left(desk_office)
    branch, head = await desk_office.sit("suntao"), await desk_office.sit("wangshan")
    listed = await branch.page("/c/handovers")
    assert "等指定接手人" in listed
    assert (await branch.post(f"{path}/approve")).status_code == 409
    assert (await branch.post(f"{path}/plan", {"takers": "nobody"})).status_code == 422
    assert (await branch.post(f"{path}/plan", {"takers": "limin"})).status_code == 422
    assert (await branch.post(f"{path}/plan", {"takers": "taker"})).status_code == 303
    shown = await branch.page(path)
    assert "要由另一位同事批准" in shown
    assert "客户62" not in shown
    assert (await branch.post(f"{path}/approve")).status_code == 409
    assert (await head.post(f"{path}/approve")).status_code == 303
    async with desk_office.database.reading() as session:
        query = text("SELECT staff_id, count(*) FROM coverage GROUP BY staff_id ORDER BY staff_id")
        owners = [tuple(row) for row in await session.execute(query)]
    assert owners == [("taker", 2), ("zhengkai", 2)]
    assert (await head.post(f"{path}/approve")).status_code == 409


async def test_every_figure_of_a_handover_opens_its_list(desk_office: Office) -> None:
    path = await _left(desk_office)
    desk = await desk_office.sit("wangshan")
    for address in ("/c/handovers", path):
        html = await desk.page(address)
        numbers = re.findall(r'href="(/c/handovers/\d+\?[^"]*)"[^>]*>(\d+)<', html)
        numbers += [
            (href, value)
            for href, value in re.findall(
                r'<a class="stat" href="([^"]*)">.*?class="v num">(\d+)<', html
            )
        ]
        assert len(numbers) >= 5
        for href, value in numbers:
            rows = (await desk.page(unescape(href))).split('id="list"')[1].count("data-row")
            assert rows == int(value), href


async def test_a_handover_of_another_branch_answers_like_none(desk_office: Office) -> None:
    path = await _left(desk_office)
    other = await desk_office.sit("zhaolei")
    assert (await other.get(path)).status_code == 404
    assert (await other.post(f"{path}/plan", {"takers": "zhengkai"})).status_code == 404
    assert (await other.post(f"{path}/approve")).status_code == 404
    assert "移交 1" not in await other.page("/c/handovers")
    assert (await (await desk_office.sit("gaoyuan")).get("/c/handovers")).status_code == 403


async def test_a_handover_is_called_off_with_a_reason(desk_office: Office) -> None:
    path = await _left(desk_office)
    desk = await desk_office.sit("suntao")
    assert (await desk.post(f"{path}/cancel", {"reason": ""})).status_code == 422
    assert (await desk.post(f"{path}/cancel", {"reason": "员工回来了"})).status_code == 303
    assert "撤销" in await desk.page("/c/handovers?state=cancelled")
