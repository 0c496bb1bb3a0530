"""Tokens, rates, addresses and doors (api.md 2)."""

import asyncio

import httpx
import pytest

from tests.contracts.simulator.bench import (
    ARCHIVE,
    CHEN,
    CORP,
    DIRECTORY,
    LI,
    MAIN,
    OWN,
    SECOND,
    SECRETS,
    WANG,
    ZHAO,
    Bench,
    Json,
)

pytestmark = pytest.mark.anyio
E = "externalcontact"


async def _token(bench: Bench, secret: str = SECRETS[MAIN]) -> Json:
    query = {"corpid": CORP, "corpsecret": secret}
    answer: Json = (await bench.client.get("/cgi-bin/gettoken", params=query)).json()
    return answer


async def test_the_same_token_comes_back_until_near_its_end(bench: Bench) -> None:
    first = await _token(bench)
    await bench.pass_time(3600)
    second = await _token(bench)
    assert second["access_token"] == first["access_token"]
    assert second["expires_in"] == 3600
    await bench.pass_time(3400)
    assert (await _token(bench))["access_token"] != first["access_token"]


async def test_each_app_has_a_token_of_its_own(bench: Bench) -> None:
    tokens = {await bench.token(agent) for agent in (MAIN, SECOND, DIRECTORY, ARCHIVE)}
    assert len(tokens) == 4


async def test_bad_tokens_are_told_apart(bench: Bench) -> None:
    missing = await bench.client.get(f"/cgi-bin/{E}/get_follow_user_list")
    assert missing.json()["errcode"] == 41001
    invented = await bench.client.get(
        f"/cgi-bin/{E}/get_follow_user_list", params={"access_token": "invented"}
    )
    assert invented.json()["errcode"] == 40014
    await bench.token()
    await bench.pass_time(7200)
    assert await bench.code(f"{E}/get_follow_user_list") == 42001


async def test_a_token_can_be_lost_before_its_time(bench: Bench) -> None:
    await bench.ok(f"{E}/get_follow_user_list")
    assert (await bench.sim("tokens/lose", {}))["lost"] == 1
    assert await bench.code(f"{E}/get_follow_user_list") == 40014
    bench.tokens.clear()
    assert await bench.code(f"{E}/get_follow_user_list") == 0


async def test_a_new_secret_ends_the_old_token(bench: Bench) -> None:
    await bench.token()
    await bench.sim("corp", {"apps": [{"agent_id": MAIN, "secret": "s-new"}]})
    assert await bench.code(f"{E}/get_follow_user_list") == 40014
    assert (await _token(bench))["errcode"] == 40001
    assert (await _token(bench, "s-new"))["errcode"] == 0


async def test_missing_and_wrong_credentials_are_told_apart(bench: Bench) -> None:
    for query, code in (
        ({}, 41002),
        ({"corpid": CORP}, 41004),
        ({"corpid": "", "corpsecret": "x"}, 41002),
        ({"corpid": CORP, "corpsecret": ""}, 41004),
        ({"corpid": "ww0", "corpsecret": "x"}, 40013),
        ({"corpid": CORP, "corpsecret": "x"}, 40001),
    ):
        answer = (await bench.client.get("/cgi-bin/gettoken", params=query)).json()
        assert answer["errcode"] == code


async def test_many_bad_secrets_block_the_address_for_an_hour(bench: Bench) -> None:
    await bench.modes(bad_secrets_per_hour=3)
    assert [(await _token(bench, "bad"))["errcode"] for _ in range(4)] == [40001] * 3 + [45009]
    assert (await _token(bench))["errcode"] == 45009
    await bench.pass_time(3600)
    assert (await _token(bench))["errcode"] == 0


async def test_a_minute_limit_blocks_for_sixty_seconds(bench: Bench) -> None:
    await bench.modes(api_per_minute=3)
    codes = [await bench.code("getcallbackip") for _ in range(4)]
    assert codes == [0, 0, 0, 45009]
    assert await bench.code(f"{E}/get_follow_user_list") == 0
    await bench.pass_time(59)
    assert await bench.code("getcallbackip") == 45009
    await bench.pass_time(1)
    assert await bench.code("getcallbackip") == 0


async def test_an_hour_limit_blocks_for_an_hour(bench: Bench) -> None:
    await bench.modes(api_per_hour=2)
    assert [await bench.code("getcallbackip") for _ in range(3)] == [0, 0, 45009]
    await bench.pass_time(3599)
    assert await bench.code("getcallbackip") == 45009
    await bench.pass_time(1)
    assert await bench.code("getcallbackip") == 0


async def test_an_address_has_a_limit_over_all_apis(bench: Bench) -> None:
    await bench.token()
    await bench.modes(ip_per_minute=4)
    codes = [
        await bench.code("getcallbackip"),
        await bench.code("getcallbackip"),
        await bench.code(f"{E}/get_follow_user_list"),
        await bench.code(f"{E}/get_follow_user_list"),
    ]
    assert codes == [0, 0, 0, 45009]


async def test_good_login_codes_do_not_count_and_bad_ones_do(bench: Bench) -> None:
    await bench.token()
    await bench.modes(api_per_minute=2)
    for _ in range(4):
        code = (await bench.act("oauth", userid=LI))["code"]
        assert await bench.code("auth/getuserinfo", code=code) == 0
    codes = [await bench.code("auth/getuserinfo", code="bad") for _ in range(3)]
    assert codes == [40029, 40029, 45009]


