"""Every page of the desk that stands by itself, at the width of a desk, and what it lists."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

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
PICTURES = {
    "/c/": "overview",
    "/c/audit": "audit",
    "/c/review": "review",
}


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
