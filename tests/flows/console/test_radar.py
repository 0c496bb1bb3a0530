"""客户雷达 at the desk: each number of an article leads to what it counts, within one's sight."""

from datetime import timedelta

import pytest

from config import reading_policy
from crm_sync.readings import keeping, links
from kit.db import Database
from tests.flows.console.office import AT, Office
from tests.flows.site import words_of

pytestmark = pytest.mark.anyio
POLICY = reading_policy.load()
CODE = "article.life.books"


async def _read(database: Database, customer_id: int, unit: str, *, forwards: int) -> None:
    async with database.transaction() as session:
        shared = links.shared_now(CODE, 1, "limin", unit, customer_id)
        await keeping.count_opening(session, shared, AT, forwarded=False)
        await keeping.count_opening(session, shared, AT, forwarded=False)
        visit = await keeping.begin(
            session, shared, keeping.Page("冬天读什么", frozenset(), "生活服务"),
            AT - timedelta(days=1), POLICY,
        )  # fmt: skip
        for _ in range(forwards):
            await keeping.passed_on(session, visit)
            await keeping.count_opening(session, shared, AT, forwarded=True)


@pytest.mark.mission("A13")
async def test_openings_readers_and_forwards_lead_to_their_lists(desk_office: Office) -> None:
    people = desk_office.customers
    await _read(desk_office.database, people["zhou"], "0101", forwards=2)
    await _read(desk_office.database, people["sun"], "0201", forwards=0)
    desk = await desk_office.sit("wangshan")
    [row] = (await desk.get("/api/v1/c/radar")).json()["data"]["rows"]
    counted = {name: row["data"][name] for name in ("own", "forwarded", "readers", "forwards")}
    assert counted == {"own": 4, "forwarded": 2, "readers": 2, "forwards": 2}
    readers = (await desk.get(f"/api/v1/c/radar?code={CODE}")).json()["data"]["rows"]
    assert {one["data"]["customer_id"] for one in readers} == {people["zhou"], people["sun"]}
    passing = await desk.get(f"/api/v1/c/radar?code={CODE}&view=forwards")
    assert [one["data"]["forwards"] for one in passing.json()["data"]["rows"]] == [2]
    openings = await desk.get(f"/api/v1/c/radar?code={CODE}&view=openings")
    assert sum(one["data"]["openings"] for one in openings.json()["data"]["rows"]) == 6
    page = await desk.page(f"/c/radar?code={CODE}")
    assert "看了《冬天读什么》1 次" in page
    assert "客户6210003821" not in page
    branch = await desk_office.sit("suntao")
    [seen] = (await branch.get(f"/api/v1/c/radar?code={CODE}")).json()["data"]["rows"]
    assert seen["data"]["customer_id"] == people["zhou"]
    one = words_of(await branch.page(f"/c/customers/{people['zhou']}"))
    assert "看了《冬天读什么》1 次，最近 11 月 24 日，读到哪里没有记录" in one
