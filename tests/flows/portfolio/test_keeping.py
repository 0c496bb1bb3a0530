"""Recalls, grids, team roles and the yearly list of the direct team."""

from datetime import date, timedelta

import pytest

from config import persona_policy, tier_policy
from crm_sync.errors import SegmentUnknown
from crm_sync.models import Staff
from crm_sync.repository import ownership
from crm_sync.rules.conditions import Frame, parse
from crm_sync.segments import service as segments
from crm_sync.segments.asking import NOTHING
from kit.db import Database
from portfolio.allocation import deciding, lists, repository
from portfolio.allocation.facts import Method
from portfolio.allocation.jobs import draft_month_end
from portfolio.allocation.planning import Proposal, propose
from portfolio.direct_team.service import hand_up
from portfolio.errors.ownership import (
    AllocationRefused,
    GridRefused,
    GridUnknown,
    ListUnknown,
    NotApprover,
    RecallRefused,
    TeamRefused,
)
from portfolio.grids import service as grids
from portfolio.grids.service import Area
from portfolio.recall import service as recalls
from tests.flows.crm_sync import bank
from tests.flows.portfolio.branches import AT, POLICY, WAN, ended, found, owners, seen_by

pytestmark = pytest.mark.anyio
UNITS = ("01", "0101", "0102")
TIERS = tier_policy.load()


