"""The customer's own pages as a thumb and an eye meet them: narrow, large letters, a whole link."""

from urllib.parse import urlsplit

import httpx
import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.visiting import PHONE

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
]
ELSEWHERE = "asked elsewhere"
"""WeChat's own page, which a customer passes on the way."""


@pytest.mark.parametrize("width", [320, 390])
@pytest.mark.parametrize("size", ["", "xl"])
async def test_the_first_page_fits_a_small_phone_with_large_letters(
    tab: OpenTab, width: int, size: str
) -> None:
    seen = await tab(PHONE, width)
    await seen.go(f"/o/link/size?size={size}&back=/o/link")
    await seen.demand_order()
    await expect(seen.page.locator("h1")).to_have_text("实名绑定")


async def test_a_customer_walks_to_the_code_and_a_wrong_one_is_told(tab: OpenTab) -> None:
    seen = await tab(PHONE, 390)
    await seen.go("/o/link")
    await seen.page.get_by_role("link", name="开始绑定").click()
    wecom = urlsplit(seen.page.url)
    assert wecom.path == "/connect/oauth2/authorize"
    await seen.page.locator("a[href*=as_customer]").first.click()
    await expect(seen.page.locator("h1")).to_have_text("您是哪一位？")
    seen.forgive(ELSEWHERE)
    seen.forgive("404")  # the simulated WeChat has no favicon
    await seen.demand_order()
    await seen.page.get_by_label("姓名").fill("周桂兰")
    await seen.page.get_by_label("手机号").fill("13911110000")
    await seen.page.get_by_text("我已阅读").click()
    await seen.page.get_by_role("button", name="获取验证码").click()
    await expect(seen.page.locator("h1")).to_have_text("输入验证码")
    await seen.demand_order()
    await seen.page.get_by_label("短信验证码").fill("000000")
    await seen.page.get_by_role("button", name="完成绑定").click()
    await expect(seen.page.get_by_role("alert")).to_contain_text("验证码不对，或已经失效")
    seen.forgive("422")
    await seen.demand_order()
    async with httpx.AsyncClient(trust_env=False) as people:
        found = await people.get(f"{wecom.scheme}://{wecom.netloc}/_sim/codes")
    assert "13911110000" not in found.text  # nobody's number: nothing was sent
