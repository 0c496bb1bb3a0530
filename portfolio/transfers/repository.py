"""Transfer forms for pages, jobs and commands."""

from collections.abc import Collection
from dataclasses import fields
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portfolio.models import TransferForm
from portfolio.transfers.facts import OPEN, FormFact

Units = Collection[str] | None
_NAMES = tuple(one.name for one in fields(FormFact))


def fact_of(row: TransferForm) -> FormFact:
    """The form in a row."""
    return FormFact(**{name: getattr(row, name) for name in _NAMES})


def _which(units: Units, month: date | None, state: str, late: bool) -> list[Any]:
    where: list[Any] = []
    if units is not None:
        where.append(col(TransferForm.unit_id).in_(sorted(units)))
    if month is not None:
        where.append(col(TransferForm.month) == month)
    if state:
        where.append(col(TransferForm.state) == state)
    if late:
        where.append(col(TransferForm.overdue_at).is_not(None))
    return where


async def forms(
    session: AsyncSession,
    units: Units,
    *,
    month: date | None = None,
    state: str = "",
    late: bool = False,
    limit: int = 50,
    before: int = 0,
) -> list[FormFact]:
    """Forms of the units (None: the bank), the newest first."""
    where = _which(units, month, state, late)
    if before:
        where.append(col(TransferForm.id) < before)
    query = select(TransferForm).where(*where).order_by(col(TransferForm.id).desc()).limit(limit)
    return [fact_of(row) for row in (await session.execute(query)).scalars()]


async def counts(
    session: AsyncSession, units: Units, *, month: date | None = None
) -> dict[str, int]:
    """How many forms stand at each step, and under ``late`` how many were ever late."""
    by_state = (
        select(col(TransferForm.state), func.count())
        .where(*_which(units, month, "", False))
        .group_by(col(TransferForm.state))
    )
    found = {state: int(number) for state, number in await session.execute(by_state)}
    late = select(func.count()).select_from(TransferForm).where(*_which(units, month, "", True))
    return found | {"late": int((await session.execute(late)).scalar_one())}


async def months(session: AsyncSession, units: Units) -> list[date]:
    """The months that have forms, the newest first."""
    query = (
        select(col(TransferForm.month))
        .where(*_which(units, None, "", False))
        .distinct()
        .order_by(col(TransferForm.month).desc())
    )
    return list((await session.execute(query)).scalars())


async def form(session: AsyncSession, form_id: int, units: Units = None) -> FormFact | None:
    """One form, if its unit is among ``units``."""
    query = select(TransferForm).where(
        col(TransferForm.id) == form_id, *_which(units, None, "", False)
    )
    row = (await session.execute(query)).scalar_one_or_none()
    return None if row is None else fact_of(row)


def being_transferred() -> Any:
    """A select of the customers who have an open form, for other lists."""
    return select(col(TransferForm.customer_id)).where(col(TransferForm.state).in_(OPEN))
