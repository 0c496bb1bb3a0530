"""Every answer has the keys and the JSON types of the official sample."""

from typing import Any

import pytest

from simulator.wecom.catalogue import ENDPOINTS
from tests.contracts.simulator.bench import ARCHIVE, CORP, DIRECTORY, LI, SECRETS, Bench
from tests.contracts.simulator.scene_table import SCENES
from tests.contracts.simulator.scenes import records
from tests.contracts.simulator.shapes import SAMPLES, differences, merged, sample, shape

pytestmark = pytest.mark.anyio

CLOSED = "apps made after 2022-06-20 do not get it [90196]"
ONE_PAGE = "only when there are more than 500 followers [92114]"

# Every difference from a sample that is meant, with its reason. A stale line fails too.
ALLOWED: dict[str, dict[str, str]] = {
    "user/get": dict.fromkeys(
        (
            "missing mobile", "missing gender", "missing email", "missing biz_mail",
            "missing avatar", "missing thumb_avatar", "missing address", "missing qr_code",
        ),
        CLOSED,
    ),
    "user/list": dict.fromkeys(
        (
            "missing userlist[].mobile", "missing userlist[].gender", "missing userlist[].email",
            "missing userlist[].biz_mail", "missing userlist[].avatar",
            "missing userlist[].thumb_avatar", "missing userlist[].address",
            "missing userlist[].qr_code",
        ),
        CLOSED,
    ),
    "department/list": {
        "extra department[].department_leader": "in the field table of 90208 and in 95351",
        "extra department[].department_leader[]": "in the field table of 90208 and in 95351",
    },
    "externalcontact/get": {"missing next_cursor": ONE_PAGE},
    "externalcontact/batch/get_by_user": {
        "missing fail_info.unlicensed_userid_list[]": "everybody here is licensed",
    },
    "externalcontact/get_groupmsg_list_v2": {
        "extra group_msg_list[].attachments[].miniprogram.pic_media_id":
            "add_msg_template takes it; the sample of the list leaves it out, the table has it",
    },
    "externalcontact/groupchat/get": {
        "extra group_chat.member_list[].state":
            "in the field table of 92122; the sample's members came by no channel",
    },
    "externalcontact/get_moment_list": {
        "missing moment_list[].location": "moments made by API carry no location",
        "missing moment_list[].location.latitude": "moments made by API carry no location",
        "missing moment_list[].location.longitude": "moments made by API carry no location",
        "missing moment_list[].location.name": "moments made by API carry no location",
    },
}  # fmt: skip

# Endpoints for which the documentation set holds no sample of the answer.
WITHOUT_SAMPLE = {
    "gettoken": "compared below, it needs no token",
    "get_jsapi_ticket": "compared below with the sample built from the table",
    "ticket/get": "the same answer as get_jsapi_ticket [90506]",
    "auth/getuserinfo": "91023 prints the older user/getuserinfo with UserId and DeviceId",
    "media/upload_attachment": "95098 prints none; api.md 7.2 tells the fields",
    "message/getchatdata": "compared below with the envelope of 91774",
    "message/getchatmediadata": "not documented by Tencent; what the library takes",
}


def _official(stem: str) -> str:
    names = sorted(path.name for path in SAMPLES.glob(f"{stem}.response*.json"))
    names = names or sorted(path.name for path in SAMPLES.glob(f"{stem}*.json"))
    return names[0]


def test_every_endpoint_is_compared_or_says_why_not() -> None:
    assert set(SCENES) | set(WITHOUT_SAMPLE) == set(ENDPOINTS)
    assert not set(SCENES) & set(WITHOUT_SAMPLE)


@pytest.mark.parametrize("path", sorted(SCENES))
async def test_an_answer_has_the_shape_of_the_official_sample(bench: Bench, path: str) -> None:
    stem, scene = SCENES[path]
    ours = merged(await scene(bench))
    official = shape(sample(_official(stem)))
    assert differences(official, ours) == set(ALLOWED.get(path, {}))


async def test_a_token_has_the_shape_of_the_official_sample(bench: Bench) -> None:
    query = {"corpid": CORP, "corpsecret": SECRETS[DIRECTORY]}
    answer = (await bench.client.get("/cgi-bin/gettoken", params=query)).json()
    official = sample("91039_gettoken.response.json")
    assert differences(shape(official), shape(answer)) == set()
    assert answer["expires_in"] == 7200


async def test_a_refusal_has_the_shape_of_the_official_sample(bench: Bench) -> None:
    query = {"corpid": CORP, "corpsecret": "wrong"}
    answer = (await bench.client.get("/cgi-bin/gettoken", params=query)).json()
    official = sample("91039_gettoken.response.error.built_from_table.json")
    assert differences(shape(official), shape(answer)) == set()
    assert answer["errcode"] == official["errcode"] == 40001
    assert "hint: [" in answer["errmsg"]
    assert "from ip: 127.0.0.1" in answer["errmsg"]


@pytest.mark.parametrize(
    ("path", "query"), [("get_jsapi_ticket", {}), ("ticket/get", {"type": "agent_config"})]
)
async def test_a_ticket_has_the_shape_of_the_official_sample(
    bench: Bench, path: str, query: dict[str, Any]
) -> None:
    official = sample("96909_get_jsapi_ticket.response.built_from_table.json")
    assert differences(shape(official), shape(await bench.ok(path, **query))) == set()


async def test_archive_records_have_the_shape_of_the_official_envelope(bench: Bench) -> None:
    official = sample("../archive/91774_getchatdata.envelope.json")
    assert differences(shape(official), merged(await records(bench))) == set()


async def test_members_and_outsiders_log_in_with_different_fields(bench: Bench) -> None:
    inside = (await bench.act("oauth", userid=LI))["code"]
    assert (await bench.ok("auth/getuserinfo", code=inside)).keys() == {
        "errcode",
        "errmsg",
        "userid",
    }
    outside = (await bench.act("oauth", openid="o1", external_userid="wmZhang"))["code"]
    answer = await bench.ok("auth/getuserinfo", code=outside)
    assert (answer["openid"], answer["external_userid"]) == ("o1", "wmZhang")


async def test_created_at_is_a_string_for_messages_and_a_number_for_moments(bench: Bench) -> None:
    message = await bench.upload("media/upload", type="image")
    moment = await bench.upload("media/upload_attachment", media_type="image", attachment_type=1)
    assert isinstance(message["created_at"], str)
    assert isinstance(moment["created_at"], int)
    assert moment["type"] == "image"
    assert moment["media_id"]


async def test_media_chunks_are_served_to_the_archive_only(bench: Bench) -> None:
    ask = {"fileid": "x", "authkey": "y"}
    assert await bench.code("message/getchatmediadata", ask, agent=ARCHIVE) == 301048
    assert await bench.code("message/getchatmediadata", ask) == 48002
