"""A request about personal data: asked by one member of staff, approved by another."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync import erasure
from insights.models import PersonalRequest
from insights.personal.erasing import Erased, erase
from insights.personal.errors import (
    BasisNeeded,
    NotApproved,
    OwnRequest,
    PersonUnknown,
    RequestDecided,
    RequestUnknown,
)
from insights.personal.gathering import person_of
from kit.clock import bank_date
from kit.ledger import Entry, append

Kind = Literal["export", "erase", "readmit"]
READMITTED: Final = "readmitted"


@dataclass(frozen=True, slots=True)
class RequestFact:
    """A request as pages and commands show it."""

    number: str
    kind: str
    customer_id: int
    unit_id: str
    basis: str
    state: str
    asked_by: str
    asked_at: datetime
    decided_by: str
    decided_at: datetime | None
    opinion: str
    done_at: datetime | None
    counts: dict[str, Any]


async def ask(
    session: AsyncSession,
    customer_id: int,
    kind: Kind,
    *,
    basis: str,
    unit: str,
    actor: str,
    at: datetime,
) -> RequestFact:
    """Ask for a person's data or its erasure; nothing happens before somebody else approves.

    ``basis``: how the person asked and proved who they are. Raises PersonUnknown, BasisNeeded.
    """
    await person_of(session, customer_id=customer_id)
    return await _ask(session, customer_id, kind, basis=basis, unit=unit, actor=actor, at=at)


async def ask_back(
    session: AsyncSession, customer_no: str, *, basis: str, actor: str, at: datetime
) -> RequestFact:
    """Ask that files may bring this erased number again, because the person came back herself.

    What comes is a new record without consents; the erased one stays erased. Raises
    PersonUnknown where the number was not erased, BasisNeeded.
    """
    erasure_number = await erasure.erased_by(session, customer_no)
    if erasure_number is None:
        raise PersonUnknown("这个客户号没有办过删除", do="核对客户号；没有删除过的不用重新接纳")
    before = await one(session, erasure_number)
    return await _ask(
        session, before.customer_id, "readmit", basis=basis, unit=before.unit_id, actor=actor,
        at=at, counts={READMITTED: {erasure_number: 1}},
    )  # fmt: skip


async def _ask(
    session: AsyncSession,
    customer_id: int,
    kind: Kind,
    *,
    basis: str,
    unit: str,
    actor: str,
    at: datetime,
    counts: dict[str, Any] | None = None,
) -> RequestFact:
    words = " ".join(basis.split())
    if len(words) < 4:
        raise BasisNeeded(
            "请写明客户本人怎样提出、怎样核实身份", do="例如：客户持身份证到网点书面申请"
        )
    row = PersonalRequest(
        number=f"GX{bank_date(at):%Y%m%d}-{secrets.token_hex(3).upper()}",
        kind=kind,
        customer_id=customer_id,
        unit_id=unit,
        basis=words[:400],
        state="asked",
        asked_by=actor,
        asked_at=at,
        counts=counts or {},
    )
    session.add(row)
    await session.flush()
    await _record(session, row, "personal.asked", actor, at, kind=kind)
    return _fact(row)


async def decide(
    session: AsyncSession, number: str, *, approve: bool, opinion: str, actor: str, at: datetime
) -> RequestFact:
    """A second person approves or refuses. Raises RequestDecided, OwnRequest, BasisNeeded.

    An approved erasure or readmission is carried out at once, in the same transaction.
    """
    row = await _locked(session, number)
    if row.state != "asked":
        raise RequestDecided("这项请求已经有人处理", saw=row.state, do="刷新页面")
    if row.asked_by == actor:
        raise OwnRequest("不能批准自己提出的请求", do="请另一位有权限的同事处理")
    if len(opinion.strip()) < 2:
        raise BasisNeeded("请写处理意见", do="写明为什么同意或不同意")
    row.state = "approved" if approve else "refused"
    row.decided_by, row.decided_at, row.opinion = actor, at, opinion.strip()[:400]
    await session.flush()
    act = "personal.approved" if approve else "personal.refused"
    await _record(session, row, act, actor, at, opinion=row.opinion)
    if approve and row.kind == "erase":
        await _carry_out(session, row, actor, at)
    elif approve and row.kind == "readmit":
        for number in row.counts[READMITTED]:
            await erasure.readmit(session, number)
        row.state, row.done_at = "done", at
        await session.flush()
        await _record(session, row, "personal.readmitted", actor, at)
    return _fact(row)


async def _carry_out(
    session: AsyncSession, row: PersonalRequest, actor: str, at: datetime
) -> Erased:
    person = await person_of(session, customer_id=row.customer_id)
    done = await erase(session, person, number=row.number, unit=row.unit_id, actor=actor, at=at)
    row.state, row.done_at, row.counts = "done", at, done.as_json()
    await session.flush()
    return done


async def for_download(session: AsyncSession, number: str, at: datetime) -> RequestFact:
    """An approved export, marked as handed out. Raises RequestUnknown, NotApproved."""
    row = await _locked(session, number)
    if row.kind != "export" or row.state not in ("approved", "done"):
        raise NotApproved("这项请求还不能下载", saw=row.state, do="请另一位同事先批准")
    row.state, row.done_at = "done", row.done_at or at
    await session.flush()
    return _fact(row)


async def one(session: AsyncSession, number: str) -> RequestFact:
    """The request of that number. Raises RequestUnknown."""
    row = await session.get(PersonalRequest, number)
    if row is None:
        raise RequestUnknown("没有这项请求", saw=number[:40], do="从列表里选")
    return _fact(row)


async def listed(
    session: AsyncSession,
    *,
    units: frozenset[str] | None,
    state: str = "",
    kind: str = "",
    before: datetime | None = None,
    limit: int = 50,
) -> list[RequestFact]:
    """Requests of the units in sight, newest first, older than ``before``."""
    query = select(PersonalRequest).where(*_conditions(units, state, kind))
    if before is not None:
        query = query.where(col(PersonalRequest.asked_at) < before)
    query = query.order_by(col(PersonalRequest.asked_at).desc()).limit(limit)
    return [_fact(row) for row in (await session.execute(query)).scalars()]


async def counts(
    session: AsyncSession, *, units: frozenset[str] | None, kind: str = ""
) -> dict[str, int]:
    """How many requests are in each state."""
    query = (
        select(col(PersonalRequest.state), func.count())
        .where(*_conditions(units, "", kind))
        .group_by(col(PersonalRequest.state))
    )
    return {state: number for state, number in await session.execute(query)}  # noqa: C416


def _conditions(units: frozenset[str] | None, state: str, kind: str) -> Sequence[Any]:
    found: list[Any] = []
    if units is not None:
        found.append(col(PersonalRequest.unit_id).in_(sorted(units)))
    if state:
        found.append(col(PersonalRequest.state) == state)
    if kind:
        found.append(col(PersonalRequest.kind) == kind)
    return found


async def _locked(session: AsyncSession, number: str) -> PersonalRequest:
    query = (
        select(PersonalRequest)
        .where(col(PersonalRequest.number) == number)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise RequestUnknown("没有这项请求", saw=number[:40], do="从列表里选")
    return row


async def _record(
    session: AsyncSession, row: PersonalRequest, act: str, actor: str, at: datetime, **payload: str
) -> None:
    entry = Entry(
        kind="customer",
        act=act,
        actor=actor,
        object=f"customer:{row.customer_id}",
        unit=row.unit_id,
        reason=row.number,
        payload=payload,
    )
    await append(session, [entry], at=at)


def _fact(row: PersonalRequest) -> RequestFact:
    return RequestFact(
        number=row.number,
        kind=row.kind,
        customer_id=row.customer_id,
        unit_id=row.unit_id,
        basis=row.basis,
        state=row.state,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        opinion=row.opinion,
        done_at=row.done_at,
        counts=dict(row.counts),
    )
