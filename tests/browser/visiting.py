"""A window onto the demo that checks on every page what must hold on every page."""

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from playwright.async_api import Browser, BrowserContext, FrameLocator, Page, expect

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "tests" / "node" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = ROOT / "docs" / "pictures"
PHONE_WIDTH, DESK_WIDTH = 360, 1440
HEIGHTS = {320: 640, 360: 720, 390: 844, 1100: 800, 1440: 900}
PHONE, DESK, BRANCH_HEAD = "003127", "000104", "003101"
BEIJING = ZoneInfo("Asia/Shanghai")
CLOCK = re.compile(r"\b\d{2}:\d{2}")
INLINE = re.compile(r"<[^>]+\s(?:style|on[a-z]+)=", re.IGNORECASE)
TAP, PHONE_TEXT, DESK_TEXT = 44, 13, 12
MEASURE = """({ tap, text }) => {
  const shown = (e) => e.getClientRects().length && getComputedStyle(e).visibility !== 'hidden';
  const read = (e) => (e.getAttribute('aria-label') || e.textContent || e.name || e.type || '').trim().slice(0, 20);
  const small = [], fine = [];
  if (tap) document.querySelectorAll('a[href],button,summary,select,textarea,input:not([type=hidden]),[role=button]').forEach((e) => {
    if (!shown(e) || e.closest('.sr') || e.matches('.sr')) return;
    const box = e.closest('label') || e, after = getComputedStyle(e, '::after');
    const extra = after.content !== 'none' && after.position === 'absolute' ? parseFloat(after.height) || 0 : 0;
    const high = Math.max(box.getBoundingClientRect().height, extra);
    if (high < tap - .5) small.push(read(e) + ' ' + Math.round(high) + 'px');
  });
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || !shown(e) || e.closest('.sr, svg, script, template')) continue;
    const size = parseFloat(getComputedStyle(e).fontSize);
    if (size < text) fine.push(read(e) + ' ' + size + 'px');
  }
  const d = document.documentElement;
  const times = [...document.querySelectorAll('time[datetime]')].map((e) => [e.dateTime, e.textContent]);
  return { sideways: d.scrollWidth - d.clientWidth, small, fine, times };
}"""
AXE_RUN = """async () => {
  const found = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa'], resultTypes: ['violations'] });
  return found.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(' | '));
}"""
AXE_RUNS_IN_PAGE_ONLY = "if (window.top === window) {\n%s\n}"


def is_beijing(stamp: str, shown: str) -> bool:
    """Whether a shown clock time is Beijing's; what shows no clock time passes."""
    at = datetime.fromisoformat(stamp)
    clock = CLOCK.search(shown)
    return clock is None or at.tzinfo is None or f"{at.astimezone(BEIJING):%H:%M}" == clock[0]


@dataclass
class Tab:
    """One page of one person, and everything the browser complained of."""

    page: Page
    url: str
    width: int
    complaints: list[str] = field(default_factory=list)

    @property
    def is_phone(self) -> bool:
        """Whether phone rules hold."""
        return self.width < 860

    async def visit(self, path: str, *, status: int = 200) -> str:
        """Open a page and demand what every page owes; its HTML as it came from the server."""
        html = await self.go(path, status=status)
        await self.demand_order()
        return html

    async def go(self, path: str, *, status: int = 200) -> str:
        """Open a page: the answer, its headers and its raw HTML are looked at."""
        answer = await self.page.goto(self.url + path)
        assert answer is not None
        assert answer.status == status, f"{path} answered {answer.status}"
        csp = answer.headers.get("content-security-policy", "")
        assert "default-src 'self'" in csp, f"{path} came without its policy"
        assert "unsafe" not in csp
        html = await answer.text()
        assert not INLINE.findall(html), f"{path}: inline styles or handlers"
        return html

    async def demand_order(self) -> None:
        """What stands on the screen now: quiet, reachable, readable, within its width."""
        text = PHONE_TEXT if self.is_phone else DESK_TEXT
        found: dict[str, Any] = await self.page.evaluate(
            MEASURE, {"tap": TAP if self.is_phone else 0, "text": text}
        )
        where = urlsplit(self.page.url).path
        assert found["sideways"] <= 0, f"{where} scrolls sideways by {found['sideways']} px"
        assert not found["small"], f"{where}: too small to tap: {found['small']}"
        assert not found["fine"], f"{where}: too small to read: {found['fine']}"
        assert await self.page.evaluate(AXE_RUN) == [], where
        for stamp, shown in found["times"]:
            assert is_beijing(stamp, shown), f"{where}: {stamp} is shown as {shown}"
        self.demand_quiet()

    def demand_quiet(self) -> None:
        """No error in the console, no uncaught error, nothing asked of another origin."""
        assert not self.complaints, self.complaints

    def forgive(self, part: str) -> None:
        """A complaint that this test caused on purpose and expects."""
        self.complaints[:] = [one for one in self.complaints if part not in one]

    async def picture(self, name: str) -> None:
        """Keep a picture for the README, when asked to by GENGYUN_PICTURES=1."""
        if os.environ.get("GENGYUN_PICTURES") == "1":
            PICTURES.mkdir(parents=True, exist_ok=True)
            if self.is_phone:
                await self.page.set_viewport_size({"width": 390, "height": HEIGHTS[390]})
            await self.page.screenshot(path=PICTURES / f"{name}.png")

    async def contact(self, name: str) -> str:
        """The WeCom id of one of the demo's customers, as the simulated window links to it."""
        await self.go("/demo")
        link = self.page.locator("[data-chat-link]", has_text=name).first
        return str(await link.get_attribute("data-chat-link"))

    @property
    def sidebar(self) -> FrameLocator:
        """The product's page inside the simulated WeCom window."""
        return self.page.frame_locator("iframe.sidebar")


@asynccontextmanager
async def open_tab(browser: Browser, url: str, staff_id: str, width: int) -> AsyncIterator[Tab]:
    """A window of somebody signed in, whose browser believes that it is in Los Angeles."""
    context = await browser.new_context(
        viewport={"width": width, "height": HEIGHTS[width]},
        locale="zh-CN",
        timezone_id="America/Los_Angeles",
        reduced_motion="reduce",
        has_touch=width < 860,
    )
    context.set_default_timeout(15_000)
    expect.set_options(timeout=15_000)
    try:
        await context.add_init_script(AXE_RUNS_IN_PAGE_ONLY % AXE.read_text("utf-8"))
        become = await context.request.post(
            f"{url}/demo/role", form={"staff_id": staff_id}, max_redirects=0
        )
        assert become.status == 303
        tab = Tab(await context.new_page(), url, width)
        _listen(context, tab)
        yield tab
    finally:
        await context.close()


def _listen(context: BrowserContext, tab: Tab) -> None:
    page = tab.page
    page.on(
        "console",
        lambda said: (
            tab.complaints.append(f"console: {said.text}") if said.type == "error" else None
        ),
    )
    page.on("pageerror", lambda error: tab.complaints.append(f"uncaught: {error}"))
    context.on(
        "request",
        lambda asked: (
            None
            if asked.url.startswith((f"{tab.url}/", "data:", "about:"))
            else tab.complaints.append(f"asked elsewhere: {asked.url}")
        ),
    )
