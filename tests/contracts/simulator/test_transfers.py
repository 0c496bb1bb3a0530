"""Handing on customers and groups: 24 hours, refusals, caps, and who is told."""

import pytest

from tests.contracts.simulator.bench import (
    CHEN,
    DAY,
    GROUP,
    INTERNAL,
    LI,
    MONDAY,
    OTHER_CORP,
    VIP,
    WANG,
    ZHANG,
    ZHAO,
    Bench,
)

pytestmark = pytest.mark.anyio
E = "externalcontact"
HAND = {"handover_userid": LI, "takeover_userid": ZHAO}


async def _give(bench: Bench, *customers: str, resigned: bool = False) -> dict[str, int]:
    path = f"{E}/{'resigned/' if resigned else ''}transfer_customer"
    answer = await bench.ok(path, {**HAND, "external_userid": list(customers)})
    return {row["external_userid"]: row["errcode"] for row in answer["customer"]}


async def _state(bench: Bench, *, resigned: bool = False) -> dict[str, tuple[int, int]]:
    bench.tokens.clear()
    path = f"{E}/{'resigned/' if resigned else ''}transfer_result"
    answer = await bench.ok(path, HAND)
    return {
        row["external_userid"]: (row["status"], row["takeover_time"]) for row in answer["customer"]
    }


async def _followers(bench: Bench, external_userid: str) -> set[str]:
    contact = await bench.ok(f"{E}/get", external_userid=external_userid)
    return {row["userid"] for row in contact["follow_user"]}


async def test_a_customer_changes_hands_after_a_day(bench: Bench) -> None:
    assert await _give(bench, CHEN) == {CHEN: 0}
    assert await _state(bench) == {CHEN: (2, int(MONDAY) + DAY)}
    assert await _followers(bench, CHEN) == {LI}
    await bench.pass_time(DAY)
    assert await _state(bench) == {CHEN: (1, int(MONDAY) + DAY)}
    contact = await bench.ok(f"{E}/get", external_userid=CHEN)
    (follower,) = contact["follow_user"]
    assert (follower["userid"], follower["add_way"]) == (ZHAO, 202)
    assert VIP in {tag["tag_id"] for tag in follower["tags"]}
    (event,) = await bench.events()
    assert (event["ChangeType"], event["UserID"]) == ("del_external_contact", LI)


async def test_a_customer_may_refuse(bench: Bench) -> None:
    await _give(bench, CHEN)
    await bench.act("refuse_transfer", external_userid=CHEN, handover_userid=LI)
    (event,) = await bench.events()
    assert (event["FailReason"], event["UserID"]) == ("customer_refused", ZHAO)
    await bench.pass_time(2 * DAY)
    assert await _state(bench) == {CHEN: (3, 0)}
    assert await _followers(bench, CHEN) == {LI}


async def test_a_taker_who_is_full_fails_the_transfer(bench: Bench) -> None:
    await bench.sim("members", [{"userid": ZHAO, "departments": [3], "contact_cap": 1}])
    assert await _give(bench, CHEN) == {CHEN: 0}
    await bench.sim("relations", [{"external_userid": ZHANG, "userid": ZHAO}])
    await bench.pass_time(DAY)
    assert (await _state(bench))[CHEN][0] == 4
    events = await bench.events()
    assert events[-1]["FailReason"] == "customer_limit_exceed"
    assert await _give(bench, ZHANG) == {ZHANG: 40099}


async def test_each_customer_has_an_errcode_of_his_own(bench: Bench) -> None:
    await _give(bench, CHEN)
    answers = await _give(bench, CHEN, "wmNobody", OTHER_CORP, ZHANG)
    assert answers == {CHEN: 40100, "wmNobody": 40096, OTHER_CORP: 40131, ZHANG: 0}


async def test_at_most_two_transfers_in_ninety_days(bench: Bench) -> None:
    await bench.modes(token_life_s=1000 * DAY)
    for giver, taker in ((LI, ZHAO), (ZHAO, LI)):
        body = {"handover_userid": giver, "takeover_userid": taker, "external_userid": [CHEN]}
        await bench.ok(f"{E}/transfer_customer", body)
        await bench.pass_time(DAY)
    assert await _give(bench, CHEN) == {CHEN: 40128}
    await bench.pass_time(90 * DAY)
    assert await _give(bench, CHEN) == {CHEN: 0}


