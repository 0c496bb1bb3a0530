"""A raw add is no valid add: real-name, owned, first, kept, two-way, and each reason is told."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config import adds_policy
from crm_sync.models import Binding, ContactWay, RelationTalk
from crm_sync.repository import layers
from crm_sync.repository.layers import LayerQuery
from crm_sync.valid_adds import counting, talks
from crm_sync.valid_adds.facts import CONDITIONS, AddQuery, Condition, Kept
from kit.db import Database
from tests.flows.crm_sync import bank
from tests.flows.crm_sync.bank import AT

pytestmark = pytest.mark.anyio
POLICY = adds_policy.load()
LONG_AGO = AT - timedelta(days=60)
SINCE, UNTIL = AT - timedelta(days=90), AT
QUERY = AddQuery(SINCE, UNTIL)


async def _friend(
    session: AsyncSession,
    name: str,
    *,
    owner: str | None = "li",
    method: str = "real_name",
    userid: str = "li",
    bound: bool = True,
    talk: tuple[float | None, float | None] = (0.0, 1.0),
    **relation: object,
) -> int | None:
    """A friend who is a valid add but for what is said otherwise; talk is in days after adding."""
    customer = await bank.customer(session, name, owner=owner) if bound else None
    external = f"wm-{name}"
    await bank.contact(session, external, customer_id=customer)
    added_at = relation.pop("added_at", LONG_AGO)
    await bank.relation(session, userid, external, added_at=added_at, add_way=1, **relation)
    if customer is not None:
        row = {
            "external_userid": external, "customer_id": customer, "method": method,
            "confidence": 100, "state": "confirmed", "by": "t", "at": AT,
        }  # fmt: skip
        await bank.insert_rows(session, Binding, [row])
    said = [None if days is None else LONG_AGO + timedelta(days=days) for days in talk]
    if any(said):
        row = {
            "userid": userid, "external_userid": external,
            "staff_wrote_at": said[0], "customer_wrote_at": said[1],
        }  # fmt: skip
        await bank.insert_rows(session, RelationTalk, [row])
    return customer


async def _book(session: AsyncSession) -> None:
    await bank.units(session)
    await bank.staff(session, "li", unit_id="0101")
    await bank.staff(session, "wang", unit_id="0102")
    await _friend(session, "valid")
    await _friend(session, "unknown", bound=False)
    await _friend(session, "byphone", method="phone")
    await _friend(session, "notmine", owner="wang")
    await _friend(session, "left", ended_at=LONG_AGO + timedelta(days=29, hours=23))
    await _friend(session, "leftlate", ended_at=LONG_AGO + timedelta(days=30, hours=1))
    await _friend(session, "young", added_at=AT - timedelta(days=3))
    await _friend(session, "silent", talk=(None, None))
    await _friend(session, "onlyus", talk=(0.0, None))
    await _friend(session, "late", talk=(0.0, 31.0))
    await _friend(session, "half", half=True)
    again = await _friend(session, "again")
    # Another contact of the same customer was a friend before: the later add is not the first.
    await bank.contact(session, "wm-again-old", customer_id=again)
    await bank.relation(
        session, "wang", "wm-again-old", added_at=LONG_AGO - timedelta(days=200), ended_at=LONG_AGO
    )


@pytest.mark.mission("C5")
async def test_each_condition_narrows_the_funnel(database: Database) -> None:
    async with database.transaction() as session:
        await _book(session)
        total = await counting.total(session, POLICY, QUERY, AT)
    assert total.added == 11  # the half one is no add
    assert total.steps == {
        Condition.BOUND: 9,
        Condition.OWNED: 8,
        Condition.FIRST: 7,
        Condition.KEPT: 5,
        Condition.TWO_WAY: 2,
    }
    assert total.valid == 2  # valid, leftlate
    assert total.pending == 1
    assert total.alone[Condition.TWO_WAY] == 8
    assert counting.stopped_in([total]) == {
        Condition.BOUND: 2,
        Condition.OWNED: 1,
        Condition.FIRST: 1,
        Condition.KEPT: 2,
        Condition.TWO_WAY: 3,
    }


async def test_the_list_behind_a_number_is_as_long_as_the_number(database: Database) -> None:
    async with database.transaction() as session:
        await _book(session)
        total = await counting.total(session, POLICY, QUERY, AT)
        for condition in CONDITIONS:
            passed = AddQuery(SINCE, UNTIL, passed=condition)
            listed = await counting.page(session, POLICY, passed, AT, limit=100)
            assert len(listed) == total.steps[condition]
            stopped = AddQuery(SINCE, UNTIL, stopped=condition)
            listed = await counting.page(session, POLICY, stopped, AT, limit=100)
            assert len(listed) == counting.stopped_in([total])[condition]
            assert {one.stopped_by for one in listed} == {condition}
        first = await counting.page(session, POLICY, QUERY, AT, limit=4)
        rest = await counting.page(
            session, POLICY, QUERY, AT, after=(first[-1].external_userid, first[-1].userid),
            limit=100,
        )  # fmt: skip
    assert len(first) + len(rest) == total.added
    assert not {one.external_userid for one in first} & {one.external_userid for one in rest}


async def test_each_contact_says_why_it_is_not_valid(database: Database) -> None:
    async with database.transaction() as session:
        await _book(session)
        found = await counting.page(session, POLICY, QUERY, AT, limit=100)
    why = {
        one.external_userid.removeprefix("wm-"): [text for _, text in counting.why_not(one, POLICY)]
        for one in found
    }
    assert why["valid"] == why["leftlate"] == []
    assert why["byphone"] == ["已对应客户，但不是实名方式"]
    assert why["notmine"] == ["加好友的不是管户经理"]
    assert why["again"] == ["这位客户更早已有好友关系"]
    assert why["left"] == ["不到 30 天好友关系就结束了"]
    assert why["young"][0] == "未满 30 天，还要等"
    assert why["onlyus"] == ["存档里只有员工说话"]
    assert why["late"] == ["30 天内没有双方都说话"]
    assert "没有同意存档的，看不到" in why["silent"][0]
    assert why["unknown"][0] == "还没有对应到本行客户"
    young = next(one for one in found if one.external_userid == "wm-young")
    assert young.kept is Kept.PENDING


async def test_members_units_and_spans_are_told_apart(database: Database) -> None:
    async with database.transaction() as session:
        await _book(session)
        await _friend(session, "other", userid="wang", owner="wang")
        by_unit = {
            one.key: one.valid
            for one in await counting.count(session, POLICY, QUERY, AT, by="unit_id")
        }
        by_staff = {
            one.key: one.added
            for one in await counting.count(session, POLICY, QUERY, AT, by="staff_id")
        }
        scoped = AddQuery(SINCE, UNTIL, units=frozenset({"0102"}))
        theirs = await counting.total(session, POLICY, scoped, AT)
        recent = AddQuery(AT - timedelta(days=10), UNTIL)
        fresh = await counting.total(session, POLICY, recent, AT)
    assert by_unit == {"0101": 2, "0102": 1}
    assert by_staff == {"li": 11, "wang": 1}
    assert (theirs.added, theirs.valid, fresh.added) == (1, 1, 1)


async def test_the_first_word_of_each_side_is_kept_whatever_comes_later(
    database: Database,
) -> None:
    early, later = AT, AT + timedelta(days=1)
    async with database.transaction() as session:
        await talks.note(session, [talks.Spoken("li", "wm-1", later, None)], 5, AT)
        await talks.note(session, [talks.Spoken("li", "wm-1", early, later)], 9, AT)
        await talks.note(session, [talks.Spoken("li", "wm-1", later, later)], 9, AT)
        row = (
            await session.execute(
                select(col(RelationTalk.staff_wrote_at), col(RelationTalk.customer_wrote_at))
            )
        ).one()
        up_to = await talks.read_up_to(session)
    assert tuple(row) == (early, later)
    assert up_to == 9


@pytest.mark.mission("C5")
async def test_three_layers_by_the_source_of_the_first_friendship(database: Database) -> None:
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "li", unit_id="0101")
        way = {"state": "hall", "purpose": "厅堂立牌", "staff_id": "li", "created_at": AT}
        await bank.insert_rows(session, ContactWay, [way])
        await _friend(session, "core")
        await _friend(session, "semi", bound=False, state="hall")
        await _friend(session, "gone", bound=False, ended_at=AT)
        await _friend(session, "phone", method="phone")
        # Added again later in another way: the first source is kept.
        await bank.staff(session, "wang", unit_id="0102")
        await bank.relation(session, "wang", "wm-gone", added_at=AT, add_way=4)
        found = {one.source: one for one in await layers.counts(session, POLICY, LayerQuery())}
        semi = await layers.page(session, POLICY, LayerQuery(source="网点扫码", layer="semi"))
        core = await layers.page(session, POLICY, LayerQuery(layer="core"))
        none = await layers.counts(session, POLICY, LayerQuery(units=frozenset({"0102"})))
    counted = {source: (one.public, one.semi, one.core) for source, one in found.items()}
    assert counted == {"网点扫码": (3, 3, 1), "联系码·厅堂立牌": (1, 1, 0)}
    assert [one.external_userid for one in semi] == ["wm-core", "wm-gone", "wm-phone"]
    assert [one.external_userid for one in core] == ["wm-core"]
    assert none == []
