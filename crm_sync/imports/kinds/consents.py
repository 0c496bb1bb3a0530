"""Consents: decisions of customers, handed to whoever owns them."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, Boolean, Column, String, Table, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync.imports.errors import NobodyLands
from crm_sync.imports.job import Existing, Job, Objection
from crm_sync.imports.landing import Landing
from crm_sync.imports.layouts import CONSENTS
from crm_sync.imports.references import customer_ids, unknown_customer
from crm_sync.models import Coverage
from kit.tabular.rows import Batch

PAGE: Final = 5_000


class ConsentsLanding(Landing):
    """Hands decisions on, page by page, in the import's transaction.

    Every decision is kept with its moment, so a file never removes one; which are new is
    answered by the owner (``fresh``).
    """

    layout = CONSENTS
    whole: ClassVar[bool] = False

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        if job.land_consents is None:
            raise NobodyLands(
                "导入客户同意时没有接上合规模块", do="用 gengyun import consents 导入"
            )
        self._land = job.land_consents

    @property
    def columns(self) -> Sequence[Column[Any]]:
        moment = Coverage.__table__.c.since.type  # type: ignore[attr-defined]
        return [
            Column("customer_id", BigInteger()),
            Column("purpose", String()),
            Column("given", Boolean()),
            Column("source", String()),
            Column("at", moment),
            Column("notice", String()),
        ]

    def digests(self, batch: Batch) -> list[str]:
        return [""] * len(batch)

    async def existing(self, session: AsyncSession, batch: Batch) -> Mapping[str, Existing]:
        return {}

    async def judge(self, session: AsyncSession, batch: Batch) -> dict[int, Objection]:
        numbers = batch.columns["customer_no"]
        known = await customer_ids(session, set(numbers))
        batch.columns["customer_id"] = [known.get(number) for number in numbers]
        return {
            place: unknown_customer(number)
            for place, number in enumerate(numbers)
            if number not in known
        }

    def values(self, batch: Batch) -> list[Sequence[Any]]:
        notices = batch.columns.get("notice") or [None] * len(batch)
        given = {**batch.columns, "notice": [notice or "" for notice in notices]}
        return [given[column.name] for column in self.columns]

    async def take(self, session: AsyncSession, stage: Table) -> None:
        self.fresh, last = 0, ""
        while True:
            page = (
                await session.execute(
                    select(
                        stage.c.row_key,
                        stage.c.customer_id,
                        stage.c.purpose,
                        stage.c.given,
                        stage.c.source,
                        stage.c.at,
                        stage.c.notice,
                    )
                    .where(stage.c.row_key > last)
                    .order_by(stage.c.row_key)
                    .limit(PAGE)
                )
            ).all()
            if page:
                self.fresh += await self._land(
                    session, [(row[1], row[2], row[3], row[4], row[5], row[6]) for row in page],
                    self.job.at, self.job.by,
                )  # fmt: skip
                last = page[-1][0]
            if len(page) < PAGE:
                return
