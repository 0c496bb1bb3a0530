"""The ledger proves itself, and names the entry that does not."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from kit.db import Database
from kit.ledger import Entry, append
from kit.ledger.reading import Wanted, count, page
from kit.ledger.verify import verify

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


async def _ten_sends(database: Database) -> None:
    for number in range(10):
        async with database.transaction() as session:
            await append(
                session,
                [
                    Entry(
                        kind="send",
                        act="send.claimed",
                        actor="staff:limin",
                        object=f"customer:{number}",
                        unit="0101",
                        payload={"text": f"周阿姨您好 {number}"},
                    )
                ],
                at=AT + timedelta(seconds=number),
            )


async def test_an_honest_ledger_verifies_and_reads_back(database: Database) -> None:
    await _ten_sends(database)
    async with database.reading() as session:
        report = await verify(session)
        newest = await page(session, Wanted(kind="send"), limit=3)
        assert await count(session, Wanted(actor="staff:limin")) == 10
    assert report.sound
    assert (report.streams, report.entries) == (1, 10)
    assert [entry.seq for entry in newest] == [10, 9, 8]
    assert newest[0].payload == {"text": "周阿姨您好 9"}


async def test_a_batch_over_several_units_keeps_one_chain_each(database: Database) -> None:
    entries = [
        Entry(kind="send", act="send.planned", actor="system:planner", object=f"c:{n}", unit=unit)
        for n in range(3)
        for unit in ("0102", "0101")
    ]
    async with database.transaction() as session:
        places = await append(session, entries, at=AT)
    assert places[:3] == ["send:0102#1", "send:0101#1", "send:0102#2"]
    async with database.reading() as session:
        assert (await verify(session)).sound


@pytest.mark.parametrize(
    ("tamper", "seq", "kind"),
    [
        ("UPDATE ledger_entry SET reason = 'nothing happened' WHERE seq = 4", 4, "changed"),
        ("UPDATE ledger_entry SET salt = payload WHERE seq = 4", 4, "payload"),
        ("DELETE FROM ledger_entry WHERE seq = 4", 4, "missing"),
        ("DELETE FROM ledger_entry WHERE seq = 10", 10, "truncated"),
        ("UPDATE ledger_key SET hash = 'x' WHERE seq = 4", 4, "changed"),
    ],
)
@pytest.mark.mission("I3")
async def test_whoever_tampers_is_caught_at_the_entry(
    database: Database, tamper: str, seq: int, kind: str
) -> None:
    await _ten_sends(database)
    async with database.transaction() as session:
        await session.execute(text(tamper))
    async with database.reading() as session:
        report = await verify(session)
    assert not report.sound
    assert (report.faults[0].seq, report.faults[0].kind) == (seq, kind)


async def test_two_swapped_entries_are_both_named(database: Database) -> None:
    await _ten_sends(database)
    async with database.transaction() as session:
        for old, new in ((4, 99), (7, 4), (99, 7)):
            await session.execute(
                text("UPDATE ledger_entry SET seq = :new WHERE seq = :old"),
                {"old": old, "new": new},
            )
    async with database.reading() as session:
        report = await verify(session)
    assert {4, 7} <= {fault.seq for fault in report.faults}


async def test_a_rolled_back_change_leaves_no_entry(database: Database) -> None:
    class Interrupted(Exception):
        pass

    with pytest.raises(Interrupted):
        async with database.transaction() as session:
            await append(
                session, [Entry(kind="send", act="x", actor="system:t", object="c:1")], at=AT
            )
            raise Interrupted
    async with database.reading() as session:
        assert (await verify(session)).entries == 0
