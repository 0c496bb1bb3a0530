"""Claimed sends are held against the archive; staff messages show where their words came from."""

from datetime import timedelta

import pytest

from archive.activity import archived_groups, group_talks
from archive.comparison import compare
from archive.facts import ClaimedSend, Compared, FoundMessage, GroupTalk, SearchScope
from archive.search import Query, search
from archive.wording import text_hash
from kit.db import Database
from tests.flows.archive.talks import AT, AUDITOR, CHEN, ROOM, ZHOU, archived, said

pytestmark = pytest.mark.anyio

SCRIPT = "周阿姨您好，您有一笔整存整取将在11月23日到期。"


def _send(database: Database, send_id: str, text: str, minute: int) -> ClaimedSend:
    return ClaimedSend(
        send_id=send_id,
        userid="LiMin",
        text_hash=text_hash(database.cipher, text),
        claimed_at=AT + timedelta(minutes=minute),
        external_userid=ZHOU,
    )


async def _compare(
    database: Database, *sends: ClaimedSend, until: int = 60
) -> tuple[Compared, ...]:
    async with database.transaction() as session:
        return await compare(
            session,
            sends,
            until=AT + timedelta(minutes=until),
            at=AT + timedelta(hours=3),
        )


async def _shown(database: Database) -> dict[str, FoundMessage]:
    async with database.transaction() as session:
        found = await search(
            session,
            SearchScope(),
            Query(since=AT - timedelta(hours=1)),
            AUDITOR,
            at=AT + timedelta(hours=3),
        )
    return {message.msgid: message for message in found.messages}


async def test_each_message_says_where_its_words_came_from(database: Database) -> None:
    await archived(
        database,
        said(SCRIPT, minute=1, msgid="m1"),
        said(SCRIPT.replace("到期", "到期，利息更高"), minute=40, msgid="m2"),
        said("在的周阿姨，您说", minute=80, msgid="m3"),
        said("好", by=ZHOU, to="LiMin", minute=2, msgid="m4"),
        said("内部事情", to="wudan", minute=3, msgid="m5"),
        said("还没有比对到", minute=130, msgid="m6"),
        hour=3,
    )
    assert {one.wording for one in (await _shown(database)).values()} == {None}
    compared = await _compare(
        database,
        _send(database, "s1", SCRIPT, 1),
        _send(database, "s2", SCRIPT, 40),
        _send(database, "s3", SCRIPT, 110),
        until=120,
    )
    assert [(one.send_id, one.state, one.msgid) for one in compared] == [
        ("s1", "confirmed", "m1"),
        ("s2", "differs", "m2"),
        ("s3", "differs", "m6"),
    ]
    shown = await _shown(database)
    assert {msgid: (one.wording, one.send_id) for msgid, one in shown.items()} == {
        "m1": ("script", "s1"),
        "m2": ("differs", "s2"),
        "m3": ("hand", None),
        "m4": (None, None),
        "m5": (None, None),
        "m6": ("differs", "s3"),
    }


async def test_a_send_not_seen_yet_is_confirmed_when_the_archive_catches_up(
    database: Database,
) -> None:
    send = _send(database, "s1", SCRIPT, 1)
    assert [one.state for one in await _compare(database, send)] == ["not_seen"]
    await archived(database, said(SCRIPT, minute=2, msgid="m1"))
    assert await _compare(database, send) == (Compared("s1", "confirmed", "m1"),)
    await archived(database, said("别的话", minute=1, msgid="m2"), first=2, hour=2)
    assert await _compare(database, send) == (Compared("s1", "confirmed", "m1"),)
    assert (await _compare(database, _send(database, "s2", SCRIPT, 1)))[0].state == "differs"


async def test_how_much_is_said_in_a_group_is_counted_and_silence_is_told(
    database: Database,
) -> None:
    await archived(
        database,
        said("早上好", room=ROOM, to=[ZHOU, CHEN], minute=1, msgid="m1"),
        said("早", by=ZHOU, room=ROOM, to=["LiMin", CHEN], minute=2, msgid="m2"),
        said("早呀", by=ZHOU, room=ROOM, to=["LiMin", CHEN], minute=3, msgid="m3"),
        said("单聊", minute=4, msgid="m4"),
    )
    async with database.reading() as session:
        talks = await group_talks(
            session, [ROOM, "wr-silent"], since=AT, until=AT + timedelta(hours=1)
        )
        assert await archived_groups(session, [ROOM, "wr-silent"]) == {ROOM}
    assert talks == {
        ROOM: GroupTalk(
            chat_id=ROOM,
            messages=3,
            speakers=2,
            customers_speaking=1,
            findings=0,
            last_at=AT + timedelta(minutes=3),
        )
    }
