"""Evaluates persona rules over all customers, window by window, and records every change.

Memberships of sources that were not read (``signals`` None) stay as they stand; those given by
hand stay until they expire or are refused.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.persona_policy import PersonaPolicy, Source
from crm_sync.models import Customer, PersonaMembership
from crm_sync.repository.subjects import (
    Window,
    candidates,
    next_window,
    refusals,
    subjects,
    tags_of_staff,
)
from crm_sync.rules import memberships
from crm_sync.rules.memberships import Membership
from crm_sync.rules.personas import Signal, judge
from kit.clock import bank_date
from kit.db import Database, upsert
from kit.ledger import Entry, append

WINDOW: Final = 10_000
_FROM_SIGNALS: Final = ("self:", "group:", "behavior:", "chat:")
_UPDATES: Final = (
    "source", "confidence", "evidence", "rule_version", "is_primary", "expires_at",
)  # fmt: skip
_STEP: Final = 5  # per cent: smaller fading is not written


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
    signals: Iterable[Signal] | None = None,
    window: int = WINDOW,
    progress: Callable[[PersonaReport], None] | None = None,
) -> PersonaReport:
    """Evaluate every customer at ``at``, one transaction a window; twice the same changes nothing.

    ``signals``: all there are (groups, behaviour, …), or None where they were not read.
    """
    by_customer = _by_customer(signals)
    report = PersonaReport()
    after = 0
    while True:
        async with database.transaction() as session:
            found = await next_window(session, after, window)
            if found is None:
                return report
            report.add(await _evaluate(session, found, policy, at, by_customer))
            after = found.upto
        if progress is not None:
            progress(report)


async def evaluate_customers(
    session: AsyncSession,
    policy: PersonaPolicy,
    at: datetime,
    ids: Collection[int],
    *,
    signals: Iterable[Signal] | None = None,
) -> PersonaReport:
    """Evaluate these customers alone (after an event or an import), in the caller's transaction."""
    if not ids:
        return PersonaReport()
    window = Window(ids=tuple(sorted(set(ids))))
    return await _evaluate(session, window, policy, at, _by_customer(signals))


def _by_customer(signals: Iterable[Signal] | None) -> Mapping[int, list[Signal]] | None:
    if signals is None:
        return None
    found: defaultdict[int, list[Signal]] = defaultdict(list)
    for signal in signals:
        found[signal.customer_id].append(signal)
    return found


@dataclass(frozen=True, slots=True)
class _Stored:
    since: datetime
    rule_version: str
    membership: Membership


async def _evaluate(
    session: AsyncSession,
    window: Window,
    policy: PersonaPolicy,
    at: datetime,
    signals: Mapping[int, list[Signal]] | None,
) -> PersonaReport:
    on = bank_date(at)
    tag_ids = await tags_of_staff(session)
    wanted: defaultdict[int, set[str]] = defaultdict(set)
    for persona in policy.persona:
        for customer_id in await candidates(session, window, persona, on, tag_ids):
            wanted[customer_id].add(persona.name)
    told = _told_in(window, signals or {})
    interested = {
        (interest, persona.name)
        for persona in policy.persona
        for condition in persona.when
        for interest in condition.interests
    }
    for signal in told:
        for interest, name in interested:
            if signal.interest == interest:
                wanted[signal.customer_id].add(name)
    known = await subjects(session, wanted, policy, on, tag_ids, told)
    refused = await refusals(session, window, at)
    stored, removed = await _stored(session, window)
    desired: dict[int, list[Membership]] = {}
    for customer_id in wanted.keys() | stored.keys():
        judged = [
            judge(persona, known[customer_id], policy, at)
            for persona in policy.persona
            if customer_id in known and persona.name in wanted[customer_id]
        ]
        had = {} if customer_id in removed else stored.get(customer_id, {})
        ranked = memberships.candidates(
            judged,
            _kept(had, signals is None),
            refused=refused.get(customer_id, {}),
            at=at,
            policy=policy,
        )
        desired[customer_id] = memberships.active(ranked, policy)
    return await _write(session, policy, at, stored, desired)


def _told_in(window: Window, signals: Mapping[int, list[Signal]]) -> list[Signal]:
    """The signals about customers in the window."""
    if window.ids is not None:
        inside: Iterable[int] = (one for one in window.ids if one in signals)
    else:
        inside = (one for one in signals if window.after < one <= window.upto)
    return [signal for customer_id in inside for signal in signals[customer_id]]


