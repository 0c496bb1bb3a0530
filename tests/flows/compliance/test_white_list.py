"""A white list holds nobody whom two people have not put there, and nobody after its end."""

from datetime import UTC, date, datetime

import pytest

from compliance.allow_list import allowed, decide_entries, entries, propose_entries, revoke_entries
from compliance.errors import EntryDecided, EntryRefused, EntryUnknown, SecondPersonNeeded
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
        assert await allowed(session, ["P1", "P2"], TODAY) == {"P1": frozenset()}
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
        assert await allowed(session, ["P1"], TODAY) == {"P1": frozenset()}
