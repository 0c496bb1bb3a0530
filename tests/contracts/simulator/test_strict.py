"""Strict mode finds our own mistakes; the live API would not say a word."""

import pytest

from tests.contracts.simulator.bench import CHEN, LI, MAIN, ZHANG, Bench

pytestmark = pytest.mark.anyio
E = "externalcontact"
ATTACHED = {"msgtype": "link", "link": {"title": "a", "url": "https://b.example", "colour": "red"}}


async def test_an_unknown_field_is_named_wherever_it_stands(bench: Bench) -> None:
    deep = {"external_userid": [ZHANG], "attachments": [ATTACHED]}
    card = {"card_type": "text_notice", "colour": "red", "card_action": {"type": 1, "url": "x"}}
    note = {"touser": LI, "msgtype": "template_card", "agentid": MAIN, "template_card": card}
    for path, body, name in (
        (
            f"{E}/remark",
            {"userid": LI, "external_userid": CHEN, "remark": "x", "colour": 1},
            "colour",
        ),
        (f"{E}/add_msg_template", deep, "attachments.link.colour"),
        ("message/send", note, "template_card.colour"),
    ):
        answer = await bench.api(path, body)
        assert answer["errcode"] == 40058
        assert f"unknown field: {name}" in answer["errmsg"]
        await bench.modes(strict=False)
        assert await bench.code(path, body) == 0
        await bench.modes(strict=True)
    assert await bench.code(f"{E}/get_follow_user_list", colour="red") == 40058


async def test_an_unknown_path_is_refused_in_every_mode(bench: Bench) -> None:
    for strict in (True, False):
        await bench.modes(strict=strict)
        response = await bench.respond("externalcontact/fly", {})
        assert response.status_code == 404
        assert response.json()["errcode"] == 99999
        assert "externalcontact/fly" in response.json()["errmsg"]
    assert (await bench.seen("request"))[-1]["http_status"] == 404
    assert (await bench.client.get("/elsewhere")).status_code == 404


async def test_the_wrong_method_is_refused(bench: Bench) -> None:
    assert await bench.code(f"{E}/get_follow_user_list", {}) == 43001
    assert await bench.code(f"{E}/mark_tag") == 43002


async def test_malformed_json_adds_a_warning(bench: Bench) -> None:
    query = {"access_token": await bench.token()}
    for content in (b"{", b"[1]", b'"text"'):
        response = await bench.client.post(f"/cgi-bin/{E}/mark_tag", params=query, content=content)
        answer = response.json()
        assert answer["errcode"] == 41009
        assert answer["errmsg"].startswith("Warning: wrong json format. ")


async def test_escapes_can_be_refused(bench: Bench) -> None:
    query = {"access_token": await bench.token()}
    path = f"/cgi-bin/{E}/remark"
    escaped = b'{"userid":"li","external_userid":"wmChen","remark":"\\u9648"}'
    assert (await bench.client.post(path, params=query, content=escaped)).json()["errcode"] == 0
    await bench.modes(refuse_unicode_escapes=True)
    answer = (await bench.client.post(path, params=query, content=escaped)).json()
    assert answer["errcode"] == 40033
    plain = '{"userid":"li","external_userid":"wmChen","remark":"陈"}'.encode()
    assert (await bench.client.post(path, params=query, content=plain)).json()["errcode"] == 0


async def test_types_are_not_bent(bench: Bench) -> None:
    body = {"userid": LI, "external_userid": CHEN, "remark": 5}
    answer = await bench.api(f"{E}/remark", body)
    assert answer["errcode"] == 40058
    assert "remark" in answer["errmsg"]
    assert await bench.code(f"{E}/groupchat/list", {"limit": True}) == 40058
