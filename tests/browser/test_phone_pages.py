"""Every page of the phone as a manager's thumb and eye meet it."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.visiting import PHONE, Tab

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
]
Phone = Callable[..., Awaitable[Tab]]
PAGES = (
    "/h5/todo",
    "/h5/todo?view=late",
    "/h5/day",
    "/h5/todo?view=done",
    "/h5/scripts",
    "/h5/me",
    "/h5/outside?why=internal",
)


async def in_chat_with(tab: Tab, name: str, more: str = "") -> None:
    """Open the sidebar as WeCom does: one address, the page asks whose chat it is."""
    contact = await tab.contact(name)
    await tab.go(f"/h5/?ww_entry=single_chat_tools&ww_contact={contact}{more}")
    await expect(tab.page.locator("h1")).to_contain_text(name)


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_of_the_phone_is_in_order(phone: Phone, path: str) -> None:
    tab = await phone()
    await tab.visit(path)
    if path == "/h5/todo":
        await tab.picture("todo")


async def test_the_customer_card_is_in_order_and_its_button_needs_no_scrolling(
    phone: Phone,
) -> None:
    tab = await phone()
    await in_chat_with(tab, "周桂兰")
    await tab.demand_order()
    button = await tab.page.locator("[data-send] button").first.bounding_box()
    bar = await tab.page.locator(".tabbar").bounding_box()
    assert button is not None
    assert bar is not None
    assert button["y"] + button["height"] <= bar["y"]
    await tab.picture("sidebar")


async def test_the_preview_shows_the_words_and_five_checks_and_closes(phone: Phone) -> None:
    tab = await phone()
    await in_chat_with(tab, "周桂兰")
    words = await tab.page.locator("#now .txt").inner_text()
    await tab.page.locator("#now .look").click()
    sheet = tab.page.get_by_role("dialog")
    await expect(sheet.locator(".bubble")).to_have_text(words)
    await expect(sheet.locator(".checks li")).to_have_count(5)
    await tab.demand_order()
    await tab.page.keyboard.press("Escape")
    await expect(sheet).to_have_count(0)


async def test_outside_wecom_the_page_says_so_after_three_seconds(phone: Phone) -> None:
    tab = await phone()
    await tab.go("/h5/?ww_entry=single_chat_tools&ww_answer=never")
    await tab.page.wait_for_url("**/h5/outside?why=timeout", timeout=8_000)
    await expect(tab.page.locator("h1")).to_have_text("请从企业微信聊天窗口右侧打开")
    await tab.demand_order()


async def test_an_amount_is_shown_for_five_minutes_and_hides_itself(phone: Phone) -> None:
    tab = await phone()
    await tab.page.clock.install()
    await in_chat_with(tab, "周桂兰")
    amount = tab.page.locator("#amount")
    band = await amount.inner_text()
    await tab.page.locator("button.eye").click()
    await expect(amount).not_to_have_text(band)
    await tab.page.clock.fast_forward(299_000)
    await expect(amount).not_to_have_text(band)
    await tab.page.clock.fast_forward(2_000)
    await expect(amount).to_have_text(band)
    await tab.visit("/h5/me")
    await expect(tab.page.locator(".plainlist").last).to_contain_text("周桂兰")


async def test_a_script_is_found_by_its_words(phone: Phone) -> None:
    tab = await phone()
    contact = await tab.contact("周桂兰")
    await tab.visit(f"/h5/scripts?contact={contact}")
    cards = tab.page.locator("#found .script")
    everything = await cards.count()
    box = tab.page.get_by_role("searchbox")
    await box.fill("降温")
    await expect(cards).not_to_have_count(everything)
    await expect(cards.first).to_contain_text("降温")
    await box.fill("没有这样的话术")
    await expect(tab.page.locator("#found .empty")).to_contain_text("没有找到")
    await tab.demand_order()


async def test_larger_text_stays_and_still_fits(phone: Phone) -> None:
    tab = await phone(PHONE)
    await tab.visit("/h5/me")
    html = tab.page.locator("html")
    try:
        await tab.page.get_by_role("button", name="特大").click()
        await expect(tab.page.locator("#toast")).to_have_text("字号已保存")
        await tab.visit("/h5/todo")
        await expect(html).to_have_attribute("data-size", "xl")
    finally:
        await tab.go("/h5/me")
        await tab.page.get_by_role("button", name="标准").click()
        await expect(tab.page.locator("#toast")).to_have_text("字号已保存")


@pytest.mark.slow
@pytest.mark.parametrize("size", ["", "lg", "xl"])
@pytest.mark.parametrize("width", [320, 390])
async def test_every_width_and_text_size_fits(tab: OpenTab, width: int, size: str) -> None:
    opened = await tab(PHONE, width)
    contact = await opened.contact("周桂兰")
    for path in (*PAGES, f"/h5/customer?contact={contact}", f"/h5/scripts?contact={contact}"):
        await opened.go(path)
        await opened.page.locator("html").evaluate("(e, size) => { e.dataset.size = size; }", size)
        await opened.demand_order()
