"""The tour of a newcomer, by clicking: send, do a to-do, post to a group, tamper and catch."""

import re
from urllib.parse import quote

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


async def test_a_group_is_posted_to_from_its_own_chat_or_says_why_not(desk: Desk) -> None:
    tab = await desk(PHONE)
    await tab.go("/demo")
    groups = tab.page.locator("[data-chat-link]", has=tab.page.locator("use[href='#i-group']"))
    sendable = None
    for place in range(await groups.count()):
        name = await groups.nth(place).locator("b").inner_text()
        await groups.nth(place).click()
        await expect(tab.page.locator(".ct b")).to_have_text(name)
        await expect(tab.sidebar.locator("h1")).to_have_text(name)
        cards = tab.sidebar.locator("article.script")
        for number in range(await cards.count()):
            card = cards.nth(number)
            if await card.locator("[data-send]").count():
                sendable = card
                break
            await expect(card.locator(".lock").first).to_contain_text("编号 E-")
        if sendable is not None:
            break
    assert sendable is not None
    words = await sendable.locator(".txt").inner_text()
    await sendable.locator("[data-send] button").click()
    await expect(sendable.locator("button.is-done")).to_contain_text("已发送")
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
    named = re.compile(r"(send:\S+) 第 (\d+) 条")
    await expect(seal).to_contain_text(named)
    await tab.demand_order()
    await tab.picture("log")
    found = named.search(await seal.inner_text())
    assert found is not None
    await tab.visit(f"/c/interactions/{quote(found[1])}/{found[2]}")
    await expect(tab.page.locator(".seal.bad").first).to_be_visible()


@pytest.mark.timeout(400)
async def test_the_demo_begins_anew_at_the_press_of_a_button(desk: Desk) -> None:
    tab = await desk(PHONE)
    await tab.go("/demo")
    await tab.page.get_by_role("button", name="重置演示数据").click()
    await expect(tab.page.locator("h1")).to_have_text("正在重新准备演示数据")
    await tab.page.wait_for_url("**/demo*", timeout=REBUILT_WITHIN_MS)
    await expect(tab.page.locator(step(tab, 1))).to_have_class("cur")
    await expect(tab.sidebar.locator("h1")).to_contain_text("周桂兰")
