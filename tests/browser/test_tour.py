"""The tour of a newcomer, by clicking: send, do a to-do, tamper and catch, begin anew."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.test_console_pages import Desk
from tests.browser.visiting import PHONE, Tab

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
]
REBUILT_WITHIN_MS = 240_000


def step(tab: Tab, number: int) -> str:
    """The CSS of one step of the guide."""
    return f".guide li:nth-child({number})"


async def test_one_tap_reaches_the_customer_and_is_proved_word_for_word(desk: Desk) -> None:
    tab = await desk(PHONE)
    await tab.visit("/demo")
    sidebar = tab.sidebar
    await expect(sidebar.locator("h1")).to_contain_text("周桂兰")
    bar = await sidebar.locator(".tabbar").bounding_box()
    assert bar is not None
    assert bar["y"] + bar["height"] <= 900
    log = tab.page.locator("#log")
    assert await log.evaluate("(e) => e.scrollTop + e.clientHeight >= e.scrollHeight - 2")
    words = await sidebar.locator("#now .txt").inner_text()
    button = sidebar.locator("#now [data-send] button")
    await button.click()
    await expect(button).to_have_text(re.compile(r"已发送 \d\d:\d\d"))
    mine = log.locator(".msg.me").last
    await expect(mine.locator(".bubble")).to_have_text(words)
    await expect(log.locator("p.ok").last).to_contain_text("版一致，已留痕 send:")
    await expect(tab.page.locator("#behind")).to_contain_text("逐字一致")
    await expect(tab.page.locator(step(tab, 1))).to_have_class("done")
    assert await log.evaluate("(e) => e.scrollTop + e.clientHeight >= e.scrollHeight - 2")
    await tab.demand_order()
    await tab.picture("demo")


async def test_the_second_step_is_a_todo_done_in_another_window(desk: Desk) -> None:
    tab = await desk(PHONE)
    await tab.go("/demo")
    async with tab.page.context.expect_page() as opened:
        await tab.page.locator(f"{step(tab, 2)} a").click()
    todo = await opened.value
    await todo.locator("article.task:not(.task-done) a.check").last.click()
    await todo.locator("label.tile").first.click()
    await todo.get_by_role("button", name="记下").click()
    await expect(todo.locator("#now-h")).to_contain_text("已记：")
    await tab.go("/demo")
    await expect(tab.page.locator(step(tab, 2))).to_have_class("done")


async def test_a_group_is_posted_to_from_its_own_chat(desk: Desk) -> None:
    tab = await desk(PHONE)
    await tab.go("/demo")
    await tab.page.locator("[data-chat-link]", has_text="翠湖社区福利群").click()
    sidebar = tab.sidebar
    await expect(sidebar.locator("h1")).to_contain_text("翠湖社区福利群")
    card = sidebar.locator("article.script", has=sidebar.locator("[data-send]")).first
    words = await card.locator(".txt").inner_text()
    await card.locator("[data-send] button").click()
    await expect(card.locator("button.is-done")).to_contain_text("已发送")
    await expect(tab.page.locator("#log .msg.me .bubble").last).to_have_text(words)
    tab.demand_quiet()


async def test_another_role_is_one_click_away_and_the_window_stays_the_managers(
    desk: Desk,
) -> None:
    tab = await desk(PHONE)
    await tab.go("/demo")
    await tab.page.get_by_role("button", name="合规审计 何静").click()
    await tab.page.wait_for_url("**/c/**")
    await tab.go("/demo")
    await expect(tab.page.locator(".roles [aria-pressed=true]")).to_contain_text("何静")
    await expect(tab.sidebar.locator("h1")).to_contain_text("周桂兰")


async def test_a_changed_entry_is_named_by_the_seal(desk: Desk) -> None:
    tab = await desk(PHONE)
    await tab.go("/demo")
    await tab.page.get_by_role("button", name="改一条日志").click()
    await tab.page.wait_for_url("**/c/interactions")
    seal = tab.page.locator(".seal.bad")
    await expect(seal).to_contain_text(re.compile(r"send:\S+ 第 \d+ 条"))
    await tab.demand_order()
    await tab.picture("log")
    broken = tab.page.locator("tr.broken").first
    await expect(broken).to_contain_text("与存证不一致")
    await broken.locator("a[data-open-page]").click()
    await expect(tab.page.locator(".seal.bad").first).to_be_visible()
    await tab.demand_order()


@pytest.mark.timeout(400)
async def test_the_demo_begins_anew_at_the_press_of_a_button(desk: Desk) -> None:
    tab = await desk(PHONE)
    await tab.go("/demo")
    await tab.page.get_by_role("button", name="重置演示数据").click()
    await expect(tab.page.locator("h1")).to_have_text("正在重新准备演示数据")
    await tab.page.wait_for_url("**/demo", timeout=REBUILT_WITHIN_MS)
    await expect(tab.page.locator(step(tab, 1))).to_have_class("cur")
    await expect(tab.sidebar.locator("h1")).to_contain_text("周桂兰")
