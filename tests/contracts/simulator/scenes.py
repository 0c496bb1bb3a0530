"""One scene per endpoint that makes it answer as fully as it can."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.contracts.simulator.bench import (
    ARCHIVE,
    CHEN,
    DAY,
    DIRECTORY,
    GROUP,
    INTERNAL,
    LI,
    MAIN,
    MONDAY,
    OTHER_CORP,
    OWN,
    VIP,
    WANG,
    ZHANG,
    ZHAO,
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


def plain(path: str, body: Json | None = None, agent: int = MAIN, **query: Any) -> Scene:
    """A scene of one call."""

    async def run(bench: Bench) -> list[Json]:
        return [await bench.ok(path, body, agent=agent, **query)]

    return run


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


async def contact_ways(bench: Bench) -> list[Json]:
    """Configs with each kind of conclusion, read back."""
    first = await contact_way(bench)
    picture = await media_id(bench)
    answers = [await bench.ok(f"{E}/get_contact_way", {"config_id": first["config_id"]})]
    for part in ({"link": LINK}, {"miniprogram": {**MINI, "pic_media_id": picture}}):
        change = {"config_id": first["config_id"], "conclusions": part}
        await bench.ok(f"{E}/update_contact_way", change)
        answers.append(await bench.ok(f"{E}/get_contact_way", {"config_id": first["config_id"]}))
    return answers


async def listed_ways(bench: Bench) -> list[Json]:
    """Two configs, one a page."""
    await contact_way(bench)
    await contact_way(bench)
    return [await bench.ok(f"{E}/list_contact_way", {**SPAN, "limit": 1})]


async def updated_way(bench: Bench) -> list[Json]:
    """A changed config."""
    made = await contact_way(bench)
    body = {"config_id": made["config_id"], "remark": "新", "state": "s2", "user": [WANG]}
    return [await bench.ok(f"{E}/update_contact_way", body)]


async def deleted_way(bench: Bench) -> list[Json]:
    """A deleted config."""
    made = await contact_way(bench)
    return [await bench.ok(f"{E}/del_contact_way", {"config_id": made["config_id"]})]


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


def with_join_way(call: str, **more: Any) -> Scene:
    """A call about one join way."""

    async def run(bench: Bench) -> list[Json]:
        config_id = await join_way(bench)
        return [await bench.ok(f"{E}/groupchat/{call}", {"config_id": config_id, **more})]

    return run


async def added_join_way(bench: Bench) -> list[Json]:
    """A way into a group, made."""
    body = {"scene": 2, "chat_id_list": [GROUP]}
    return [await bench.ok(f"{E}/groupchat/add_join_way", body)]


async def template(bench: Bench, **part: Any) -> str:
    """A group welcome template."""
    body = {"text": {"content": "你好 %NICKNAME%"}, "notify": 1, **part}
    return str((await bench.ok(f"{E}/group_welcome_template/add", body))["template_id"])


async def templates(bench: Bench) -> list[Json]:
    """Templates with each kind of part, read back."""
    picture = await media_id(bench)
    parts: list[Json] = [
        {"image": {"media_id": picture}},
        {"link": LINK},
        {"miniprogram": {**MINI, "pic_media_id": picture}},
        {"file": {"media_id": picture}},
        {"video": {"media_id": picture}},
    ]
    made = [await template(bench, **part) for part in parts]
    path = f"{E}/group_welcome_template/get"
    return [await bench.ok(path, {"template_id": template_id}) for template_id in made]


def with_template(call: str, **more: Any) -> Scene:
    """A call about one template."""

    async def run(bench: Bench) -> list[Json]:
        body = {"template_id": await template(bench), **more}
        return [await bench.ok(f"{E}/group_welcome_template/{call}", body)]

    return run


async def broadcast(bench: Bench, **fields: Any) -> str:
    """A group send that was dispatched."""
    body = {"external_userid": [ZHANG, CHEN], "text": {"content": "您好"}, **fields}
    made = await bench.ok(f"{E}/add_msg_template", body)
    await bench.pass_time(3)
    return str(made["msgid"])


async def listed_broadcasts(bench: Bench) -> list[Json]:
    """Group sends with every kind of attachment, and one that a member made."""
    picture = await media_id(bench)
    attachments = [
        {"msgtype": "image", "image": {"media_id": picture, "pic_url": "https://p.example/1"}},
        {"msgtype": "link", "link": LINK},
        {"msgtype": "miniprogram", "miniprogram": {**MINI, "pic_media_id": picture}},
        {"msgtype": "video", "video": {"media_id": picture}},
        {"msgtype": "file", "file": {"media_id": picture}},
    ]
    await broadcast(bench, attachments=attachments)
    await bench.act("outside_broadcast", userid=LI, targets=[ZHANG], text="我自己发的")
    body = {"chat_type": "single", **SPAN, "filter_type": 2, "limit": 50}
    return [await bench.ok(f"{E}/get_groupmsg_list_v2", body)]


async def broadcast_tasks(bench: Bench) -> list[Json]:
    """A task that a member confirmed."""
    msgid = await broadcast(bench)
    await bench.act("confirm_broadcast", userid=LI, msgid=msgid)
    return [await bench.ok(f"{E}/get_groupmsg_task", {"msgid": msgid, "limit": 50})]


async def broadcast_results(bench: Bench) -> list[Json]:
    """Rows of a single send and of a group send."""
    single = await broadcast(bench)
    group = await broadcast(
        bench, external_userid=[], chat_type="group", sender=LI, chat_id_list=[GROUP]
    )
    answers = []
    for msgid in (single, group):
        await bench.act("confirm_broadcast", userid=LI, msgid=msgid)
        body = {"msgid": msgid, "userid": LI, "limit": 50}
        answers.append(await bench.ok(f"{E}/get_groupmsg_send_result", body))
    return answers


def with_broadcast(call: str) -> Scene:
    """A call about one group send."""

    async def run(bench: Bench) -> list[Json]:
        return [await bench.ok(f"{E}/{call}", {"msgid": await broadcast(bench)})]

    return run


async def added_broadcast(bench: Bench) -> list[Json]:
    """A group send to one customer we know and one we do not."""
    body = {"external_userid": [ZHANG, "wmNobody"], "text": {"content": "您好"}}
    return [await bench.ok(f"{E}/add_msg_template", body)]


async def welcome(bench: Bench) -> list[Json]:
    """A welcome message."""
    made = await bench.act("add", userid=WANG, name="新客户")
    body = {"welcome_code": made["welcome_code"], "text": {"content": "您好"}}
    return [await bench.ok(f"{E}/send_welcome_msg", body)]


async def moment(bench: Bench, **fields: Any) -> str:
    """A moment of the corp, ready to be published; its moment_id."""
    body = {"text": {"content": "早安"}, **fields}
    job = (await bench.ok(f"{E}/add_moment_task", body))["jobid"]
    await bench.pass_time(3)
    done = await bench.ok(f"{E}/get_moment_task_result", jobid=job)
    return str(done["result"]["moment_id"])


async def listed_moments(bench: Bench) -> list[Json]:
    """Moments with pictures, a video, a link, and one that a member wrote."""
    picture, film = await moment_media(bench), await moment_media(bench, "video", "a.mp4")
    link = {"title": "产品", "url": "https://b.example", "media_id": picture}
    await moment(bench, attachments=[{"msgtype": "image", "image": {"media_id": picture}}])
    await moment(bench, attachments=[{"msgtype": "video", "video": {"media_id": film}}])
    await moment(bench, attachments=[{"msgtype": "link", "link": link}])
    await bench.act("post_moment", userid=LI, text="我自己写的")
    return [await bench.ok(f"{E}/get_moment_list", {**SPAN, "limit": 20})]


async def published(bench: Bench) -> str:
    """A moment that LI published, liked and commented."""
    moment_id = await moment(bench)
    await bench.act("publish_moment", userid=LI, moment_id=moment_id)
    for name in ("like_moment", "comment_moment"):
        await bench.act(name, userid=LI, moment_id=moment_id, external_userid=ZHANG)
        await bench.act(name, userid=LI, moment_id=moment_id, by=WANG)
    return moment_id


def with_moment(call: str, *, named: bool = True) -> Scene:
    """A call about one published moment."""

    async def run(bench: Bench) -> list[Json]:
        body: Json = {"moment_id": await published(bench)} | ({"userid": LI} if named else {})
        return [await bench.ok(f"{E}/{call}", body)]

    return run


async def moment_job(bench: Bench) -> list[Json]:
    """A finished job with senders and tags that do not exist."""
    senders = {"user_list": [LI, "nobody"], "department_list": [99]}
    visible = {"sender_list": senders, "external_contact_list": {"tag_list": [VIP, "etNone"]}}
    body = {"text": {"content": "早安"}, "visible_range": visible}
    job = (await bench.ok(f"{E}/add_moment_task", body))["jobid"]
    await bench.pass_time(3)
    return [await bench.ok(f"{E}/get_moment_task_result", jobid=job)]


async def transferred(bench: Bench) -> list[Json]:
    """One customer who can be handed on, one who is not LI's."""
    body = {
        "handover_userid": LI,
        "takeover_userid": WANG,
        "external_userid": [CHEN, OTHER_CORP],
        "transfer_success_msg": "以后由王经理为您服务",
    }
    return [await bench.ok(f"{E}/transfer_customer", body)]


