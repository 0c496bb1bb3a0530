"""App messages: who gets them, how often, and cards that are answered once."""

import pytest

from tests.contracts.simulator.bench import (
    DAY,
    LI,
    MAIN,
    SECOND,
    WANG,
    ZHAO,
    Bench,
    Json,
)
from tests.contracts.simulator.things import card, media_id, note

pytestmark = pytest.mark.anyio
SEND = "message/send"


def text(**fields: object) -> Json:
    return {"touser": LI, "msgtype": "text", "agentid": MAIN, "text": {"content": "待办"}, **fields}


async def _received(bench: Bench) -> list[str]:
    return [row["userid"] for row in await bench.seen("note")]


async def test_partly_bad_receivers_are_named_and_all_bad_is_refused(bench: Bench) -> None:
    answer = await bench.ok(SEND, text(touser=f"{LI}|Nobody", toparty="3|99", totag="t1"))
    assert (answer["invaliduser"], answer["invalidparty"]) == ("nobody", "99")
    assert answer["invalidtag"] == "t1"
    assert await _received(bench) == [LI, ZHAO]
    assert await bench.code(SEND, text(touser="nobody")) == 81013
    assert await bench.code(SEND, text(touser="")) == 82001
    await bench.act("disable_member", userid=LI)
    assert await bench.code(SEND, text()) == 81013


async def test_all_means_everybody_in_range(bench: Bench) -> None:
    await bench.ok(SEND, text(touser="@all"))
    assert sorted(await _received(bench)) == [LI, WANG, ZHAO]


async def test_what_is_over_a_members_rate_is_dropped_without_a_word(bench: Bench) -> None:
    codes = [await bench.code(SEND, text()) for _ in range(32)]
    assert codes == [0] * 32
    assert len(await _received(bench)) == 30
    await bench.pass_time(60)
    await bench.ok(SEND, text())
    assert len(await _received(bench)) == 31


async def test_the_day_of_an_app_has_a_cap_of_person_times(bench: Bench) -> None:
    await bench.modes(note_account_cap=0)
    assert await bench.code(SEND, text()) == 45009


async def test_a_long_text_is_cut_and_a_long_markdown_refused(bench: Bench) -> None:
    long = {"content": "好" * 1000}
    await bench.ok(SEND, text(text=long))
    row = (await bench.seen("note"))[0]
    assert len(row["body"]["content"].encode()) == 2046
    assert await bench.code(SEND, text(msgtype="markdown", markdown=long)) == 45002
    assert await bench.code(SEND, text(text={"content": ""})) == 44004


async def test_every_kind_of_message_is_taken(bench: Bench) -> None:
    picture = await media_id(bench)
    bodies: dict[str, Json] = {
        "image": {"media_id": picture},
        "voice": {"media_id": picture},
        "video": {"media_id": picture, "title": "片"},
        "file": {"media_id": picture},
        "textcard": {"title": "题", "description": "述", "url": "https://b.example"},
        "news": {"articles": [{"title": "题", "url": "https://b.example"}]},
        "mpnews": {"articles": [{"title": "题", "thumb_media_id": picture, "content": "文"}]},
        "markdown": {"content": "**好**"},
        "miniprogram_notice": {"appid": "wx1", "title": "提醒"},
    }
    for kind, body in bodies.items():
        await bench.ok(SEND, text(msgtype=kind, **{kind: body}))
    assert [row["msgtype"] for row in await bench.seen("note")] == list(bodies)
    many = {"articles": [{"title": "题"}] * 9}
    assert await bench.code(SEND, text(msgtype="news", news=many)) == 45008
    assert await bench.code(SEND, text(msgtype="poem")) == 40008
    assert await bench.code(SEND, text(msgtype="image")) == 40058


async def test_the_app_must_be_the_caller(bench: Bench) -> None:
    assert await bench.code(SEND, text(agentid=SECOND)) == 40056


async def test_a_duplicate_is_swallowed_when_that_is_asked_for(bench: Bench) -> None:
    again = text(enable_duplicate_check=1, duplicate_check_interval=600)
    for _ in range(2):
        await bench.ok(SEND, again)
    assert len(await _received(bench)) == 1
    await bench.pass_time(600)
    await bench.ok(SEND, again)
    assert len(await _received(bench)) == 2


