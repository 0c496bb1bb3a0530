"""Two characters are found at once, within what the viewer may see, and every look is recorded."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from archive.context import context
from archive.errors import MessageUnknown, NothingToSearch
from archive.facts import FoundPage, SearchScope
from archive.search import READ_AT_MOST, Query, search
from kit.db import Database
from kit.ledger.models import LedgerEntry
from kit.ledger.reading import Wanted, page
from tests.flows.archive.talks import AT, AUDITOR, CHEN, ROOM, ZHOU, archived, said

pytestmark = pytest.mark.anyio

ALL = SearchScope()
LATER = AT + timedelta(hours=3)


async def _bank_talk(database: Database) -> None:
    await archived(
        database,
        said("周阿姨您好，您的理财月底到期", minute=1, msgid="m1"),
        said("那个新的理财安全不", by=ZHOU, to="LiMin", minute=2, msgid="m2"),
        said("您放心，这款基本就是保本的", minute=3, msgid="m3"),
        said("财富讲座报名了吗，理性投资", by="ZhengKai", to=CHEN, minute=4, msgid="m4"),
        said(
            "群里的理财课今晚八点",
            by="ZhengKai",
            to=[CHEN, "LiMin"],
            room=ROOM,
            minute=5,
            msgid="m5",
        ),
        said("ＡＢＣ理 财一号，Ｒ２", minute=6, msgid="m6"),
        said("", minute=7, msgid="m7", msgtype="file", file={"filename": "理财说明书.pdf"}),
    )


async def _found(
    database: Database, query: Query, scope: SearchScope = ALL, **more: int
) -> FoundPage:
    async with database.transaction() as session:
        return await search(session, scope, query, AUDITOR, at=LATER, **more)


def _ids(found: FoundPage) -> list[str]:
    return [message.msgid for message in found.messages]


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("理财", ["m7", "m5", "m2", "m1"]),
        ("保本", ["m3"]),
        ("基本就是保本", ["m3"]),
        ("abc", ["m6"]),
        ("理 财", ["m6"]),
        ("R2", ["m6"]),
        ("说明书.pdf", ["m7"]),
        ("财理", []),
        ("理财课今天", []),
        ("课", ["m5"]),
        ("r", ["m6"]),
    ],
)
async def test_words_of_two_characters_and_of_one_are_found(
    database: Database, words: str, ids: list[str]
) -> None:
    await _bank_talk(database)
    found = await _found(database, Query(words=words))
    assert _ids(found) == ids
    assert found.complete


async def test_a_found_message_is_opened_and_its_words_are_marked(database: Database) -> None:
    await _bank_talk(database)
    [found] = (await _found(database, Query(words="保本"))).messages
    assert found.text == "您放心，这款基本就是保本的"
    assert [found.text[start:end] for start, end in found.spans] == ["保本"]
    assert (found.from_id, found.from_kind, found.to) == ("limin", "staff", (ZHOU,))
    assert found.sent_at == AT + timedelta(minutes=3)
    assert not found.recalled


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        (Query(words="理财", person="LiMin"), ["m7", "m2", "m1"]),
        (Query(words="理财", person=CHEN), []),
        (Query(person=CHEN), ["m4"]),
        (Query(words="理财", group=ROOM), ["m5"]),
        (Query(group=ROOM), ["m5"]),
        (Query(words="理财", since=AT + timedelta(minutes=2)), ["m7", "m5", "m2"]),
        (Query(words="理财", until=AT + timedelta(minutes=2)), ["m1"]),
        (Query(since=AT + timedelta(minutes=4), until=AT + timedelta(minutes=6)), ["m5", "m4"]),
        (Query(until=AT + timedelta(minutes=2)), ["m1"]),
        (Query(since=AT - timedelta(days=4000), until=AT), []),
        (Query(words="理财", since=AT - timedelta(days=400)), ["m7", "m5", "m2", "m1"]),
        (Query(words="课", group=ROOM, person="ZhengKai"), ["m5"]),
    ],
)
async def test_filters_narrow_in_any_combination(
    database: Database, query: Query, ids: list[str]
) -> None:
    await _bank_talk(database)
    assert _ids(await _found(database, query)) == ids


@pytest.mark.parametrize(
    ("scope", "ids"),
    [
        (SearchScope(frozenset({"limin"})), ["m7", "m2", "m1"]),
        (SearchScope(frozenset({"zhengkai"})), ["m5"]),
        (SearchScope(frozenset({"limin"}), frozenset({ROOM})), ["m7", "m5", "m2", "m1"]),
        (SearchScope(frozenset(), frozenset({ROOM})), ["m5"]),
        (SearchScope(frozenset()), []),
        (SearchScope(frozenset({"nobody"})), []),
        (SearchScope(frozenset({"limin", *(f"x{n}" for n in range(400))})), ["m7", "m2", "m1"]),
    ],
)
async def test_nobody_finds_what_is_out_of_their_sight(
    database: Database, scope: SearchScope, ids: list[str]
) -> None:
    await _bank_talk(database)
    for words in ("理财", "财"):
        found = _ids(await _found(database, Query(words=words), scope))
        assert [msgid for msgid in found if msgid in {"m1", "m2", "m5", "m7"}] == ids
    with_time = Query(since=AT, until=AT + timedelta(hours=1))
    everything = set(_ids(await _found(database, with_time, scope)))
    assert everything >= set(ids)
    if scope.userids == frozenset({"zhengkai"}):
        assert everything == {"m4", "m5"}


async def test_pages_follow_each_other_without_gap_or_repeat(database: Database) -> None:
    await archived(
        database, *(said(f"第{n}条理财消息", minute=n, msgid=f"m{n}") for n in range(25))
    )
    seen: list[str] = []
    before: int | None = None
    while True:
        async with database.transaction() as session:
            found = await search(
                session, ALL, Query(words="理财"), AUDITOR, at=LATER, limit=10, before=before
            )
        seen += _ids(found)
        before = found.before
        if before is None:
            break
    assert seen == [f"m{n}" for n in reversed(range(25))]


async def test_one_character_looks_back_a_stated_distance_and_says_so(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert READ_AT_MOST == 5_000
    monkeypatch.setattr("archive.search.READ_AT_MOST", 20)
    monkeypatch.setattr("archive.search._FIRST_BATCH", 10)
    words = ["鹤", *["平常的话"] * 39]
    await archived(database, *(said(word, minute=n, msgid=f"m{n}") for n, word in enumerate(words)))
    first = await _found(database, Query(words="鹤"), limit=5)
    assert (first.complete, _ids(first)) == (False, [])
    assert first.looked_back_to == AT + timedelta(minutes=20)
    second = await _found(database, Query(words="鹤"), limit=5, before=first.before or 0)
    assert _ids(second) == ["m0"]


async def test_a_search_for_nothing_is_refused(database: Database) -> None:
    with pytest.raises(NothingToSearch):
        await _found(database, Query(words="  "))


async def test_every_search_and_every_view_is_in_the_ledger(database: Database) -> None:
    await _bank_talk(database)
    found = await _found(database, Query(words="保本", person=ZHOU))
    async with database.transaction() as session:
        await context(session, ALL, "m3", AUDITOR, at=LATER)
    async with database.reading() as session:
        viewed, searched = await page(session, Wanted(kind="access"))
        rows = (await session.execute(select(LedgerEntry))).scalars().all()
        assert not any("保本" in f"{row.object}{row.reason}{row.act}" for row in rows)
    assert (searched.act, searched.actor, searched.reason) == (
        "chat.searched",
        "staff:hejing",
        "日常巡检",
    )
    assert searched.place == found.view
    assert (searched.payload["words"], searched.payload["shown"]) == ("保本", ["m3"])
    assert (viewed.act, viewed.object) == ("chat.viewed", "message:m3")
    assert viewed.payload["shown"] == ["m1", "m2", "m3", "m6", "m7"]


async def test_the_context_is_the_talk_around_a_message_and_nothing_else(
    database: Database,
) -> None:
    await archived(
        database,
        *(said(f"单聊{n}", minute=n, msgid=f"m{n}") for n in range(30)),
        *(said(f"别人{n}", by="wudan", to=CHEN, minute=n, msgid=f"x{n}") for n in range(30)),
    )
    async with database.transaction() as session:
        shown = await context(session, ALL, "m15", AUDITOR, at=LATER, around=3)
    assert [message.msgid for message in shown] == [f"m{n}" for n in range(12, 19)]


async def test_a_message_out_of_sight_and_one_that_never_was_look_the_same(
    database: Database,
) -> None:
    await _bank_talk(database)
    refusals = []
    for msgid in ("m1", "never"):
        with pytest.raises(MessageUnknown) as refused:
            async with database.transaction() as session:
                scope = SearchScope(frozenset({"zhengkai"}))
                await context(session, scope, msgid, AUDITOR, at=LATER)
        refusals.append(str(refused.value))
    assert refusals[0] == refusals[1]


async def test_a_recalled_message_is_kept_and_shown_as_recalled(database: Database) -> None:
    await archived(
        database,
        said("刚才说错了，是保本的", minute=1, msgid="m1"),
        {
            **said("", minute=2, msgid="m2"),
            "action": "recall",
            "msgtype": "revoke",
            "revoke": {"pre_msgid": "m1"},
        },
    )
    [found] = (await _found(database, Query(words="保本"))).messages
    assert (found.text, found.recalled) == ("刚才说错了，是保本的", True)
