"""What WeCom has is landed whole, resumed where it stopped, and mended when it drifted."""

import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config import persona_policy
from crm_sync.binding import BindingOutcome
from crm_sync.models import Contact, Relation, Staff, SyncCursor, WecomTag
from crm_sync.sync.full import SyncReport, full_sync
from kit.db import Database
from kit.ledger.reading import Wanted, page
from kit.ledger.verify import verify
from tests.flows.crm_sync import bank
from tests.flows.crm_sync.bank import AT
from tests.flows.wecom_world import wecom_world
from wecom.client import Caller

pytestmark = pytest.mark.anyio

POLICY = persona_policy.load()
STAFF = [f"rm{number:03d}" for number in range(250)]
MEMBERS = [{"userid": userid.upper(), "name": userid} for userid in STAFF]


def _customers(count: int, followers: int = 1) -> list[dict[str, Any]]:
    return [
        {
            "external_userid": f"wm{number:05d}",
            "name": f"客户{number}",
            "followers": [
                {
                    "userid": STAFF[(number + place) % len(STAFF)].upper(),
                    "createtime": 1_760_000_000,
                    "remark": f"备注{number} 1381234{number:04d}",
                }
                for place in range(followers)
            ],
        }
        for number in range(count)
    ]


async def _staff(database: Database, userids: Sequence[str] = STAFF) -> None:
    async with database.transaction() as session:
        await bank.units(session)
        rows = [
            {"staff_id": userid, "userid": userid, "name": userid, "unit_id": "0101"}
            for userid in userids
        ]
        await bank.insert_rows(session, Staff, rows)


async def _live(database: Database) -> set[tuple[str, str]]:
    async with database.reading() as session:
        query = select(col(Relation.userid), col(Relation.external_userid)).where(
            col(Relation.ended_at).is_(None)
        )
        return {(userid, external) for userid, external in await session.execute(query)}


async def _sync(database: Database, wecom: Caller, minutes: int = 0, **more: Any) -> SyncReport:
    at = AT + timedelta(minutes=minutes)
    return await full_sync(database, wecom, at, policy=POLICY, **more)


async def test_the_first_run_lands_everything_and_the_second_finds_nothing(
    database: Database,
) -> None:
    await _staff(database)
    async with wecom_world(members=MEMBERS, customers=_customers(700, 2)) as world:
        first = await _sync(database, world.client)
        again = await _sync(database, world.client, 60)
    assert first.contacts["relations_new"] == 1_400
    assert first.contacts["contacts_new"] == 700
    assert len(await _live(database)) == 1_400
    assert (again.differences, again.contacts["relations_same"]) == (0, 1_400)
    assert first.members is not None
    assert (first.members.matched, first.members.unknown) == (250, ())
    async with database.reading() as session:
        entries = await page(session, Wanted(acts=frozenset({"wecom.synced"})))
        assert [entry.payload["differences"] for entry in entries] == [0, 1_400]
        assert (await verify(session)).sound


class Killed(BaseException):
    """The process died here."""


class Mortal:
    """A caller that dies at its n-th call of batch/get_by_user."""

    def __init__(self, caller: Caller, calls: int) -> None:
        self._caller, self._left, self.cursors = caller, calls, []  # type: ignore[var-annotated]

    async def call(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        idempotent: bool,
    ) -> dict[str, Any]:
        if path.endswith("get_by_user"):
            self._left -= 1
            if self._left < 0:
                raise Killed
            assert body is not None
            self.cursors.append((body["userid_list"][0], body["cursor"]))
        return await self._caller.call(path, body, params=params, idempotent=idempotent)


async def test_a_killed_run_goes_on_from_the_last_page_that_was_kept(database: Database) -> None:
    await _staff(database)
    async with wecom_world(members=MEMBERS, customers=_customers(3_000, 2)) as world:
        mortal = Mortal(world.client, 37)
        with pytest.raises(Killed):
            await _sync(database, mortal)
        async with database.reading() as session:
            kept = (await session.execute(select(func.count()).select_from(Relation))).scalar_one()
            cursor = (await session.execute(select(SyncCursor))).scalar_one()
            assert cursor.finished_at is None
        assert 0 < kept < 6_000
        mortal = Mortal(world.client, 10_000)
        report = await _sync(database, mortal, 30)
        assert report.resumed
        assert report.started_at == AT
        assert len(mortal.cursors) < 60
        assert mortal.cursors[0][1] != ""
        assert report.contacts["relations_new"] == 6_000
        assert len(await _live(database)) == 6_000
        later = await _sync(database, world.client, 60)
    assert (later.resumed, later.differences) == (False, 0)


