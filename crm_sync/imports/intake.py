"""One file on its way in: read, compare, stage; nothing is written to a table of ours yet."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync.imports.errors import DropTooLarge, ImportCode
from crm_sync.imports.job import Existing, Handle, Objection, Seen
from crm_sync.imports.landing import DIGEST, FOUND, Landing
from crm_sync.imports.report import Counts
from crm_sync.imports.staging import Stage
from kit.tabular import Batch, Opened, Reject

CHANGED: Final = "#changed"
Progress = Callable[[int, int, int], None]
"""Told after every batch: rows read, bytes read, bytes in all."""


class _Staged(NamedTuple):
    """Rows on their way to the stage: their batch, the staged columns, which of them are new."""

    batch: Batch
    values: list[Sequence[Any]]
    new: list[bool]


class Intake:
    """Reads a file batch by batch and stages what is new or changed."""

    def __init__(self, landing: Landing, opened: Opened, stage: Stage) -> None:
        self.counts = Counts()
        self.rejects: list[Reject] = []
        self.gone: list[Handle] = []
        self.present_before = 0
        self._landing = landing
        self._opened = opened
        self._stage = stage
        self._seen = Seen()
        self._mentioned = Seen()
        self._unkeyed = 0

    async def read(self, progress: Progress | None = None) -> None:
        """Read the whole file. Raises what kit.tabular raises where it breaks off."""
        session = self._stage.session
        await self._landing.begin(session)
        self.present_before = await self._landing.live(session)
        staging: asyncio.Task[None] | None = None
        try:
            async for batch in self._batches(self._opened.batches()):
                staged = await self._land(session, batch)
                if staging is not None:
                    await staging
                staging = asyncio.create_task(self._add(staged)) if staged is not None else None
                if staging is not None and not self._stage.ahead:
                    await staging
                if progress is not None:
                    progress(self._opened.rows, self._opened.bytes_read, self._opened.size)
            if staging is not None:
                await staging
        finally:
            if staging is not None:
                await asyncio.gather(staging, return_exceptions=True)
        for reject, new in self._landing.settle(self._seen):
            self.rejects.append(reject)
            self.counts.rejected += 1
            if new:
                self.counts.added -= 1
            else:
                self.counts.updated -= 1
        self.counts.read = self._opened.rows

    async def _batches(self, batches: Iterator[Batch]) -> AsyncIterator[Batch]:
        """The batches, parsed in a thread; the next one ahead where the database allows it."""
        following = asyncio.create_task(asyncio.to_thread(self._next, batches))
        try:
            while (batch := await following) is not None:
                if self._stage.ahead:
                    following = asyncio.create_task(asyncio.to_thread(self._next, batches))
                yield batch
                if not self._stage.ahead:
                    following = asyncio.create_task(asyncio.to_thread(self._next, batches))
        finally:
            await asyncio.gather(following, return_exceptions=True)

    def _next(self, batches: Iterator[Batch]) -> Batch | None:
        """The next batch with its digests; runs in a thread, because parsing is all CPU."""
        batch = next(batches, None)
        if batch is not None:
            self._landing.rekey(batch)
            batch.columns[DIGEST] = self._landing.digests(batch)
        return batch

    async def _land(self, session: AsyncSession, batch: Batch) -> _Staged | None:
        """Compare and judge a batch; what of it is to be staged, None where nothing is."""
        await self._note_rejected(session, batch.rejects)
        self._refuse(batch, {})
        if len(batch):
            existing = await self._landing.existing(session, batch)
            batch.columns[FOUND] = [existing.get(key) for key in batch.keys]
            self._compare(batch, plain=not existing)
        if len(batch):
            self._refuse(batch, await self._landing.judge(session, batch))
        if not len(batch):
            return None
        found: list[Existing | None] = batch.columns[FOUND]
        values = await asyncio.to_thread(self._landing.values, batch)
        return _Staged(batch, values, [row is None for row in found])

    async def _add(self, staged: _Staged) -> None:
        """Stage rows; those whose key was staged before are refused."""
        batch, new = staged.batch, staged.new
        again = await self._stage.add(batch.keys, batch.lines, staged.values, new)
        self.counts.added += sum(new) - len(again)
        self.counts.updated += len(new) - sum(new)
        self._refuse(batch, {place: _duplicate(line) for place, line in again.items()})

    async def _note_rejected(self, session: AsyncSession, rejects: Sequence[Reject]) -> None:
        """Rows named on refused lines are not missing; a line without a key may be any row."""
        keys = [reject.key for reject in rejects if reject.key is not None]
        self._unkeyed += len(rejects) - len(keys)
        if keys:
            for handle in await self._landing.mentioned(session, keys):
                self._mentioned.add(handle)

    def _refuse(self, batch: Batch, objections: Mapping[int, Objection]) -> None:
        """Take rows out of the batch and remember them, with those it had refused itself."""
        batch.refuse(objections)
        self.rejects += batch.rejects
        self.counts.rejected += len(batch.rejects)
        self.counts.duplicates += sum(one.code == ImportCode.DUPLICATE for one in batch.rejects)
        batch.rejects = []

    def _compare(self, batch: Batch, *, plain: bool) -> None:
        """Leave what is new or changed in the batch; refuse what stood on an earlier line.

        ``plain``: nothing of it is there yet.
        """
        if plain and len(set(batch.keys)) == len(batch) and not self._landing.job.supplement:
            return
        objections: dict[int, Objection] = {}
        same: set[int] = set()
        first: dict[str, int] = {}
        rows = zip(batch.keys, batch.columns[FOUND], batch.columns[DIGEST], strict=True)
        for place, (key, row, digest) in enumerate(rows):
            earlier = first.setdefault(key, place)
            if earlier != place:
                objections[place] = _duplicate(batch.lines[earlier])
            elif row is None:
                why = self._landing.refuse_new(key)
                if why is not None:
                    objections[place] = why
            elif row.handle in self._seen or self._landing.made_here(row.handle):
                objections[place] = _duplicate(0)
            else:
                self._seen.add(row.handle)
                if row.digest == digest and not row.gone:
                    same.add(place)
        self.counts.unchanged += len(same)
        batch.columns[CHANGED] = [place not in same for place in range(len(batch))]
        self._refuse(batch, objections)
        if same:
            changed = batch.columns[CHANGED]
            batch.keep([place for place in range(len(batch)) if changed[place]])

    async def compare(self, *, drop_percent: int, accept_drop: bool, partial: bool) -> None:
        """Find the rows that the file no longer has.

        Raises DropTooLarge where they are more than ``drop_percent`` of those present and
        nobody said that this is right.
        """
        if partial or not self._landing.whole or self._landing.job.supplement:
            return
        missing = [
            handle
            for handle in await self._landing.missing(self._stage.session, self._seen)
            if handle not in self._mentioned
        ]
        lost = len(missing) - self._unkeyed
        if lost * 100 > drop_percent * self.present_before and not accept_drop:
            raise DropTooLarge(
                f"文件比现有数据少了 {lost * 100 // self.present_before}%，超过 {drop_percent}% 的上限，没有导入",
                saw=f"现有 {self.present_before} 行，文件里找不到其中 {len(missing)} 行",
                where=self._opened.name,
                do="请数据提供方核对是否少传；确认无误后加 --accept-drop，只补部分行时加 --partial",
                present=self.present_before,
                missing=len(missing),
            )
        if self._unkeyed:
            self.counts.withheld = len(missing)
        else:
            self.gone = missing
            self.counts.removed = len(missing)


def _duplicate(line: int) -> Objection:
    earlier = f"第 {line} 行" if line else "前面的一行"
    return Objection(ImportCode.DUPLICATE, "", f"主键与{earlier}重复，以先出现的为准")
