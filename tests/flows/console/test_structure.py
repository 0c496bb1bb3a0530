"""Leads, classes, files, outlets and products on pages: scoped, and every number is its list."""

import random
import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from compliance.suitability import product_ceiling
from config.rule_sets import rule_sets
from crm_sync.models import Customer, Lead, Product
from crm_sync.rules.standing import months_before
from crm_sync.selection import customer_facts
from crm_sync.standing import suitable
from delivery.judging import Background, recipient
from kit.clock import bank_date
from kit.ledger.reading import Wanted, page
from tests.flows.console.office import AT, Desk, Office
from tests.flows.crm_sync import bank
from wiring import standing

pytestmark = pytest.mark.anyio

TODAY = bank_date(AT)
WAN = 1_000_000


async def lively_bank(office: Office) -> dict[str, int]:
    """Customers with money that moves, evaluated."""
    async with office.database.transaction() as session:
        found = {
            "merchant": await bank.customer(
                session, "6210000001", owner="limin", aum_fen=WAN, tier="有效", risk_level=2,
                risk_assessed_on=TODAY - timedelta(days=30), account_unit_id="0201",
                attributes={"industry_block": "产业集群"},
            ),
            "paid": await bank.customer(
                session, "6210000002", owner="limin", aum_fen=2 * WAN, account_unit_id="0101"
            ),
            "loser": await bank.customer(
                session, "6210000003", owner="limin", aum_fen=40 * WAN, risk_level=3,
                risk_assessed_on=TODAY - timedelta(days=400), account_unit_id="0101",
            ),
            "edge": await bank.customer(
                session, "6220000004", owner="zhengkai", unit_id="0201", aum_fen=46 * WAN,
                risk_level=3, risk_assessed_on=TODAY - timedelta(days=30),
            ),
        }  # fmt: skip
        await bank.flow(session, found["merchant"], months_before(TODAY, 1), "pos_in", 60 * WAN)
        await bank.flow(session, found["paid"], months_before(TODAY, 1), "payroll_in", 16 * WAN)
        await bank.snapshot(session, found["loser"], TODAY - timedelta(days=40), 60 * WAN)
        await bank.holding(
            session, found["edge"], "H1", "deposit", product_name="整存整取", amount_fen=20 * WAN,
            matures_on=TODAY + timedelta(days=9),
        )  # fmt: skip
        for code, kind, risk, private, attributes in (
            ("W2", "wealth", 2, False, {}),
            ("W3", "wealth", 3, False, {}),
            ("V2", "wealth", 2, False, {"tiers": "高端;私行"}),
            ("P5", "fund", 5, True, {}),
            ("D1", "deposit", None, False, {}),
        ):
            row = {
                "product_code": code, "name": f"产品{code}", "kind": kind, "risk_level": risk,
                "private": private, "attributes": attributes,
            }  # fmt: skip
            await bank.insert_rows(session, Product, [row])
    await standing.everybody(office.parts, AT)
    return found


def linked(html: str, href: str) -> int:
    """The number that stands in the link to this address."""
    plain = html.replace("&amp;", "&")
    found = re.search(rf'href="{re.escape(href)}"[^>]*>([\d,]+)<', plain)
    assert found, (href, re.findall(r'href="(/c/customers[^"]*)"', plain))
    return int(found[1].replace(",", ""))


async def opens(desk: Desk, html: str, href: str) -> int:
    """A number on a page, which is also how many its list has."""
    number = linked(html, href)
    listed = await desk.page(href)
    assert (f"共 {number} 条" in listed) if number else ("没有符合条件的" in listed), (href, number)
    return number


