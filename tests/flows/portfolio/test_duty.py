"""Every owned customer is contacted in time, or it is seen who was not."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, update
from sqlmodel import col

from crm_sync.models import Coverage
from kit.db import Database
from kit.ledger.reading import Wanted as Entries
from kit.ledger.reading import page as entries
from portfolio.activation.rounds import enrol
from portfolio.duty import standings
from portfolio.duty.evaluation import evaluate
from portfolio.duty.standings import Wanted
from tests.flows.console.office import AT
from tests.flows.crm_sync import bank
from tests.flows.portfolio.books import (
    ACTIVATION,
    COVERAGE,
    DUTY,
    TERMS,
    days_ago,
    graded,
    stood,
    touch,
)

pytestmark = pytest.mark.anyio


async def _ids(database: Database, **wanted: object) -> set[int]:
    async with database.reading() as session:
        shown = await standings.page(session, Wanted(**wanted), TERMS)  # type: ignore[arg-type]
        assert await standings.count(session, Wanted(**wanted), TERMS) == len(shown)  # type: ignore[arg-type]
        return {one.customer_id for one in shown}


@pytest.mark.mission("A7")
async def test_day_ninety_one_without_a_contact_is_a_breach_and_day_ninety_is_not(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "limin")
        late = await bank.customer(session, "C1", owner="limin")
        fine = await bank.customer(session, "C2", owner="limin")
        pushed = await bank.customer(session, "C3", owner="limin")
        await touch(session, late, days_ago(91))
        await touch(session, fine, days_ago(90))
        await touch(session, pushed, days_ago(120))
        await touch(session, pushed, days_ago(5), channel="broadcast", state="sent")
        await touch(session, pushed, days_ago(4), channel="sidebar", state="claimed")
        await stood(session)
    assert await _ids(database, show="breach") == {late, pushed}
    async with database.reading() as session:
        [first, second, _] = await standings.page(session, Wanted(), TERMS)
    assert (first.customer_id, first.duty.elapsed, first.duty.breach) == (pushed, 120, True)
    assert (second.customer_id, second.duty.elapsed) == (late, 91)


async def test_who_was_never_contacted_is_counted_from_the_day_they_were_owned(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await bank.units(session)
        new = await bank.customer(session, "C1", owner="limin")
        old = await bank.customer(session, "C2", owner="limin")
        await session.execute(
            update(Coverage).where(col(Coverage.customer_id) == new).values(since=days_ago(10))
        )
        await stood(session)
    assert await _ids(database, show="breach") == {old}


async def test_evaluating_again_changes_nothing_and_a_lost_customer_leaves(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await bank.units(session)
        ids = [await bank.customer(session, f"C{n}", owner="limin") for n in range(3)]
        assert (await stood(session)).changed == 3
    async with database.transaction() as session:
        again = await stood(session, AT + timedelta(hours=1))
        assert (again.changed, again.ended) == (0, 0)
        await session.execute(delete(Coverage).where(col(Coverage.customer_id) == ids[0]))
        await touch(session, ids[1], AT - timedelta(hours=2))
        moved = await stood(session, AT + timedelta(hours=2))
    assert (moved.changed, moved.ended) == (1, 1)
    assert await _ids(database) == set(ids[1:])
    async with database.reading() as session:
        found = await entries(session, Entries(acts=frozenset({"duty.evaluated"})))
    assert sorted((one.payload["changed"], one.payload["ended"]) for one in found) == [
        (0, 0),
        (1, 1),
        (3, 0),
    ]


async def test_one_customer_is_evaluated_alone_after_a_touch(database: Database) -> None:
    async with database.transaction() as session:
        await bank.units(session)
        one = await bank.customer(session, "C1", owner="limin")
        other = await bank.customer(session, "C2", owner="limin")
        await stood(session)
        await touch(session, one, AT - timedelta(minutes=1))
        await touch(session, other, AT - timedelta(minutes=1))
        done = await evaluate(session, DUTY, COVERAGE, AT, customer_ids=[one])
    assert done.changed == 1
    assert await _ids(database, show="covered") == {one}


@pytest.mark.mission("A6")
async def test_a_d_customer_is_listed_until_a_plan_is_under_way(database: Database) -> None:
    async with database.transaction() as session:
        await bank.units(session)
        a = await bank.customer(session, "A1", owner="limin")
        d = await bank.customer(session, "D1", owner="limin")
        for one in (a, d):
            await touch(session, one, days_ago(20))
        await graded(session, "A", a)
        await graded(session, "D", d)
        await stood(session)
    assert await _ids(database, show="late") == {a}
    assert await _ids(database, show="unplanned") == {d}
    async with database.transaction() as session:
        assert await enrol(session, ACTIVATION, units=None, by="staff:suntao", at=AT) == 1
    assert await _ids(database, show="unplanned") == set()


@pytest.mark.mission("B9")
async def test_assigned_covered_and_deep_are_counted_by_manager_and_each_opens_its_list(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await bank.units(session)
        cold = await bank.customer(session, "C1", owner="limin", aum_fen=600)
        warm = await bank.customer(session, "C2", owner="limin", aum_fen=300)
        near = await bank.customer(session, "C3", owner="limin", aum_fen=100)
        await bank.customer(session, "C4", owner="zhengkai", unit_id="0201")
        await touch(session, cold, days_ago(91))
        await touch(session, warm, days_ago(90))
        for days in (1, 2, 3):
            await touch(session, near, days_ago(days))
        await stood(session)
    async with database.reading() as session:
        staff = {
            one.key: one for one in await standings.counted(session, Wanted(), TERMS, by="staff")
        }
        units = await standings.counted(
            session, Wanted(units=frozenset({"0101"})), TERMS, by="unit"
        )
    mine = staff["limin"]
    assert (mine.assigned, mine.covered, mine.deep, mine.breach) == (3, 2, 1, 1)
    assert (mine.aum_fen, mine.covered_aum_fen) == (1000, 400)
    assert staff["zhengkai"].assigned == 1
    assert [one.key for one in units] == ["0101"]
    assert await _ids(database, staff_id="limin", show="covered") == {warm, near}
    assert await _ids(database, staff_id="limin", show="deep") == {near}
    assert await _ids(database, staff_id="limin", show="uncovered") == {cold}


async def test_pages_follow_each_other_without_a_gap(database: Database) -> None:
    async with database.transaction() as session:
        await bank.units(session)
        ids = {await bank.customer(session, f"C{n}", owner="limin") for n in range(5)}
        await stood(session)
    seen: list[int] = []
    after = None
    async with database.reading() as session:
        while shown := await standings.page(session, Wanted(), TERMS, limit=2, after=after):
            seen += [one.customer_id for one in shown]
            after = (shown[-1].base_at, shown[-1].customer_id)
    assert len(seen) == 5
    assert set(seen) == ids
