"""The six care reminders: each at its threshold, once, in a tone that sells nothing."""

import tomllib
from collections.abc import Mapping
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from compliance.content_check import ContentCheck
from compliance.policy import GatePolicy
from config.reminder_policy import MarketEvent, ReminderPolicy
from content_library.importing import seed
from crm_sync.models import Product, ProductNav, ProductOpenDay
from kit.clock import bank_moment
from kit.db import Database
from reminders.jobs import plan_day
from reminders.report import PlanReport
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import REMINDERS, desk, screener

pytestmark = pytest.mark.anyio

D = date(2026, 11, 25)
WAN = 10_000_00
SIX = ("care.nav", "care.yield", "care.allocation", "care.review", "care.market", "product.open")
SAMPLES = Path(__file__).resolve().parents[3] / "samples" / "scripts"
SCRIPTS = {
    one["code"]: one
    for name in ("care_alerts.toml", "reminders.toml")
    for one in tomllib.loads((SAMPLES / name).read_text(encoding="utf-8"))["script"]
}
SCENES = {
    "care.nav_fall", "care.yield_gap", "care.allocation", "care.review", "care.market_event",
    "product.open",
}  # fmt: skip


async def _product(
    session: AsyncSession, code: str, navs: Mapping[int, int], benchmark: str = ""
) -> None:
    """A wealth product with net values by days before D, in ten-thousandths."""
    row = {"product_code": code, "name": code, "kind": "wealth", "benchmark": benchmark}
    await bank.insert_rows(session, Product, [row | {"risk_level": 2, "term": "", "fee": ""}])
    await bank.insert_rows(
        session,
        ProductNav,
        [
            {
                "nav_no": f"{code}|{before}",
                "product_code": code,
                "on": D - timedelta(days=before),
                "nav_e4": value,
                "changed_at": bank_moment(D, time(4)),
            }
            for before, value in navs.items()
        ],
    )


async def _holder(
    session: AsyncSession,
    number: str,
    code: str | None,
    *,
    kind: str = "wealth",
    risk: int = 2,
    **fields: Any,
) -> int:
    customer = await bank.reached_customer(
        session,
        number,
        owner="limin",
        **({"aum_fen": WAN, "risk_level": 3, "risk_assessed_on": D - timedelta(days=30)} | fields),
    )
    await bank.holding(
        session,
        customer,
        f"H{number}",
        kind,
        product_code=code,
        product_name="稳健理财",
        amount_fen=WAN,
        risk_level=risk,
    )
    return customer


async def _office(session: AsyncSession) -> None:
    await bank.units(session)
    await bank.staff(session, "limin")
    found = [one for one in SCRIPTS.values() if one["scene"] in SCENES]
    assert {one["scene"] for one in found} == SCENES
    assert {one["purpose"] for one in found} == {"service"}  # the tone has no sale in it
    await seed(
        session,
        found,
        author="staff:wangshan",
        approver="staff:hejing",
        checker="staff:zhou",
        at=bank.BEFORE,
        examiner=ContentCheck(GatePolicy.load(), screener()),
    )


def _policy(market: tuple[MarketEvent, ...] = ()) -> ReminderPolicy:
    """The shipped policy; everybody comes up every day."""
    daily = [
        one.model_copy(update={"limits": one.limits.model_copy(update={"every_days": 1})})
        for one in REMINDERS.trigger
        if one.name in SIX
    ]
    return REMINDERS.model_copy(update={"trigger": tuple(daily), "market_event": market})


async def _plan(database: Database, day: date, policy: ReminderPolicy) -> PlanReport:
    return await plan_day(
        database,
        day=day,
        at=bank_moment(day, time(6, 30)),
        policy=policy,
        desk=desk(),
        content=lambda _: (),
    )


async def _said(database: Database) -> set[tuple[str, int]]:
    async with database.reading() as session:
        rows = await session.execute(text('SELECT "trigger", customer_id FROM todo'))
        return {(trigger, customer) for trigger, customer in rows}


@pytest.mark.mission("E9")
async def test_each_of_the_six_care_reminders_speaks_at_its_threshold_and_not_below(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await _office(session)
        await _product(session, "FELL", {20: 10_000, 2: 9_900, 1: 9_800})
        await _product(session, "HELD", {20: 10_000, 2: 9_900, 1: 9_801})
        await _product(session, "LONG", {20: 10_000, 2: 9_800, 1: 9_790})  # said the day before
        await _product(session, "OLD", {20: 10_000, 9: 9_900, 6: 9_500})  # no news
        await _product(
            session, "LAGS", {92: 9_970, 91: 10_000, 2: 10_040, 1: 10_029}, "2.20%-2.70%"
        )
        await _product(
            session, "PAYS", {92: 9_970, 91: 10_000, 2: 10_040, 1: 10_031}, "2.20%-2.70%"
        )
        await _product(session, "OPENS", {})
        await bank.insert_rows(
            session,
            ProductOpenDay,
            [{"product_code": "OPENS", "opens_on": D + timedelta(days=3)}],
        )
        people = {
            code: await _holder(session, code, code)
            for code in ("FELL", "HELD", "LONG", "OLD", "LAGS", "PAYS", "OPENS")
        }
        rich: dict[str, Any] = {"aum_fen": 50 * WAN}
        heavy = await _holder(session, "HEAVY", None, risk=4, **rich)
        fits = await _holder(session, "FITS", None, risk=3, **rich)
        below = await _holder(session, "BELOW", None, risk=4, aum_fen=50 * WAN - 1)
    await _plan(database, D, _policy())
    assert await _said(database) == {
        ("care.nav", people["FELL"]),
        ("care.yield", people["LAGS"]),
        ("product.open", people["OPENS"]),
        ("care.allocation", heavy),
        ("care.review", heavy),
        ("care.review", fits),
    }
    again = await _plan(database, D, _policy())
    assert again.as_json()["planned"] == 0
    event = MarketEvent(on=D + timedelta(days=1), title="债市回调", kinds=("wealth",))
    without = tuple(one for one in _policy().trigger if one.name == "care.market")
    market = _policy((event,)).model_copy(update={"trigger": without})
    for days in (0, 1, 2):
        await _plan(database, D + timedelta(days=days), market)
    assert {who for trigger, who in await _said(database) if trigger == "care.market"} == {
        heavy,
        fits,
        below,
    }


async def test_who_holds_a_fund_that_fell_hears_words_for_funds_and_not_for_wealth(
    database: Database,
) -> None:
    fell = {20: 10_000, 2: 9_900, 1: 9_790}
    async with database.transaction() as session:
        await _office(session)
        for kind in ("fund", "wealth", "metal"):
            await _product(session, kind.upper(), fell)
            await _holder(session, kind.upper(), kind.upper(), kind=kind)
    report = await _plan(database, D, _policy())
    async with database.reading() as session:
        said = await session.execute(
            text(
                "SELECT holding.kind, todo.script_code FROM todo"
                " JOIN holding ON holding.customer_id = todo.customer_id"
                " WHERE todo.\"trigger\" = 'care.nav'"
            )
        )
        assert set(map(tuple, said)) == {
            ("fund", "care.nav_fall.fund"), ("wealth", "care.nav_fall"),
        }  # fmt: skip
    assert report.without_script == {"care.nav_fall": 1}  # of metal nobody wrote anything
