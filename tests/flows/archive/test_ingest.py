"""Every sequence number is stored, in quarantine, or confirmed absent; nothing is stored half."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from archive.activity import sheet
from archive.content import opened
from archive.errors import SourceStuck, SourceUnreadable
from archive.facts import ConsentFact
from archive.ingest import pull
from archive.models import ArchivedMessage, ArchiveGap, MessagePerson, Quarantine
from archive.quarantine import release
from archive.repository import SOURCE, position_of
from kit.db import Database
from kit.ledger.verify import verify
from tests.flows.archive.talks import (
    AT,
    ROOM,
    ZHOU,
    Shelf,
    archived,
    keys,
    record,
    said,
    shelf,
)
from wecom.archive.records import Record

pytestmark = pytest.mark.anyio

SAMPLES = Path(__file__).parents[2] / "data" / "archive_samples"
HOUR = timedelta(hours=1)


async def _stored(database: Database) -> list[tuple[int, str, str, bytes]]:
    """What is in the archive, without what chance or the moment of storing put there."""
    async with database.reading() as session:
        rows = (
            (await session.execute(select(ArchivedMessage).order_by(col(ArchivedMessage.seq))))
            .scalars()
            .all()
        )
        return [(row.seq, row.msgid, row.talk, opened(database.cipher, row).raw) for row in rows]


async def _position(database: Database) -> int:
    async with database.reading() as session:
        return await position_of(session, SOURCE)


def _talk(count: int) -> list[dict[str, Any]]:
    return [said(f"第 {n} 句，理财的事", minute=n / 60, msgid=f"m{n}") for n in range(count)]


async def test_a_pull_stores_page_by_page_until_the_source_is_empty(database: Database) -> None:
    there = shelf(*_talk(25))
    report = await pull(database, there, keys(), at=AT + HOUR, page_size=10)
    assert (report.pages, report.received, report.stored, report.position) == (3, 25, 25, 25)
    assert there.asked == [0, 10, 20, 25]
    again = await pull(database, there, keys(), at=AT + 2 * HOUR)
    assert (again.pages, again.stored) == (0, 0)
    async with database.reading() as session:
        balance = await sheet(session)
        people = (await session.execute(select(col(MessagePerson.person)).distinct())).scalars()
        assert set(people) == {"limin", ZHOU}
        assert (await verify(session)).sound
    assert (balance.stored, balance.first_seq, balance.last_seq) == (25, 1, 25)
    assert (balance.unexplained, balance.pages) == (0, 3)
    assert balance.checked_at == AT + 2 * HOUR


async def test_a_crash_before_the_commit_leaves_neither_page_nor_cursor(
    database: Database,
) -> None:
    class Crash(Exception):
        pass

    async def crash(_session: AsyncSession, _consents: Sequence[ConsentFact]) -> None:
        raise Crash

    agree = said("", by=ZHOU, to="LiMin", minute=3, msgid="agree") | {"msgtype": "agree"}
    messages = [*_talk(3), agree]
    with pytest.raises(Crash):
        await pull(database, shelf(*messages), keys(), at=AT + HOUR, on_page=crash)
    assert (await _stored(database), await _position(database)) == ([], 0)
    async with database.reading() as session:
        assert (await verify(session)).entries == 0
    await pull(database, shelf(*messages), keys(), at=AT + 2 * HOUR)
    assert [seq for seq, *_ in await _stored(database)] == [1, 2, 3, 4]


async def test_two_pullers_at_once_store_everything_once(database: Database) -> None:
    messages = _talk(30)
    reports = await asyncio.gather(
        *(
            pull(database, shelf(*messages), keys(), at=AT + HOUR, page_size=size)
            for size in (7, 11)
        )
    )
    assert sum(report.stored for report in reports) == 30
    assert [seq for seq, *_ in await _stored(database)] == list(range(1, 31))
    async with database.reading() as session:
        assert (await sheet(session)).unexplained == 0
        assert (await verify(session)).sound


async def test_a_message_that_comes_again_is_ignored(database: Database) -> None:
    messages = _talk(4)
    await archived(database, *messages)
    before = await _stored(database)
    other = [record(5, messages[1]), record(6, said("新的", minute=9, msgid="m9"))]
    report = await pull(database, Shelf(other), keys(), at=AT + 2 * HOUR)
    assert (report.stored, report.repeated) == (1, 1)
    assert (await _stored(database))[:4] == before
    async with database.reading() as session:
        balance = await sheet(session)
    assert (balance.stored, balance.repeated, balance.unexplained) == (5, 1, 0)


async def test_a_source_that_repeats_itself_is_named_and_does_not_spin(database: Database) -> None:
    await archived(database, *_talk(3))

    class Stuck(Shelf):
        async def fetch(self, seq: int, limit: int = 1000) -> tuple[Record, ...]:
            return await super().fetch(0, limit)

    there = Stuck(shelf(*_talk(3)).records)
    with pytest.raises(SourceStuck):
        await pull(database, there, keys(), at=AT + 2 * HOUR)
    assert len(there.asked) == 3


async def test_a_number_that_cannot_be_one_is_refused(database: Database) -> None:
    there = Shelf([replace(record(1, said("您好")), seq=2**63)])
    with pytest.raises(SourceUnreadable):
        await pull(database, there, keys(), at=AT + HOUR)


async def test_holes_stand_open_until_a_second_pull_finds_them_absent(database: Database) -> None:
    messages = _talk(10)
    there = shelf(*messages)
    there.hidden = {3, 4, 8}
    first = await pull(database, there, keys(), at=AT + HOUR, page_size=4)
    assert (first.stored, first.holes, first.absent) == (7, 3, 0)
    async with database.reading() as session:
        balance = await sheet(session)
    assert (balance.open_holes, balance.absent, balance.unexplained) == (3, 0, 0)
    there.hidden = {3, 4}
    second = await pull(database, there, keys(), at=AT + 2 * HOUR, page_size=4)
    assert (second.late, second.absent) == (1, 2)
    async with database.reading() as session:
        balance = await sheet(session)
        gaps = {
            (gap.first_seq, gap.state, gap.cause)
            for gap in (await session.execute(select(ArchiveGap))).scalars()
        }
    assert (balance.stored, balance.open_holes, balance.absent) == (8, 0, 2)
    assert balance.unexplained == 0
    assert gaps == {(3, "absent", "hole"), (8, "absent", "hole")}
    assert [seq for seq, *_ in await _stored(database)] == [1, 2, 5, 6, 7, 8, 9, 10]
    third = await pull(database, there, keys(), at=AT + 3 * HOUR)
    assert (third.absent, third.late) == (0, 0)


async def test_a_repeated_page_that_brings_a_missing_message_fills_its_hole(
    database: Database,
) -> None:
    class Repeats(Shelf):
        async def fetch(self, seq: int, limit: int = 1000) -> tuple[Record, ...]:
            if seq == 4:
                self.hidden.clear()
            return await super().fetch(0 if self.asked == [0] else seq, limit)

    there = Repeats(shelf(*_talk(4)).records)
    there.hidden = {2, 3}
    report = await pull(database, there, keys(), at=AT + HOUR, page_size=10)
    assert (report.stored, report.holes) == (4, 2)
    async with database.reading() as session:
        balance = await sheet(session)
    assert (balance.stored, balance.open_holes, balance.unexplained) == (4, 0, 0)
    second = await pull(database, there, keys(), at=AT + 2 * HOUR)
    assert (second.absent, second.late) == (0, 2)


async def test_what_was_lost_because_we_were_away_too_long_is_told_apart(
    database: Database,
) -> None:
    await archived(database, *_talk(2))
    away = AT + timedelta(days=6)
    later = said("很久以后", minute=8 * 24 * 60, msgid="later")
    report = await pull(database, shelf(later, first=1_000_000), keys(), at=away)
    assert report.holes == 999_997
    await pull(database, shelf(later, first=1_000_000), keys(), at=away + HOUR)
    async with database.reading() as session:
        balance = await sheet(session)
    assert (balance.beyond_window, balance.unexplained) == (999_997, 0)


async def test_what_cannot_be_opened_waits_in_quarantine_and_stops_nobody(
    database: Database,
) -> None:
    good = record(1, said("您好", msgid="m1"))
    unknown_key = record(2, said("旧密钥", msgid="m2"), version=2)
    garbled = record(3, said("坏的", msgid="m3"))
    garbled = replace(garbled, sealed=garbled.sealed[:40])
    not_json = record(4, b"no json at all")
    nul = record(5, said("x", by="a\0b", msgid="m5"))
    last = record(6, said("再见", msgid="m6"))
    records = [good, unknown_key, garbled, not_json, nul, last]
    report = await pull(database, Shelf(records), keys(1), at=AT + HOUR)
    assert (report.stored, report.quarantined, report.position) == (2, 4, 6)
    async with database.reading() as session:
        query = select(Quarantine).order_by(col(Quarantine.seq))
        rows = [(row.cause, row.record) for row in (await session.execute(query)).scalars()]
        balance = await sheet(session)
    assert [cause for cause, _ in rows] == ["key_unknown", "layout", "not_json", "malformed"]
    assert json.loads(rows[0][1])["encrypt_chat_msg"] == unknown_key.sealed
    assert (balance.quarantined, balance.unexplained) == (4, 0)
    again = await pull(database, Shelf(records), keys(1), at=AT + 2 * HOUR)
    assert (again.stored, again.quarantined) == (0, 0)


async def test_a_key_added_later_frees_what_waited_for_it(database: Database) -> None:
    records = [
        record(1, said("您好", msgid="m1")),
        record(2, said("旧密钥", msgid="m2"), version=2),
        replace(record(3, said("坏的", msgid="m3")), sealed="x" * 40),
    ]
    await pull(database, Shelf(records), keys(1), at=AT + HOUR)
    assert await release(database, keys(1), at=AT + HOUR) == (2, 0)
    assert await release(database, keys(1, 2), at=AT + 2 * HOUR) == (2, 1)
    assert [seq for seq, *_ in await _stored(database)] == [1, 2]
    async with database.reading() as session:
        states = {
            row.seq: (row.state, row.attempts)
            for row in (await session.execute(select(Quarantine))).scalars()
        }
        balance = await sheet(session)
    assert states == {2: ("released", 3), 3: ("held", 3)}
    assert (balance.stored, balance.quarantined, balance.unexplained) == (2, 1, 0)


async def test_a_record_that_comes_again_and_opens_now_leaves_quarantine(
    database: Database,
) -> None:
    good = record(1, said("您好", msgid="m1"))
    await pull(database, Shelf([replace(good, key_version=9)]), keys(1), at=AT + HOUR)

    class Again(Shelf):
        async def fetch(self, seq: int, limit: int = 1000) -> tuple[Record, ...]:
            return await super().fetch(0 if not self.asked else seq, limit)

    report = await pull(database, Again([good]), keys(1), at=AT + 2 * HOUR)
    assert report.stored == 1
    async with database.reading() as session:
        balance = await sheet(session)
        states = (await session.execute(select(col(Quarantine.state)))).scalars().all()
    assert (balance.stored, balance.quarantined, balance.unexplained) == (1, 0, 0)
    assert states == ["released"]


async def test_a_second_message_under_a_taken_number_is_kept_and_not_lost(
    database: Database,
) -> None:
    await archived(database, said("第一条", msgid="m1"))
    clash = Shelf([record(1, said("另一条", msgid="other")), record(2, said("第二条", msgid="m2"))])

    class Again(Shelf):
        async def fetch(self, seq: int, limit: int = 1000) -> tuple[Record, ...]:
            return await super().fetch(0 if seq == 1 else seq, limit)

    report = await pull(database, Again(clash.records), keys(), at=AT + 2 * HOUR)
    assert (report.stored, report.quarantined) == (1, 1)
    async with database.reading() as session:
        [held] = (await session.execute(select(Quarantine))).scalars()
        assert (held.cause, held.msgid) == ("number_taken", "other")
        assert (await sheet(session)).unexplained == 0
    assert await release(database, keys(), at=AT + 3 * HOUR) == (1, 0)


async def test_consents_are_told_with_the_page_that_brings_them(database: Database) -> None:
    told: list[ConsentFact] = []

    async def keep(_session: AsyncSession, consents: Sequence[ConsentFact]) -> None:
        told.extend(consents)

    base = {"action": "send", "from": ZHOU, "tolist": ["LiMin"], "msgtime": 1763600000000}
    agree = base | {"msgid": "a1", "roomid": "", "msgtype": "agree", "agree": {}}
    disagree = base | {"msgid": "a2", "roomid": ROOM, "msgtype": "disagree", "disagree": {}}
    report = await pull(
        database, shelf(agree, said("您好"), disagree), keys(), at=AT + HOUR, on_page=keep
    )
    assert list(report.consents) == told
    assert [(one.external_userid, one.userid, one.room_id, one.agreed) for one in told] == [
        (ZHOU, "limin", "", True),
        (ZHOU, None, ROOM, False),
    ]


async def test_every_kind_of_message_on_the_official_page_is_stored_whole(
    database: Database,
) -> None:
    raws = {
        number: json.dumps(json.loads(path.read_bytes()) | {"msgid": f"m{number}"}).encode()
        for number, path in enumerate(sorted(SAMPLES.glob("*.json")), 1)
    }
    records = [replace(record(seq, raw), msgid=f"m{seq}") for seq, raw in raws.items()]
    report = await pull(database, Shelf(records), keys(), at=AT + HOUR)
    assert (report.stored, report.quarantined) == (len(raws), 0)
    assert [raw for *_, raw in await _stored(database)] == list(raws.values())


async def test_nothing_said_can_be_read_in_a_stolen_database(
    database: Database, tmp_path: Path
) -> None:
    await archived(
        database,
        said("这款基本就是保本的理财，张桂兰女士放心", msgid="m1"),
        said("", msgid="m2") | {"msgtype": "file", "file": {"filename": "张桂兰资产证明.pdf"}},
    )
    secrets = [word.encode() for word in ("保本", "理财", "张桂兰", "资产证明")]
    if database.is_sqlite:
        raw = _raw(tmp_path)
        assert b"m1" in raw
    else:
        async with database.reading() as session:
            names = [
                name
                for name in SQLModel.metadata.tables
                if name.startswith(("archive", "message_", "ledger_"))
            ]
            dumps = [
                (await session.execute(text(f'SELECT t::text FROM "{name}" t'))).scalars().all()  # noqa: S608
                for name in names
            ]
        raw = "\n".join(line for lines in dumps for line in lines).encode()
        assert b"m1" in raw
        secrets += [word.hex().encode() for word in secrets]
    for secret in secrets:
        assert secret not in raw


def _raw(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.glob("bank.db*"))
