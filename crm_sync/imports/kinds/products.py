"""Products and the days on which they open."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, ClassVar, Final

import orjson
from sqlalchemy import Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync.imports.errors import ImportCode
from crm_sync.imports.images import keep_images
from crm_sync.imports.job import Job, Objection
from crm_sync.imports.kinds.attributes import attributes_of, free_targets
from crm_sync.imports.layouts import PRODUCTS
from crm_sync.imports.table_landing import TableLanding
from crm_sync.imports.undo import Load, TableUndo
from crm_sync.models import IMAGES, Product, ProductOpenDay
from crm_sync.models.images import IMAGE_RUN
from crm_sync.repository.keys import among
from kit.tabular.rows import Batch

OPEN_DAYS: Final = "open_days"
_JUDGED: Final = ("risk_level", "manager_risk", "benchmark", "benchmark_basis")
_BENCHMARK: Final = re.compile(r"[0-9]{1,2}(\.[0-9]{1,4})?%([-–~至][0-9]{1,2}(\.[0-9]{1,4})?%)?")
DAYS: Final[Table] = ProductOpenDay.__table__  # type: ignore[attr-defined]


class ProductsUndo(TableUndo):
    """The open days of a product come and go with it."""

    async def before(self, session: AsyncSession, load: Load) -> None:
        if OPEN_DAYS not in load.touched:
            return
        own, image = self.table.c, IMAGES[DAYS.name]
        written = select(own.product_code).where(self.written(load))
        await session.execute(delete(DAYS).where(DAYS.c.product_code.in_(written)))
        kept = select(*(image.c[column.name] for column in DAYS.columns)).where(
            image.c[IMAGE_RUN] == load.run_id
        )
        await session.execute(insert(DAYS).from_select(DAYS.c.keys(), kept))


class ProductsLanding(TableLanding):
    """Lands products; the open days of a changed product are replaced as a whole."""

    layout = PRODUCTS
    table: ClassVar[Table] = Product.__table__  # type: ignore[attr-defined]
    undo = ProductsUndo(table)
    key = "product_code"
    plain = (
        "name", "kind", "risk_level", "issuer", "private", "on_sale", "matures_on",
        "manager_risk", "raised_by", "term", "min_amount_fen", "fee", "benchmark",
        "benchmark_basis",
    )  # fmt: skip

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._days: dict[str, tuple[tuple[date, date], ...]] = {}

    async def judge(self, session: AsyncSession, batch: Batch) -> dict[int, Objection]:
        found: dict[int, Objection] = {}
        for place, row in enumerate(_rows(batch, _JUDGED)):
            risk, managers, benchmark, basis = row
            if managers is not None and (risk is None or risk < managers):
                found[place] = Objection(
                    ImportCode.RISK_BELOW_MANAGER,
                    "risk_level",
                    f"本行评级 {f'R{risk}' if risk else '没有写'}，低于管理人评级 R{managers}；"
                    "销售机构的评级不得低于管理人的评级",
                )
            elif benchmark and not basis:
                found[place] = Objection(
                    ImportCode.BENCHMARK_WITHOUT_BASIS,
                    "benchmark_basis",
                    f"写了业绩比较基准 {benchmark}，没有写测算依据；两样要一起给",
                )
            elif benchmark and not _BENCHMARK.fullmatch(benchmark):
                found[place] = Objection(
                    ImportCode.BENCHMARK_UNREADABLE,
                    "benchmark",
                    f"“{benchmark}”不是 2.50% 或 2.20%-2.70% 这样的写法",
                )
        return found

    def made(self) -> list[str]:
        return ["attributes"] if free_targets(self.job.targets) else []

    def make(self, name: str, batch: Batch) -> Sequence[Any]:
        return [orjson.dumps(one).decode() for one in attributes_of(batch)]

    def values(self, batch: Batch) -> list[Sequence[Any]]:
        for key, days in zip(batch.keys, batch.columns.get("open_days", ()), strict=False):
            self._days[key] = days or ()
        return super().values(batch)

    def touched(self) -> list[str]:
        return [*super().touched(), *([OPEN_DAYS] if self.job.provides(OPEN_DAYS) else [])]

    async def take(self, session: AsyncSession, stage: Table) -> None:
        await super().take(session, stage)
        if not self._days:
            return
        changed = among(session, DAYS.c.product_code, list(self._days))
        await keep_images(session, DAYS, self.job.run_id, changed)
        await session.execute(delete(DAYS).where(changed))
        rows = [
            {"product_code": key, "opens_on": first, "closes_on": last}
            for key, days in self._days.items()
            for first, last in {first: (first, last) for first, last in days}.values()
        ]
        if rows:
            await session.execute(insert(ProductOpenDay), rows)


def _rows(batch: Batch, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """The values of ``names`` a row; None where the file does not speak of one."""
    given = [batch.columns.get(name) or [None] * len(batch.keys) for name in names]
    return zip(*given, strict=True)
