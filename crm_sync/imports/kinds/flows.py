"""Flows of money: a row a customer, month and kind, kept beside those of other months."""

from collections.abc import Mapping
from datetime import date
from typing import ClassVar

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync.imports.job import Existing
from crm_sync.imports.kinds.timeline import SnapshotsLanding
from crm_sync.imports.layouts import FLOWS
from crm_sync.imports.references import customer_ids
from crm_sync.models import CustomerFlow
from crm_sync.repository.keys import among
from kit.tabular.rows import Batch


class FlowsLanding(SnapshotsLanding):
    """Lands flows by customer, month and kind; any day of a month stands for the month."""

    layout = FLOWS
    table: ClassVar[Table] = CustomerFlow.__table__  # type: ignore[attr-defined]
    unique = ("customer_id", "month", "kind")
    plain = ("month", "kind", "amount_fen", "count")

    def rekey(self, batch: Batch) -> None:
        months = [day.replace(day=1) for day in batch.columns["month"]]
        batch.columns["month"] = months
        numbers, kinds = batch.columns["customer_no"], batch.columns["kind"]
        batch.keys = [
            f"{number}|{month}|{kind}"
            for number, month, kind in zip(numbers, months, kinds, strict=True)
        ]

    async def existing(self, session: AsyncSession, batch: Batch) -> Mapping[str, Existing]:
        numbers, months = batch.columns["customer_no"], batch.columns["month"]
        known = await customer_ids(session, set(numbers))
        owners = [known.get(number) for number in numbers]
        batch.columns["customer_id"] = owners
        own = self.table.c
        found = await session.execute(
            select(own.customer_id, own.month, own.kind, own.id, own.digest).where(
                among(session, own.customer_id, {owner for owner in owners if owner is not None}),
                own.month.between(min(months), max(months)),
            )
        )
        present: dict[tuple[int, date, str], Existing] = {
            (owner, month, kind): Existing(number, digest, False)
            for owner, month, kind, number, digest in found
        }
        rows = zip(batch.keys, owners, months, batch.columns["kind"], strict=True)
        return {
            key: present[owner, month, kind]
            for key, owner, month, kind in rows
            if owner is not None and (owner, month, kind) in present
        }
