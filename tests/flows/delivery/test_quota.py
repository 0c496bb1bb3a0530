"""No customer is over quota, whoever reserves at the same time."""

import asyncio
from collections import Counter
from datetime import date

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from delivery.models import QuotaSlot
from delivery.quota import Cap, Want, give_back, reserve, uses, window_start
from kit.db import Database

pytestmark = pytest.mark.anyio

DAY = date(2026, 11, 25)  # a Wednesday


def _want(key: str, customer_id: int, *, day: int = 1, week: int = 3) -> Want:
    return Want(
        key,
        customer_id,
        (
            Cap("marketing", "day", DAY, day),
            Cap("marketing", "week", window_start("week", DAY), week),
        ),
    )


async def test_the_second_message_of_a_day_does_not_fit_and_holds_no_slot(
    database: Database,
) -> None:
    async with database.transaction() as session:
        assert await reserve(session, [_want("a", 1), _want("b", 1), _want("c", 2)]) == {"b"}
    async with database.reading() as session:
        keys = Counter((await session.execute(select(col(QuotaSlot.key)))).scalars())
    assert keys == {"a": 2, "c": 2}


async def test_what_failed_gives_its_slots_back(database: Database) -> None:
    async with database.transaction() as session:
        await reserve(session, [_want("a", 1)])
        await give_back(session, ["a"])
        assert await reserve(session, [_want("b", 1)]) == set()
        assert await uses(session, [1, 2], "marketing", "day", DAY) == {1: 1}


async def test_eight_planners_at_once_never_exceed_a_cap(database: Database) -> None:
    async def planner(number: int) -> None:
        for round_ in range(15):
            async with database.transaction() as session:
                await reserve(
                    session,
                    [
                        _want(f"{number}/{round_}/{customer}", customer, day=4, week=4)
                        for customer in range(25)
                    ],
                )

    await asyncio.gather(*(planner(number) for number in range(8)))
    async with database.reading() as session:
        query = (
            select(col(QuotaSlot.customer_id), func.count())
            .where(col(QuotaSlot.window) == "day")
            .group_by(col(QuotaSlot.customer_id))
        )
        used = {customer: number for customer, number in await session.execute(query)}  # noqa: C416
    assert used == dict.fromkeys(range(25), 4)


@pytest.mark.parametrize(
    ("window", "start"),
    [("day", DAY), ("week", date(2026, 11, 23)), ("month", date(2026, 11, 1))],
)
def test_windows_start_where_the_bank_counts_from(window: str, start: date) -> None:
    assert window_start(window, DAY) == start
