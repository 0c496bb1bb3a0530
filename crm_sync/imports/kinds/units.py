"""Units: a tree whose parents may stand further down in the same file."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from sqlalchemy import Table, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.imports.errors import ImportCode
from crm_sync.imports.job import Job, Seen
from crm_sync.imports.landing import FOUND
from crm_sync.imports.layouts import UNITS
from crm_sync.imports.table_landing import TableLanding
from crm_sync.imports.undo import Load, TableUndo
from crm_sync.models import Unit
from kit.tabular.refusals import Reject
from kit.tabular.rows import Batch

DEEPEST: Final = 8


class UnitsUndo(TableUndo):
    """Paths are made anew from the restored tree."""

    async def after(self, session: AsyncSession, load: Load) -> int:
        await _mend_paths(session)
        return 0


class UnitsLanding(TableLanding):
    """Lands units and keeps every unit's ``path`` (``/hq/01/0101/``) true."""

    layout = UNITS
    table: ClassVar[Table] = Unit.__table__  # type: ignore[attr-defined]
    undo = UnitsUndo(table)
    key = "unit_id"
    plain = ("name", "parent_id", "kind", "department_id")

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._parents: dict[str, str | None] = {}
        self._staged: dict[str, tuple[Reject, bool]] = {}

    async def begin(self, session: AsyncSession) -> None:
        await super().begin(session)
        self._parents = await _parents(session)

    def values(self, batch: Batch) -> list[Sequence[Any]]:
        parents = batch.columns.get("parent_id", [None] * len(batch))
        for place, key in enumerate(batch.keys):
            cells = batch.cells(place)
            reject = Reject(batch.lines[place], ImportCode.TREE, "parent_id", "", cells, key)
            self._staged.setdefault(key, (reject, batch.columns[FOUND][place] is None))
            if self.job.provides("parent_id"):
                self._parents[key] = parents[place]
            else:
                self._parents.setdefault(key, None)
        return super().values(batch)

    def settle(self, seen: Seen) -> list[tuple[Reject, bool]]:
        refused = []
        for key, (reject, new) in self._staged.items():
            reason = _why_no_path(key, self._parents)
            if reason:
                self.dropped.add(key)
                refused.append(
                    (
                        Reject(reject.line, reject.code, reject.column, reason, reject.cells, key),
                        new,
                    )
                )
        return refused

    async def take(self, session: AsyncSession, stage: Table) -> None:
        await super().take(session, stage)
        await _mend_paths(session)


async def _parents(session: AsyncSession) -> dict[str, str | None]:
    found = await session.execute(
        select(col(Unit.unit_id), col(Unit.parent_id)).where(col(Unit.removed_at).is_(None))
    )
    return {unit_id: parent_id for unit_id, parent_id in found}  # noqa: C416 — rows are no pairs to dict()'s types


def _why_no_path(key: str, parents: Mapping[str, str | None]) -> str:
    """Why the way from ``key`` to the root does not exist; empty where it does."""
    way = [key]
    while (parent := parents[way[-1]]) is not None:
        if parent not in parents:
            return f"上级机构 {parent} 不在机构表里，也不在本文件里"
        if parent in way:
            return f"上级关系成环：{' → '.join([*way, parent])[:120]}"
        way.append(parent)
        if len(way) > DEEPEST:
            return f"机构层级超过 {DEEPEST} 级"
    return ""


async def _mend_paths(session: AsyncSession) -> None:
    """Set every path that is not what the tree says; none where all are."""
    rows = await session.execute(
        select(col(Unit.unit_id), col(Unit.parent_id), col(Unit.path)).where(
            col(Unit.removed_at).is_(None)
        )
    )
    present = {unit_id: (parent_id, path) for unit_id, parent_id, path in rows}
    for unit_id, (_, path) in present.items():
        way, at = [unit_id], present[unit_id][0]
        while at is not None and at in present and at not in way:
            way.append(at)
            at = present[at][0]
        true_path = "/" + "/".join(reversed(way)) + "/"
        if path != true_path:
            await session.execute(
                update(Unit).where(col(Unit.unit_id) == unit_id).values(path=true_path)
            )
