"""What tests of the simulator make first: uploads, ways, group sends, moments, rules, cards."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.contracts.simulator.bench import (
    CHEN,
    DAY,
    GROUP,
    LI,
    MAIN,
    MONDAY,
    WANG,
    ZHANG,
    Bench,
    Json,
)

Scene = Callable[[Bench], Awaitable[list[Json]]]


E = "externalcontact"


LINK = {
    "title": "产品",
    "picurl": "https://p.example/1",
    "desc": "说明",
    "url": "https://b.example",
}


MINI = {"title": "手机银行", "pic_media_id": "", "appid": "wx8bd80126147dFAKE", "page": "/i.html"}


SPAN = {"start_time": int(MONDAY) - DAY, "end_time": int(MONDAY) + DAY}


async def media_id(bench: Bench, kind: str = "image", name: str = "a.jpg") -> str:
    """A fresh media id for messages."""
    return str((await bench.upload("media/upload", name, type=kind))["media_id"])


async def moment_media(bench: Bench, kind: str = "image", name: str = "a.jpg") -> str:
    """A fresh media id for moments."""
    answer = await bench.upload("media/upload_attachment", name, media_type=kind, attachment_type=1)
    return str(answer["media_id"])


async def contact_way(bench: Bench) -> Json:
    """A 联系我 config with everything in it."""
    picture = await media_id(bench)
    body = {
        "type": 2,
        "scene": 2,
        "style": 1,
        "remark": "渠道",
        "skip_verify": True,
        "state": "s1",
        "user": [LI],
        "party": [3],
        "is_temp": True,
        "expires_in": 86_400,
        "chat_expires_in": 86_400,
        "unionid": "ozZhang",
        "conclusions": {"text": {"content": "再见"}, "image": {"media_id": picture}},
    }
    return await bench.ok(f"{E}/add_contact_way", body)


async def join_way(bench: Bench) -> str:
    """A way into a group."""
    body = {
        "scene": 2,
        "remark": "入群",
        "auto_create_room": 1,
        "room_base_name": "理财群",
        "room_base_id": 10,
        "chat_id_list": [GROUP],
        "state": "s1",
    }
    return str((await bench.ok(f"{E}/groupchat/add_join_way", body))["config_id"])


async def template(bench: Bench, **part: Any) -> str:
    """A group welcome template."""
    body = {"text": {"content": "你好 %NICKNAME%"}, "notify": 1, **part}
    return str((await bench.ok(f"{E}/group_welcome_template/add", body))["template_id"])


async def broadcast(bench: Bench, **fields: Any) -> str:
    """A group send that was dispatched."""
    body = {"external_userid": [ZHANG, CHEN], "text": {"content": "您好"}, **fields}
    made = await bench.ok(f"{E}/add_msg_template", body)
    await bench.pass_time(3)
    return str(made["msgid"])


async def moment(bench: Bench, **fields: Any) -> str:
    """A moment of the corp, ready to be published; its moment_id."""
    body = {"text": {"content": "早安"}, **fields}
    job = (await bench.ok(f"{E}/add_moment_task", body))["jobid"]
    await bench.pass_time(3)
    done = await bench.ok(f"{E}/get_moment_task_result", jobid=job)
    return str(done["result"]["moment_id"])


async def published(bench: Bench) -> str:
    """A moment that LI published, liked and commented."""
    moment_id = await moment(bench)
    await bench.act("publish_moment", userid=LI, moment_id=moment_id)
    for name in ("like_moment", "comment_moment"):
        await bench.act(name, userid=LI, moment_id=moment_id, external_userid=ZHANG)
        await bench.act(name, userid=LI, moment_id=moment_id, by=WANG)
    return moment_id


async def rule(bench: Bench) -> str:
    """An intercept rule."""
    body = {
        "rule_name": "承诺收益",
        "word_list": ["保本", "稳赚"],
        "semantics_list": [1, 2, 3],
        "intercept_type": 1,
        "applicable_range": {"user_list": [LI], "department_list": [2]},
    }
    return str((await bench.ok(f"{E}/add_intercept_rule", body))["rule_id"])


def card(task_id: str) -> Json:
    """A card with a button."""
    return {
        "card_type": "button_interaction",
        "main_title": {"title": "请确认"},
        "task_id": task_id,
        "button_list": [{"text": "确认", "style": 1, "key": "ok"}],
    }


async def note(bench: Bench, task_id: str = "task-1") -> Json:
    """A card sent to LI."""
    body = {
        "touser": f"{LI}|nobody",
        "msgtype": "template_card",
        "agentid": MAIN,
        "template_card": card(task_id),
    }
    return await bench.ok("message/send", body)
