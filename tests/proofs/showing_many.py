"""A moment for ten thousand customers, and to whom WeCom shows it: counted by both sides."""

import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import text

from delivery.moments import results
from kit.db import Database
from tests.flows.delivery.broadcasting import Answer, Between
from tests.flows.delivery.showing import Scene, Wall, approved, script
from tests.flows.wecom_world import wecom_world
from tests.proofs.populating import friends, populate
from wecom import tags
from wecom.errors import OutcomeUnknown

BOOKS: Final = {
    "limin": [f"wm-L{number:05}" for number in range(4_500)],  # five pages of a list
    "zhengkai": [f"wm-Z{number:05}" for number in range(3_000)],
    "wangwu": [f"wm-W{number:05}" for number in range(2_000)],
    "zhaoliu": [f"wm-H{number:05}" for number in range(500)],  # never publishes
}
CUSTOMERS: Final = sum(map(len, BOOKS.values()))
LEFT: Final = tuple(BOOKS["limin"][7::90])
"""Customers who deleted their manager between the call and his tap."""
STRANGERS: Final = {"limin": [f"wm-S{number:02}" for number in range(25)]}
"""Contacts on nobody's list, whom somebody tagged by hand."""
LISTS: Final = ("get_moment_task", "get_moment_customer_list", "get_moment_send_result")
PAGES: Final = 3


@dataclass
class Told:
    """What this side wrote down, and what the customers have seen."""

    states: Counter[str] = field(default_factory=Counter)
    shown: set[str] = field(default_factory=set)
    truth: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    strangers: int = 0
    senders: dict[str, int] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    left_over: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    twice: int = 0
    broken_off: int = 0
    rounds: int = 0
    polling_s: float = 0.0
    after_the_end: int = 0


async def show(database: Database) -> Told:
    """From the approval to a day after its end; readings break off often."""
    members = [{"userid": userid, "name": userid} for userid in BOOKS]
    async with wecom_world(members=members, customers=friends(BOOKS) + friends(STRANGERS)) as world:
        ids = await populate(database, BOOKS, persona="宝妈")
        made = Scene(database, world, Wall(), ids, await script(database))
        await made.at(9)
        number = await approved(database, made.wall)
        await made.draw_up()
        marked = 0
        while marked < CUSTOMERS:
            done = await made.mark()
            await made.at(9, made.wall.at.minute + 1)
            marked += done
        await made.at(10, 30)
        await made.dispatcher().drain()
        await made.at(10, 40)
        await made.poll()
        tag_id = (await made.one(number)).tag_id
        for userid, contacts in STRANGERS.items():
            for contact in contacts:
                await tags.mark(world.client, userid, contact, add=[tag_id])
        for contact in LEFT:
            await world.act("delete_by_customer", userid="limin", external_userid=contact)
        moment_id = await made.part("moment_id")
        for userid in ("limin", "zhengkai", "wangwu"):
            await world.act("publish_moment", userid=userid, moment_id=moment_id)
        told = Told()
        began = time.perf_counter()
        await _poll(made, told)
        told.polling_s = time.perf_counter() - began
        await _compare(made, number, told)
    return told


async def _poll(made: Scene, told: Told) -> None:
    """Rounds of three pages each; every fourth question is not answered. To the end, and after."""
    asked: Counter[tuple[str, str, str]] = Counter()
    unanswered: Counter[tuple[str, str, str]] = Counter()

    async def cut_off(path: str, body: Answer) -> None:
        name = path.rpartition("/")[2]
        if name in LISTS:
            one = (name, body.get("userid", ""), body["cursor"])
            told.asked[name] += 1
            asked[one] += 1
            if told.asked.total() % 4 == 0:
                told.broken_off += 1
                unanswered[one] += 1
                raise OutcomeUnknown(path, "cut off")

    shaky = Between(made.world.client, before=cut_off)
    while await made.part("state") == "created":
        told.rounds += 1
        assert told.rounds < 200, "the window has no end"
        await results.poll(made.database, shaky, made.wall, pages=PAGES)
        made.wall.at += timedelta(minutes=11)
        await made.world.post("clock", {"freeze": made.wall.at.isoformat()})
    told.twice = sum(
        number - unanswered[one] - 1 for one, number in asked.items() if one[0] != LISTS[0]
    )
    before = told.asked.total()
    made.wall.at += timedelta(days=3)
    await results.poll(made.database, shaky, made.wall)
    told.after_the_end = told.asked.total() - before


async def _compare(made: Scene, number: int, told: Told) -> None:
    answer = await made.world.people.get("/_sim/seen", params={"kind": "moment", "limit": 100_000})
    told.truth = {f"{row['from']}/{row['external_userid']}" for row in answer.json()["rows"]}
    readers = await _rows(made, "SELECT userid, external_userid, state FROM moment_reader")
    told.states = Counter(state for _, _, state in readers)
    told.shown = {f"{userid}/{contact}" for userid, contact, state in readers if state == "shown"}
    customers = {made.ids[contact]: f"{userid}/{contact}" for userid, contact, _ in readers}
    told.touched = {
        customers[one]
        for (one,) in await _rows(made, "SELECT customer_id FROM touch WHERE channel = 'moments'")
    }
    told.strangers = sum(
        int("".join(letter for letter in title if letter.isdigit()))
        for (title,) in await _rows(
            made, "SELECT title FROM work_item WHERE kind = 'moment_strangers'"
        )
    )
    told.senders = dict((await made.numbers(number)).senders)
    told.ended = [await made.part("state"), (await made.one(number)).state]
    [(told.left_over,)] = await _rows(made, "SELECT COUNT(*) FROM moment_seen")


async def _rows(made: Scene, query: str) -> list[tuple[Any, ...]]:
    async with made.database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


def lines(told: Told, what: str, day: object) -> list[str]:
    """What ``docs/proofs.md`` says of it."""
    pages = told.asked.total() - told.broken_off
    return [
        f"{day}, {what}. A moment for {CUSTOMERS} customers of {len(BOOKS)} members; three publish it, one"
        f" never does; {len(LEFT)} customers left before, {told.strangers} contacts on no list were"
        f" tagged by hand. {PAGES} pages a round, every fourth question unanswered: {pages} pages in"
        f" {told.rounds} rounds to the end of the window, {told.broken_off} broke off and went on;"
        f" {told.polling_s:.1f} s of polling.",
        "",
        "| counted by | what | figure |",
        "|---|---|---|",
        f"| simulated WeCom | contacts who have seen it | {len(told.truth)} |",
        f"| rows | customers shown it / not published to / left before | {told.states['shown']} /"
        f" {told.states['missed']} / {told.states['planned']} |",
        f"| both | **customers of whom both sides say different things** | **{len(differing(told))}** |",
        f"| rows | shown without a touch, or touched without being shown | "
        f"{len(told.shown ^ told.touched)} |",
        f"| simulated WeCom | pages of a member's lists read twice | {told.twice} |",
        f"| simulated WeCom | questions after the end of the window | {told.after_the_end} |",
    ]


def differing(told: Told) -> set[str]:
    """Who has seen it by one side alone, but for the strangers who are told of by their number."""
    strangers = {f"{userid}/{one}" for userid, found in STRANGERS.items() for one in found}
    return (told.truth - strangers) ^ told.shown
