"""Certificates of staff as the bank's register has them: number, issuer, the last good day."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from sqlalchemy import Column, Date, String, Table, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.imports.errors import ImportCode
from crm_sync.imports.job import Existing, Job, Objection
from crm_sync.imports.landing import Landing
from crm_sync.imports.references import live_staff
from crm_sync.imports.reported_layouts import CERTIFICATES
from crm_sync.models import StaffCertificate
from crm_sync.repository.keys import among
from crm_sync.repository.staff import staff_by_id
from crm_sync.rules.licences import licence_of
from kit.db import upsert
from kit.ledger import Entry, append
from kit.tabular.rows import Batch

PAGE: Final = 5_000
_TEXTS: Final = ("issuer", "licence")
_KEY: Final = ("staff_id", "kind", "number")
_OPINION: Final = "按资格登记系统的文件核实"


class CertificatesLanding(Landing):
    """Lands certificates as verified by their source; one that is over stays, and is over.

    A file removes none, because what was held is part of the record. The same certificate again
    takes what the later file says of it, and no more than that; one that a person entered by hand
    is verified by it, one that a person refused stays refused until it is entered again.
    """

    layout = CERTIFICATES
    whole: ClassVar[bool] = False
    _staff: frozenset[str] = frozenset()

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.refused: list[str] = []
        """Whose certificates a person refused, one entry for each that the file brought again."""

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
        fresh: list[dict[str, Any]] = []
        last = ""
        columns = [stage.c[column.name] for column in self.columns]
        while True:
            query = select(stage.c.row_key, *columns).where(stage.c.row_key > last)
            page = (await session.execute(query.order_by(stage.c.row_key).limit(PAGE))).all()
            if page:
                fresh += await self._land(session, [row[1:] for row in page])
                last = page[-1][0]
            if len(page) < PAGE:
                break
        self.fresh = len(fresh)
        await self._record(session, fresh)

    async def _land(
        self, session: AsyncSession, rows: Sequence[Sequence[Any]]
    ) -> list[dict[str, Any]]:
        """Write what is new or says something else; returns it."""
        names = [column.name for column in self.columns]
        said = [name for name in names if name in _KEY or self.job.provides(name)]
        held, refused = await self._known(session, {row[0] for row in rows}, said)
        who = f"source:{self.job.source}"
        fresh = []
        for row in rows:
            given = dict(zip(names, row, strict=True))
            if tuple(row[: len(_KEY)]) in refused:
                self.refused.append(given["staff_id"])
            elif tuple(given[name] for name in said) not in held:
                fresh.append(
                    {
                        **given,
                        "entered_by": who,
                        "entered_at": self.job.at,
                        "decided_by": who,
                        "decided_at": self.job.at,
                        "verified": True,
                        "opinion": _OPINION,
                    }
                )
        if fresh:
            kept = {*_KEY, *(name for name in names if name not in said)}
            changing = [name for name in fresh[0] if name not in kept]
            await upsert(session, StaffCertificate, fresh, key=list(_KEY), update=changing)
        return fresh

    async def _known(
        self, session: AsyncSession, staff_ids: set[str], said: Sequence[str]
    ) -> tuple[set[tuple[Any, ...]], set[tuple[Any, ...]]]:
        """What is verified, as far as the file speaks of it, and the keys that a person refused.

        Locked, because a person may be deciding at this moment.
        """
        query = (
            select(
                *(col(getattr(StaffCertificate, name)) for name in said),
                col(StaffCertificate.verified),
                col(StaffCertificate.decided_by),
            )
            .where(among(session, col(StaffCertificate.staff_id), staff_ids))
            .order_by(col(StaffCertificate.id))
            .with_for_update()
        )
        held, refused = set(), set()
        for *values, verified, decided_by in await session.execute(query):
            if verified:
                held.add(tuple(values))
            elif decided_by is not None:
                refused.add(tuple(values[: len(_KEY)]))
        return held, refused

    async def _record(self, session: AsyncSession, fresh: Sequence[Mapping[str, Any]]) -> None:
        """One entry for each certificate that is verified from now on, as when a person does it."""
        people = await staff_by_id(session, {row["staff_id"] for row in fresh})
        entries = [
            Entry(
                kind="content",
                act="certificate.verified",
                actor=self.job.by,
                object=f"staff:{row['staff_id']}",
                unit=people[row["staff_id"]].unit_id if row["staff_id"] in people else "hq",
                reason=_OPINION,
                payload={
                    "source": self.job.source,
                    "run": self.job.run_id,
                    "kind": row["kind"],
                    "number": row["number"],
                    "valid_until": row["valid_until"],
                },
            )
            for row in fresh
        ]
        await append(session, entries, at=self.job.at)
