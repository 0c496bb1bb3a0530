"""``gengyun demo``: builds the demo, serves it, prints its links; ``demo tamper`` spoils an entry."""

import asyncio
import os
import shutil
import sys
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from fastapi import FastAPI

from commands.demo import pages
from commands.demo.building import (
    archive_keys,
    fill_bank,
    fill_wecom,
    first_day,
    found_bank,
)
from commands.demo.settings import bank_of, demo_settings, refuse_real_secrets
from commands.demo.tampering import tamper
from commands.demo.wecom_window import OWNER, Window
from commands.opening import ENV_FILE, answer, build_ready, run, say
from config.settings import gather
from kit import clock, log
from kit.clock import bank_date
from simulator.bank import shape, wecom_side
from simulator.bank.people import person
from simulator.wecom.app import create
from simulator.wecom.modes import Modes
from simulator.wecom.serving import serving
from wiring import archive_duty, runtime
from wiring.parts import Parts

app = typer.Typer(help="演示：造数据、启动、打印链接", invoke_without_command=True)
DIRECTORY = Path("var/demo")
OPENS, CLOSES = time(9, 30), time(17, 0)
LABELS = {
    "units": "机构",
    "staff": "员工",
    "products": "产品",
    "navs": "产品净值",
    "customers": "客户",
    "holdings": "持有",
    "assignments": "管户",
    "consents": "授权",
    "snapshots": "月末资产",
    "events": "事件",
    "flows": "资金流",
    "touches": "触达记录",
    "farming": "种养殖",
    "signals": "行为线索",
    "complaints": "投诉",
    "certificates": "从业证书",
}


def _tell(what: str, number: int) -> None:
    say(f"  {LABELS.get(what, what):<10} {number:>8,}")


@app.callback()
def demo(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="端口")] = 8000,
    reset: Annotated[bool, typer.Option("--reset", help="连同密钥一起从头造")] = False,
    size: Annotated[str, typer.Option(help="small | bank")] = "small",
    no_browser: Annotated[bool, typer.Option("--no-browser", help="不打开浏览器")] = False,
) -> None:
    """一条命令跑起整个演示；每次启动都从同一份数据重新开始。"""
    if context.invoked_subcommand is None:
        run(lambda: _demo(port, reset=reset, size=size))


@app.command("tamper")
def tamper_command() -> None:
    """改坏一条日志，看系统怎样指出是哪一条。"""

    async def work() -> None:
        settings = demo_settings(DIRECTORY, "http://127.0.0.1:1", 8000)
        parts = await build_ready(settings)
        try:
            place = await tamper(parts.databases.bank, clock.now())
        finally:
            await parts.close()
        answer({"tampered": place}, f"已改坏 {place}；看页面上的封签")

    run(work)


async def _demo(port: int, *, reset: bool, size: str) -> None:
    refuse_real_secrets(gather(dict(os.environ), ENV_FILE))
    customers, branches = bank_of(size, bank_date(clock.now()))
    log.setup(level="WARNING", to_terminal=sys.stderr.isatty())
    again = True
    while again:
        _start_afresh(DIRECTORY, keys_too=reset)
        again = await _once(port, customers, branches)


def _start_afresh(directory: Path, *, keys_too: bool) -> None:
    """Each start begins with the same data; keys stay unless they too are to be made anew."""
    directory.mkdir(parents=True, exist_ok=True)
    for path in directory.iterdir():
        if not keys_too and path.name in ("keys.json", "archive-keys"):
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _office_hours(at: datetime) -> timedelta:
    """How far the demo's clock stands from the real one, so that customers may be written to.

    At night the product rightly refuses to send; a newcomer should still see a send. Outside
    office hours the demo's day therefore begins at half past ten.
    """
    if OPENS <= clock.bank_clock(at) < CLOSES:
        return timedelta(0)
    return clock.bank_moment(bank_date(at), time(10, 30)) - at


async def _once(port: int, customers: int, branches: int) -> bool:
    """Build and serve one round of the demo; True when it was asked to begin anew."""
    offset = _office_hours(clock.now())

    def now() -> datetime:
        return clock.now() + offset

    at = now()
    bank = found_bank(customers, branches, bank_date(at))
    public_key = archive_keys(DIRECTORY / "archive-keys")
    simulated = create(Modes(), seed=bank.seed)
    async with serving(simulated) as api_base, httpx.AsyncClient(base_url=api_base) as people:
        settings = demo_settings(DIRECTORY, api_base, port)
        await people.post("/_sim/clock", json={"offset_s": offset.total_seconds()})
        parts = await build_ready(settings, now=now)
        try:
            if offset:
                say(f"现在不是可以联系客户的时段，演示的时钟拨到 {clock.bank_clock(at):%H:%M}")
            say("青禾银行（虚构）的演示正在准备：")
            callback = f"http://127.0.0.1:{port}/wecom/callback"
            await fill_wecom(people, bank, public_key, callback, _tell)
            await fill_bank(parts, bank, DIRECTORY / "files", at, _tell)
            first = await first_day(parts, people, bank, DIRECTORY / "files", at, _tell)
            return await _serve(parts, people, bank, port, at, first)
        finally:
            await parts.close()


async def _serve(
    parts: Parts,
    people: httpx.AsyncClient,
    bank: shape.Bank,
    port: int,
    began: datetime,
    first: dict[str, Any],
) -> bool:
    async with runtime.embedded(parts) as application:
        assert isinstance(application, FastAPI)  # noqa: S101 — that is what is served
        state = application.state
        state.window = _window(people, bank)
        state.demo_began = began
        state.reset_wanted = asyncio.Event()
        state.archive_soon = asyncio.Event()
        application.include_router(pages.router)
        reader = asyncio.create_task(_read_archive_soon(parts, state.archive_soon))
        _links(port, first)
        try:
            await runtime.serve_http(
                parts, application, "127.0.0.1", port, until=state.reset_wanted
            )
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
        return bool(state.reset_wanted.is_set())


async def _read_archive_soon(parts: Parts, soon: asyncio.Event) -> None:
    """What was just said in the simulated window is archived a moment later."""
    while True:
        await soon.wait()
        soon.clear()
        await asyncio.sleep(1.0)
        await archive_duty.round_of(parts, parts.clock())


def _window(people: httpx.AsyncClient, bank: shape.Bank) -> Window:
    """李敏's chats: the customers of the guided tour, and the groups that she owns."""
    contacts = {}
    for number in range(1, 6):
        one = person(bank, number)
        contacts[one.external_userid] = one.name
    groups = {
        circle.chat_id: circle.name for circle in wecom_side.circles(bank) if circle.owner == OWNER
    }
    return Window(people, contacts, groups)


def _links(port: int, first: dict[str, Any]) -> None:
    base = f"http://127.0.0.1:{port}"
    answer(
        {"url": f"{base}/demo", "sound": first["sound"], "planned": first["plan"]["planned"]},
        "",
        f"演示窗口（从这里开始）  {base}/demo",
        f"客户经理待办          {base}/h5/todo",
        f"总行总览              {base}/c/",
        f"审计检索              {base}/c/audit",
        f"互动日志              {base}/c/log",
        f"健康检查              {base}/readyz",
        f"日志{'已核对，未被改动' if first['sound'] else '没有通过核对'}。按 Ctrl+C 停止。",
    )
