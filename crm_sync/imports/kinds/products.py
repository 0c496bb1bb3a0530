"""Products and the days on which they open."""

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

import orjson
from sqlalchemy import Table, delete, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.imports.job import Job
from crm_sync.imports.kinds.attributes import attributes_of, free_targets
from crm_sync.imports.layouts import PRODUCTS
from crm_sync.imports.table_landing import TableLanding
from crm_sync.models import Product, ProductOpenDay
from crm_sync.repository.keys import among
from kit.tabular.rows import Batch


class ProductsLanding(TableLanding):
    """Lands products; the open days of a changed product are replaced as a whole."""

    layout = PRODUCTS
    table: ClassVar[Table] = Product.__table__  # type: ignore[attr-defined]
    key = "product_code"
    plain = ("name", "kind", "risk_level", "issuer", "private", "on_sale", "matures_on")

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._days: dict[str, tuple[tuple[date, date], ...]] = {}

    def made(self) -> list[str]:
        return ["attributes"] if free_targets(self.job.targets) else []

    def make(self, name: str, batch: Batch) -> Sequence[Any]:
        return [orjson.dumps(one).decode() for one in attributes_of(batch)]

    def values(self, batch: Batch) -> list[Sequence[Any]]:
        for key, days in zip(batch.keys, batch.columns.get("open_days", ()), strict=False):
            self._days[key] = days or ()
        return super().values(batch)

    async def take(self, session: AsyncSession, stage: Table) -> None:
        await super().take(session, stage)
        if not self._days:
            return
        await session.execute(
            delete(ProductOpenDay).where(
                among(session, col(ProductOpenDay.product_code), list(self._days))
            )
        )
        rows = [
            {"product_code": key, "opens_on": first, "closes_on": last}
            for key, days in self._days.items()
            for first, last in {first: (first, last) for first, last in days}.values()
        ]
        if rows:
            await session.execute(insert(ProductOpenDay), rows)
