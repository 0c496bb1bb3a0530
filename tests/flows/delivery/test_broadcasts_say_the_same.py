"""A broadcast says one text to everybody in it: nothing personal gets in, nothing else is joined."""

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, time, timedelta

import pytest
from sqlalchemy import text

from compliance.facts import Channel, Purpose
from compliance.objections import Objection
from content_library.fields import FIELDS
from crm_sync import selection
from delivery import broadcasts, door
from delivery.intents import Intent, Outcome
from kit.clock import bank_moment
from kit.db import Database, cipher_of
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import approved_script, desk

pytestmark = [pytest.mark.anyio, pytest.mark.mission("C7")]

DAY = date(2026, 11, 25)
AT = bank_moment(DAY, time(10))
PLAIN = (
    "天气转凉，早晚添件衣服，出门慢一点。接到陌生来电要您转账的，先挂断再打我行客服核实。",
    "这周早晚温差大，出门记得添衣，路上慢一点。",
)
PERSONAL = [one for one in FIELDS.values() if one.personal and not one.staff_only]
OWNERS = ("limin", "zhengkai")


async def _bank(database: Database, customers: int) -> list[int]:
    async with database.transaction() as session:
        await bank.units(session)
        for owner in OWNERS:
            await bank.staff(session, owner)
        return [
            await bank.reached_customer(
                session, f"C{number}", owner=OWNERS[number % 2], born_on=date(1985, 1, 1)
            )
            for number in range(customers)
        ]


async def _versions(database: Database) -> tuple[list[int], dict[str, int]]:
    """Words that say the same to all; words with a field of one customer, a version a field."""
    async with database.transaction() as session:
        plain = [
            await approved_script(session, f"all.{n}", words, purpose="care", form="broadcast")
            for n, words in enumerate(PLAIN)
        ]
        personal = {
            one.name: await approved_script(
                session, f"one.{one.name}", f"您好，这里写着{{{{{one.name}}}}}，出门慢一点。",
                purpose="care",
            )
            for one in PERSONAL
        }  # fmt: skip
    return plain, personal


async def _intents(
    database: Database, ids: Sequence[int], plain: list[int], personal: dict[str, int]
) -> list[Intent]:
    """Each personal field once as a broadcast; then whatever anybody may ask for, by a seeded hand:
    any words, any way, with or without a greeting."""
    draw = random.Random(20261125)
    async with database.reading() as session:
        people = await selection.customer_facts(session, ids)
        ways = await selection.reaches(session, ids)
    fields = {one.name: one.sample for one in PERSONAL}
    first = dict(zip(ids, personal.values(), strict=False))
    return [
        Intent(
            key=f"care:{number}",
            trigger="persona.content",
            channel=Channel.BROADCAST
            if number in first
            else draw.choice((Channel.BROADCAST, Channel.BROADCAST, Channel.TODO)),
            purpose=Purpose.CARE,
            customer=people[number],
            reach=ways[number],
            script_version_id=first.get(number) or draw.choice((*(plain * 6), *personal.values())),
            fields=fields,
            title="关怀",
            why="换季",
            due_on=DAY,
            expires_at=AT + timedelta(hours=8),
            greeting=draw.choice(("", "", "", "好久不见")),
        )
        for number in ids
    ]


async def test_whatever_is_asked_for_nothing_personal_is_in_a_broadcast(
    database: Database,
) -> None:
    ids = await _bank(database, 60)
    plain, personal = await _versions(database)
    intents = await _intents(database, ids, plain, personal)
    async with database.transaction() as session:
        became = await door.submit(session, intents, at=AT, desk=desk(), by="system:test")
        await broadcasts.close(session, DAY, at=AT, due_at=AT, expires_at=AT + timedelta(hours=8))
    mine = {one.key: one for one in intents}
    own = {one.key for one in intents if one.script_version_id in personal.values() or one.greeting}
    blocked = {one.key for one in became if Objection.PERSONAL_IN_PUBLIC.code in one.objections}
    assert blocked == {key for key in own if mine[key].channel is Channel.BROADCAST}
    assert len(blocked) > len(PERSONAL)  # there was something to stop
    said: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    async with database.reading() as session:
        cipher = cipher_of(session)
        rows = (
            await session.execute(
                text(
                    "SELECT r.key, b.id, b.userid, b.text FROM broadcast_recipient r"
                    " JOIN broadcast b ON b.id = r.broadcast_id"
                )
            )
        ).all()
        for key, number, userid, sealed in rows:
            words = cipher.open("broadcast.text", str(number), bytes(sealed))
            assert words in PLAIN
            assert words == PLAIN[plain.index(mine[key].script_version_id or 0)]
            assert mine[key].reach is not None
            assert userid == mine[key].customer.owner_staff_id
            said[userid, words].add(number)
    assert {row[0] for row in rows}.isdisjoint(own)
    assert {row[0] for row in rows} == {
        one.key for one in became
        if one.outcome is Outcome.QUEUED and mine[one.key].channel is Channel.BROADCAST
    }  # fmt: skip
    assert all(len(tasks) == 1 for tasks in said.values())  # one task a member and text
    assert len(said) == len(OWNERS) * len(PLAIN)
