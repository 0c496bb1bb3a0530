"""What became of twelve thousand customers equals what WeCom knows, to the last one."""

from collections import Counter

import pytest

from kit import clock
from kit.db import Database
from tests.proofs.reporting import BOOKS, CUSTOMERS, FULL, LEFT, differing, lines, report
from tests.proofs.written import write

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(1_200)]


@pytest.mark.mission("H2")
async def test_counts_of_twelve_thousand_customers_equal_wecoms_own(database: Database) -> None:
    told = await report(database)
    sent = CUSTOMERS - len(FULL) - len(LEFT) - len(BOOKS["wangwu"])
    assert Counter(told.ours.values()) == {
        "sent": sent,
        "capped": len(FULL),
        "not_friend": len(LEFT),
        "stopped": len(BOOKS["wangwu"]),
    }
    assert differing(told) == set()
    assert len(told.ours) == len(told.truth) == CUSTOMERS
    assert (told.largest, told.tasks) == (10_000, {"ended": 2, "cancelled": 2})
    assert told.broken_off > 2
    assert told.received == dict.fromkeys(told.touched, 1)
    assert len(told.touched) == sent
    assert told.entries["broadcast.customer_sent"] == sent
    assert told.slots == sent  # who got nothing has their slot back
    name = "PostgreSQL" if "postgresql" in str(database.engine.url) else "SQLite"
    today = clock.bank_date(clock.now())
    write(f"Broadcast results, {name}", lines(told, name, today))
