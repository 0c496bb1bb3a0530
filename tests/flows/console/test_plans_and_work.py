"""A day's plan opens behind every figure; what a person must decide is decided with a reason."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import insert, select, update
from sqlmodel import col

from crm_sync.models import Binding, Contact, Customer
from delivery.worklist import Work, open_work
from kit.clock import bank_date
from kit.ledger.reading import Wanted, page
from tests.flows.console.office import AT, Desk, Office
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import T7, approved_script
from wiring.jobs import plan

pytestmark = pytest.mark.anyio
TODAY = bank_date(AT)
SOLD = "{{customer_title}}您好，{{product_name}}现在有售，需要了解可以随时找我。"


async def _planned(office: Office) -> Desk:
    """Three deposits mature in a week, one of them of somebody nobody covers."""
    async with office.database.transaction() as session:
        await approved_script(session, "maturity.deposit.t7", T7, product_kind=None)
        nobody = await bank.customer(session, "6230000000")
        for number, who in enumerate((*(office.customers[n] for n in ("zhou", "sun")), nobody)):
            await bank.holding(
                session, who, f"D{number}", "deposit", product_name="三年期整存整取",
                amount_fen=20_000_000, matures_on=TODAY + timedelta(days=7),
            )  # fmt: skip
    await plan(office.parts, TODAY, AT)
    return await office.sit("wangshan")


async def test_every_figure_of_a_plan_opens_its_list(desk_office: Office) -> None:
    desk = await _planned(desk_office)
    listed = await desk.page("/c/plans")
    [path] = set(re.findall(r'href="(/c/plans/\d+)"', listed))
    html = await desk.page(path)
    numbers = re.findall(
        r'<a class="stat" href="([^"]*)".*?class="t">([^<]*)<.*?class="v num">([\d,]+)<',
        html,
        re.DOTALL,
    )
    figures = {name: (int(value), unescape(href)) for href, name, value in numbers}
    assert figures["候选"][0] == 3
    assert figures["待办"][0] == 2
    assert figures["没排上"][0] == 1
    for name in ("待办", "没排上", "拦下", "群发"):
        value, href = figures[name]
        shown = await desk.page(href)
        rows = shown.split('id="list"')[1].count("data-row")
        assert rows == value, name
    assert "没有管户" in await desk.page(figures["没排上"][1])
    todo = await desk.page(figures["待办"][1])
    assert "客户62" not in todo
    why = await desk.page(unescape(re.findall(r'href="(/c/why/\d+)"', todo)[0]))
    assert "三年期整存整取" in why
    assert "没有一条规则不允许" in why
    refused = await desk.page(figures["没排上"][1])
    chain = await desk.page(unescape(re.findall(r'href="(/c/why\?key=[^"]*)"', refused)[0]))
    assert "为什么没有发给" in chain


@pytest.mark.mission("E10")
async def test_who_gave_way_to_whom_is_counted_and_every_pair_opens_its_list(
    desk_office: Office,
) -> None:
    async with desk_office.database.transaction() as session:
        await approved_script(
            session, "birthday", "{{customer_title}}，生日快乐。", scene="birthday", purpose="care"
        )
        for who in ("zhou", "sun", "chen"):
            await session.execute(
                update(Customer)
                .where(col(Customer.id) == desk_office.customers[who])
                .values(born_on=TODAY.replace(year=1980), birthday=TODAY.month * 100 + TODAY.day)
            )
    desk = await _planned(desk_office)
    [path] = set(re.findall(r'href="(/c/plans/\d+)"', await desk.page("/c/plans")))
    html = await desk.page(path)
    panel = html.partition("谁让给了谁")[2].partition("</section>")[0]
    [href] = re.findall(r'href="([^"]*)"', panel)
    assert [text for text in ("生日问候", "定期存款到期") if text not in panel] == []
    assert int(re.findall(r'<td class="r">(\d+)</td>', panel)[0]) == 2
    shown = await desk.page(unescape(href))
    rows = shown.split('id="list"')[1]
    assert rows.count("data-row") == 2  # 陈 has no deposit and hears the greeting
    assert rows.count("当天先说的是“定期存款到期”") == 2
    other = await desk.page(f"{path}?fate=outranked&trigger=birthday&reason=loan.due")
    assert other.split('id="list"')[1].count("data-row") == 0


async def test_a_branch_asks_why_of_its_own_customers_alone(desk_office: Office) -> None:
    desk = await _planned(desk_office)
    todos = await desk.page("/c/todos?view=list&unit=0201")
    [theirs] = set(re.findall(r'href="(/c/why/\d+)"', todos))
    branch = await desk_office.sit("suntao")
    assert (await branch.get(theirs)).status_code == 404
    assert (await branch.get("/c/why/1")).status_code == 404
    assert (await branch.get("/c/plans")).status_code == 403


async def _conflict(office: Office) -> str:
    """A contact that may be either of two customers; returns the item's address."""
    people = office.customers
    async with office.database.transaction() as session:
        await bank.contact(session, "wm-unsure")
        await bank.relation(session, "limin", "wm-unsure")
        row = {
            "external_userid": "wm-unsure", "method": "phone", "confidence": 60, "evidence": {},
            "state": "conflict", "by": "system:binding", "at": AT, "undone_by": "",
        }  # fmt: skip
        for who in ("chen", "zhou"):
            await session.execute(insert(Binding), [{**row, "customer_id": people[who]}])
        work = Work(
            key="binding:wm-unsure",
            kind="binding_conflict",
            title="好友对应哪位客户，证据不一致",
            why="手机号对上两位",
            unit_id="0101",
            staff_id="limin",
            external_userid="wm-unsure",
            facts={
                "method": "phone",
                "confidence": 60,
                "rivals": [
                    {"customer_id": people[who], "method": "phone"} for who in ("chen", "zhou")
                ],
            },
        )
        elsewhere = Work(
            key="outbox:7:failed", kind="send_failed", title="企业微信没有接收", why="welcome",
            unit_id="0201", facts={"outbox_id": 7},
        )  # fmt: skip
        await open_work(session, [work, elsewhere], at=AT)
    return "/c/work/binding%3Awm-unsure"