def _kept(stored: Mapping[str, _Stored], signals_unread: bool) -> list[Membership]:
    """Memberships that no rule of this run can judge."""
    return [
        one.membership
        for one in stored.values()
        if one.membership.by_hand
        or (
            signals_unread
            and any(
                str(row.get("fact", "")).startswith(_FROM_SIGNALS)
                for row in one.membership.evidence
            )
        )
    ]


async def _stored(
    session: AsyncSession, window: Window
) -> tuple[dict[int, dict[str, _Stored]], set[int]]:
    """Memberships in the window by customer and persona, and whose customer is gone."""
    query = (
        select(
            col(PersonaMembership.customer_id),
            col(PersonaMembership.persona),
            col(PersonaMembership.source),
            col(PersonaMembership.confidence),
            col(PersonaMembership.evidence),
            col(PersonaMembership.rule_version),
            col(PersonaMembership.is_primary),
            col(PersonaMembership.since),
            col(PersonaMembership.expires_at),
            col(Customer.removed_at).label("removed_at"),
        )
        .outerjoin(Customer, col(Customer.id) == col(PersonaMembership.customer_id))
        .where(window.on(session, col(PersonaMembership.customer_id)))
    )
    found: dict[int, dict[str, _Stored]] = {}
    removed: set[int] = set()
    for row in await session.execute(query):
        if row.removed_at is not None:
            removed.add(row.customer_id)
        found.setdefault(row.customer_id, {})[row.persona] = _Stored(
            row.since,
            row.rule_version,
            Membership(
                row.persona,
                cast(Source, row.source),
                row.confidence,
                tuple(row.evidence),
                row.expires_at,
                row.is_primary,
            ),
        )
    return found, removed


async def _write(
    session: AsyncSession,
    policy: PersonaPolicy,
    at: datetime,
    stored: Mapping[int, Mapping[str, _Stored]],
    desired: Mapping[int, Sequence[Membership]],
) -> PersonaReport:
    report = PersonaReport(customers=len(desired))
    rows: list[dict[str, Any]] = []
    gone: list[dict[str, Any]] = []
    changes: dict[int, dict[str, Any]] = {}
    for customer_id, wanted in desired.items():
        had = stored.get(customer_id, {})
        names = {one.persona for one in wanted}
        joined = [one for one in wanted if one.persona not in had]
        left = sorted(had.keys() - names)
        for one in wanted:
            report.members[one.persona] += 1
            known = had.get(one.persona)
            if known is None or _differs(known, one, policy):
                since = at if known is None else known.since
                rows.append(_row(customer_id, one, since, policy))
        gone += ({"customer": customer_id, "which": persona} for persona in left)
        primary = next((one.persona for one in wanted if one.is_primary), None)
        before = next((name for name, one in had.items() if one.membership.is_primary), None)
        if joined or left or primary != before:
            changes[customer_id] = {
                "joined": [
                    {"persona": one.persona, "source": one.source, "confidence": one.confidence,
                     "why": list(one.sayings)}
                    for one in joined
                ],
                "left": left,
                "primary": primary,
            }  # fmt: skip
            report.changed += 1
            report.joined.update(one.persona for one in joined)
            report.left.update(left)
    await upsert(session, PersonaMembership, rows, key=["customer_id", "persona"], update=_UPDATES)
    if gone:
        await delete_memberships(session, gone)
    await record_changes(session, changes, at, actor="system:personas")
    return report


def _differs(known: _Stored, now: Membership, policy: PersonaPolicy) -> bool:
    was = known.membership
    return (
        known.rule_version != policy.rule_version
        or (was.source, was.is_primary, was.expires_at)
        != (now.source, now.is_primary, now.expires_at)
        or abs(was.confidence - now.confidence) >= _STEP
        or list(was.evidence) != list(now.evidence)
    )


def _row(
    customer_id: int, one: Membership, since: datetime, policy: PersonaPolicy
) -> dict[str, Any]:
    return {
        "customer_id": customer_id,
        "persona": one.persona,
        "source": one.source,
        "confidence": one.confidence,
        "evidence": list(one.evidence),
        "rule_version": policy.rule_version,
        "is_primary": one.is_primary,
        "since": since,
        "expires_at": one.expires_at,
    }


async def delete_memberships(session: AsyncSession, gone: Sequence[Mapping[str, Any]]) -> None:
    """Delete memberships named by ``customer`` and ``which`` (the persona), in one executemany."""
    table = PersonaMembership.__table__  # type: ignore[attr-defined]
    statement = delete(table).where(
        table.c.customer_id == bindparam("customer"), table.c.persona == bindparam("which")
    )
    await (await session.connection()).execute(statement, [dict(row) for row in gone])


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
