"""H1: what head office wrote reaches the customer as it was approved; a manager changes no word."""

from pathlib import Path

import pytest
from sqlalchemy import text

from tests.flows.campaigns.winter import (
    SAID,
    approved,
    asked,
    morning,
    rows,
    run,
    winter_bank,
)
from tests.flows.site import open_site

pytestmark = pytest.mark.anyio
TODO = (
    "SELECT id, customer_id, script_version_id FROM todo WHERE campaign = :c ORDER BY customer_id"
)


@pytest.mark.mission("H1")
async def test_a_manager_sends_the_words_of_a_campaign_as_they_are_or_not_at_all(
    database_url: str, tmp_path: Path
) -> None:
    async with open_site(database_url, tmp_path, now=lambda: morning(hour=10)) as site:
        await winter_bank(site.database, 2, 0)
        number = await approved(site.database, asked(hold_out_percent=0))
        await run(site.database)
        todo, _, version = (await rows(site.database, TODO, c=str(number))).found[0]
        limin = await site.signed_in("limin")
        form = {"contact": "wm-C0", "todo_id": todo, "script_version_id": version}
        for tampering in ({"text": "天冷了，顺便看看年化 8% 的理财。"}, {"template": "另一段话"}):
            answer = await limin.post("/h5/sends", {**form, **tampering})
            assert answer.status_code == 409
            assert "E-4215" in answer.text
        async with site.database.reading() as session:
            found = await session.execute(text("SELECT COUNT(*) FROM send_ticket"))
            assert found.scalar_one() == 0
        # Another version's number changes nothing either: the to-do has its own words.
        answer = await limin.post("/h5/sends", {**form, "script_version_id": version + 1})
        assert answer.status_code == 200, answer.text
        assert answer.json()["payloads"][0]["text"]["content"] == SAID["winter.todo"][1]
