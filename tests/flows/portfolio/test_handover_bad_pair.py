"""Results that cannot be read of one pair of members hold up no other pair and no other handover."""

from collections import Counter
from pathlib import Path

import pytest

from config import policy_catalogue
from portfolio.handover import jobs
from portfolio.handover.facts import TAKEN
from tests.flows.delivery.broadcasting import Answer, Between
from tests.flows.portfolio.handing import DAY, TAKERS, scene

pytestmark = pytest.mark.anyio


async def test_one_pair_that_goes_wrong_holds_up_no_other(
    database_url: str, tmp_path: Path
) -> None:
    async with scene(database_url, tmp_path, contacts=12) as made:
        run = await made.start()
        await made.approve(run.run_id)
        await made.round()
        await made.later(DAY + 3_600)

        async def poison(path: str, body: Answer) -> None:
            if path.endswith("transfer_result") and body["takeover_userid"] == TAKERS[0]:
                raise ValueError("nobody thought of this")

        policy = made.parts.shelf.of(policy_catalogue.HANDOVER)
        wecom = Between(made.world.client, before=poison)
        await jobs.round_of(made.database, wecom, made.time, policy, everything=True)
        told = Counter(
            (one.to_userid, one.state) for one in (await made.lines(run.run_id)).values()
        )
        assert told[TAKERS[1], TAKEN] > 0
        assert told[TAKERS[0], TAKEN] == 0
        await jobs.round_of(made.database, made.world.client, made.time, policy, everything=True)
        assert {one.state for one in (await made.lines(run.run_id)).values()} == {TAKEN}
