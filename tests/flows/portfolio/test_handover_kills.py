"""The process dies between asking and writing down, again and again: nobody is asked for twice."""

import random
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from portfolio.handover import jobs
from portfolio.handover.facts import UNSETTLED
from tests.flows.portfolio.handing import DAY, GIVER, Scene, scene
from wecom.client import Caller

pytestmark = pytest.mark.anyio
CONTACTS, KILLS = 260, 14


class Killed(BaseException):
    """The process died here."""


class Mortal:
    """A caller that dies before its n-th call goes out, or after it took effect."""

    def __init__(self, caller: Caller, calls: int, *, after: bool) -> None:
        self._caller, self._left, self._after = caller, calls, after

    async def call(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        idempotent: bool,
    ) -> dict[str, Any]:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Killed
        answer = await self._caller.call(path, body, params=params, idempotent=idempotent)
        if self._left == 0:
            raise Killed
        return answer


async def _lives(made: Scene, dice: random.Random) -> bool:
    """One life of the worker; whether it was killed."""
    mortal = Mortal(made.world.client, dice.randint(1, 4), after=dice.random() < 0.6)
    policy = made.parts.office().handover()
    try:
        await jobs.round_of(made.database, mortal, made.time, policy)
    except Killed:
        return True
    return False


@pytest.mark.mission("B14")
@pytest.mark.parametrize("left", [False, True], ids=["on_job", "resigned"])
async def test_a_handover_survives_kills_between_asking_and_writing_down(
    database_url: str, tmp_path: Path, left: bool
) -> None:
    dice = random.Random(7 + left)
    async with scene(database_url, tmp_path, contacts=CONTACTS, without_wecom=10) as made:
        if left:
            await made.world.act("resign", userid=GIVER)
        run = await made.start()
        await made.approve(run.run_id)
        kills = 0
        for _ in range(120):
            kills += await _lives(made, dice)
            # A worker comes back within seconds or after an hour; both look before they ask.
            await made.later(dice.choice((20, 400, 700)))
            here = await made.run(run.run_id)
            owners = await made.owners()
            assert all(len(found) == 1 for found in owners.values())
            assert GIVER not in {found[0] for found in owners.values()}
            if not here.in_state("contact", "planned", "asked", "unknown") and kills >= KILLS:
                break
        assert kills >= KILLS
        await made.later(DAY)
        for _ in range(4):
            await made.round()
            await made.later(700)
        done = await made.run(run.run_id)
        begun = Counter(row["external_userid"] for row in await made.begun())
        assert set(begun.values()) == {1}
        assert len(begun) == CONTACTS
        assert done.in_state("contact", *UNSETTLED) == 0
        assert done.in_state("contact", "taken") == CONTACTS
        assert done.state == "finished"
        assert await made.related() == await made.truly_related()
