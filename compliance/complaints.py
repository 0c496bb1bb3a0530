"""投诉: a case from its opening to its close; while it is open nothing is sold to the customer.

opened → in_hand → answered → closed; a case may be closed from every state, always with a reason.
Who complains is a customer, a WeCom contact who is not matched yet, or somebody we cannot name.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from compliance.errors import CaseNotThere, ComplaintRefused, ComplaintUnknown, TooManyComplaints
from compliance.models import ComplaintCase, ContactSilence
from compliance.service import close_complaint, open_complaint
from config.complaint_policy import ComplaintPolicy
from kit.clock import bank_date, bank_moment
from kit.db import cipher_of, upsert
from kit.ledger import Entry, append

FROZEN: Final = "complaint"
"""The scope in which an unmatched contact is silent while their complaint is in hand."""
SIGNS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LEAST_WORDS: Final = 5


class CaseState(StrEnum):
    """Where a case stands."""

    OPENED = "opened"
    IN_HAND = "in_hand"
    ANSWERED = "answered"
    CLOSED = "closed"


MOVES: Final = {
    "take": (CaseState.IN_HAND, frozenset({CaseState.OPENED})),
    "answer": (CaseState.ANSWERED, frozenset({CaseState.OPENED, CaseState.IN_HAND})),
    "close": (
        CaseState.CLOSED,
        frozenset({CaseState.OPENED, CaseState.IN_HAND, CaseState.ANSWERED}),
    ),
}
"""What may be done with a case: where it leads, and from which states."""


@dataclass(frozen=True, slots=True)
class Complainant:
    """Who complains: ``customer_id``, else ``external_userid``, else nobody we can name."""

    customer_id: int | None = None
    external_userid: str = ""
    unit_id: str = "hq"

    @property
    def actor(self) -> str:
        """As the ledger names them."""
        if self.customer_id is not None:
            return f"customer:{self.customer_id}"
        return f"contact:{self.external_userid}" if self.external_userid else "customer:unknown"


@dataclass(frozen=True, slots=True)
class Case:
    """A case as people read it, its words opened. ``new`` is False where it was there already."""

    complaint_no: str
    state: CaseState
    about: str
    words: str
    source: str
    customer_id: int | None
    external_userid: str
    unit_id: str
    opened_at: datetime
    due_on: date
    handler: str
    answer: str
    answered_at: datetime | None
    closed_by: str
    closed_at: datetime | None
    closing: str
    new: bool = True


async def open_case(
    session: AsyncSession,
    who: Complainant,
    *,
    about: str,
    words: str,
    source: str,
    at: datetime,
    policy: ComplaintPolicy,
) -> Case:
    """Open a case and freeze marketing to whoever complains; the same words twice are one case.

    Raises ComplaintRefused for words or a reason that cannot be used, TooManyComplaints beyond
    the policy's limits.
    """
    said = _checked(about, words, policy)
    cipher = cipher_of(session)
    words_hash = cipher.blind("complaint", f"{who.actor}|{about}|{said}")
    same = select(ComplaintCase).where(
        col(ComplaintCase.words_hash) == words_hash, col(ComplaintCase.state) != CaseState.CLOSED
    )
    known = (await session.execute(same)).scalars().first()
    if known is not None:
        return _case(session, known, new=False)
    await _demand_room(session, who, at, policy)
    number = f"TS{bank_date(at):%Y%m%d}{''.join(secrets.choice(SIGNS) for _ in range(6))}"
    row = ComplaintCase(
        complaint_no=number,
        state=CaseState.OPENED,
        about=about,
        words=cipher.seal("complaint_case.words", number, said),
        words_hash=words_hash,
        source=source,
        customer_id=who.customer_id,
        external_userid=who.external_userid,
        unit_id=who.unit_id,
        opened_at=at,
        due_on=bank_date(at) + timedelta(days=policy.answer_days),
    )
    session.add(row)
    await session.flush()
    await _freeze(session, who, number, source=source, at=at)
    return _case(session, row)


def _checked(about: str, words: str, policy: ComplaintPolicy) -> str:
    said = "\n".join(" ".join(line.split()) for line in words.splitlines() if line.strip())
    if about not in {one.key for one in policy.about}:
        raise ComplaintRefused("请选一个事由", saw=about[:16], do="从页面列出的事由里选一个")
    if len(said) < LEAST_WORDS:
        raise ComplaintRefused(
            "请写明是什么事", do=f"至少写 {LEAST_WORDS} 个字，例如什么时候、谁、怎么了"
        )
    if len(said) > policy.most_words:
        raise ComplaintRefused(
            "写得太长了",
            saw=f"{len(said)} 字",
            do=f"写到 {policy.most_words} 字以内，细节可以在我们联系您时再说",
        )
    return said


async def _demand_room(
    session: AsyncSession, who: Complainant, at: datetime, policy: ComplaintPolicy
) -> None:
    count = select(func.count()).select_from(ComplaintCase)
    if who.customer_id is not None:
        count = count.where(col(ComplaintCase.customer_id) == who.customer_id)
    else:
        count = count.where(
            col(ComplaintCase.customer_id).is_(None),
            col(ComplaintCase.external_userid) == who.external_userid,
        )
    named = who.customer_id is not None or who.external_userid
    most = policy.per_day if named else policy.unknown_per_hour
    since = bank_moment(bank_date(at)) if named else at - timedelta(hours=1)
    made = (await session.execute(count.where(col(ComplaintCase.opened_at) >= since))).scalar_one()
    if int(made) >= most:
        raise TooManyComplaints(
            "今天已经收到您的投诉，正在办理", do="有补充请直接打客服电话，或明天再提交"
        )


async def _freeze(
    session: AsyncSession, who: Complainant, number: str, *, source: str, at: datetime
) -> None:
    if who.customer_id is not None:
        await open_complaint(
            session,
            who.customer_id,
            number,
            source=source,
            at=at,
            actor=who.actor,
            unit=who.unit_id,
        )
    elif who.external_userid:
        row = {
            "external_userid": who.external_userid,
            "scope": FROZEN,
            "source": source,
            "since": at,
            "actor": who.actor,
            "lifted_at": None,
        }
        await upsert(
            session,
            ContactSilence,
            [row],
            key=["external_userid", "scope"],
            update=["source", "since", "actor", "lifted_at"],
        )
    await append(
        session,
        [_entry("complaint.received", who.actor, number, who.unit_id, source=source)],
        at=at,
    )


async def move(
    session: AsyncSession,
    complaint_no: str,
    step: str,
    *,
    words: str,
    by: str,
    at: datetime,
    units: Collection[str] | None,
) -> Case:
    """Take, answer or close a case (``MOVES``); closing ends the freeze in the same transaction.

    Raises ComplaintUnknown outside of ``units``, CaseNotThere where the case stands elsewhere,
    ComplaintRefused for an answer or a closing without words.
    """
    to, before = MOVES[step]
    said = " ".join(words.split())
    if step != "take" and len(said) < LEAST_WORDS:
        what = "请写明答复了什么" if step == "answer" else "请写明结案的理由"
        raise ComplaintRefused(what, do="例如：已电话致歉并说明，客户认可")
    case = await one(session, complaint_no, units=units)
    values: dict[str, Any] = {"state": to}
    act = "complaint.settled"
    if step == "take":
        act = "complaint.taken"
        values |= {"handler": by}
    elif step == "answer":
        act = "complaint.answered"
        sealed = cipher_of(session).seal("complaint_case.answer", complaint_no, said[:1000])
        values |= {"answer": sealed, "answered_at": at, "handler": by}
    else:
        sealed = cipher_of(session).seal("complaint_case.closing", complaint_no, said[:1000])
        values |= {"closing": sealed, "closed_at": at, "closed_by": by}
    done = await session.execute(
        update(ComplaintCase)
        .where(
            col(ComplaintCase.complaint_no) == complaint_no, col(ComplaintCase.state).in_(before)
        )
        .values(**values)
        .returning(col(ComplaintCase.complaint_no))
        .execution_options(synchronize_session=False)
    )
    if done.scalar_one_or_none() is None:
        raise CaseNotThere("这件投诉已经到了别的一步", saw=case.state.value, do="刷新页面后再办")
    if step == "close":
        await _thaw(session, case, by=by, at=at)
    await append(session, [_entry(act, by, complaint_no, case.unit_id)], at=at)
    return await one(session, complaint_no, units=units)


async def _thaw(session: AsyncSession, case: Case, *, by: str, at: datetime) -> None:
    """The freeze ends with the case; another case of the same person keeps its own."""
    if case.customer_id is not None:
        await close_complaint(session, case.complaint_no, at=at, actor=by, unit=case.unit_id)
    if not case.external_userid:
        return
    others = select(func.count()).where(
        col(ComplaintCase.external_userid) == case.external_userid,
        col(ComplaintCase.customer_id).is_(None),
        col(ComplaintCase.state) != CaseState.CLOSED,
    )
    if not int((await session.execute(others)).scalar_one()):
        await session.execute(
            update(ContactSilence)
            .where(
                col(ContactSilence.external_userid) == case.external_userid,
                col(ContactSilence.scope) == FROZEN,
            )
            .values(lifted_at=at)
            .execution_options(synchronize_session=False)
        )


async def one(session: AsyncSession, complaint_no: str, *, units: Collection[str] | None) -> Case:
    """One case, if its unit is among ``units`` (None: all). Raises ComplaintUnknown."""
    query = _of(select(ComplaintCase), units).where(col(ComplaintCase.complaint_no) == complaint_no)
    row = (
        await session.execute(query.execution_options(populate_existing=True))
    ).scalar_one_or_none()
    if row is None:
        raise ComplaintUnknown("没有这件投诉，或不在你的查看范围内", do="核对编号，或刷新列表")
    return _case(session, row)


async def cases(
    session: AsyncSession,
    *,
    units: Collection[str] | None,
    state: CaseState | None,
    late_on: date | None = None,
    frozen: bool = False,
    before: tuple[datetime, str] | None = None,
    limit: int,
) -> list[Case]:
    """Cases in sight, the newest first, from ``before`` on.

    ``late_on``: unanswered past their day; ``frozen``: those that keep marketing away now.
    """
    query = _wanted(select(ComplaintCase), units, state, late_on)
    if frozen:
        query = query.where(col(ComplaintCase.state) != CaseState.CLOSED)
    if before is not None:
        opened, number = before
        query = query.where(
            (col(ComplaintCase.opened_at) < opened)
            | (
                (col(ComplaintCase.opened_at) == opened)
                & (col(ComplaintCase.complaint_no) < number)
            )
        )
    query = query.order_by(
        col(ComplaintCase.opened_at).desc(), col(ComplaintCase.complaint_no).desc()
    ).limit(limit)
    return [_case(session, row) for row in (await session.execute(query)).scalars()]


async def counts(session: AsyncSession, *, units: Collection[str] | None) -> dict[CaseState, int]:
    """How many cases stand in each state."""
    query = _of(select(col(ComplaintCase.state), func.count()), units)
    found = dict.fromkeys(CaseState, 0)
    for state, number in await session.execute(query.group_by(col(ComplaintCase.state))):
        found[CaseState(state)] = int(number)
    return found


async def late(session: AsyncSession, *, units: Collection[str] | None, on: date) -> int:
    """How many are past the day by which they must be answered."""
    query = _wanted(select(func.count()).select_from(ComplaintCase), units, None, on)
    return int((await session.execute(query)).scalar_one())


def _wanted(
    query: Any, units: Collection[str] | None, state: CaseState | None, late_on: date | None
) -> Any:
    query = _of(query, units)
    if state is not None:
        query = query.where(col(ComplaintCase.state) == state)
    if late_on is not None:
        waiting = (CaseState.OPENED, CaseState.IN_HAND)
        query = query.where(
            col(ComplaintCase.state).in_(waiting), col(ComplaintCase.due_on) < late_on
        )
    return query


def _of(query: Any, units: Collection[str] | None) -> Any:
    return query if units is None else query.where(col(ComplaintCase.unit_id).in_(sorted(units)))


def _case(session: AsyncSession, row: ComplaintCase, *, new: bool = True) -> Case:
    cipher, number = cipher_of(session), row.complaint_no
    answer, closing = row.answer, row.closing
    return Case(
        complaint_no=number,
        state=CaseState(row.state),
        about=row.about,
        words=cipher.open("complaint_case.words", number, row.words) if row.words else "",
        source=row.source,
        customer_id=row.customer_id,
        external_userid=row.external_userid,
        unit_id=row.unit_id,
        opened_at=row.opened_at,
        due_on=row.due_on,
        handler=row.handler,
        answer=cipher.open("complaint_case.answer", number, answer) if answer else "",
        answered_at=row.answered_at,
        closed_by=row.closed_by,
        closed_at=row.closed_at,
        closing=cipher.open("complaint_case.closing", number, closing) if closing else "",
        new=new,
    )


def _entry(act: str, actor: str, number: str, unit: str, **payload: str) -> Entry:
    return Entry(
        kind="customer", act=act, actor=actor, object=f"complaint:{number}", unit=unit,
        reason=number, payload=payload,
    )  # fmt: skip
