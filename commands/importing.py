"""``gengyun import KIND FILE``: the bank's files in, with a report of what became of each row."""

from pathlib import Path
from typing import Annotated

import typer

from commands.opening import OPTIONS, answer, opened, run, say
from crm_sync.imports.layouts import LAYOUTS
from crm_sync.imports.report import ImportReport
from wiring.holidays import bring_holidays
from wiring.importing import bring, bring_scripts

app = typer.Typer()


WORDS = {
    "read": "读到",
    "added": "新增",
    "updated": "更新",
    "unchanged": "未变",
    "removed": "移除",
    "restored": "恢复",
    "rejected": "拒绝",
}


def lines(report: ImportReport) -> list[str]:
    """The report for people: counts, then the first refusals with line, column and reason."""
    counts = "，".join(
        f"{WORDS.get(name, name)} {number}" for name, number in report.counts.as_dict().items()
    )
    shown = [f"{report.file_name} → {report.kind}（{report.state}）：{counts}", *report.notes]
    shown += [
        f"  第 {one.line} 行 {one.column}：{one.reason}（{one.code}）"
        for one in report.rejects[:10]
    ]
    return shown


@app.command("import")
def import_command(
    kind: Annotated[str, typer.Argument(help="、".join([*LAYOUTS, "scripts", "holidays"]))],
    file: Annotated[Path, typer.Argument(help="CSV、TSV 或 Parquet；话术为 TOML")],
    mapping: Annotated[Path | None, typer.Option(help="列映射（TOML）")] = None,
    manifest: Annotated[Path | None, typer.Option(help="清单：行数与 sha256")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只核对，不写入")] = False,
    accept_drop: Annotated[
        bool, typer.Option("--accept-drop", help="文件比上次少两成以上也接受")
    ] = False,
) -> None:
    """导入一份文件；坏行单独列出，其余照收；同一份文件再导不会改动任何东西。"""

    async def work() -> None:
        async with opened() as parts:
            at = parts.clock()
            if kind == "scripts":
                done = await bring_scripts(parts, file, by="system:cli", at=at)
                answer(
                    done,
                    f"提交 {len(done['submitted'])} 条待审核，未变 {len(done['unchanged'])} 条",
                    *(f"  拒绝 {code}：{why}" for code, why in done["refused"].items()),
                )
                return
            if kind == "holidays":
                number = await bring_holidays(parts, file, by="system:cli", at=at)
                answer({"days": number}, f"登记 {number} 天")
                return
            report = await bring(
                parts,
                kind,
                file,
                mapping=mapping,
                manifest=manifest,
                dry_run=dry_run,
                accept_drop=accept_drop,
                by="system:cli",
                at=at,
            )
            answer(report.as_dict(), *lines(report))
            if report.rejects and not OPTIONS["json"]:
                say("  被拒的行在后台“导入”页可以看到原因；改好后只需重导这些行")

    run(work)
