"""``gengyun import KIND FILE``: the bank's files in, with a report of what became of each row."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from commands.opening import answer, opened, run, say
from content_library.item_landing import ITEMS
from crm_sync.imports.errors import CustomerMissing, LoadUnknown
from crm_sync.imports.layouts import LAYOUTS
from crm_sync.imports.references import customer_ids
from crm_sync.imports.rejects_file import write_rejects
from crm_sync.imports.report import ImportReport
from crm_sync.imports.reverting import revert_load
from crm_sync.imports.runs import RejectedLine, rejected_lines
from crm_sync.imports.taking import Wanted
from crm_sync.repository.provenance import provenance
from kit import ledger
from kit.tabular.errors import FileMissing
from wiring.holidays import bring_holidays
from wiring.importing import bring, bring_items
from wiring.parts import Parts
from wiring.sources import pull

app = typer.Typer()


WORDS = {
    "read": "读到",
    "added": "新增",
    "updated": "更新",
    "unchanged": "未变",
    "removed": "移除",
    "withheld": "保留",
    "duplicates": "重复",
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
    kind: Annotated[
        str,
        typer.Argument(
            help=" ".join([*LAYOUTS, *ITEMS, "holidays"]) + "；或 revert 编号、provenance 客户号"
        ),
    ],
    file: Annotated[
        Path | None,
        typer.Argument(
            help="CSV、TSV 或 Parquet；话术、资讯、素材、在售清单为 TOML；revert 后写导入编号；有 --source 时不写"
        ),
    ] = None,
    mapping: Annotated[Path | None, typer.Option(help="列映射（TOML）")] = None,
    manifest: Annotated[Path | None, typer.Option(help="清单：行数与 sha256")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只核对，不写入")] = False,
    accept_drop: Annotated[
        bool, typer.Option("--accept-drop", help="文件比上次少两成以上也接受")
    ] = False,
    rejects: Annotated[Path | None, typer.Option(help="被拒的行写到这个文件")] = None,
    accept_older: Annotated[
        bool, typer.Option("--accept-older", help="数据日期比已导入的旧也接受")
    ] = False,
    partial: Annotated[bool, typer.Option("--partial", help="只补这几行，不移除别的")] = False,
    source: Annotated[str, typer.Option(help="从设置里的这个数据库来，不用文件")] = "",
    full: Annotated[bool, typer.Option("--full", help="不管水位，从数据库整份取")] = False,
) -> None:
    """导入一份文件；坏行单独列出，其余照收；同一份文件再导不会改动任何东西。

    import revert 编号：撤回一次导入。import provenance 客户号：每个值的来源和日期。
    """

    async def work() -> None:
        async with opened() as parts:
            at = parts.clock()
            if source:
                report = await pull(
                    parts,
                    source,
                    kind,
                    mapping=mapping,
                    manifest=manifest,
                    full=full,
                    wanted=Wanted(dry_run, accept_drop, partial, accept_older),
                    by="system:cli",
                    at=at,
                )
                await _told(parts, report, rejects)
                return
            if file is None:
                raise FileMissing("没有写要导入的文件", do="写文件名；从数据库取时加 --source 名称")
            if kind == "revert":
                await _revert(parts, str(file), dry_run=dry_run)
                return
            if kind == "provenance":
                await _provenance(parts, str(file))
                return
            if kind in ITEMS:
                done = await bring_items(parts, kind, file, by="system:cli", at=at)
                answer(
                    done,
                    f"提交 {len(done['submitted'])} 条待审核，未变 {len(done['unchanged'])} 条",
                    *(
                        f"  第 {row['number']} 行 {row['code']} 拒绝：{row['saying']}"
                        for row in done["rows"]
                        if row["outcome"] == "refused"
                    ),
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
                partial=partial,
                accept_older=accept_older,
                by="system:cli",
                at=at,
            )
            await _told(parts, report, rejects)

    run(work)


async def _told(parts: Parts, report: ImportReport, rejects: Path | None) -> None:
    answer(report.as_dict(), *lines(report))
    if report.rejects:
        await _keep_rejects(parts, report, rejects)


async def _revert(parts: Parts, number: str, *, dry_run: bool) -> None:
    """Take a load back, or say what that would do."""
    if not number.isdecimal():
        raise LoadUnknown(
            "revert 后面写导入编号", saw=number[:40], do="编号在导入的报告和“数据导入”页上"
        )
    report = await revert_load(
        parts.databases.bank, int(number), by="system:cli", at=parts.clock(), dry_run=dry_run
    )
    undone = report.undone
    answer(
        report.as_dict(),
        f"导入 {report.reverted}（{report.kind}，{report.file_name}）"
        + ("试撤回，没有改动" if dry_run else "已撤回")
        + f"：恢复原值 {undone.restored}，撤去新增 {undone.taken_away}，"
        f"找回移除 {undone.brought_back}",
    )


async def _provenance(parts: Parts, customer_no: str) -> None:
    """Which source each value of a customer has, and of which day."""
    async with parts.databases.bank.reading() as session:
        known = await customer_ids(session, [customer_no])
        if not known:
            raise CustomerMissing(
                "没有这个客户号", saw=customer_no[:40], do="核对客户号；先导入客户文件"
            )
        found = await provenance(session, known[customer_no])
    answer(
        {"customer_no": customer_no, "fields": {name: asdict(one) for name, one in found.items()}},
        *(
            f"{name}：{one.source}，{one.date or '没有日期'}"
            + (f"（导入 {one.run_id}）" if one.run_id else "")
            for name, one in found.items()
        ),
    )


async def _keep_rejects(parts: Parts, report: ImportReport, path: Path | None) -> None:
    """Write the rejected lines where asked; opening them is recorded, for they are personal."""
    if path is None:
        say("  要拿到被拒的行：再加 --rejects 文件名；改好后用 --partial 只导这些行")
        return
    async with parts.databases.bank.transaction() as session:
        kept = await rejected_lines(session, report.run_id)
        entry = ledger.Entry(
            kind="access",
            act="import.rejects_exported",
            actor="system:cli",
            object=f"import:{report.run_id}",
            payload={"lines": len(kept)},
        )
        await ledger.append(session, [entry], at=parts.clock())
    written = _write_private(path, report, kept)
    say(f"  被拒的 {written} 行写到 {path.name}；改好后用 --partial 只导这些行")


def _write_private(path: Path, report: ImportReport, kept: Sequence[RejectedLine]) -> int:
    path.touch(mode=0o600)
    return write_rejects(path, report.header, kept)