async def transfer_results(bench: Bench) -> list[Json]:
    """A transfer that waits."""
    await transferred(bench)
    body = {"handover_userid": LI, "takeover_userid": WANG}
    return [await bench.ok(f"{E}/transfer_result", body)]


async def unassigned(bench: Bench) -> list[Json]:
    """Customers of somebody who left."""
    await bench.act("resign", userid=LI)
    return [await bench.ok(f"{E}/get_unassigned_list", {"cursor": "", "page_size": 1})]


async def leavers(bench: Bench) -> list[Json]:
    """A leaver's customers handed on."""
    await bench.act("resign", userid=LI)
    body = {"handover_userid": LI, "takeover_userid": WANG, "external_userid": [CHEN, "wmNone"]}
    return [await bench.ok(f"{E}/resigned/transfer_customer", body)]


async def leaver_results(bench: Bench) -> list[Json]:
    """What became of them."""
    await leavers(bench)
    body = {"handover_userid": LI, "takeover_userid": WANG}
    return [await bench.ok(f"{E}/resigned/transfer_result", body)]


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


def with_rule(call: str, **more: Any) -> Scene:
    """A call about one rule."""

    async def run(bench: Bench) -> list[Json]:
        return [await bench.ok(f"{E}/{call}", {"rule_id": await rule(bench), **more})]

    return run


