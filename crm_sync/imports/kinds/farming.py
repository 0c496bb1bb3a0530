"""Farming records (种养殖): what a customer grows or keeps, with the day its season begins."""

from collections.abc import Sequence
from typing import Any, ClassVar

from sqlalchemy import Table

from crm_sync.imports.kinds.holdings import HoldingsLanding
from crm_sync.imports.reported_layouts import FARMING
from crm_sync.models import FarmRecord
from crm_sync.rules.farming import season_of
from kit.tabular.rows import Batch

_SEASON_FROM = ("sow_month", "market_month", "cycle_days")


class FarmingLanding(HoldingsLanding):
    """Lands farming records by their number; what the whole file no longer has is removed."""

    layout = FARMING
    table: ClassVar[Table] = FarmRecord.__table__  # type: ignore[attr-defined]
    key = "farm_no"
    plain: ClassVar[tuple[str, ...]] = (
        "kind", "item", "area_centimu", "heads", "sow_month", "market_month", "cycle_days",
        "output", "channel", "noted_on",
    )  # fmt: skip

    def made(self) -> list[str]:
        named = any(self.job.provides(name) for name in _SEASON_FROM)
        return [*super().made(), *(["season"] if named else [])]

    def make(self, name: str, batch: Batch) -> Sequence[Any]:
        if name != "season":
            return super().make(name, batch)
        given = [batch.columns.get(one) or [None] * len(batch) for one in _SEASON_FROM]
        return [season_of(*row) for row in zip(*given, strict=True)]
