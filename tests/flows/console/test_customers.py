"""Customers at the desk: in sight or not there at all, masked, unmasked only for a reason."""

import pytest

from console.customers.one import UNMASKINGS_A_DAY
from kit.ledger.reading import Wanted, page
from tests.flows.console import scenes
from tests.flows.console.office import AT, Office
from tests.flows.crm_sync import bank

pytestmark = pytest.mark.anyio


async def test_a_list_holds_who_is_in_sight_and_masks_them(desk_office: Office) -> None:
    desk = await desk_office.sit("suntao")
    html = await desk.page("/c/customers")
    assert "****3821" in html
    assert "****7742" in html
    assert "6210003821" not in html.replace("/c/", "")
    assert "****1205" not in html
    assert "共 2 条" in html
    assert "共 1 条" in await desk.page("/c/customers?q=6210003821")
    assert "共 1 条" in await desk.page("/c/customers?q=138%200000%202071")
    assert "没有符合条件的客户" in await desk.page("/c/customers?q=6220001205")
    assert "没有符合条件的客户" in await desk.page("/c/customers?unit=0201")
    whole = await desk_office.sit("wangshan")
    assert "共 4 条" in await whole.page("/c/customers")
    assert "共 2 条" in await whole.page("/c/customers?contact=1")


async def test_one_customer_is_masked_and_the_look_is_recorded(desk_office: Office) -> None:
    zhou = desk_office.customers["zhou"]
    async with desk_office.database.transaction() as session:
        await scenes.belongs(session, zhou, "稳健养老", at=AT)
        await scenes.touch(session, zhou, at=AT)
        await bank.holding(
            session, zhou, "H1", "deposit", product_name="整存整取", amount_fen=20_000_000
        )
    desk = await desk_office.sit("suntao")
    html = await desk.page(f"/c/customers/{zhou}")
    assert "138****2071" in html
    assert "13800002071" not in html
    assert "客户6210003821" not in html
    assert "稳健养老" in html
    assert "63 岁，定期占 82%" in html
    assert "一键发送" in html
    async with desk_office.database.reading() as session:
        looks = await page(session, Wanted(acts=frozenset({"customer.viewed"})))
    assert [(one.actor, one.object) for one in looks] == [("staff:suntao", f"customer:{zhou}")]
    sun = desk_office.customers["sun"]
    missing, elsewhere = await desk.get("/c/customers/999"), await desk.get(f"/c/customers/{sun}")
    assert missing.status_code == elsewhere.status_code == 404
    assert _said(missing.text) == _said(elsewhere.text)


def _said(html: str) -> str:
    return html.split('<main class="main"')[1].split("</main>")[0]


async def test_unmasking_wants_a_reason_and_a_fresh_proof(desk_office: Office) -> None:
    zhou = desk_office.customers["zhou"]
    desk = await desk_office.sit("hejing")
    path = f"/c/customers/{zhou}/unmask"
    refused = await desk.post(path, {"reason": " "})
    assert refused.status_code == 422
    assert "请写明为什么" in refused.text
    shown = await desk.post(path, {"reason": "客户来电核对身份"})
    assert shown.status_code == 200
    assert "13800002071" in shown.text
    assert "80.00 万元" in shown.text
    assert shown.headers["cache-control"] == "no-store"
    desk_office.clock.advance(minutes=6)
    stale = await desk.post(path, {"reason": "客户来电核对身份"})
    assert (stale.status_code, stale.headers["location"].split("?")[0]) == (
        303,
        "/c/sign-in-again/wecom",
    )
    forged = await desk.client.post(path, data={"reason": "客户来电核对身份"})
    assert forged.status_code == 403


async def test_nobody_unmasks_more_than_thirty_customers_a_day(desk_office: Office) -> None:
    desk = await desk_office.sit("hejing")
    path = f"/c/customers/{desk_office.customers['zhou']}/unmask"
    for _ in range(UNMASKINGS_A_DAY):
        assert (await desk.post(path, {"reason": "核对"})).status_code == 200
    assert (await desk.post(path, {"reason": "核对"})).status_code == 429
    desk_office.clock.advance(hours=14)
    tomorrow = await desk_office.sit("hejing")
    assert (await tomorrow.post(path, {"reason": "核对"})).status_code == 200


async def test_friends_without_a_customer_are_listed_by_their_manager(desk_office: Office) -> None:
    async with desk_office.database.transaction() as session:
        await bank.contact(session, "wm-stranger")
        await bank.relation(session, "zhengkai", "wm-stranger")
    html = await (await desk_office.sit("wangshan")).page("/c/contacts?matched=0")
    assert "共 1 条" in html
    assert "昵称wm-stranger" not in html
    assert "员工zhengkai" in html
    mine = await (await desk_office.sit("suntao")).page("/c/contacts?matched=0")
    assert "员工zhengkai" not in mine
