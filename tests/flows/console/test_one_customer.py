"""What the page of one customer lets a person do about contacts, and says about the next call."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from config import policy_catalogue as kinds
from crm_sync.models import Contact
from kit.ledger.reading import Wanted, page
from portfolio.duty.evaluation import evaluate
from tests.flows.console import scenes
from tests.flows.console.office import AT, Office
from tests.flows.crm_sync import bank
from tests.flows.site import words_of

pytestmark = pytest.mark.anyio


async def _contacts(office: Office) -> dict[str, tuple[int | None, str | None]]:
    async with office.database.reading() as session:
        rows = await session.execute(select(Contact))
        return {row.external_userid: (row.customer_id, row.merged_into) for row in rows.scalars()}


@pytest.mark.mission("C1")
async def test_two_contacts_are_merged_turned_round_and_undone_on_the_customers_page(
    desk_office: Office,
) -> None:
    zhou, first = desk_office.customers["zhou"], "wm-6210003821"
    async with desk_office.database.transaction() as session:
        await bank.contact(session, "wm-new", customer_id=zhou)
        await bank.relation(session, "limin", "wm-new")
    desk = await desk_office.sit("suntao")
    path = f"/c/customers/{zhou}/contacts"
    assert "以后用这个微信" in await desk.page(f"/c/customers/{zhou}")

    async def do(what: str, contact: str, reason: str = "到店核对过身份证") -> int:
        asked = {"contact": contact, "do": what, "reason": reason}
        return (await desk.post(path, asked)).status_code

    assert await do("primary", "wm-new", " ") == 422
    assert await do("primary", "wm-6220001205") == 409  # another customer's contact
    elsewhere = await desk_office.sit("zhaolei")
    refused = await elsewhere.post(path, {"contact": "wm-new", "do": "undo", "reason": "核对过"})
    assert refused.status_code == 404
    assert await do("primary", "wm-new") == 303
    assert (await _contacts(desk_office))[first] == (zhou, "wm-new")
    assert "不再发送，历史保留" in words_of(await desk.page(f"/c/customers/{zhou}"))
    assert await do("primary", "wm-new") == 409  # nothing is left to change
    assert await do("primary", first) == 303
    assert (await _contacts(desk_office))["wm-new"] == (zhou, first)
    assert (await _contacts(desk_office))[first] == (zhou, None)
    assert await do("undo", "wm-new") == 303
    assert (await _contacts(desk_office))["wm-new"] == (None, None)
    async with desk_office.database.reading() as session:
        acts = frozenset({"contact.merged", "contact.unbound"})
        lines = await page(session, Wanted(acts=acts))
    assert {(one.act, one.object, one.actor) for one in lines} == {
        ("contact.merged", f"contact:{first}", "staff:suntao"),
        ("contact.merged", "contact:wm-new", "staff:suntao"),
        ("contact.unbound", "contact:wm-new", "staff:suntao"),
    }


@pytest.mark.mission("A6", "A7")
async def test_the_page_says_when_the_customer_must_be_contacted_and_opens_the_list(
    desk_office: Office,
) -> None:
    zhou = desk_office.customers["zhou"]
    shelf = desk_office.parts.shelf
    async with desk_office.database.transaction() as session:
        await scenes.touch(session, zhou, at=AT - timedelta(days=91))
        await evaluate(session, shelf.of(kinds.CONTACT_DUTY), shelf.of(kinds.COVERAGE), AT)
    desk = await desk_office.sit("suntao")
    text = words_of(await desk.page(f"/c/customers/{zhou}"))
    assert "联络责任 季度违约" in text
    assert "已过 91 天" in text
    html = await desk.page(f"/c/customers/{zhou}")
    [href] = re.findall(r'href="(/c/duty\?view=list[^"]+)"', html)
    listed = await desk.page(href.replace("&amp;", "&"))
    assert listed.count("<tr data-row>") == 1
    assert f"/c/customers/{zhou}" in listed
    assert (await desk.get("/c/duty?view=list&customer=x")).status_code == 422
