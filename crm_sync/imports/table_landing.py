"""A landing into one table that has a natural key, a digest and a source.

A kind of file only says which columns it has and what else must hold for its rows.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import orjson
from sqlalchemy import JSON, Column, ColumnElement, Table, Text, cast, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync.imports.first_load import indexed_once
from crm_sync.imports.images import keep_images
from crm_sync.imports.job import Existing, Handle, Job, Seen
from crm_sync.imports.landing import DIGEST, PAGE, Landing
from crm_sync.imports.staging import Direct
from crm_sync.imports.undo import TableUndo
from crm_sync.models import IMAGES
from crm_sync.repository.keys import among
from kit.db import insert_into, is_postgresql
from kit.tabular.rows import Batch


class TableLanding(Landing):
    """A landing into one table by its natural key.

    A kind names its ``table``, its ``key`` column, the ``number`` column where rows have one,
    and ``plain``: the columns whose staged value is the mapped value of the same name. Where
    the key is not ``natural`` (no column holds it as text), ``unique`` names what is unique.
    """

    table: ClassVar[Table]
    key: ClassVar[str]
    number: ClassVar[str | None] = None
    natural: ClassVar[bool] = True
    unique: ClassVar[tuple[str, ...]] = ()
    plain: ClassVar[tuple[str, ...]]

    def __init_subclass__(cls, **options: Any) -> None:
        """A load is taken back in the kind's own table, unless the kind says how."""
        super().__init_subclass__(**options)
        own = vars(cls)
        if "table" in own and "undo" not in own:
            cls.undo = TableUndo(cls.table) if cls.table.name in IMAGES else None

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.dropped: set[str] = set()
        self.floor: int | None = None
        self._names = [name for name in self.plain if job.provides(name)] + self.made() + ["digest"]

    def made(self) -> list[str]:
        """Staged columns that are made from values, where the file provides those."""
        return []

    def make(self, name: str, batch: Batch) -> Sequence[Any]:
        """The values of a ``made`` column."""
        raise NotImplementedError(name)

    @property
    def columns(self) -> Sequence[Column[Any]]:
        return [Column(name, _plain(self.table.c[name])) for name in self._names]

    def direct(self) -> Direct | None:
        if self.number is None or not self.natural or self.job.supplement:
            return None
        fixed = self._always()
        given = {self.key, *self._names, *fixed}
        return Direct(self.table, self.key, fixed | self._defaults(given))

    def _always(self) -> dict[str, Any]:
        """What is the same for every row of this import."""
        job = self.job
        always: dict[str, Any] = {
            "source": job.source,
            "source_date": job.source_date,
            "synthetic": job.synthetic,
            "removed_at": None,
            "changed_at": job.at,
            "run_id": job.run_id,
        }
        return {name: value for name, value in always.items() if name in self.table.c}

    def _defaults(self, given: Collection[str]) -> dict[str, Any]:
        """What columns hold of which neither the file nor the import says anything."""
        defaults = {
            column.name: default_of(column)
            for column in self.table.c
            if not column.nullable and not column.primary_key and column.name not in given
        }
        return {
            name: orjson.dumps(value).decode() if isinstance(value, dict | list) else value
            for name, value in defaults.items()
        }

    async def begin(self, session: AsyncSession) -> None:
        if self.number is not None:
            newest = await session.execute(select(func.max(self.table.c[self.number])))
            self.floor = int(newest.scalar_one() or 0)

    def made_here(self, handle: Handle) -> bool:
        return isinstance(handle, int) and self.floor is not None and handle > self.floor

    @property
    def handle(self) -> Column[Any]:
        """The column that names an existing row."""
        return self.table.c[self.number or self.key]

    async def existing(self, session: AsyncSession, batch: Batch) -> Mapping[str, Existing]:
        return {} if self.floor == 0 else await self.known(session, batch.keys)

    async def known(self, session: AsyncSession, keys: Sequence[str]) -> dict[str, Existing]:
        """Rows by their natural keys."""
        found = await session.execute(
            select(
                self.table.c[self.key],
                self.handle,
                self.table.c.digest,
                self.table.c.removed_at.is_not(None)
                if "removed_at" in self.table.c
                else literal(False),
            ).where(among(session, self.table.c[self.key], keys))
        )
        return {key: Existing(handle, digest, gone) for key, handle, digest, gone in found}

    async def mentioned(self, session: AsyncSession, keys: Sequence[str]) -> Iterable[Handle]:
        return [row.handle for row in (await self.known(session, keys)).values()]

    def values(self, batch: Batch) -> list[Sequence[Any]]:
        staged: list[Sequence[Any]] = []
        for name in self._names:
            if name == "digest":
                staged.append(batch.columns[DIGEST])
            elif name in self.plain:
                staged.append(self._filled(name, batch.columns[name]))
            else:
                staged.append(self.make(name, batch))
        return staged

    def _filled(self, name: str, values: Sequence[Any]) -> Sequence[Any]:
        """Values as stored: JSON as text, and the column's default where none may be missing."""
        column = self.table.c[name]
        if isinstance(column.type, JSON):
            empty = default_of(column)
            return [orjson.dumps(empty if value is None else value).decode() for value in values]
        if column.nullable or None not in values:
            return values
        default = default_of(column)
        return [default if value is None else value for value in values]

    async def live(self, session: AsyncSession) -> int:
        counted = await session.execute(
            select(func.count()).select_from(self.table).where(*self._own())
        )
        return int(counted.scalar_one())

    def _own(self) -> list[Any]:
        """This source's rows that are there."""
        own = self.table.c
        there = [own.removed_at.is_(None)] if "removed_at" in own else []
        return [own.source == self.job.source, *there]

    async def missing(self, session: AsyncSession, seen: Seen) -> list[Handle]:
        return [
            handle async for page in self._pages(session) for handle in page if handle not in seen
        ]

    async def _pages(self, session: AsyncSession) -> AsyncIterator[list[Handle]]:
        last: Handle | None = None
        while True:
            wanted = select(self.handle).where(*self._own()).order_by(self.handle).limit(PAGE)
            if self.floor is not None:
                wanted = wanted.where(self.handle <= self.floor)
            if last is not None:
                wanted = wanted.where(self.handle > last)
            page = list((await session.execute(wanted)).scalars())
            if page:
                yield page
                last = page[-1]
            if len(page) < PAGE:
                return

    def touched(self) -> list[str]:
        return [*self._names, *self._always()]

    async def keep_images(self, session: AsyncSession, stage: Table) -> None:
        if self.floor == 0 or self.table.name not in IMAGES:
            return
        own = self.table.c
        same = (
            [own[self.key] == stage.c.row_key]
            if self.natural
            else [own[name] == stage.c[name] for name in self.unique]
        )
        await keep_images(session, self.table, self.job.run_id, *same)

    async def take(self, session: AsyncSession, stage: Table) -> None:
        own = self.table.c
        given = ({self.key: stage.c.row_key} if self.natural else {}) | {
            name: self._taken(session, stage.c[name], own[name]) for name in self._names
        }
        always = self._always()
        constant = always | self._defaults({*given, *always})
        fixed = {
            name: self._taken(session, literal(value, _plain(own[name])), own[name])
            for name, value in constant.items()
        }
        rows = given | fixed
        chosen = select(*(value.label(name) for name, value in rows.items())).where(
            self._kept(session, stage)
        )
        statement = insert_into(session, self.table).from_select(list(rows), chosen)
        unique = self.unique or (self.key,)
        changing = [name for name in (*given, *always) if name not in unique]
        filling = statement.on_conflict_do_update(
            index_elements=list(unique),
            set_={name: statement.excluded[name] for name in changing},
        )
        async with indexed_once(session, self.table, empty=self.floor == 0):
            await session.execute(filling)

    @staticmethod
    def _taken(session: AsyncSession, staged: ColumnElement[Any], final: Column[Any]) -> Any:
        """A staged column as the final table wants it: JSON was staged as text."""
        if isinstance(final.type, JSON) and is_postgresql(session):
            return cast(staged, final.type)
        return staged

    def _kept(self, session: AsyncSession, stage: Table) -> Any:
        if self.dropped:
            return ~among(session, stage.c.row_key, self.dropped)
        return (
            stage.c.line >= 0
        )  # a condition, because SQLite reads ON CONFLICT after SELECT as a join

    async def remove(self, session: AsyncSession, handles: Sequence[Handle]) -> None:
        job, own = self.job, self.table.c
        changes = {"removed_at": job.at, "changed_at": job.at, "run_id": job.run_id}
        changes = {name: value for name, value in changes.items() if name in own}
        for start in range(0, len(handles), PAGE):
            page: Any = handles[start : start + PAGE]
            here = among(session, self.handle, page)
            if self.table.name in IMAGES:
                await keep_images(session, self.table, job.run_id, here)
            await session.execute(update(self.table).where(here).values(changes))


def _plain(column: Column[Any]) -> Any:
    """The type in which a value is handed over: JSON as text."""
    return Text() if isinstance(column.type, JSON) else column.type


def default_of(column: Column[Any]) -> Any:
    """What a column holds where nobody gave a value (the model's default)."""
    default: Any = column.default
    if default is None:
        return None
    return default.arg(None) if default.is_callable else default.arg
