"""Cases that come from the bank's complaint system: landed in bulk, the freeze with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from compliance.complaints import CaseState
from compliance.models import ComplaintCase, ComplaintFreeze
from compliance.repository import CHUNK
from config.complaint_policy import ComplaintPolicy
from kit.clock import bank_date
from kit.db import insert_new, upsert
from kit.ledger import Entry, append

SOURCE: Final = "本行投诉系统"
_RANK: Final = {state.value: place for place, state in enumerate(CaseState)}
_MOVING: Final = {
    CaseState.OPENED: ("state",),
    CaseState.IN_HAND: ("state",),
    CaseState.ANSWERED: ("state", "answer", "answered_at"),
    CaseState.CLOSED: ("state", "closing", "closed_at", "closed_by"),
}
"""What a known case takes from the file when it moves to a state, beside the day by which it is
to be answered where the file has one; the rest stays as it was."""


@dataclass(frozen=True, slots=True)
class FiledCase:
    """A case as the file has it; ``words`` and ``result`` are sealed for the case's columns."""

    complaint_no: str
    customer_id: int
    about: str
    words: bytes | None
    words_hash: str
    opened_at: datetime
    due_on: date | None
    state: str
    result: bytes | None
    unit_id: str


@dataclass(frozen=True, slots=True)
class Landed:
    """What landing did: new cases, known ones that moved on, and those of both that ended now."""

    opened: tuple[FiledCase, ...]
    moved: tuple[FiledCase, ...]
    closed: tuple[FiledCase, ...]

    @property
    def frozen(self) -> tuple[FiledCase, ...]:
        """New cases that are in hand: marketing to these customers is frozen from now on."""
        return tuple(one for one in self.opened if one.state != CaseState.CLOSED)

    @property
    def fresh(self) -> int:
        """How many cases are new or moved on."""
        return len(self.opened) + len(self.moved)


async def land(
    session: AsyncSession,
    cases: Sequence[FiledCase],
    *,
    policy: ComplaintPolicy,
    at: datetime,
    actor: str,
) -> Landed:
    """Write new cases, move known ones on, freeze and thaw; a few statements however many.

    A case never moves back. A number that is on record as somebody else's case, or as nobody's,
    is left out (``of_others`` tells which).
    """
    known = await _known(session, [one.complaint_no for one in cases])
    opened: list[FiledCase] = []
    moved: list[FiledCase] = []
    for one in cases:
        before = known.get(one.complaint_no)
        if before is None:
            opened.append(one)
            continue
        state, customer_id = before
        if customer_id == one.customer_id and _RANK[one.state] > _RANK[state]:
            moved.append(one)
    ended = [one for one in opened if one.state == CaseState.CLOSED]
    closed = [*ended, *(one for one in moved if one.state == CaseState.CLOSED)]
    done = Landed(tuple(opened), tuple(moved), tuple(closed))
    await _write(session, (*opened, *moved), policy, at, actor)
    if done.frozen:
        await insert_new(
            session,
            ComplaintFreeze,
            [
                {
                    "complaint_no": one.complaint_no,
                    "customer_id": one.customer_id,
                    "opened_at": one.opened_at,
                    "closed_at": None,
                    "source": SOURCE,
                }
                for one in done.frozen
            ],
            key=["complaint_no"],
        )
    await session.execute(
        update(ComplaintFreeze)
        .where(
            col(ComplaintFreeze.complaint_no).in_([one.complaint_no for one in closed]),
            col(ComplaintFreeze.closed_at).is_(None),
        )
        .values(closed_at=at)
        .execution_options(synchronize_session=False)
    )
    await append(
        session,
        [
            *(_entry("complaint.received", one, actor) for one in opened),
            *(_moved(one, actor) for one in (*moved, *ended)),
        ],
        at=at,
    )
    return done


async def of_others(session: AsyncSession, customers: Mapping[str, int]) -> frozenset[str]:
    """Which of these numbers (each with its customer in the file) are on record as the case of
    another customer, or of somebody whom the bank could not match."""
    numbers, found = sorted(customers), set()
    for start in range(0, len(numbers), CHUNK):
        query = select(col(ComplaintCase.complaint_no), col(ComplaintCase.customer_id)).where(
            col(ComplaintCase.complaint_no).in_(numbers[start : start + CHUNK])
        )
        for number, customer_id in await session.execute(query):
            if customer_id != customers[number]:
                found.add(number)
    return frozenset(found)


async def _write(
    session: AsyncSession,
    cases: Sequence[FiledCase],
    policy: ComplaintPolicy,
    at: datetime,
    actor: str,
) -> None:
    """Insert or move cases: a statement for each state, with and without a day of its own."""
    for state, columns in _MOVING.items():
        for dated in (True, False):
            rows = [
                _row(one, policy, at, actor)
                for one in cases
                if one.state == state and (one.due_on is not None) is dated
            ]
            taken = [*columns, "due_on"] if dated else list(columns)
            await upsert(session, ComplaintCase, rows, key=["complaint_no"], update=taken)


async def _known(
    session: AsyncSession, numbers: Sequence[str]
) -> dict[str, tuple[str, int | None]]:
    query = (
        select(
            col(ComplaintCase.complaint_no),
            col(ComplaintCase.state),
            col(ComplaintCase.customer_id),
        )
        .where(col(ComplaintCase.complaint_no).in_(list(numbers)))
        .with_for_update()
    )
    return {number: (state, who) for number, state, who in await session.execute(query)}


def _row(one: FiledCase, policy: ComplaintPolicy, at: datetime, actor: str) -> dict[str, Any]:
    closed, answered = one.state == CaseState.CLOSED, one.state == CaseState.ANSWERED
    return {
        "complaint_no": one.complaint_no,
        "state": one.state,
        "about": one.about,
        "words": one.words,
        "words_hash": one.words_hash,
        "source": SOURCE,
        "customer_id": one.customer_id,
        "external_userid": "",
        "unit_id": one.unit_id,
        "opened_at": one.opened_at,
        "due_on": one.due_on or bank_date(one.opened_at) + timedelta(days=policy.answer_days),
        "handler": "",
        "answer": one.result if answered else None,
        "answered_at": at if answered else None,
        "closed_by": actor if closed else "",
        "closed_at": at if closed else None,
        "closing": one.result if closed else None,
    }


def _moved(one: FiledCase, actor: str) -> Entry:
    """The act of a case's step, as when a person takes it."""
    if one.state == CaseState.IN_HAND:
        return _entry("complaint.taken", one, actor)
    if one.state == CaseState.ANSWERED:
        return _entry("complaint.answered", one, actor)
    return _entry("complaint.settled", one, actor)


def _entry(act: str, one: FiledCase, actor: str) -> Entry:
    return Entry(
        kind="customer",
        act=act,
        actor=actor,
        object=f"complaint:{one.complaint_no}",
        unit=one.unit_id,
        reason=one.complaint_no,
        payload={"source": SOURCE, "customer": one.customer_id, "state": one.state},
    )