async def added_rule(bench: Bench) -> list[Json]:
    """A rule, made."""
    body = {
        "rule_name": "手机号",
        "semantics_list": [1],
        "intercept_type": 2,
        "applicable_range": {"department_list": [2]},
    }
    return [await bench.ok(f"{E}/add_intercept_rule", body)]


async def listed_rules(bench: Bench) -> list[Json]:
    """Rules of this app."""
    await rule(bench)
    return [await bench.ok(f"{E}/get_intercept_rule_list")]


async def behavior(bench: Bench) -> list[Json]:
    """A day with a question and an answer."""
    await bench.act("say", speaker=ZHANG, to=LI, text="在吗")
    await bench.pass_time(60)
    await bench.act("say", speaker=LI, to=ZHANG, text="在的")
    body = {"userid": [LI], "partyid": [3], "start_time": int(MONDAY), "end_time": int(MONDAY)}
    return [await bench.ok(f"{E}/get_user_behavior_data", body)]


def group_statistic(call: str, **more: Any) -> Scene:
    """A day of groups, seen the day after."""

    async def run(bench: Bench) -> list[Json]:
        await bench.act("say", speaker=LI, chat_id=GROUP, text="早上好")
        await bench.pass_time(DAY)
        body = {"day_begin_time": int(MONDAY), "owner_filter": {"userid_list": [LI]}, **more}
        return [await bench.ok(f"{E}/groupchat/{call}", body)]

    return run


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


async def sent_note(bench: Bench) -> list[Json]:
    """A card to LI and to somebody unknown."""
    return [await note(bench)]


async def recalled_note(bench: Bench) -> list[Json]:
    """An app message taken back."""
    return [await bench.ok("message/recall", {"msgid": (await note(bench))["msgid"]})]


async def updated_card(bench: Bench) -> list[Json]:
    """A card changed after it was sent."""
    code = (await note(bench))["response_code"]
    body = {
        "userids": [LI, "nobody"],
        "agentid": MAIN,
        "response_code": code,
        "button": {"replace_name": "已确认"},
    }
    return [await bench.ok("message/update_template_card", body)]


