"""Every statement on what customers agreed to and on what was decided. Set-based throughout."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CompoundSelect, Select, insert, or_, select, union, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from compliance.consent import holding
from compliance.facts import ConsentFact, DecisionRow, Scope, Standing
from compliance.models import (
    AllowEntry,
    ComplaintFreeze,
    Consent,
    ConsentChange,
    Decision,
    Suppression,
)
from compliance.standing import PROFILING
from kit.among import among
from kit.bulk import insert_columns
from kit.db import insert_into

CHUNK = 10_000


def chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    """Distinct ids in lists short enough for one statement on either database."""
    distinct = sorted(set(ids))
    for start in range(0, len(distinct), CHUNK):
        yield distinct[start : start + CHUNK]


def agreed(purpose: str) -> Select[Any]:
    """The ids of customers whose newest word on ``purpose`` is yes, for conditions elsewhere."""
    return select(col(Consent.customer_id)).where(
        col(Consent.purpose) == purpose, col(Consent.given).is_(True)
    )


def unprofiled() -> CompoundSelect[Any]:
    """The ids of customers of whose habits nothing may be inferred: they said no to 画像."""
    refused = select(col(Consent.customer_id)).where(
        col(Consent.purpose) == PROFILING, col(Consent.given).is_(False)
    )
    opted_out = select(col(Suppression.customer_id)).where(
        col(Suppression.scope) == Scope.PERSONALISED, col(Suppression.lifted_at).is_(None)
    )
    return union(refused, opted_out)


async def recipient_standing(
    session: AsyncSession, customer_ids: Iterable[int]
) -> dict[int, Standing]:
    """Consents, suppressions and open complaints of many customers, in three queries.

    Every id asked for is in the answer; one we know nothing about has given no consent.
    """
    given: dict[int, set[str]] = defaultdict(set)
    refused: dict[int, set[str]] = defaultdict(set)
    silenced: dict[int, set[str]] = defaultdict(set)
    complaining: set[int] = set()
    asked: list[int] = []
    for ids in chunks(customer_ids):
        asked += ids
        consents = await session.execute(
            select(col(Consent.customer_id), col(Consent.purpose), col(Consent.given)).where(
                among(session, col(Consent.customer_id), ids)
            )
        )
        for customer_id, purpose, agreed in consents:
            (given if agreed else refused)[customer_id].add(purpose)
        suppressed = await session.execute(
            select(col(Suppression.customer_id), col(Suppression.scope)).where(
                among(session, col(Suppression.customer_id), ids),
                col(Suppression.lifted_at).is_(None),
            )
        )
        for customer_id, scope in suppressed:
            silenced[customer_id].add(scope)
        complaints = await session.execute(
            select(col(ComplaintFreeze.customer_id)).where(
                among(session, col(ComplaintFreeze.customer_id), ids),
                col(ComplaintFreeze.closed_at).is_(None),
            )
        )
        complaining.update(complaints.scalars())
    return {
        customer_id: Standing(
            consents=frozenset(given.get(customer_id, ())),
            refusals=frozenset(refused.get(customer_id, ())),
            suppressed=frozenset(silenced.get(customer_id, ())),
            complaint_open=customer_id in complaining,
        )
        for customer_id in asked
    }


async def unheard(session: AsyncSession, facts: Sequence[ConsentFact]) -> list[ConsentFact]:
    """Those of ``facts`` that the history does not hold yet; a repeated import has none."""
    known: set[tuple[int, str, bool, datetime]] = set()
    for ids in chunks(fact.customer_id for fact in facts):
        rows = await session.execute(
            select(
                col(ConsentChange.customer_id),
                col(ConsentChange.purpose),
                col(ConsentChange.given),
                col(ConsentChange.at),
            ).where(col(ConsentChange.customer_id).in_(ids))
        )
        known.update((number, purpose, given, at) for number, purpose, given, at in rows)
    fresh: dict[tuple[int, str, bool, datetime], ConsentFact] = {}
    for fact in facts:
        key = (fact.customer_id, fact.purpose, fact.given, fact.at)
        if key not in known:
            fresh.setdefault(key, fact)
    return list(fresh.values())


async def land_consents(
    session: AsyncSession,
    batches: Mapping[int, Sequence[ConsentFact]],
    *,
    recorded_at: datetime,
    actor: str,
) -> None:
    """Append every batch to the history; the newest of each customer and purpose then holds."""
    facts = [fact for batch in batches.values() for fact in batch]
    if not facts:
        return
    await session.execute(
        insert(ConsentChange),
        [
            {**_consent_values(fact), "batch": batch, "recorded_at": recorded_at, "actor": actor}
            for batch, held in batches.items()
            for fact in sorted(held, key=lambda fact: (fact.at, fact.customer_id))
        ],
    )
    statement = insert_into(session, Consent)
    fresh = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["customer_id", "purpose"],
        set_={name: fresh[name] for name in ("given", "source", "notice", "at")},
        where=or_(
            col(Consent.at) < fresh.at,
            (col(Consent.at) == fresh.at) & (fresh.given == False),  # noqa: E712 — SQL
        ),
    )
    await session.execute(statement, [_consent_values(fact) for fact in holding(facts).values()])


def _consent_values(fact: ConsentFact) -> dict[str, Any]:
    return {
        "customer_id": fact.customer_id,
        "purpose": fact.purpose,
        "given": fact.given,
        "source": fact.source,
        "notice": fact.notice,
        "at": fact.at,
    }


async def consent_history(session: AsyncSession, customer_id: int) -> list[ConsentFact]:
    """Every decision of one customer, oldest first."""
    rows = await session.execute(
        select(ConsentChange)
        .where(col(ConsentChange.customer_id) == customer_id)
        .order_by(col(ConsentChange.at), col(ConsentChange.id))
    )
    return [
        ConsentFact(row.customer_id, row.purpose, row.given, row.source, row.at, row.notice)
        for row in rows.scalars()
    ]


async def suppression(session: AsyncSession, customer_id: int, scope: str) -> Suppression | None:
    """The row of one customer and scope, whether in force or lifted."""
    return await session.get(Suppression, (customer_id, scope), populate_existing=True)


async def close_complaint(session: AsyncSession, complaint_no: str, at: datetime) -> int | None:
    """Close an open complaint; the customer it is about, None where none was open."""
    closed = await session.execute(
        update(ComplaintFreeze)
        .where(
            col(ComplaintFreeze.complaint_no) == complaint_no,
            col(ComplaintFreeze.closed_at).is_(None),
        )
        .values(closed_at=at)
        .returning(col(ComplaintFreeze.customer_id))
    )
    return closed.scalar_one_or_none()


async def record_decisions(
    session: AsyncSession, rows: Sequence[DecisionRow], at: datetime
) -> None:
    """Keep what the gate said; the same key judged twice at one moment is kept once."""
    if not rows:
        return
    await insert_columns(
        session,
        Decision,
        {
            "key": [row.key for row in rows],
            "customer_id": [row.customer_id for row in rows],
            "channel": [row.channel for row in rows],
            "purpose": [row.purpose for row in rows],
            "script": [row.script for row in rows],
            "verdict": [row.verdict for row in rows],
            "objections": [list(row.objections) for row in rows],
            "details": [dict(row.details) for row in rows],
            "text_hash": [row.text_hash for row in rows],
            "rulebook": [row.rulebook for row in rows],
        },
        {"at": at},
        conflict="ON CONFLICT (key, at) DO NOTHING",
    )


async def decisions_of(
    session: AsyncSession, customer_id: int, *, limit: int = 50
) -> list[tuple[datetime, DecisionRow]]:
    """The newest judgements about one customer, each with its moment."""
    found = await session.execute(
        select(Decision)
        .where(col(Decision.customer_id) == customer_id)
        .order_by(col(Decision.at).desc(), col(Decision.key))
        .limit(limit)
    )
    return [(row.at, _decision(row)) for row in found.scalars()]


async def decisions_by_key(session: AsyncSession, key: str) -> list[tuple[datetime, DecisionRow]]:
    """Every judgement about one intent key, each with its moment, newest first."""
    found = await session.execute(
        select(Decision).where(col(Decision.key) == key).order_by(col(Decision.at).desc())
    )
    return [(row.at, _decision(row)) for row in found.scalars()]


def _decision(row: Decision) -> DecisionRow:
    return DecisionRow(
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


async def held_about(session: AsyncSession, customer_id: int) -> dict[str, list[dict[str, object]]]:
    """Everything these tables hold about one person, for an export on request (PIPL 45)."""
    found: dict[str, list[dict[str, object]]] = {}
    for name, model, of_customer in (
        ("consent_history", ConsentChange, col(ConsentChange.customer_id)),
        ("suppressions", Suppression, col(Suppression.customer_id)),
        ("complaints", ComplaintFreeze, col(ComplaintFreeze.customer_id)),
        ("white_lists", AllowEntry, col(AllowEntry.customer_id)),
        ("decisions", Decision, col(Decision.customer_id)),
    ):
        rows = await session.execute(select(model).where(of_customer == customer_id))
        found[name] = [row.model_dump(exclude={"actor", "id"}) for row in rows.scalars()]
    return found
