"""A campaign in the browser: its load is seen, it is proposed, approved by another, run and stopped."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from playwright.async_api import Locator, expect

from kit.clock import bank_date, now
from tests.browser.conftest import OpenTab
from tests.browser.visiting import Tab

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
]
Desk = Callable[..., Awaitable[Tab]]
OPS, SECOND, BRANCH = "000101", "000104", "003101"
TITLE = "腊月问候"


async def _fill(form: Locator, starts: int) -> None:
    today = bank_date(now())
    await form.get_by_label("名称").fill(TITLE)
    await form.get_by_label("目标", exact=True).fill("年前和到期客户说上一次话")
    await form.get_by_label("类型").select_option("visit")
    await form.get_by_label("客群规则").select_option(label="到期三十天内")
    await form.get_by_label("考核目标").fill("10")
    await form.get_by_label("预算（元）").fill("2000")
    await form.get_by_label("零售部").check()
    for label, days in (("开始", starts), ("结束", starts + 20), ("复盘", starts + 25)):
        await form.get_by_label(label, exact=True).fill(str(today + timedelta(days=days)))
    wave = form.get_by_role("group", name="第 1 波")
    await wave.get_by_label("日期").fill(str(today + timedelta(days=starts)))
    await wave.get_by_label("话术").select_option(index=1)


@pytest.mark.mission("A18", "H1", "H3", "H4", "H7")
async def test_a_campaign_is_seen_proposed_approved_by_another_and_stopped(desk: Desk) -> None:
    head = await desk(OPS)
    await head.visit("/c/campaigns/new")
    form = head.page.locator("form[action='/c/campaigns']")
    await _fill(form, starts=1)
    await form.get_by_role("button", name="看每位经理的工作量").click()
    load = head.page.locator("#load")
    await expect(load).to_contain_text("每位经理一天最多")
    assert await load.locator("[data-load]").count() > 0
    await head.demand_order()
    await head.page.get_by_role("button", name="提交，等另一位同事批准").click()
    await expect(head.page.locator("h1")).to_have_text(TITLE)
    await expect(head.page.locator(".phead .badge")).to_have_text("待批准")
    await head.demand_order()
    path = re.sub(r"^https?://[^/]+", "", head.page.url)
    second = await desk(SECOND)
    await second.visit(path)
    await expect(second.page.locator("#load")).to_contain_text("客户经理")
    await second.page.get_by_label("意见").fill("准备齐全，同意")
    await second.page.get_by_role("button", name="批准", exact=True).click()
    await expect(second.page.locator(".phead .badge")).to_have_text("已批准")
    await head.visit(path)
    await head.page.get_by_label("原因（写入日志）").fill("和分行的活动撞期")
    await head.page.get_by_role("button", name="停止这个活动").click()
    await expect(head.page.locator(".phead .badge")).to_have_text("已停止")
    await head.demand_order()


@pytest.mark.mission("H1", "H5", "H6", "H7")
async def test_a_running_campaign_shows_its_parts_and_a_branch_sees_its_own(
    desk: Desk, tab: OpenTab
) -> None:
    head = await desk(OPS)
    html = await head.visit("/c/")
    for name, place in (
        ("策略引擎", "/c/campaigns"), ("画像中台", "/c/personas"), ("商机管理", "/c/leads"),
        ("队伍过程管理", "/c/duty"),
    ):  # fmt: skip
        assert re.search(rf'href="{place}"[^>]*>(?:(?!</a>).)*{name}', html)
        await head.go(place)
    await head.go("/c/campaigns?state=running")
    await head.page.locator("[data-row] a[data-open-page]").first.click()
    await expect(head.page.locator("#kpi")).to_be_visible()
    await head.demand_order()
    assert await head.page.locator("#units [data-share]").count() > 1
    own = head.page.locator("#units [data-share]").first.locator("td a").first
    number = int((await own.inner_text()).replace(",", ""))
    href = await own.get_attribute("href")
    assert href is not None
    await head.go(href)
    assert await head.page.locator("#list [data-row]").count() == min(number, 50)
    await head.page.get_by_text("记一笔支出").click()
    await head.page.get_by_label("花在哪里").fill("客户茶歇")
    await head.page.get_by_label("金额（元，冲回写负数）").fill("120.50")
    before = await head.page.locator("[data-expense]").count()
    await head.page.get_by_role("button", name="记下").click()
    await expect(head.page.locator("[data-expense]")).to_have_count(before + 1)
    await expect(head.page.locator("[data-expense]").first).to_contain_text("120.50")
    path = re.sub(r"^https?://[^/]+", "", head.page.url)
    phone = await tab(OPS, 390)
    await phone.go(path)
    wide = await phone.page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide <= 0
