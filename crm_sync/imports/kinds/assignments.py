"""Assignments (管户): who answers for whom; what ends is kept with its reason."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from sqlalchemy import (
    BigInteger,
    Column,
    String,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    not_,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync import ownership
from crm_sync.imports.errors import ImportCode
from crm_sync.imports.images import keep_images
from crm_sync.imports.job import Existing, Handle, Job, Objection, Seen
from crm_sync.imports.landing import PAGE, Landing
from crm_sync.imports.layouts import ASSIGNMENTS
from crm_sync.imports.references import customer_ids, live_staff, unknown_customer
from crm_sync.imports.undo import Load, TableUndo
from crm_sync.models import Coverage, CoverageEnd
from crm_sync.models.images import IMAGE_RUN
from crm_sync.repository.keys import among
from kit.clock import bank_date, bank_moment
from kit.db import insert_into
from kit.tabular.rows import Batch

OWNER: Final = "owner"


class AssignmentsUndo(TableUndo):
    """Coverage that the load began ends; coverage that it ended begins again, if nobody else has.

    What a transfer in this system changed since is left as it is.
    """

    async def take_away(self, session: AsyncSession, load: Load) -> int:
        kept = (
            select(literal(1))
            .where(self.image.c[IMAGE_RUN] == load.run_id, *self.same(self.image))
            .exists()
        )
        added = and_(self.written(load), ~kept)
        counted = await session.execute(select(func.count()).select_from(self.table).where(added))
        await end_coverage(session, added, "reverted", run_id=load.run_id, at=load.now)
        return int(counted.scalar_one())

    async def after(self, session: AsyncSession, load: Load) -> int:
        own, image, ended = self.table.c, self.image.c, CoverageEnd.__table__.c  # type: ignore[attr-defined]
        keys = ("customer_id", "kind", "staff_id")
        ended_by_it = (
            select(literal(1))
            .where(
                ended.run_id == load.run_id,
                ended.reason.in_(("moved", "left_file")),
                *(ended[name] == image[name] for name in keys),
            )
            .exists()
        )
        owned = (
            select(literal(1))
            .where(own.customer_id == image.customer_id, own.kind == OWNER, image.kind == OWNER)
            .exists()
        )
        names = self.table.c.keys()
        again = select(*(image[name] for name in names)).where(
            image[IMAGE_RUN] == load.run_id, ended_by_it, ~owned
        )
        statement = insert_into(session, self.table).from_select(names, again)
        done: Any = await session.execute(statement.on_conflict_do_nothing())
        return int(done.rowcount)


class AssignmentsLanding(Landing):
    """Lands coverage. A customer has one owner; other relations may have several people.

    Coverage that another source decided (a transfer in this system, another file) is kept.
    """

    layout = ASSIGNMENTS
    table: ClassVar[Table] = Coverage.__table__  # type: ignore[attr-defined]
    undo = AssignmentsUndo(table)

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._staff: frozenset[str] = frozenset()
        self.elsewhere = 0

    @property
    def columns(self) -> Sequence[Column[Any]]:
        return [
            Column("customer_id", BigInteger()),
            Column("kind", String()),
            Column("staff_id", String()),
            Column("since", self.table.c.since.type),
        ]

    async def begin(self, session: AsyncSession) -> None:
        self._staff = await live_staff(session)

    def rekey(self, batch: Batch) -> None:
        kinds = batch.columns.get("kind") or [None] * len(batch)
        batch.columns["kind"] = [kind or OWNER for kind in kinds]
        batch.keys = [
            f"{number}|{kind}" if kind == OWNER else f"{number}|{kind}|{staff_id}"
            for number, kind, staff_id in zip(
                batch.columns["customer_no"],
                batch.columns["kind"],
                batch.columns["staff_id"],
                strict=True,
            )
        ]

    def digests(self, batch: Batch) -> list[str]:
        since = batch.columns.get("since") or [None] * len(batch)
        return [
            f"{staff_id}|{day or ''}"
            for staff_id, day in zip(batch.columns["staff_id"], since, strict=True)
        ]

    async def existing(self, session: AsyncSession, batch: Batch) -> Mapping[str, Existing]:
        numbers = batch.columns["customer_no"]
        known = await customer_ids(session, set(numbers))
        owners = batch.columns["customer_id"] = [known.get(number) for number in numbers]
        own = self.table.c
        rows = await session.execute(
            select(own.customer_id, own.kind, own.staff_id, own.since, own.source).where(
                among(session, own.customer_id, set(known.values()))
            )
        )
        present: dict[Handle, tuple[str, str, str]] = {}
        for customer_id, kind, staff_id, since, source in rows:
            present[_handle(customer_id, kind, staff_id)] = (
                staff_id,
                f"{bank_date(since)}",
                source,
            )
        dated = self.job.provides("since")
        found: dict[str, Existing] = {}
        for place, (key, owner, digest) in enumerate(
            zip(batch.keys, owners, self.digests(batch), strict=True)
        ):
            if owner is None:
                continue
            kind, staff_id = batch.columns["kind"][place], batch.columns["staff_id"][place]
            handle = _handle(owner, kind, staff_id)
            if handle not in present:
                continue
            holder, since, source = present[handle]
            if source != self.job.source:
                self.elsewhere += holder != staff_id
                found[key] = Existing(handle, digest, False)
            else:
                undated = not dated or digest.endswith("|")
                found[key] = Existing(handle, f"{holder}|{'' if undated else since}", False)
        return found

    async def mentioned(self, session: AsyncSession, keys: Sequence[str]) -> Iterable[Handle]:
        return (await customer_ids(session, set(keys))).values()

    async def judge(self, session: AsyncSession, batch: Batch) -> dict[int, Objection]:
        found: dict[int, Objection] = {}
        for place, staff_id in enumerate(batch.columns["staff_id"]):
            if batch.columns["customer_id"][place] is None:
                found[place] = unknown_customer(batch.columns["customer_no"][place])
            elif staff_id not in self._staff:
                found[place] = Objection(
                    ImportCode.STAFF_UNKNOWN,
                    "staff_id",
                    f"工号 {staff_id} 不在员工表里（或已离职移除）；先导入员工文件",
                )
        return found

    def values(self, batch: Batch) -> list[Sequence[Any]]:
        since = batch.columns.get("since") or [None] * len(batch)
        return [
            batch.columns["customer_id"],
            batch.columns["kind"],
            batch.columns["staff_id"],
            [bank_moment(day) if day else self.job.at for day in since],
        ]

    async def live(self, session: AsyncSession) -> int:
        counted = await session.execute(
            select(func.count())
            .select_from(self.table)
            .where(self.table.c.source == self.job.source)
        )
        return int(counted.scalar_one())

    async def missing(self, session: AsyncSession, seen: Seen) -> list[Handle]:
        own = self.table.c
        key = (own.customer_id, own.kind, own.staff_id)
        gone: list[Handle] = []
        last: tuple[int, str, str] | None = None
        while True:
            wanted = select(*key).where(own.source == self.job.source).order_by(*key).limit(PAGE)
            if last is not None:
                wanted = wanted.where(tuple_(*key) > tuple_(*map(literal, last)))
            page = (await session.execute(wanted)).all()
            gone += [
                f"{customer_id}|{kind}|{staff_id}"
                for customer_id, kind, staff_id in page
                if _handle(customer_id, kind, staff_id) not in seen and customer_id not in seen
            ]
            if len(page) < PAGE:
                return gone
            last = (page[-1][0], page[-1][1], page[-1][2])

    def touched(self) -> list[str]:
        return ["since", "source", "source_date", "synthetic", "run_id"]

    async def keep_images(self, session: AsyncSession, stage: Table) -> None:
        own = self.table.c
        theirs = own.customer_id == stage.c.customer_id
        among_them = select(literal(1)).where(theirs, own.kind == stage.c.kind).exists()
        await keep_images(
            session, self.table, self.job.run_id, own.source == self.job.source, among_them
        )

    async def take(self, session: AsyncSession, stage: Table) -> None:
        await ownership.lock(session)
        own = self.table.c
        moved = and_(
            own.kind == OWNER,
            own.source == self.job.source,
            own.staff_id
            != select(stage.c.staff_id)
            .where(stage.c.customer_id == own.customer_id, stage.c.kind == OWNER)
            .scalar_subquery(),
        )
        await self._end(session, moved, "moved")
        owned_elsewhere = exists().where(
            own.customer_id == stage.c.customer_id,
            own.kind == OWNER,
            own.staff_id != stage.c.staff_id,
        )
        rows = {
            "customer_id": stage.c.customer_id,
            "kind": stage.c.kind,
            "staff_id": stage.c.staff_id,
            "since": stage.c.since,
            "source": literal(self.job.source),
            "source_date": literal(self.job.source_date),
            "synthetic": literal(self.job.synthetic),
            "run_id": literal(self.job.run_id, BigInteger()),
        }
        statement = insert_into(session, self.table).from_select(
            list(rows),
            select(*(value.label(name) for name, value in rows.items())).where(
                stage.c.line >= 0, not_(and_(stage.c.kind == OWNER, owned_elsewhere))
            ),
        )
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=["customer_id", "kind", "staff_id"],
                set_={name: statement.excluded[name] for name in self.touched()},
            )
        )

    async def remove(self, session: AsyncSession, handles: Sequence[Handle]) -> None:
        await ownership.lock(session)
        by_relation: dict[tuple[str, str], list[int]] = {}
        for handle in handles:
            customer_id, kind, staff_id = str(handle).split("|", 2)
            by_relation.setdefault((kind, staff_id), []).append(int(customer_id))
        own = self.table.c
        for (kind, staff_id), customers in by_relation.items():
            gone = and_(
                own.kind == kind,
                own.staff_id == staff_id,
                own.source == self.job.source,
                among(session, own.customer_id, customers),
            )
            await keep_images(session, self.table, self.job.run_id, gone)
            await self._end(session, gone, "left_file")

    async def _end(self, session: AsyncSession, condition: Any, reason: str) -> None:
        job = self.job
        await end_coverage(session, condition, reason, run_id=job.run_id, at=job.at)


def _handle(customer_id: int, kind: str, staff_id: str) -> Handle:
    """The owner's row by the customer's number; other relations by their whole key."""
    return customer_id if kind == OWNER else f"{customer_id}|{kind}|{staff_id}"


async def end_coverage(
    session: AsyncSession, condition: Any, reason: str, *, run_id: int, at: datetime
) -> None:
    """Move coverage into the history of what has ended."""
    table: Table = Coverage.__table__  # type: ignore[attr-defined]
    own = table.c
    rows = {
        "customer_id": own.customer_id,
        "kind": own.kind,
        "staff_id": own.staff_id,
        "since": own.since,
        "ended_at": literal(at, own.since.type),
        "reason": literal(reason),
        "source": own.source,
        "run_id": literal(run_id, BigInteger()),
    }
    await session.execute(
        insert(CoverageEnd).from_select(
            list(rows),
            select(*(value.label(name) for name, value in rows.items())).where(condition),
        )
    )
    await session.execute(delete(table).where(condition))