async def test_a_run_resumed_with_other_members_reads_the_torn_batch_anew(
    database: Database,
) -> None:
    await _staff(database)
    async with wecom_world(members=MEMBERS, customers=_customers(3_000)) as world:
        with pytest.raises(Killed):
            await _sync(database, Mortal(world.client, 15))
        await world.post("members", [{"userid": "aaa", "name": "新人", "departments": [1]}])
        report = await _sync(database, world.client, 30)
    assert report.resumed
    assert len(await _live(database)) == 3_000


async def test_a_run_that_stopped_yesterday_begins_anew(database: Database) -> None:
    await _staff(database)
    async with wecom_world(members=MEMBERS, customers=_customers(500)) as world:
        with pytest.raises(Killed):
            await _sync(database, Mortal(world.client, 2))
        report = await _sync(database, world.client, 25 * 60)
    assert not report.resumed
    assert len(await _live(database)) == 500


@pytest.mark.mission("C1")
async def test_five_per_cent_of_drift_is_mended_to_nothing(database: Database) -> None:
    """Callbacks were lost: added, gone, retagged, renamed pairs that we never heard of."""
    await _staff(database)
    dice = random.Random(5)
    customers = _customers(2_000)
    async with wecom_world(members=MEMBERS, customers=customers) as world:
        await world.post("tags", [{"name": "等级", "tags": [{"id": "t-gold", "name": "金卡"}]}])
        await _sync(database, world.client)
        drifted = dice.sample(customers, 100)
        for place, one in enumerate(drifted):
            pair = {
                "userid": one["followers"][0]["userid"],
                "external_userid": one["external_userid"],
            }
            if place % 4 == 0:
                await world.act("delete_by_member", **pair)
            elif place % 4 == 1:
                await world.act("tag", **pair, add_tag=["t-gold"])
            elif place % 4 == 2:
                await world.act("remark", **pair, remark=f"改名{place}")
            else:
                other = {"userid": STAFF[place].upper(), "external_userid": pair["external_userid"]}
                await world.act("add", **other)
        async with database.transaction() as session:
            wrong = update(Relation).where(col(Relation.external_userid) == "wm00001")
            await session.execute(wrong.values(digest="x", tag_ids=["t-gone"]))
        report = await _sync(database, world.client, 60)
        clean = await _sync(database, world.client, 120)
        truth = await world.people.get("/_sim/relations", params={"limit": 5_000})
    assert 100 <= report.differences <= 101
    assert report.contacts["ended"] == 25
    assert clean.differences == 0
    assert await _live(database) == {
        (row["userid"].lower(), row["external_userid"]) for row in truth.json()["relations"]
    }


async def test_many_relations_gone_at_once_wait_for_a_persons_word(database: Database) -> None:
    await _staff(database)
    customers = _customers(300)
    async with wecom_world(members=MEMBERS, customers=customers) as world:
        await _sync(database, world.client)
        for one in customers[:100]:
            await world.act(
                "delete_by_member",
                userid=one["followers"][0]["userid"],
                external_userid=one["external_userid"],
            )
        report = await _sync(database, world.client, 60)
        assert (report.withheld, report.contacts["ended"]) == (100, 0)
        assert len(await _live(database)) == 300
        sure = await _sync(database, world.client, 120, accept_drops=True)
    assert sure.contacts["ended"] == 100
    assert len(await _live(database)) == 200


async def test_a_busy_wecom_is_waited_for_and_a_broken_one_ends_the_run(
    database: Database,
) -> None:
    await _staff(database)
    waited: list[float] = []

    async def pause(seconds: float) -> None:
        waited.append(seconds)

    async with wecom_world(members=MEMBERS, customers=_customers(500)) as world:
        await world.fault(
            kind="code",
            path="externalcontact/batch/get_by_user",
            when="before",
            code=45033,
            count=2,
        )
        report = await _sync(database, world.client, pause=pause)
    assert report.contacts["relations_new"] == 500
    assert len(waited) == 2


async def test_members_the_bank_does_not_know_and_those_wecom_does_not_show_are_named(
    database: Database,
) -> None:
    """Who left has no relations any more; of one who lost 客户联系 WeCom says nothing."""
    await _staff(database, [*STAFF[:3], "left", "quiet", "nowhere"])
    async with database.transaction() as session:
        await bank.contact(session, "wm-old")
        await bank.relation(session, "left", "wm-old")
        await bank.contact(session, "wm-quiet")
        await bank.relation(session, "quiet", "wm-quiet")
    quiet: dict[str, Any] = {"userid": "Quiet", "name": "没有客户联系", "external_right": False}
    members = [*MEMBERS[:3], quiet, {"userid": "Stranger", "name": "外人"}]
    customers = [
        {"external_userid": "wm1", "name": "客", "followers": [{"userid": "Stranger"}]},
    ]
    async with wecom_world(members=members, customers=customers) as world:
        report = await _sync(database, world.client)
        again = await _sync(database, world.client, 60)
    assert report.members is not None
    assert report.members.unknown == ("stranger",)
    assert report.members.unseen == ("left", "nowhere", "quiet")
    assert report.unreachable == again.unreachable == {"quiet": 1}
    assert report.mended == {"relations_new": 1, "leavers_ended": 1}
    assert again.mended == {}
    assert await _live(database) == {("quiet", "wm-quiet"), ("stranger", "wm1")}


