"""Snapshots and events: facts of a day, kept beside those of other days."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import ClassVar

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync.imports.job import Existing, Handle, Objection
from crm_sync.imports.kinds.holdings import HoldingsLanding
from crm_sync.imports.layouts import EVENTS, SNAPSHOTS
from crm_sync.imports.references import customer_ids, unknown_customer
from crm_sync.models import CustomerEvent, CustomerSnapshot
from crm_sync.repository.keys import among
from kit.tabular.rows import Batch


class EventsLanding(HoldingsLanding):
    """Lands dated facts by their number; what an earlier file brought stays."""

    layout = EVENTS
    whole = False
    table: ClassVar[Table] = CustomerEvent.__table__  # type: ignore[attr-defined]
    key = "event_no"
    plain = ("kind", "on", "amount_fen", "note")


class SnapshotsLanding(HoldingsLanding):
    """Lands what customers held on a day, by customer and day."""

    layout = SNAPSHOTS
    whole = False
    table: ClassVar[Table] = CustomerSnapshot.__table__  # type: ignore[attr-defined]
    key = "customer_id"
    natural = False
    unique: ClassVar[tuple[str, ...]] = ("customer_id", "on")
    plain: ClassVar[tuple[str, ...]] = ("on", "aum_fen", "deposit_fen", "wealth_fen", "fund_fen")

    async def existing(self, session: AsyncSession, batch: Batch) -> Mapping[str, Existing]:
        numbers, days = batch.columns["customer_no"], batch.columns["on"]
        known = await customer_ids(session, set(numbers))
        owners = [known.get(number) for number in numbers]
        batch.columns["customer_id"] = owners
        own = self.table.c
        found = await session.execute(
            select(own.customer_id, own.on, own.id, own.digest).where(
                among(session, own.customer_id, {owner for owner in owners if owner is not None}),
                own.on.between(min(days), max(days)),
            )
        )
        present: dict[tuple[int, date], Existing] = {
            (owner, day): Existing(number, digest, False) for owner, day, number, digest in found
        }
        return {
            key: present[owner, day]
            for key, owner, day in zip(batch.keys, owners, days, strict=True)
            if owner is not None and (owner, day) in present
        }

    async def judge(self, session: AsyncSession, batch: Batch) -> dict[int, Objection]:
        return {
            place: unknown_customer(batch.columns["customer_no"][place])
            for place, owner in enumerate(batch.columns["customer_id"])
            if owner is None
        }

    async def mentioned(self, session: AsyncSession, keys: Sequence[str]) -> Iterable[Handle]:
        return ()