@pytest.mark.mission("A14")
@pytest.mark.mission("D8")
async def test_the_queue_shows_reason_level_and_order_and_people_act_on_it(
    desk_office: Office,
) -> None:
    ids = await lively_bank(desk_office)
    desk = await desk_office.sit("suntao")
    html = await desk.page("/c/leads")
    assert html.index("近一年代发：16 万元") < html.index("月均收单结算：20 万元")
    assert "分行牵头，支行网点配合" in html
    assert "排序：" in html
    assert "客户6210000002" not in html
    assert "共 1 条" in await desk.page("/c/leads?finder=pos")
    assert "共 1 条" in await desk.page("/c/leads?level=branch")
    assert "没有符合条件的线索" in await desk.page("/c/leads?level=subbranch")
    elsewhere = await desk_office.sit("zhaolei")  # the merchant has an account there
    assert "近一年代发" not in await elsewhere.page("/c/leads")
    taken = await desk.post(f"/c/leads/{ids['paid']}/payroll", {"step": "take"})
    assert (taken.status_code, taken.headers["location"]) == (303, "/c/leads?finder=payroll")
    again = await desk.post(f"/c/leads/{ids['paid']}/payroll", {"step": "take"})
    assert (again.status_code, "E-3330" in again.text) == (409, True)
    assert (await desk.post(f"/c/leads/{ids['paid']}/pos", {"step": "take"})).status_code == 404
    hidden = await elsewhere.post(f"/c/leads/{ids['paid']}/payroll", {"step": "done"})
    assert hidden.status_code == 404
    done = await desk.post(
        f"/c/leads/{ids['paid']}/payroll", {"step": "done", "note": "已转介理财经理"}
    )
    assert done.status_code == 303
    assert "共 1 条" in await desk.page("/c/leads?state=done")
    async with desk_office.database.reading() as session:
        acts = await page(session, Wanted(acts=frozenset({"lead.taken", "lead.done"})))
        lead = (
            await session.execute(
                select(col(Lead.state), col(Lead.note)).where(col(Lead.finder) == "payroll")
            )
        ).one()
    assert [(one.act, one.actor) for one in acts] == [
        ("lead.done", "staff:suntao"),
        ("lead.taken", "staff:suntao"),
    ]
    assert tuple(lead) == ("done", "已转介理财经理")
    twin = (await desk.get("/api/v1/c/leads?finder=pos")).json()["data"]["leads"]
    assert [one["title"] for one in twin] == ["收单商户"]
    assert twin[0]["why"][0] == "月均收单结算：20 万元，高于 10 万元"


async def test_the_queue_pages_without_losing_or_repeating(desk_office: Office) -> None:
    await lively_bank(desk_office)
    async with desk_office.database.transaction() as session:
        for number in range(60):
            one = await bank.customer(session, f"63{number:04d}", owner="limin", aum_fen=WAN)
            await bank.flow(session, one, months_before(TODAY, 1), "pos_in", 60 * WAN)
    await standing.everybody(desk_office.parts, AT)
    desk = await desk_office.sit("wangshan")
    first = (await desk.get("/api/v1/c/leads")).json()["data"]
    rest = (await desk.get("/api/v1" + first["page"]["next"])).json()["data"]
    hrefs = [one["href"] + one["step"] for one in (*first["leads"], *rest["leads"])]
    assert len(hrefs) == len(set(hrefs)) == first["page"]["total"] == 62
    assert rest["page"]["next"] is None


@pytest.mark.mission("D13")
async def test_the_three_lists_of_a_manager_are_a_page_and_a_file(desk_office: Office) -> None:
    await lively_bank(desk_office)
    desk = await desk_office.sit("wangshan")
    html = await desk.page("/c/leads/lists")
    for name, staff in (("loss", "limin"), ("edge", "zhengkai"), ("switch", "zhengkai")):
        assert linked(html, f"/c/leads/lists/{name}?staff={staff}") == 1
        assert "共 1 条" in await desk.page(f"/c/leads/lists/{name}?staff={staff}")
    assert "20.00" in await desk.page("/c/leads/lists/loss?staff=limin")
    file = await desk.get("/c/leads/lists/edge/export.csv?staff=zhengkai")
    assert file.headers["content-type"].startswith("text/csv")
    head, row = file.text.removeprefix("\ufeff").splitlines()
    assert head.startswith("客户,客户号,客户经理,工号,资产（万元）,还差（万元）")
    assert row.endswith("员工zhengkai,zhengkai,46.00,4.00,50.00")
    assert "6220000004" not in row
    branch = await desk_office.sit("suntao")
    assert "现在没有客户" in await branch.page("/c/leads/lists/edge") or (
        "没有符合条件" in await branch.page("/c/leads/lists/edge")
    )
    assert (await desk.get("/c/leads/lists/nothing")).status_code == 404
    async with desk_office.database.reading() as session:
        [export] = await page(session, Wanted(acts=frozenset({"leads.exported"})))
    assert (export.actor, export.payload["rows"]) == ("staff:wangshan", 1)


