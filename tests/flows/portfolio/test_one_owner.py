"""Exactly one owner, whatever path moves a customer, and when several paths move at once."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config import tier_policy
from crm_sync.models import Coverage, CoverageEnd, Customer, Staff
from crm_sync.repository import ownership as lists_of
from kit.db import Database
from kit.ledger.verify import verify
from portfolio.allocation import deciding, lists
from portfolio.allocation.facts import Method
from portfolio.allocation.planning import Proposal, propose
from portfolio.direct_team.service import hand_up
from portfolio.handover import planning, store
from portfolio.handover.errors import TakerRefused
from portfolio.recall.service import recall
from portfolio.transfers import batch, repository, steps
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import approved_script, desk
from tests.flows.portfolio.branches import AT, POLICY, WAN, found, seen_by

pytestmark = [pytest.mark.anyio, pytest.mark.mission("B1")]
TIERS = tier_policy.load()
UNITS = ("01", "0101", "0102")
OWNED, UNOWNED = 24, 6
BEGAN = AT - timedelta(days=100)
Act = Callable[[AsyncSession, datetime], Awaitable[object]]
"""The last step of a path: after it the customers are somebody else's."""


async def _people(session: AsyncSession) -> None:
    await found(session)
    await approved_script(
        session, "handover.introduction", "{{customer_title}}您好。{{staff_name}}"
    )
    await bank.staff(session, "yuan", unit_id="hq")
    await session.execute(
        update(Staff).where(col(Staff.staff_id) == "yuan").values(position="远程直营经理")
    )


async def _customers(session: AsyncSession, *, unowned: int = UNOWNED) -> None:
    """Of the direct team's band by assets, and above the transfer's by their average."""
    for number in range(OWNED + unowned):
        owner = "didi" if number < OWNED else None
        await bank.customer(
            session, f"C{number:03d}", owner=owner, aum_fen=40 * WAN, aum_average_fen=60 * WAN
        )
    await session.execute(update(Coverage).values(since=BEGAN))


async def _planned(session: AsyncSession, name: str, *, reallocate: bool) -> Act:
    listed = lists.named(session, name, UNITS, POLICY, TIERS)
    wanted = Proposal(Method.LEVEL, "01", listed, reallocate=reallocate)
    made = await propose(session, wanted, policy=POLICY, by="staff:suntao", at=AT)
    return _approval(made.plan_id, "qianming")


def _approval(plan_id: int, by: str) -> Act:
    async def act(session: AsyncSession, at: datetime) -> object:
        return await deciding.approve(
            session,
            plan_id,
            viewer=await seen_by(session, by),
            policy=POLICY,
            opinion="同意",
            at=at,
        )

    return act


async def allocation(session: AsyncSession) -> Act:
    """Everybody anew, by level: more than one method would do the same."""
    return await _planned(session, "everybody", reallocate=True)


async def recalled(session: AsyncSession) -> Act:
    """Half of the book is recalled and the recalled are given anew."""
    mine = select(col(Customer.id)).where(col(Customer.customer_no) < f"C{OWNED // 2:03d}")
    await recall(
        session, mine, staff_id="didi", reason=POLICY.recall.reasons[0], note="",
        viewer=await seen_by(session, "qianming"), policy=POLICY, at=AT,
    )  # fmt: skip
    return await _planned(session, "recalled", reallocate=False)


async def direct_team(session: AsyncSession) -> Act:
    """The branch's yearly list, with its head's consent."""
    made = await hand_up(session, "01", policy=POLICY, by="staff:wangshan", at=AT)
    return _approval(made.plan_id, "suntao")


async def transfer(session: AsyncSession) -> Act:
    """The month's forms, approved; the old manager has introduced the new one."""
    await batch.propose_batch(session, policy=POLICY, at=AT)
    forms = await repository.forms(session, None, limit=100)
    head = await seen_by(session, "suntao")
    ids = [one.id for one in forms if one.from_staff is not None]
    await steps.approve(
        session, ids, viewer=head, policy=POLICY, desk=desk(), opinion="同意", at=AT
    )

    async def act(session: AsyncSession, at: datetime) -> object:
        return await steps.introduce(
            session, ids, how="电话", by="staff:suntao", policy=POLICY, desk=desk(), at=at
        )

    return act


async def handover(session: AsyncSession) -> Act:
    """The manager's whole book, to two others whom no other path names."""
    return await _handed(session, "gaogao", "erdi")


async def _handed(session: AsyncSession, *takers: str) -> Act:
    run_id, _ = await planning.draft(
        session, staff_id="didi", userid="didi", unit_id="0101", kind="on_job", origin="person",
        by="staff:suntao", reason="岗位调整", at=AT,
    )  # fmt: skip
    await planning.plan(session, run_id, takers=takers, by="staff:suntao", at=AT)

    async def act(session: AsyncSession, at: datetime) -> object:
        return await planning.approve(session, run_id, by="staff:qianming", at=at)

    return act


PATHS = (allocation, recalled, direct_team, transfer, handover)


