"""A white list holds nobody whom two people have not put there, and nobody after its end."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from compliance.allow_list import (
    allowed,
    counts,
    decide_entries,
    entries,
    propose_entries,
    revoke_entries,
)
from compliance.errors import (
    EntryDecided,
    EntryRefused,
    EntryRepeated,
    EntryUnknown,
    SecondPersonNeeded,
)
from kit.clock import bank_date
from kit.db import Database
from kit.ledger.reading import Wanted, count

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
TODAY, END = date(2026, 11, 22), date(2026, 12, 31)
PROPOSER, APPROVER = "staff:limin", "staff:hejing"


async def _proposed(database: Database, *customers: int) -> list[int]:
    async with database.transaction() as session:
        await propose_entries(
            session, "P1", customers, reason="合格投资者", expires_on=END, by=PROPOSER, at=AT
        )
        return [fact.entry_id for fact in await entries(session, product_code="P1")]


@pytest.mark.mission("E5")
@pytest.mark.mission("I5")
async def test_an_entry_counts_from_the_second_persons_word_to_its_last_day(
    database: Database,
) -> None:
    ids = await _proposed(database, 1, 2, 2)
    async with database.transaction() as session:
        assert await allowed(session, ["P1", "P2"], TODAY) == {}, "asking alone changes nothing"
        with pytest.raises(SecondPersonNeeded):
            await decide_entries(session, ids, agree=True, opinion="同意", by=PROPOSER, at=AT)
        assert (
            await decide_entries(session, ids, agree=True, opinion="已核对资料", by=APPROVER, at=AT)
            == 2
        )
        assert await allowed(session, ["P1"], END) == {"P1": frozenset({1, 2})}
        assert await allowed(session, ["P1"], date(2027, 1, 1)) == {"P1": frozenset()}
        assert await count(session, Wanted(acts=frozenset({"allow.approved"}))) == 2


async def test_a_refused_or_revoked_entry_is_over(database: Database) -> None:
    first, second = await _proposed(database, 1, 2)
    async with database.transaction() as session:
        await decide_entries(session, [first], agree=False, opinion="资料不全", by=APPROVER, at=AT)
        assert await allowed(session, ["P1"], TODAY) == {}, "a refusal makes no list"
        await decide_entries(session, [second], agree=True, opinion="已核对", by=APPROVER, at=AT)
        assert await allowed(session, ["P1"], TODAY) == {"P1": frozenset({2})}
        await revoke_entries(session, [second], opinion="客户要求", by=PROPOSER, at=AT)
        assert await allowed(session, ["P1"], TODAY) == {"P1": frozenset()}
        for entry in (first, second):
            with pytest.raises(EntryDecided):
                await decide_entries(
                    session, [entry], agree=True, opinion="再议", by=APPROVER, at=AT
                )


async def test_what_is_not_there_or_says_nothing_is_refused(database: Database) -> None:
    ids = await _proposed(database, 1)
    async with database.transaction() as session:
        with pytest.raises(EntryUnknown):
            await decide_entries(
                session, [*ids, 10**9], agree=True, opinion="同意", by=APPROVER, at=AT
            )
        with pytest.raises(EntryRefused):
            await decide_entries(session, ids, agree=True, opinion=" ", by=APPROVER, at=AT)
        with pytest.raises(EntryRefused):
            await propose_entries(
                session, "P1", [3], reason="x", expires_on=date(2026, 11, 21), by=PROPOSER, at=AT
            )
        with pytest.raises(EntryRefused):
            await propose_entries(session, "P1", [3], reason="", expires_on=END, by=PROPOSER, at=AT)
        assert await allowed(session, ["P1"], TODAY) == {}


async def _asked(session: AsyncSession, *customers: int, at: datetime = AT) -> int:
    """As a colleague of the first one; the list is to end a month after."""
    return await propose_entries(
        session, "P1", customers, reason="合格投资者", by=APPROVER, at=at,
        expires_on=bank_date(at) + timedelta(days=30),
    )  # fmt: skip


@pytest.mark.mission("I5")
async def test_nobody_is_asked_for_twice_while_the_first_word_holds(database: Database) -> None:
    [first] = await _proposed(database, 1)
    for state in ("waiting", "approved"):
        async with database.transaction() as session:
            with pytest.raises(EntryRepeated, match="一位也没有申请"):
                await _asked(session, 1, 2)
            assert await counts(session, product_code="P1") in ({"proposed": 1}, {"approved": 1})
            if state == "waiting":
                await decide_entries(
                    session, [first], agree=True, opinion="已核对", by=APPROVER, at=AT
                )
    async with database.transaction() as session:  # the first entry has run out: asked for anew
        later = AT + timedelta(days=60)
        assert await _asked(session, 1, 2, at=later) == 2
        renewed = [one.entry_id for one in await entries(session) if one.customer_id == 1]
        await decide_entries(
            session, [renewed[1]], agree=True, opinion="已核对", by=PROPOSER, at=later
        )
        assert await allowed(session, ["P1"], bank_date(later)) == {"P1": frozenset({1})}
        done = await revoke_entries(session, [first], opinion="客户要求", by=PROPOSER, at=later)
        assert done == 2, "every approved entry of the customer goes"
        assert await allowed(session, ["P1"], bank_date(later)) == {"P1": frozenset()}
        assert await counts(session, product_code="P1") == {"revoked": 2, "proposed": 1}
        assert await count(session, Wanted(acts=frozenset({"allow.revoked"}))) == 2
        for _ in range(2):  # refused ones may be asked for again, as often as that
            [waiting] = await entries(session, states=("proposed",))
            await decide_entries(
                session, [waiting.entry_id], agree=False, opinion="不符", by=PROPOSER, at=later
            )
            assert await _asked(session, 2, at=later) == 1


@pytest.mark.mission("I5")
async def test_two_who_ask_at_once_make_one_entry(database: Database) -> None:
    async def ask() -> bool:
        async with database.transaction() as session:
            await _asked(session, 1, 2, 3)
        return True

    done = await asyncio.gather(*(ask() for _ in range(4)), return_exceptions=True)
    assert [one for one in done if one is True] == [True]
    assert {type(one) for one in done if one is not True} == {EntryRepeated}
    async with database.reading() as session:
        assert await counts(session, product_code="P1") == {"proposed": 3}
