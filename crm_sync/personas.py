"""Evaluates persona rules over all customers, set-based, and records every change.

A window at a time the database asks every ground once, ranks what it found and writes what
differs; Python only weighs traces of interest. Memberships on traces that were not read
(``Traces`` None) stay as they stand; those given by hand stay until they expire or are refused.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, Final

import orjson
from sqlalchemy import literal, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config import tier_policy
from config.persona_policy import SOURCES, PersonaPolicy
from config.tier_policy import TierPolicy
from crm_sync.models import Customer, SyncCursor
from crm_sync.repository import persona_changes, persona_drafts, persona_masks
from crm_sync.repository.persona_changes import Changes, Found
from crm_sync.repository.subjects import Window, next_window
from crm_sync.rules.conditions import Frame
from crm_sync.rules.personas import evidence_of
from crm_sync.rules.signals import Signal, heard
from crm_sync.segments.asking import NOTHING, Asking, Outside
from crm_sync.segments.records import signals as traces
from kit.db import Database, is_postgresql, upsert
from kit.ledger import Entry, append

WINDOW: Final = 200_000
SINGLY: Final = 1_000
"""Up to so many changed customers in a window have an entry each, above them a unit has one."""
_SETTINGS: Final = text(
    "SELECT set_config('work_mem', '128MB', true), set_config('default_statistics_target', '10', true),"
    " set_config('jit', 'off', true)"
)
"""Joins in memory; a small sample is enough for a temporary table; no statement is worth compiling."""


@dataclass(slots=True)
class PersonaReport:
    """What an evaluation did, counted by persona."""

    customers: int = 0
    changed: int = 0
    joined: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    members: Counter[str] = field(default_factory=Counter)

    def add(self, other: "PersonaReport") -> None:
        """Count another window in."""
        self.customers += other.customers
        self.changed += other.changed
        self.joined.update(other.joined)
        self.left.update(other.left)
        self.members.update(other.members)


async def evaluate(
    database: Database,
    policy: PersonaPolicy,
    at: datetime,
    *,
    tiers: TierPolicy | None = None,
    signals: Iterable[Signal] | None = None,
    outside: Outside = NOTHING,
    window: int = WINDOW,
    progress: Callable[[PersonaReport], None] | None = None,
) -> PersonaReport:
    """Evaluate every customer at ``at``, one transaction a window; twice the same changes nothing.

    ``outside``: what other packages know, as selects (``insights.known_elsewhere``); ``signals``: traces that stand in no table.
    With neither, memberships that stand on traces are kept.
    """
    by_customer = _by_customer(signals)
    report = PersonaReport()
    after = 0
    while True:
        async with database.transaction() as session:
            found = await next_window(session, after, window)
            if found is None:
                break
            if is_postgresql(session):
                await session.execute(_SETTINGS)
            asking = asking_for(session, policy, tiers, at, outside)
            report.add(await evaluate_window(asking, found, by_customer))
            after = found.upto
        if progress is not None:
            progress(report)
    await remember(database, policy, at)
    return report


async def remember(database: Database, policy: PersonaPolicy, at: datetime) -> None:
    """Note that everybody has been evaluated as of ``at`` under this policy."""
    row = {"name": "personas", "position": policy.rule_version, "finished_at": at}
    async with database.transaction() as session:
        await upsert(
            session,
            SyncCursor,
            [row | {"counts": {}}],
            key=["name"],
            update=["position", "finished_at"],
        )


async def evaluate_customers(
    session: AsyncSession,
    policy: PersonaPolicy,
    at: datetime,
    ids: Collection[int],
    *,
    tiers: TierPolicy | None = None,
    signals: Iterable[Signal] | None = None,
    outside: Outside = NOTHING,
) -> PersonaReport:
    """Evaluate these customers alone (after an event or an import), in the caller's transaction."""
    if not ids:
        return PersonaReport()
    window = Window(ids=tuple(sorted(set(ids))))
    asking = asking_for(session, policy, tiers, at, outside)
    return await evaluate_window(asking, window, _by_customer(signals))


def asking_for(
    session: AsyncSession,
    policy: PersonaPolicy,
    tiers: TierPolicy | None,
    at: datetime,
    outside: Outside,
) -> Asking:
    """Everything the database is asked with."""
    frame = Frame(at, policy, tiers or tier_policy.load())
    return Asking(session, frame, outside, one_by_one=True)


def _by_customer(signals: Iterable[Signal] | None) -> Mapping[int, list[Signal]] | None:
    if signals is None:
        return None
    found: dict[int, list[Signal]] = {}
    for signal in signals:
        found.setdefault(signal.customer_id, []).append(signal)
    return found


