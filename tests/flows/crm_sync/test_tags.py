"""Personas stand as tags on the owner's pair; the console's tags are nobody's but theirs."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from config import persona_policy
from crm_sync.errors import TagCapReached, TagGroupTaken
from crm_sync.models import PersonaMembership, Relation, TagWrite, WecomTag
from crm_sync.sync.full import full_sync
from crm_sync.tag_writer import write_tags
from crm_sync.tags import ensure_tags, plan_tags, plan_tags_for
from kit.db import Database
from kit.ledger.reading import Wanted, page
from tests.flows.crm_sync import bank
from tests.flows.crm_sync.bank import AT, BEFORE
from tests.flows.wecom_world import World, wecom_world

pytestmark = pytest.mark.anyio

POLICY = persona_policy.load()
CONSOLE = {"name": "客户等级", "tags": [{"id": "t-gold", "name": "金卡"}]}
LATER = AT + timedelta(minutes=30)


def _member(customer_id: int, persona: str) -> dict[str, Any]:
    return {
        "customer_id": customer_id,
        "persona": persona,
        "source": "crm",
        "confidence": 100,
        "evidence": [],
        "rule_version": "1",
        "since": BEFORE,
    }


async def pairs(database: Database, count: int = 3) -> list[int]:
    """``count`` customers of li's, bound to wm-0…, each 老年 and 读书; wang follows them too."""
    async with database.transaction() as session:
        await bank.units(session)
        await bank.staff(session, "li")
        await bank.staff(session, "wang")
        ids = []
        for number in range(count):
            customer_id = await bank.customer(session, str(number), owner="li")
            await bank.contact(session, f"wm-{number}", customer_id=customer_id)
            for userid in ("li", "wang"):
                await bank.relation(session, userid, f"wm-{number}", tag_ids=["t-gold"])
            ids.append(customer_id)
        await bank.insert_rows(
            session,
            PersonaMembership,
            [_member(customer_id, name) for customer_id in ids for name in ("老年", "读书")],
        )
    return ids


def _customers(count: int = 3) -> list[dict[str, Any]]:
    return [
        {
            "external_userid": f"wm-{number}",
            "name": f"客{number}",
            "followers": [
                {"userid": "li", "tags": ["t-gold"]},
                {"userid": "wang", "tags": ["t-gold"]},
            ],
        }
        for number in range(count)
    ]


def world_of(count: int = 3, **modes: Any) -> Any:
    members = [{"userid": "li", "name": "李"}, {"userid": "wang", "name": "王"}]
    return wecom_world(members=members, **modes)


async def filled(world: World, count: int = 3) -> None:
    await world.post("tags", [CONSOLE])
    await world.post("customers", _customers(count))


async def tags_in_wecom(world: World, external_userid: str) -> dict[str, set[str]]:
    answer = await world.client.call(
        "externalcontact/get", params={"external_userid": external_userid}, idempotent=True
    )
    return {
        follow["userid"]: {tag["tag_name"] for tag in follow["tags"]}
        for follow in answer["follow_user"]
    }


async def _drain(database: Database, world: World) -> int:
    written = 0
    while (report := await write_tags(database, world.client, AT)).claimed:
        written += report.written
    return written


async def _asked(database: Database) -> int:
    async with database.reading() as session:
        return int((await session.execute(select(func.count()).select_from(TagWrite))).scalar_one())


async def test_personas_become_tags_of_the_owners_pair_alone(database: Database) -> None:
    await pairs(database)
    async with world_of() as world:
        await filled(world)
        ids = await ensure_tags(database, world.client, POLICY, AT, cap=3_000)
        assert set(ids) == {one.name for one in POLICY.persona}
        plan = await plan_tags(database, AT, page=2)
        assert (plan.pairs, plan.asked) == (6, 3)
        assert await _drain(database, world) == 3
        for number in range(3):
            assert await tags_in_wecom(world, f"wm-{number}") == {
                "li": {"金卡", "老年", "读书"},
                "wang": {"金卡"},
            }
        assert (await plan_tags(database, AT)).asked == 0
        report = await full_sync(database, world.client, LATER, policy=POLICY)
        settled = await full_sync(database, world.client, LATER + timedelta(hours=1), policy=POLICY)
    assert report.contacts["tags_differ"] == 0
    assert settled.differences == 0
    async with database.reading() as session:
        entries = await page(session, Wanted(acts=frozenset({"tags.marked"})))
        assert {entry.object for entry in entries} == {
            "contact:wm-0",
            "contact:wm-1",
            "contact:wm-2",
        }
        ours = await session.execute(select(col(WecomTag.name)).where(col(WecomTag.ours).is_(True)))
        assert set(ours.scalars()) == {one.tag_name for one in POLICY.persona}


