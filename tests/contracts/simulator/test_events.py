"""What people do reaches the product as the events of the official pages, signed and sealed."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import xmltodict

from tests.contracts.simulator.bench import (
    AES_KEY,
    ARCHIVE,
    CHEN,
    CORP,
    DAY,
    GROUP,
    HALF,
    LI,
    MAIN,
    SECOND,
    TOKEN,
    VIP,
    WANG,
    ZHANG,
    ZHAO,
    Bench,
    Json,
)
from tests.contracts.simulator.things import card

pytestmark = pytest.mark.anyio
SAMPLES = Path(__file__).parents[2] / "data" / "wecom_events"
Scene = Callable[[Bench], Awaitable[Any]]
NO_STRATEGY = {"StrategyId": "only sent to the built-in 客户联系 app [92130]"}


def official(name: str) -> Json:
    """An official event."""
    found: Json = xmltodict.parse((SAMPLES / name).read_text(encoding="utf-8"))["xml"]
    return found


async def _click(bench: Bench, key: str) -> None:
    question = {"question_key": "q1", "option_list": [{"id": "o1", "text": "好"}]}
    menu = {"action_list": [{"text": "不再推送", "key": "menu"}]}
    sent = {**card("t1"), "button_selection": question, "action_menu": menu}
    body = {"touser": LI, "msgtype": "template_card", "agentid": MAIN, "template_card": sent}
    await bench.ok("message/send", body)
    selected = {"q1": ["o1", "o2"], "q2": ["o3"]}
    await bench.act("click_card", userid=LI, task_id="t1", key=key, selected=selected)


async def _transfer(bench: Bench, *, refused: bool) -> None:
    body = {"handover_userid": LI, "takeover_userid": WANG, "external_userid": [CHEN]}
    await bench.ok("externalcontact/transfer_customer", body)
    if refused:
        await bench.act("refuse_transfer", external_userid=CHEN, handover_userid=LI)
    else:
        await bench.pass_time(DAY)


async def _rename_member(bench: Bench) -> None:
    await bench.act("update_member", userid=WANG, new_userid="wang2", departments=[3])


PAIR = {"userid": LI, "external_userid": CHEN}
EVENTS: dict[str, tuple[Scene, dict[str, str]]] = {
    "92130_change_external_contact.add_external_contact": (
        lambda b: b.act("add", userid=WANG, state="s1"), {}),
    "92130_change_external_contact.add_half_external_contact": (
        lambda b: b.act("add_half", userid=WANG, state="s1"), {}),
    "92130_change_external_contact.edit_external_contact": (
        lambda b: b.act("tag", **PAIR, add_tag=[VIP]), {}),
    "92130_change_external_contact.del_external_contact": (
        lambda b: _transfer(b, refused=False), {}),
    "92130_change_external_contact.del_follow_user": (
        lambda b: b.act("delete_by_customer", **PAIR), {}),
    "92130_change_external_contact.transfer_fail": (
        lambda b: _transfer(b, refused=True), {}),
    "92005_change_external_contact.msg_audit_approved": (
        lambda b: b.act("agree", **PAIR), {}),
    "92130_change_external_chat.create": (
        lambda b: b.act("create_group", owner=LI, members=[CHEN]), {}),
    "92130_change_external_chat.dismiss": (
        lambda b: b.act("dismiss_group", chat_id=GROUP), {}),
    "92130_change_external_chat.update.add_member": (
        lambda b: b.act("join", chat_id=GROUP, userid=ZHAO), {}),
    "92130_change_external_chat.update.del_member": (
        lambda b: b.act("leave", chat_id=GROUP, userid=ZHANG, quit_scene=1), {}),
    "92130_change_external_chat.update.change_name": (
        lambda b: b.act("rename_group", chat_id=GROUP, name="新名"), {}),
    "92130_change_external_chat.update.change_notice": (
        lambda b: b.act("change_notice", chat_id=GROUP, notice="新"), {}),
    "92130_change_external_chat.update.change_owner": (
        lambda b: b.act("change_owner", chat_id=GROUP, owner=WANG), {}),
    "92130_change_external_tag.create": (
        lambda b: b.act("create_tag", group_name="客户等级", name="钻石"), NO_STRATEGY),
    "92130_change_external_tag.update": (
        lambda b: b.act("rename_tag", id=VIP, name="贵宾"), NO_STRATEGY),
    "92130_change_external_tag.delete": (
        lambda b: b.act("delete_tag", id=VIP), NO_STRATEGY),
    "92130_change_external_tag.shuffle": (
        lambda b: b.act("shuffle_tags", id="etTier"), NO_STRATEGY),
    "95039_msgaudit_notify": (
        lambda b: b.act("say", speaker=ZHANG, to=LI, text="在吗"), {}),
    "90240_template_card_event": (lambda b: _click(b, "ok"), {}),
    "90240_template_card_menu_event": (lambda b: _click(b, "menu"), {}),
    "90970_change_contact.create_user.since_2022-08-15": (
        lambda b: b.act("create_member", userid="sun", departments=[2]), {}),
    "90970_change_contact.update_user.since_2022-08-15": (_rename_member, {}),
    "90970_change_contact.delete_user": (lambda b: b.act("resign", userid=WANG), {}),
    "90971_change_contact.create_party": (
        lambda b: b.act("put_department", id=4, name="城南支行"),
        dict.fromkeys(("Name", "Order"), "since 2022-08-15 Id and ParentId only [90971]")),
    "90971_change_contact.update_party": (
        lambda b: b.act("put_department", id=3, name="新名"),
        {"Name": "since 2022-08-15 Id and ParentId only [90971]"}),
    "90971_change_contact.delete_party": (
        lambda b: b.act("delete_department", id=4), {}),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(EVENTS))
async def test_an_event_carries_the_fields_of_the_official_sample(bench: Bench, name: str) -> None:
    scene, left_out = EVENTS[name]
    if name.endswith("delete_party"):
        await bench.sim("departments", [{"id": 4, "name": "空"}])
    await scene(bench)
    sample = official(next(path.name for path in SAMPLES.glob(f"{name}*.xml")))
    alike = [
        event
        for event in await bench.events()
        if (event["Event"], event.get("ChangeType")) == (sample["Event"], sample.get("ChangeType"))
    ]
    event = alike[-1]
    assert set(event) == set(sample) - set(left_out)
    for field in ("MsgType", "Event", "ChangeType", "UpdateDetail", "TagType", "Source"):
        if field in sample and field in event:
            assert event[field] == sample[field]
    assert event["ToUserName"] == CORP
    assert event["CreateTime"] == str(int((await bench.sim("clock", method="GET"))["now"]))


async def test_a_card_answer_carries_what_was_selected(bench: Bench) -> None:
    await _click(bench, "ok")
    event = await bench.last_event()
    items = event["SelectedItems"]["SelectedItem"]
    assert items[0] == {"QuestionKey": "q1", "OptionIds": {"OptionId": ["o1", "o2"]}}
    assert event["FromUserName"] == LI
    assert event["AgentID"] == str(MAIN)


async def test_a_delete_by_hand_names_no_source(bench: Bench) -> None:
    await bench.act("delete_by_member", **PAIR)
    assert "Source" not in await bench.last_event()
    assert await bench.code("externalcontact/mark_tag", {**PAIR, "add_tag": [VIP]}) == 84061


async def test_what_the_api_changes_causes_no_callback(bench: Bench) -> None:
    await bench.ok("externalcontact/mark_tag", {**PAIR, "add_tag": [VIP]})
    await bench.ok("externalcontact/remark", {**PAIR, "remark": "陈总"})
    tag = {"group_name": "新", "tag": [{"name": "一"}]}
    made = await bench.ok("externalcontact/add_corp_tag", tag)
    await bench.ok("externalcontact/del_corp_tag", {"group_id": [made["tag_group"]["group_id"]]})
    assert await bench.events() == []


async def test_the_letter_is_signed_and_names_corp_and_app(bench: Bench) -> None:
    await bench.act("add", userid=WANG)
    await bench.events()
    query, body = bench.product.raw[0]
    letter = xmltodict.parse(body)["xml"]
    assert set(letter) == {"ToUserName", "AgentID", "Encrypt"}
    assert letter["ToUserName"] == CORP
    assert letter["AgentID"] == str(MAIN)
    assert set(query) == {"msg_signature", "timestamp", "nonce"}
    assert TOKEN not in body


async def test_the_archive_is_told_at_most_once_in_fifteen_seconds(bench: Bench) -> None:
    for _ in range(3):
        await bench.act("say", speaker=ZHANG, to=LI, text="在吗")
        await bench.pass_time(4)
    assert [event["Event"] for event in await bench.events()] == ["msgaudit_notify"]
    await bench.pass_time(4)
    assert len(await bench.events()) == 2
    assert (await bench.last_event())["AgentID"] == str(ARCHIVE)
    await bench.pass_time(60)
    assert len(await bench.events()) == 2


async def test_a_member_outside_the_range_of_the_app_causes_no_event(bench: Bench) -> None:
    app = {"agent_id": MAIN, "secret": "s-main", "visible": {"departments": [2]}}
    await bench.sim("corp", {"apps": [app]})
    await bench.act("add", userid=ZHAO)
    assert await bench.events() == []
    await bench.act("add", userid=WANG)
    assert len(await bench.events()) == 1


async def test_every_app_with_an_address_of_its_own_is_told(bench: Bench) -> None:
    own = {"url": "http://second/callback", "token": TOKEN, "aes_key": AES_KEY}
    app = {"agent_id": SECOND, "secret": "s-second", "callback": own}
    await bench.sim("corp", {"apps": [app]})
    await bench.act("add", userid=WANG)
    first, second = await bench.events()
    assert first == second
    letters = [xmltodict.parse(body)["xml"]["AgentID"] for _, body in bench.product.raw]
    assert letters == [str(MAIN), str(SECOND)]


async def test_a_member_without_the_customer_right_causes_no_event(bench: Bench) -> None:
    await bench.act("update_member", userid=WANG, external_right=False)
    await bench.act("add", userid=WANG)
    assert await bench.events() == []


async def test_accepting_a_half_contact_makes_it_whole(bench: Bench) -> None:
    assert await bench.code("externalcontact/get", external_userid=HALF) == 84061
    await bench.act("accept", userid=LI, external_userid=HALF)
    assert (await bench.last_event())["ChangeType"] == "add_external_contact"
    assert await bench.code("externalcontact/get", external_userid=HALF) == 0


@pytest.mark.parametrize(
    "name",
    [
        "subscribe", "unsubscribe", "enter_agent", "click", "view", "inactive_alert",
        "close_inactive_agent", "reopen_inactive_agent", "low_active_alert", "low_active",
        "active_restored",
    ],
)  # fmt: skip
async def test_an_event_of_an_app_carries_the_fields_of_the_official_sample(
    bench: Bench, name: str
) -> None:
    await bench.act("app_event", event=name, userid=LI, key="k1")
    event = await bench.last_event()
    assert set(event) == set(official(f"90240_{name}.xml"))
    assert (event["Event"], event["AgentID"]) == (name, str(MAIN))


async def test_a_restricted_app_gets_no_customer_data(bench: Bench) -> None:
    path = "externalcontact/get_follow_user_list"
    await bench.act("app_event", event="low_active", userid=LI)
    assert await bench.code(path) == 48011
    assert await bench.code("user/get", userid=LI) == 0
    await bench.act("app_event", event="active_restored", userid=LI)
    assert await bench.code(path) == 0
    await bench.act("app_event", event="close_inactive_agent", userid=LI)
    assert await bench.code("user/get", userid=LI) == 50003
    await bench.act("app_event", event="reopen_inactive_agent", userid=LI)
    assert await bench.code("user/get", userid=LI) == 0


async def test_a_change_that_nobody_is_told_of_sends_nothing(bench: Bench) -> None:
    await bench.act("update_member", userid=WANG, name="新名字")
    await bench.act("disable_member", userid=WANG)
    assert await bench.events() == []
