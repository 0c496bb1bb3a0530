"""What a manager's book looks like in a quarter: product kinds held, assets before and after."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import (
    Contact,
    Coverage,
    Customer,
    CustomerSnapshot,
    Holding,
    Relation,
    Staff,
)
from crm_sync.repository.keys import among
from crm_sync.repository.people import OWNER, live


@dataclass(frozen=True, slots=True)
class BookFigures:
    """One manager's parts and wholes: customers, those with enough product kinds, those with
    assets known at both ends and their sums in 分, friends in WeCom, reached by the manager."""

    staff_id: str
    unit_id: str
    customers: int
    crossed: int
    before_fen: int
    after_fen: int
    measured: int
    friends: int
    reached: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What is scored: which product kinds count and how many, assets since which day, whom the
    managers reached (a select of ``customer_id``, ``staff_id``)."""

    kinds: Sequence[str]
    products: int
    base: date | None
    reached: Select[Any]


async def base_day(session: AsyncSession, begins: date) -> date | None:
    """The day of the last snapshots up to ``begins``, else of the first after it."""
    on = col(CustomerSnapshot.on)
    last = (await session.execute(select(func.max(on)).where(on <= begins))).scalar_one()
    if last is not None:
        return last
    first: date | None = (await session.execute(select(func.min(on)))).scalar_one()
    return first


def _book(session: AsyncSession, units: Collection[str] | None, staff_id: str = "") -> Any:
    query: Any = (
        select(col(Coverage.customer_id), col(Coverage.staff_id), col(Staff.unit_id))
        .join(Staff, col(Staff.staff_id) == col(Coverage.staff_id))
        .join(Customer, col(Customer.id) == col(Coverage.customer_id))
        .where(
            col(Coverage.kind) == OWNER,
            col(Customer.removed_at).is_(None),
            col(Staff.removed_at).is_(None),
        )
    )
    if units is not None:
        query = query.where(among(session, col(Staff.unit_id), units))
    if staff_id:
        query = query.where(col(Coverage.staff_id) == staff_id)
    return query.subquery("book")


def _crossed(asked: Asked) -> Any:
    return (
        select(col(Holding.customer_id))
        .where(col(Holding.removed_at).is_(None), col(Holding.kind).in_(list(asked.kinds)))
        .group_by(col(Holding.customer_id))
        .having(func.count(col(Holding.kind).distinct()) >= asked.products)
    )


def _friends(book: Any) -> Any:
    return (
        select(book.c.customer_id, book.c.staff_id)
        .join(Staff, col(Staff.staff_id) == book.c.staff_id)
        .join(Contact, col(Contact.customer_id) == book.c.customer_id)
        .join(
            Relation,
            and_(
                col(Relation.external_userid) == col(Contact.external_userid),
                col(Relation.userid) == col(Staff.userid),
            ),
        )
        .where(live())
        .distinct()
    )


def _reached(book: Any, asked: Asked) -> Any:
    touched = asked.reached.subquery("touched")
    return select(book.c.customer_id, book.c.staff_id).join(
        touched,
        and_(touched.c.customer_id == book.c.customer_id, touched.c.staff_id == book.c.staff_id),
    )


async def figures(
    session: AsyncSession, units: Collection[str] | None, asked: Asked
) -> list[BookFigures]:
    """The figures of every manager of these units who owns somebody; five statements in all."""
    book = _book(session, units)
    whole = (
        await session.execute(
            select(book.c.staff_id, book.c.unit_id, func.count().label("n"))
            .group_by(book.c.staff_id, book.c.unit_id)
            .order_by(book.c.staff_id)
        )
    ).all()
    crossed = await _by_staff(
        session,
        select(book.c.staff_id, func.count())
        .where(book.c.customer_id.in_(_crossed(asked)))
        .group_by(book.c.staff_id),
    )
    friends, reached = _friends(book).subquery(), _reached(book, asked).subquery()
    known = await _by_staff(
        session, select(friends.c.staff_id, func.count()).group_by(friends.c.staff_id)
    )
    touched = await _by_staff(
        session, select(reached.c.staff_id, func.count()).group_by(reached.c.staff_id)
    )
    both = _both_ends(book, asked)
    sums = {
        row.staff_id: row
        for row in await session.execute(
            select(
                both.c.staff_id,
                func.count().label("n"),
                func.sum(both.c.before_fen).label("before_fen"),
                func.sum(both.c.after_fen).label("after_fen"),
            ).group_by(both.c.staff_id)
        )
    }
    return [
        BookFigures(
            row.staff_id,
            row.unit_id,
            int(row.n),
            crossed.get(row.staff_id, 0),
            int(sums[row.staff_id].before_fen) if row.staff_id in sums else 0,
            int(sums[row.staff_id].after_fen) if row.staff_id in sums else 0,
            int(sums[row.staff_id].n) if row.staff_id in sums else 0,
            known.get(row.staff_id, 0),
            touched.get(row.staff_id, 0),
        )
        for row in whole
    ]