async def test_debug_calls_are_five_a_minute(bench: Bench) -> None:
    codes = [await bench.code("getcallbackip", debug=1) for _ in range(6)]
    assert codes == [0] * 5 + [45009]


async def test_tickets_have_limits_of_their_own(bench: Bench) -> None:
    await bench.modes(jsapi_ticket_per_hour=2, agent_ticket_per_hour=1)
    first = await bench.ok("get_jsapi_ticket")
    assert (await bench.ok("get_jsapi_ticket"))["ticket"] == first["ticket"]
    assert await bench.code("get_jsapi_ticket") == 45009
    own = await bench.ok("ticket/get", type="agent_config")
    assert own["ticket"] != first["ticket"]
    assert await bench.code("ticket/get", type="agent_config") == 45009


async def test_too_many_calls_at_once_are_refused(bench: Bench) -> None:
    await bench.token()
    await bench.modes(api_concurrency=1, write_s=0.05)
    pairs = [
        {"userid": LI, "external_userid": CHEN},
        {"userid": WANG, "external_userid": "wmZhang"},
    ]
    calls = [bench.code(f"{E}/mark_tag", {**pair, "add_tag": [OWN]}) for pair in pairs]
    assert sorted(await asyncio.gather(*calls)) == [0, 45033]


async def test_two_writes_on_one_pair_at_once_collide(bench: Bench) -> None:
    await bench.token()
    await bench.modes(write_s=0.05)
    body = {"userid": LI, "external_userid": CHEN, "add_tag": [OWN]}
    calls = [bench.code(f"{E}/mark_tag", body) for _ in range(2)]
    assert sorted(await asyncio.gather(*calls)) == [0, 45035]
    assert await bench.code(f"{E}/mark_tag", body) == 0


async def test_only_trusted_addresses_are_let_in(bench: Bench) -> None:
    await bench.modes(require_trusted_ip=True, trusted_ips=["10.0.0.1"])
    assert await bench.code("getcallbackip") == 60020
    transport = httpx.ASGITransport(bench.simulator, client=("10.0.0.1", 5))
    async with httpx.AsyncClient(transport=transport, base_url="http://wecom") as client:
        query = {"access_token": await bench.token()}
        answer = (await client.get("/cgi-bin/getcallbackip", params=query)).json()
    assert answer["errcode"] == 0


async def test_the_archive_has_a_list_of_addresses_of_its_own(bench: Bench) -> None:
    await bench.modes(archive_trusted_ips=["10.0.0.1"])
    body = {"seq": 0, "limit": 10}
    assert await bench.code("message/getchatdata", body, agent=ARCHIVE) == 301042


async def test_each_secret_opens_only_its_own_doors(bench: Bench) -> None:
    assert await bench.code("user/list_id", {"limit": 10}) == 48002
    assert await bench.code("user/list_id", {"limit": 10}, agent=DIRECTORY) == 0
    assert await bench.code(f"{E}/list", agent=DIRECTORY, userid=LI) == 48002
    assert await bench.code(f"{E}/list", agent=ARCHIVE, userid=LI) == 48002
    assert await bench.code("msgaudit/get_permit_user_list", {}) == 48002
    app = {"agent_id": SECOND, "secret": SECRETS[SECOND], "customer_api": False}
    await bench.sim("corp", {"apps": [app]})
    assert await bench.code(f"{E}/list", agent=SECOND, userid=LI) == 48002
    await bench.modes(archive_enabled=False)
    assert await bench.code("msgaudit/get_permit_user_list", {}, agent=ARCHIVE) == 301053


async def test_every_list_and_every_get_keeps_to_the_visible_range(bench: Bench) -> None:
    app = {"agent_id": MAIN, "secret": "s-main", "visible": {"users": ["LI"]}}
    await bench.sim("corp", {"apps": [app]})
    assert (await bench.ok(f"{E}/get_follow_user_list"))["follow_user"] == [LI]
    assert await bench.code(f"{E}/list", userid=WANG) == 60011
    assert await bench.code("user/get", userid=WANG) == 60011
    contact = await bench.ok(f"{E}/get", external_userid="wmZhang")
    assert [row["userid"] for row in contact["follow_user"]] == [LI]
    assert await bench.code(f"{E}/get", external_userid="woPartner") == 84061
    assert await bench.code(f"{E}/batch/get_by_user", {"userid_list": [WANG]}) == 60011
    members = await bench.ok("user/simplelist", department_id=2)
    assert [row["userid"] for row in members["userlist"]] == [LI]
    await bench.sim("groups", [{"owner": ZHAO, "chat_id": "wrZhao"}])
    groups = await bench.ok(f"{E}/groupchat/list", {"limit": 10})
    assert [row["chat_id"] for row in groups["group_chat_list"]] == ["wrGroup"]
    assert await bench.code(f"{E}/groupchat/get", {"chat_id": "wrZhao"}) == 60011


async def test_a_member_without_customers_answers_84061(bench: Bench) -> None:
    assert await bench.code(f"{E}/list", userid=ZHAO) == 84061


async def test_userids_compare_without_case(bench: Bench) -> None:
    assert (await bench.ok("user/get", userid="LI"))["userid"] == LI
