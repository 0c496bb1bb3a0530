"""Holdings: each belongs to a customer who is already there."""

from collections.abc import Sequence
from typing import Any, ClassVar

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync.imports.job import Objection
from crm_sync.imports.layouts import HOLDINGS
from crm_sync.imports.references import owners_of, unknown_customer
from crm_sync.imports.table_landing import TableLanding
from crm_sync.models import Holding
from kit.tabular.rows import Batch


class HoldingsLanding(TableLanding):
    """Lands holdings by their number."""

    layout = HOLDINGS
    table: ClassVar[Table] = Holding.__table__  # type: ignore[attr-defined]
    key = "holding_no"
    number = "id"
    plain: ClassVar[tuple[str, ...]] = (
        "kind", "product_code", "product_name", "amount_fen", "opened_on", "matures_on",
        "due_day", "instalment_fen", "risk_level",
    )  # fmt: skip

    def made(self) -> list[str]:
        return ["customer_id"]

    async def judge(self, session: AsyncSession, batch: Batch) -> dict[int, Objection]:
        numbers = batch.columns["customer_no"]
        owners = await owners_of(session, numbers)
        batch.columns["customer_id"] = owners
        if None not in owners:
            return {}
        return {
            place: unknown_customer(numbers[place])
            for place, owner in enumerate(owners)
            if owner is None
        }

    def make(self, name: str, batch: Batch) -> Sequence[Any]:
        return batch.columns[name]
