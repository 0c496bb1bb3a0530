"""Customers: names and phones sealed, look-ups hashed, other files' columns supplemented."""

from collections.abc import Sequence
from typing import Any, ClassVar

import orjson
from sqlalchemy import Table, Text, cast, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync.erasure import CUSTOMER as ERASED
from crm_sync.erasure import erased_hash, erased_numbers
from crm_sync.imports.errors import ImportCode
from crm_sync.imports.job import Existing, Job, Objection
from crm_sync.imports.kinds.attributes import PREFIX, Gathered, attributes_of, free_targets
from crm_sync.imports.landing import DIGEST, FOUND
from crm_sync.imports.layouts import CUSTOMERS
from crm_sync.imports.references import live_units, unknown_customer, unknown_units
from crm_sync.imports.table_landing import TableLanding
from crm_sync.models import Customer
from crm_sync.repository.keys import among
from kit.tabular.rows import Batch


class CustomersLanding(TableLanding):
    """Lands customers, or supplements those of another source with further columns."""

    layout = CUSTOMERS
    table: ClassVar[Table] = Customer.__table__  # type: ignore[attr-defined]
    key = "customer_no"
    number = "id"
    plain = (
        "gender", "born_on", "unit_id", "account_unit_id", "risk_level", "risk_assessed_on",
        "fund_risk_level", "fund_risk_assessed_on", "fund_risk_until", "fund_risk_lowest",
        "fund_risk_by", "professional_until", "tier", "aum_fen", "aum_average_fen", "occupation", "opened_on",
    )  # fmt: skip

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._units: frozenset[str] = frozenset()
        self._erased: frozenset[str] = frozenset()
        self._held: dict[str, dict[str, str]] = {}
        self._gathered = Gathered()

    async def begin(self, session: AsyncSession) -> None:
        await super().begin(session)
        self._units = await live_units(session)
        self._erased = await erased_numbers(session)

    def made(self) -> list[str]:
        made = [name for name in ("name", "phone") if self.job.provides(name)]
        made += ["phone_hash"] if self.job.provides("phone") else []
        made += ["unionid_hash"] if self.job.provides("unionid") else []
        made += ["birthday"] if self.job.provides("born_on") else []
        made += ["attributes"] if free_targets(self.job.targets) else []
        return made + (["supplements"] if self.job.supplement else [])

    async def known(self, session: AsyncSession, keys: Sequence[str]) -> dict[str, Existing]:
        if not self.job.supplement:
            return await super().known(session, keys)
        own = self.table.c
        found = await session.execute(
            select(own.customer_no, own.id, own.supplements, own.attributes).where(
                among(session, own.customer_no, keys), own.removed_at.is_(None)
            )
        )
        return {
            key: Existing(
                number,
                supplements.get(self.job.source, {}).get("digest", ""),
                False,
                (supplements, attributes),
            )
            for key, number, supplements, attributes in found
        }

    async def judge(self, session: AsyncSession, batch: Batch) -> dict[int, Objection]:
        self._held = await self._supplemented(session, batch)
        found = unknown_units(batch.columns, ["unit_id", "account_unit_id"], self._units)
        return found | self._forgotten(batch) if self._erased else found

    def _forgotten(self, batch: Batch) -> dict[int, Objection]:
        """Rows of people who had their data erased: no file brings them back."""
        cipher = self.job.cipher
        return {
            place: Objection(ImportCode.ERASED, "customer_no", "客户已要求删除个人信息，不再导入")
            for place, key in enumerate(batch.keys)
            if erased_hash(cipher, ERASED, key) in self._erased
        }

    async def _supplemented(self, session: AsyncSession, batch: Batch) -> dict[str, dict[str, str]]:
        """Free columns of changed rows that other files have filled: this one keeps them."""
        changed = [
            key
            for key, row in zip(batch.keys, batch.columns[FOUND], strict=True)
            if row is not None
        ]
        if self.job.supplement or not changed or not free_targets(self.job.targets):
            return {}
        own = self.table.c
        found = await session.execute(
            select(own.customer_no, own.supplements, own.attributes).where(
                among(session, own.customer_no, changed), cast(own.supplements, Text) != "{}"
            )
        )
        held = {}
        for key, supplements, attributes in found:
            filled = {name for one in supplements.values() for name in one["columns"]}
            held[key] = {
                name: value for name, value in attributes.items() if PREFIX + name in filled
            }
        return held

    def refuse_new(self, key: str) -> Objection | None:
        return unknown_customer(key) if self.job.supplement else None

    def make(self, name: str, batch: Batch) -> Sequence[Any]:
        cipher = self.job.cipher
        match name:
            case "name" | "phone":
                return cipher.seal_all(f"customer.{name}", batch.keys, batch.columns[name])
            case "phone_hash" | "unionid_hash":
                purpose = name.removesuffix("_hash")
                return cipher.blind_all(purpose, batch.columns[purpose])
            case "birthday":
                return [
                    None if day is None else day.month * 100 + day.day
                    for day in batch.columns["born_on"]
                ]
            case "attributes":
                return self._attributes(batch)
            case _:
                return self._supplements(batch)

    def _attributes(self, batch: Batch) -> list[str]:
        if not self.job.supplement and not self._held:
            return self._gathered.texts(batch)
        if not self.job.supplement:
            return [
                orjson.dumps({**self._held.get(key, {}), **given}).decode()
                for key, given in zip(batch.keys, attributes_of(batch), strict=True)
            ]
        before = [row.extra[1] if row and row.extra else {} for row in batch.columns[FOUND]]
        return [
            orjson.dumps({**held, **given}).decode()
            for held, given in zip(before, attributes_of(batch), strict=True)
        ]

    def _supplements(self, batch: Batch) -> list[str]:
        job = self.job
        columns = sorted(target for target in job.targets if target != self.key)
        return [
            orjson.dumps(
                {
                    **(row.extra[0] if row else {}),
                    job.source: {
                        "digest": digest,
                        "source_date": job.source_date,
                        "synthetic": job.synthetic,
                        "run": job.run_id,
                        "columns": columns,
                    },
                }
            ).decode()
            for row, digest in zip(batch.columns[FOUND], batch.columns[DIGEST], strict=True)
        ]

    def touched(self) -> list[str]:
        if not self.job.supplement:
            return super().touched()
        return [name for name in self._names if name != "digest"]

    async def take(self, session: AsyncSession, stage: Table) -> None:
        if not self.job.supplement:
            await super().take(session, stage)
            return
        own = self.table.c
        changes = {name: self._taken(session, stage.c[name], own[name]) for name in self.touched()}
        await session.execute(
            update(self.table)
            .where(own.customer_no == stage.c.row_key)
            .values({**changes, "changed_at": self.job.at})
        )
