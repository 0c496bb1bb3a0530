"""A word each season, an offer after money left, and money-in tasks when somebody is there."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from compliance import allow_list
from compliance.service import give_consents
from content_library import service
from content_library.item_files import listing_draft
from crm_sync.models import Product, Staff
from delivery.repository import todos, touches
from delivery.repository.touches import Touched
from kit.clock import bank_moment
from kit.db import Database
from tests.flows.crm_sync import bank
from tests.flows.delivery.test_turns_of_life import (
    WAN,
    D,
    _event,
    _limits,
    _office,
    _plan,
    _said,
)

pytestmark = pytest.mark.anyio


@pytest.mark.mission("E12")
async def test_each_season_has_its_word_once_a_customer_from_its_first_day_to_its_last(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await _office(session, *(f"season.q{number}" for number in range(1, 5)))
        who = await bank.reached_customer(session, "C1", owner="limin", aum_fen=5 * WAN)
        await bank.reached_customer(session, "C2", owner="limin", aum_fen=5 * WAN - 1)
    daily = _limits("season", every_days=1)
    for day in (
        date(2026, 12, 30), date(2026, 12, 31), date(2027, 1, 1), date(2027, 3, 31),
        date(2027, 4, 1), date(2027, 6, 30), date(2027, 7, 1), date(2027, 9, 30),
        date(2027, 10, 1),
    ):  # fmt: skip
        await _plan(database, day, daily)
    assert await _said(database, "season") == [
        (who, "season.q4", date(2026, 12, 30)),
        (who, "season.q1", date(2027, 1, 1)),
        (who, "season.q2", date(2027, 4, 1)),
        (who, "season.q3", date(2027, 7, 1)),
        (who, "season.q4", date(2027, 10, 1)),
    ]


async def _product(session: AsyncSession, code: str, **more: object) -> None:
    row = {
        "product_code": code, "name": f"青禾悦享{code}", "kind": "wealth", "risk_level": 2,
        "manager_risk": 2, "issuer": "青禾理财", "term": "90 天", "min_amount_fen": 100_00,
        "fee": "固定管理费 0.2%/年", "benchmark": "2.20%-2.70%", "benchmark_basis": "按投资策略测算",
        "private": True, **more,
    }  # fmt: skip
    await session.execute(insert(Product), [row])
    card = {
        "code": f"product.{code.lower()}", "title": code, "product_kind": "wealth",
        "product_code": code, "valid_from": "2026-11-20", "valid_until": "2026-12-31",
        "template": "{{product_name}}，风险等级：{{product_risk}}。理财非存款，产品有风险，投资须谨慎。",
    }  # fmt: skip
    at = bank_moment(D - timedelta(days=4), time(10))
    version_id = await service.draft(session, listing_draft(card), by="staff:a", at=at)
    await service.submit(
        session, version_id, by="staff:a", reason="", at=at, examiner=lambda text, **_: ()
    )
    for who in ("staff:b", "staff:c"):
        await service.approve(session, version_id, by=who, opinion="同意上架", at=at)


async def _let_on(session: AsyncSession, code: str, customer_id: int, expires_on: date) -> None:
    at = bank_moment(D - timedelta(days=3), time(10))
    await allow_list.propose_entries(
        session, code, [customer_id], reason="合格投资者认定已核对", expires_on=expires_on,
        by="staff:wangshan", at=at,
    )  # fmt: skip
    [one] = [
        entry
        for entry in await allow_list.entries(session, product_code=code, states=("proposed",))
        if entry.customer_id == customer_id
    ]
    await allow_list.decide_entries(
        session, [one.entry_id], agree=True, opinion="同意", by="staff:hejing", at=at
    )


@pytest.mark.mission("E5", "E10")
async def test_a_week_after_money_left_regularly_the_listed_hear_of_their_product_and_nobody_else(
    database: Database,
) -> None:
    days = [D - timedelta(days=60), D - timedelta(days=30), D]
    later = D + timedelta(days=7)
    async with database.transaction() as session:
        await _office(session, "outflow.offer")
        await session.execute(update(Staff).values(licences=["理财"]))
        await _product(session, "P2")
        await _product(session, "P1", risk_level=3)
        await _product(session, "GONE", risk_level=1, on_sale=False)
        people = [
            await bank.reached_customer(
                session, f"C{number}", owner="limin", risk_level=3, born_on=date(1980, 1, 1),
                risk_assessed_on=date(2026, 6, 1),
            )
            for number in range(5)
        ]  # fmt: skip
        listed, waiting, ended, uncared, _ = people
        for who in people:
            for on in days:
                await _event(session, who, "money_out", on, fen=5 * WAN)
        for code in ("P1", "P2", "GONE"):
            await _let_on(session, code, listed, D + timedelta(days=30))
        await _let_on(session, "P2", ended, later - timedelta(days=1))
        await _let_on(session, "P2", uncared, D + timedelta(days=30))
        await allow_list.propose_entries(
            session, "P2", [waiting], reason="等批准", expires_on=D + timedelta(days=30),
            by="staff:wangshan", at=bank_moment(D, time(9)),
        )  # fmt: skip
        before = bank_moment(D - timedelta(days=5), time(10))
        agreed = [(one, "marketing", True, "网点签字", before) for one in people]
        await give_consents(session, agreed, before, "system:test")
        cared = [
            Touched(f"t:{one}", one, "limin", "0101", "sidebar", "care", "care", "claimed", before)
            for one in people
            if one != uncared
        ]
        await touches.record(session, cared)
    reports = [await _plan(database, D + timedelta(days=day)) for day in range(9)]
    refused = {reason for name, reason in reports[7].reasons if name == "outflow.offer"}
    assert await _said(database, "outflow.offer") == [(listed, "outflow.offer", later)]
    assert refused == {"E-4026"}  # a sale to whom nobody cared before
    async with database.reading() as session:
        found = await todos.of_staff(session, "limin", customer_id=listed)
    [offer] = [one for one in found if one.trigger == "outflow.offer"]
    assert offer.text is not None
    assert "青禾悦享P2" in offer.text  # the lower rating of the two
    assert "R2" in offer.text


@pytest.mark.mission("E8")
async def test_money_that_comes_on_a_monday_is_the_managers_task_on_friday(
    database: Database,
) -> None:
    monday = date(2026, 12, 7)
    async with database.transaction() as session:
        await _office(session)
        who = await bank.customer(session, "C1", owner="limin")
        await _event(session, who, "money_in", monday, "年终分红", 50 * WAN)
    for days in range(10, -1, -1):
        await _plan(database, monday - timedelta(days=days))
    assert await _said(database, "money_in") == [
        (who, "", date(2026, 11, 30)),  # a week before is a Monday itself
        (who, "", date(2026, 12, 4)),  # the day before is a Sunday: on Friday
    ]
    async with database.reading() as session:
        found = await todos.of_staff(session, "limin", customer_id=who)
    assert {one.title for one in found} == {"资金流入，还有 7 天", "资金流入，还有 3 天"}
