"""Chats and evidence at the command line: pull, completeness, search, evidence packs."""

from dataclasses import asdict
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated

import typer

from archive import activity, search
from archive.evidence import building, requests
from archive.facts import SearchScope, Viewing
from commands.opening import answer, answer_lines, opened, run, say
from commands.planning import day_of
from kit.clock import bank_date, bank_moment
from wiring import archive_duty

app = typer.Typer()
archive = typer.Typer(help="会话存档")
export = typer.Typer(help="导出")
BY = "system:cli"
EVERYTHING = SearchScope()


@archive.command("pull")
def archive_pull() -> None:
    """拉取、筛查、比对一轮。"""

    async def work() -> None:
        async with opened() as parts:
            counts = dict(await archive_duty.round_of(parts, parts.clock()))
            answer(counts, *(f"  {name}: {number}" for name, number in counts.items()))

    run(work)


@archive.command("status")
def archive_status() -> None:
    """完整性清单：每个序号在哪里，没有下落的应为 0。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.reading() as session:
            sheet = asdict(await activity.sheet(session))
        answer(sheet, *(f"  {name}: {value}" for name, value in sheet.items()))

    run(work)


@app.command("search")
def search_command(
    query: str,
    since: Annotated[str | None, typer.Option("--from", help="从哪天起 YYYY-MM-DD")] = None,
    until: Annotated[str | None, typer.Option("--to", help="到哪天止 YYYY-MM-DD")] = None,
    group: Annotated[str | None, typer.Option(help="只看一个群")] = None,
    person: Annotated[str | None, typer.Option(help="只看一个人")] = None,
    limit: Annotated[int, typer.Option(help="最多几条")] = 50,
) -> None:
    """在存档的聊天里查找；这次查看会留痕。"""

    async def work() -> None:
        async with opened() as parts:
            today = bank_date(parts.clock())
            async with parts.databases.bank.transaction() as session:
                found = await search.search(
                    session,
                    EVERYTHING,
                    search.Query(
                        words=query,
                        person=person,
                        group=group,
                        since=_start(since, today),
                        until=_end(until, today),
                    ),
                    Viewing(BY, reason="gengyun search"),
                    at=parts.clock(),
                    limit=limit,
                )
        answer_lines(
            (asdict(one) for one in found.messages),
            lambda row: (
                f"{row['sent_at']:%Y-%m-%d %H:%M} {row['from_id']} → {row['room_id'] or '、'.join(row['to'])}：{row['text'][:60]}"
            ),
        )
        say(f"本次查看已留痕 {found.view}")

    run(work)


def _start(text: str | None, today: date) -> datetime | None:
    return bank_moment(day_of(text, today)) if text else None


def _end(text: str | None, today: date) -> datetime | None:
    return bank_moment(day_of(text, today), time(23, 59, 59)) if text else None


@export.command("evidence")
def export_evidence(
    number: Annotated[str, typer.Argument(help="证据包编号，先在后台申请并由第二人批准")],
    to: Annotated[Path, typer.Option(help="写到哪里")] = Path(),
) -> None:
    """写出一个已批准的证据包，附带独立的 verify.py。"""

    async def work() -> None:
        async with opened() as parts:
            async with parts.databases.bank.transaction() as session:
                data = await building.build(
                    session, number, Viewing(BY, reason="gengyun export"), at=parts.clock()
                )
            path = to / f"{number}.zip" if to.is_dir() else to
            path.write_bytes(data)
            answer({"file": str(path), "bytes": len(data)}, f"已写出 {path}，{len(data)} 字节")

    run(work)


@export.command("packs")
def export_packs() -> None:
    """列出证据包。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.reading() as session:
            rows = [asdict(one) for one in await requests.packs(session)]
        answer_lines(rows, lambda row: f"{row['number']}  {row['state']}  {row['title']}")

    run(work)