async def evaluate_window(
    asking: Asking, window: Window, extra: Mapping[int, list[Signal]] | None
) -> PersonaReport:
    """Evaluate the customers of one window in the transaction of ``asking``."""
    at = asking.frame.at
    unread = extra is None and asking.outside.signals is None
    told = await _told(asking, window, extra or {})
    await persona_masks.mask(asking, window)
    shapes = await persona_masks.outcomes(asking)
    apart = await persona_drafts.draft(asking, window, shapes, told, unread)
    found = Found(window, shapes, apart)
    changed = await persona_changes.changes(asking, found)
    report = PersonaReport(
        customers=changed.considered,
        changed=len(changed.customers),
        joined=persona_changes.counted(changed.joined),
        left=persona_changes.counted(changed.left),
        members=changed.members,
    )
    await _record(asking, found, changed, at)
    await persona_changes.write(asking, found, changed, at)
    return report


async def _record(asking: Asking, found: Found, changed: Changes, at: datetime) -> None:
    if len(changed.customers) <= SINGLY:
        told = await persona_changes.told_of(asking, found, changed, at)
        await record_changes(asking.session, told, at, actor="system:personas")
        return
    entries = [
        Entry(
            kind="persona",
            act="persona.changed_for_many",
            actor="system:personas",
            object=f"unit:{unit}",
            unit=unit,
            payload=payload,
        )
        for unit, payload in sorted(persona_changes.in_bulk(changed).items())
    ]
    await append(asking.session, entries, at=at)


async def _told(
    asking: Asking, window: Window, extra: Mapping[int, list[Signal]]
) -> list[dict[str, Any]]:
    """What traces of interest say for personas, weighed by the pure rules."""
    policy, at = asking.frame.personas, asking.frame.at
    asks = [
        (place, ground.interest)
        for place, persona in enumerate(policy.persona)
        for ground in persona.when
        if ground.interest is not None
    ]
    names: set[str] = set()
    for _, ask in asks:
        names.update(dict(ask.where).get("interest", ()))
    every = any("interest" not in dict(ask.where) for _, ask in asks)
    found: list[dict[str, Any]] = []
    for customer_id, signals in await _signals(asking, window, None if every else names, extra):
        of_persona: dict[int, dict[str, Any]] = {}
        for place, ask in asks:
            where = dict(ask.where)
            known = heard(
                [one for one in signals if one.interest in where.get("interest", (one.interest,))],
                policy,
                at,
                sources=where.get("source"),
                least=where.get("confidence_from"),
            )
            if known is None:
                continue
            row = {
                "customer_id": customer_id,
                "place": place,
                "rank": SOURCES.index(known.source),
                "confidence": known.confidence,
                "shape": 0,
                "evidence": "," + orjson.dumps(list(evidence_of(known))).decode()[1:-1],
                "expires_at": known.expires_at,
                "by_hand": False,
                "heard": True,
            }
            of_persona[place] = _better(of_persona.get(place), row)
        found += of_persona.values()
    return found


def _better(one: dict[str, Any] | None, other: dict[str, Any]) -> dict[str, Any]:
    """Two grounds of one persona as one: the better source leads, the longer lasts."""
    if one is None:
        return other
    first, second = sorted((one, other), key=lambda row: (row["rank"], -row["confidence"]))
    ends = (one["expires_at"], other["expires_at"])
    return first | {
        "evidence": first["evidence"] + second["evidence"],
        "expires_at": None if None in ends else max(ends),
    }


async def _signals(
    asking: Asking, window: Window, names: set[str] | None, extra: Mapping[int, list[Signal]]
) -> list[tuple[int, list[Signal]]]:
    told = traces(asking)
    query = (
        select(told)
        .join(Customer, col(Customer.id) == told.c.customer_id)
        .where(
            window.on(asking.session, told.c.customer_id),
            or_(literal(names is None), told.c.interest.in_(sorted(names or ()))),
            told.c.at <= asking.frame.at,
            col(Customer.removed_at).is_(None),
        )
        .order_by(told.c.customer_id)
    )
    rows = (await asking.session.execute(query)).mappings()
    found = {
        customer_id: [Signal(**row) for row in group]
        for customer_id, group in groupby(rows, lambda row: row["customer_id"])
    }
    inside = [one for one in extra if window.holds(one)]
    if inside:
        present = select(col(Customer.id)).where(
            window.on(asking.session, col(Customer.id)), col(Customer.removed_at).is_(None)
        )
        there = set((await asking.session.execute(present)).scalars())
        for one in inside:
            if one in there:
                found.setdefault(one, []).extend(extra[one])
    return sorted(found.items())


async def record_changes(
    session: AsyncSession,
    changes: Mapping[int, Mapping[str, Any]],
    at: datetime,
    *,
    actor: str,
    reason: str = "",
    request_id: str = "",
) -> None:
    """One ledger entry a customer (kind ``persona``), in the stream of the customer's unit."""
    if not changes:
        return
    query = select(col(Customer.id), col(Customer.unit_id)).where(
        Window(ids=tuple(changes)).on(session, col(Customer.id))
    )
    units = {customer_id: unit_id for customer_id, unit_id in await session.execute(query)}  # noqa: C416
    entries = [
        Entry(
            kind="persona",
            act="persona.changed",
            actor=actor,
            object=f"customer:{customer_id}",
            unit=units.get(customer_id, "hq"),
            reason=reason,
            request_id=request_id,
            payload=change,
        )
        for customer_id, change in changes.items()
    ]
    await append(session, entries, at=at)
