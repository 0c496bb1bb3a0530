"""May a text be said? JSON Lines in, JSON Lines out; and what reviewers taught."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer

from commands.opening import opened, people_err, run, stop
from compliance.review import lessons as review_lessons
from compliance.screening.batch import screen_lines
from kit.clock import bank_date, bank_moment, now
from kit.errors import InputRefused

app = typer.Typer()


class FileUnreadable(InputRefused):
    """A file named on the command line cannot be read."""

    code = "E-2052"


class LinesRefused(InputRefused):
    """Some lines could not be screened; each said why, the others were."""

    code = "E-4302"


@app.command()
def screen(
    file: Annotated[Path | None, typer.Argument(help="JSON Lines，默认标准输入")] = None,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="按这天生效的规则，默认今天")
    ] = None,
) -> None:
    """逐行判断一段话能不能说：JSON Lines 进，JSON Lines 出。"""
    refused = 0
    day = on.date() if on else bank_date(now())
    try:
        source = file.open(encoding="utf-8") if file else sys.stdin
        for found in screen_lines(source, on=day):
            refused += "error" in found
            sys.stdout.write(orjson.dumps(found).decode() + "\n")
    except (OSError, UnicodeDecodeError) as error:
        stop(FileUnreadable("文件读不了", saw=type(error).__name__, do="确认路径与 UTF-8 编码"))
    if refused:
        # Because every line in has its line out, nothing is added to standard output.
        said = LinesRefused("有的行没法判断", saw=f"{refused} 行", do="看输出里带 error 的行")
        people_err(said.sentence())
        raise typer.Exit(said.exit_code)


@app.command()
def lessons(
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="只导出这天（含）以后的决定")
    ] = None,
) -> None:
    """导出复核台的例句：与规则库 lessons.jsonl 同样的 JSON Lines，个人信息已遮去。"""

    async def work() -> None:
        begins = bank_moment(since.date()) if since else None
        async with opened() as parts, parts.databases.bank.reading() as session:
            async for one in review_lessons.exported(session, since=begins):
                sys.stdout.write(orjson.dumps(one).decode() + "\n")

    run(work)