def _both_ends(book: Any, asked: Asked) -> Any:
    return (
        select(
            book.c.customer_id,
            book.c.staff_id,
            col(CustomerSnapshot.aum_fen).label("before_fen"),
            col(Customer.aum_fen).label("after_fen"),
        )
        .join(Customer, col(Customer.id) == book.c.customer_id)
        .join(
            CustomerSnapshot,
            and_(
                col(CustomerSnapshot.customer_id) == book.c.customer_id,
                col(CustomerSnapshot.on) == asked.base,
            ),
        )
        .where(col(CustomerSnapshot.aum_fen).is_not(None), col(Customer.aum_fen).is_not(None))
        .subquery("ends")
    )


def lines(session: AsyncSession, asked: Asked) -> Select[Any]:
    """Every customer of every manager with what they count for, to be kept as they are now.

    Columns: ``customer_id staff_id unit_id before_fen after_fen kinds crossed measured friends
    reached``; the last four are 1 or 0.
    """
    book = _book(session, None)
    held = (
        select(
            col(Holding.customer_id).label("customer_id"),
            func.count(col(Holding.kind).distinct()).label("kinds"),
        )
        .where(col(Holding.removed_at).is_(None), col(Holding.kind).in_(list(asked.kinds)))
        .group_by(col(Holding.customer_id))
        .subquery("held")
    )
    friends, reached = _friends(book).subquery("friends"), _reached(book, asked).subquery("reached")
    before, after = col(CustomerSnapshot.aum_fen), col(Customer.aum_fen)
    kinds = func.coalesce(held.c.kinds, 0)

    def counts(flag: Any) -> Any:
        return case((flag, 1), else_=0)

    def theirs(other: Any) -> Any:
        return and_(other.c.customer_id == book.c.customer_id, other.c.staff_id == book.c.staff_id)

    found: Select[Any] = (
        select(
            book.c.customer_id,
            book.c.staff_id,
            book.c.unit_id,
            before.label("before_fen"),
            after.label("after_fen"),
            kinds.label("kinds"),
            counts(kinds >= asked.products).label("crossed"),
            counts(and_(before.is_not(None), after.is_not(None))).label("measured"),
            counts(friends.c.customer_id.is_not(None)).label("friends"),
            counts(reached.c.customer_id.is_not(None)).label("reached"),
        )
        .select_from(book)
        .join(Customer, col(Customer.id) == book.c.customer_id)
        .outerjoin(
            CustomerSnapshot,
            and_(
                col(CustomerSnapshot.customer_id) == book.c.customer_id,
                col(CustomerSnapshot.on) == asked.base,
            ),
        )
        .outerjoin(held, held.c.customer_id == book.c.customer_id)
        .outerjoin(friends, theirs(friends))
        .outerjoin(reached, theirs(reached))
    )
    return found


async def _by_staff(session: AsyncSession, query: Any) -> dict[str, int]:
    return {staff_id: int(number) for staff_id, number in await session.execute(query)}


@dataclass(frozen=True, slots=True)
class Behind:
    """One customer behind a figure: assets at the base day and now (分), product kinds held."""

    customer_id: int
    before_fen: int | None
    after_fen: int | None
    kinds: int


def _which(session: AsyncSession, staff_id: str, of: str, asked: Asked) -> Any:
    book = _book(session, None, staff_id)
    if of == "crossed":
        return select(book.c.customer_id).where(book.c.customer_id.in_(_crossed(asked)))
    if of == "measured":
        return select(_both_ends(book, asked).c.customer_id)
    if of == "friends":
        return select(_friends(book).subquery().c.customer_id)
    if of == "reached":
        return select(_reached(book, asked).subquery().c.customer_id)
    return select(book.c.customer_id)


async def count_behind(session: AsyncSession, staff_id: str, of: str, asked: Asked) -> int:
    """How many customers stand behind a figure: customers, crossed, measured, friends, reached."""
    query = select(func.count()).select_from(_which(session, staff_id, of, asked).subquery())
    return int((await session.execute(query)).scalar_one())


async def behind(
    session: AsyncSession, staff_id: str, of: str, asked: Asked, *, limit: int, after: int = 0
) -> list[Behind]:
    """The customers behind a figure by id, above ``after``."""
    held = (
        select(func.count(col(Holding.kind).distinct()))
        .where(
            col(Holding.customer_id) == col(Customer.id),
            col(Holding.removed_at).is_(None),
            col(Holding.kind).in_(list(asked.kinds)),
        )
        .scalar_subquery()
    )
    query: Any = (
        select(
            col(Customer.id).label("customer_id"),
            col(CustomerSnapshot.aum_fen).label("before_fen"),
            col(Customer.aum_fen).label("after_fen"),
            held.label("kinds"),
        )
        .outerjoin(
            CustomerSnapshot,
            and_(
                col(CustomerSnapshot.customer_id) == col(Customer.id),
                col(CustomerSnapshot.on) == asked.base,
            ),
        )
        .where(col(Customer.id).in_(_which(session, staff_id, of, asked)), col(Customer.id) > after)
        .order_by(col(Customer.id))
        .limit(limit)
    )
    return [
        Behind(row.customer_id, row.before_fen, row.after_fen, int(row.kinds))
        for row in await session.execute(query)
    ]
