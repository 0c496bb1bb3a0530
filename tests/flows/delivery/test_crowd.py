"""Eight senders at once, one bank: nobody hears more than the policy allows, by any count."""

import asyncio

import pytest

from kit.db import Database
from tests.flows.delivery import crowd
from tests.flows.wecom_world import wecom_world

pytestmark = pytest.mark.anyio

CUSTOMERS, SENDERS, EACH = 2, 8, 16


async def test_attempts_by_eight_senders_exceed_no_cap(database: Database) -> None:
    where = await crowd.scene(database, CUSTOMERS, crowd.DAYS[:1])
    became = await asyncio.gather(
        *(crowd.rush(database, where, number, EACH) for number in range(SENDERS))
    )
    customers, groups = await crowd.heard(database)
    assert crowd.over(customers, groups, where) == []
    assert await crowd.slots_over(database, where) == []
    refused = sum(one["broadcast over_quota"] for one in became)
    assert refused > 20  # the caps did stop somebody
    assert sum(one["group over_quota"] for one in became) > 0
    async with wecom_world(
        customers=crowd.people(CUSTOMERS), api_per_minute=1_000_000, api_per_hour=1_000_000
    ) as world:
        asked = await crowd.asked_of_wecom(database, world, where)
    assert crowd.over(asked, crowd.Heard(), where) == []
    assert asked.by_day.total() > 0
    assert asked.by_day <= customers.by_day