async def test_contacts_of_a_leaver_live_on_while_they_wait_for_somebody(
    database: Database,
) -> None:
    """Those that WeCom lists as unassigned stand, those that it does not have ended."""
    await _staff(database)
    async with wecom_world(members=MEMBERS, customers=_customers(1_500)) as world:
        await _sync(database, world.client)
        await world.act("resign", userid=MEMBERS[0]["userid"])
        mine = sorted(one for userid, one in await _live(database) if userid == STAFF[0])
        for one in mine[:2]:
            await world.act("delete_by_member", userid=MEMBERS[0]["userid"], external_userid=one)
        async with database.transaction() as session:
            lost = update(Relation).where(col(Relation.external_userid) == mine[5])
            await session.execute(lost.values(ended_at=AT, ended_by="reconcile"))
        report = await _sync(database, world.client, 60)
        again = await _sync(database, world.client, 120)
    assert report.mended == {"leavers_missing": 1, "leavers_ended": 2}
    assert report.waiting == again.waiting == {STAFF[0]: len(mine) - 2}
    assert again.mended == {}
    assert {one for userid, one in await _live(database) if userid == STAFF[0]} == set(mine[2:])


async def test_tags_of_the_console_are_read_named_and_those_no_tag_may_be_are_shown(
    database: Database,
) -> None:
    await _staff(database)
    groups = [
        {
            "name": "客户等级",
            "tags": [{"id": "t-1", "name": "金卡"}, {"id": "t-2", "name": "银卡"}],
        },
        {"name": "备注", "tags": [{"id": "t-3", "name": "糖尿病"}]},
    ]
    async with wecom_world(members=MEMBERS[:1]) as world:
        await world.post("tags", groups)
        first = await _sync(database, world.client)
        await world.act("delete_tag", id="t-2")
        second = await _sync(database, world.client, 60)
    assert first.tags is not None
    assert second.tags is not None
    assert (first.tags.total, len(first.tags.new)) == (3, 3)
    assert first.tags.forbidden == (("t-3", "疾病与用药"),)
    assert second.tags.removed == ("t-2",)
    async with database.reading() as session:
        rows = (await session.execute(select(WecomTag).order_by(col(WecomTag.tag_id)))).scalars()
        assert [(row.tag_id, row.ours, row.removed_at is None) for row in rows] == [
            ("t-1", False, True),
            ("t-2", False, False),
            ("t-3", False, True),
        ]


async def test_after_the_reading_contacts_are_bound_and_what_needs_a_person_is_told(
    database: Database,
) -> None:
    await _staff(database)
    async with database.transaction() as session:
        for number in range(3):
            await bank.customer(
                session, f"N{number}", owner=STAFF[number], phone=f"1381234{number:04d}"
            )
        await bank.customer(session, "N3", owner=STAFF[9], phone="13812340003")
        await bank.customer(session, "twin", phone="13812340002")
    told: list[BindingOutcome] = []

    async def tell(session: AsyncSession, outcomes: Sequence[BindingOutcome]) -> None:
        told.extend(outcomes)

    async with wecom_world(members=MEMBERS, customers=_customers(10)) as world:
        report = await _sync(database, world.client, tell=tell)
    assert report.bindings["confirmed"] == 3
    assert report.bindings["conflict"] == 1
    assert [(one.external_userid, one.state, one.owner_mismatch) for one in told] == [
        ("wm00002", "conflict", False),
        ("wm00003", "confirmed", True),
    ]
    async with database.reading() as session:
        bound = (
            select(func.count()).select_from(Contact).where(col(Contact.customer_id).is_not(None))
        )
        assert (await session.execute(bound)).scalar_one() == 3


async def test_groups_are_read_in_the_same_run_by_whoever_owns_them(database: Database) -> None:
    async def groups(database: Database, wecom: Caller, at: Any) -> dict[str, int]:
        return {"groups_new": 4}

    async with wecom_world(members=MEMBERS[:2]) as world:
        report = await _sync(database, world.client, others={"groups": groups})
    assert report.others == {"groups": {"groups_new": 4}}
    assert report.as_counts()["groups.groups_new"] == 4
