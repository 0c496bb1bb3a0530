"""How a load is taken back in its tables: values restored, added rows gone, removed rows back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Table, delete, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync.imports.images import later_runs
from crm_sync.models import IMAGES
from crm_sync.models.images import IMAGE_RUN


class Load(NamedTuple):
    """The load that is taken back; ``at`` is when it was brought, ``now`` the present."""

    run_id: int
    touched: Sequence[str]
    supplement: bool
    at: datetime
    now: datetime


@dataclass(slots=True)
class Undone:
    """Rows whose values are restored, that the load had added, that it had removed."""

    restored: int = 0
    taken_away: int = 0
    brought_back: int = 0

    def as_dict(self) -> dict[str, int]:
        """The counts by name."""
        return {
            "restored": self.restored,
            "taken_away": self.taken_away,
            "brought_back": self.brought_back,
        }


class Undo(Protocol):
    """Takes loads of one kind back."""

    async def later(self, session: AsyncSession, load: Load) -> Collection[int]:
        """Later runs that wrote the same rows."""

    async def apply(self, session: AsyncSession, load: Load) -> Undone:
        """Take the load back; the caller has made sure that nothing came after it."""


class TableUndo:
    """Takes loads back in one table that has images and the ``run_id`` of its last load."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.image = IMAGES[table.name]
        self._keys = [column.name for column in table.primary_key]

    async def later(self, session: AsyncSession, load: Load) -> Collection[int]:
        found = await session.execute(
            later_runs(self.table, load.run_id, rows_written=not load.supplement)
        )
        return list(found.scalars())

    async def apply(self, session: AsyncSession, load: Load) -> Undone:
        undone = Undone()
        await self.before(session, load)
        undone.brought_back = await self._gone(session, load)
        undone.taken_away = 0 if load.supplement else await self.take_away(session, load)
        undone.restored = await self._restore(session, load) - undone.brought_back
        undone.brought_back += await self.after(session, load)
        return undone

    async def before(self, session: AsyncSession, load: Load) -> None:
        """What has to be out of the way before values are restored."""

    async def after(self, session: AsyncSession, load: Load) -> int:
        """What hangs on the restored rows; how many more rows came back."""
        return 0

    def same(self, other: Any) -> list[Any]:
        """The row of the table is the one of ``other``."""
        return [self.table.c[name] == other.c[name] for name in self._keys]

    def written(self, load: Load) -> Any:
        """The row was written last by the load."""
        return self.table.c.run_id == load.run_id

    async def _gone(self, session: AsyncSession, load: Load) -> int:
        own = self.table.c
        if "removed_at" not in own:
            return 0
        counted = await session.execute(
            select(func.count())
            .select_from(self.table)
            .join(self.image, self._joined())
            .where(
                self.image.c[IMAGE_RUN] == load.run_id,
                self.image.c.removed_at.is_(None),
                own.removed_at.is_not(None),
                self.written(load),
            )
        )
        return int(counted.scalar_one())

    def _joined(self) -> Any:
        first, *rest = self.same(self.image)
        for one in rest:
            first = first & one
        return first

    async def take_away(self, session: AsyncSession, load: Load) -> int:
        """Rows that the load added: marked as removed, deleted where rows are never marked."""
        own = self.table.c
        kept = (
            select(literal(1))
            .where(self.image.c[IMAGE_RUN] == load.run_id, *self.same(self.image))
            .exists()
        )
        added = [self.written(load), ~kept]
        if "removed_at" not in own:
            done: Any = await session.execute(delete(self.table).where(*added))
            return int(done.rowcount)
        changes = {"removed_at": load.now, "changed_at": load.now, "digest": ""}
        done = await session.execute(
            update(self.table)
            .where(*added, own.removed_at.is_(None))
            .values({name: value for name, value in changes.items() if name in own})
        )
        return int(done.rowcount)

    async def _restore(self, session: AsyncSession, load: Load) -> int:
        own = self.table.c
        changes: dict[str, Any] = {name: self.image.c[name] for name in load.touched if name in own}
        if "changed_at" in own:
            changes["changed_at"] = load.now
        wanted = [self.image.c[IMAGE_RUN] == load.run_id, *self.same(self.image)]
        if not load.supplement:
            wanted.append(self.written(load))
        done: Any = await session.execute(update(self.table).where(*wanted).values(changes))
        return int(done.rowcount)
