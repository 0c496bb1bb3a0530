"""The pages about contacts: every number opens the list it counts, what is done leaves a trace."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from html import unescape

import pytest

from kit.ledger.reading import Wanted as Entries
from kit.ledger.reading import page as entries
from portfolio.contact_plan.planning import plan_day
from portfolio.followups import parking
from tests.flows.console import scenes
from tests.flows.console.office import AT, Desk, Office
from tests.flows.crm_sync import bank
from tests.flows.portfolio.books import FOLLOW_UPS, PLAN, TODAY, days_ago, graded, stood, touch

pytestmark = pytest.mark.anyio
LINK = re.compile(r'<a class="tlink[^"]*" href="([^"]*)">([\d,]+)</a>')
STAT = re.compile(r'<a class="stat" href="([^"]*)".*?class="v num">([\d,]+)<', re.DOTALL)


def rows_in(html: str) -> int:
    return html.split('id="list"')[1].count("data-row")


async def every_number_opens_its_list(desk: Desk, html: str, rows: Callable[[str], int]) -> int:
    """Follow each number of a page; how many there were."""
    found = {(unescape(href), int(value.replace(",", ""))) for href, value in LINK.findall(html)}
    for href, value in found:
        assert rows(await desk.page(href)) == value, href
    return len(found)


async def _bank(office: Office) -> None:
    """zhou is late, chen fine and near, sun a D without a plan, lin never reached."""
    people = office.customers
    async with office.database.transaction() as session:
        await touch(session, people["zhou"], days_ago(91))
        for days in (3, 2, 1):
            await touch(session, people["chen"], days_ago(days))
        await touch(session, people["sun"], days_ago(20), staff="zhengkai", unit="0201")
        await graded(session, "A", people["zhou"], people["chen"])
        await graded(session, "D", people["sun"])
        await stood(session)


@pytest.mark.mission("A6", "A7")
async def test_overdue_customers_are_listed_by_manager_and_by_unit(desk_office: Office) -> None:
    await _bank(desk_office)
    desk = await desk_office.sit("wangshan")
    for path in ("/c/duty", "/c/duty?by=staff"):
        html = await desk.page(path)
        assert await every_number_opens_its_list(desk, html, rows_in) >= 4
        stats = [(unescape(href), int(value)) for href, value in STAT.findall(html)]
        assert [value for _, value in stats] == [4, 2, 2, 1]
        for href, value in stats:
            assert rows_in(await desk.page(href)) == value, href
    breach = await desk.page("/c/duty?view=list&show=breach")
    assert "季度违约" in breach
    assert "从来没有" in breach
    assert "客户62" not in breach
    assert "没有盘活计划" in await desk.page("/c/duty?view=list&show=unplanned")
    branch = await desk_office.sit("suntao")
    assert rows_in(await branch.page("/c/duty?view=list")) == 2
    assert (await desk.get("/c/duty?show=lazy")).status_code == 422
    assert (await desk.get("/c/duty?view=list&after=x")).status_code == 422
    twin = await desk.get("/api/v1/c/duty?view=list&show=breach")
    assert [row["data"]["days"] for row in twin.json()["data"]["rows"]][-1] == 91


@pytest.mark.mission("B9")
async def test_the_load_of_each_manager_is_shown_with_warnings_and_opens_its_lists(
    desk_office: Office,
) -> None:
    await _bank(desk_office)
    desk = await desk_office.sit("wangshan")
    html = await desk.page("/c/coverage")
    assert await every_number_opens_its_list(desk, html, rows_in) >= 6
    rows = (await desk.get("/api/v1/c/coverage")).json()["data"]["rows"]
    loads = {row["data"]["staff_id"]: row["data"] for row in rows}
    assert (loads["limin"]["assigned"], loads["limin"]["covered"], loads["limin"]["deep"]) == (
        2,
        1,
        1,
    )
    assert loads["limin"]["warnings"] == ["有效覆盖不到 2 户"]
    assert "资产覆盖" in html


@pytest.mark.mission("B4")
async def test_a_parked_customer_is_taken_up_again_with_a_reason(desk_office: Office) -> None:
    zhou = desk_office.customers["zhou"]
    async with desk_office.database.transaction() as session:
        for days in (50, 40, 30, 20, 10):
            await touch(session, zhou, days_ago(days), outcome="no_deal")
        await parking.apply(session, FOLLOW_UPS, AT)
    desk = await desk_office.sit("suntao")
    assert rows_in(await desk.page("/c/parked")) == 1
    other = await desk_office.sit("zhaolei")
    assert rows_in(await other.page("/c/parked")) == 0
    path = f"/c/parked/{zhou}"
    assert (await desk.post(path, {"note": " "})).status_code == 422
    assert (await other.post(path, {"note": "我来试试"})).status_code == 404
    assert (await desk.post(path, {"note": "客户来电"})).status_code == 303
    assert rows_in(await desk.page("/c/parked")) == 0
    assert "客户来电" in await desk.page("/c/parked?state=ended")
    auditor = await desk_office.sit("hejing")
    assert (await auditor.post(path, {"note": "试试"})).status_code == 403


@pytest.mark.mission("B5")
async def test_rounds_show_who_is_in_which_and_what_comes_next(desk_office: Office) -> None:
    await _bank(desk_office)
    desk = await desk_office.sit("zhaolei")
    assert (await desk.post("/c/activation")).status_code == 303
    html = await desk.page("/c/activation?place=0")
    assert "第 1 轮 资料核对" in html
    assert rows_in(html) == 1
    [path] = set(re.findall(r'action="(/c/activation/\d+)"', html))
    assert (await desk.post(path, {"do": "skip", "note": ""})).status_code == 422
    assert (await desk.post(path, {"do": "fly", "note": "飞过去"})).status_code == 422
    assert (await desk.post(path, {"do": "skip", "note": "资料是新的"})).status_code == 303
    html = await desk.page("/c/activation?place=1")
    assert "跳过 资料核对" in html
    assert 'value="skip"' not in html
    assert (await desk.post(path, {"do": "skip", "note": "再跳一轮"})).status_code == 409
    assert (await desk.post(path, {"do": "done", "note": "加上了"})).status_code == 303
    assert rows_in(await desk.page("/c/activation?place=2")) == 1
    other = await desk_office.sit("suntao")
    assert (await other.post(path, {"do": "done", "note": "不是我的"})).status_code == 404
    assert (await desk.post(path, {"do": "stop", "note": "客户销户"})).status_code == 303
    assert rows_in(await desk.page("/c/activation")) == 0


@pytest.mark.mission("B8")
async def test_the_day_is_shown_by_unit_by_manager_and_line_by_line(desk_office: Office) -> None:
    await _bank(desk_office)
    people = desk_office.customers
    async with desk_office.database.transaction() as session:
        await scenes.todo(session, people["chen"], at=AT)
        await plan_day(session, TODAY, PLAN, AT)
        await touch(session, people["chen"], AT - timedelta(minutes=5), channel="chat")
    desk = await desk_office.sit("wangshan")
    for path in ("/c/daily", "/c/daily?by=staff"):
        html = await desk.page(path)
        assert await every_number_opens_its_list(desk, html, rows_in) >= 4
    listed = await desk.page("/c/daily?view=list")
    assert "到期待办 1 件" in listed
    assert "已 91 天没有有效联络，超过 90 天" in listed
    assert "私域" in listed
    assert "客户62" not in listed
    assert rows_in(await desk.page("/c/daily?view=list&done=done")) == 1
    assert rows_in(await desk.page("/c/daily?view=list&day=2026-11-24")) == 0
    assert (await desk.get("/c/daily?day=tomorrow")).status_code == 422
    csv = await desk.get("/c/daily/export.csv?staff=limin")
    assert csv.headers["content-type"].startswith("text/csv")
    assert csv.text.count("\n") == 3
    assert "客户62" not in csv.text
    async with desk_office.database.reading() as session:
        [entry] = await entries(session, Entries(acts=frozenset({"daily.exported"})))
    assert entry.payload["rows"] == 2


@pytest.mark.mission("C8")
async def test_the_touch_log_shows_every_channel_wecom_first(desk_office: Office) -> None:
    zhou, sun = desk_office.customers["zhou"], desk_office.customers["sun"]
    async with desk_office.database.transaction() as session:
        await scenes.touch(session, zhou, at=days_ago(1))
        for channel, act in (
            ("manager", ""), ("branch", "双录"), ("phone", "双录"), ("app", ""), ("sms", ""),
            ("media", ""), ("open", ""),
        ):  # fmt: skip
            await touch(session, zhou, days_ago(2), channel=channel, act=act)
        await touch(
            session,
            sun,
            days_ago(3),
            staff="zhengkai",
            unit="0201",
            reason="服务提醒走电话；没接短信",
        )
    desk = await desk_office.sit("wangshan")
    assert "服务提醒走电话；没接短信" in await desk.page(f"/c/touches?customer={sun}")
    assert "服务提醒走电话；没接短信" in await desk.page(f"/c/customers/{sun}")
    html = await desk.page(f"/c/touches?customer={zhou}")
    tabs = re.findall(r'<nav class="tabs" aria-label="怎么看">(.*?)</nav>', html, re.DOTALL)[0]
    shown = [
        (name.strip(), int(number))
        for name, number in re.findall(r'>([^<>]+) <span class="num">(\d+)', tabs)
    ]
    assert shown == [
        ("全部", 8), ("私域", 1), ("客户经理", 1), ("网点", 1), ("电话", 1), ("App", 1),
        ("邮件短信", 1), ("新媒体", 1), ("开放银行", 1), ("应在网点办", 1),
    ]  # fmt: skip
    for href, (_, number) in zip(re.findall(r'href="([^"]+)"', tabs), shown, strict=True):
        assert rows_in(await desk.page(unescape(href))) == number, href
    assert "应在网点办理" in html
    assert "网点专办" in html
    assert rows_in(await desk.page("/c/touches")) == 9
    assert (await desk.get("/c/touches?channel=信鸽")).status_code == 422
    assert (await desk.get("/c/touches?before=x")).status_code == 422
    branch = await desk_office.sit("suntao")
    assert (await branch.get(f"/c/touches?customer={sun}")).status_code == 404
    assert rows_in(await branch.page("/c/touches")) == 8


@pytest.mark.mission("A18")
async def test_a_preparation_is_filled_box_by_box_until_a_campaign_may_start(
    desk_office: Office,
) -> None:
    desk = await desk_office.sit("suntao")
    assert (await desk.post("/c/preparations", {"title": " "})).status_code == 422
    made = await desk.post("/c/preparations", {"title": "四季度达标有礼"})
    path = made.headers["location"]
    html = await desk.page(path)
    assert "还差 7 栏" in html
    boxes = re.findall(rf'action="({path}/\w+)"', html)
    assert len(boxes) == 7
    for box in boxes[:-1]:
        assert (await desk.post(box, {"content": "写得清清楚楚"})).status_code == 303
    assert "还差 1 栏" in await desk.page(path)
    assert "还差 规范套路与培训" in await desk.page("/c/preparations")
    assert (await desk.post(boxes[-1], {"content": "无"})).status_code == 422
    assert (await desk.post(f"{path}/other", {"content": "写得清清楚楚"})).status_code == 422
    assert (await desk.post(boxes[-1], {"content": "<b>培训</b>两次"})).status_code == 303
    html = await desk.page(path)
    assert "七栏都有了" in html
    assert "&lt;b&gt;培训" in html
    assert "员工suntao" in html
    other = await desk_office.sit("zhaolei")
    assert (await other.get(path)).status_code == 404
    assert (await other.post(boxes[0], {"content": "改一改你的"})).status_code == 404
    twin = (await desk.get(f"/api/v1{path}")).json()["data"]
    assert twin["ready"] is True


async def _amounts(office: Office) -> None:
    async with office.database.transaction() as session:
        for number, (aum, born, gender) in enumerate(
            (
                (1_000_000, "1958-03-02", "F"),
                (4_999_999, "1990-03-02", "M"),
                (5_000_000, "1996-11-25", "F"),
                (10_000_000, "1991-11-25", "F"),
                (999_999, "1975-11-24", "F"),
            )
        ):
            await bank.customer(
                session, f"8{number}", owner="limin", aum_fen=aum, gender=gender,
                born_on=TODAY.fromisoformat(born), tier="中端" if aum >= 5_000_000 else "有效",
            )  # fmt: skip


Follow = Callable[[Desk, str], Awaitable[int]]


@pytest.mark.mission("A3", "A4")
async def test_playbooks_and_layers_show_their_customers(desk_office: Office) -> None:
    await _amounts(desk_office)
    desk = await desk_office.sit("suntao")
    html = await desk.page("/c/playbooks")
    assert await every_number_opens_its_list(desk, html, rows_in) == 5
    stats = [(unescape(href), int(value)) for href, value in STAT.findall(html)]
    assert [value for _, value in stats] == [2, 1, 2]
    for href, value in stats:
        assert rows_in(await desk.page(href)) == value, href
    assert "粘度防流失与提升" in html
    assert (await desk.get("/c/playbooks/customers?layer=1亿以上")).status_code == 422


@pytest.mark.mission("D9")
async def test_hints_by_age_stand_beside_the_banks_own_customers(desk_office: Office) -> None:
    await _amounts(desk_office)
    desk = await desk_office.sit("suntao")
    html = await desk.page("/c/hints")
    assert await every_number_opens_its_list(desk, html, rows_in) >= 4
    rows = (await desk.get("/api/v1/c/hints")).json()["data"]["rows"]
    assert [row["data"]["customers"] for row in rows] == [1, 2, 2]
    for words in ("基金定投、现金管理、货币基金", "储蓄存款、银行理财", "突发事件与医疗 48.2%",
                  "83% 的客户", "调研 31—40 岁", "80.0"):  # fmt: skip
        assert words in html
    assert (await desk.get("/c/playbooks/customers?age=old")).status_code == 422
