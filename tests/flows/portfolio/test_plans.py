"""A plan stays pending until a second person of the right role approves; then all of it moves."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from config import tier_policy
from crm_sync.models import Coverage, Staff
from kit.db import Database
from kit.ledger.verify import verify
from portfolio.allocation import claims, deciding, lists, repository
from portfolio.allocation.facts import Method
from portfolio.allocation.lists import Listed
from portfolio.allocation.planning import Made, Proposal, propose
from portfolio.errors.ownership import (
    AllocationRefused,
    ListUnknown,
    NotApprover,
    OpinionMissing,
    OwnProposal,
    PlanDecided,
    PlanUnknown,
)
from tests.flows.crm_sync import bank
from tests.flows.portfolio.branches import AT, POLICY, WAN, ended, found, many, owners, seen_by

pytestmark = pytest.mark.anyio
TIERS = tier_policy.load()
UNITS = ("01", "0101", "0102")


async def _made(
    database: Database,
    method: Method,
    name: str = "unowned",
    by: str = "staff:suntao",
    **more: object,
) -> Made:
    async with database.transaction() as session:
        listed = lists.named(session, name, UNITS, POLICY, TIERS)
        wanted = Proposal(method, "01", listed, **more)  # type: ignore[arg-type]
        return await propose(session, wanted, policy=POLICY, by=by, at=AT)


async def _approved(database: Database, made: Made, by: str = "qianming") -> deciding.Done:
    async with database.transaction() as session:
        return await deciding.approve(
            session,
            made.plan_id,
            viewer=await seen_by(session, by),
            policy=POLICY,
            opinion="同意，名单已核对",
            at=AT + timedelta(hours=1),
        )


@pytest.mark.mission("B1", "B2")
async def test_a_level_plan_waits_for_the_head_and_then_everybody_has_one_owner(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await found(session)
        await bank.customer(session, "A5", aum_fen=5 * WAN)
        await bank.customer(session, "A49", aum_fen=50 * WAN - 1, owner="guibin")
        await bank.customer(session, "A50", aum_fen=50 * WAN, owner="didi")
        await bank.customer(session, "A1", aum_fen=WAN)
        await bank.customer(session, "A7", aum_fen=7 * WAN, owner="didi")
    made = await _made(database, Method.LEVEL, "everybody")
    assert made.counts == {"listed": 5, "placed": 4, "kept": 1, "unplaced": 0}
    assert await owners(database) == {"A49": "guibin", "A50": "didi", "A7": "didi"}  # pending
    done = await _approved(database, made)
    assert (done.moved, done.stale) == (4, 0)
    now = await owners(database)
    assert now["A49"] in ("didi", "gaogao")
    assert now["A50"] in ("guibin", "guigui")
    assert set(now) == {"A5", "A49", "A50", "A1", "A7"}
    assert sorted(who for _, who, _ in await ended(database)) == ["didi", "guibin"]
    async with database.reading() as session:
        plan = await repository.plan(session, made.plan_id)
        assert plan is not None
        assert (plan.state, plan.decided_by, plan.opinion) == (
            "applied", "staff:qianming", "同意，名单已核对",
        )  # fmt: skip
        assert (await verify(session)).sound
        acts = (await session.execute(text("SELECT act FROM ledger_entry"))).scalars().all()
    assert {"allocation.proposed", "allocation.approved", "coverage.moved"} <= set(acts)


@pytest.mark.mission("B2")
async def test_only_another_person_with_the_role_over_the_unit_may_decide(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await found(session)
        await bank.customer(session, "A5", aum_fen=5 * WAN)
    made = await _made(database, Method.BALANCE)
    for who, error in (("suntao", OwnProposal), ("zhaolei", NotApprover), ("didi", NotApprover)):
        with pytest.raises(error):
            await _approved(database, made, by=who)
    async with database.transaction() as session:
        head = await seen_by(session, "qianming")
        with pytest.raises(OpinionMissing):
            await deciding.approve(
                session, made.plan_id, viewer=head, policy=POLICY, opinion=" ", at=AT
            )
        with pytest.raises(PlanUnknown):
            await deciding.approve(session, 1, viewer=head, policy=POLICY, opinion="同意", at=AT)
        await deciding.refuse(
            session, made.plan_id, viewer=head, policy=POLICY, opinion="人手不够", at=AT
        )
    assert await owners(database) == {}
    with pytest.raises(PlanDecided):
        await _approved(database, made)


async def test_its_author_takes_a_plan_back_and_nobody_else(database: Database) -> None:
    async with database.transaction() as session:
        await found(session)
        await bank.customer(session, "A5", aum_fen=5 * WAN)
    made = await _made(database, Method.BALANCE)
    async with database.transaction() as session:
        with pytest.raises(OwnProposal):
            await deciding.withdraw(session, made.plan_id, by="staff:qianming", at=AT)
        await deciding.withdraw(session, made.plan_id, by="staff:suntao", at=AT)
    with pytest.raises(PlanDecided):
        await _approved(database, made)


async def test_who_changed_hands_or_lost_their_receiver_since_is_left_alone(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await found(session)
        first = await bank.customer(session, "A1", aum_fen=80 * WAN, owner="didi")
        await bank.customer(session, "A2", aum_fen=70 * WAN, owner="didi")
        gone = await bank.customer(session, "A3", aum_fen=60 * WAN, owner="didi")
    made = await _made(database, Method.LEVEL, "everybody")
    async with database.transaction() as session:
        await session.execute(
            Coverage.__table__.update()  # type: ignore[attr-defined]
            .where(col(Coverage.customer_id) == first)
            .values(staff_id="gaogao")
        )
        receiver = (await repository.lines(session, made.plan_id, limit=1, after=first))[0].to_staff
        await session.execute(
            text("UPDATE customer SET removed_at = :at WHERE id = :id"), {"at": AT, "id": gone}
        )
        await session.execute(
            Staff.__table__.update()  # type: ignore[attr-defined]
            .where(col(Staff.staff_id) == receiver)
            .values(active=False)
        )
    done = await _approved(database, made)
    assert (done.moved, done.stale) == (0, 3)
    assert await owners(database) == {"A1": "gaogao", "A2": "didi", "A3": "didi"}
    async with database.reading() as session:
        why = {
            reason.rpartition("；")[2]
            for reason, _ in await repository.unplaced_by_reason(session, made.plan_id)
        }
    assert why == {"编制之后已经换了管户人", "接收人已离岗", "客户已销户"}


@pytest.mark.mission("B1")
async def test_familiarity_weighs_claims_friends_past_and_present(database: Database) -> None:
    async with database.transaction() as session:
        await found(session)
        claimed = await bank.customer(session, "A1", aum_fen=5 * WAN)
        friend = await bank.customer(session, "A2", aum_fen=5 * WAN)
        await bank.contact(session, "wm-2", customer_id=friend)
        await bank.relation(session, "gaogao", "wm-2")
        await bank.customer(session, "A3", aum_fen=5 * WAN)
        listed, unknown = await lists.of_numbers(session, ["A1", "NOBODY"], "认领名单")
        assert unknown == ["NOBODY"]
        new = await claims.claim(
            session, "guibin", listed.ids, note="老客户", by="staff:suntao", at=AT
        )
        again = await claims.claim(
            session, "guibin", listed.ids, note="老客户", by="staff:suntao", at=AT
        )
        assert (new, again) == (1, 0)
    made = await _made(database, Method.FAMILIARITY)
    async with database.reading() as session:
        rows = {one.customer_id: one for one in await repository.lines(session, made.plan_id)}
    assert rows[claimed].to_staff == "guibin"
    assert rows[friend].to_staff == "gaogao"
    assert "企业微信好友" in rows[friend].reason
    await _approved(database, made)
    assert set(await owners(database)) == {"A1", "A2", "A3"}


@pytest.mark.mission("B12")
async def test_a_customer_may_have_an_owner_a_corporate_and_a_persona_manager_but_one_owner(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await found(session)
        customer = await bank.customer(session, "A1", owner="didi")
        await bank.covers(session, "gaogao", customer, "corporate")
        await bank.covers(session, "guibin", customer, "persona")
    with pytest.raises(IntegrityError):
        async with database.transaction() as session:
            await bank.covers(session, "gaogao", customer, "owner")


@pytest.mark.mission("B10")
async def test_a_persona_plan_at_the_branch_adds_a_manager_and_leaves_the_owner(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await found(session)
        customer = await bank.customer(session, "A1", owner="didi", aum_fen=5 * WAN)
        await session.execute(
            text(
                "INSERT INTO persona_membership (customer_id, persona, source, confidence,"
                " evidence, rule_version, is_primary, by_hand, heard, since)"
                " VALUES (:id, '股市', 'crm', 90, '[]', '1', true, false, false, :at)"
            ),
            {"id": customer, "at": AT if database.is_sqlite is False else AT.isoformat(" ")},
        )
    made = await _made(database, Method.PERSONA, "persona:股市", kind="persona")
    await _approved(database, made)
    async with database.reading() as session:
        held = await session.execute(select(col(Coverage.kind), col(Coverage.staff_id)))
        assert {tuple(row) for row in held} == {("owner", "didi"), ("persona", "guigui")}


async def test_a_list_or_a_unit_that_does_not_exist_is_refused(database: Database) -> None:
    async with database.transaction() as session:
        await found(session)
        with pytest.raises(ListUnknown):
            lists.named(session, "没有", UNITS, POLICY, TIERS)
        with pytest.raises(ListUnknown):
            await lists.of_numbers(session, ["x"], "空")
        listed = lists.named(session, "unowned", UNITS, POLICY, TIERS)
        for wanted, error in (
            (Proposal(Method.BALANCE, "99", listed), AllocationRefused),
            (Proposal(Method.BALANCE, "01", listed, kind="friend"), AllocationRefused),
            (Proposal(Method.BALANCE, "01", listed), ListUnknown),
        ):
            with pytest.raises(error):
                await propose(session, wanted, policy=POLICY, by="staff:suntao", at=AT)


@pytest.mark.mission("B1")
async def test_a_hundred_thousand_customers_move_in_seconds(database: Database) -> None:
    number = 100_000
    async with database.transaction() as session:
        await found(session)
        await many(session, number, owner="didi")
        await session.execute(text("ANALYZE"))
    roomy = POLICY.model_copy(
        update={"balance": POLICY.balance.model_copy(update={"most_customers": 0})}
    )
    began = time.perf_counter()
    async with database.transaction() as session:
        listed = Listed(lists.named(session, "everybody", UNITS, POLICY, TIERS).ids, "全部")
        made = await propose(
            session,
            Proposal(Method.BALANCE, "01", listed, reallocate=True),
            policy=roomy,
            by="staff:suntao",
            at=AT,
        )
    planned = time.perf_counter() - began
    done = await _approved(database, made)
    took = time.perf_counter() - began
    assert done.stale == 0
    assert done.moved + made.counts["kept"] == number
    async with database.reading() as session:
        loads = (
            await session.execute(
                select(func.count()).where(col(Coverage.kind) == "owner").group_by(col(Coverage.staff_id))
            )
        ).scalars().all()  # fmt: skip
    assert sum(loads) == number
    assert max(loads) - min(loads) <= 1
    assert took < 60, f"planned in {planned:.1f} s, all in {took:.1f} s"
