"""Every number of the first page is the length of the list it opens."""

import re
from datetime import timedelta
from html import unescape

import pytest

from delivery.models import TodoState
from insights import overview as figures
from insights.customer_lists import CustomerQuery
from insights.customer_lists import count as customers_count
from kit.clock import bank_date
from tests.flows.console import scenes
from tests.flows.console.office import AT, Desk, Office
from tests.flows.crm_sync import bank

pytestmark = pytest.mark.anyio
TODAY = bank_date(AT)
MONDAY = TODAY - timedelta(days=TODAY.weekday())


async def _busy_week(office: Office) -> None:
    people = office.customers
    last_week = MONDAY - timedelta(days=3)
    async with office.database.transaction() as session:
        await scenes.belongs(session, people["zhou"], "稳健养老", at=AT)
        await scenes.belongs(session, people["sun"], "商贸经营", at=AT)
        await scenes.touch(session, people["zhou"], at=AT - timedelta(days=1))
        await bank.contact(session, "wm-stranger")
        await bank.relation(session, "zhengkai", "wm-stranger")
        for who, no in (("zhou", "D1"), ("chen", "D2"), ("sun", "D3")):
            await bank.holding(session, people[who], no, "deposit", matures_on=last_week)
        await bank.holding(
            session, people["zhou"], "D4", "deposit", opened_on=last_week + timedelta(days=1),
            matures_on=TODAY + timedelta(days=5),
        )  # fmt: skip
        await bank.holding(session, people["chen"], "D5", "card", opened_on=last_week)
        await scenes.todo(session, people["zhou"], at=AT, due_on=TODAY, state=TodoState.CONFIRMED)
        await scenes.todo(session, people["chen"], at=AT, due_on=TODAY, state=TodoState.EXPIRED)
        await scenes.todo(session, people["chen"], at=AT, due_on=MONDAY)
        await scenes.todo(
            session, people["sun"], at=AT, staff="zhengkai", unit="0201", state=TodoState.EXPIRED
        )


def _shown(html: str) -> dict[str, tuple[str, str]]:
    """Name of each number -> (value, link)."""
    found = {}
    for href, body in re.findall(r'<a class="stat" href="([^"]*)"(.*?)</a>', html, re.DOTALL):
        name = re.search(r'class="t">([^<]*)<', body)
        value = re.search(r'class="v num">([^<]*)<', body)
        assert name is not None
        assert value is not None
        found[name[1]] = (value[1], unescape(href))
    return found


def _total(html: str) -> int:
    found = re.search(r"共 ([\d,]+) 条", html)
    return int(found[1].replace(",", "")) if found else 0


async def _list_length(desk: Desk, href: str) -> int:
    return _total(await desk.page(href))


async def test_each_number_is_the_length_of_its_list(desk_office: Office) -> None:
    await _busy_week(desk_office)
    desk = await desk_office.sit("wangshan")
    html = await desk.page("/c/")
    numbers = _shown(html)
    assert numbers["企微好友客户"][0] == "2"
    assert await _list_length(desk, numbers["企微好友客户"][1]) == 2
    assert numbers["实名匹配率"][0] == "66.7"
    assert "没有匹配 1 人" in html
    assert await _list_length(desk, numbers["实名匹配率"][1]) == 1
    assert numbers["有效覆盖率"][0] == "50.0"
    assert await _list_length(desk, numbers["有效覆盖率"][1]) == 1  # who is left to be reached
    assert numbers["到期衔接率"][0] == "33.3"
    assert await _list_length(desk, numbers["到期衔接率"][1]) == 1
    assert numbers["任务按时完成率"][0] == "33.3"
    assert await _list_length(desk, numbers["任务按时完成率"][1]) == 3
    assert numbers["待处理工单"][0] == "0"


async def test_the_funnel_and_the_personas_count_by_their_lists(desk_office: Office) -> None:
    await _busy_week(desk_office)
    async with desk_office.database.reading() as session:
        steps = await figures.funnel(session, None, AT, "")
        assert (steps.matured, steps.given, steps.touched, steps.kept) == (3, 3, 1, 1)
        rows = await figures.personas(session, None, AT)
        assert [(one.persona, one.customers, one.covered) for one in rows] == [
            ("商贸经营", 1, 0),
            ("稳健养老", 1, 1),
        ]
        for one in rows:
            query = figures.of_persona(one.persona)
            assert await customers_count(session, query, None, AT) == one.customers
        assert sum(one.customers for one in rows) == await customers_count(
            session, CustomerQuery(contact="1"), None, AT
        )
        trend = await figures.coverage_trend(session, figures.FRIENDS, None, AT)
        assert [value for _, value in trend][-2:] == [0.0, 0.5]
    desk = await desk_office.sit("wangshan")
    html = await desk.page("/c/")
    for href in re.findall(r'href="(/c/customers\?[^"]*)"', html):
        await desk.page(unescape(href))


async def test_a_branch_counts_its_own_people_alone(desk_office: Office) -> None:
    await _busy_week(desk_office)
    desk = await desk_office.sit("suntao")
    numbers = _shown(await desk.page("/c/"))
    assert numbers["企微好友客户"][0] == "1"
    assert numbers["任务按时完成率"][0] == "50.0"
    elsewhere = _shown(await desk.page("/c/?unit=0201"))
    assert elsewhere["企微好友客户"][0] == "0"
    assert "0201机构" not in await desk.page("/c/")


async def test_execution_by_unit_adds_up_to_its_list(desk_office: Office) -> None:
    await _busy_week(desk_office)
    desk = await desk_office.sit("wangshan")
    html = await desk.page("/c/todos")
    numbers = _shown(html)
    assert numbers["今天要做"][0] == "3"
    for name, length in (("今天要做", 3), ("按时完成率", 3), ("逾期", 1), ("存档核对一致", 1)):
        assert await _list_length(desk, numbers[name][1]) == length, name
    assert "0101机构" in html
    assert "0201机构" in html
    listed = await desk.page("/c/todos?view=list&unit=0201")
    assert _total(listed) == 1
    mine = await (await desk_office.sit("suntao")).page("/c/todos?view=list")
    assert _total(mine) == 3
    assert "员工zhengkai" not in mine


async def test_a_technician_starts_at_the_state_of_things(desk_office: Office) -> None:
    desk = await desk_office.sit("gaoyuan")
    answer = await desk.get("/c/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/c/health")
