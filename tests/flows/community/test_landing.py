"""A group is landed as WeCom has it: repeated, late and out of order, the end is the same."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from community.errors import GroupGone, GroupUnknown, WordsTooLong
from community.facts import GroupNumbers, GroupScope, Surroundings
from community.landing import dismiss, land_group
from community.models import CustomerGroup
from community.repository import chat_ids, group, groups, happened, members, seats
from community.service import register
from kit.db import Database
from kit.ledger.reading import Wanted, page
from kit.ledger.verify import verify
from wecom.groups import Group, GroupMember

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
ALL = GroupScope()
ZHOU = "wm" + "zhou".ljust(30, "0")
WU = "wm" + "wuxiuying".ljust(30, "0")


def _at(minute: int) -> datetime:
    return AT + timedelta(minutes=minute)


def member(member_id: str, *, nickname: str = "", minute: int = 0) -> GroupMember:
    return GroupMember(
        member_id=member_id,
        kind=2 if member_id.startswith("wm") else 1,
        joined_at=_at(minute),
        join_scene=3,
        invited_by="",
        state="",
        name="",
        group_nickname=nickname,
        unionid="",
    )


def detail(*people: GroupMember, name: str = "翠湖社区福利群", owner: str = "LiMin") -> Group:
    return Group(
        chat_id="wr-1",
        name=name,
        owner=owner,
        created_at=AT,
        notice="",
        members=people,
        admins=(),
        member_version="v1",
    )


def _raw(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.glob("bank.db*"))


async def land(database: Database, seen: Group, minute: int, **more: object) -> object:
    async with database.transaction() as session:
        return await land_group(session, seen, _at(minute), **more)  # type: ignore[arg-type]


async def test_a_group_lands_once_however_often_it_is_read(database: Database) -> None:
    seen = detail(member("LiMin"), member(ZHOU, nickname="周姐"), member(WU, minute=3))
    first = await land(database, seen, 5, unit_id="0101")
    second = await land(database, seen, 6)
    assert (first.created, first.joined) == (True, ("limin", ZHOU, WU))  # type: ignore[attr-defined]
    assert second.nothing  # type: ignore[attr-defined]
    async with database.reading() as session:
        found = await group(session, ALL, "wr-1")
        events = await happened(session, "wr-1")
        entries = await page(session, Wanted(kind="group"))
        nicknames = {one.member_id: one.nickname for one in await members(session, "wr-1")}
        assert (await verify(session)).sound
    assert (found.name, found.owner_userid, found.unit_id) == ("翠湖社区福利群", "limin", "0101")
    assert (found.members, found.staff, found.external) == (3, 1, 2)
    assert sorted((one.act, one.member_id) for one in events) == [
        ("created", ""),
        ("joined", "limin"),
        ("joined", WU),
        ("joined", ZHOU),
    ]
    assert [(entry.act, entry.unit) for entry in entries] == [("group.changed", "0101")]
    assert nicknames == {"limin": "", ZHOU: "周姐", WU: ""}


async def test_what_changes_in_a_group_is_told_with_old_and_new_words(database: Database) -> None:
    await land(database, detail(member("LiMin"), member(ZHOU)), 1)
    landed = await land(
        database,
        detail(member("LiMin"), member(WU, minute=7), name="翠湖理财群", owner="ZhengKai"),
        8,
        quit_scenes={ZHOU: 1},
    )
    assert landed.joined == (WU,)  # type: ignore[attr-defined]
    assert landed.left == (ZHOU,)  # type: ignore[attr-defined]
    assert landed.changed == ("renamed", "owner_changed")  # type: ignore[attr-defined]
    async with database.reading() as session:
        events = {one.act: one for one in await happened(session, "wr-1", since=_at(5))}
        people = {one.member_id: one.left_at for one in await members(session, "wr-1")}
    assert (events["renamed"].before, events["renamed"].after) == ("翠湖社区福利群", "翠湖理财群")
    assert (events["owner_changed"].before, events["owner_changed"].after) == ("limin", "zhengkai")
    assert (events["left"].member_id, events["left"].quit_scene) == (ZHOU, 1)
    assert (events["joined"].member_id, events["joined"].at) == (WU, _at(7))
    assert people == {"limin": None, ZHOU: _at(8), WU: None}


async def test_an_older_picture_never_overwrites_a_newer_one(database: Database) -> None:
    await land(database, detail(member("LiMin"), member(ZHOU), name="新名"), 9)
    late = await land(database, detail(member("LiMin"), name="旧名"), 2)
    assert late.stale  # type: ignore[attr-defined]
    async with database.reading() as session:
        found = await group(session, ALL, "wr-1")
    assert (found.name, found.members) == ("新名", 2)


async def test_who_left_and_came_back_is_in_the_group_again(database: Database) -> None:
    await land(database, detail(member("LiMin"), member(ZHOU)), 1)
    await land(database, detail(member("LiMin")), 2)
    await land(database, detail(member("LiMin"), member(ZHOU, minute=3)), 4)
    async with database.reading() as session:
        acts = [one.act for one in await happened(session, "wr-1") if one.member_id == ZHOU]
        assert (await group(session, ALL, "wr-1")).external == 1
    assert acts == ["joined", "left", "joined"]


async def test_a_dismissed_group_is_listed_apart_and_dismissed_once(database: Database) -> None:
    await land(database, detail(member("LiMin"), member(ZHOU)), 1)
    async with database.transaction() as session:
        assert await dismiss(session, "wr-1", _at(2))
        assert not await dismiss(session, "wr-1", _at(3))
        assert not await dismiss(session, "wr-unknown", _at(3))
    async with database.reading() as session:
        assert await groups(session, ALL) == []
        [gone] = await groups(session, ALL, dismissed=True)
        acts = [one.act for one in await happened(session, "wr-1", limit=1)]
    assert (gone.dismissed_at, gone.members, acts) == (_at(2), 2, ["dismissed"])
    await land(database, detail(member("LiMin"), member(ZHOU)), 4)
    async with database.reading() as session:
        assert [one.act for one in await happened(session, "wr-1", limit=1)] == ["restored"]


async def test_the_list_shows_what_a_viewer_owns_or_what_lies_in_the_units(
    database: Database,
) -> None:
    for number, (owner, unit) in enumerate(
        [("limin", "0101"), ("zhengkai", "0102"), ("wudan", "0103")]
    ):
        seen = replace(detail(owner=owner), chat_id=f"wr-{number}", created_at=_at(number))
        await land(database, seen, 10, unit_id=unit)
    async with database.reading() as session:
        mine = GroupScope(userids=frozenset({"limin"}), unit_ids=frozenset({"0102"}))
        assert [one.chat_id for one in await groups(session, mine)] == ["wr-1", "wr-0"]
        assert await chat_ids(session, mine) == {"wr-0", "wr-1"}
        assert await groups(session, GroupScope(userids=frozenset())) == []
        first = await groups(session, ALL, limit=2)
        assert first[-1].created_at is not None
        keyset = (first[-1].created_at, first[-1].chat_id)
        rest = await groups(session, ALL, limit=2, after=keyset)
        assert [one.chat_id for one in (*first, *rest)] == ["wr-2", "wr-1", "wr-0"]
        with pytest.raises(GroupUnknown):
            await group(session, mine, "wr-2")


async def test_numbers_and_flags_come_from_what_siblings_know(database: Database) -> None:
    await land(database, detail(member("LiMin"), member(ZHOU)), 1)
    around = Surroundings(
        staff=frozenset({"zhengkai"}),
        archived=frozenset(),
        numbers={"wr-1": GroupNumbers(messages=12, last_at=_at(5))},
    )
    async with database.reading() as session:
        [found] = await groups(session, ALL, around)
    assert (found.messages, found.last_message_at) == (12, _at(5))
    assert found.flags == ("owner_unknown", "not_archived", "unregistered")


async def test_a_registered_interest_becomes_a_signal_of_its_members(database: Database) -> None:
    await land(database, detail(member("LiMin"), member(ZHOU), member(WU)), 1)
    async with database.transaction() as session:
        await register(
            session,
            "wr-1",
            purpose="养老理财知识",
            interest="书画",
            persona="稳健养老",
            actor="staff:wangshan",
            at=_at(2),
        )
    async with database.reading() as session:
        found = (await session.execute(seats())).all()
        [entry] = await page(session, Wanted(kind="group", actor="staff:wangshan"))
        assert (await groups(session, ALL))[0].registered
    assert {(one.external_userid, one.interest, one.told) for one in found} == {
        (ZHOU, "书画", "稳健养老"),
        (WU, "书画", "稳健养老"),
    }
    assert entry.act == "group.registered"


async def test_what_cannot_be_registered_is_refused_with_the_reason(database: Database) -> None:
    await land(database, detail(member("LiMin")), 1)
    async with database.transaction() as session:
        await dismiss(session, "wr-1", _at(2))
    for chat_id, purpose, refusal in (
        ("wr-1", "x", GroupGone),
        ("wr-0", "x", GroupUnknown),
        ("wr-1", "长" * 81, WordsTooLong),
    ):
        with pytest.raises(refusal):
            async with database.transaction() as session:
                await register(session, chat_id, purpose=purpose, actor="staff:x", at=_at(3))


async def test_a_stolen_database_reads_no_group_name(database: Database, tmp_path: Path) -> None:
    await land(database, detail(member("LiMin"), member(ZHOU, nickname="周姐")), 1)
    async with database.transaction() as session:
        rows = (await session.execute(select(col(CustomerGroup.name)))).scalars().all()
    assert all("翠湖".encode() not in row for row in rows if row)
    if database.is_sqlite:
        raw = _raw(tmp_path)
        assert b"wr-1" in raw
        for words in ("翠湖", "周姐"):
            assert words.encode() not in raw
