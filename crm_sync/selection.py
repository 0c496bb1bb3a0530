"""What planners select by: maturities, open days, instalments, birthdays, personas.

Every selection walks an index by keyset and gives pages of facts, so that a plan over a million
customers holds one page at a time. A question a page, none per customer.
"""

from calendar import isleap, monthrange
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, extract, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.errors import CustomerUnknown
from crm_sync.facts import CustomerFact, Due, Reach
from crm_sync.models import Customer, Holding, PersonaMembership, ProductOpenDay, Relation
from crm_sync.repository.people import customer_fact, people, personas_of, reach
from crm_sync.repository.walking import AFTER_CUSTOMER, CUSTOMERS, PAGE, rows_of, walk
from kit.db import cipher_of

Person = tuple[CustomerFact, Reach | None]

_HOLDING_COLUMNS: Final[tuple[Any, ...]] = (
    col(Holding.holding_no),
    col(Holding.kind),
    col(Holding.product_code),
    col(Holding.product_name),
    col(Holding.amount_fen),
    col(Holding.opened_on),
    col(Holding.matures_on),
    col(Holding.due_day),
    col(Holding.instalment_fen),
    col(Holding.risk_level).label("holding_risk"),
)


async def maturing(
    session: AsyncSession, *, on: Sequence[date], kinds: Sequence[str], page: int = PAGE
) -> AsyncIterator[list[Due]]:
    """Holdings of ``kinds`` whose maturity (or card expiry, or last loan day) is one of ``on``."""
    for day in sorted(set(on)):
        for kind in sorted(set(kinds)):
            where = and_(col(Holding.matures_on) == day, col(Holding.kind) == kind)
            async for found in _holdings(session, where, page):
                yield found


async def instalments(
    session: AsyncSession, *, on: Sequence[date], page: int = PAGE
) -> AsyncIterator[list[tuple[Due, date]]]:
    """Loans with an instalment due on one of ``on``.

    A due day the month does not have (31 in April) falls on its last day. A loan that ended
    before the day, or opened on it, has none.
    """
    for day in sorted(set(on)):
        last = monthrange(day.year, day.month)[1]
        days = range(day.day, 32 if day.day == last else day.day + 1)
        for due_day in days:
            where = and_(
                col(Holding.kind) == "loan",
                col(Holding.due_day) == due_day,
                or_(col(Holding.matures_on).is_(None), col(Holding.matures_on) >= day),
                or_(col(Holding.opened_on).is_(None), col(Holding.opened_on) < day),
            )
            async for found in _holdings(session, where, page):
                yield [(due, day) for due in found]


async def premiums(
    session: AsyncSession, *, on: Sequence[date], page: int = PAGE
) -> AsyncIterator[list[tuple[Due, date]]]:
    """Insurance whose yearly premium is due on one of ``on``.

    It is due on ``due_day`` of the month in which the insurance began (on the month's last day
    where the month is shorter), in the years after the first, until it matures.
    """
    for day in sorted(set(on)):
        last = monthrange(day.year, day.month)[1]
        where = and_(
            col(Holding.kind) == "insurance",
            col(Holding.due_day).in_(range(day.day, 32 if day.day == last else day.day + 1)),
            extract("month", col(Holding.opened_on)) == day.month,
            extract("year", col(Holding.opened_on)) < day.year,
            or_(col(Holding.matures_on).is_(None), col(Holding.matures_on) >= day),
        )
        async for found in _holdings(session, where, page):
            yield [(due, day) for due in found]


async def opening_soon(
    session: AsyncSession, *, on: Sequence[date], page: int = PAGE
) -> AsyncIterator[list[tuple[Due, date]]]:
    """Holdings of products that open (定开产品开放) on one of ``on``, with that day."""
    days = (
        select(col(ProductOpenDay.opens_on), col(ProductOpenDay.product_code))
        .where(col(ProductOpenDay.opens_on).in_(sorted(set(on))))
        .order_by(col(ProductOpenDay.opens_on), col(ProductOpenDay.product_code))
    )
    for opens_on, product_code in (await session.execute(days)).all():
        async for found in holders_of(session, product_code, page=page):
            yield [(due, opens_on) for due in found]


