"""Who is in which round, how many, whose round is due: lists and counts of the activations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.activation_policy import ActivationPolicy
from kit.clock import bank_date, bank_moment
from portfolio.models import Activation, ActivationStep


@dataclass(frozen=True, slots=True)
class InRound:
    """A customer in a round."""

    id: int
    customer_id: int
    staff_id: str
    unit_id: str
    place: int
    skipped: int
    skipped_in_a_row: int
    state: str
    began_at: datetime
    started_at: datetime

    def due_on(self, policy: ActivationPolicy) -> date:
        """The day by which the present round should be done."""
        place = min(self.place, len(policy.rounds) - 1)
        return bank_date(self.began_at) + timedelta(days=policy.rounds[place].days)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which activations; ``units`` None means every unit."""

    units: frozenset[str] | None = None
    staff_id: str | None = None
    state: str = "active"
    place: int | None = None


def _conditions(wanted: Wanted) -> list[Any]:
    found: list[Any] = [col(Activation.state) == wanted.state]
    if wanted.units is not None:
        found.append(col(Activation.unit_id).in_(sorted(wanted.units)))
    if wanted.staff_id is not None:
        found.append(col(Activation.staff_id) == wanted.staff_id)
    if wanted.place is not None:
        found.append(col(Activation.place) == wanted.place)
    return found


async def page(
    session: AsyncSession, wanted: Wanted, *, limit: int = 50, after_id: int = 0
) -> list[InRound]:
    """Customers in the rounds, in the order in which they began."""
    query = (
        select(Activation)
        .where(*_conditions(wanted), col(Activation.id) > after_id)
        .order_by(col(Activation.id))
        .limit(limit)
    )
    return [
        InRound(
            id=row.id or 0,
            customer_id=row.customer_id,
            staff_id=row.staff_id,
            unit_id=row.unit_id,
            place=row.place,
            skipped=row.skipped,
            skipped_in_a_row=row.skipped_in_a_row,
            state=row.state,
            began_at=row.began_at,
            started_at=row.started_at,
        )
        for row in (await session.execute(query)).scalars()
    ]


async def by_round(session: AsyncSession, wanted: Wanted) -> dict[int, int]:
    """How many customers are in each round, by place."""
    query = (
        select(col(Activation.place), func.count())
        .where(*_conditions(wanted))
        .group_by(col(Activation.place))
    )
    return {int(place): int(number) for place, number in await session.execute(query)}


def due(policy: ActivationPolicy, today: date) -> Any:
    """Customers whose present round should be done by ``today``: ``customer_id place``."""
    over = or_(
        *(
            and_(
                col(Activation.place) == place,
                col(Activation.began_at) < bank_moment(today - timedelta(days=one.days - 1)),
            )
            for place, one in enumerate(policy.rounds)
        )
    )
    return (
        select(
            col(Activation.customer_id).label("customer_id"), col(Activation.place).label("place")
        )
        .where(col(Activation.state) == "active", over)
        .subquery("round_due")
    )


async def steps_of(session: AsyncSession, activation_ids: Sequence[int]) -> dict[int, list[str]]:
    """What became of the rounds so far, by activation, in order: “完成 资料核对”."""
    query = (
        select(ActivationStep)
        .where(col(ActivationStep.activation_id).in_(list(activation_ids)))
        .order_by(col(ActivationStep.activation_id), col(ActivationStep.place))
    )
    found: dict[int, list[str]] = {}
    for row in (await session.execute(query)).scalars():
        word = "完成" if row.result == "done" else "跳过"
        found.setdefault(row.activation_id, []).append(f"{word} {row.round}")
    return found