async def test_a_persona_that_ended_and_a_pair_that_covers_no_longer_lose_our_tags(
    database: Database,
) -> None:
    [first, second, _] = await pairs(database)
    async with world_of() as world:
        await filled(world)
        await ensure_tags(database, world.client, POLICY, AT, cap=3_000)
        await plan_tags(database, AT)
        await _drain(database, world)
        async with database.transaction() as session:
            await session.execute(
                PersonaMembership.__table__.delete().where(  # type: ignore[attr-defined]
                    col(PersonaMembership.customer_id) == first,
                    col(PersonaMembership.persona) == "读书",
                )
            )
            await bank.covers(session, "wang", second, kind="persona")
            plan = await plan_tags_for(session, [first, second], AT)
            assert plan.asked == 2
        await _drain(database, world)
        assert (await tags_in_wecom(world, "wm-0"))["li"] == {"金卡", "老年"}
        assert (await tags_in_wecom(world, "wm-1"))["wang"] == {"金卡", "老年", "读书"}


async def test_a_tag_somebody_took_off_is_found_and_put_back(database: Database) -> None:
    await pairs(database)
    async with world_of() as world:
        await filled(world)
        ids = await ensure_tags(database, world.client, POLICY, AT, cap=3_000)
        await plan_tags(database, AT)
        await _drain(database, world)
        await world.act("tag", userid="li", external_userid="wm-1", remove_tag=[ids["老年"]])
        await world.act("tag", userid="wang", external_userid="wm-2", add_tag=[ids["股市"]])
        report = await full_sync(database, world.client, LATER, policy=POLICY)
        assert report.contacts["tags_differ"] == 2
        assert (await plan_tags(database, AT)).asked == 2
        await _drain(database, world)
        assert (await tags_in_wecom(world, "wm-1"))["li"] == {"金卡", "老年", "读书"}
        assert (await tags_in_wecom(world, "wm-2"))["wang"] == {"金卡"}


async def test_a_wish_that_is_met_or_changed_meanwhile_is_not_written_twice(
    database: Database,
) -> None:
    [first, *_] = await pairs(database, 1)
    async with world_of() as world:
        await filled(world, 1)
        ids = await ensure_tags(database, world.client, POLICY, AT, cap=3_000)
        await plan_tags(database, AT)
        assert (await plan_tags(database, LATER)).asked == 0
        async with database.transaction() as session:
            present = update(Relation).where(col(Relation.userid) == "li")
            await session.execute(
                present.values(tag_ids=sorted(["t-gold", ids["老年"], ids["读书"]]))
            )
            plan = await plan_tags_for(session, [first], LATER)
        assert (plan.asked, plan.withdrawn) == (0, 1)
        assert await _asked(database) == 0


async def _one_refusal(database: Database, world: World, code: int) -> TagWrite:
    """Two wishes; WeCom answers the first call with ``code``, the other is written."""
    await pairs(database, 2)
    await filled(world, 2)
    await ensure_tags(database, world.client, POLICY, AT, cap=3_000)
    await plan_tags(database, AT)
    await world.fault(
        kind="code", path="externalcontact/mark_tag", when="before", code=code, count=1
    )
    report = await write_tags(database, world.client, AT, parallel=1)
    assert (report.written, report.later + report.refused) == (1, 1)
    assert (await write_tags(database, world.client, AT)).claimed == 0
    async with database.reading() as session:
        row = (await session.execute(select(TagWrite))).scalar_one()
        session.expunge(row)
        return row


async def test_a_busy_pair_is_tried_again_after_the_time_wecom_asks_for(
    database: Database,
) -> None:
    async with world_of() as world:
        row = await _one_refusal(database, world, 45035)
        assert (row.attempts, row.leased_until) == (1, None)
        assert AT < row.due_at <= AT + timedelta(minutes=2)
        assert (await write_tags(database, world.client, row.due_at)).written == 1


async def test_a_pair_wecom_refuses_is_tried_much_later_and_says_why(
    database: Database,
) -> None:
    async with world_of() as world:
        row = await _one_refusal(database, world, 40144)
        assert row.due_at == AT + timedelta(hours=1)
        assert "40144" in row.last_error


async def test_a_tag_wecom_no_longer_knows_asks_for_the_tags_to_be_read(
    database: Database,
) -> None:
    await pairs(database, 1)
    async with world_of() as world:
        await filled(world, 1)
        ids = await ensure_tags(database, world.client, POLICY, AT, cap=3_000)
        await plan_tags(database, AT)
        await world.act("delete_tag", id=ids["老年"])
        report = await write_tags(database, world.client, AT)
        assert (report.refused, report.stale_tags) == (1, True)
        again = await ensure_tags(database, world.client, POLICY, AT, cap=3_000)
        assert again["老年"] != ids["老年"]
        assert (await plan_tags(database, LATER)).asked == 1
        assert (await write_tags(database, world.client, LATER)).written == 1
        assert (await tags_in_wecom(world, "wm-0"))["li"] == {"金卡", "老年", "读书"}