async def detail(bench: Bench) -> list[Json]:
    """Sensitive fields after a private login."""
    code = (await bench.act("oauth", userid=LI, scope="snsapi_privateinfo"))["code"]
    ticket = (await bench.ok("auth/getuserinfo", code=code))["user_ticket"]
    return [await bench.ok("auth/getuserdetail", {"user_ticket": ticket})]


async def corp_tags(bench: Bench) -> list[Json]:
    """Tags by group and by tag id: only then are the deleted flags shown."""
    path = f"{E}/get_corp_tag_list"
    return [await bench.ok(path, {"group_id": ["etTier"]}), await bench.ok(path, {"tag_id": [VIP]})]


async def added_tags(bench: Bench) -> list[Json]:
    """Two tags in a new group."""
    tags = [{"name": "一", "order": 1}, {"name": "二", "order": 2}]
    body = {"group_name": "新分组", "order": 1, "tag": tags}
    return [await bench.ok(f"{E}/add_corp_tag", body)]


async def failing_groups(bench: Bench) -> list[Json]:
    """Groups that cannot be handed on."""
    body = {"chat_id_list": [GROUP], "new_owner": WANG}
    return [await bench.ok(f"{E}/groupchat/transfer", body)]


async def failing_on_job(bench: Bench) -> list[Json]:
    """An internal group cannot be handed on."""
    body = {"chat_id_list": [INTERNAL], "new_owner": WANG}
    return [await bench.ok(f"{E}/groupchat/onjob_transfer", body)]


async def pictures(bench: Bench) -> list[Json]:
    """A picture under a lasting address."""
    return [await bench.upload("media/uploadimg")]


async def uploads(bench: Bench) -> list[Json]:
    """A temporary file."""
    return [await bench.upload("media/upload", type="image")]


async def bad_media(bench: Bench) -> list[Json]:
    """The page prints the error answer of media/get, because the good one is the file."""
    return [await bench.api("media/get", media_id="none")]


async def two_followers(bench: Bench) -> list[Json]:
    """A WeChat customer and one of another corp."""
    return [
        await bench.ok(f"{E}/get", external_userid=ZHANG),
        await bench.ok(f"{E}/get", external_userid=OTHER_CORP),
    ]


async def robot(bench: Bench) -> list[Json]:
    """A bot of the corp."""
    await bench.act("create_robot", robot_id="wb1", name="机器人", creator=LI)
    return [await bench.ok("msgaudit/get_robot_info", agent=ARCHIVE, robot_id="wb1")]


async def records(bench: Bench) -> list[Json]:
    """One archived message."""
    await bench.act("say", speaker=ZHANG, to=LI, text="在吗")
    return [await bench.ok("message/getchatdata", {"seq": 0, "limit": 10}, agent=ARCHIVE)]


