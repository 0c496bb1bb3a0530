"""A manager's quarter: cross selling, growth, friends and reach; assets first or relation first."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from crm_sync.models import Coverage, Customer, CustomerSnapshot
from crm_sync.repository import scoring
from delivery.repository import touches
from delivery.repository.touches import Touched
from kit.db import Database
from portfolio.scorecards import service
from portfolio.scorecards.rules import Book, both, quarter_before, quarter_name
from tests.flows.crm_sync import bank
from tests.flows.portfolio.branches import AT, POLICY, WAN, found

pytestmark = pytest.mark.anyio


async def _two_books(database: Database) -> dict[str, int]:
    """didi grew her customers, guibin is close to his."""
    async with database.transaction() as session:
        await found(session)
        ids = {
            "A1": await bank.customer(session, "A1", owner="didi", aum_fen=12 * WAN),
            "A2": await bank.customer(session, "A2", owner="didi", aum_fen=10 * WAN),
            "B1": await bank.reached_customer(session, "B1", owner="guibin", aum_fen=9 * WAN),
        }
        for number, kinds in (("A1", ("deposit", "fund")), ("A2", ("deposit", "deposit"))):
            for place, kind in enumerate(kinds):
                await bank.holding(session, ids[number], f"{number}-{place}", kind)
        for on, amount in ((date(2026, 9, 23), 10 * WAN), (date(2026, 10, 23), 1)):
            await bank.insert_rows(
                session,
                CustomerSnapshot,
                [{"customer_id": one, "on": on, "aum_fen": amount} for one in ids.values()],
            )
        for number, who, at in (
            ("B1", "guibin", AT - timedelta(days=3)),
            ("A1", "guibin", AT - timedelta(days=3)),  # not the owner: nobody's reach
            ("A2", "didi", datetime(2026, 9, 30, tzinfo=UTC)),  # last quarter
        ):
            one = Touched(
                f"{number}{at}", ids[number], who, "0101", "sidebar", "care", "care", "sent", at
            )
            await touches.record(session, [one])
    return ids


@pytest.mark.mission("B3")
async def test_rates_come_from_holdings_and_snapshots_and_every_figure_has_its_list(
    database: Database,
) -> None:
    ids = await _two_books(database)
    async with database.reading() as session:
        books = {
            one.staff_id: one for one in await service.current(session, None, policy=POLICY, at=AT)
        }
        asked = await service.asked_of(session, POLICY, date(2026, 10, 1), AT)
        listed = {
            of: {
                one.customer_id
                for one in await scoring.behind(session, "didi", of, asked, limit=10)
            }
            for of in ("customers", "crossed", "measured", "friends", "reached")
        }
        for of, people in listed.items():
            assert await scoring.count_behind(session, "didi", of, asked) == len(people)
    didi, guibin = books["didi"], books["guibin"]
    assert asked.base == date(2026, 9, 23)
    assert (didi.cross_rate, didi.growth) == (0.5, 0.1)
    assert (didi.friend_rate, didi.reach_rate) == (0.0, 0.0)
    assert (guibin.cross_rate, guibin.growth) == (0.0, -0.1)
    assert (guibin.friend_rate, guibin.reach_rate) == (1.0, 1.0)
    assert listed["crossed"] == {ids["A1"]}
    assert listed["customers"] == listed["measured"] == {ids["A1"], ids["A2"]}
    assert listed["friends"] == listed["reached"] == set()


@pytest.mark.mission("B10")
async def test_the_two_scorecards_turn_the_order_of_aims_around(database: Database) -> None:
    await _two_books(database)
    async with database.reading() as session:
        books = await service.current(session, None, policy=POLICY, at=AT)
    by_owner, by_persona = both(books, POLICY)
    assert [one.book.staff_id for one in by_owner] == ["didi", "guibin"]
    assert [one.book.staff_id for one in by_persona] == ["guibin", "didi"]
    assert [one.points for one in by_owner] == [45.0, 40.0]
    assert [one.points for one in by_persona] == [60.0, 30.0]


FIGURES = ("customers", "crossed", "measured", "friends", "reached")


@pytest.mark.mission("B3", "B10")
async def test_a_closed_quarter_keeps_its_figures_and_the_customers_behind_them(
    database: Database,
) -> None:
    ids = await _two_books(database)
    began = datetime(2026, 12, 31, 16, 10, tzinfo=UTC)  # 00:10 on the first of January
    async with database.transaction() as session:
        live = await service.current(session, None, policy=POLICY, at=AT)
        assert await service.close_quarter(session, policy=POLICY, at=began) == 2
    async with database.transaction() as session:
        assert await service.close_quarter(session, policy=POLICY, at=began) == 0
        # Everything changes afterwards: a new customer, another owner, another product, no assets.
        await bank.customer(session, "C1", owner="didi")
        await bank.holding(session, ids["A2"], "A2-9", "fund")
        await session.execute(update(Coverage).values(staff_id="gaogao"))
        await session.execute(update(Customer).values(aum_fen=None))
    async with database.reading() as session:
        kept = await service.closed(session, None, "2026Q4")
        assert await service.closed(session, ["0201"], "2026Q4") == []
        assert await service.quarters(session) == ["2026Q4"]
        lists = {
            (book.staff_id, of): await service.behind_closed(
                session, "2026Q4", book.staff_id, of, limit=10
            )
            for book in kept
            for of in FIGURES
        }
        rest = await service.behind_closed(
            session, "2026Q4", "didi", "customers", limit=10, after=ids["A1"]
        )
        for (staff_id, of), people in lists.items():
            number = await service.count_closed(session, "2026Q4", staff_id, of)
            assert number == len(people)
    assert kept == live
    assert both(kept, POLICY) == both(live, POLICY)
    for book in kept:
        for of in FIGURES:
            assert getattr(book, of) == len(lists[book.staff_id, of])
        measured = lists[book.staff_id, "measured"]
        assert sum(one.before_fen or 0 for one in measured) == book.before_fen
        assert sum(one.after_fen or 0 for one in measured) == book.after_fen
    assert [one.customer_id for one in lists["didi", "crossed"]] == [ids["A1"]]
    assert [one.customer_id for one in rest] == [ids["A2"]]


def test_a_quarter_has_a_name_and_one_before_it() -> None:
    assert quarter_name(date(2026, 11, 30)) == "2026Q4"
    assert quarter_before(date(2026, 1, 1)) == (date(2025, 10, 1), date(2025, 12, 31))


def test_a_book_without_customers_or_a_base_has_no_rates() -> None:
    empty = Book("x", "01", 0, 0, 0, 0, 0, 0, 0)
    assert (empty.cross_rate, empty.growth, empty.friend_rate) == (None, None, None)
