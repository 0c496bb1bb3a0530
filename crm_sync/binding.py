"""Binds contacts to customers: by unionid, phone, state, or by hand; conflicts wait for a person.

``bind_contact`` judges one contact after an event, ``bind_new`` a page of all contacts after a
synchronisation; both by ``rules.binding``. Every link and every conflict is a row with its
evidence and a ledger entry; the caller opens the work items that the outcomes ask for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import Binding, Contact
from crm_sync.repository.evidence import followers, owners, situations
from crm_sync.repository.keys import UNTRACKED, among
from crm_sync.rules.binding import SAYINGS, Evidence, Method, State, Verdict, judge_all
from kit.ledger import Entry, append

SYSTEM: Final = "system:binding"


@dataclass(frozen=True, slots=True)
class BindingOutcome:
    """What became of one contact.

    ``news`` says whether this judgement changed anything (a conflict that is open already is no
    news). ``owner_mismatch``: bound, but the customer's owner is not among those who follow.
    """

    external_userid: str
    state: str  # confirmed | proposed | conflict | none
    customer_id: int | None
    method: str | None = None
    confidence: int = 0
    evidence: tuple[Evidence, ...] = ()
    rivals: tuple[Evidence, ...] = ()
    reason: str | None = None
    saying: str = ""
    news: bool = False
    unit_id: str = "hq"
    owner_staff_id: str | None = None
    follower_staff_ids: tuple[str, ...] = ()
    owner_mismatch: bool = False


@dataclass(frozen=True, slots=True)
class BindPage:
    """A page of judgements: only those with news; ``last`` is where the next page begins."""

    judged: int
    outcomes: tuple[BindingOutcome, ...]
    last: str | None


async def bind_contact(
    session: AsyncSession, external_userid: str, at: datetime, actor: str = SYSTEM
) -> BindingOutcome:
    """Judge one contact by all evidence there is; binds it, or stores the conflict."""
    [outcome] = await _bind(session, [external_userid], at, actor) or [
        BindingOutcome(external_userid, State.NONE, None)
    ]
    return outcome


async def bind_new(
    session: AsyncSession,
    at: datetime,
    *,
    after: str = "",
    limit: int = 5_000,
    actor: str = SYSTEM,
) -> BindPage:
    """Judge the next ``limit`` contacts behind ``after``: binds the unbound, finds new rivals.

    The first page begins at ``""``; ``last`` is None behind the end.
    """
    query = (
        select(col(Contact.external_userid))
        .where(col(Contact.external_userid) > after)
        .order_by(col(Contact.external_userid))
        .limit(limit)
    )
    externals = list((await session.execute(query)).scalars())
    outcomes = await _bind(session, externals, at, actor) if externals else []
    return BindPage(
        judged=len(externals),
        outcomes=tuple(outcome for outcome in outcomes if outcome.news),
        last=externals[-1] if len(externals) == limit else None,
    )


async def _bind(
    session: AsyncSession, externals: Sequence[str], at: datetime, actor: str
) -> list[BindingOutcome]:
    verdicts = judge_all(await situations(session, externals))
    confirmed = [one for one in verdicts if one.state is State.CONFIRMED]
    conflicts = [one for one in verdicts if one.state is State.CONFLICT]
    open_rows = await _open_conflicts(session, [one.external_userid for one in verdicts])
    rows = [
        _row(one.external_userid, evidence, one, "confirmed", at, actor)
        for one in confirmed
        for evidence in one.evidence[:1]
    ]
    new_conflicts: set[str] = set()
    for verdict in conflicts:
        known = open_rows.get(verdict.external_userid, {})
        for rival in verdict.rivals:
            if (rival.customer_id, rival.method) not in known:
                new_conflicts.add(verdict.external_userid)
                rows.append(_row(verdict.external_userid, rival, verdict, "conflict", at, actor))
    if rows:
        await session.execute(insert(Binding.__table__), rows)  # type: ignore[attr-defined]
    await _set_customers(session, confirmed)
    settled = _settled(verdicts, open_rows)
    await _close(session, settled, at, actor)
    outcomes = await _outcomes(session, verdicts, new_conflicts)
    await append(session, _entries(outcomes, actor), at=at)
    return outcomes


def _row(
    external: str, evidence: Evidence, verdict: Verdict, state: str, at: datetime, actor: str
) -> dict[str, Any]:
    told = verdict.evidence if state == "confirmed" else (evidence,)
    return {
        "external_userid": external,
        "customer_id": evidence.customer_id,
        "method": evidence.method,
        "confidence": evidence.confidence,
        "evidence": {
            "reason": verdict.reason or "",
            "bound_to": verdict.customer_id if state == "conflict" else None,
            "facts": [{"method": one.method, **one.facts} for one in told],
        },
        "state": state,
        "by": actor,
        "at": at,
        "undone_by": "",
    }


async def _open_conflicts(
    session: AsyncSession, externals: Sequence[str]
) -> dict[str, dict[tuple[int, str], int]]:
    """The ids of open conflict rows by contact, customer and method."""
    query = select(
        col(Binding.external_userid), col(Binding.customer_id), col(Binding.method), col(Binding.id)
    ).where(
        among(session, col(Binding.external_userid), externals), col(Binding.state) == "conflict"
    )
    found: dict[str, dict[tuple[int, str], int]] = {}
    for external, customer_id, method, row_id in await session.execute(query):
        if row_id is not None:
            found.setdefault(external, {})[customer_id, method] = row_id
    return found


def _settled(
    verdicts: Sequence[Verdict], open_rows: Mapping[str, Mapping[tuple[int, str], int]]
) -> list[int]:
    """Open conflicts for which no evidence speaks any longer."""
    settled: list[int] = []
    for verdict in verdicts:
        still = {(one.customer_id, str(one.method)) for one in verdict.rivals}
        rows = open_rows.get(verdict.external_userid, {})
        settled += (
            row_id
            for key, row_id in rows.items()
            # What the customer proved is no evidence that may vanish: a person closes it.
            if key not in still and key[1] != Method.REAL_NAME
        )
    return settled


async def _set_customers(session: AsyncSession, confirmed: Sequence[Verdict]) -> None:
    if confirmed:
        connection = await session.connection()
        table = Contact.__table__  # type: ignore[attr-defined]
        await connection.execute(
            update(table)
            .where(table.c.external_userid == bindparam("which"), table.c.customer_id.is_(None))
            .values(customer_id=bindparam("customer")),
            [{"which": one.external_userid, "customer": one.customer_id} for one in confirmed],
        )


async def _close(session: AsyncSession, ids: Sequence[int], at: datetime, actor: str) -> None:
    if ids:
        await session.execute(
            update(Binding)
            .where(among(session, col(Binding.id), ids))
            .values(state="undone", undone_by=actor, undone_at=at),
            execution_options=UNTRACKED,
        )


async def _outcomes(
    session: AsyncSession, verdicts: Sequence[Verdict], new_conflicts: set[str]
) -> list[BindingOutcome]:
    spoken = [one for one in verdicts if one.state is not State.NONE]
    of_customer = await owners(
        session, {one.customer_id for one in spoken if one.customer_id is not None}
    )
    of_contact = await followers(session, [one.external_userid for one in spoken])
    return [_outcome(one, new_conflicts, of_customer, of_contact) for one in verdicts]


def _outcome(
    verdict: Verdict,
    new_conflicts: set[str],
    of_customer: Mapping[int, tuple[str, str]],
    of_contact: Mapping[str, tuple[str, ...]],
) -> BindingOutcome:
    external = verdict.external_userid
    unit_id, owner = of_customer.get(verdict.customer_id or 0, ("hq", ""))
    following = of_contact.get(external, ())
    confirmed = verdict.state is State.CONFIRMED
    return BindingOutcome(
        external_userid=external,
        state=verdict.state.value,
        customer_id=verdict.customer_id,
        method=verdict.method.value if verdict.method else None,
        confidence=verdict.confidence,
        evidence=verdict.evidence,
        rivals=verdict.rivals,
        reason=verdict.reason.value if verdict.reason else None,
        saying=SAYINGS[verdict.reason] if verdict.reason else "",
        news=confirmed or external in new_conflicts,
        unit_id=unit_id,
        owner_staff_id=owner or None,
        follower_staff_ids=following,
        owner_mismatch=confirmed and owner not in following,
    )


def _entries(outcomes: Sequence[BindingOutcome], actor: str) -> list[Entry]:
    return [
        Entry(
            kind="contact",
            act="contact.bound" if one.state == State.CONFIRMED else "contact.binding_conflict",
            actor=actor,
            object=f"contact:{one.external_userid}",
            unit=one.unit_id,
            reason=one.saying,
            payload={
                "customer_id": one.customer_id,
                "method": one.method,
                "confidence": one.confidence,
                "evidence": _told(one.evidence),
                "rivals": _told(one.rivals),
                "owner_mismatch": one.owner_mismatch,
            },
        )
        for one in outcomes
        if one.news
    ]


def _told(evidence: Sequence[Evidence]) -> list[dict[str, Any]]:
    return [{"customer_id": one.customer_id, "method": one.method, **one.facts} for one in evidence]
