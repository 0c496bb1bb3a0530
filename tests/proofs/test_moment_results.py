"""To whom a moment of ten thousand customers was shown equals what WeCom knows, to the last one."""

import pytest

from kit import clock
from kit.db import Database
from tests.proofs.showing_many import BOOKS, CUSTOMERS, LEFT, STRANGERS, differing, lines, show
from tests.proofs.written import write

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(1_200)]


@pytest.mark.mission("H2")
async def test_who_of_ten_thousand_saw_a_moment_equals_wecoms_own(database: Database) -> None:
    told = await show(database)
    shown = CUSTOMERS - len(LEFT) - len(BOOKS["zhaoliu"])
    assert CUSTOMERS == 10_000
    assert dict(told.states) == {
        "shown": shown,
        "planned": len(LEFT),
        "missed": len(BOOKS["zhaoliu"]),
    }
    assert len(told.truth) == shown + len(STRANGERS["limin"])
    assert differing(told) == set()
    assert told.strangers == len(STRANGERS["limin"])
    assert told.touched == told.shown
    assert told.senders == {"published": 3, "missed": 1}
    assert told.ended == ["ended", "over"]
    assert told.broken_off > 5
    assert (told.twice, told.left_over, told.after_the_end) == (0, 0, 0)
    name = "PostgreSQL" if "postgresql" in str(database.engine.url) else "SQLite"
    write(f"Moment results, {name}", lines(told, name, clock.bank_date(clock.now())))
