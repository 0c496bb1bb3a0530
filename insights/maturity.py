"""How far a bank has come (四阶段自评): measures from data against the thresholds of a policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from config.adds_policy import AddsPolicy
from config.maturity_policy import Criterion, MaturityPolicy, Stage
from crm_sync.repository import foundations
from crm_sync.repository.foundations import Part
from crm_sync.valid_adds import counting
from crm_sync.valid_adds.facts import AddQuery
from insights import customer_lists, overview
from insights.customer_lists import NO_PERSONA, CustomerQuery

WINDOW: Final = timedelta(days=90)
"""The friendships begun in this long are looked at for the share of valid adds."""


@dataclass(frozen=True, slots=True)
class Reached:
    """One criterion with what was measured; ``met`` is False where there is nothing to measure."""

    criterion: Criterion
    value: Part

    @property
    def met(self) -> bool:
        """Whether the threshold is reached."""
        ratio = self.value.ratio
        return ratio is not None and ratio >= self.criterion.at_least


@dataclass(frozen=True, slots=True)
class StageReached:
    """One stage: done when all its criteria are met."""

    stage: Stage
    criteria: tuple[Reached, ...]

    @property
    def done(self) -> bool:
        """Whether every criterion is met."""
        return all(one.met for one in self.criteria)


@dataclass(frozen=True, slots=True)
class Maturity:
    """Every stage; ``place`` counts the stages done without a gap, from the first."""

    stages: tuple[StageReached, ...]

    @property
    def place(self) -> int:
        """How many stages are behind the bank: 0 is the very beginning."""
        return next((n for n, one in enumerate(self.stages) if not one.done), len(self.stages))


async def assess(
    session: AsyncSession,
    policy: MaturityPolicy,
    adds: AddsPolicy,
    units: frozenset[str] | None,
    at: datetime,
) -> Maturity:
    """Measure everything and hold it against the policy."""
    measured = await measures(session, adds, units, at)
    return judge(policy, measured)


def judge(policy: MaturityPolicy, measured: Mapping[str, Part]) -> Maturity:
    """The stages by what was measured; a measure that is missing is not met. Pure."""
    nothing = Part(0, 0)
    return Maturity(
        tuple(
            StageReached(
                stage,
                tuple(Reached(one, measured.get(one.measure, nothing)) for one in stage.criterion),
            )
            for stage in policy.stage
        )
    )


async def measures(
    session: AsyncSession, adds: AddsPolicy, units: frozenset[str] | None, at: datetime
) -> dict[str, Part]:
    """Every measure of ``maturity_policy.Measure`` over the customers of ``units``."""
    found = await foundations.measure(session, adds, units)
    head = await overview.headline(session, units, at, "month")
    friends = CustomerQuery(contact="1")
    without = CustomerQuery(contact="1", primary=NO_PERSONA)
    every = await customer_lists.count(session, friends, units, at)
    none = await customer_lists.count(session, without, units, at)
    total = await counting.total(session, adds, AddQuery(at - WINDOW, at, units), at)
    return {
        **found,
        "covered": Part(head.covered.part, head.covered.whole),
        "on_time": Part(head.on_time.part, head.on_time.whole),
        "with_persona": Part(every - none, every),
        "valid_adds": Part(total.valid, total.added),
    }