PAIR = {"userid": LI, "external_userid": CHEN}
SCENES: dict[str, tuple[str, Scene]] = {
    "user/get": ("90196_user.get", plain("user/get", userid=LI)),
    "user/simplelist": ("90200_user.simplelist", plain("user/simplelist", department_id=2)),
    "user/list": ("90201_user.list", plain("user/list", department_id=2)),
    "user/list_id": ("96067_user.list_id", plain("user/list_id", {"limit": 1}, DIRECTORY)),
    "department/list": ("90208_department.list", plain("department/list", id=1)),
    "department/simplelist": ("95350_department.simplelist", plain("department/simplelist")),
    "department/get": ("95351_department.get", plain("department/get", id=2)),
    "getcallbackip": ("90238_getcallbackip", plain("getcallbackip")),
    "auth/getuserdetail": ("95833_auth.getuserdetail", detail),
    f"{E}/get_follow_user_list": (f"92571_{E}.get_follow_user_list", plain(f"{E}/get_follow_user_list")),
    f"{E}/list": (f"92113_{E}.list", plain(f"{E}/list", userid=LI)),
    f"{E}/get": (f"92114_{E}.get", two_followers),
    f"{E}/batch/get_by_user": (
        f"92994_{E}.batch.get_by_user",
        plain(f"{E}/batch/get_by_user", {"userid_list": [LI, WANG], "limit": 100}),
    ),
    f"{E}/remark": (f"92115_{E}.remark", plain(f"{E}/remark", {**PAIR, "remark": "陈总"})),
    f"{E}/get_corp_tag_list": (f"92117_{E}.get_corp_tag_list", corp_tags),
    f"{E}/add_corp_tag": (f"92117_{E}.add_corp_tag", added_tags),
    f"{E}/edit_corp_tag": (f"92117_{E}.edit_corp_tag", plain(f"{E}/edit_corp_tag", {"id": OWN, "name": "新"})),
    f"{E}/del_corp_tag": (f"92117_{E}.del_corp_tag", plain(f"{E}/del_corp_tag", {"tag_id": [OWN]})),
    f"{E}/mark_tag": (f"92118_{E}.mark_tag", plain(f"{E}/mark_tag", {**PAIR, "add_tag": [OWN]})),
    f"{E}/add_contact_way": (f"92228_{E}.add_contact_way", lambda b: _one(contact_way(b))),
    f"{E}/get_contact_way": (f"92228_{E}.get_contact_way", contact_ways),
    f"{E}/list_contact_way": (f"92228_{E}.list_contact_way", listed_ways),
    f"{E}/update_contact_way": (f"92228_{E}.update_contact_way", updated_way),
    f"{E}/del_contact_way": (f"92228_{E}.del_contact_way", deleted_way),
    f"{E}/close_temp_chat": (f"92228_{E}.close_temp_chat", plain(f"{E}/close_temp_chat", PAIR)),
    f"{E}/groupchat/list": (
        f"92120_{E}.groupchat.list",
        lambda b: _two_groups(b),
    ),
    f"{E}/groupchat/get": (
        f"92122_{E}.groupchat.get",
        plain(f"{E}/groupchat/get", {"chat_id": GROUP, "need_name": 1}),
    ),
    f"{E}/opengid_to_chatid": (
        f"94822_{E}.opengid_to_chatid",
        plain(f"{E}/opengid_to_chatid", {"opengid": "ogGroup"}),
    ),
    f"{E}/groupchat/add_join_way": (f"92229_{E}.groupchat.add_join_way", added_join_way),
    f"{E}/groupchat/get_join_way": (f"92229_{E}.groupchat.get_join_way", with_join_way("get_join_way")),
    f"{E}/groupchat/update_join_way": (
        f"92229_{E}.groupchat.update_join_way",
        with_join_way("update_join_way", scene=2, chat_id_list=[GROUP]),
    ),
    f"{E}/groupchat/del_join_way": (f"92229_{E}.groupchat.del_join_way", with_join_way("del_join_way")),
    f"{E}/send_welcome_msg": (f"92137_{E}.send_welcome_msg", welcome),
    f"{E}/group_welcome_template/add": (
        f"92366_{E}.group_welcome_template.add",
        plain(f"{E}/group_welcome_template/add", {"text": {"content": "您好"}}),
    ),
    f"{E}/group_welcome_template/edit": (
        f"92366_{E}.group_welcome_template.edit",
        with_template("edit", text={"content": "新"}),
    ),
    f"{E}/group_welcome_template/get": (f"92366_{E}.group_welcome_template.get", templates),
    f"{E}/group_welcome_template/del": (f"92366_{E}.group_welcome_template.del", with_template("del")),
    f"{E}/add_msg_template": (f"92135_{E}.add_msg_template", added_broadcast),
    f"{E}/remind_groupmsg_send": (f"97610_{E}.remind_groupmsg_send", with_broadcast("remind_groupmsg_send")),
    f"{E}/cancel_groupmsg_send": (f"97611_{E}.cancel_groupmsg_send", with_broadcast("cancel_groupmsg_send")),
    f"{E}/get_groupmsg_list_v2": (f"93338_{E}.get_groupmsg_list_v2", listed_broadcasts),
    f"{E}/get_groupmsg_task": (f"93338_{E}.get_groupmsg_task", broadcast_tasks),
    f"{E}/get_groupmsg_send_result": (f"93338_{E}.get_groupmsg_send_result", broadcast_results),
    f"{E}/add_moment_task": (f"95094_{E}.add_moment_task", plain(f"{E}/add_moment_task", {"text": {"content": "早安"}})),
    f"{E}/get_moment_task_result": (f"95094_{E}.get_moment_task_result", moment_job),
    f"{E}/cancel_moment_task": (
        f"97612_{E}.cancel_moment_task", with_moment("cancel_moment_task", named=False)),
    f"{E}/get_moment_list": (f"93333_{E}.get_moment_list", listed_moments),
    f"{E}/get_moment_task": (f"93333_{E}.get_moment_task", with_moment("get_moment_task", named=False)),
    f"{E}/get_moment_customer_list": (
        f"93333_{E}.get_moment_customer_list", with_moment("get_moment_customer_list")),
    f"{E}/get_moment_send_result": (
        f"93333_{E}.get_moment_send_result", with_moment("get_moment_send_result")),
    f"{E}/get_moment_comments": (f"93333_{E}.get_moment_comments", with_moment("get_moment_comments")),
    f"{E}/transfer_customer": (f"92125_{E}.transfer_customer", transferred),
    f"{E}/transfer_result": (f"94088_{E}.transfer_result", transfer_results),
    f"{E}/get_unassigned_list": (f"92124_{E}.get_unassigned_list", unassigned),
    f"{E}/resigned/transfer_customer": (f"94081_{E}.resigned.transfer_customer", leavers),
    f"{E}/resigned/transfer_result": (f"94082_{E}.resigned.transfer_result", leaver_results),
    f"{E}/groupchat/transfer": (f"92127_{E}.groupchat.transfer", failing_groups),
    f"{E}/groupchat/onjob_transfer": (f"95703_{E}.groupchat.onjob_transfer", failing_on_job),
    f"{E}/add_intercept_rule": (f"95097_{E}.add_intercept_rule", added_rule),
    f"{E}/get_intercept_rule_list": (f"95097_{E}.get_intercept_rule_list", listed_rules),
    f"{E}/get_intercept_rule": (f"95097_{E}.get_intercept_rule", with_rule("get_intercept_rule")),
    f"{E}/update_intercept_rule": (
        f"95097_{E}.update_intercept_rule", with_rule("update_intercept_rule", rule_name="新名")),
    f"{E}/del_intercept_rule": (f"95097_{E}.del_intercept_rule", with_rule("del_intercept_rule")),
    f"{E}/get_user_behavior_data": (f"92132_{E}.get_user_behavior_data", behavior),
    f"{E}/groupchat/statistic": (
        f"92133_{E}.groupchat.statistic", group_statistic("statistic", order_by=2, limit=1000)),
    f"{E}/groupchat/statistic_group_by_day": (
        f"92133_{E}.groupchat.statistic_group_by_day", group_statistic("statistic_group_by_day")),
    "message/send": ("90236_message.send", sent_note),
    "message/recall": ("94867_message.recall", recalled_note),
    "message/update_template_card": ("94888_message.update_template_card", updated_card),
    "media/upload": ("90253_media.upload", uploads),
    "media/uploadimg": ("90256_media.uploadimg", pictures),
    "media/get": ("90254_media.get", bad_media),
    "msgaudit/get_permit_user_list": (
        "91614_msgaudit.get_permit_user_list",
        plain("msgaudit/get_permit_user_list", {"type": 2}, ARCHIVE),
    ),
    "msgaudit/check_single_agree": (
        "91782_msgaudit.check_single_agree",
        plain(
            "msgaudit/check_single_agree",
            {"info": [{"userid": LI, "exteranalopenid": ZHANG}]},
            ARCHIVE,
        ),
    ),
    "msgaudit/check_room_agree": (
        "91782_msgaudit.check_room_agree",
        plain("msgaudit/check_room_agree", {"roomid": GROUP}, ARCHIVE),
    ),
    "msgaudit/groupchat/get": (
        "92951_msgaudit.groupchat.get",
        plain("msgaudit/groupchat/get", {"roomid": INTERNAL}, ARCHIVE),
    ),
    "msgaudit/get_robot_info": ("91774_msgaudit.get_robot_info", robot),
}  # fmt: skip


async def _one(made: Awaitable[Json]) -> list[Json]:
    return [await made]


async def _two_groups(bench: Bench) -> list[Json]:
    await bench.sim("groups", [{"owner": ZHAO, "name": "二群"}])
    return [await bench.ok(f"{E}/groupchat/list", {"limit": 1})]