@pytest.mark.mission("B3")
async def test_a_recalled_customer_is_kept_until_the_months_plan_gives_them_to_another(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await found(session)
        first = await bank.customer(session, "A1", owner="didi", aum_fen=6 * WAN)
        await bank.customer(session, "A2", owner="didi", aum_fen=6 * WAN)
        head = await seen_by(session, "suntao")
        ids = ownership.of_ids(session, [first])
        number = await recalls.recall(
            session, ids, staff_id="didi", reason="没有按频次联系", note="两个季度没有联系",
            viewer=head, policy=POLICY, at=AT, facts={first: {"missed": 2}},
        )  # fmt: skip
        assert number == 1
        with pytest.raises(RecallRefused):  # not twice
            await recalls.recall(
                session, ids, staff_id="didi", reason="没有按频次联系", note="", viewer=head,
                policy=POLICY, at=AT,
            )  # fmt: skip
    assert await owners(database) == {"A1": "didi", "A2": "didi"}
    drafted = await draft_month_end(database, POLICY, TIERS, AT)
    again = await draft_month_end(database, POLICY, TIERS, AT)
    assert (drafted.made, again.made, again.already) == (1, 0, 1)
    async with database.transaction() as session:
        [plan] = await repository.plans(session, UNITS)
        assert plan.author == "system:allocation"
        await deciding.approve(
            session, plan.id, viewer=await seen_by(session, "suntao"), policy=POLICY,
            opinion="同意", at=AT + timedelta(hours=1),
        )  # fmt: skip
        [kept] = await recalls.recalls(session, UNITS)
    assert (kept.state, kept.new_staff, kept.facts) == ("settled", "gaogao", {"missed": 2})
    assert await owners(database) == {"A1": "gaogao", "A2": "didi"}


@pytest.mark.mission("B3")
async def test_a_recall_needs_a_known_reason_somebody_to_recall_and_the_head(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await found(session)
        first = await bank.customer(session, "A1", owner="didi")
        ids = ownership.of_ids(session, [first])
        for who, reason, staff_id, error in (
            ("suntao", "看他不顺眼", "didi", RecallRefused),
            ("suntao", "客户要求更换", "gaogao", RecallRefused),
            ("zhaolei", "客户要求更换", "didi", NotApprover),
        ):
            viewer = await seen_by(session, who)
            with pytest.raises(error):
                await recalls.recall(
                    session, ids, staff_id=staff_id, reason=reason, note="", viewer=viewer,
                    policy=POLICY, at=AT,
                )  # fmt: skip
        assert await recalls.count(session, None) == 0


def _areas(number: int) -> list[Area]:
    people = ["didi", "gaogao", "guibin", "guigui", "qianming", "erdi"]
    return [Area(f"包区{one}", people[one]) for one in range(number)]


@pytest.mark.mission("B13")
@pytest.mark.parametrize("number", [2, 6])
async def test_a_grid_of_two_or_six_areas_is_refused(database: Database, number: int) -> None:
    async with database.transaction() as session:
        await found(session)
        head = await seen_by(session, "suntao")
        with pytest.raises(GridRefused) as refused:
            await grids.make_grid(
                session, "0101", "东片", _areas(number), viewer=head, policy=POLICY, at=AT
            )
        assert refused.value.code == "E-2582"
        assert await grids.count_grids(session, None) == 0


@pytest.mark.mission("B13")
async def test_three_to_five_areas_with_one_person_each_make_a_grid(database: Database) -> None:
    async with database.transaction() as session:
        await found(session)
        head = await seen_by(session, "suntao")

        async def made(areas: list[Area], unit: str = "0101") -> int:
            return await grids.make_grid(
                session, unit, "东片", areas, viewer=head, policy=POLICY, at=AT
            )

        first = await made(_areas(3))
        twice = [Area("甲", "guigui"), Area("乙", "guigui"), Area("丙", "qianming")]
        gone = [Area("甲", "guigui"), Area("乙", "nobody"), Area("丙", "qianming")]
        for areas in (_areas(4), twice, gone, [Area("", "guigui"), *_areas(2)]):
            with pytest.raises(GridRefused):
                await made(areas)
        with pytest.raises(NotApprover):
            await made(_areas(3), unit="0201")
        [seen] = await grids.grids(session, UNITS)
        assert [one.staff_id for one in seen.areas] == ["didi", "gaogao", "guibin"]
        assert await grids.grids(session, ["0201"]) == []
        await grids.end_grid(session, first, viewer=head, policy=POLICY, at=AT)
        with pytest.raises(GridUnknown):
            await grids.end_grid(session, first, viewer=head, policy=POLICY, at=AT)
        await made(_areas(5))


@pytest.mark.mission("B12")
async def test_people_are_put_into_team_forms_and_groups(database: Database) -> None:
    async with database.transaction() as session:
        await found(session)
        head = await seen_by(session, "suntao")
        await grids.set_role(
            session, "didi", form="驻点经理", group="", viewer=head, policy=POLICY, at=AT
        )
        await grids.set_role(
            session, "didi", form="线上服务", group="客群", viewer=head, policy=POLICY, at=AT
        )
        for who, form in (("didi", "飞行员"), ("nobody", "驻点经理"), ("didi", "")):
            with pytest.raises(TeamRefused):
                await grids.set_role(
                    session, who, form=form, group="", viewer=head, policy=POLICY, at=AT
                )
        [role] = await grids.team(session, UNITS)
        assert (role.form, role.group) == ("线上服务", "客群")
        assert await grids.team(session, UNITS, aspect="form", name="驻点经理") == []


@pytest.mark.mission("B11")
async def test_a_branch_hands_up_its_list_and_with_consent_the_team_takes_over(
    database: Database,
) -> None:
    async with database.transaction() as session:
        await found(session)
        low = await bank.customer(session, "A30", owner="didi", aum_fen=30 * WAN)
        await bank.customer(session, "A50", owner="didi", aum_fen=50 * WAN)
        await bank.customer(session, "A29", owner="didi", aum_fen=30 * WAN - 1)
        with pytest.raises(AllocationRefused):  # nobody in the team yet
            await hand_up(session, "01", policy=POLICY, by="staff:wangshan", at=AT)
        await bank.staff(session, "yuan", unit_id="hq")
        await session.execute(
            Staff.__table__.update()  # type: ignore[attr-defined]
            .where(Staff.__table__.c.staff_id == "yuan")  # type: ignore[attr-defined]
            .values(position="远程直营经理")
        )
        with pytest.raises(AllocationRefused):
            await hand_up(session, "01", policy=POLICY, by="staff:x", at=AT, band="一个亿")
        made = await hand_up(session, "01", policy=POLICY, by="staff:wangshan", at=AT)
        with pytest.raises(AllocationRefused):  # one a year
            await hand_up(session, "01", policy=POLICY, by="staff:wangshan", at=AT)
    assert (await owners(database))["A30"] == "didi"
    async with database.transaction() as session:
        with pytest.raises(NotApprover):  # another branch's head consents to nothing here
            await deciding.approve(
                session, made.plan_id, viewer=await seen_by(session, "zhaolei"), policy=POLICY,
                opinion="同意", at=AT,
            )  # fmt: skip
        await deciding.approve(
            session, made.plan_id, viewer=await seen_by(session, "suntao"), policy=POLICY,
            opinion="同意上交", at=AT,
        )  # fmt: skip
    assert await owners(database) == {"A30": "yuan", "A50": "didi", "A29": "didi"}
    assert await ended(database) == [(low, "didi", "远程直营")]


@pytest.mark.mission("B2")
async def test_the_month_end_drafts_for_every_branch_and_moves_nobody(database: Database) -> None:
    async with database.transaction() as session:
        await found(session)
        await bank.customer(session, "A1", owner="didi", aum_fen=60 * WAN)
        await bank.customer(session, "B1", aum_fen=6 * WAN, unit_id="0201")
    drafted = await draft_month_end(database, POLICY, TIERS, AT)
    assert (drafted.branches, drafted.made, drafted.placed) == (2, 2, 2)
    assert await owners(database) == {"A1": "didi"}


async def test_a_band_or_somebodys_book_may_be_a_list(database: Database) -> None:
    async with database.transaction() as session:
        await found(session)
        await bank.customer(session, "A1", owner="didi", aum_fen=30 * WAN)
        await bank.customer(session, "A2", owner="gaogao", aum_fen=60 * WAN)
        for name in ("band:5万到50万", "owner:didi"):
            made = await propose(
                session,
                Proposal(Method.BALANCE, "01", lists.named(session, name, UNITS, POLICY, TIERS)),
                policy=POLICY,
                by="staff:suntao",
                at=AT,
            )
            assert made.counts["listed"] == 1


@pytest.mark.mission("B1", "D14")
async def test_a_segment_in_force_may_be_a_list_and_holds_only_the_units_own(
    database: Database,
) -> None:
    personas = persona_policy.load()
    frame = Frame(AT, personas, TIERS)
    async with database.transaction() as session:
        await found(session)
        here = await bank.customer(session, "A1", aum_fen=30 * WAN, born_on=date(1950, 5, 1))
        await bank.customer(session, "A2", aum_fen=30 * WAN, born_on=date(1990, 5, 1))
        await bank.customer(session, "B1", unit_id="0201", born_on=date(1950, 5, 1))
        await segments.save(
            session, "elders", "年长客户", parse({"dim": "age", "op": "ge", "value": 60}),
            policy=personas, by="staff:wangshan", at=AT, reason="分配用",
        )  # fmt: skip
        with pytest.raises(ListUnknown):  # a draft is nobody's list
            await lists.of_segment(session, "elders", UNITS, frame, NOTHING)
        with pytest.raises(SegmentUnknown):
            await lists.of_segment(session, "nobody", UNITS, frame, NOTHING)
        await segments.put_in_force(session, "elders", by="staff:hejing", at=AT, reason="同意使用")
        listed = await lists.of_segment(session, "elders", UNITS, frame, NOTHING)
        made = await propose(
            session, Proposal(Method.BALANCE, "01", listed), policy=POLICY, by="staff:suntao", at=AT
        )
        plan = await repository.plan(session, made.plan_id)
        lines = await repository.lines(session, made.plan_id, limit=10)
    assert plan is not None
    assert plan.listed == "客群规则 年长客户（第 1 版）"
    assert [(one.customer_id, one.from_staff) for one in lines] == [(here, None)]
