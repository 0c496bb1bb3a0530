"""Scenes that make an endpoint answer as fully as it can."""

from collections.abc import Awaitable
from typing import Any

from tests.contracts.simulator.bench import (
    ARCHIVE,
    CHEN,
    DAY,
    GROUP,
    INTERNAL,
    LI,
    MAIN,
    MONDAY,
    OTHER_CORP,
    VIP,
    WANG,
    ZHANG,
    ZHAO,
    Bench,
    Json,
)
from tests.contracts.simulator.things import (
    LINK,
    MINI,
    SPAN,
    E,
    Scene,
    broadcast,
    contact_way,
    join_way,
    media_id,
    moment,
    moment_media,
    note,
    published,
    rule,
    template,
)


def plain(path: str, body: Json | None = None, agent: int = MAIN, **query: Any) -> Scene:
    """A scene of one call."""

    async def run(bench: Bench) -> list[Json]:
        return [await bench.ok(path, body, agent=agent, **query)]

    return run


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


async def listed_moments(bench: Bench) -> list[Json]:
    """Moments with pictures, a video, a link, and one that a member wrote."""
    picture, film = await moment_media(bench), await moment_media(bench, "video", "a.mp4")
    link = {"title": "产品", "url": "https://b.example", "media_id": picture}
    await moment(bench, attachments=[{"msgtype": "image", "image": {"media_id": picture}}])
    await moment(bench, attachments=[{"msgtype": "video", "video": {"media_id": film}}])
    await moment(bench, attachments=[{"msgtype": "link", "link": link}])
    await bench.act("post_moment", userid=LI, text="我自己写的")
    return [await bench.ok(f"{E}/get_moment_list", {**SPAN, "limit": 20})]


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


async def one(made: Awaitable[Json]) -> list[Json]:
    return [await made]


async def two_groups(bench: Bench) -> list[Json]:
    await bench.sim("groups", [{"owner": ZHAO, "name": "二群"}])
    return [await bench.ok(f"{E}/groupchat/list", {"limit": 1})]
