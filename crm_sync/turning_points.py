"""Turns that planners select by: openings, dated events, a tier near, no activity, money leaving.

Like ``selection``, every one walks an index by keyset in pages, a question a page. What would
name a large part of the bank every day (a tier near, no activity) is looked at in turns: with
``every_days`` a customer comes up once in so many days, on a day that follows from its id.
"""

from calendar import isleap
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.facts import Turn
from crm_sync.models import Customer, CustomerEvent, CustomerStanding
from crm_sync.repository.keys import among
from crm_sync.repository.people import customer_fact, personas_of, reach
from crm_sync.repository.walking import CUSTOMERS, PAGE, rows_of, walk
from kit.db import cipher_of

YEARS: Final = 60
"""How far back an anniversary may have begun."""
OUT: Final = "money_out"


async def opened(session: AsyncSession, *, on: date, page: int = PAGE) -> AsyncIterator[list[Turn]]:
    """Customers whose account was opened on ``on``."""
    where = col(Customer.opened_on) == on
    async for rows in _walk(session, CUSTOMERS, where, col(Customer.id), (), page):
        yield await _turns(session, rows, lambda _: (on.isoformat(), on))


async def events(
    session: AsyncSession, *, on: date, kinds: Collection[str], page: int = PAGE
) -> AsyncIterator[list[Turn]]:
    """Dated events of ``kinds`` that fall on ``on``: imported, or put in by hand."""
    source = CustomerEvent.__table__.join(  # type: ignore[attr-defined]
        Customer, col(Customer.id) == col(CustomerEvent.customer_id)
    )
    where = and_(col(CustomerEvent.on) == on, col(CustomerEvent.kind).in_(sorted(kinds)))
    extra = (col(CustomerEvent.amount_fen), col(CustomerEvent.note))
    async for rows in _walk(session, source, where, col(CustomerEvent.id), extra, page):
        yield await _turns(session, rows, lambda row: (str(row.walk_id), on))


async def anniversaries(
    session: AsyncSession, *, on: date, kinds: Collection[str], page: int = PAGE
) -> AsyncIterator[list[Turn]]:
    """Events of ``kinds`` that fell on the day of ``on`` in an earlier year; the ref names the year."""
    source = CustomerEvent.__table__.join(  # type: ignore[attr-defined]
        Customer, col(Customer.id) == col(CustomerEvent.customer_id)
    )
    where = and_(
        col(CustomerEvent.on).in_(same_days(on)), col(CustomerEvent.kind).in_(sorted(kinds))
    )
    extra = (col(CustomerEvent.note),)
    async for rows in _walk(session, source, where, col(CustomerEvent.id), extra, page):
        yield await _turns(session, rows, lambda row: (f"{row.walk_id}.{on.year}", on))


def same_days(day: date) -> list[date]:
    """The day of ``day`` in each year before, up to ``YEARS``; 29 February is kept on the 28th
    of a year that has none."""
    found = []
    for year in range(day.year - YEARS, day.year):
        if (day.month, day.day) == (2, 28) and isleap(year) and not isleap(day.year):
            found.append(date(year, 2, 29))
        if (day.month, day.day) != (2, 29) or isleap(year):
            found.append(day.replace(year=year))
    return found


async def near_tier(
    session: AsyncSession,
    *,
    day: date,
    edge_fen: int,
    within_percent: int,
    every_days: int,
    page: int = PAGE,
) -> AsyncIterator[list[Turn]]:
    """Customers below a tier's edge by at most ``within_percent`` of it; ``amount_fen``: what lacks.

    ``note`` is the motive that the bank recorded (attribute ``motive``), where it did.
    """
    lowest = edge_fen - edge_fen * within_percent // 100
    where = and_(
        col(Customer.aum_fen) >= lowest,
        col(Customer.aum_fen) < edge_fen,
        by_turns(day, every_days),
    )
    period = day.toordinal() // every_days
    extra = (
        (edge_fen - col(Customer.aum_fen)).label("amount_fen"),
        col(Customer.attributes),
    )
    async for rows in _walk(session, CUSTOMERS, where, col(Customer.id), extra, page):
        yield await _turns(session, rows, lambda _: (f"{edge_fen}.{period}", day))


