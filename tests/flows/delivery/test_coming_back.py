"""What comes back of a task: WeCom took it, the customer answered, the core system has a deal."""

from datetime import timedelta

import pytest

from config import execution_policy
from delivery import coming_back, jobs
from delivery.coming_back import Word
from delivery.dispatcher import Dispatcher
from delivery.models import TodoState
from delivery.phrasing import routes
from delivery.repository import todo_lists, todos
from delivery.repository.todo_lists import Wanted
from kit.clock import bank_date
from kit.db import Database
from tests.flows.console import scenes
from tests.flows.crm_sync import bank
from tests.flows.delivery.test_dispatch import Wall
from tests.flows.wecom_world import AGENT, wecom_world

pytestmark = pytest.mark.anyio
POLICY = execution_policy.load()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def _todo(database: Database, number: int) -> todos.TodoView:
    async with database.reading() as session:
        found = await todos.one(session, number)
    assert found is not None
    return found


async def test_a_card_that_wecom_took_is_received_and_one_it_could_not_hand_over_is_not(
    database: Database,
) -> None:
    wall = Wall()
    async with database.transaction() as session:
        await bank.units(session)
        for name in ("limin", "gone"):
            await bank.staff(session, name)
        made = {
            name: await scenes.todo(
                session, await bank.customer(session, f"C{name}"), at=wall.at, staff=name
            )
            for name in ("limin", "gone")
        }
    await jobs.announce(database, at=wall.at, public_url="http://desk", bank_name="青禾银行")
    async with wecom_world() as world:  # limin alone is a member there
        await world.post("clock", {"freeze": wall.at.isoformat()})
        sending = routes(world.client, database, agent_id=AGENT)
        await Dispatcher(database, sending, wall).drain()
    limin, gone = [await _todo(database, made[name]) for name in ("limin", "gone")]
    assert limin.received_at == limin.announced_at == wall.at
    assert (gone.received_at, gone.seen_at) == (None, None)


async def test_an_answer_counts_after_the_send_and_within_the_days_of_the_policy(
    database: Database,
) -> None:
    sent_at = Wall().at
    async with database.transaction() as session:
        await bank.units(session)
        customer = await bank.customer(session, "C1")
        made = {
            name: await scenes.todo(
                session, customer, at=sent_at, external_userid=f"wm-{name}", state=TodoState.CLAIMED
            )
            for name in ("before", "after", "both", "late", "silent")
        }
        spoken = {
            "before": (-HOUR, -HOUR),
            "after": (HOUR, 2 * HOUR),
            "both": (-HOUR, HOUR),
            "late": (4 * DAY, 4 * DAY),
        }
        words = [
            Word("LiMin", f"wm-{name}", sent_at + first, sent_at + last)
            for name, (first, last) in spoken.items()
        ]
        other = Word("wangfang", "wm-silent", sent_at + HOUR, sent_at + HOUR)
        answered = [
            await coming_back.replied(session, [*words, other], at=sent_at + 5 * DAY, policy=POLICY)
            for _ in range(2)
        ]
    assert answered == [2, 0]
    found = {name: (await _todo(database, number)).replied_at for name, number in made.items()}
    assert found == {
        "before": None, "after": sent_at + HOUR, "both": sent_at + HOUR, "late": None,
        "silent": None,
    }  # fmt: skip


async def test_a_new_holding_within_the_window_is_a_deal_and_counted_with_its_list(
    database: Database,
) -> None:
    done_at = Wall().at
    today = bank_date(done_at)
    cases = {"before": -1, "same": 0, "within": 20, "beyond": POLICY.deal_days + 1, "card": 3}
    async with database.transaction() as session:
        await bank.units(session)
        made = {}
        for name, days in cases.items():
            customer = await bank.customer(session, f"C{name}")
            made[name] = await scenes.todo(session, customer, at=done_at, state=TodoState.DONE)
            await bank.holding(
                session, customer, f"H{name}", "card" if name == "card" else "deposit",
                opened_on=today + timedelta(days=days), amount_fen=1_000_000,
            )  # fmt: skip
        at = done_at + 25 * DAY
        counts = [await coming_back.deals(session, at=at, policy=POLICY) for _ in range(2)]
    assert counts == [2, 0]
    assert (await _todo(database, made["within"])).deal_on == today + timedelta(days=20)
    async with database.reading() as session:
        listed = await todo_lists.page(session, Wanted(back="deal"))
        [progress] = await todo_lists.progress(session, Wanted(), today=today)
    assert {one.id for one in listed} == {made["same"], made["within"]}
    assert (progress.given, progress.deals, progress.replied, progress.received) == (5, 2, 0, 0)
