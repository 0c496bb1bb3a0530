"""Complaints of the bank's own system, handed to whoever owns the cases."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, Column, Date, LargeBinary, String, Table, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync.imports.errors import ImportCode, NobodyLands
from crm_sync.imports.job import ComplaintRow, Existing, Job, Objection
from crm_sync.imports.landing import Landing
from crm_sync.imports.references import customer_ids, unknown_customer
from crm_sync.imports.reported_layouts import COMPLAINTS
from crm_sync.models import Coverage
from kit.tabular.rows import Batch

PAGE: Final = 5_000
_TAKEN: Final = "这个投诉号已经是另一位客户、或没有对上客户的投诉；核对投诉号与客户号"
_RESULTS: Final = {"answered": "complaint_case.answer", "closed": "complaint_case.closing"}


class ComplaintsLanding(Landing):
    """Hands cases on, page by page, in the import's transaction.

    A case only moves on (opened, in hand, answered, closed), so a file never removes one and an
    older file changes nothing; which are new or moved is answered by the owner (``fresh``).
    """

    layout = COMPLAINTS
    whole: ClassVar[bool] = False

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        if job.land_complaints is None:
            raise NobodyLands("导入投诉时没有接上合规模块", do="用 gengyun import complaints 导入")
        self._land = job.land_complaints

    @property
    def columns(self) -> Sequence[Column[Any]]:
        moment = Coverage.__table__.c.since.type  # type: ignore[attr-defined]
        return [
            Column("complaint_no", String()),
            Column("customer_id", BigInteger()),
            Column("about", String()),
            Column("words", LargeBinary()),
            Column("words_hash", String()),
            Column("opened_at", moment),
            Column("due_on", Date()),
            Column("state", String()),
            Column("result", LargeBinary()),
        ]

    def digests(self, batch: Batch) -> list[str]:
        return [""] * len(batch)

    async def existing(self, session: AsyncSession, batch: Batch) -> Mapping[str, Existing]:
        return {}

    async def judge(self, session: AsyncSession, batch: Batch) -> dict[int, Objection]:
        numbers = batch.columns["customer_no"]
        known = await customer_ids(session, set(numbers))
        batch.columns["customer_id"] = [known.get(number) for number in numbers]
        cases = batch.columns["complaint_no"]
        theirs = {
            case: known[number]
            for case, number in zip(cases, numbers, strict=True)
            if number in known
        }
        others = await self._land.of_others(session, theirs)
        objections = {}
        for place, (case, number) in enumerate(zip(cases, numbers, strict=True)):
            if number not in known:
                objections[place] = unknown_customer(number)
            elif case in others:
                objections[place] = Objection(ImportCode.CASE_OF_ANOTHER, "complaint_no", _TAKEN)
        return objections

    def values(self, batch: Batch) -> list[Sequence[Any]]:
        nothing = [None] * len(batch)
        numbers, states = batch.columns["complaint_no"], batch.columns["state"]
        said = batch.columns.get("words") or nothing
        told = batch.columns.get("result") or nothing
        cipher = self.job.cipher
        people = zip(batch.columns["customer_id"], batch.columns["about"], said, strict=True)
        given: dict[str, Sequence[Any]] = {
            **batch.columns,
            "due_on": batch.columns.get("due_on") or nothing,
            "words": [
                cipher.seal("complaint_case.words", number, words) if words else None
                for number, words in zip(numbers, said, strict=True)
            ],
            "words_hash": [
                cipher.blind("complaint", f"customer:{who}|{about}|{words or ''}")
                for who, about, words in people
            ],
            "result": [
                cipher.seal(_RESULTS[state], number, words) if words and state in _RESULTS else None
                for number, state, words in zip(numbers, states, told, strict=True)
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
                rows = [ComplaintRow(*row[1:]) for row in page]
                self.fresh += await self._land(session, rows, self.job.at, self.job.by)
                last = page[-1][0]
            if len(page) < PAGE:
                return
