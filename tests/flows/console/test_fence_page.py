"""聊天敏感词 at the desk: each number of words opens the words, for head office alone."""

import pytest

from tests.flows.console.office import Office

pytestmark = pytest.mark.anyio
RULE = "/c/fence/words?rule=耕耘·收益承诺1"


async def test_the_words_behind_a_rule_are_those_that_the_rulebook_blocks(
    desk_office: Office,
) -> None:
    audit, head = await desk_office.sit("hejing"), await desk_office.sit("suntao")
    listed = (await audit.get("/api/v1" + RULE)).json()["data"]["rows"]
    assert len(listed) > 20
    screener = desk_office.parts.screener
    for one in listed[:5]:
        verdict = screener.screen(one["data"]["word"], speaker="manager")
        assert verdict.verdict == "block", one
        assert one["data"]["word"] in await audit.page(RULE)
    assert (await audit.get("/c/fence/words?rule=没有这条")).status_code == 422
    assert (await head.get(RULE)).status_code == 403
    assert "聊天敏感词" in await audit.page("/c/fence")
