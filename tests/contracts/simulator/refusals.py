"""Per endpoint: what is over a limit, of a wrong type, unknown, or from a foreign cursor.

An entry is (request, errcode); the request may be a coroutine function that makes it in the bench.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.contracts.simulator.bench import (
    CHEN,
    DAY,
    GROUP,
    LI,
    MAIN,
    MONDAY,
    OWN,
    WANG,
    ZHANG,
    Bench,
    Json,
)
from tests.contracts.simulator.things import (
    SPAN,
    broadcast,
    card,
    join_way,
    moment,
    note,
    published,
    rule,
    template,
)

Ask = Json | Callable[[Bench], Awaitable[Json]]
E = "externalcontact"
TEXT = {"content": "您好"}
LONG = {"content": "好" * 1_334}
MANY_USERS = [f"u{n}" for n in range(101)]
PAIR = {"userid": LI, "external_userid": CHEN}
HAND = {"handover_userid": LI, "takeover_userid": WANG}
RULE = {"rule_name": "规则", "word_list": ["保本"], "intercept_type": 1}
RANGE = {"user_list": [LI], "department_list": []}
DAY_OF = {"day_begin_time": int(MONDAY) - DAY}
WAY = {"type": 1, "scene": 2, "user": [LI]}


def with_id(field: str, make: Callable[[Bench], Awaitable[str]], **more: Any) -> Ask:
    """A request about something made just before."""

    async def ask(bench: Bench) -> Json:
        return {field: await make(bench), **more}

    return ask


async def welcome_code(bench: Bench) -> str:
    """A fresh welcome code."""
    return str((await bench.act("add", userid=WANG, name="新客户"))["welcome_code"])


async def response_code(bench: Bench) -> str:
    """The response code of a card."""
    return str((await note(bench))["response_code"])


def send(**fields: Any) -> Json:
    """An app message to LI."""
    return {"touser": LI, "msgtype": "text", "agentid": MAIN, "text": TEXT, **fields}


def pictured(**button: Any) -> Json:
    """A card with seven buttons."""
    many = {**card("task-9"), "button_list": [{"text": "按", "key": f"k{n}"} for n in range(7)]}
    return send(msgtype="template_card", template_card=many, **button)


REFUSALS: dict[str, dict[str, tuple[Ask, int]]] = {
    "gettoken": {"unknown": ({"corpid": "ww0", "corpsecret": "s-main"}, 40013)},
    "ticket/get": {"unknown": ({"type": "other"}, 91040)},
    "auth/getuserinfo": {"unknown": ({"code": "none"}, 40029)},
    "auth/getuserdetail": {
        "type": ({"user_ticket": 1}, 84015),
        "unknown": ({"user_ticket": "none"}, 84015),
    },
    "user/get": {"unknown": ({"userid": "nobody"}, 60111)},
    "user/simplelist": {
        "type": ({"department_id": "east"}, 60123),
        "unknown": ({"department_id": 99}, 60003),
    },
    "user/list": {
        "type": ({"department_id": "east"}, 60123),
        "unknown": ({"department_id": 99}, 60003),
    },
    "user/list_id": {"over": ({"limit": 10_001}, 40058), "type": ({"limit": "1"}, 40058)},
    "department/list": {"type": ({"id": "x"}, 60123), "unknown": ({"id": 99}, 60123)},
    "department/simplelist": {"type": ({"id": "x"}, 60123), "unknown": ({"id": 99}, 60123)},
    "department/get": {"type": ({"id": "x"}, 60123), "unknown": ({"id": 99}, 60123)},
    f"{E}/list": {"unknown": ({"userid": "nobody"}, 60111)},
    f"{E}/get": {"unknown": ({"external_userid": "wmNobody"}, 40096)},
    f"{E}/batch/get_by_user": {
        "over": ({"userid_list": MANY_USERS}, 40032),
        "type": ({"userid_list": LI}, 40031),
        "unknown": ({"userid_list": ["nobody"]}, 60111),
    },
    f"{E}/remark": {
        "over": ({**PAIR, "remark": "长" * 21}, 40058),
        "type": ({**PAIR, "remark_mobiles": "13800000000"}, 40058),
        "unknown": ({**PAIR, "external_userid": "wmNobody", "remark": "x"}, 40096),
    },
    f"{E}/get_corp_tag_list": {"type": ({"tag_id": "etVip"}, 40058)},
    f"{E}/add_corp_tag": {
        "over": ({"group_name": "组", "tag": [{"name": "长" * 31}]}, 40072),
        "type": ({"group_name": "组", "tag": {"name": "一"}}, 40058),
        "unknown": ({"group_id": "etNone", "tag": [{"name": "一"}]}, 40068),
    },
    f"{E}/edit_corp_tag": {
        "over": ({"id": OWN, "name": "长" * 31}, 40072),
        "type": ({"id": OWN, "order": "1"}, 40058),
        "unknown": ({"id": "etNone", "name": "一"}, 40068),
    },
    f"{E}/del_corp_tag": {
        "type": ({"tag_id": OWN}, 40058),
        "unknown": ({"tag_id": ["etNone"]}, 40068),
    },
    f"{E}/mark_tag": {
        "type": ({**PAIR, "add_tag": OWN}, 40058),
        "unknown": ({**PAIR, "add_tag": ["etNone"]}, 40068),
    },
    f"{E}/add_contact_way": {
        "over": ({**WAY, "state": "s" * 31}, 40058),
        "type": ({**WAY, "type": "1"}, 41039),
        "unknown": ({**WAY, "user": ["nobody"]}, 60111),
    },
    f"{E}/get_contact_way": {
        "type": ({"config_id": 1}, 41044),
        "unknown": ({"config_id": "none"}, 41044),
    },
    f"{E}/list_contact_way": {"over": ({"limit": 1_001}, 40058), "type": ({"limit": "1"}, 40058)},
    f"{E}/update_contact_way": {
        "over": ({"config_id": "none", "remark": "长" * 31}, 40058),
        "type": ({"config_id": "none", "style": "1"}, 41042),
        "unknown": ({"config_id": "none", "remark": "新"}, 41044),
    },
    f"{E}/del_contact_way": {
        "type": ({"config_id": 1}, 41044),
        "unknown": ({"config_id": "none"}, 41044),
    },
    f"{E}/close_temp_chat": {
        "type": ({**PAIR, "userid": 1}, 40058),
        "unknown": ({**PAIR, "external_userid": "wmNobody"}, 84061),
    },
    f"{E}/groupchat/list": {
        "over": ({"limit": 1_001}, 40058),
        "type": ({"limit": "10"}, 40058),
        "unknown": ({"limit": 10, "owner_filter": {"userid_list": ["nobody"]}}, 60111),
    },
    f"{E}/groupchat/get": {
        "type": ({"chat_id": 1}, 86001),
        "unknown": ({"chat_id": "wrNone"}, 86003),
    },
    f"{E}/opengid_to_chatid": {
        "type": ({"opengid": 1}, 90511),
        "unknown": ({"opengid": "ogNone"}, 90511),
    },
    f"{E}/groupchat/add_join_way": {
        "over": ({"scene": 2, "chat_id_list": [GROUP] * 6}, 41091),
        "type": ({"scene": "2", "chat_id_list": [GROUP]}, 41040),
        "unknown": ({"scene": 2, "chat_id_list": ["wrNone"]}, 86003),
    },
    f"{E}/groupchat/get_join_way": {
        "type": ({"config_id": 1}, 41044),
        "unknown": ({"config_id": "none"}, 41044),
    },
    f"{E}/groupchat/update_join_way": {
        "over": (
            with_id("config_id", join_way, scene=2, chat_id_list=[GROUP], state="s" * 31),
            40058,
        ),
        "type": (with_id("config_id", join_way, scene=2, chat_id_list=GROUP), 40058),
        "unknown": ({"config_id": "none", "scene": 2, "chat_id_list": [GROUP]}, 41044),
    },
    f"{E}/groupchat/del_join_way": {
        "type": ({"config_id": 1}, 41044),
        "unknown": ({"config_id": "none"}, 41044),
    },
    f"{E}/send_welcome_msg": {
        "over": (with_id("welcome_code", welcome_code, text=LONG), 45002),
        "type": (with_id("welcome_code", welcome_code, text="您好"), 40058),
        "unknown": ({"welcome_code": "none", "text": TEXT}, 41050),
    },
    f"{E}/group_welcome_template/add": {
        "over": ({"text": {"content": "好" * 1_001}}, 45002),
        "type": ({"text": "您好"}, 40058),
        "unknown": ({"image": {"media_id": "none"}}, 40007),
    },
    f"{E}/group_welcome_template/edit": {
        "over": (with_id("template_id", template, text={"content": "好" * 1_001}), 45002),
        "type": (with_id("template_id", template, text="您好"), 40058),
        "unknown": ({"template_id": "none", "text": TEXT}, 40058),
    },
    f"{E}/group_welcome_template/get": {
        "type": ({"template_id": 1}, 40058),
        "unknown": ({"template_id": "none"}, 40058),
    },
    f"{E}/group_welcome_template/del": {
        "type": ({"template_id": 1}, 40058),
        "unknown": ({"template_id": "none"}, 40058),
    },
    f"{E}/add_msg_template": {
        "over": ({"external_userid": [ZHANG], "text": LONG}, 45002),
        "type": ({"external_userid": ZHANG, "text": TEXT}, 40096),
        "unknown": ({"external_userid": ["wmNobody"], "text": TEXT}, 41048),
    },
    f"{E}/remind_groupmsg_send": {
        "type": ({"msgid": 1}, 41047),
        "unknown": ({"msgid": "none"}, 41047),
    },
    f"{E}/cancel_groupmsg_send": {
        "type": ({"msgid": 1}, 41047),
        "unknown": ({"msgid": "none"}, 41047),
    },
    f"{E}/get_groupmsg_list_v2": {
        "over": (
            {"chat_type": "single", "start_time": 0, "end_time": int(MONDAY)},
            40058,
        ),
        "type": ({"chat_type": "single", **SPAN, "limit": "50"}, 40058),
        "unknown": ({"chat_type": "both", **SPAN}, 86214),
    },
    f"{E}/get_groupmsg_task": {
        "type": ({"msgid": 1}, 41047),
        "unknown": ({"msgid": "none"}, 41047),
    },
    f"{E}/get_groupmsg_send_result": {
        "type": (with_id("msgid", broadcast, userid=LI, limit="50"), 40058),
        "unknown": (with_id("msgid", broadcast, userid="nobody"), 60111),
    },
    f"{E}/add_moment_task": {
        "over": ({"text": {"content": "好" * 2_001}}, 40058),
        "type": ({"text": "早安"}, 40058),
        "unknown": (
            {"attachments": [{"msgtype": "image", "image": {"media_id": "none"}}]},
            40007,
        ),
    },
    f"{E}/get_moment_task_result": {"unknown": ({"jobid": "none"}, 40088)},
    f"{E}/cancel_moment_task": {
        "type": ({"moment_id": 1}, 41060),
        "unknown": ({"moment_id": "none"}, 41060),
    },
    f"{E}/get_moment_list": {
        "over": ({**SPAN, "limit": 21}, 40058),
        "type": ({**SPAN, "limit": "20"}, 40058),
    },
    f"{E}/get_moment_task": {
        "over": (with_id("moment_id", moment, limit=1_001), 40058),
        "type": ({"moment_id": 1}, 41060),
        "unknown": ({"moment_id": "none"}, 41060),
    },
    f"{E}/get_moment_customer_list": {
        "over": (with_id("moment_id", published, userid=LI, limit=1_001), 40058),
        "type": ({"moment_id": 1, "userid": LI}, 41060),
        "unknown": ({"moment_id": "none", "userid": LI}, 41060),
    },
    f"{E}/get_moment_send_result": {
        "over": (with_id("moment_id", published, userid=LI, limit=5_001), 40058),
        "type": ({"moment_id": 1, "userid": LI}, 41060),
        "unknown": (with_id("moment_id", moment, userid=LI), 41062),
    },
    f"{E}/get_moment_comments": {
        "type": ({"moment_id": 1, "userid": LI}, 41060),
        "unknown": ({"moment_id": "none", "userid": LI}, 41060),
    },
    f"{E}/transfer_customer": {
        "over": ({**HAND, "external_userid": ["wm"] * 101}, 40058),
        "type": ({**HAND, "external_userid": CHEN}, 40096),
        "unknown": ({**HAND, "takeover_userid": "nobody", "external_userid": [CHEN]}, 60111),
    },
    f"{E}/transfer_result": {
        "type": ({**HAND, "cursor": 1}, 40058),
        "unknown": ({**HAND, "handover_userid": "nobody"}, 60111),
    },
    f"{E}/get_unassigned_list": {
        "over": ({"page_size": 1_001}, 40058),
        "type": ({"page_size": "10"}, 40058),
    },
    f"{E}/resigned/transfer_customer": {
        "over": ({**HAND, "external_userid": ["wm"] * 101}, 40058),
        "type": ({**HAND, "external_userid": CHEN}, 40096),
        "unknown": ({**HAND, "handover_userid": "nobody", "external_userid": [CHEN]}, 60111),
    },
    f"{E}/resigned/transfer_result": {
        "type": ({**HAND, "cursor": 1}, 40058),
        "unknown": ({**HAND, "handover_userid": "nobody"}, 60111),
    },
    f"{E}/groupchat/transfer": {
        "over": ({"chat_id_list": [GROUP] * 101, "new_owner": WANG}, 40058),
        "type": ({"chat_id_list": GROUP, "new_owner": WANG}, 86001),
        "unknown": ({"chat_id_list": [GROUP], "new_owner": "nobody"}, 60111),
    },
    f"{E}/groupchat/onjob_transfer": {
        "over": ({"chat_id_list": [GROUP] * 101, "new_owner": WANG}, 40058),
        "type": ({"chat_id_list": GROUP, "new_owner": WANG}, 86001),
        "unknown": ({"chat_id_list": [GROUP], "new_owner": "nobody"}, 60111),
    },
    f"{E}/add_intercept_rule": {
        "over": (
            {**RULE, "word_list": [f"词{n}" for n in range(301)], "applicable_range": RANGE},
            41068,
        ),
        "type": ({**RULE, "semantics_list": [9], "applicable_range": RANGE}, 41084),
        "unknown": ({**RULE, "applicable_range": {"user_list": ["nobody"]}}, 60111),
    },
    f"{E}/get_intercept_rule": {
        "type": ({"rule_id": []}, 41070),
        "unknown": ({"rule_id": "none"}, 41070),
    },
    f"{E}/update_intercept_rule": {
        "over": (with_id("rule_id", rule, word_list=["词"] * 301), 41068),
        "type": (with_id("rule_id", rule, word_list="词"), 41083),
        "unknown": ({"rule_id": "none", "rule_name": "新"}, 41070),
    },
    f"{E}/del_intercept_rule": {
        "type": ({"rule_id": []}, 41070),
        "unknown": ({"rule_id": "none"}, 41070),
    },
    f"{E}/get_user_behavior_data": {
        "over": ({"userid": [LI], "start_time": 0, "end_time": int(MONDAY)}, 40058),
        "type": ({"userid": LI, "start_time": int(MONDAY), "end_time": int(MONDAY)}, 40031),
        "unknown": (
            {"userid": ["nobody"], "start_time": int(MONDAY), "end_time": int(MONDAY)},
            60111,
        ),
    },
    f"{E}/groupchat/statistic": {
        "over": ({**DAY_OF, "owner_filter": {"userid_list": [LI]}, "limit": 1_001}, 40058),
        "type": ({**DAY_OF, "owner_filter": [LI]}, 40058),
        "unknown": ({**DAY_OF, "owner_filter": {"userid_list": ["nobody"]}}, 60111),
    },
    f"{E}/groupchat/statistic_group_by_day": {
        "over": ({**DAY_OF, "owner_filter": {"userid_list": MANY_USERS}}, 40032),
        "type": ({**DAY_OF, "owner_filter": [LI]}, 40058),
        "unknown": ({**DAY_OF, "owner_filter": {"userid_list": ["nobody"]}}, 60111),
    },
    "message/send": {
        "over": (pictured(), 42018),
        "type": (send(agentid=str(MAIN)), 40056),
        "unknown": (send(touser="nobody"), 81013),
    },
    "message/recall": {"type": ({"msgid": 1}, 41047), "unknown": ({"msgid": "none"}, 41047)},
    "message/update_template_card": {
        "over": (
            with_id(
                "response_code",
                response_code,
                agentid=MAIN,
                userids=["u"] * 1_001,
                button={"replace_name": "好"},
            ),
            40032,
        ),
        "type": ({"response_code": 1, "agentid": MAIN}, 60140),
        "unknown": (
            {"response_code": "none", "agentid": MAIN, "button": {"replace_name": "好"}},
            60140,
        ),
    },
    "media/get": {"unknown": ({"media_id": "none"}, 40007)},
    "msgaudit/get_permit_user_list": {"type": ({"type": "2"}, 40058)},
    "msgaudit/check_single_agree": {
        "over": ({"info": [{"userid": LI, "exteranalopenid": ZHANG}] * 101}, 301060),
        "type": ({"info": {"userid": LI, "exteranalopenid": ZHANG}}, 40058),
        "unknown": ({"info": [{"userid": LI, "exteranalopenid": "wmNobody"}]}, 301061),
    },
    "msgaudit/check_room_agree": {
        "type": ({"roomid": 1}, 86001),
        "unknown": ({"roomid": "wrNone"}, 86003),
    },
    "msgaudit/groupchat/get": {
        "type": ({"roomid": 1}, 86001),
        "unknown": ({"roomid": GROUP}, 301059),
    },
    "msgaudit/get_robot_info": {"unknown": ({"robot_id": "wbNone"}, 40058)},
    "message/getchatdata": {
        "over": ({"seq": 0, "limit": 1_001}, 40058),
        "type": ({"seq": "0", "limit": 10}, 40058),
    },
    "message/getchatmediadata": {
        "type": ({"fileid": 1, "authkey": "x"}, 40058),
        "unknown": ({"fileid": "none", "authkey": "x"}, 301048),
    },
}
