"""A product with a white list is unknown to everybody who is not on it, at every desk and path."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.sidebar.cards import free_intent
from compliance.facts import Channel
from content_library import repository
from crm_sync import access
from crm_sync.models import Product
from crm_sync.row_security import restrict
from crm_sync.selection import customer_facts
from delivery import judging
from kit.clock import bank_date
from kit.db import is_postgresql
from tests.flows.console.office import AT, Office
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import approved_script

pytestmark = pytest.mark.anyio

NAME = "青禾专享 30 天"
UNTIL = bank_date(AT) + timedelta(days=20)
FORM = {
    "product": "WL1", "customers": "6210003821", "until": UNTIL.isoformat(),
    "reason": "近三个月三次大额转出，价格敏感，测评 C3 有效",
}  # fmt: skip


async def _product(office: Office) -> int:
    """On sale for everybody but for its list; returns the version of the words that offer it."""
    async with office.database.transaction() as session:
        product = {"product_code": "WL1", "name": NAME, "kind": "wealth", "risk_level": 2}
        await bank.insert_rows(session, Product, [product])
        await session.execute(
            text("UPDATE customer SET risk_level = 3, risk_assessed_on = :day, born_on = :born"),
            {"day": bank_date(AT), "born": bank_date(AT).replace(year=1985)},
        )
        return await approved_script(
            session, "care.listed", "{{product_name}}，风险等级：{{product_risk}}。理财非存款，产品有风险，投资须谨慎。",
            scene="care.general", purpose="care", product_kind="wealth", product_code="WL1",
        )  # fmt: skip


async def _refused(
    office: Office, session: AsyncSession, version: int, who: str, at: datetime = AT
) -> bool:
    """Whether the gate keeps the product from a customer because of its list."""
    number = office.customers[who]
    customer = (await customer_facts(session, [number]))[number]
    script = (await repository.by_version(session, [version]))[version]
    intent = free_intent(script, customer, None, at)
    known = await judging.background(session, [intent], at=at)
    found = [
        "E-4009" in judged.objections
        for channel in Channel
        if channel is not Channel.STAFF_NOTE
        for judged in judging.judge([intent], known, at=at, desk=office.parts.desk, channel=channel)
    ]
    assert len(set(found)) == 1
    return found[0]


@pytest.mark.mission("I5", "E5")
async def test_a_white_list_product_is_unseen_by_others_and_only_until_its_day(
    desk_office: Office,
) -> None:
    office, database = desk_office, desk_office.database
    version = await _product(office)
    branch, head, second, other = [
        await office.sit(who) for who in ("suntao", "wangshan", "hejing", "zhaolei")
    ]
    assert "还没有白名单" in await head.page("/c/white-lists")
    assert (await other.post("/c/white-lists", FORM)).status_code == 422
    assert (await branch.post("/c/white-lists", {**FORM, "reason": " "})).status_code == 422
    assert (await branch.post("/c/white-lists", {**FORM, "product": "NO"})).status_code == 404
    assert (await branch.post("/c/white-lists", FORM)).status_code == 303
    again = await branch.post("/c/white-lists", FORM)
    assert (again.status_code, "E-4113" in again.text) == (409, True)
    async with database.reading() as session:  # asking alone takes nothing from anybody
        for who in ("zhou", "chen", "lin"):
            assert not await _refused(office, session, version, who), who
    for desk in (branch, other):
        assert NAME in await desk.page("/c/products")
    [path] = {
        piece.split('"')[0]
        for piece in (await second.page("/c/white-lists")).split('href="')
        if piece.startswith("/c/white-lists/")
    }
    assert "由另一位" not in await second.page(path)
    agree = {"choice": "approve", "opinion": "已核对资料"}
    assert (await branch.post(f"{path}/decide", agree)).status_code == 403
    assert (await head.post(f"{path}/decide", {**agree, "opinion": " "})).status_code == 422
    assert (await second.post(f"{path}/decide", agree)).status_code == 303
    assert (await second.post(f"{path}/decide", agree)).status_code == 409

    async with database.reading() as session:
        assert not await _refused(office, session, version, "zhou")
        for who in ("chen", "lin"):
            assert await _refused(office, session, version, who), who
        day_after = AT + timedelta(days=21)
        assert await _refused(office, session, version, "zhou", day_after)

    assert NAME in await branch.page("/c/products")
    assert (await branch.page("/c/products/WL1")).count("data-row") == 1
    for page in ("/c/products", "/c/white-lists", "/c/white-lists?product=WL1"):
        assert NAME not in await other.page(page), page
    assert (await other.get("/c/products/WL1")).status_code == 404
    assert (await other.get(path)).status_code == 404
    assert (await other.post(f"{path}/revoke", {"opinion": "x"})).status_code == 404

    for staff, visible in (("zhaolei", 0), ("suntao", 1), ("wangshan", 1)):
        async with database.reading() as session:
            await restrict(session, await access.viewer(session, staff, AT))
            seen = await session.execute(text("SELECT count(*) FROM allow_entry"))
            assert seen.scalar_one() == (visible if is_postgresql(session) else 1), staff
            whose = "lin" if staff == "zhaolei" else "chen"
            assert await _refused(office, session, version, whose), staff

    assert (await branch.post(f"{path}/revoke", {"opinion": "客户要求"})).status_code == 303
    async with database.reading() as session:
        assert await _refused(office, session, version, "zhou")
