"""Twelve thousand customers in broadcasts, and what WeCom says became of each: counted by both sides."""

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from kit.db import Database
from tests.flows.delivery.broadcasting import Answer, Between, Office
from tests.flows.wecom_world import wecom_world
from wecom.errors import OutcomeUnknown

BOOKS: Final = {
    "limin": [f"wm-L{number:05}" for number in range(10_050)],  # more than one task holds
    "zhengkai": [f"wm-Z{number:05}" for number in range(1_500)],  # sent, then cancelled
    "wangwu": [f"wm-W{number:05}" for number in range(450)],  # cancelled before it was sent
}
CUSTOMERS: Final = sum(map(len, BOOKS.values()))
LEFT: Final = tuple(BOOKS["limin"][7::400]) + tuple(BOOKS["zhengkai"][3::100])
"""Customers who deleted their manager before he sent it."""
FULL: Final = tuple(BOOKS["limin"][11::60]) + tuple(BOOKS["zhengkai"][5::50])
"""Customers who had another broadcast of the day already."""
STATUS: Final = {0: "unsent", 1: "sent", 2: "not_friend", 3: "capped"}
RESULT: Final = "externalcontact/get_groupmsg_send_result"
MEMBERS: Final = [{"userid": userid, "name": userid} for userid in BOOKS]
FRIENDS: Final = [
    {"external_userid": contact, "name": contact, "followers": [{"userid": userid}]}
    for userid, contacts in BOOKS.items()
    for contact in contacts
]


@dataclass
class Told:
    """What this side wrote down, and what WeCom and its customers know."""

    ours: dict[str, str] = field(default_factory=dict)
    truth: dict[str, str] = field(default_factory=dict)
    tasks: Counter[str] = field(default_factory=Counter)
    largest: int = 0
    touched: set[str] = field(default_factory=set)
    received: Counter[str] = field(default_factory=Counter)
    entries: Counter[str] = field(default_factory=Counter)
    slots: int = 0
    broken_off: int = 0
    rounds: int = 0
    polling_s: float = 0.0


async def report(database: Database) -> Told:
    """Everything from the tasks' creation to the end of their window; readings break off often."""
    async with wecom_world(members=MEMBERS, customers=FRIENDS, broadcast_cap="day1") as world:
        office = Office(database, world)
        await office.open(BOOKS)
        told = Told()
        for userid in BOOKS:
            early = [contact for contact in FULL if contact in BOOKS[userid]]
            await office.world.act(
                "outside_broadcast", userid=userid, targets=early, text="别处先发的"
            )
        for contact in LEFT:
            userid = "limin" if contact.startswith("wm-L") else "zhengkai"
            await office.world.act("delete_by_customer", userid=userid, external_userid=contact)
        await office.later(minutes=2)
        await office.poll()
        tasks = await office.rows("SELECT userid, msgid, id FROM broadcast")
        for userid, msgid, _ in tasks:
            if userid != "wangwu":
                await office.world.act("confirm_broadcast", userid=userid, msgid=msgid)
            if userid != "limin":
                await office.world.client.call(
                    "externalcontact/cancel_groupmsg_send", {"msgid": msgid}, idempotent=True
                )
        asked = 0

        async def cut_off(path: str, body: Answer) -> None:
            nonlocal asked
            asked += path == RESULT
            if path == RESULT and asked % 4 == 0:
                told.broken_off += 1
                raise OutcomeUnknown(path, "cut off")

        shaky = Between(office.world.client, before=cut_off)
        began = time.perf_counter()
        for _ in range(12):
            await office.later(minutes=11)
            told.rounds += 1
            await office.poll(shaky)
        await office.later(days=15)
        await office.poll()
        told.polling_s = time.perf_counter() - began
        await _compare(office, told, tasks)
    return told


async def _compare(office: Office, told: Told, tasks: list[tuple[Any, ...]]) -> None:
    known = {msgid for _, msgid, _ in tasks}
    for msgid, rows in (await office.truth()).items():
        if msgid in known:
            told.truth |= {target: STATUS[status] for target, status in rows.items()}
            told.largest = max(told.largest, len(rows))
    told.ours = dict(await office.rows("SELECT external_userid, state FROM broadcast_recipient"))
    told.tasks = Counter(state for (state,) in await office.rows("SELECT state FROM broadcast"))
    told.touched = {
        source.partition("/")[2]
        for (source,) in await office.rows("SELECT source FROM touch WHERE channel = 'broadcast'")
    }
    answer = await office.world.people.get("/_sim/seen/counts")
    told.received = Counter(
        {
            name.partition(" ")[2]: number
            for name, number in answer.json()["received"].items()
            if name.startswith("broadcast ")
        }
    )
    told.received.subtract(dict.fromkeys(FULL, 1))
    told.received = +told.received
    told.entries = Counter(
        act
        for (act,) in await office.rows(
            "SELECT act FROM ledger_entry WHERE act LIKE 'broadcast.customer_%'"
        )
    )
    [(told.slots,)] = await office.rows("SELECT COUNT(*) FROM quota_slot")


def lines(told: Told, what: str, day: object) -> list[str]:
    """What ``docs/proofs.md`` says of it."""
    became = Counter(told.ours.values())
    return [
        f"{day}, {what}. {CUSTOMERS} customers in {told.tasks.total()} tasks of {len(BOOKS)} members,"
        f" {told.largest} in the largest; {len(FULL)} had another broadcast that day, {len(LEFT)} had"
        f" left, one member sent and was cancelled after, one was cancelled before. "
        f"{told.broken_off} readings broke off and went on; {told.rounds} rounds, "
        f"{told.polling_s:.1f} s of polling.",
        "",
        "| | |",
        "|---|---|",
        *(
            f"| {name} here | {became[name]} |"
            for name in ("sent", "capped", "not_friend", "stopped")
        ),
        f"| customers whose state differs from WeCom's | {len(differing(told))} |",
        f"| customers who received it | {len(told.received)} |",
        f"| of them without a touch, or touches of who did not | "
        f"{len(set(told.received) ^ told.touched)} |",
        f"| received twice | {sum(number > 1 for number in told.received.values())} |",
        f"| slots left in use | {told.slots} |",
    ]


def differing(told: Told) -> set[str]:
    """Customers of whom both sides say different things; never sent is WeCom's unsent."""
    same = {"stopped": "unsent", "missed": "unsent"}
    return {
        contact
        for contact in told.truth.keys() | told.ours.keys()
        if told.truth.get(contact) != same.get(told.ours.get(contact, ""), told.ours.get(contact))
    }