async def _one_owner_each(database: Database, customers: int) -> dict[int, str]:
    """One owner each, and histories without a gap or an overlap; who owns whom."""
    async with database.reading() as session:
        now: dict[int, list[tuple[str, datetime]]] = defaultdict(list)
        query = select(col(Coverage.customer_id), col(Coverage.staff_id), col(Coverage.since))
        for customer_id, staff_id, since in await session.execute(
            query.where(col(Coverage.kind) == "owner")
        ):
            now[customer_id].append((staff_id, since))
        ended: dict[int, list[tuple[datetime, datetime, str]]] = defaultdict(list)
        for row in (await session.execute(select(CoverageEnd))).scalars():
            ended[row.customer_id].append((row.since, row.ended_at, row.staff_id))
        assert (await verify(session)).sound
    assert len(now) == customers
    assert all(len(holders) == 1 for holders in now.values())
    for customer_id, past in ended.items():
        past.sort()
        begins = [since for since, _, _ in past[1:]] + [now[customer_id][0][1]]
        assert [until for _, until, _ in past] == begins
        people = [staff_id for _, _, staff_id in past] + [now[customer_id][0][0]]
        assert all(one != other for one, other in pairwise(people))
    return {customer_id: holders[0][0] for customer_id, holders in now.items()}


@pytest.mark.parametrize("path", PATHS, ids=lambda one: one.__name__)
async def test_each_path_leaves_every_customer_with_exactly_one_owner(
    database: Database, path: Callable[[AsyncSession], Awaitable[Act]]
) -> None:
    async with database.transaction() as session:
        await _people(session)
        await _customers(session, unowned=UNOWNED if path in (allocation, direct_team) else 0)
        act = await path(session)
    async with database.transaction() as session:
        await act(session, AT + timedelta(hours=1))
    owners = await _one_owner_each(
        database, OWNED + (UNOWNED if path in (allocation, direct_team) else 0)
    )
    kept = OWNED // 2 if path is recalled else 0
    moved = {customer for customer, owner in owners.items() if owner != "didi"}
    if path is allocation:  # by level the counter's managers share them, didi among them
        assert 0 < len(moved) < len(owners)
    else:
        assert len(moved) == len(owners) - kept


async def test_paths_that_move_the_same_customers_at_once_leave_one_owner_each(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await _people(session)
        await _customers(session)
        acts = [await path(session) for path in PATHS]

    async def go(act: Act, place: int) -> None:
        async with database.transaction() as session:
            await act(session, AT + timedelta(hours=1, seconds=place))

    await asyncio.gather(*(go(act, place) for place, act in enumerate(acts)))
    owners = await _one_owner_each(database, OWNED + UNOWNED)
    async with database.reading() as session:
        ends = select(func.count()).select_from(CoverageEnd)
        number = (await session.execute(ends)).scalar_one()
    # Every plan was made while didi owned them: only the first to come may move a customer.
    assert number <= OWNED
    assert number == len([one for one in await _ids(database, OWNED) if owners[one] != "didi"])


async def _ids(database: Database, below: int) -> Sequence[int]:
    async with database.reading() as session:
        query = select(col(Customer.id)).where(col(Customer.customer_no) < f"C{below:03d}")
        return [one for one in (await session.execute(query)).scalars() if one is not None]


@pytest.mark.parametrize("second", [direct_team, handover], ids=lambda one: one.__name__)
async def test_the_second_of_two_movers_waits_and_then_moves_nobody_twice(
    database: Database, second: Callable[[AsyncSession], Awaitable[Act]]
) -> None:
    async with database.transaction() as session:
        await _people(session)
        await _customers(session)
        first = await transfer(session)
        later = await second(session)
        unowned = await _planned(session, "unowned", reallocate=False)

    async def go(act: Act, at: datetime) -> object:
        async with database.transaction() as session:
            return await act(session, at)

    async with database.transaction() as session:
        await first(session, AT + timedelta(hours=1))
        await unowned(session, AT + timedelta(hours=1))
        waiting = asyncio.create_task(go(later, AT + timedelta(hours=2)))
        done, _ = await asyncio.wait({waiting}, timeout=0.3)
        assert not done
    result = await waiting
    owners = await _one_owner_each(database, OWNED + UNOWNED)
    assert set(owners.values()) <= {"gaogao", "didi", "guibin", "guigui"}
    assert {owners[one] for one in await _ids(database, OWNED)} <= {"guibin", "guigui"}
    if isinstance(result, deciding.Done):
        assert (result.moved, result.stale) == (0, OWNED + UNOWNED)
    else:
        assert result == 0
        async with database.reading() as session:
            [run] = await store.runs(session, state=None, limit=10)
        assert run.in_state("customer", "gone") == OWNED


async def test_a_handover_whose_taker_has_left_is_planned_anew(database: Database) -> None:
    async with database.transaction() as session:
        await _people(session)
        await _customers(session)
        act = await handover(session)
        await session.execute(
            update(Staff).where(col(Staff.staff_id) == "erdi").values(active=False)
        )
    async with database.transaction() as session:
        with pytest.raises(TakerRefused):
            await act(session, AT)
    assert "didi" in (await _one_owner_each(database, OWNED)).values()


async def test_another_relation_changes_its_person_and_the_owner_stays(database: Database) -> None:
    async with database.transaction() as session:
        await _people(session)
        one = await bank.customer(session, "C000", owner="didi", aum_fen=WAN)
        await bank.insert_rows(
            session,
            Coverage,
            [
                {"customer_id": one, "kind": "persona", "staff_id": staff_id, "since": BEGAN}
                for staff_id in ("didi", "gaogao", "guigui")
            ],
        )
        act = await _handed(session, "gaogao")
    async with database.transaction() as session:
        assert await act(session, AT) == 2
        within = lists_of.owned_by(session, ["gaogao"])
        assert (await session.execute(within)).scalars().all() == [one]
        kept = select(col(Coverage.staff_id)).where(col(Coverage.kind) == "persona")
        assert sorted((await session.execute(kept)).scalars()) == ["gaogao", "guigui"]