async def test_a_message_can_be_recalled_for_a_day(bench: Bench) -> None:
    first, second = await bench.ok(SEND, text()), await bench.ok(SEND, text())
    assert await bench.code("message/recall", {"msgid": first["msgid"]}, agent=SECOND) == 41047
    await bench.ok("message/recall", {"msgid": first["msgid"]})
    assert [row["msgid"] for row in await bench.seen("note_recalled")] == [first["msgid"]]
    await bench.pass_time(DAY)
    bench.tokens.clear()
    assert await bench.code("message/recall", {"msgid": second["msgid"]}) == 42052


async def test_a_task_id_is_used_once_for_ever(bench: Bench) -> None:
    await note(bench, "once")
    body = text(msgtype="template_card", template_card=card("once"))
    await bench.pass_time(400 * DAY)
    bench.tokens.clear()
    assert await bench.code(SEND, body) == 42014
    for bad in ("", "长", "x" * 129, "a b"):
        body["template_card"] = card(bad)
        assert await bench.code(SEND, body) == 42014


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"card_type": "poem"}, 42031),
        ({"button_list": []}, 42018),
        ({"button_list": [{"text": "", "key": "k"}]}, 42038),
        ({"button_list": [{"text": "按", "key": ""}]}, 42039),
        ({"button_list": [{"text": "看", "type": 1}]}, 42028),
        ({"horizontal_content_list": [{"keyname": "a"}] * 7}, 42035),
        ({"horizontal_content_list": [{"value": "a"}]}, 42027),
        ({"horizontal_content_list": [{"keyname": "a", "type": 1}]}, 42028),
        ({"action_menu": {"action_list": [{"text": "a", "key": "k"}] * 2}}, 42051),
        ({"button_selection": {"question_key": "q", "option_list": []}}, 42037),
        ({"button_selection": {"option_list": [{"id": "1", "text": "a"}]}}, 42043),
        ({"card_type": "vote_interaction"}, 42043),
        ({"card_type": "multiple_interaction"}, 42037),
        ({"card_type": "text_notice"}, 42045),
        (
            {
                "card_type": "vote_interaction",
                "checkbox": {"question_key": "q", "option_list": [{"id": "1", "text": "a"}]},
            },
            42046,
        ),
    ],
)
async def test_a_card_that_cannot_be_shown_is_refused(
    bench: Bench, change: Json, code: int
) -> None:
    body = text(msgtype="template_card", template_card={**card("t"), **change})
    assert await bench.code(SEND, body) == code


async def test_a_card_that_calls_back_needs_an_address(bench: Bench) -> None:
    body = text(msgtype="template_card", template_card=card("t"), agentid=SECOND)
    assert await bench.code(SEND, body, agent=SECOND) == 43012


async def test_each_response_code_changes_a_card_once_within_72_hours(bench: Bench) -> None:
    path = "message/update_template_card"
    code = (await note(bench))["response_code"]
    body = {
        "userids": [LI],
        "agentid": MAIN,
        "response_code": code,
        "button": {"replace_name": "好"},
    }
    await bench.ok(path, body)
    assert await bench.code(path, body) == 60140
    click = await bench.act("click_card", userid=LI, task_id="task-1", key="ok")
    body["response_code"] = click["response_code"]
    assert await bench.code(path, {**body, "userids": []}) == 82101
    await bench.pass_time(72 * 3600)
    bench.tokens.clear()
    assert await bench.code(path, body) == 60140
    assert [row["task_id"] for row in await bench.seen("card_updated")] == ["task-1"]


async def test_a_member_answers_a_card_once(bench: Bench) -> None:
    await note(bench)
    await bench.act("click_card", userid=LI, task_id="task-1", key="ok")
    for click in (
        {"userid": LI, "task_id": "task-1", "key": "ok"},
        {"userid": LI, "task_id": "task-1", "key": "other"},
        {"userid": WANG, "task_id": "task-1", "key": "ok"},
    ):
        answer = await bench.client.post("/_sim/act", json={"act": "click_card", **click})
        assert answer.status_code == 400