async def _bound_to(office: Office, external: str) -> int | None:
    async with office.database.reading() as session:
        query = select(col(Contact.customer_id)).where(col(Contact.external_userid) == external)
        found: int | None = (await session.execute(query)).scalar_one()
        return found


async def test_a_conflict_is_compared_masked_and_decided_with_a_reason(desk_office: Office) -> None:
    path = await _conflict(desk_office)
    chen = desk_office.customers["chen"]
    desk = await desk_office.sit("suntao")
    listed = await desk.page("/c/work")
    assert "证据不一致" in listed
    assert "企业微信没有接收" not in listed
    shown = await desk.page(path)
    assert "****7742" in shown
    assert "****3821" in shown
    assert "6210007742" not in shown
    assert "备注手机号一致" in shown
    assert (await desk.post(f"{path}/decide", {"choice": str(chen), "note": ""})).status_code == 422
    sun = str(desk_office.customers["sun"])
    wrong = await desk.post(f"{path}/decide", {"choice": sun, "note": "猜的"})
    assert wrong.status_code == 409
    assert await _bound_to(desk_office, "wm-unsure") is None
    done = await desk.post(f"{path}/decide", {"choice": str(chen), "note": "到店核对身份证"})
    assert done.status_code == 303
    assert await _bound_to(desk_office, "wm-unsure") == chen
    again = await desk.post(f"{path}/decide", {"choice": str(chen), "note": "再来一次"})
    assert again.status_code == 409
    assert "已办结" in await desk.page("/c/work?state=closed")
    async with desk_office.database.reading() as session:
        bound = await page(session, Wanted(acts=frozenset({"contact.bound"})))
    assert (bound[0].actor, bound[0].reason) == ("staff:suntao", "到店核对身份证")


async def test_work_of_another_branch_answers_like_none(desk_office: Office) -> None:
    path = await _conflict(desk_office)
    desk = await desk_office.sit("zhaolei")
    assert (await desk.get(path)).status_code == (await desk.get("/c/work/none")).status_code == 404
    assert (
        await desk.post(f"{path}/decide", {"choice": "neither", "note": "不是"})
    ).status_code == 404
    mine = "/c/work/outbox%3A7%3Afailed"
    assert (
        await desk.post(f"{mine}/decide", {"choice": "done", "note": "已电话联系"})
    ).status_code == 303
    he = await desk_office.sit("hejing")
    assert (
        await he.post(f"{path}/decide", {"choice": "neither", "note": "都不是"})
    ).status_code == 303
    assert await _bound_to(desk_office, "wm-unsure") is None
