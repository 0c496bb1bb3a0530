"""The simulator by itself: a WeCom to talk to, a bank's files of any size, people for a real bank."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from commands.opening import answer, opened, people_err, run, say
from commands.planning import day_of
from config.settings import Environment
from content_library.importing import seed
from content_library.item_rows import read_toml
from crm_sync import granting
from kit import clock
from kit.clock import bank_date
from kit.errors import ConfigurationRefused, InputRefused
from simulator.bank.adopt import REAL_CLIENTS, adopt, clients_of_real_bank
from simulator.bank.writing import generate
from simulator.wecom.serving import serve

simulate = typer.Typer(help="模拟的企业微信与银行")


class FolderRefused(InputRefused):
    """A folder does not hold the files that a command needs."""

    code = "E-2053"


class RehearsalOnly(ConfigurationRefused):
    """Invented people hold no office in a production installation."""

    code = "E-1063"


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


@simulate.command("adopt")
def simulate_adopt(
    source: Annotated[Path, typer.Argument(help="真实银行样例数据的目录")],
    directory: Annotated[Path, typer.Argument(help="写到哪个目录")],
    seed_number: Annotated[int, typer.Option("--seed", help="种子：同一种子写出同样的文件")] = 1,
    day: Annotated[str | None, typer.Option("--today", help="以哪天为今天")] = None,
) -> None:
    """给真实银行的客户按种子补上合成的员工、管户、授权、测评和企业微信好友，逐列标明合成。"""

    async def work() -> None:
        if not (source / REAL_CLIENTS).is_file():
            raise FolderRefused(
                "目录里没有客户文件",
                saw=f"{source.name}/{REAL_CLIENTS}",
                do="指向样例数据的目录，例如 tests/data/real_bank",
            )
        made = adopt(
            directory,
            clients_of_real_bank(source),
            seed=seed_number,
            today=day_of(day, bank_date(clock.now())),
        )
        answer(
            {
                "files": [path.name for _, path, _ in made.files],
                "contacts": made.contacts,
                "grants": list(made.grants),
            },
            *(
                f"  gengyun import {kind} {path} --mapping {mapping}"
                for kind, path, mapping in made.files
            ),
            f"  gengyun simulate wecom --state {directory / 'wecom.json'}（{made.contacts} 位好友）",
        )

    run(work)


@simulate.command("approve")
def simulate_approve(
    scripts: Annotated[Path, typer.Argument(help="话术：TOML 文件或目录")],
    author: Annotated[str, typer.Option(help="起草人的工号")] = "S00001",
    approver: Annotated[str, typer.Option(help="终审人的工号")] = "S00002",
    checker: Annotated[str, typer.Option(help="初审人的工号（讲产品的内容）")] = "S00003",
) -> None:
    """由两位合成的员工提交并审核话术；只在演示和测试环境，生产环境由真人在页面上审。"""

    async def work() -> None:
        async with opened() as parts:
            if parts.settings.environment is Environment.PRODUCTION:
                raise RehearsalOnly(
                    "生产环境的话术要由真人审核",
                    saw="GENGYUN_ENVIRONMENT=production",
                    do="用 gengyun import scripts 提交，再由合规在 /c/review 审核",
                )
            at = parts.clock()
            async with parts.databases.bank.transaction() as session:
                for staff_id, role in (
                    (author, "ops"),
                    (checker, "compliance"),
                    (approver, "compliance"),
                ):
                    await granting.grant(session, staff_id, role, "hq", by="system:cli", at=at)
                landed = await seed(
                    session,
                    read_toml(scripts),
                    author=f"staff:{author}",
                    approver=f"staff:{approver}",
                    checker=f"staff:{checker}",
                    at=at,
                    examiner=parts.examiner,
                )
            answer(
                {"approved": len(landed.submitted), "unchanged": len(landed.unchanged)},
                f"审核通过 {len(landed.submitted)} 条，未变 {len(landed.unchanged)} 条",
            )

    run(work)