@pytest.mark.mission("A5")
@pytest.mark.mission("A16")
@pytest.mark.mission("A17")
@pytest.mark.mission("A2")
async def test_shares_and_the_curve_open_their_lists(desk_office: Office) -> None:
    await lively_bank(desk_office)
    desk = await desk_office.sit("wangshan")
    html = await desk.page("/c/structure")
    # 80, 46, 40, 5, 2, 1 万元, and two whose assets nobody knows
    assert await opens(desk, html, "/c/customers?aum_from=500000") == 1
    assert await opens(desk, html, "/c/customers?aum_from=200000") == 3
    assert "20 万元起的客户占 50%，持有 95%" in html.replace(".0%", "%").replace("95.4%", "95%")
    assert await opens(desk, html, "/c/customers?aum_from=50000") == 4
    assert await opens(desk, html, "/c/customers?aum_from=300000&aum_below=500000") == 2
    assert await opens(desk, html, "/c/customers?grade=B&kind=big_no_intent") == 1
    assert await opens(desk, html, "/c/customers?grade=B&kind=mid_intent") == 1
    assert await opens(desk, html, "/c/customers?grade=D") >= 2
    assert await opens(desk, html, "/c/customers?activity=wavering") == 1
    assert (
        await opens(desk, html, "/c/customers?tier=有效".replace("有效", "%E6%9C%89%E6%95%88")) == 2
    )
    branch = await desk_office.sit("zhaolei")
    theirs = await branch.page("/c/structure")
    assert await opens(branch, theirs, "/c/customers?aum_from=200000") == 1


@pytest.mark.mission("A9")
async def test_file_rates_stand_by_outlet_and_manager_red_under_their_target(
    desk_office: Office,
) -> None:
    ids = await lively_bank(desk_office)
    async with desk_office.database.transaction() as session:
        whole = {
            "gender": "F",
            "occupation": "教师",
            "opened_on": TODAY,
            "born_on": TODAY.replace(year=1970),
        }
        await session.execute(
            update(Customer)
            .where(col(Customer.id).in_([ids["edge"], ids["loser"]]))
            .values(**whole, attributes={"family": "单身"})
        )
        await bank.holding(session, ids["loser"], "H2", "deposit")
    await standing.everybody(desk_office.parts, AT)
    desk = await desk_office.sit("wangshan")
    html = await desk.page("/c/structure/files")
    whole_bank = "/c/customers?aum_from=50000&aum_below=500000"
    assert await opens(desk, html, whole_bank) == 3
    assert await opens(desk, html, f"{whole_bank}&filed=70") == 2
    assert await opens(desk, html, f"{whole_bank}&unfiled=70") == 1
    assert await opens(desk, html, "/c/customers?aum_from=500000&unfiled=70") == 1
    assert await opens(desk, html, "/c/customers?managed=0201&aum_from=50000&aum_below=500000") == 2
    assert html.count("未达标") >= 2  # 50 % of two at 0201, and the one above 50 万
    rows = (await desk.get("/api/v1/c/structure/files")).json()["data"]["rows"]
    mid = {row["who"]: row["cells"][1] for row in rows}
    assert (mid["0101机构"]["rate"], mid["0101机构"]["under"]) == (1.0, False)
    assert (mid["0201机构"]["rate"], mid["0201机构"]["under"]) == (0.5, True)
    by_staff = await desk.page("/c/structure/files?by=staff")
    assert "员工limin" in by_staff
    assert (
        await opens(desk, by_staff, "/c/customers?owner=zhengkai&aum_from=50000&aum_below=500000")
        == 2
    )


@pytest.mark.mission("A15")
async def test_whom_an_outlet_manages_and_who_has_an_account_there_are_two_counts(
    desk_office: Office,
) -> None:
    await lively_bank(desk_office)
    desk = await desk_office.sit("wangshan")
    html = await desk.page("/c/structure/outlets")
    assert await opens(desk, html, "/c/customers?managed=0101") == 5
    assert await opens(desk, html, "/c/customers?account=0101") == 2
    assert await opens(desk, html, "/c/customers?managed=0101&account=0101") == 2
    assert await opens(desk, html, "/c/customers?managed=0201") == 3
    assert await opens(desk, html, "/c/customers?account=0201") == 1
    branch = await desk_office.sit("zhaolei")
    theirs = await branch.page("/c/structure/outlets")
    assert "0101机构" not in theirs.split('id="list"')[1]


@pytest.mark.mission("A10")
async def test_a_product_says_whom_it_suits_and_lists_them(desk_office: Office) -> None:
    await lively_bank(desk_office)
    desk = await desk_office.sit("wangshan")
    html = await desk.page("/c/products")
    numbers = {code: linked(html, f"/c/products/{code}") for code in ("W2", "W3", "V2", "P5", "D1")}
    assert numbers == {"W2": 2, "W3": 0, "V2": 0, "P5": 0, "D1": 8}
    listed = await desk.page("/c/products/W2")
    assert "共 2 条" in listed
    assert "****0001" in listed
    assert "****0003" not in listed  # the assessment has run out
    assert (await desk.get("/c/products/none")).status_code == 404
    branch = await desk_office.sit("zhaolei")
    theirs = await branch.page("/c/products")
    assert linked(theirs, "/c/products/D1") == 4


