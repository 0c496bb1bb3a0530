"""Moments: a job, a member's hand, and who has it then."""

import pytest

from tests.contracts.simulator.bench import CHEN, DAY, GOLD, LI, SECOND, WANG, ZHANG, ZHAO, Bench
from tests.contracts.simulator.things import SPAN, moment, moment_media

pytestmark = pytest.mark.anyio
E = "externalcontact"
ADD = f"{E}/add_moment_task"


async def test_the_job_begins_runs_and_ends(bench: Bench) -> None:
    job = (await bench.ok(ADD, {"text": {"content": "早安"}}))["jobid"]
    path = f"{E}/get_moment_task_result"
    assert (await bench.ok(path, jobid=job))["status"] == 1
    await bench.pass_time(1)
    assert (await bench.ok(path, jobid=job))["status"] == 2
    await bench.pass_time(1)
    done = await bench.ok(path, jobid=job)
    assert (done["status"], done["result"]["moment_id"][:3]) == (3, "mom")
    assert await bench.code(path, agent=SECOND, jobid=job) == 40088
    await bench.pass_time(DAY)
    bench.tokens.clear()
    assert await bench.code(path, jobid=job) == 40089


async def test_customers_have_it_only_after_the_member_published(bench: Bench) -> None:
    moment_id = await moment(bench)
    assert await bench.seen("moment") == []
    ask = {"moment_id": moment_id, "userid": LI}
    assert await bench.code(f"{E}/get_moment_send_result", ask) == 41062
    await bench.act("publish_moment", userid=LI, moment_id=moment_id)
    shown = await bench.ok(f"{E}/get_moment_send_result", ask)
    assert {row["external_userid"] for row in shown["customer_list"]} == {ZHANG, CHEN}
    assert {row["external_userid"] for row in await bench.seen("moment")} == {ZHANG, CHEN}
    tasks = await bench.ok(f"{E}/get_moment_task", {"moment_id": moment_id})
    states = {row["userid"]: row["publish_status"] for row in tasks["task_list"]}
    assert states == {LI: 1, WANG: 0, ZHAO: 0}


async def test_tags_choose_the_audience_and_make_it_partly_visible(bench: Bench) -> None:
    wanted = {
        "sender_list": {"user_list": [LI]},
        "external_contact_list": {"tag_list": [GOLD]},
    }
    moment_id = await moment(bench, visible_range=wanted)
    await bench.act("publish_moment", userid=LI, moment_id=moment_id)
    assert [row["external_userid"] for row in await bench.seen("moment")] == [CHEN]
    listed = await bench.ok(f"{E}/get_moment_list", SPAN)
    assert listed["moment_list"][0]["visible_type"] == 0
    stranger = {"moment_id": moment_id, "userid": WANG}
    assert await bench.code(f"{E}/get_moment_comments", stranger) == 41061


async def test_nobody_to_publish_is_told_in_the_result(bench: Bench) -> None:
    nobody = {"sender_list": {"user_list": ["nobody"]}}
    job = (await bench.ok(ADD, {"text": {"content": "早安"}, "visible_range": nobody}))["jobid"]
    await bench.pass_time(3)
    result = (await bench.ok(f"{E}/get_moment_task_result", jobid=job))["result"]
    assert result["errcode"] != 0
    assert result["invalid_sender_list"]["user_list"] == ["nobody"]


async def test_a_cancelled_moment_can_no_longer_be_published(bench: Bench) -> None:
    moment_id = await moment(bench)
    await bench.act("publish_moment", userid=LI, moment_id=moment_id)
    await bench.ok(f"{E}/cancel_moment_task", {"moment_id": moment_id})
    late = {"act": "publish_moment", "userid": WANG, "moment_id": moment_id}
    assert (await bench.client.post("/_sim/act", json=late)).status_code == 400
    tasks = await bench.ok(f"{E}/get_moment_task", {"moment_id": moment_id})
    assert [row["userid"] for row in tasks["task_list"]] == [LI]


async def test_a_members_own_moment_is_no_task(bench: Bench) -> None:
    made = await bench.act("post_moment", userid=LI, text="我的")
    ask = {"moment_id": made["moment_id"]}
    assert await bench.code(f"{E}/get_moment_task", ask) == 41067
    assert await bench.code(f"{E}/cancel_moment_task", ask) == 41067


async def test_nine_pictures_or_one_film_or_one_link(bench: Bench) -> None:
    picture, film = await moment_media(bench), await moment_media(bench, "video", "a.mp4")
    one = {"msgtype": "image", "image": {"media_id": picture}}
    movie = {"msgtype": "video", "video": {"media_id": film}}
    assert await bench.code(ADD, {"attachments": [one] * 9}) == 0
    assert await bench.code(ADD, {"attachments": [one] * 10}) == 41064
    assert await bench.code(ADD, {"attachments": [movie, movie]}) == 41064
    assert await bench.code(ADD, {"attachments": [one, movie]}) == 41064
    assert await bench.code(ADD, {"attachments": [{"msgtype": "file"}]}) == 41065
    assert await bench.code(ADD, {}) == 41089


async def test_pictures_of_moments_come_by_a_door_of_their_own(bench: Bench) -> None:
    other = (await bench.upload("media/upload", type="image"))["media_id"]
    body = {"attachments": [{"msgtype": "image", "image": {"media_id": other}}]}
    assert await bench.code(ADD, body) == 41072


async def test_ten_moments_a_minute(bench: Bench) -> None:
    codes = [await bench.code(ADD, {"text": {"content": f"{n}"}}) for n in range(11)]
    assert codes == [0] * 10 + [45009]
