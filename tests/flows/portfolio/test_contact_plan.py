"""每日联络客户计划表: who, in which order, why; done is what a touch proves."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm_sync.models import Coverage, FarmRecord
from kit.db import Database
from portfolio.contact_plan import lists
from portfolio.contact_plan.lists import Line, Progress, Wanted
from portfolio.contact_plan.planning import Planned, PlanTerms, plan_day
from portfolio.contact_plan.rules import sentence
from portfolio.followups import parking
from tests.flows.console import scenes
from tests.flows.console.office import AT
from tests.flows.crm_sync import bank
from tests.flows.portfolio.books import (
    DUTY,
    FOLLOW_UPS,
    PLAN,
    TODAY,
    days_ago,
    graded,
    stood,
    touch,
)

pytestmark = pytest.mark.anyio


def sized(least: int, most: int) -> PlanTerms:
    plan = PLAN.plan.model_copy(update={"least": least, "most": most})
    return replace(PLAN, plan=plan)


async def _bank(session: AsyncSession) -> None:
    await bank.units(session)
    await bank.staff(session, "limin")
    await bank.staff(session, "zhengkai", unit_id="0201")


async def _fresh(session: AsyncSession) -> None:
    """Every ownership began yesterday: by itself nobody is due."""
    await session.execute(update(Coverage).values(since=days_ago(1)))


async def _lines(session: AsyncSession, **wanted: object) -> list[Line]:
    return await lists.page(session, Wanted(TODAY, **wanted), DUTY, limit=500)  # type: ignore[arg-type]


@pytest.mark.mission("B8")
async def test_every_line_has_its_reasons_and_the_weightiest_stands_first(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await _bank(session)
        breach = await bank.customer(session, "N1", owner="limin")
        due = await bank.customer(session, "N2", owner="limin")
        both = await bank.customer(session, "N3", owner="limin", born_on=date(1960, 11, 27))
        edge = await bank.customer(session, "N4", owner="limin", aum_fen=4_800_000)
        quiet = await bank.customer(session, "N5", owner="limin")
        lead = await bank.customer(session, "N6", owner="limin")
        await _fresh(session)
        await touch(session, breach, days_ago(91))
        await touch(session, due, days_ago(20))
        await scenes.todo(session, both, at=AT)
        await graded(session, "A", due)
        await stood(session)
        leads = select(literal(lead).label("customer_id")).subquery("leads")
        assert await plan_day(session, TODAY, PLAN, AT, leads=leads) == Planned(1, 6)
        found = await _lines(session)
    assert [one.customer_id for one in found] == [both, breach, lead, due, edge, quiet]
    said = {
        one.customer_id: [sentence(reason, PLAN.plan, DUTY) for reason in one.reasons]
        for one in found
    }
    assert said == {
        both: ["到期待办 1 件", "生日 11月27日"],
        breach: ["已 91 天没有有效联络，超过 90 天"],
        lead: ["线索"],
        due: ["A类，每 14 天联络一次，已 20 天"],
        edge: ["离“中端”不远"],
        quiet: ["例行联络，已 1 天"],
    }


@pytest.mark.mission("B8")
async def test_a_day_is_sized_between_least_and_most_for_every_manager(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await _bank(session)
        for number in range(8):
            who = await bank.customer(session, f"N{number}", owner="limin")
            if number < 6:
                await scenes.todo(session, who, at=AT)
        for number in range(4):
            await bank.customer(session, f"Z{number}", owner="zhengkai", unit_id="0201")
        await _fresh(session)
        await stood(session)
        assert await plan_day(session, TODAY, sized(3, 5), AT) == Planned(2, 8)
        mine = await _lines(session, staff_id="limin")
        theirs = await _lines(session, units=frozenset({"0201"}))
    assert [one.place for one in mine] == [1, 2, 3, 4, 5]
    assert [one.reasons[0]["name"] for one in theirs] == ["fill"] * 3


@pytest.mark.mission("B8")
async def test_planning_twice_changes_nothing_whatever_happened_between(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await _bank(session)
        await bank.customer(session, "N1", owner="limin")
        await stood(session)
        await plan_day(session, TODAY, PLAN, AT)
    async with database.transaction() as session:
        await bank.customer(session, "N2", owner="limin")
        await bank.customer(session, "Z1", owner="zhengkai", unit_id="0201")
        await stood(session, AT + timedelta(hours=1))
        again = await plan_day(session, TODAY, PLAN, AT + timedelta(hours=1))
        assert again == Planned(1, 1)
        assert len(await _lines(session, staff_id="limin")) == 1
        assert await plan_day(session, TODAY, PLAN, AT) == Planned(0, 0)


@pytest.mark.mission("B8")
async def test_a_line_is_done_by_a_touch_of_that_day_and_by_nothing_else(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await _bank(session)
        ids = [await bank.customer(session, f"N{n}", owner="limin") for n in range(4)]
        await stood(session)
        await plan_day(session, TODAY, PLAN, AT)
        await touch(session, ids[0], AT + timedelta(hours=1))
        await touch(session, ids[0], AT + timedelta(hours=2), channel="chat", state="confirmed")
        await touch(session, ids[1], AT + timedelta(hours=1), channel="broadcast", state="sent")
        await touch(session, ids[2], days_ago(1))
        [done] = await _lines(session, done="done")
        assert (done.customer_id, done.channel) == (ids[0], "phone")
        assert {one.customer_id for one in await _lines(session, done="open")} == set(ids[1:])
        assert await lists.count(session, Wanted(TODAY, done="open"), DUTY) == 3
        assert await lists.progress(session, Wanted(TODAY), DUTY, by="staff") == [
            Progress("limin", 4, 1)
        ]


@pytest.mark.mission("B4")
async def test_a_parked_customer_leaves_the_plan(database: Database) -> None:
    async with database.transaction() as session:
        await _bank(session)
        tired = await bank.customer(session, "N1", owner="limin")
        other = await bank.customer(session, "N2", owner="limin")
        for days in (95, 94, 93, 92, 91):
            await touch(session, tired, days_ago(days), outcome="no_deal")
        await stood(session)
        await parking.apply(session, FOLLOW_UPS, AT)
        await plan_day(session, TODAY, PLAN, AT)
        assert [one.customer_id for one in await _lines(session)] == [other]


@pytest.mark.mission("D15", "B8")
async def test_a_farmer_is_in_the_plan_when_the_money_for_sowing_is_needed(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await _bank(session)
        soon, later, both, gone = [
            await bank.customer(session, f"F{number}", owner="limin") for number in range(4)
        ]
        await bank.insert_rows(
            session,
            FarmRecord,
            [
                _sown("A", soon, 301),
                _sown("B", later, 901),
                _sown("C", both, 901),
                _sown("D", both, 220),
                _sown("E", both, 310),
                _sown("F", gone, 301) | {"removed_at": bank.BEFORE},
            ],
        )
        await _fresh(session)
        await stood(session)
        on = date(2027, 2, 10)
        await plan_day(session, on, sized(0, 25), AT)
        lines = await lists.page(session, Wanted(on), DUTY)
        found = {one.customer_id: one.reasons for one in lines}
        assert found == {
            soon: ({"name": "season", "season": "春播资金", "on": "2027-03-01"},),
            both: ({"name": "season", "season": "春播资金", "on": "2027-02-20"},),
        }
        [told] = found[soon]
        assert sentence(told, PLAN.plan, DUTY) == "种养殖资金季：春播资金，03月01日开始用钱"
        # A year turns: what is needed in January is near in December.
        december = date(2026, 12, 20)
        await bank.insert_rows(session, FarmRecord, [_sown("G", later, 105)])
        await plan_day(session, december, sized(0, 25), AT)
        [line] = await lists.page(session, Wanted(december), DUTY)
        assert line.customer_id == later
        assert line.reasons[0]["on"] == "2027-01-05"


def _sown(farm_no: str, customer_id: int, season: int) -> dict[str, object]:
    return {
        "farm_no": farm_no, "customer_id": customer_id, "kind": "crop", "item": "玉米",
        "season": season, "changed_at": bank.BEFORE, "removed_at": None,
    }  # fmt: skip
