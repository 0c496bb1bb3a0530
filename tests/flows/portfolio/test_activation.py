"""盘活轮次: round by round, by evidence or by hand; few are skipped."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db import Database
from portfolio.activation import lists, rounds
from portfolio.activation.errors import ActivationUnknown, SkipRefused
from portfolio.activation.lists import Wanted
from portfolio.activation.rules import Progress
from tests.flows.console.office import AT
from tests.flows.crm_sync import bank
from tests.flows.portfolio.books import ACTIVATION, DUTY, TODAY, graded, stood, touch

pytestmark = pytest.mark.anyio


async def _dormant(session: AsyncSession, *numbers: str) -> list[int]:
    await bank.units(session)
    ids = [await bank.customer(session, number, owner="limin") for number in numbers]
    await graded(session, "D", *ids)
    await stood(session)
    return ids


async def _only(session: AsyncSession) -> lists.InRound:
    [one] = await lists.page(session, Wanted())
    return one


@pytest.mark.mission("B5")
async def test_the_skip_limit_is_enforced_and_the_rounds_keep_their_order(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await _dormant(session, "D1")
        assert await rounds.enrol(session, ACTIVATION, units=None, by="staff:suntao", at=AT) == 1
        assert await rounds.enrol(session, ACTIVATION, units=None, by="staff:suntao", at=AT) == 0
        one = await _only(session)
        assert one.due_on(ACTIVATION) == TODAY + timedelta(days=7)

        async def step(hours: int, *, skip: bool = False) -> Progress | None:
            return await rounds.step(
                session, one.id, ACTIVATION, skip=skip, units=frozenset({"0101"}),
                by="staff:suntao", note="客户已是好友", at=AT + timedelta(hours=hours),
            )  # fmt: skip

        assert await step(1) == Progress(1, 0, 0)
        assert await step(2, skip=True) == Progress(2, 1, 1)
        with pytest.raises(SkipRefused, match="最多 1 轮"):
            await step(3, skip=True)
        assert await step(4) == Progress(3, 1, 0)
        with pytest.raises(SkipRefused):
            await step(5, skip=True)
        await step(6)
        assert await step(7) is None
        with pytest.raises(ActivationUnknown):
            await step(8)
        assert (await lists.steps_of(session, [one.id]))[one.id] == [
            "完成 资料核对", "跳过 加企业微信", "完成 需求排查", "完成 网点面谈", "完成 方案回访",
        ]  # fmt: skip


@pytest.mark.mission("B5")
async def test_a_contact_completes_one_round_and_never_two(database: Database) -> None:
    async with database.transaction() as session:
        one, _ = await _dormant(session, "D1", "D2")
        await rounds.enrol(session, ACTIVATION, units=None, by="staff:suntao", at=AT)
        assert await lists.by_round(session, Wanted()) == {0: 2}
        await touch(session, one, AT + timedelta(hours=1))
        later = AT + timedelta(hours=2)
        assert await rounds.advance(session, ACTIVATION, DUTY, later) == 1
        assert await rounds.advance(session, ACTIVATION, DUTY, later + timedelta(hours=1)) == 0
        assert await lists.by_round(session, Wanted()) == {0: 1, 1: 1}


async def test_the_last_round_ends_by_evidence_too(database: Database) -> None:
    async with database.transaction() as session:
        [one] = await _dormant(session, "D1")
        await rounds.enrol(session, ACTIVATION, units=None, by="staff:suntao", at=AT)
        for number in range(5):
            moment = AT + timedelta(hours=2 * number + 1)
            await touch(session, one, moment)
            done = await rounds.advance(session, ACTIVATION, DUTY, moment + timedelta(minutes=5))
            assert done == 1
        assert await lists.by_round(session, Wanted()) == {}
        [ended] = await lists.page(session, Wanted(state="finished"))
    assert ended.customer_id == one


async def test_another_branch_neither_enrols_nor_moves_nor_stops(database: Database) -> None:
    theirs = frozenset({"0201"})
    async with database.transaction() as session:
        await _dormant(session, "D1")
        assert await rounds.enrol(session, ACTIVATION, units=theirs, by="staff:zhaolei", at=AT) == 0
        await rounds.enrol(session, ACTIVATION, units=None, by="staff:suntao", at=AT)
        one = await _only(session)
        with pytest.raises(ActivationUnknown):
            await rounds.stop(
                session, one.id, units=theirs, by="staff:zhaolei", reason="不要了", at=AT
            )
        await rounds.stop(
            session, one.id, units=None, by="staff:suntao", reason="客户搬离本市", at=AT
        )
        assert await lists.by_round(session, Wanted()) == {}
        again = AT + timedelta(days=1)
        assert await rounds.enrol(session, ACTIVATION, units=None, by="staff:suntao", at=again) == 1
