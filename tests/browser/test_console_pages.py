"""Every page of the desk that stands by itself, at the width of a desk, and what it lists."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from playwright.async_api import expect

from console.routers import ROUTERS
from tests.browser.conftest import OpenTab
from tests.browser.visiting import DESK_WIDTH, Tab

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
]
Desk = Callable[..., Awaitable[Tab]]
STAFF_OF = {"compliance": "000104", "ops": "000101", "branch": "003101", "it": "000107"}
PICTURES = {"/c/": "overview"}
"""Pages whose picture stands in the README, and the details below that do."""
PICTURES_OF_DETAILS = {"talk": "audit", "review item": "review"}


def _policy(route: APIRoute) -> tuple[str, tuple[str, ...]] | None:
    """The surface and the roles of a page, as its own guard states them."""
    for dependency in route.dependant.dependencies:
        policy: Any = getattr(dependency.call, "policy", None)
        if policy is not None:
            return policy[0], policy[1]
    return None


def pages() -> Iterator[tuple[str, str]]:
    """(path, staff id) of every page that needs nothing but somebody who may open it."""
    for router in ROUTERS:
        for route in router.routes:
            if not isinstance(route, APIRoute) or "GET" not in (route.methods or ()):
                continue
            policy = _policy(route)
            if "{" in route.path or route.response_class is not HTMLResponse or policy is None:
                continue
            if policy[0] != "console" or any(
                one.field_info.is_required() for one in route.dependant.query_params
            ):
                continue
            allowed = [staff for role, staff in STAFF_OF.items() if role in policy[1]]
            yield route.path, (allowed or list(STAFF_OF.values()))[0]


@pytest.mark.parametrize(("path", "staff_id"), sorted(pages()))
async def test_a_page_of_the_desk_and_what_it_lists_are_in_order(
    desk: Desk, path: str, staff_id: str
) -> None:
    tab = await desk(staff_id)
    await tab.visit(path)
    if path in PICTURES:
        await tab.picture(PICTURES[path])
    listed = tab.page.locator("[data-row] a[data-open-page]").first
    if await listed.count():
        href = await listed.get_attribute("href")
        assert href is not None
        await tab.visit(href)


FIRST = "[data-row] a[data-open-page]"
WHY = "a[href^='/c/why/']"
LAST = "[data-row]:last-child a[data-open-page]"
OPS, AUDITOR = STAFF_OF["ops"], STAFF_OF["compliance"]
DETAILS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "customer": (OPS, "/c/customers", (FIRST,)),
    "persona": (OPS, "/c/personas", (FIRST,)),
    "plan": (OPS, "/c/plans", (FIRST,)),
    "why": (OPS, "/c/plans", (LAST, WHY)),
    "to-do": (OPS, "/c/todos?view=list", (FIRST,)),
    "group": (OPS, "/c/groups", (FIRST,)),
    "script": (OPS, "/c/library", (FIRST,)),
    "work item": (OPS, "/c/work", (FIRST,)),
    "import run": (OPS, "/c/imports", (FIRST,)),
    "alert": (AUDITOR, "/c/alerts", (FIRST,)),
    "entry": (AUDITOR, "/c/interactions", (FIRST,)),
    "talk": (AUDITOR, "/c/audit?q=保本", ("a.hitlink",)),
    "review item": (AUDITOR, "/c/review", ("a[href^='/c/review/']",)),
}


@pytest.mark.parametrize("name", DETAILS)
async def test_the_first_thing_of_a_list_opens_in_order(desk: Desk, name: str) -> None:
    staff_id, path, links = DETAILS[name]
    tab = await desk(staff_id)
    for link in links:
        await tab.go(path)
        found = await tab.page.locator(link).first.get_attribute("href")
        assert found is not None, f"{path} lists nothing"
        path = found
    await tab.visit(path)
    assert await tab.page.locator("h1").inner_text()
    if name in PICTURES_OF_DETAILS:
        await tab.picture(PICTURES_OF_DETAILS[name])


async def test_a_script_that_was_handed_in_is_opened_and_judged_by_another(desk: Desk) -> None:
    author = await desk(OPS)
    await author.visit("/c/library/new")
    form = author.page.locator("form[action='/c/library/new']")
    await form.get_by_label("编号").fill("browser.care")
    await form.get_by_label("标题").fill("换季问候")
    await form.get_by_label("正文").fill("{{customer_title}}您好，天凉了，出门记得添衣。")
    await form.get_by_label("提交理由").fill("入冬")
    await form.get_by_role("button", name="提交审核").click()
    await expect(author.page.locator("h1")).to_contain_text("换季问候")
    await author.demand_order()
    reviewer = await desk(AUDITOR)
    await reviewer.go("/c/review")
    item = reviewer.page.locator("a.qitem", has_text="换季问候")
    await reviewer.visit(str(await item.get_attribute("href")))
    await expect(reviewer.page.locator("h2.h2")).to_contain_text("换季问候")


async def test_a_pack_that_was_asked_for_opens_and_its_asker_cannot_decide(desk: Desk) -> None:
    auditor = await desk(AUDITOR)
    await auditor.go("/c/audit?q=保本")
    await auditor.page.locator("[data-row] input[type=checkbox]").first.check()
    async with auditor.page.expect_response(lambda one: one.url.endswith("/c/evidence/basket")):
        await auditor.page.locator("[data-evidence]").click()
    await auditor.visit("/c/evidence/new")
    await auditor.page.get_by_label("标题").fill("口头保本")
    await auditor.page.get_by_label("依据").fill("投诉工单 2026-0381")
    await auditor.page.get_by_role("button", name="提交申请").click()
    await expect(auditor.page.locator("h1")).to_contain_text("口头保本")
    await auditor.demand_order()
    await expect(auditor.page.get_by_text("不能复核自己的申请")).to_be_visible()
    await auditor.go("/c/evidence")
    first = auditor.page.locator(FIRST).first
    assert "口头保本" in await auditor.visit(str(await first.get_attribute("href")))


@pytest.mark.slow
@pytest.mark.parametrize("size", ["", "lg", "xl"])
@pytest.mark.parametrize("width", [1100, DESK_WIDTH])
@pytest.mark.parametrize(("path", "staff_id"), sorted(pages()))
async def test_a_page_of_the_desk_fits_every_width_and_text_size(
    tab: OpenTab, path: str, staff_id: str, width: int, size: str
) -> None:
    opened = await tab(staff_id, width)
    await opened.go(path)
    await opened.page.locator("html").evaluate("(e, size) => { e.dataset.size = size; }", size)
    await opened.demand_order()
