"""A product is imported and checked, listed by two people, and gone from every send when it goes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.sidebar.cards import free_intent
from compliance import allow_list
from compliance.errors import SecondPersonNeeded
from content_library import repository, service
from content_library.errors import ScriptRefused
from content_library.item_files import listing_draft
from content_library.listing import listed
from crm_sync.imports.errors import ImportCode
from crm_sync.models import Product
from crm_sync.repository import products
from crm_sync.selection import customer_facts
from delivery import tickets
from kit.db import Database
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import approved_script, desk
from tests.flows.imports.given import bring, rows

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
HEADER = (
    "product_code,name,kind,risk_level,manager_risk,issuer,term,min_amount_yuan,fee,benchmark,"
    "benchmark_basis,on_sale,open_days,matures_on,attributes.tiers\n"
)
WEALTH = "QHWY90,青禾稳盈 90 天,wealth,R2,R2,青禾理财,90 天,1,管理费 0.15%/年,1.90%-2.30%,按票息测算,1,2026-12-01~2026-12-03,2027-02-20,\n"
NEXT = "QHSX,青禾私享,wealth,R2,R2,青禾理财,90 天,1,管理费 0.15%/年,,,1,,,私行\n"
CARD: dict[str, object] = {
    "code": "product.qhwy90",
    "title": "青禾稳盈 90 天",
    "product_kind": "wealth",
    "product_code": "QHWY90",
    "valid_from": "2026-11-20",
    "valid_until": "2026-11-30",
    "template": "{{product_name}}，风险等级：{{product_risk}}；期限：{{product_term}}；{{min_amount}}起购；"
    "费用：{{product_fee}}。我行为代销机构，不承担产品的投资、兑付责任。理财非存款，产品有风险，投资须谨慎。"
    "{{bank_name}}。不想再收到此类消息，回复“退订”即可。",
}


@pytest.mark.mission("F10")
async def test_products_are_imported_with_every_fact_and_what_is_wrong_is_refused(
    database: Database, tmp_path: Path
) -> None:
    wrong = (
        WEALTH.replace("QHWY90", "LOW").replace(",R2,R2,", ",R1,R3,")
        + WEALTH.replace("QHWY90", "BARE").replace("按票息测算", "")
        + WEALTH.replace("QHWY90", "WORDS").replace("1.90%-2.30%", "预期年化 2.30%")
    )
    report = await bring(database, "products", HEADER + WEALTH + wrong, tmp_path)
    assert [str(one.code) for one in report.rejects] == [
        ImportCode.RISK_BELOW_MANAGER,
        ImportCode.BENCHMARK_WITHOUT_BASIS,
        ImportCode.BENCHMARK_UNREADABLE,
    ]
    navs = "product_code,on,nav,total\nQHWY90,2026-11-19,1.0200,\nQHWY90,2026-11-20,1.0234,1.0834\n"
    bad = "NONE,2026-11-20,1.1,\nQHWY90,2026-11-18,负一,\n"
    report = await bring(database, "navs", navs + bad, tmp_path)
    assert [str(one.code) for one in report.rejects] == [
        ImportCode.PRODUCT_UNKNOWN,
        ImportCode.NAV_UNREADABLE,
    ]
    async with database.reading() as session:
        found = (await products.by_code(session, ["QHWY90"]))["QHWY90"]
        assert (found.risk, found.manager_risk, found.min_amount_fen) == (2, 2, 100)
        assert found.matures_on == date(2027, 2, 20)
        [nav, earlier] = await products.navs(session, "QHWY90")
        assert (nav.nav_e4, nav.total_e4, earlier.total_e4) == (10_234, 10_834, None)
        assert (await products.latest_navs(session, ["QHWY90"]))["QHWY90"] == nav
        days = await products.open_days(session, "QHWY90", date(2026, 11, 25))
        assert days == [(date(2026, 12, 1), date(2026, 12, 3))]
    assert len(await rows(database, Product)) == 1


async def _objections(
    session: AsyncSession, customer_id: int, version_id: int, at: datetime = AT
) -> tuple[str, ...]:
    script = (await repository.by_version(session, [version_id]))[version_id]
    customer = (await customer_facts(session, [customer_id]))[customer_id]
    intent = free_intent(script, customer, None, at)
    [judged] = await tickets.check(session, [intent], at=at, desk=desk())
    assert not judged.missing
    return judged.objections


async def _listing(session: AsyncSession, **changes: object) -> int:
    draft = listing_draft({**CARD, **changes})
    if draft.product_code != "QHWY90":
        draft = replace(draft, code="product.other")
    version_id = await service.draft(session, draft, by="staff:a", at=AT)
    await service.submit(
        session, version_id, by="staff:a", reason="", at=AT, examiner=lambda text, **_: ()
    )
    for who in ("staff:b", "staff:c"):  # as many levels as the bank asks for
        if (await repository.by_version(session, [version_id]))[version_id].state != "approved":
            await service.approve(session, version_id, by=who, opinion="同意上架", at=AT)
    return version_id


@pytest.mark.mission("F7", "F10")
async def test_a_product_is_shown_while_it_is_listed_and_refused_the_moment_it_is_not(
    database: Database, tmp_path: Path
) -> None:
    await bring(database, "products", HEADER + WEALTH, tmp_path)
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "limin")
        customer = await bank.customer(
            session, "C1", owner="limin", born_on=date(1980, 1, 1), risk_level=3,
            risk_assessed_on=date(2026, 6, 1),
        )  # fmt: skip
        words = await approved_script(
            session, "care.product", "{{product_name}}，风险等级：{{product_risk}}。理财非存款，产品有风险，投资须谨慎。",
            purpose="care", product_kind="wealth", product_code="QHWY90",
        )  # fmt: skip
        assert "E-4045" in await _objections(session, customer, words)
        card = await _listing(session)
        assert not {"E-4020", "E-4045", "E-4046", "E-4015"} & set(
            await _objections(session, customer, words)
        )
        assert set((await listed(session, ["QHWY90"], AT))["QHWY90"][0].channels) == set()
        await service.retire(session, card, by="staff:b", reason="额度售完", at=AT)
        assert "E-4045" in await _objections(session, customer, words)
        await session.execute(update(Product).values(risk_level=4, on_sale=False))
        found = set(await _objections(session, customer, words))
        assert {"E-4015", "E-4020"} <= found
        await session.execute(update(Product).values(removed_at=AT))
        assert "E-4046" in await _objections(session, customer, words)


@pytest.mark.mission("F8")
async def test_a_product_for_private_banking_is_refused_to_every_other_tier(
    database: Database, tmp_path: Path
) -> None:
    await bring(database, "products", HEADER + NEXT, tmp_path)
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "limin")
        ids = [
            await bank.customer(
                session, f"C{place}", owner="limin", tier=tier, born_on=date(1980, 1, 1),
                risk_level=3, risk_assessed_on=date(2026, 6, 1), unit_id=unit,
            )
            for place, (tier, unit) in enumerate(
                (("私行", "0101"), ("高端", "0101"), ("私行", "0201"))
            )
        ]  # fmt: skip
        card = await _listing(
            session, product_code="QHSX", units=["01"], channels=["sidebar"], title="青禾私享"
        )
        private, high, elsewhere = [await _objections(session, one, card) for one in ids]
        assert not {"E-4007", "E-4045"} & set(private)
        assert "E-4007" in high
        assert "E-4045" in elsewhere
        assert "E-4007" not in elsewhere


@pytest.mark.mission("I5")
async def test_a_product_on_a_white_list_is_for_those_on_it_until_its_end(
    database: Database, tmp_path: Path
) -> None:
    """Asking changes nothing; from the second person's word on nobody else, after the end nobody."""
    await bring(database, "products", HEADER + WEALTH, tmp_path)
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "limin")
        listed_one, other = [
            await bank.customer(
                session, name, owner="limin", born_on=date(1980, 1, 1), risk_level=3,
                risk_assessed_on=date(2026, 6, 1),
            )
            for name in ("C1", "C2")
        ]  # fmt: skip
        card = await _listing(session)
        assert "E-4009" not in await _objections(session, other, card), "no list yet"
        await allow_list.propose_entries(
            session, "QHWY90", [listed_one], reason="老客户专享额度", expires_on=date(2026, 11, 27),
            by="staff:limin", at=AT,
        )  # fmt: skip
        for one in (listed_one, other):
            assert "E-4009" not in await _objections(session, one, card), "asking is no list"
        [entry] = await allow_list.entries(session, product_code="QHWY90")
        with pytest.raises(SecondPersonNeeded):
            await allow_list.decide_entries(
                session, [entry.entry_id], agree=True, opinion="同意", by="staff:limin", at=AT
            )
        await allow_list.decide_entries(
            session, [entry.entry_id], agree=True, opinion="已核对资料", by="staff:hejing", at=AT
        )
        assert "E-4009" not in await _objections(session, listed_one, card)
        assert "E-4009" in await _objections(session, other, card)
        last = AT + timedelta(days=2)
        assert "E-4009" not in await _objections(session, listed_one, card, last)
        assert "E-4009" in await _objections(session, listed_one, card, last + timedelta(days=1))


def test_a_card_whose_figures_are_typed_is_refused() -> None:
    with pytest.raises(ScriptRefused, match="要写成变量"):
        listing_draft({**CARD, "template": "{{product_name}} R2，业绩比较基准 2.30%"})
