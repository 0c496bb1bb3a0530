"""What a customer decides takes effect at once, keeps its history and leaves its entry."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from compliance import consent_batches
from compliance.errors import ConsentRefused, NothingSuppressed, SecondPersonNeeded
from compliance.facts import ConsentFact, DecisionRow
from compliance.repository import (
    consent_history,
    decisions_by_key,
    decisions_of,
    held_about,
    recipient_standing,
    record_decisions,
)
from compliance.service import (
    ask_to_lift,
    close_complaint,
    give_consent,
    give_consents,
    lift,
    open_complaint,
    suppress,
    withdraw,
)
from kit.db import Database
from kit.ledger.reading import Wanted, count, page
from kit.ledger.verify import verify

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
BEFORE = AT - timedelta(days=30)


async def test_a_customer_we_know_nothing_of_has_agreed_to_nothing(database: Database) -> None:
    async with database.reading() as session:
        standing = await recipient_standing(session, [7, 7, 8])
    assert set(standing) == {7, 8}
    assert not standing[7].consents
    assert not standing[7].suppressed
    assert not standing[7].complaint_open


@pytest.mark.mission("C6")
async def test_a_withdrawal_holds_in_the_same_transaction(database: Database) -> None:
    async with database.transaction() as session:
        await give_consent(
            session, 1, "marketing", source="手机银行授权页", at=BEFORE, actor="customer:1"
        )
        assert (await recipient_standing(session, [1]))[1].consents == {"marketing"}
        await withdraw(session, 1, "marketing", source="聊天退订", at=AT, actor="customer:1")
        assert (await recipient_standing(session, [1]))[1].consents == frozenset()


async def test_the_history_of_a_consent_is_kept_in_order(database: Database) -> None:
    rows = [
        ConsentFact(1, "marketing", True, "网点签字", BEFORE, "告知书2026-1"),
        ConsentFact(1, "marketing", False, "聊天退订", BEFORE + timedelta(days=5)),
        ConsentFact(1, "marketing", True, "手机银行授权页", AT, "告知书2026-2"),
    ]
    for row in rows:
        async with database.transaction() as session:
            await give_consents(session, [row], AT, "customer:1")
    async with database.reading() as session:
        assert await consent_history(session, 1) == rows
        entries = await page(session, Wanted(object="customer:1"))
        assert [entry.act for entry in entries] == [
            "consent.given",
            "consent.withdrawn",
            "consent.given",
        ]
        assert entries[0].payload["notice"] == "告知书2026-2"
        assert (await verify(session)).sound


async def test_an_import_that_is_repeated_changes_nothing(database: Database) -> None:
    rows = [(number, "marketing", True, "核心系统", BEFORE) for number in range(1, 301)]
    for expected in (300, 0):
        async with database.transaction() as session:
            assert await give_consents(session, rows, AT, "system:import") == expected
    async with database.reading() as session:
        assert await count(session, Wanted(kind="customer")) == 1  # one entry a batch
        [entry] = await page(session, Wanted(kind="customer"))
        assert entry.act == "consents.recorded"
        assert entry.payload["counts"] == [{"purpose": "marketing", "given": True, "rows": 300}]
        standing = await recipient_standing(session, range(1, 302))
    assert sum("marketing" in fact.consents for fact in standing.values()) == 300


async def _thirty_of_two_units(database: Database) -> None:
    rows = [(number, "marketing", number % 3 > 0, "核心系统", BEFORE) for number in range(1, 31)]
    async with database.transaction() as session:
        await give_consents(
            session,
            rows,
            AT,
            "system:import",
            units={number: f"u{number % 2}" for number in range(1, 31)},
        )


async def test_a_batch_has_one_entry_a_unit_and_its_rows_fit_it(database: Database) -> None:
    await _thirty_of_two_units(database)
    async with database.reading() as session:
        entries = await page(session, Wanted(kind="customer"))
        assert {entry.unit: entry.payload["rows"] for entry in entries} == {"u0": 15, "u1": 15}
        assert await consent_batches.check(session) == []
        assert (await verify(session)).sound


@pytest.mark.parametrize(
    ("tampering", "kinds"),
    [
        ("UPDATE consent_change SET given = NOT given WHERE customer_id = 3", {"changed"}),
        ("UPDATE consent_change SET source = '补签' WHERE customer_id = 3", {"changed"}),
        ("DELETE FROM consent_change WHERE customer_id = 4", {"changed"}),
        ("DELETE FROM consent_change WHERE customer_id % 2 = 1", {"missing", "changed"}),
        ("UPDATE consent_change SET batch = 77 WHERE customer_id = 5", {"inserted", "changed"}),
        ("UPDATE consent SET given = NOT given WHERE customer_id = 6", {"changed"}),
    ],
)
async def test_whoever_rewrites_a_consent_is_found(
    database: Database, tampering: str, kinds: set[str]
) -> None:
    await _thirty_of_two_units(database)
    async with database.transaction() as session:
        await session.execute(text(tampering))
    async with database.reading() as session:
        assert {fault.kind for fault in await consent_batches.check(session)} == kinds


@pytest.mark.parametrize("backwards", [False, True])
async def test_the_newest_decision_holds_in_whatever_order_rows_arrive(
    database: Database, backwards: bool
) -> None:
    rows = [(1, "marketing", True, "旧", BEFORE), (1, "marketing", False, "新", AT)]
    for row in reversed(rows) if backwards else rows:
        async with database.transaction() as session:
            await give_consents(session, [row], AT, "system:import")
    async with database.reading() as session:
        assert (await recipient_standing(session, [1]))[1].consents == frozenset()


async def test_at_the_same_moment_the_refusal_holds(database: Database) -> None:
    for given in (False, True):
        async with database.transaction() as session:
            await give_consents(session, [(1, "marketing", given, "双写", AT)], AT, "system:import")
    async with database.reading() as session:
        assert (await recipient_standing(session, [1]))[1].consents == frozenset()


@pytest.mark.parametrize(
    "row",
    [
        (1, "everything", True, "核心系统", AT),
        (1, "marketing", True, " ", AT),
        (1, "marketing", True, "核心系统", AT.replace(tzinfo=None)),
    ],
)
async def test_a_consent_that_proves_nothing_is_refused_and_nothing_lands(
    database: Database, row: tuple[int, str, bool, str, datetime]
) -> None:
    good = (2, "marketing", True, "核心系统", AT)
    with pytest.raises(ConsentRefused):
        async with database.transaction() as session:
            await give_consents(session, [good, row], AT, "system:import")
    async with database.reading() as session:
        assert (await recipient_standing(session, [2]))[2].consents == frozenset()


@pytest.mark.mission("C6")
async def test_an_opt_out_binds_at_once_and_once(database: Database) -> None:
    async with database.transaction() as session:
        assert await suppress(session, 1, "marketing", "聊天", "客户回复退订", AT, "customer:1")
        assert (await recipient_standing(session, [1]))[1].suppressed == {"marketing"}
        assert not await suppress(session, 1, "marketing", "聊天", "又说一次", AT, "customer:1")
    async with database.reading() as session:
        assert await count(session, Wanted(acts=frozenset({"suppression.set"}))) == 1
    with pytest.raises(ConsentRefused):
        async with database.transaction() as session:
            await suppress(session, 1, "sometimes", "聊天", "?", AT, "customer:1")


async def test_staff_lift_a_suppression_by_four_eyes_and_the_customer_alone(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await suppress(session, 1, "marketing", "聊天", "客户回复退订", AT, "customer:1")
    for actor, error in (("staff:limin", SecondPersonNeeded), ("staff:wang", None)):
        async with database.transaction() as session:
            await ask_to_lift(
                session, 1, "marketing", reason="客户到网点签字", at=AT, actor="staff:limin"
            )
            if error is not None:
                with pytest.raises(error):
                    await lift(session, 1, "marketing", at=AT, actor=actor)
                assert (await recipient_standing(session, [1]))[1].suppressed == {"marketing"}
            else:
                await lift(session, 1, "marketing", at=AT, actor=actor)
                assert (await recipient_standing(session, [1]))[1].suppressed == frozenset()
    async with database.transaction() as session:
        assert await suppress(session, 1, "marketing", "聊天", "再次退订", AT, "customer:1")
        with pytest.raises(NothingSuppressed):
            await lift(session, 1, "marketing", at=AT, actor="staff:wang")
        await lift(session, 1, "marketing", at=AT, actor="customer:1")
        assert (await recipient_standing(session, [1]))[1].suppressed == frozenset()


async def test_a_complaint_freezes_until_every_one_is_closed(database: Database) -> None:
    async with database.transaction() as session:
        for number in ("T1", "T2"):
            await open_complaint(session, 1, number, source="12378", at=AT, actor="system:archive")
        assert await close_complaint(session, "T1", at=AT, actor="staff:he")
        assert not await close_complaint(session, "T1", at=AT, actor="staff:he")
        assert (await recipient_standing(session, [1]))[1].complaint_open
        assert await close_complaint(session, "T2", at=AT, actor="staff:he")
        assert not (await recipient_standing(session, [1]))[1].complaint_open


async def test_decisions_are_kept_and_found_by_customer_and_by_key(database: Database) -> None:
    rows = [
        DecisionRow(
            key=f"maturity:{number}",
            customer_id=1,
            channel="todo",
            purpose="service",
            script="maturity.deposit.t7/1",
            verdict="block",
            objections=("E-4022",),
            text_hash="0" * 64,
            rulebook="2026.11",
            details={"E-4034": "风险等级"},
        )
        for number in range(3)
    ]
    for moment in (AT, AT, AT + timedelta(minutes=1)):
        async with database.transaction() as session:
            await record_decisions(session, rows, moment)
    async with database.reading() as session:
        assert len(await decisions_of(session, 1)) == 6
        [(later, row), (earlier, _)] = await decisions_by_key(session, "maturity:1")
    assert (later, earlier) == (AT + timedelta(minutes=1), AT)
    assert row == rows[1]


@pytest.mark.mission("C6")
async def test_a_person_gets_everything_that_is_held_about_them_and_nothing_of_others(
    database: Database,
) -> None:
    async with database.transaction() as session:
        for customer in (1, 2):
            await give_consent(
                session, customer, "marketing", source="网点签字", at=AT, actor="staff:limin"
            )
            await suppress(session, customer, "all", "聊天", "请勿打扰", AT, "customer:1")
            await open_complaint(
                session, customer, f"T{customer}", source="12378", at=AT, actor="system:archive"
            )
    async with database.reading() as session:
        held = await held_about(session, 1)
    assert {name: len(rows) for name, rows in held.items()} == {
        "consent_history": 1,
        "suppressions": 1,
        "complaints": 1,
        "white_lists": 0,
        "decisions": 0,
    }
    assert all(row["customer_id"] == 1 for rows in held.values() for row in rows)
    assert "staff:limin" not in str(held)
