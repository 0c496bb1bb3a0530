"""Contact events converge: repeated, late and out of order, the end is the same."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.contacts import end_relation, land_contact, land_half, note_archive_consent
from crm_sync.models import Contact, Relation
from kit.db import Database, cipher_of
from kit.ledger.reading import Wanted, page
from tests.flows.crm_sync import bank
from tests.flows.crm_sync.bank import AT, detail, follow

pytestmark = pytest.mark.anyio


def _at(minute: int) -> datetime:
    return AT + timedelta(minutes=minute)


async def _people(database: Database) -> None:
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "li", unit_id="0101")
        await bank.staff(session, "wang", unit_id="0102")


async def _relations(session: AsyncSession) -> list[tuple[str, str, bool]]:
    query = select(col(Relation.userid), col(Relation.ended_by), col(Relation.half)).order_by(
        col(Relation.userid)
    )
    return [(userid, by, half) for userid, by, half in await session.execute(query)]


async def test_a_contact_lands_once_sealed_with_its_phones_hashed(database: Database) -> None:
    await _people(database)
    seen = detail(
        "wm-1",
        follow("Li", remark="周阿姨 138 1234 0001", tag_ids=("t2", "t1"), state="code-7"),
        follow("wang", remark_mobiles=("13912340002",)),
        name="岁月静好",
        unionid="union-1",
    )
    for minute in (0, 0, 1):
        async with database.transaction() as session:
            landed = await land_contact(session, seen, _at(minute))
            assert set(landed.new_relations) == ({"li", "wang"} if minute == 0 else set()) or (
                landed.new_relations == ()
            )
    async with database.reading() as session:
        contact = (await session.execute(select(Contact))).scalar_one()
        li, wang = (
            (await session.execute(select(Relation).order_by(col(Relation.userid)))).scalars().all()
        )
        cipher = cipher_of(session)
        entries = await page(session, Wanted(kind="contact"))
        assert contact.name is not None
        assert "岁月静好".encode() not in contact.name
        assert cipher.open("contact.name", "wm-1", contact.name) == "岁月静好"
        assert contact.unionid_hash == cipher.blind("unionid", "union-1")
        assert li.remark is not None
        assert cipher.open("relation.remark", "li/wm-1", li.remark) == "周阿姨 138 1234 0001"
        assert li.remark_phone_hashes == [cipher.blind("phone", "13812340001")]
        assert wang.remark_phone_hashes == [cipher.blind("phone", "13912340002")]
        assert (li.tag_ids, li.state) == (["t1", "t2"], "code-7")
    assert [(entry.act, entry.unit) for entry in entries] == [
        ("relation.new", "0102"),
        ("relation.new", "0101"),
    ]
    assert "岁月静好" not in str(entries)
    assert "13812340001" not in str(entries)


async def test_an_older_reading_changes_nothing(database: Database) -> None:
    await _people(database)
    async with database.transaction() as session:
        await land_contact(session, detail("wm-1", follow("li", remark="新")), _at(5))
    async with database.transaction() as session:
        await land_contact(session, detail("wm-1", follow("li", remark="旧")), _at(4))
    async with database.reading() as session:
        relation = (await session.execute(select(Relation))).scalar_one()
        cipher = cipher_of(session)
        assert relation.remark is not None
        assert cipher.open("relation.remark", "li/wm-1", relation.remark) == "新"


async def test_a_follower_whom_wecom_no_longer_lists_is_gone(database: Database) -> None:
    await _people(database)
    async with database.transaction() as session:
        await land_contact(session, detail("wm-1", follow("li"), follow("wang")), _at(0))
    async with database.transaction() as session:
        landed = await land_contact(session, detail("wm-1", follow("wang")), _at(1))
        assert landed.ended == ("li",)
        assert await _relations(session) == [("li", "reconcile", False), ("wang", "", False)]


async def test_a_contact_who_left_stays_gone_however_often_wecom_lists_the_pair(
    database: Database,
) -> None:
    await _people(database)
    seen = detail("wm-1", follow("li"))
    async with database.transaction() as session:
        await land_contact(session, seen, _at(0))
        assert await end_relation(session, "LI", "wm-1", "customer", _at(1))
        assert not await end_relation(session, "li", "wm-1", "customer", _at(2))
        await land_contact(session, seen, _at(3))
        assert await _relations(session) == [("li", "customer", False)]
        landed = await land_contact(session, seen, _at(9), added={"Li": _at(8)})
        assert landed.new_relations == ("li",)
        assert await _relations(session) == [("li", "", False)]


async def test_the_half_relation_becomes_whole_when_the_member_accepts(
    database: Database,
) -> None:
    await _people(database)
    async with database.transaction() as session:
        assert await land_half(session, "Li", "wm-1", "code-7", _at(0))
        assert not await land_half(session, "li", "wm-1", "code-7", _at(0))
        await land_contact(session, detail("wm-1", follow("wang")), _at(1))
        assert await _relations(session) == [("li", "", True), ("wang", "", False)]
        landed = await land_contact(session, detail("wm-1", follow("li"), follow("wang")), _at(2))
        assert landed.new_relations == ("li",)
        assert await _relations(session) == [("li", "", False), ("wang", "", False)]


Step = Callable[[AsyncSession], Awaitable[object]]


@pytest.mark.parametrize("by", ["customer", "staff"])
async def test_add_and_end_in_any_order_leave_the_pair_ended(database: Database, by: str) -> None:
    """Added at minute 0, ended at minute 2; handlers run later, each reading WeCom as it is then.

    A pair the customer left is listed on; one the member deleted is not (WeCom answers 84061).
    """
    await _people(database)
    listed = detail("wm-1", follow("li", added_at=_at(0)))

    async def half(session: AsyncSession) -> None:
        await land_half(session, "li", "wm-1", "", _at(-1))

    async def add(session: AsyncSession) -> None:
        if by == "customer":
            await land_contact(session, listed, _at(10), added={"li": _at(0)})

    async def end(session: AsyncSession) -> None:
        await end_relation(session, "li", "wm-1", by, _at(2))  # type: ignore[arg-type]

    for order in permutations([half, add, end]):
        async with database.transaction() as session:
            await session.execute(Relation.__table__.delete())  # type: ignore[attr-defined]
            for step in (*order, *order):
                await step(session)
            assert await _relations(session) == [("li", by, False)], order


async def test_an_end_that_is_older_than_the_present_friendship_is_ignored(
    database: Database,
) -> None:
    await _people(database)
    async with database.transaction() as session:
        await land_contact(session, detail("wm-1", follow("li", added_at=_at(5))), _at(6))
        assert not await end_relation(session, "li", "wm-1", "staff", _at(3))
        assert await _relations(session) == [("li", "", False)]


async def test_archive_consent_keeps_the_latest_word(database: Database) -> None:
    async with database.transaction() as session:
        assert await note_archive_consent(session, "wm-1", True, _at(5))
        assert not await note_archive_consent(session, "wm-1", False, _at(4))
        assert not await note_archive_consent(session, "wm-1", True, _at(6))
        assert await note_archive_consent(session, "wm-1", False, _at(7))
        contact = (await session.execute(select(Contact))).scalar_one()
    assert (contact.archive_agreed, contact.archive_agreed_at) == (False, _at(7))