async def test_a_pair_whose_friendship_ended_is_read_anew(database: Database) -> None:
    await pairs(database, 1)
    async with world_of() as world:
        await filled(world, 1)
        await ensure_tags(database, world.client, POLICY, AT, cap=3_000)
        await plan_tags(database, AT)
        await world.act("delete_by_member", userid="li", external_userid="wm-0")
        report = await write_tags(database, world.client, LATER)
    assert report.gone == [("li", "wm-0")]
    assert await _asked(database) == 0
    async with database.reading() as session:
        ended = {
            row.userid: row.ended_by
            for row in (await session.execute(select(Relation))).scalars().all()
        }
    assert ended == {"li": "reconcile", "wang": ""}


class OnePairAtATime:
    """A WeCom that refuses overlapping calls on a pair, as the live one does (45035)."""

    def __init__(self) -> None:
        self.active: set[tuple[str, str]] = set()
        self.calls: Counter[tuple[str, str]] = Counter()
        self.overlaps = 0
        self.most_at_once = 0

    async def call(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        idempotent: bool,
    ) -> dict[str, Any]:
        assert path == "externalcontact/mark_tag"
        assert body is not None
        pair = (body["userid"], body["external_userid"])
        self.overlaps += pair in self.active
        self.active.add(pair)
        self.most_at_once = max(self.most_at_once, len(self.active))
        await asyncio.sleep(0.001)
        self.active.discard(pair)
        self.calls[pair] += 1
        return {"errcode": 0}


async def test_two_writers_share_the_work_and_never_meet_on_a_pair(database: Database) -> None:
    await pairs(database, 120)
    async with database.transaction() as session:
        tag = {
            "tag_id": "t-old",
            "group_id": "g",
            "group_name": "客群",
            "name": "老年",
            "persona": "老年",
            "ours": True,
            "synced_at": AT,
        }
        await bank.insert_rows(session, WecomTag, [tag])
    await plan_tags(database, AT)
    wecom = OnePairAtATime()

    async def writer() -> int:
        written, idle = 0, 0
        while idle < 2:
            report = await write_tags(database, wecom, AT, limit=7, parallel=4)
            written += report.written
            idle = idle + 1 if not report.claimed else 0
        return written

    written = await asyncio.gather(writer(), writer())
    assert wecom.overlaps == 0
    assert sum(written) == 120
    assert set(wecom.calls.values()) == {1}
    assert wecom.most_at_once > 1
    assert await _asked(database) == 0


async def test_a_writer_that_died_gives_its_pairs_back_when_its_lease_ends(
    database: Database,
) -> None:
    await pairs(database, 2)
    async with world_of() as world:
        await filled(world, 2)
        await ensure_tags(database, world.client, POLICY, AT, cap=3_000)
        await plan_tags(database, AT)
        async with database.transaction() as session:
            await session.execute(update(TagWrite).values(leased_until=AT + timedelta(days=36_500)))
        assert (await write_tags(database, world.client, AT)).claimed == 0
        async with database.transaction() as session:
            await session.execute(
                update(TagWrite).values(leased_until=BEFORE - timedelta(days=9_000))
            )
        assert (await write_tags(database, world.client, AT)).written == 2


async def test_a_group_of_others_by_our_name_is_not_touched(database: Database) -> None:
    async with world_of() as world:
        await world.post("tags", [{"name": "客群", "tags": [{"id": "t-1", "name": "老年"},
                                                           {"id": "t-2", "name": "大户"}]}])  # fmt: skip
        with pytest.raises(TagGroupTaken, match="大户"):
            await ensure_tags(database, world.client, POLICY, AT, cap=3_000)
        assert await world.called("externalcontact/add_corp_tag") == []


async def test_no_tag_is_made_beyond_the_cap(database: Database) -> None:
    async with world_of() as world:
        await world.post("tags", [CONSOLE])
        with pytest.raises(TagCapReached, match="上限 9 个"):
            await ensure_tags(database, world.client, POLICY, AT, cap=9)
        assert len(await ensure_tags(database, world.client, POLICY, AT, cap=10)) == 9
        assert len(await ensure_tags(database, world.client, POLICY, AT, cap=10)) == 9
        assert len(await world.called("externalcontact/add_corp_tag")) == 1
