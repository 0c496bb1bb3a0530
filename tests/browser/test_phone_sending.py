"""One tap on the phone: what the customer receives, what is recorded, what is refused."""

import re

import pytest
from playwright.async_api import Locator, expect

from tests.browser.test_phone_pages import Phone, in_chat_with
from tests.browser.visiting import Tab

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
]


async def sent_so_far(tab: Tab) -> int:
    """How many sends the manager's own record holds."""
    await tab.go("/h5/me")
    return await tab.page.locator("ul.plainlist").first.locator("li", has_text="话术").count()


async def handed_to_wecom(tab: Tab) -> list[str]:
    """The texts that the page gave to WeCom's sendChatMessage."""
    calls = await tab.page.evaluate("() => window.fakeWw.sent()")
    return [call["text"]["content"] for call in calls]


def first_care(tab: Tab) -> Locator:
    """The first care script under 也可以发 that can still be sent."""
    card = tab.page.locator("article.script", has=tab.page.locator(".badge", has_text="关怀"))
    return card.filter(has=tab.page.locator("button:not(.is-done)", has_text="发送")).first


async def test_one_tap_sends_exactly_the_approved_text_and_is_recorded_once(phone: Phone) -> None:
    tab = await phone()
    before = await sent_so_far(tab)
    await in_chat_with(tab, "陈建国", "&ww_answer=ok")
    words = await tab.page.locator("#now .txt").inner_text()
    button = tab.page.locator("#now [data-send] button")
    async with tab.page.expect_response("**/result") as answered:
        await button.dblclick()
    assert (await (await answered.value).json())["entry"]
    await expect(button).to_contain_text("已发送")
    await expect(button).to_be_disabled()
    assert await handed_to_wecom(tab) == [words]
    await tab.demand_order()
    assert await sent_so_far(tab) == before + 1


async def test_a_send_that_wecom_cancels_is_not_a_send(phone: Phone) -> None:
    tab = await phone()
    await in_chat_with(tab, "周桂兰", "&ww_answer=cancel")
    button = tab.page.locator("#now [data-send] button")
    await button.click()
    await expect(tab.page.locator("#toast")).to_contain_text("没有发出去")
    await expect(button).to_have_text("发送")
    await expect(button).to_be_enabled()
    await tab.go("/h5/me")
    await expect(tab.page.locator("ul.plainlist li").first).to_contain_text("没有发出")


async def test_a_customer_who_has_heard_enough_is_protected_with_the_reason(phone: Phone) -> None:
    tab = await phone()
    await in_chat_with(tab, "吴秀英", "&ww_answer=ok")
    blocked = tab.page.locator("article.script.off")
    for _ in range(4):
        await first_care(tab).locator("[data-send] button").click()
        await expect(tab.page.locator("#toast")).to_have_text(re.compile("已留痕|不能发送"))
        if await blocked.count():
            break
    await expect(blocked.first).to_contain_text("不能发送：")
    await expect(blocked.first).to_contain_text("编号 E-")
    tab.forgive("status of 409")
    await tab.demand_order()


async def test_what_came_of_a_todo_is_recorded_in_three_taps(phone: Phone) -> None:
    tab = await phone()
    await tab.go("/h5/todo")
    open_ones = tab.page.locator("article.task:not(.task-done)")
    before = await open_ones.count()
    await open_ones.last.locator("a.check").click()
    await tab.demand_order()
    await tab.page.locator("label.tile", has_text="考虑中").click()
    await tab.page.get_by_role("button", name="记下").click()
    await expect(tab.page.locator("#now-h")).to_contain_text("已记：")
    await tab.demand_order()
    await tab.go("/h5/todo")
    await expect(open_ones).to_have_count(before - 1)


async def test_what_is_recorded_without_a_network_is_kept_and_sent_later(phone: Phone) -> None:
    tab = await phone()
    await tab.go("/h5/todo")
    task = tab.page.locator("article.task:not(.task-done)").last
    await task.locator("a.check").click()
    await tab.page.locator("label.tile").first.click()
    where = tab.page.url
    await tab.page.context.set_offline(True)
    await tab.page.get_by_role("button", name="记下").click()
    await expect(tab.page.locator("#offline")).to_contain_text("有 1 条结果存在这台设备上")
    await tab.page.context.set_offline(False)
    await expect(tab.page.locator("#toast")).to_contain_text("已补交一条结果")
    await expect(tab.page.locator("#offline")).to_be_empty()
    tab.complaints.clear()
    await tab.page.goto(where)
    await tab.go("/h5/todo?view=done")
    await expect(tab.page.locator("article.task-done", has_text="已记录")).not_to_have_count(0)
    tab.demand_quiet()
