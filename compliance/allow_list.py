"""White lists (白名单): which customers may be shown a product, each entry by two people."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from compliance.errors import (
    EntryDecided,
    EntryRefused,
    EntryRepeated,
    EntryUnknown,
    SecondPersonNeeded,
)
from compliance.models import WAITING, AllowEntry
from compliance.repository import chunks
from kit.clock import bank_date
from kit.db import insert_into
from kit.ledger import Entry, append


@dataclass(frozen=True, slots=True)
class AllowFact:
    """One entry of a white list as pages show it."""

    entry_id: int
    product_code: str
    customer_id: int
    state: str
    reason: str
    expires_on: date
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    opinion: str


async def propose_entries(
    session: AsyncSession,
    product_code: str,
    customer_ids: Iterable[int],
    *,
    reason: str,
    expires_on: date,
    by: str,
    at: datetime,
) -> int:
    """Ask for customers to be put on the list of a product; nothing changes before approval.

    Returns how many entries were made: one for each customer. Raises EntryRefused without a
    reason or with an end that has passed, EntryRepeated where one of them waits or is on the
    list already, asked for by whomever; then nothing has changed.
    """
    if not reason.strip():
        raise EntryRefused("白名单申请必须写明理由", do="写明客户怎样符合这款产品的条件")
    if expires_on < bank_date(at):
        raise EntryRefused("白名单到期日已过", saw=expires_on.isoformat(), do="写今天或以后的日期")
    ids = sorted(set(customer_ids))
    if not ids:
        return 0
    if again := await _known(session, product_code, ids, bank_date(at)):
        raise _repeated(again)
    made = await session.execute(
        insert_into(session, AllowEntry)
        .on_conflict_do_nothing(index_elements=["product_code", "customer_id"], index_where=WAITING)
        .returning(AllowEntry.__table__.c.id),  # type: ignore[attr-defined]
        [
            {
                "product_code": product_code,
                "customer_id": customer_id,
                "state": "proposed",
                "reason": reason.strip()[:400],
                "expires_on": expires_on,
                "proposed_by": by,
                "proposed_at": at,
            }
            for customer_id in ids
        ],
    )
    if late := len(ids) - len(made.all()):  # somebody else asked in the same moment
        raise _repeated(late)
    payload = {"product": product_code, "until": expires_on.isoformat(), "why": reason}
    await append(
        session,
        [_entry("allow.proposed", by, customer_id, product_code, payload) for customer_id in ids],
        at=at,
    )
    return len(ids)


async def decide_entries(
    session: AsyncSession,
    entry_ids: Iterable[int],
    *,
    agree: bool,
    opinion: str,
    by: str,
    at: datetime,
) -> int:
    """Approve or refuse proposed entries as another person; returns how many.

    Raises EntryUnknown, EntryDecided, SecondPersonNeeded; then nothing has changed.
    """
    state = "approved" if agree else "refused"
    return await _decide(session, entry_ids, ("proposed",), state, opinion, by, at, another=True)


async def revoke_entries(
    session: AsyncSession, entry_ids: Iterable[int], *, opinion: str, by: str, at: datetime
) -> int:
    """Take customers off their lists at once; anyone who may see the list may do so.

    Every approved entry of the same customer and product goes with those named, because one
    that stayed would keep the customer on the list; returns how many went.
    """
    return await _decide(
        session, entry_ids, ("approved",), "revoked", opinion, by, at, another=False
    )


async def _decide(
    session: AsyncSession,
    entry_ids: Iterable[int],
    starts: tuple[str, ...],
    state: str,
    opinion: str,
    by: str,
    at: datetime,
    *,
    another: bool,
) -> int:
    if not opinion.strip():
        raise EntryRefused("请写意见", do="意见会记入审计日志")
    asked = set(entry_ids)
    rows = await _held(session, col(AllowEntry.id), asked)
    if missing := asked - {row.id for row in rows}:
        raise EntryUnknown("没有这条白名单申请", entry_id=min(missing))
    for row in rows:
        if row.state not in starts:
            raise EntryDecided("这条白名单申请已经有结论", saw=row.state, entry_id=row.id)
        if another and row.proposed_by == by:
            raise SecondPersonNeeded(
                "申请人不能批准自己的申请", do="请另一位有权限的同事批准", entry_id=row.id
            )
    if state == "revoked":
        rows = await _alike(session, rows)
    for row in rows:
        row.state, row.decided_by, row.decided_at = state, by, at
        row.opinion = opinion.strip()[:400]
    await session.flush()
    payload = {"opinion": opinion.strip()}
    await append(
        session,
        [_entry(f"allow.{state}", by, row.customer_id, row.product_code, payload) for row in rows],
        at=at,
    )
    return len(rows)


async def _known(
    session: AsyncSession, product_code: str, customer_ids: Iterable[int], today: date
) -> int:
    """How many of these customers wait for the list of a product, or are on it."""
    known: set[int] = set()
    for ids in chunks(customer_ids):
        query = select(col(AllowEntry.customer_id)).where(
            col(AllowEntry.product_code) == product_code,
            col(AllowEntry.customer_id).in_(ids),
            or_(
                col(AllowEntry.state) == "proposed",
                and_(col(AllowEntry.state) == "approved", col(AllowEntry.expires_on) >= today),
            ),
        )
        known.update((await session.execute(query)).scalars())
    return len(known)


def _repeated(number: int) -> EntryRepeated:
    return EntryRepeated(
        "有客户已经申请过、在等批准，或已在这款产品的名单上，这次一位也没有申请",
        saw=f"{number} 位",
        do="在白名单里按产品核对；要改到期日，先撤下再申请",
    )


async def _held(session: AsyncSession, column: Any, keys: Iterable[int]) -> list[AllowEntry]:
    """The entries whose ``column`` is one of ``keys``, held in the order of their numbers."""
    rows: list[AllowEntry] = []
    for some in chunks(keys):
        query = select(AllowEntry).where(column.in_(some)).order_by(col(AllowEntry.id))
        rows += (await session.execute(query.with_for_update())).scalars()
    return rows


async def _alike(session: AsyncSession, rows: Sequence[AllowEntry]) -> list[AllowEntry]:
    """Every approved entry of the customers and products of ``rows``, held."""
    wanted = {(row.product_code, row.customer_id) for row in rows}
    held = await _held(session, col(AllowEntry.customer_id), {row.customer_id for row in rows})
    return [
        row
        for row in held
        if row.state == "approved" and (row.product_code, row.customer_id) in wanted
    ]


async def allowed(
    session: AsyncSession, product_codes: Iterable[str], on: date
) -> dict[str, frozenset[int]]:
    """Who may be shown each product that has a white list on the day ``on``.

    A product for which no entry was ever approved is absent: it has no list, because asking
    alone, or asking in vain, changes nothing. One whose entries all ran out or were revoked is
    there with nobody on it.
    """
    codes = sorted(set(product_codes))
    if not codes:
        return {}
    listed = await session.execute(
        select(col(AllowEntry.product_code))
        .where(
            col(AllowEntry.product_code).in_(codes),
            col(AllowEntry.state).in_(("approved", "revoked")),
        )
        .distinct()
    )
    found: dict[str, set[int]] = {code: set() for code in listed.scalars()}
    valid = await session.execute(
        select(col(AllowEntry.product_code), col(AllowEntry.customer_id)).where(
            col(AllowEntry.product_code).in_(codes),
            col(AllowEntry.state) == "approved",
            col(AllowEntry.expires_on) >= on,
        )
    )
    for code, customer_id in valid:
        found[code].add(customer_id)
    return {code: frozenset(customers) for code, customers in found.items()}


async def of_customers(
    session: AsyncSession, customer_ids: Iterable[int], on: date
) -> dict[int, tuple[str, ...]]:
    """The products on whose white list each customer stands on the day ``on``, by code.

    One question for hundreds of customers; who stands on no list is absent.
    """
    found: dict[int, list[str]] = {}
    for ids in chunks(customer_ids):
        query = (
            select(col(AllowEntry.customer_id), col(AllowEntry.product_code))
            .where(
                col(AllowEntry.customer_id).in_(ids),
                col(AllowEntry.state) == "approved",
                col(AllowEntry.expires_on) >= on,
            )
            .distinct()
            .order_by(col(AllowEntry.customer_id), col(AllowEntry.product_code))
        )
        for customer_id, code in await session.execute(query):
            found.setdefault(customer_id, []).append(code)
    return {customer_id: tuple(codes) for customer_id, codes in found.items()}


async def entries(
    session: AsyncSession,
    *,
    product_code: str | None = None,
    states: Sequence[str] = ("proposed", "approved"),
    after: int = 0,
    limit: int = 50,
    within: Any = None,
    ids: Collection[int] | None = None,
) -> list[AllowFact]:
    """One page of entries in ``states``, oldest first.

    ``within``: a select of the customers in sight; ``ids``: these entries alone.
    """
    query = select(AllowEntry).where(
        col(AllowEntry.state).in_(list(states)), col(AllowEntry.id) > after, *_seen(within)
    )
    if product_code is not None:
        query = query.where(col(AllowEntry.product_code) == product_code)
    if ids is not None:
        query = query.where(col(AllowEntry.id).in_(sorted(ids)))
    rows = (await session.execute(query.order_by(col(AllowEntry.id)).limit(limit))).scalars()
    return [
        AllowFact(
            entry_id=row.id or 0,
            product_code=row.product_code,
            customer_id=row.customer_id,
            state=row.state,
            reason=row.reason,
            expires_on=row.expires_on,
            proposed_by=row.proposed_by,
            proposed_at=row.proposed_at,
            decided_by=row.decided_by,
            opinion=row.opinion,
        )
        for row in rows
    ]


async def counts(
    session: AsyncSession, *, product_code: str | None = None, within: Any = None
) -> dict[str, int]:
    """How many entries there are, by state."""
    query = select(col(AllowEntry.state), func.count()).where(*_seen(within))
    if product_code is not None:
        query = query.where(col(AllowEntry.product_code) == product_code)
    rows = await session.execute(query.group_by(col(AllowEntry.state)))
    return {state: int(number) for state, number in rows}


async def products(session: AsyncSession, *, within: Any = None) -> list[str]:
    """The products that have a white list with anybody in sight on it."""
    query = select(col(AllowEntry.product_code)).where(*_seen(within)).distinct()
    return sorted((await session.execute(query)).scalars())


def _seen(within: Any) -> list[ColumnElement[bool]]:
    return [] if within is None else [col(AllowEntry.customer_id).in_(within)]


def _entry(
    act: str, by: str, customer_id: int, product_code: str, payload: dict[str, str]
) -> Entry:
    return Entry(
        kind="customer",
        act=act,
        actor=by,
        object=f"customer:{customer_id}",
        reason=product_code,
        payload=payload,
    )
