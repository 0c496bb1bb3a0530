"""Tags of WeCom's console: listed, mapped to a persona by two people, never changed."""

import pytest
from sqlalchemy import insert, select, update
from sqlmodel import col

from crm_sync.models import Customer, PersonaMembership, Relation, WecomTag
from crm_sync.personas import evaluate
from insights.known_elsewhere import known_elsewhere
from tests.flows.console.office import AT, Office

pytestmark = pytest.mark.anyio
HOSTILE = '<b>{{7*7}}"\\'


async def _tagged(office: Office) -> None:
    rows = [
        {"tag_id": f"t{place}", "group_id": "g", "group_name": "后台", "name": name, "ours": ours,
         "persona": None, "synced_at": AT}
        for place, (name, ours) in enumerate(
            [("VIP", False), ("信佛", False), (HOSTILE, False), ("老年", True)])
    ]  # fmt: skip
    async with office.database.transaction() as session:
        await session.execute(insert(WecomTag), rows)
        await session.execute(
            update(Relation)
            .where(col(Relation.external_userid) == "wm-6210003821")
            .values(tag_ids=["t0", "t1"])
        )


async def _members(office: Office, persona: str) -> set[str]:
    await evaluate(
        office.database, office.parts.personas, office.clock(), outside=known_elsewhere()
    )
    async with office.database.reading() as session:
        found = await session.execute(
            select(col(Customer.customer_no))
            .join(PersonaMembership, col(PersonaMembership.customer_id) == col(Customer.id))
            .where(col(PersonaMembership.persona) == persona)
        )
        return set(found.scalars())


@pytest.mark.mission("A13")
async def test_a_console_tag_means_a_persona_once_two_people_say_so(desk_office: Office) -> None:
    await _tagged(desk_office)
    assert "6210003821" not in await _members(desk_office, "商贸")
    author = await desk_office.sit("wangshan")
    html = await author.page("/c/tags")
    assert html.count("data-row") == 3
    assert "&lt;b&gt;{{7*7}}" in html
    assert "不作任何依据" in html
    sent = await author.post(
        "/c/tags", {"name": "VIP", "means": "商贸", "reason": "后台用来标商户"}
    )
    assert sent.status_code == 303
    assert sent.headers["location"] == "/c/policies/tags?version=1"
    assert "有一份修改在等复核" in await author.page("/c/tags")
    assert (await author.page("/c/tags?show=mapped")).count("data-row") == 0
    own = await author.post(
        "/c/policies/tags/1/decide", {"decision": "approve", "opinion": "属实，同意"}
    )
    assert own.status_code == 403
    other = await desk_office.sit("hejing")
    done = await other.post(
        "/c/policies/tags/1/decide", {"decision": "approve", "opinion": "属实，同意"}
    )
    assert done.status_code == 303
    await desk_office.parts.refresh()
    assert (await author.page("/c/tags?show=mapped")).count("data-row") == 1
    assert "6210003821" in await _members(desk_office, "商贸")
    async with desk_office.database.reading() as session:
        names = select(col(WecomTag.name)).where(col(WecomTag.ours).is_(False))
        assert set((await session.execute(names)).scalars()) == {"VIP", "信佛", HOSTILE}


async def test_a_forbidden_or_unknown_tag_maps_to_nothing(desk_office: Office) -> None:
    await _tagged(desk_office)
    desk = await desk_office.sit("wangshan")
    for name, means in (("信佛", "商贸"), ("没有的", "商贸"), ("VIP", "没有的客群")):
        told = await desk.post("/c/tags", {"name": name, "means": means, "reason": "试一试看"})
        assert (told.status_code, "E-3501" in told.text) == (422, True), name
    sent = await desk.post("/c/tags", {"name": HOSTILE, "means": "nothing", "reason": "不知是什么"})
    assert sent.status_code == 303
    other = await desk_office.sit("hejing")
    await other.post("/c/policies/tags/1/decide", {"decision": "approve", "opinion": "属实，同意"})
    await desk_office.parts.refresh()
    assert (await desk.page("/c/tags?show=nothing")).count("data-row") == 1
    branch = await desk_office.sit("suntao")
    assert (await branch.get("/c/tags")).status_code == 403