@pytest.mark.mission("A10")
async def test_suitability_of_crowds_is_that_of_compliance_for_one(desk_office: Office) -> None:
    sets = rule_sets(desk_office.parts.shelf)
    dice = random.Random(20261122)
    day = TODAY.replace(month=2, day=28)
    births = [*[day.replace(year=1990)] * 4, None, day.replace(year=2009), day.replace(year=2008), day.replace(year=1961), day.replace(year=1962)]  # fmt: skip
    assessed = [
        None, day, day.replace(year=day.year - 1), day - timedelta(days=364),
        day - timedelta(days=363), day.replace(year=day.year - 2), day - timedelta(days=700), day - timedelta(days=500),
    ]  # fmt: skip
    ends = [None, day, day - timedelta(days=1), *[day + timedelta(days=300)] * 3]
    async with desk_office.database.transaction() as session:
        for n in range(400):
            await bank.customer(
                session, f"7-{n}", born_on=dice.choice(births),
                risk_level=dice.choice((None, 1, 3, 5)), risk_assessed_on=dice.choice(assessed),
                fund_risk_level=dice.choice((None, None, 1, 3, 5)),
                fund_risk_assessed_on=dice.choice(assessed), fund_risk_until=dice.choice(ends),
                fund_risk_lowest=dice.random() < 0.2,
                professional_until=dice.choice((None, None, day, day - timedelta(days=1))),
            )  # fmt: skip
    async with desk_office.database.reading() as session:
        ids = select(col(Customer.id)).where(col(Customer.customer_no).like("7-%"))
        people = await customer_facts(
            session, [one for one in (await session.execute(ids)).scalars() if one is not None]
        )
        rows = select(col(Customer.id), *(suitable.ceiling(day, one) for one in sets.both))
        found = (await session.execute(rows.where(col(Customer.customer_no).like("7-%")))).all()
    known = Background(scripts={}, standing={}, staff={}, units={}, last_care={})
    assert len(found) == 400
    for number, *ceilings in found:
        who = recipient(people[number or 0], known, day)
        assert ceilings == [product_ceiling(who, day, one) for one in sets.both], who
    assert {row[1] for row in found} == {0, 1, 2, 3, 5}
    assert any(row[1] < row[2] for row in found)
    assert any(row[1] > row[2] for row in found)


@pytest.mark.mission("D7")
async def test_industry_blocks_and_money_flows_filter_customers(desk_office: Office) -> None:
    await lively_bank(desk_office)
    desk = await desk_office.sit("wangshan")
    for address in ("block=产业集群", "flow=payroll", "flow=settlement", "lead=pos"):
        assert "共 1 条" in await desk.page(f"/c/customers?{address}")
    for address in ("block=政府军队", "flow=large", "flow=investment", "lead=custody"):
        assert "没有符合条件的客户" in await desk.page(f"/c/customers?{address}")
    assert "共 2 条" in await desk.page("/c/customers?lead=any")
    html = await desk.page("/c/customers")
    for word in ("政府军队", "民生事业", "新型经济", "新兴行业", "产业集群", "代发", "个人结算", "大额收入", "投资性"):  # fmt: skip
        assert word in html


@pytest.mark.mission("A8")
async def test_one_customer_shows_class_activity_file_money_leads_and_owners(
    desk_office: Office,
) -> None:
    ids = await lively_bank(desk_office)
    desk = await desk_office.sit("suntao")
    html = await desk.page(f"/c/customers/{ids['merchant']}")
    for words in (
        "资产不到 5 万元，没有购买意愿的信号", "近 3 个月有资金往来", "收单结算", "收单商户",
        "月均收单结算：20 万元，高于 10 万元", "员工limin", "主管户", "缺 家庭情况",
        "缺 联络记录", "未建档",
    ):  # fmt: skip
        assert words in html, words
    falling = await desk.page(f"/c/customers/{ids['loser']}")
    assert "比 90 天内最高点少了 33%" in falling
    assert "5万到50万、30万到50万直营" in falling
    sun = await desk.get(f"/c/customers/{ids['edge']}")
    assert sun.status_code == 404
