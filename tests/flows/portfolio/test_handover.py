"""Customers change hands: the bank's books at once, WeCom when it says so; nobody is lost."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlmodel import col

from crm_sync.models import CoverageEnd, Relation
from kit import clock
from kit.ledger.verify import verify
from portfolio.handover import planning, store
from portfolio.handover.errors import (
    HandoverNotOpen,
    NobodyTakes,
    SecondPersonNeeded,
    TakerRefused,
)
from portfolio.handover.facts import UNSETTLED
from tests.flows.crm_sync import bank
from tests.flows.portfolio.handing import (
    DAY,
    GIVER,
    TAKERS,
    WANGSHAN,
    Scene,
    external,
    scene,
)
from wiring.jobs import sync

pytestmark = pytest.mark.anyio
CONTACTS, WITHOUT = 330, 40
REFUSE = range(20, 32)
TOO_OFTEN = range(40, 47)
GONE_AT_WECOM = range(60, 65)
STRANGERS = range(70, 73)


async def _one_owner_each(made: Scene, customers: int) -> Counter[str]:
    owners = await made.owners()
    assert len(owners) == customers
    assert all(len(found) == 1 for found in owners.values())
    return Counter(found[0] for found in owners.values())


async def _asked_once(made: Scene) -> None:
    """WeCom never began two transfers of one contact."""
    begun = Counter(row["external_userid"] for row in await made.begun())
    assert [one for one, number in begun.items() if number > 1] == []


async def _plant(made: Scene) -> None:
    """Contacts that WeCom no longer has with the giver; others that it never knew."""
    for number in GONE_AT_WECOM:
        await made.world.act("delete_by_member", userid=GIVER, external_userid=external(number))
    async with made.database.transaction() as session:
        for number in STRANGERS:
            await bank.contact(session, f"wm-gone-{number}")
            await bank.relation(session, GIVER, f"wm-gone-{number}")


@pytest.mark.mission("B14")
@pytest.mark.parametrize("left", [False, True], ids=["on_job", "resigned"])
async def test_several_hundred_customers_change_hands_and_nobody_is_lost(
    database_url: str, tmp_path: Path, left: bool
) -> None:
    now = int(clock.now().timestamp())
    often = {number: [now - 5 * DAY, now - 3 * DAY] for number in TOO_OFTEN}
    async with scene(
        database_url, tmp_path, contacts=CONTACTS, without_wecom=WITHOUT, handed_over=often
    ) as made:
        await _plant(made)
        if left:
            await made.world.act("resign", userid=GIVER)
        customers = len(await made.owners())
        run = await made.start()
        assert run.kind == ("resigned" if left else "on_job")
        assert run.in_state("contact", "planned") == CONTACTS + len(STRANGERS)
        assert run.in_state("customer", "planned") == customers
        assert (await _one_owner_each(made, customers))[GIVER] == customers

        assert await made.approve(run.run_id) == customers
        spread = await _one_owner_each(made, customers)
        assert spread[GIVER] == 0
        assert abs(spread["lisi"] - spread["wangwu"]) <= 1

        await made.world.fault(
            kind="drop", path="externalcontact/*transfer_customer", when="after", count=1
        )
        await made.world.fault(
            kind="code", path="externalcontact/*transfer_customer", code=-1, count=1, skip=1
        )
        first = await made.round()
        assert first["unknown"] > 0
        await made.later(6 * 60)  # what never arrived may be asked again after five minutes
        while (await made.run(run.run_id)).in_state("contact", "planned", "asked", "unknown"):
            await made.round()
            await made.later(6 * 60)
        await _asked_once(made)

        for number in REFUSE:
            await made.world.act(
                "refuse_transfer", external_userid=external(number), handover_userid=GIVER
            )
        await made.later(DAY)
        await made.round()
        done = await made.run(run.run_id)
        assert done.state == "finished"
        limited = 0 if left else len(TOO_OFTEN)
        assert done.in_state("contact", "refused") == len(REFUSE)
        assert done.in_state("contact", "limit") == limited
        assert done.in_state("contact", "gone") == len(GONE_AT_WECOM) + len(STRANGERS)
        assert done.in_state("contact", "taken") == (
            CONTACTS - len(REFUSE) - limited - len(GONE_AT_WECOM)
        )
        assert done.of_kind("contact") == CONTACTS + len(STRANGERS)
        assert done.in_state("contact", *UNSETTLED) == 0

        # The books: on the job, whom WeCom left with the giver is the giver's again.
        after = await _one_owner_each(made, customers)
        stays = [n for n in (*REFUSE, *TOO_OFTEN) if n % 10 != 9]
        assert after[GIVER] == (0 if left else len(stays))
        work = await _work(made)
        assert work["transfer_failed"] == len(REFUSE) + limited
        await _asked_once(made)

        # WeCom and we say the same of every relation, but for those it had ended unseen.
        lost = {(GIVER, external(number)) for number in GONE_AT_WECOM}
        lost |= {(GIVER, f"wm-gone-{number}") for number in STRANGERS}
        assert await made.related() - lost == await made.truly_related()
        async with made.database.reading() as session:
            assert (await verify(session)).sound
            remark = select(col(Relation.remark)).where(
                col(Relation.userid).in_(TAKERS), col(Relation.remark).is_(None)
            )
            assert (await session.execute(remark)).all() == []
            ended = select(func.count()).select_from(CoverageEnd)
            assert (await session.execute(ended)).scalar_one() == customers + (
                0 if left else len(stays)
            )


async def _work(made: Scene) -> Counter[str]:
    async with made.database.reading() as session:
        found = await session.execute(text("SELECT kind FROM work_item WHERE state = 'open'"))
        return Counter(found.scalars())


async def test_the_answer_of_a_call_that_was_lost_is_looked_up_and_nothing_asked_twice(
    database_url: str, tmp_path: Path
) -> None:
    async with scene(database_url, tmp_path, contacts=150) as made:
        run = await made.start("lisi")
        await made.approve(run.run_id)
        await made.world.fault(
            kind="truncated", path="externalcontact/transfer_customer", when="after", count=1
        )
        assert (await made.round())["unknown"] == 100
        again = await made.round()
        assert (again["waiting"], again["unknown"]) == (150, 0)
        assert len(await made.begun()) == 150
        asked = await made.world.called("externalcontact/transfer_customer")
        assert len(asked) == 2


async def test_what_never_arrived_is_asked_again_only_after_the_list_had_time_to_show_it(
    database_url: str, tmp_path: Path
) -> None:
    async with scene(database_url, tmp_path, contacts=30) as made:
        run = await made.start("lisi")
        await made.approve(run.run_id)
        await made.world.fault(
            kind="http", path="externalcontact/transfer_customer", when="before", count=1
        )
        assert (await made.round())["unknown"] == 30
        assert (await made.round())["unknown"] == 30
        assert await made.begun() == []
        await made.later(5 * 60)
        assert (await made.round())["waiting"] == 30
        assert len(await made.begun()) == 30


async def test_a_busy_wecom_is_asked_later_and_a_right_that_is_missing_is_told(
    database_url: str, tmp_path: Path
) -> None:
    async with scene(database_url, tmp_path, contacts=5) as made:
        run = await made.start("lisi")
        await made.approve(run.run_id)
        path = "externalcontact/transfer_customer"
        await made.world.fault(kind="code", path=path, when="before", code=45035, count=1)
        assert (await made.round())["planned"] == 5
        await made.world.fault(kind="code", path=path, when="before", code=48002, count=1)
        await made.later(120)
        assert (await made.round())["planned"] == 5
        assert (await _work(made))["handover_blocked"] == 1
        await made.later(3_700)
        assert (await made.round())["waiting"] == 5


async def test_a_plan_needs_takers_a_second_person_and_is_approved_once(
    database_url: str, tmp_path: Path
) -> None:
    async with scene(database_url, tmp_path, contacts=12, without_wecom=3) as made:
        for takers in ((GIVER,), ("nobody",), ("lisi", GIVER)):
            with pytest.raises(TakerRefused):
                await made.start(*takers)
        run = await made.start("lisi")
        async with made.database.transaction() as session:
            draft = await planning.plan(session, run.run_id, takers=(), by=WANGSHAN, at=made.time())
        assert (draft.state, draft.nobody) == ("draft", 12 + 3 + 11)
        with pytest.raises(HandoverNotOpen):
            await made.approve(run.run_id)
        run = await made.start("lisi")
        with pytest.raises(SecondPersonNeeded):
            async with made.database.transaction() as session:
                await planning.approve(session, run.run_id, by=WANGSHAN, at=made.time())
        await made.approve(run.run_id)
        with pytest.raises(HandoverNotOpen):
            await made.approve(run.run_id)
        with pytest.raises(HandoverNotOpen):
            await made.start("lisi")


async def test_a_line_without_a_taker_keeps_the_whole_plan_from_being_approved(
    database_url: str, tmp_path: Path
) -> None:
    async with scene(database_url, tmp_path, contacts=3) as made:
        run = await made.start("lisi")
        async with made.database.transaction() as session:
            broken = "UPDATE handover_line SET to_staff_id = NULL WHERE item = :item"
            await session.execute(text(broken), {"item": external(0)})
        with pytest.raises(NobodyTakes):
            await made.approve(run.run_id)


async def test_a_contact_goes_to_the_owner_its_customer_already_has(
    database_url: str, tmp_path: Path
) -> None:
    async with scene(database_url, tmp_path, contacts=4) as made:
        async with made.database.transaction() as session:
            other = await bank.customer(session, "OTHER", owner="zhaoliu")
            await bank.contact(session, "wm-other", customer_id=other)
            await bank.relation(session, GIVER, "wm-other")
        run = await made.start("lisi")
        lines = await made.lines(run.run_id)
        assert lines["wm-other"].to_staff_id == "zhaoliu"
        assert {one.to_staff_id for item, one in lines.items() if item != "wm-other"} == {"lisi"}


async def test_customers_somebody_else_took_meanwhile_are_left_to_them(
    database_url: str, tmp_path: Path
) -> None:
    async with scene(database_url, tmp_path, without_wecom=5) as made:
        run = await made.start("lisi")
        async with made.database.transaction() as session:
            moved = "UPDATE coverage SET staff_id = 'zhaoliu' WHERE customer_id IN (SELECT min(customer_id) FROM coverage)"
            await session.execute(text(moved))
        assert await made.approve(run.run_id) == 4
        assert await _one_owner_each(made, 5) == {"lisi": 4, "zhaoliu": 1}
        done = await made.run(run.run_id)
        assert (done.in_state("customer", "taken"), done.in_state("customer", "gone")) == (4, 1)
        await made.round()
        assert (await made.run(run.run_id)).state == "finished"


async def test_groups_change_their_owner_and_are_read_again(
    database_url: str, tmp_path: Path
) -> None:
    async with scene(database_url, tmp_path, contacts=6) as made:
        chats = await made.world.post(
            "groups",
            [
                {"name": f"群{n}", "owner": GIVER, "members": [{"userid": external(n)}]}
                for n in range(3)
            ],
        )
        await sync(made.parts, made.time())
        run = await made.start("lisi")
        assert run.of_kind("group") == 3
        await made.approve(run.run_id)
        await made.world.fault(
            kind="truncated", path="externalcontact/groupchat/onjob_transfer", when="after", count=1
        )
        await made.round()
        await made.later(10)
        await made.round()
        assert (await made.run(run.run_id)).in_state("group", "taken") == 3
        truth = (await made.world.people.get("/_sim/groups")).json()["groups"]
        assert {row["owner"] for row in truth} == {"lisi"}
        await made.later(10)
        again = await sync(made.parts, made.time())
        assert again.others["groups"].get("changed", 0) == 0
        assert len(chats["chat_ids"]) == 3
        assert len(await made.world.called("groupchat/onjob_transfer")) == 1


async def test_several_takers_of_a_full_book_and_a_taker_who_is_full(
    database_url: str, tmp_path: Path
) -> None:
    async with scene(database_url, tmp_path, contacts=20) as made:
        full: dict[str, Any] = {"userid": "lisi", "departments": [1], "contact_cap": 4}
        await made.world.post("members", [full])
        run = await made.start("lisi", "wangwu")
        await made.approve(run.run_id)
        await made.round()
        await made.later(DAY + 60)
        await made.round()
        done = await made.run(run.run_id)
        assert (done.state, done.in_state("contact", "taken")) == ("finished", 14)
        assert done.in_state("contact", "limit") == 6
        async with made.database.reading() as session:
            limited = await store.lines(session, run.run_id, kind="contact", states=["limit"])
        assert {one.code for one in limited} == {40099}
        await _one_owner_each(made, 18)