async def test_who_may_take_over(bench: Bench) -> None:
    path = f"{E}/transfer_customer"
    same = {"handover_userid": LI, "takeover_userid": LI, "external_userid": [CHEN]}
    assert await bench.code(path, same) == 40130
    await bench.sim("members", [{"userid": "new", "verified": False}])
    await bench.sim("members", [{"userid": "away", "days_since_login": 400}])
    for taker, code in (("new", 40098), ("away", 40205), ("nobody", 60111)):
        body = {"handover_userid": LI, "takeover_userid": taker, "external_userid": [CHEN]}
        assert await bench.code(path, body) == code


async def test_a_leavers_customers_wait_and_can_be_given_away(bench: Bench) -> None:
    path = f"{E}/resigned/transfer_customer"
    assert await bench.code(path, {**HAND, "external_userid": [CHEN]}) == 40097
    await bench.act("resign", userid=LI)
    waiting = await bench.ok(f"{E}/get_unassigned_list", {})
    assert {row["external_userid"] for row in waiting["info"]} == {ZHANG, CHEN}
    assert waiting["info"][0]["dimission_time"] == int(MONDAY)
    assert waiting["is_last"] is True
    assert await _give(bench, CHEN, "wmNobody", resigned=True) == {CHEN: 0, "wmNobody": 40096}
    left = await bench.ok(f"{E}/get_unassigned_list", {})
    assert {row["external_userid"] for row in left["info"]} == {ZHANG}
    await bench.pass_time(DAY)
    assert (await _state(bench, resigned=True))[CHEN][0] == 1
    assert await _followers(bench, CHEN) == {ZHAO}
    assert [event["ChangeType"] for event in await bench.events()] == ["delete_user"]


async def test_a_year_after_leaving_it_is_too_late(bench: Bench) -> None:
    await bench.act("resign", userid=LI)
    await bench.pass_time(366 * DAY)
    body = {**HAND, "external_userid": [CHEN]}
    assert await bench.code(f"{E}/resigned/transfer_customer", body) == 40097


async def _groups(bench: Bench, path: str, *chats: str, owner: str = WANG) -> dict[str, int]:
    body = {"chat_id_list": list(chats), "new_owner": owner}
    answer = await bench.ok(f"{E}/groupchat/{path}", body)
    return {row["chat_id"]: row["errcode"] for row in answer["failed_chat_list"]}


async def test_groups_of_leavers_and_of_those_who_stay_have_doors_of_their_own(
    bench: Bench,
) -> None:
    refused = await _groups(bench, "transfer", GROUP, INTERNAL, "wrNone")
    assert refused == {GROUP: 90500, INTERNAL: 90501, "wrNone": 86003}
    assert await _groups(bench, "onjob_transfer", GROUP, owner=LI) == {GROUP: 90504}
    await bench.act("resign", userid=LI)
    listed = await bench.ok(f"{E}/groupchat/list", {"limit": 10, "status_filter": 1})
    assert [row["chat_id"] for row in listed["group_chat_list"]] == [GROUP]
    assert await _groups(bench, "onjob_transfer", GROUP) == {GROUP: 90502}
    assert await _groups(bench, "transfer", GROUP) == {}
    await bench.pass_time(2)
    shown = await bench.ok(f"{E}/groupchat/get", {"chat_id": GROUP})
    assert shown["group_chat"]["owner"] == WANG


async def test_groups_change_hands_twice_in_ninety_days_and_three_hundred_a_day(
    bench: Bench,
) -> None:
    assert await _groups(bench, "onjob_transfer", GROUP) == {}
    assert await _groups(bench, "onjob_transfer", GROUP, owner=LI) == {}
    assert await _groups(bench, "onjob_transfer", GROUP) == {GROUP: 40128}
    await bench.modes(group_transfers_per_day=1)
    await bench.sim("groups", [{"owner": LI, "chat_id": "wrTwo"}])
    assert await _groups(bench, "onjob_transfer", "wrTwo") == {"wrTwo": 45009}
