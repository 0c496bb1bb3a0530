"""A fund company's assessment comes in a file; the stricter of two rule sets is what people read."""

from pathlib import Path

import orjson
import pytest
from sqlalchemy import update
from sqlmodel import col

from bot.sidebar.cards import free_intent, script_card
from commands import planning
from commands.opening import OPTIONS
from content_library import repository
from crm_sync.models import Customer, Product
from crm_sync.selection import customer_facts
from delivery import judging, tickets
from kit.clock import bank_date
from tests.flows.console.office import AT, Office
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import approved_script
from tests.flows.imports.given import bring, written

pytestmark = pytest.mark.anyio

RATINGS = (
    "no,level,on,until,lowest,by,professional\n"
    "6210003821,C1,2026-05-20,2027-05-19,1,青禾基金,2027-03-31\n"
)
MAPPING = (
    'kind = "customers"\nsource = "fund-house"\nmode = "supplement"\n[columns]\n'
    'customer_no = "no"\nfund_risk_level = "level"\nfund_risk_assessed_on = "on"\n'
    'fund_risk_until = "until"\nfund_risk_lowest = "lowest"\nfund_risk_by = "by"\n'
    'professional_until = "professional"\n'
)
SAID = "青禾基金测评 C1（2026-05-20），属最低类别，上限 R1，产品 R3"


@pytest.mark.mission("F7")
async def test_the_lower_of_two_assessments_is_imported_judged_and_read_everywhere(
    desk_office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parts, database = desk_office.parts, desk_office.database
    number = desk_office.customers["zhou"]
    report = await bring(
        database, "customers", RATINGS, tmp_path, mapping=written(tmp_path / "f.toml", MAPPING)
    )
    assert not report.rejects
    async with database.transaction() as session:
        await session.execute(
            update(Customer)
            .where(col(Customer.id) == number)
            .values(risk_level=4, risk_assessed_on=AT.date(), born_on=AT.date().replace(year=1985))
        )
        product = {"product_code": "F1", "name": "青禾沪深基金", "kind": "fund", "risk_level": 3}
        await bank.insert_rows(session, Product, [product])
        version = await approved_script(
            session, "care.fund", "青禾沪深基金，风险等级：{{product_risk}}。基金有风险，投资须谨慎。",
            purpose="care", product_kind="fund", product_code="F1",
        )  # fmt: skip
    async with database.transaction() as session:
        customer = (await customer_facts(session, [number]))[number]
        assert customer.fund_rating is not None
        script = (await repository.by_version(session, [version]))[version]
        intent = free_intent(script, customer, None, AT)
        [judged] = await tickets.check(session, [intent], at=AT, desk=parts.desk)
        assert "E-4015" in judged.objections
        [said] = [
            one["saying"]
            for one in script_card(judged, contact="c")["objections"]
            if one["code"] == "E-4015"
        ]
        assert f"银行口径：{SAID}" in said
        assert f"基金口径：{SAID}" not in said  # a professional there, matched by the bank alone
        await judging.record(session, [judged], AT)
    page = await (await desk_office.sit("wangshan")).page(f"/c/customers/{number}")
    for words in (
        "C1，青禾基金，2026-05-20，到 2027-05-19，最低类别；专业投资者，认定到 2027-03-31",
        "理财最高 R1 · 基金最高 R1", "以银行口径为准", "fund-house",
    ):  # fmt: skip
        assert words in page, words
    OPTIONS["json"] = True
    try:
        await planning.explain_one(parts, "6210003821", bank_date(AT))
    finally:
        OPTIONS["json"] = False
    told = orjson.loads(capsys.readouterr().out)
    reasons = {one["code"]: one["detail"] for one in told["decisions"][0]["reasons"]}
    assert SAID in reasons["E-4015"]