async def holders_of(
    session: AsyncSession, product_code: str, *, page: int = PAGE
) -> AsyncIterator[list[Due]]:
    """Every holding of a product, with its customer."""
    async for found in _holdings(session, col(Holding.product_code) == product_code, page):
        yield found


async def birthdays(
    session: AsyncSession, *, on: date, page: int = PAGE
) -> AsyncIterator[list[Person]]:
    """Customers whose birthday is ``on``; those of 29 February have it on the 28th in short years."""
    codes = [on.month * 100 + on.day]
    if (on.month, on.day) == (2, 28) and not isleap(on.year):
        codes.append(229)
    for code in codes:
        born = col(Customer.birthday) == code
        async for ids in walk(session, CUSTOMERS, born, col(Customer.id), page):
            yield await _persons(session, await rows_of(session, ids))


async def persona_members(
    session: AsyncSession, persona: str, *, page: int = PAGE
) -> AsyncIterator[list[Person]]:
    """The customers of a persona (客群), by ascending id."""
    members = PersonaMembership.__table__.join(  # type: ignore[attr-defined]
        Customer, col(Customer.id) == col(PersonaMembership.customer_id)
    )
    of_persona = col(PersonaMembership.persona) == persona
    ident = col(PersonaMembership.customer_id)
    async for ids in walk(session, members, of_persona, ident, page):
        yield await _persons(session, await rows_of(session, ids))


async def reached_customers(
    session: AsyncSession, *, page: int = PAGE
) -> AsyncIterator[list[Person]]:
    """Every customer whom their owner can reach in WeCom, by ascending id."""
    reached = col(Relation.userid).is_not(None)
    async for ids in walk(session, CUSTOMERS, true(), col(Customer.id), page):
        rows = await rows_of(session, ids, where=reached)
        if rows:
            yield await _persons(session, rows)


async def customer_facts(session: AsyncSession, ids: Collection[int]) -> dict[int, CustomerFact]:
    """Customers by id; ids nobody has (or that were removed) are left out."""
    return {key: fact for key, (fact, _) in (await people(session, ids)).items()}


async def reaches(session: AsyncSession, ids: Collection[int]) -> dict[int, Reach]:
    """The owner's live relation by customer id, where there is one."""
    found = await people(session, ids)
    return {key: way for key, (_, way) in found.items() if way is not None}


async def _persons(session: AsyncSession, rows: Sequence[Row[Any]]) -> list[Person]:
    personas = await personas_of(session, [row.customer_id for row in rows])
    cipher = cipher_of(session)
    return [(customer_fact(cipher, row, personas), reach(row)) for row in rows]


async def _holdings(
    session: AsyncSession, where: ColumnElement[bool], page: int
) -> AsyncIterator[list[Due]]:
    source = Holding.__table__.join(  # type: ignore[attr-defined]
        Customer, col(Customer.id) == col(Holding.customer_id)
    )
    ident, kept = col(Holding.id), and_(where, col(Holding.removed_at).is_(None))
    async for ids in walk(session, source, kept, ident, page):
        rows = await rows_of(session, ids, source=source, ident=ident, extra=_HOLDING_COLUMNS)
        personas = await personas_of(session, {row.customer_id for row in rows})
        cipher = cipher_of(session)
        yield [_due(row, customer_fact(cipher, row, personas), reach(row)) for row in rows]


def _due(row: Row[Any], customer: CustomerFact, way: Reach | None) -> Due:
    (
        holding_id, holding_no, kind, product_code, product_name, amount_fen, opened_on,
        matures_on, due_day, instalment_fen, holding_risk,
    ) = row[AFTER_CUSTOMER:]  # fmt: skip
    return Due(
        holding_id,
        holding_no,
        kind,
        product_code,
        product_name,
        amount_fen,
        opened_on,
        matures_on,
        due_day,
        instalment_fen,
        holding_risk,
        customer,
        way,
    )


async def customer_by_no(session: AsyncSession, customer_no: str) -> CustomerFact:
    """The customer with this number, for operators' commands. Raises CustomerUnknown."""
    found = (
        await session.execute(
            select(col(Customer.id)).where(
                col(Customer.customer_no) == customer_no, col(Customer.removed_at).is_(None)
            )
        )
    ).scalar_one_or_none()
    if found is None:
        raise CustomerUnknown(customer_no)
    return (await people(session, [found]))[found][0]