async def quiet(
    session: AsyncSession,
    *,
    day: date,
    activities: Collection[str],
    every_days: int,
    page: int = PAGE,
) -> AsyncIterator[list[Turn]]:
    """Customers whose activity (``customer_standing``) is one of ``activities``."""
    source = CustomerStanding.__table__.join(  # type: ignore[attr-defined]
        Customer, col(Customer.id) == col(CustomerStanding.customer_id)
    )
    where = and_(col(CustomerStanding.activity).in_(sorted(activities)), by_turns(day, every_days))
    period = day.toordinal() // every_days
    async for rows in _walk(session, source, where, col(Customer.id), (), page):
        yield await _turns(session, rows, lambda _: (str(period), day))


async def leaving(
    session: AsyncSession,
    *,
    day: date,
    fresh_days: int,
    window_days: int,
    times: int,
    from_fen: int,
    page: int = PAGE,
) -> AsyncIterator[list[Turn]]:
    """Customers with ``times`` days of transfers out in the window, the last within ``fresh_days``.

    Transfers below ``from_fen`` are not looked at. ``moves`` holds the window's transfers by
    day; whether they are regular is the caller's to judge.
    """
    counted = and_(
        col(CustomerEvent.kind) == OUT,
        col(CustomerEvent.on) > day - timedelta(days=window_days),
        col(CustomerEvent.on) <= day,
        col(CustomerEvent.amount_fen) >= from_fen,
    )
    found = (
        select(col(CustomerEvent.customer_id))
        .where(counted)
        .group_by(col(CustomerEvent.customer_id))
        .having(
            func.count(col(CustomerEvent.on).distinct()) >= times,
            func.max(col(CustomerEvent.on)) > day - timedelta(days=fresh_days),
        )
    )
    where = col(Customer.id).in_(found)
    async for rows in _walk(session, CUSTOMERS, where, col(Customer.id), (), page):
        moves: defaultdict[int, dict[date, int]] = defaultdict(dict)
        query = (
            select(
                col(CustomerEvent.customer_id),
                col(CustomerEvent.on),
                func.sum(col(CustomerEvent.amount_fen)),
            )
            .where(
                counted,
                among(session, col(CustomerEvent.customer_id), [r.customer_id for r in rows]),
            )
            .group_by(col(CustomerEvent.customer_id), col(CustomerEvent.on))
        )
        for customer_id, on, amount in await session.execute(query):
            moves[customer_id][on] = int(amount or 0)
        yield await _turns(
            session,
            rows,
            lambda row, of=moves: (max(of[row.customer_id]).isoformat(), max(of[row.customer_id])),
            moves,
        )


async def customers_where(
    session: AsyncSession,
    where: ColumnElement[bool],
    day: date,
    every_days: int,
    page: int = PAGE,
) -> AsyncIterator[list[Turn]]:
    """Customers of whom ``where`` holds; the ref is the round of ``every_days`` days."""
    ref = str(day.toordinal() // every_days)
    async for rows in _walk(session, CUSTOMERS, where, col(Customer.id), (), page):
        yield await _turns(session, rows, lambda _: (ref, day))


def by_turns(day: date, every_days: int) -> ColumnElement[bool]:
    """Whether ``day`` is the one in ``every_days`` on which a customer comes up."""
    return col(Customer.id) % every_days == day.toordinal() % every_days


async def _walk(
    session: AsyncSession,
    source: Any,
    where: ColumnElement[bool],
    ident: Any,
    extra: Sequence[Any],
    page: int,
) -> AsyncIterator[list[Any]]:
    """Rows by ascending ``ident`` (as ``walk_id``), the best way to each customer kept."""
    async for ids in walk(session, source, where, ident, page):
        yield await rows_of(session, ids, source=source, ident=ident, extra=extra)


async def _turns(
    session: AsyncSession,
    rows: Sequence[Any],
    what: Any,
    moves: dict[int, dict[date, int]] | None = None,
) -> list[Turn]:
    """Facts of rows; ``what(row)`` gives the ref and the day."""
    personas = await personas_of(session, {row.customer_id for row in rows})
    cipher = cipher_of(session)
    found = []
    for row in rows:
        ref, on = what(row)
        known = row._mapping
        note = known.get("note") or (known.get("attributes") or {}).get("motive", "")
        found.append(
            Turn(
                customer=customer_fact(cipher, row, personas),
                reach=reach(row),
                ref=ref,
                on=on,
                amount_fen=known.get("amount_fen"),
                note=note,
                moves=tuple(sorted((moves or {}).get(row.customer_id, {}).items())),
            )
        )
    return found
