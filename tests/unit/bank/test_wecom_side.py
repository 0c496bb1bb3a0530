"""The bank's WeCom side fits the simulated WeCom, and the planted problems are in its archive."""

from datetime import date
from typing import Any

import httpx
import pytest

from simulator.bank import found
from simulator.bank.people import person
from simulator.bank.talks import EXPIRED_TEXT, planted, talk
from simulator.bank.wecom_side import circles, contact, is_contact, world
from simulator.wecom.app import create
from simulator.wecom.modes import Modes

pytestmark = pytest.mark.anyio

TODAY = date(2026, 11, 22)
BANK = found(seed=7, customers=400, today=TODAY)


async def archive(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    while True:
        after = records[-1]["seq"] if records else 0
        page = (await client.get("/_sim/archive", params={"after": after, "limit": 1_000})).json()
        if not page["records"]:
            return records
        records += page["records"]


async def test_the_simulated_wecom_takes_the_world_and_the_talk() -> None:
    simulated = create(Modes(strict=True))
    transport = httpx.ASGITransport(simulated)
    async with httpx.AsyncClient(transport=transport, base_url="http://wecom") as client:
        for body in world(BANK):
            answer = await client.post("/_sim/load", json=body)
            assert answer.status_code == 200, answer.text
        for step in talk(BANK):
            answer = await client.post(step["path"], json=step["json"])
            assert answer.status_code == 200, answer.text
        messages = [record["message"] for record in await archive(client)]
    await simulated.aclose()
    texts = {message.get("text", {}).get("content"): message for message in messages}
    for problem in planted(BANK):
        assert problem.text in texts, problem.kind
    recalled = next(one for one in planted(BANK) if one.kind == "recalled")
    revoke = next(one for one in messages if one["action"] == "recall")
    assert revoke["revoke"]["pre_msgid"] == texts[recalled.text]["msgid"]
    times = [message["msgtime"] for message in messages]
    assert times == sorted(times)
    assert len({message["msgid"] for message in messages}) == len(messages)
    assert len(messages) > 500


def test_seven_problems_are_planted_each_with_how_to_notice_it() -> None:
    problems = planted(BANK)
    assert [one.kind for one in problems] == [
        "promise", "advert", "personal_data", "recalled", "expired_script", "wrong_risk", "silence",
    ]  # fmt: skip
    assert all(one.notice for one in problems)
    assert EXPIRED_TEXT in {one.text for one in problems}


def test_nobody_answers_the_customer_whose_deposit_has_matured() -> None:
    lin = person(BANK, 5)
    said = [order for step in talk(BANK) if step["path"] == "/_sim/say" for order in step["json"]]
    with_her = [one for one in said if lin.external_userid in (one["speaker"], one.get("to"))]
    assert [one["speaker"] for one in with_her] == [lin.external_userid]
    (deposit,) = [
        one for one in lin.holdings if one.kind == "deposit" and one.amount_fen == 30_000_000
    ]
    assert deposit.matures_on == date(2026, 11, 20)


def test_wecom_knows_a_contact_by_the_unionid_that_the_bank_knows() -> None:
    contacts = [one for n in range(1, 401) if is_contact(BANK, one := person(BANK, n))]
    assert 0.55 < len(contacts) / 400 < 0.73
    for one in contacts:
        seen = contact(BANK, one)
        assert seen["unionid"] == one.unionid
        (follower,) = seen["followers"]
        assert follower["userid"] == one.owner_userid
    noted = sum("154" in contact(BANK, one)["followers"][0]["remark"] for one in contacts)
    assert noted > 40


def test_groups_gather_branches_and_interests() -> None:
    rooms = circles(BANK)
    assert {room.interest for room in rooms} == {"", "健身", "长跑", "读书", "股市", "亲子"}
    assert rooms[0].name == "翠湖社区福利群"
    for room in rooms:
        members = [seat["userid"] for seat in room.order["members"]]
        assert members[0] == room.owner
        assert len(members) == len(set(members)) > 1


def test_the_talk_is_the_same_for_the_same_seed() -> None:
    assert talk(BANK, a_day=2) == talk(found(seed=7, customers=400, today=TODAY), a_day=2)
