"""Traces of interests (行为线索) that bank systems saw: a click, a visit, what a customer told."""

from collections.abc import Sequence
from typing import Any, ClassVar

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncSession

from config import persona_policy
from crm_sync.imports.errors import ImportCode
from crm_sync.imports.job import Job, Objection
from crm_sync.imports.kinds.holdings import HoldingsLanding
from crm_sync.imports.reported_layouts import SIGNALS
from crm_sync.models import BehaviourSignal
from kit.tabular.rows import Batch


class SignalsLanding(HoldingsLanding):
    """Lands traces by their number; they fade by themselves, so an earlier file's stay.

    An interest that no tag may name is not taken: by the words shipped with the code, because no
    bank may take one of those away.
    """

    layout = SIGNALS
    whole = False
    table: ClassVar[Table] = BehaviourSignal.__table__  # type: ignore[attr-defined]
    key = "signal_no"
    plain: ClassVar[tuple[str, ...]] = ("interest", "origin", "at", "ref", "says", "consented")

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._policy = persona_policy.load()

    def _always(self) -> dict[str, Any]:
        return {**super()._always(), "noted_at": self.job.at}

    async def judge(self, session: AsyncSession, batch: Batch) -> dict[int, Objection]:
        found = await super().judge(session, batch)
        families: dict[str, str | None] = {}
        for column in ("interest", "says"):
            told: Sequence[str | None] = batch.columns.get(column) or ()
            for place, text in enumerate(told):
                if not text or place in found:
                    continue
                if text not in families:
                    families[text] = self._policy.forbidden_family(text)
                family = families[text]
                if family is not None:
                    found[place] = Objection(
                        ImportCode.FORBIDDEN_WORD, column, f"属于禁止打标的“{family}”，不收"
                    )
        return found
