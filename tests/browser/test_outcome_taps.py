"""What came of a task is told in three taps of a thumb, and a tap does not close it."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import expect

from tests.browser.visiting import Tab

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
]
COUNTED = """addEventListener('pointerdown', () => {
  sessionStorage.setItem('taps', String(Number(sessionStorage.getItem('taps') || 0) + 1));
}, true);"""


@pytest.mark.mission("H2")
async def test_an_outcome_takes_three_taps_from_the_list_and_waits_for_evidence(
    phone: Callable[..., Awaitable[Tab]],
) -> None:
    tab = await phone()
    await tab.page.add_init_script(COUNTED)
    await tab.visit("/h5/todo")
    task = tab.page.locator(".task:not(.task-done)").last
    title = await task.locator("h3").inner_text()
    await task.locator("a.check").tap()
    await expect(tab.page.locator("h1")).to_have_text(title)
    await tab.demand_order()
    await tab.page.locator("label.tile", has_text="考虑中").tap()
    await tab.page.get_by_role("button", name="记下").tap()
    await expect(tab.page.locator("#now-h")).to_contain_text("已记：考虑中")
    assert await tab.page.evaluate("sessionStorage.getItem('taps')") == "3"
    await tab.demand_order()
    await tab.visit("/h5/todo?view=done")
    done = tab.page.locator(".task", has_text=title)
    await expect(done.first).to_contain_text("等旁证办结")
