"""The simulator by itself: a WeCom to talk to, a bank's files of any size."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from commands.opening import answer, people_err, say
from commands.planning import day_of
from kit import clock
from kit.clock import bank_date
from simulator.bank.writing import generate
from simulator.wecom.serving import serve

simulate = typer.Typer(help="模拟的企业微信与银行")


@simulate.command("wecom")
def simulate_wecom(
    port: Annotated[int, typer.Option(help="端口")] = 9100,
    strict: Annotated[bool, typer.Option("--strict", help="未知字段也拒绝")] = False,
    state: Annotated[Path | None, typer.Option(help="JSON：/_sim/load 接受的内容")] = None,
) -> None:
    """一个可以调用的企业微信，限频、错误码、游标都像真的。"""
    say(f"模拟的企业微信：http://127.0.0.1:{port}，控制接口在 /_sim/")
    try:
        serve(port, strict=strict, state_file=state)
    except (OSError, ValueError) as error:
        people_err(f"模拟的企业微信没有启动：{error}")
        raise typer.Exit(2) from None


@simulate.command("bank")
def simulate_bank(
    directory: Annotated[Path, typer.Argument(help="写到哪个目录")],
    customers: Annotated[int, typer.Option(help="客户数")] = 2_000,
    branches: Annotated[int, typer.Option(help="支行数")] = 27,
    seed: Annotated[int, typer.Option(help="种子：同一种子写出同样的文件")] = 1,
    day: Annotated[str | None, typer.Option("--today", help="以哪天为今天")] = None,
) -> None:
    """按种子写出一家虚构银行的全部导入文件和清单。"""
    today: date = day_of(day, bank_date(clock.now()))
    manifest = generate(directory, seed=seed, customers=customers, branches=branches, today=today)
    answer(
        manifest,
        *(f"  {name}：{one['rows']} 行" for name, one in manifest["files"].items()),
    )
