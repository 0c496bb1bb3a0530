"""Certificates of staff as the bank's register has them: number, issuer, the last good day."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from sqlalchemy import Column, Date, String, Table, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.imports.errors import ImportCode
from crm_sync.imports.job import Existing, Objection
from crm_sync.imports.landing import Landing
from crm_sync.imports.references import live_staff
from crm_sync.imports.reported_layouts import CERTIFICATES
from crm_sync.models import StaffCertificate
from crm_sync.repository.keys import among
from crm_sync.rules.licences import licence_of
from kit.db import upsert
from kit.tabular.rows import Batch

PAGE: Final = 5_000
_TEXTS: Final = ("issuer", "licence")
_KEY: Final = ("staff_id", "kind", "number")


class CertificatesLanding(Landing):
    """Lands certificates as verified by their source; one that is over stays, and is over.

    A file removes none, because what was held is part of the record. The same certificate again
    takes the later file's last day; one that a person entered by hand is verified by it.
    """

    layout = CERTIFICATES
    whole: ClassVar[bool] = False
    _staff: frozenset[str] = frozenset()

    @property
    def columns(self) -> Sequence[Column[Any]]:
        return [
            *(Column(name, String()) for name in (*_KEY, *_TEXTS)),
            Column("valid_until", Date()),
        ]

    async def begin(self, session: AsyncSession) -> None:
        self._staff = await live_staff(session)

    def digests(self, batch: Batch) -> list[str]:
        return [""] * len(batch)

    async def existing(self, session: AsyncSession, batch: Batch) -> Mapping[str, Existing]:
        return {}

    async def judge(self, session: AsyncSession, batch: Batch) -> dict[int, Objection]:
        said = "员工 {} 不在员工表里（或已移除）；先导入员工文件"
        return {
            place: Objection(ImportCode.STAFF_UNKNOWN, "staff_id", said.format(staff_id))
            for place, staff_id in enumerate(batch.columns["staff_id"])
            if staff_id not in self._staff
        }

    def values(self, batch: Batch) -> list[Sequence[Any]]:
        nothing = [None] * len(batch)
        given: dict[str, Sequence[Any]] = {
            **batch.columns,
            "issuer": [value or "" for value in batch.columns.get("issuer") or nothing],
            "licence": [
                value or licence_of(kind)
                for value, kind in zip(
                    batch.columns.get("licence") or nothing, batch.columns["kind"], strict=True
                )
            ],
        }
        return [given[column.name] for column in self.columns]

    async def take(self, session: AsyncSession, stage: Table) -> None:
        self.fresh, last = 0, ""
        columns = [stage.c[column.name] for column in self.columns]
        while True:
            query = select(stage.c.row_key, *columns).where(stage.c.row_key > last)
            page = (await session.execute(query.order_by(stage.c.row_key).limit(PAGE))).all()
            if page:
                self.fresh += await self._land(session, [row[1:] for row in page])
                last = page[-1][0]
            if len(page) < PAGE:
                return

    async def _land(self, session: AsyncSession, rows: Sequence[Sequence[Any]]) -> int:
        """Write what is new or says something else; returns how many."""
        names = [column.name for column in self.columns]
        known = await session.execute(
            select(*(col(getattr(StaffCertificate, name)) for name in names)).where(
                among(session, col(StaffCertificate.staff_id), {row[0] for row in rows}),
                col(StaffCertificate.verified).is_(True),
            )
        )
        before = {tuple(row) for row in known}
        who = f"source:{self.job.source}"
        fresh = [
            {
                **dict(zip(names, row, strict=True)),
                "entered_by": who,
                "entered_at": self.job.at,
                "decided_by": who,
                "decided_at": self.job.at,
                "verified": True,
                "opinion": "按资格登记系统的文件核实",
            }
            for row in rows
            if tuple(row) not in before
        ]
        if fresh:
            changing = [name for name in fresh[0] if name not in _KEY]
            await upsert(session, StaffCertificate, fresh, key=list(_KEY), update=changing)
        return len(fresh)
