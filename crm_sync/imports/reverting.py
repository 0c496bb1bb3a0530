"""Takes one load back: the values before it, without the rows it added, with those it removed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.imports import runs
from crm_sync.imports.errors import LaterLoad, LoadUnknown, NotRevertible
from crm_sync.imports.images import drop_images
from crm_sync.imports.kinds import LANDINGS
from crm_sync.imports.layouts import LAYOUTS
from crm_sync.imports.undo import Load, Undo, Undone
from crm_sync.models import ImportRun, ImportWatermark
from crm_sync.repository.keys import among
from kit.db import Database
from kit.ledger import Entry, append

BOOKKEEPING: Final = frozenset({"changed_at", "run_id", "digest", "source", "source_date"})
"""Columns that every load writes; two supplements do not clash because of them."""


@dataclass(frozen=True, slots=True)
class RevertReport:
    """What taking a load back did, or would do."""

    run_id: int  # the record of the revert; 0 where it was only tried
    reverted: int
    kind: str
    file_name: str
    undone: Undone
    dry_run: bool

    def as_dict(self) -> dict[str, Any]:
        """For a program."""
        return {
            "run_id": self.run_id,
            "reverted": self.reverted,
            "kind": self.kind,
            "file": self.file_name,
            "state": "dry_run" if self.dry_run else "reverted",
            **self.undone.as_dict(),
        }


async def revert_load(
    database: Database, run_id: int, *, by: str, at: datetime, dry_run: bool = False
) -> RevertReport:
    """Take the load ``run_id`` back, set-based, in one transaction with one ledger entry.

    Rows that it changed get the values from before it (only the columns that it wrote), rows
    that it added are marked removed, rows that it removed are there again, and the watermark of
    its source falls back. Raises LoadUnknown, NotRevertible (it changed nothing, was taken back
    already, its images have gone, or its kind is history that is never taken back), LaterLoad
    (a later load wrote the same rows).
    """
    async with database.rehearsal() if dry_run else database.transaction() as session:
        run = await session.get(ImportRun, run_id)
        if run is None:
            raise LoadUnknown(
                "没有这次导入", saw=str(run_id), do="编号在 gengyun import 的报告和“数据导入”页上"
            )
        await runs.alone(session, run.kind)
        await session.refresh(run)  # somebody else may have taken it back while we waited
        undo = _undo(run)
        own = await runs.start(
            session,
            kind=run.kind,
            name=run.file_name,
            mapping=run.mapping,
            origin="revert",
            by=by,
            at=at,
        )
        supplement = "supplements" in run.touched
        load = Load(run_id, run.touched, supplement, run.started_at, at)
        await _demand_last(session, undo, load)
        undone = await undo.apply(session, load)
        await _close(session, run, own, undone, by=by, at=at)
        return RevertReport(0 if dry_run else own, run_id, run.kind, run.file_name, undone, dry_run)


def _undo(run: ImportRun) -> Undo:
    """How the run is taken back. Raises NotRevertible."""
    landing = LANDINGS.get(run.kind)
    title = LAYOUTS[run.kind].title if run.kind in LAYOUTS else run.kind
    if run.state == "reverted":
        why, do = "这次导入已经撤回过", "要恢复它的内容，重新导入原文件"
    elif run.state != "applied":
        why, do = "这次导入没有改动任何数据，没有什么可撤", ""
    elif landing is None or landing.undo is None:
        why = f"{title}是只增不改的历史，不能撤回"
        do = "用一个新文件登记相反的决定（时间写在原决定之后）"
    elif not run.revertible:
        why = "这次导入之前的值已过保留期"
        do = "用导入前一天的文件重新导入；保留天数在策略 imports 的 keep_images_days"
    else:
        return landing.undo
    raise NotRevertible(why, saw=f"导入 {run.id}", do=do, run=run.id)


async def _demand_last(session: AsyncSession, undo: Undo, load: Load) -> None:
    """Raises LaterLoad where a later load wrote the same columns of the same rows."""
    later = await undo.later(session, load)
    clashing = await _clashing(session, load, later) if later else []
    if clashing:
        numbers = "、".join(str(one) for one in clashing[:10])
        raise LaterLoad(
            "后来的导入改过同样的行，先撤回后来的",
            saw=f"导入 {numbers}",
            do=f"依次运行 gengyun import revert {clashing[0]}，最后再撤回 {load.run_id}",
            run=load.run_id,
        )


async def _clashing(session: AsyncSession, load: Load, later: Collection[int]) -> list[int]:
    """Those of the later runs that wrote the same columns, the newest first."""
    found = await session.execute(
        select(col(ImportRun.id), col(ImportRun.touched))
        .where(among(session, col(ImportRun.id), later))
        .order_by(col(ImportRun.id).desc())
    )
    ours = set(load.touched)
    clashing = []
    for number, touched in found:
        both = ours & set(touched)
        apart = load.supplement or "supplements" in touched
        if not apart or both - BOOKKEEPING - {"supplements"}:
            clashing.append(int(number or 0))
    return clashing


async def _close(
    session: AsyncSession, run: ImportRun, own: int, undone: Undone, *, by: str, at: datetime
) -> None:
    """The records of both runs, the watermark, the ledger; the images are of no more use."""
    assert run.id is not None  # noqa: S101 — a stored run has a number
    reverted = run.id
    await drop_images(session, [reverted])
    await session.execute(
        update(ImportRun).where(col(ImportRun.id) == reverted).values(state="reverted")
    )
    counts = {
        "updated": undone.restored,
        "removed": undone.taken_away,
        "added": undone.brought_back,
    }
    await session.execute(
        update(ImportRun)
        .where(col(ImportRun.id) == own)
        .values(
            state="revert",
            reverts=reverted,
            sha256=run.sha256,
            source=run.source,
            source_date=run.source_date,
            counts=counts,
            finished_at=at,
        )
    )
    mark = (col(ImportWatermark.source) == run.source, col(ImportWatermark.kind) == run.kind)
    ours = (*mark, col(ImportWatermark.run_id) == reverted)
    if run.watermark_before:
        await session.execute(
            update(ImportWatermark).where(*ours).values(value=run.watermark_before, at=at)
        )
    else:
        await session.execute(delete(ImportWatermark).where(*ours))
    entry = Entry(
        kind="import",
        act="import.reverted",
        actor=by,
        object=f"run:{reverted}",
        reason=run.kind,
        payload={"by_run": own, **undone.as_dict(), "source": run.source},
    )
    await append(session, [entry], at=at)
