"""Touches over other channels, handed to whoever owns the touch log."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Boolean, Column, String, Table, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync.imports.errors import ImportCode, NobodyLands
from crm_sync.imports.job import Existing, Job, Objection
from crm_sync.imports.landing import Landing
from crm_sync.imports.layouts import TOUCHES
from crm_sync.imports.references import customer_ids, live_staff, unknown_customer
from crm_sync.models import Coverage
from kit.tabular.rows import Batch

PAGE = 5_000
_TEXTS = ("staff_id", "channel", "purpose", "act", "outcome")


class TouchesLanding(Landing):
    """Hands touches on, page by page, in the import's transaction.

    A touch is a fact of a moment: no file removes one. One that was wrong is marked void by a
    row with its number. Which are new is answered by the owner (``fresh``).
    """

    layout = TOUCHES
    whole: ClassVar[bool] = False

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        if job.land_touches is None:
            raise NobodyLands("导入触达记录时没有接上发送模块", do="用 gengyun import touches 导入")
        self._land = job.land_touches
        self._staff: frozenset[str] = frozenset()

    @property
    def columns(self) -> Sequence[Column[Any]]:
        moment = Coverage.__table__.c.since.type  # type: ignore[attr-defined]
        return [
            Column("touch_no", String()),
            Column("customer_id", BigInteger()),
            *(Column(name, String()) for name in _TEXTS),
            Column("at", moment),
            Column("void", Boolean()),
        ]

    async def begin(self, session: AsyncSession) -> None:
        self._staff = await live_staff(session)

    def digests(self, batch: Batch) -> list[str]:
        return [""] * len(batch)

    async def existing(self, session: AsyncSession, batch: Batch) -> Mapping[str, Existing]:
        return {}

    async def judge(self, session: AsyncSession, batch: Batch) -> dict[int, Objection]:
        numbers = batch.columns["customer_no"]
        known = await customer_ids(session, set(numbers))
        batch.columns["customer_id"] = [known.get(number) for number in numbers]
        found = {
            place: unknown_customer(number)
            for place, number in enumerate(numbers)
            if number not in known
        }
        for place, staff_id in enumerate(batch.columns.get("staff_id") or ()):
            if staff_id is not None and staff_id not in self._staff:
                said = f"员工 {staff_id} 不在员工表里（或已移除）；先导入员工文件"
                found.setdefault(place, Objection(ImportCode.STAFF_UNKNOWN, "staff_id", said))
        return found

    def values(self, batch: Batch) -> list[Sequence[Any]]:
        nothing = [None] * len(batch)
        given = {name: batch.columns.get(name) or nothing for name in (*_TEXTS, "void")}
        plain = {name: [value or "" for value in given[name]] for name in _TEXTS}
        plain["purpose"] = [value or "service" for value in plain["purpose"]]
        void = {"void": [bool(value) for value in given["void"]]}
        ready: dict[str, Sequence[Any]] = {**batch.columns, **plain, **void}
        return [ready[column.name] for column in self.columns]

    async def take(self, session: AsyncSession, stage: Table) -> None:
        self.fresh, last = 0, ""
        own = stage.c
        columns = [own[column.name] for column in self.columns]
        while True:
            query = select(own.row_key, *columns).where(own.row_key > last)
            page = (await session.execute(query.order_by(own.row_key).limit(PAGE))).all()
            if page:
                rows = [(row[1], row[2], *row[3:8], row[8], bool(row[9])) for row in page]
                self.fresh += await self._land(session, rows, self.job.at, self.job.by)
                last = page[-1][0]
            if len(page) < PAGE:
                return
