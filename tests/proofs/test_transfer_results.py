"""What became of ten thousand contacts who change hands equals what WeCom knows, to the last one."""

from pathlib import Path

import pytest

from kit import clock
from portfolio.handover.facts import GONE, LIMIT, REFUSED, TAKEN
from tests.proofs.handing_many import CONTACTS, LEFT, OFTEN, differing, hand_over, lines
from tests.proofs.written import write

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(1_200)]


@pytest.mark.mission("H2")
async def test_what_became_of_ten_thousand_transfers_equals_wecoms_own(
    database_url: str, tmp_path: Path
) -> None:
    told = await hand_over(database_url, tmp_path)
    assert len(told.ours) == len(told.truth) == len(CONTACTS) == 10_000
    assert differing(told) == set()
    became = list(told.ours.values())
    assert set(became) == {TAKEN, REFUSED, LIMIT, GONE}
    assert became.count(GONE) == len(LEFT)
    assert became.count(LIMIT) > len(OFTEN) + 1_000  # the third taker was full
    assert told.begun == len(CONTACTS) - len(OFTEN) - len(LEFT)  # each of them once
    assert (told.relations, told.not_one_owner, told.wrong_owner) == (0, 0, 0)
    assert told.state == "finished"
    assert told.after_the_end == 0
    assert min(told.broken_off.values()) > 2
    name = "PostgreSQL" if "postgresql" in database_url else "SQLite"
    write(f"Transfer results, {name}", lines(told, name, clock.bank_date(clock.now())))
