"""The archive proves itself against the ledger, and names the message that does not."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from archive.integrity import seals, verify
from kit.db import Database
from tests.flows.archive.talks import archived, said

pytestmark = pytest.mark.anyio

Tamper = Callable[[AsyncSession, Database], Awaitable[None]]


async def _two_pages(database: Database) -> None:
    await archived(database, *(said(f"第 {n} 句", minute=n, msgid=f"m{n}") for n in range(1, 6)))
    later = [said(f"第 {n} 句", minute=n, msgid=f"m{n}") for n in range(6, 10)]
    await archived(database, *later, first=6, hour=2)


async def _run(session: AsyncSession, *statements: str) -> None:
    for statement in statements:
        await session.execute(text(statement))


async def test_an_honest_archive_is_sound(database: Database) -> None:
    await _two_pages(database)
    async with database.reading() as session:
        report = await verify(session)
        proofs = await seals(session, [1, 9])
    assert report.sound
    assert (report.pages, report.messages) == (2, 9)
    assert [(seal.seq, seal.sound, seal.page) for seal in proofs] == [(1, True, 1), (9, True, 2)]
    assert all(seal.recorded == seal.computed for seal in proofs)


async def _reseal(session: AsyncSession, database: Database) -> None:
    body = database.cipher.seal("archive_message.body", "m4", '{"msgtype":"text"}')
    await session.execute(
        text("UPDATE archived_message SET body = :body WHERE seq = 4"), {"body": body}
    )


TAMPERINGS: dict[str, tuple[tuple[str, ...] | Tamper, list[tuple[int, str]]]] = {
    "another body, sealed by somebody who holds the key": (_reseal, [(4, "changed")]),
    "another sender": (
        ("UPDATE archived_message SET from_id = 'zhengkai' WHERE seq = 4",),
        [(4, "changed")],
    ),
    "another time": (
        ("UPDATE archived_message SET sent_at = received_at WHERE seq = 4",),
        [(4, "changed")],
    ),
    "the body of another message": (
        (
            "UPDATE archived_message SET body ="
            " (SELECT body FROM archived_message WHERE seq = 5) WHERE seq = 4",
        ),
        [(4, "changed")],
    ),
    "a message deleted": (("DELETE FROM archived_message WHERE seq = 4",), [(4, "missing")]),
    "the last message deleted": (
        ("DELETE FROM archived_message WHERE seq = 9", "DELETE FROM message_key WHERE seq = 9"),
        [(9, "missing")],
    ),
    "two messages swapped": (
        (
            "UPDATE archived_message SET seq = 99 WHERE seq = 2",
            "UPDATE archived_message SET seq = 2 WHERE seq = 4",
            "UPDATE archived_message SET seq = 4 WHERE seq = 99",
        ),
        [(2, "swapped"), (4, "swapped")],
    ),
    "a message pushed in": (
        (
            "INSERT INTO archived_message (seq, sent_at, msgid, page, action, msgtype, from_id,"
            " from_kind, room_id, talk, external, time_given, received_at, salt, digest, body)"
            " SELECT 77, sent_at, 'false', page, action, msgtype, from_id, from_kind, room_id,"
            " talk, external, time_given, received_at, salt, digest, body"
            " FROM archived_message WHERE seq = 4",
        ),
        [(77, "inserted")],
    ),
    "a message pushed in under a page of its own": (
        (
            "INSERT INTO archived_message (seq, sent_at, msgid, page, action, msgtype, from_id,"
            " from_kind, room_id, talk, external, time_given, received_at, salt, digest, body)"
            " SELECT 78, sent_at, 'false', 55, action, msgtype, from_id, from_kind, room_id,"
            " talk, external, time_given, received_at, salt, digest, body"
            " FROM archived_message WHERE seq = 4",
        ),
        [(78, "inserted")],
    ),
    "the page's own ledger entry changed": (
        ("UPDATE ledger_entry SET object = 'archive:1-4' WHERE stream = 'chat:hq' AND seq = 1",),
        [(seq, "page") for seq in range(1, 6)],
    ),
}


@pytest.mark.parametrize("name", TAMPERINGS)
async def test_whoever_tampers_is_named_with_the_message(database: Database, name: str) -> None:
    await _two_pages(database)
    tamper, faults = TAMPERINGS[name]
    async with database.transaction() as session:
        if callable(tamper):
            await tamper(session, database)
        else:
            await _run(session, *tamper)
    async with database.reading() as session:
        report = await verify(session)
        proofs = await seals(session, [seq for seq, _ in faults])
    assert not report.sound
    assert [(fault.seq, fault.kind) for fault in report.faults] == faults
    assert not any(seal.sound for seal in proofs)
    assert all(f"第 {seq} 条" in seal.saying for (seq, _), seal in zip(faults, proofs, strict=True))


async def test_a_page_whose_ledger_entry_was_removed_is_found_in_the_ledger(
    database: Database,
) -> None:
    await _two_pages(database)
    async with database.transaction() as session:
        await _run(session, "DELETE FROM ledger_entry WHERE stream = 'chat:hq' AND seq = 1")
    async with database.reading() as session:
        report = await verify(session)
    assert [fault.place for fault in report.ledger.faults] == ["chat:hq#1"]
    assert not report.sound
