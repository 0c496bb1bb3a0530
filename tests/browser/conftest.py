"""One demo process and one Chromium for all browser tests of a run.

The demo is the real command in a directory of its own, ended by its process id. A demo that runs
already may be given by GENGYUN_TEST_DEMO_URL; it is then neither started nor ended.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from tests.browser.visiting import DESK, DESK_WIDTH, PHONE, PHONE_WIDTH, Tab, open_tab

GENGYUN = Path(sys.executable).with_name("gengyun")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
READY_WITHIN_S = 240
ARGS = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=zh-CN",
]
OpenTab = Callable[..., Awaitable[Tab]]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def answers(url: str) -> bool:
    """Whether the demo answers at this moment."""
    try:
        with urllib.request.urlopen(f"{url}/livez", timeout=5) as answer:  # noqa: S310 — loopback
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture(scope="session")
def demo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running demo."""
    given = os.environ.get("GENGYUN_TEST_DEMO_URL")
    if given:
        yield given.rstrip("/")
        return
    directory = tmp_path_factory.mktemp("demo")
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    said = directory / "said.txt"
    with said.open("wb") as out:
        process = subprocess.Popen(
            [GENGYUN, "demo", "--port", str(port), "--no-browser"],
            cwd=directory,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + READY_WITHIN_S
        while not answers(url):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the demo did not come up:\n{said.read_text('utf-8')[-3_000:]}")
            time.sleep(0.5)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
async def browser(anyio_backend: str) -> AsyncIterator[Browser]:
    """The system's Chromium; nothing is downloaded."""
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        pytest.fail(
            "the browser tests need Chromium; as root run:"
            " apt-get update && apt-get install -y chromium fonts-noto-cjk libatomic1"
        )
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=path, args=ARGS)
        yield opened
        await opened.close()


@pytest.fixture
async def tab(browser: Browser, demo_url: str) -> AsyncIterator[OpenTab]:
    """``await tab(staff_id, width)``: a browser window of somebody who is signed in."""
    async with AsyncExitStack() as stack:

        async def opened(staff_id: str, width: int) -> Tab:
            return await stack.enter_async_context(open_tab(browser, demo_url, staff_id, width))

        yield opened


@pytest.fixture
def phone(tab: OpenTab) -> Callable[..., Awaitable[Tab]]:
    """A phone as narrow as WeCom's sidebar."""

    async def opened(staff_id: str = PHONE) -> Tab:
        return await tab(staff_id, PHONE_WIDTH)

    return opened


@pytest.fixture
def desk(tab: OpenTab) -> Callable[..., Awaitable[Tab]]:
    """A desktop screen."""

    async def opened(staff_id: str = DESK) -> Tab:
        return await tab(staff_id, DESK_WIDTH)

    return opened
