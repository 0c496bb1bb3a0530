"""What the gate decided and what customers want, as lists and as selects of customer ids."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from compliance.facts import DecisionRow
from compliance.models import ComplaintFreeze, Consent, Decision, Suppression


def agreed(purpose: str) -> Select[Any]:
    """The ids of customers who agreed to a purpose and have not taken it back."""
    return select(col(Consent.customer_id)).where(
        col(Consent.purpose) == purpose, col(Consent.given).is_(True)
    )


def silenced() -> Select[Any]:
    """The ids of customers who opted out, want silence or no personalised content."""
    return select(col(Suppression.customer_id)).where(col(Suppression.lifted_at).is_(None))


def complaining() -> Select[Any]:
    """The ids of customers with a complaint in hand."""
    return select(col(ComplaintFreeze.customer_id)).where(col(ComplaintFreeze.closed_at).is_(None))


async def refusals_at(session: AsyncSession, at: datetime) -> list[tuple[str, tuple[str, ...]]]:
    """(key, objection codes) of everything the gate refused at one moment: one planning run."""
    query = (
        select(col(Decision.key), col(Decision.objections))
        .where(col(Decision.at) == at)
        .order_by(col(Decision.key))
    )
    return [
        (key, tuple(objections)) for key, objections in await session.execute(query) if objections
    ]


async def decisions_at(session: AsyncSession, at: datetime, keys: list[str]) -> list[DecisionRow]:
    """The judgements about ``keys`` at one moment."""
    query = (
        select(Decision)
        .where(col(Decision.at) == at, col(Decision.key).in_(keys))
        .order_by(col(Decision.key))
    )
    return [
        DecisionRow(
            key=row.key,
            customer_id=row.customer_id,
            channel=row.channel,
            purpose=row.purpose,
            script=row.script,
            verdict=row.verdict,
            objections=tuple(row.objections),
            text_hash=row.text_hash,
            rulebook=row.rulebook,
            details=row.details,
        )
        for row in (await session.execute(query)).scalars()
    ]
