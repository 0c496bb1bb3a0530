"""The welcome message: 20 seconds, one success, the first app wins."""

import pytest

from tests.contracts.simulator.bench import (
    CHEN,
    DAY,
    LI,
    SECOND,
    WANG,
    ZHANG,
    Bench,
)

pytestmark = pytest.mark.anyio
PATH = "externalcontact/send_welcome_msg"
TEXT = {"content": "您好，我是王经理"}


async def _code(bench: Bench, **fields: object) -> str:
    return str((await bench.act("add", userid=WANG, **fields))["welcome_code"])


async def test_the_customer_receives_text_and_attachments(bench: Bench) -> None:
    made = await bench.act("add", userid=WANG)
    link = {"msgtype": "link", "link": {"title": "手册", "url": "https://bank.example"}}
    body = {"welcome_code": made["welcome_code"], "text": TEXT, "attachments": [link]}
    await bench.ok(PATH, body)
    row = (await bench.seen("welcome"))[0]
    assert row["external_userid"] == made["external_userid"]
    assert (row["text"], row["from"]) == (TEXT["content"], WANG)
    assert row["attachments"] == [link]


async def test_the_code_lives_twenty_seconds(bench: Bench) -> None:
    code = await _code(bench)
    late = await _code(bench)
    await bench.pass_time(19.9)
    assert await bench.code(PATH, {"welcome_code": code, "text": TEXT}) == 0
    await bench.pass_time(0.1)
    assert await bench.code(PATH, {"welcome_code": late, "text": TEXT}) == 41050


async def test_the_code_works_once_and_the_first_app_wins(bench: Bench) -> None:
    code = await _code(bench)
    body = {"welcome_code": code, "text": TEXT}
    assert await bench.code(PATH, body, agent=SECOND) == 0
    assert await bench.code(PATH, body) == 41051
    assert len(await bench.seen("welcome")) == 1


async def test_while_another_app_is_sending_a_retry_is_allowed(bench: Bench) -> None:
    code = await _code(bench)
    body = {"welcome_code": code, "text": TEXT}
    await bench.act("other_app_welcome", welcome_code=code)
    assert await bench.code(PATH, body) == 41096
    await bench.act("other_app_welcome", welcome_code=code, done=True)
    assert await bench.code(PATH, body) == 41051


async def test_after_the_chat_began_it_is_too_late(bench: Bench) -> None:
    made = await bench.act("add", userid=WANG)
    await bench.act("say", speaker=made["external_userid"], to=WANG, text="你好")
    body = {"welcome_code": made["welcome_code"], "text": TEXT}
    assert await bench.code(PATH, body) == 41051


async def test_a_bad_request_does_not_use_the_code_up(bench: Bench) -> None:
    code = await _code(bench)
    assert await bench.code(PATH, {"welcome_code": code}) == 40063
    many = [{"msgtype": "link", "link": {"title": "a", "url": "https://b.example"}}] * 10
    assert await bench.code(PATH, {"welcome_code": code, "attachments": many}) == 41064
    voice = [{"msgtype": "voice"}]
    assert await bench.code(PATH, {"welcome_code": code, "attachments": voice}) == 41065
    bare = [{"msgtype": "image", "image": {}}]
    assert await bench.code(PATH, {"welcome_code": code, "attachments": bare}) == 40058
    assert await bench.code(PATH, {"welcome_code": code, "text": TEXT}) == 0


async def test_where_wecom_gives_no_code_the_event_has_none(bench: Bench) -> None:
    assert not await _code(bench, type=2)
    await bench.act("say", speaker=CHEN, to=LI, text="你好")
    await bench.act("delete_by_customer", userid=LI, external_userid=CHEN)
    assert (await bench.act("add", userid=LI, external_userid=CHEN))["welcome_code"]
    await bench.sim("members", [{"userid": "console", "console_welcome": True}])
    assert not (await bench.act("add", userid="console"))["welcome_code"]
    events = await bench.events()
    assert "WelcomeCode" not in events[0]
    assert "WelcomeCode" not in events[-1]
    assert "State" not in events[-1]


async def test_a_half_contact_greeted_gets_no_second_code(bench: Bench) -> None:
    made = await bench.act("add_half", userid=WANG)
    body = {"welcome_code": made["welcome_code"], "text": TEXT}
    assert await bench.code(PATH, body) == 0
    again = await bench.act("accept", userid=WANG, external_userid=made["external_userid"])
    assert again["welcome_code"] == ""
    other = await bench.act("add_half", userid=WANG)
    whole = await bench.act("accept", userid=WANG, external_userid=other["external_userid"])
    assert whole["welcome_code"]


async def test_where_consent_is_needed_the_welcome_waits_for_it(bench: Bench) -> None:
    await bench.modes(welcome_needs_archive_consent=True)
    made = await bench.act("add", userid=WANG)
    body = {"welcome_code": made["welcome_code"], "text": TEXT}
    assert await bench.code(PATH, body) == 41053
    pair = {"userid": WANG, "external_userid": made["external_userid"]}
    agreed = await bench.act("agree", **pair)
    assert await bench.code(PATH, {**body, "welcome_code": agreed["welcome_code"]}) == 0


async def test_media_must_be_known_and_younger_than_three_days(bench: Bench) -> None:
    media = (await bench.upload("media/upload", type="image"))["media_id"]
    await bench.pass_time(3 * DAY)
    bench.tokens.clear()
    code = await _code(bench)
    for media_id, expected in ((media, 40145), ("none", 40007)):
        image = [{"msgtype": "image", "image": {"media_id": media_id}}]
        assert await bench.code(PATH, {"welcome_code": code, "attachments": image}) == expected


async def test_a_contact_way_gives_its_state_to_those_who_come_by_it(bench: Bench) -> None:
    body = {"type": 1, "scene": 2, "user": [WANG], "state": "east-01"}
    way = await bench.ok("externalcontact/add_contact_way", body)
    made = await bench.act("add", userid=WANG, config_id=way["config_id"])
    assert (await bench.last_event())["State"] == "east-01"
    contact = await bench.ok("externalcontact/get", external_userid=made["external_userid"])
    assert contact["follow_user"][0]["state"] == "east-01"
    refused = await bench.client.post(
        "/_sim/act", json={"act": "add", "userid": LI, "config_id": way["config_id"]}
    )
    assert refused.status_code == 400
    assert "does not serve" in refused.json()["error"]


async def test_those_who_are_contacts_cannot_be_added_again(bench: Bench) -> None:
    again = {"act": "add", "userid": LI, "external_userid": ZHANG}
    assert (await bench.client.post("/_sim/act", json=again)).status_code == 400
