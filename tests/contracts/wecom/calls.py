"""Every call that our endpoint modules make, once each, with the samples of its official page."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wecom import (
    agents,
    audit,
    broadcasts,
    contact_ways,
    contacts,
    groups,
    intercept,
    media,
    members,
    messages,
    moments,
    oauth,
    statistics,
    tags,
    transfers,
    welcome,
)
from wecom.answers import Page
from wecom.attachments import Content, File, Image, Link, MiniProgram, Video
from wecom.cards import Button, ButtonCard
from wecom.http import Reply, Upload

SAMPLES = Path(__file__).parents[2] / "data" / "wecom_api"
DAY = datetime(2026, 11, 1, tzinfo=UTC)
LATER = datetime(2026, 11, 20, tzinfo=UTC)
CONTENT = Content("您好", (Image("m"), Link("题", "https://a.example", "d", "https://a.example/p")))
ALL_KINDS = Content(
    "您好", (*CONTENT.attachments, MiniProgram("t", "wx1", "p", "m"), Video("v"), File("f"))
)
WAY = contact_ways.ContactWay(("li",), (2,), state="s", remark="r")
JOIN = groups.JoinWay(("wr1",), state="s", remark="r", base_name="群")
RULE = intercept.Rule("r", ("词",), intercept.WARN, intercept.Scope(("li",), (2,)), (1, 2))
MOMENT = moments.Moment("文", ("m",), senders=("li",), sender_departments=(2,), tag_ids=("et1",))
NOTE = messages.Note(messages.Recipients(("li",)), 1, messages.Text("您好"))
JPEG = Upload("图.jpg", b"\xff\xd8\xff\xe0 picture", "image/jpeg")


def sample(name: str) -> Any:
    exact = SAMPLES / f"{name}.json"
    found = [exact] if exact.exists() else sorted(SAMPLES.glob(f"{name}*.json"))
    assert found, name
    return json.loads(found[0].read_text())


@dataclass
class Asked:
    """One call as the endpoint module made it."""

    path: str
    body: Any
    params: dict[str, str]
    idempotent: bool


@dataclass
class Recorded:
    """Gives one answer, then the same as the last page; keeps what was asked."""

    answer: dict[str, Any]
    asked: list[Asked] = field(default_factory=list)

    def _next(self) -> dict[str, Any]:
        answer = deepcopy(self.answer)
        if len(self.asked) > 1:
            answer.pop("next_cursor", None)
            answer["is_last"] = True
        return answer

    async def call(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        idempotent: bool,
    ) -> dict[str, Any]:
        self.asked.append(Asked(path, deepcopy(body), dict(params or {}), idempotent))
        return self._next()

    async def upload(
        self, path: str, upload: Upload, *, params: Mapping[str, str]
    ) -> dict[str, Any]:
        self.asked.append(Asked(path, upload, dict(params), True))
        return self._next()

    async def download(
        self,
        path: str,
        *,
        params: Mapping[str, str],
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[dict[str, Any] | None, Reply]:
        raise AssertionError("no recorded answer is a file")


Invoke = Callable[[Any], Awaitable[Any] | AsyncIterator[Any]]


@dataclass(frozen=True)
class Call:
    """``response`` and ``request`` are the beginnings of file names in tests/data/wecom_api."""

    path: str
    invoke: Invoke
    response: str = ""
    request: str = ""

    async def run(self, client: Any) -> Any:
        result = self.invoke(client)
        if isinstance(result, AsyncIterator):
            pages = [page async for page in result]
            return [
                one for page in pages for one in (page.items if isinstance(page, Page) else page)
            ]
        return await result


def _e(name: str, invoke: Invoke, page: int, *, request: bool = True) -> Call:
    """A call of 客户联系, whose samples are named after its path."""
    dotted = f"{page}_externalcontact.{name.replace('/', '.')}"
    return Call(
        f"externalcontact/{name}",
        invoke,
        f"{dotted}.response",
        f"{dotted}.request" if request else "",
    )


CALLS = [
    # members, app
    _e("get_follow_user_list", members.follow_users, 92571, request=False),
    Call("user/get", lambda c: members.get(c, "zhangsan"), "90196_user.get"),
    Call("user/list", lambda c: members.of_department(c, 1), "90201_user.list"),
    Call("department/list", lambda c: members.departments(c, 1), "90208_department.list"),
    Call("user/list_id", members.ids, "96067_user.list_id.response", "96067_user.list_id.request"),
    Call("agent/get", lambda c: agents.get(c, 1), "90227_agent.get"),
    Call("getcallbackip", agents.callback_addresses, "90238_getcallbackip"),
    # contacts
    _e("list", lambda c: contacts.list_of(c, "li"), 92113, request=False),
    _e("get", lambda c: contacts.get(c, "wm1"), 92114, request=False),
    _e("batch/get_by_user", lambda c: contacts.of_members(c, ["li"]), 92994),
    _e(
        "remark",
        lambda c: contacts.set_remark(
            c, "li", "wm1", contacts.Remark("备", "述", "司", ("138",), "m")
        ),
        92115,
    ),
    _e("add_contact_way", lambda c: contact_ways.add(c, WAY), 92228),
    _e("get_contact_way", lambda c: contact_ways.get(c, "c1"), 92228),
    _e("list_contact_way", lambda c: contact_ways.ids(c, since=DAY, until=LATER), 92228),
    _e("update_contact_way", lambda c: contact_ways.update(c, "c1", WAY), 92228),
    _e("del_contact_way", lambda c: contact_ways.delete(c, "c1"), 92228),
    # tags
    _e("get_corp_tag_list", lambda c: tags.list_all(c, tag_ids=["a"], group_ids=["b"]), 92117),
    _e("add_corp_tag", lambda c: tags.add_to_group_named(c, "组", [tags.NewTag("名", 1)]), 92117),
    _e("add_corp_tag", lambda c: tags.add_to_group(c, "g1", [tags.NewTag("名")]), 92117),
    _e("edit_corp_tag", lambda c: tags.edit(c, "et1", name="名", order=2), 92117),
    _e("del_corp_tag", lambda c: tags.delete(c, tag_ids=["et1"], group_ids=["g1"]), 92117),
    _e("mark_tag", lambda c: tags.mark(c, "li", "wm1", add=["et1"], remove=["et2"]), 92118),
    # groups
    _e("groupchat/list", lambda c: groups.pages(c, owners=["li"]), 92120),
    _e("groupchat/get", lambda c: groups.get(c, "wr1"), 92122),
    _e("opengid_to_chatid", lambda c: groups.chat_id_of(c, "og1"), 94822),
    _e("groupchat/add_join_way", lambda c: groups.add_join_way(c, JOIN), 92229),
    _e("groupchat/get_join_way", lambda c: groups.get_join_way(c, "c1"), 92229),
    Call(
        "externalcontact/groupchat/update_join_way",
        lambda c: groups.update_join_way(c, "c1", JOIN),
        "92229_externalcontact.groupchat.update_join_way.response",
    ),
    _e("groupchat/del_join_way", lambda c: groups.delete_join_way(c, "c1"), 92229),
    # messages
    Call("message/send", lambda c: messages.send(c, NOTE), "90236_message.send.response"),
    Call(
        "message/recall",
        lambda c: messages.recall(c, "m1"),
        "94867_message.recall.response",
        "94867_message.recall.request",
    ),
    Call(
        "message/update_template_card",
        lambda c: messages.update_card(c, 1, "rc", staff_ids=["li"], replace_name="已办"),
        "94888_message.update_template_card.response",
        "94888_message.update_template_card.request.button",
    ),
    Call(
        "message/update_template_card",
        lambda c: messages.update_card(
            c,
            1,
            "rc",
            everyone=True,
            card=ButtonCard(title="t", task_id="t1", buttons=(Button("办", "k"),)),
            replace_text="已办",
        ),
        "94888_message.update_template_card.response",
    ),
    _e("send_welcome_msg", lambda c: welcome.send(c, "code", ALL_KINDS), 92137),
    _e(
        "group_welcome_template/add",
        lambda c: welcome.add_group_template(
            c, welcome.GroupWelcome("%NICKNAME%，您好", File("f")), agent_id=1
        ),
        92366,
    ),
    _e(
        "group_welcome_template/edit",
        lambda c: welcome.edit_group_template(c, "t1", welcome.GroupWelcome("您好"), agent_id=1),
        92366,
    ),
    _e(
        "group_welcome_template/del",
        lambda c: welcome.delete_group_template(c, "t1", agent_id=1),
        92366,
    ),
    # broadcasts
    _e(
        "add_msg_template",
        lambda c: broadcasts.create(
            c, broadcasts.CustomerBroadcast(ALL_KINDS, "li", ("wm1",), allow_select=True)
        ),
        92135,
    ),
    _e(
        "add_msg_template",
        lambda c: broadcasts.create(
            c, broadcasts.CustomerBroadcast(CONTENT, tags=(("a", "b"), ("c",)))
        ),
        92135,
    ),
    _e(
        "add_msg_template",
        lambda c: broadcasts.create(c, broadcasts.GroupBroadcast(CONTENT, "li", ("wr1",))),
        92135,
    ),
    _e("remind_groupmsg_send", lambda c: broadcasts.remind(c, "m1"), 97610),
    _e("cancel_groupmsg_send", lambda c: broadcasts.cancel(c, "m1"), 97611),
    _e(
        "get_groupmsg_list_v2",
        lambda c: broadcasts.listed(c, "single", DAY, LATER, creator="li"),
        93338,
    ),
    _e("get_groupmsg_task", lambda c: broadcasts.tasks(c, "m1"), 93338),
    _e("get_groupmsg_send_result", lambda c: broadcasts.results(c, "m1", "li"), 93338),
    # moments
    _e("add_moment_task", lambda c: moments.create(c, MOMENT), 95094),
    _e("get_moment_task_result", lambda c: moments.job_result(c, "j1"), 95094, request=False),
    _e("cancel_moment_task", lambda c: moments.cancel(c, "mom1"), 97612),
    _e("get_moment_list", lambda c: moments.listed(c, DAY, LATER, creator="li"), 93333),
    _e("get_moment_task", lambda c: moments.tasks(c, "mom1"), 93333),
    _e("get_moment_customer_list", lambda c: moments.may_see(c, "mom1", "li"), 93333),
    _e("get_moment_send_result", lambda c: moments.reached(c, "mom1", "li"), 93333),
    _e("get_moment_comments", lambda c: moments.reactions(c, "mom1", "li"), 93333),
    # handovers
    _e(
        "transfer_customer",
        lambda c: transfers.customers(c, "li", "wang", ["wm1"], greeting="您好"),
        92125,
    ),
    _e("transfer_result", lambda c: transfers.states(c, "li", "wang"), 94088),
    _e(
        "resigned/transfer_customer",
        lambda c: transfers.customers_of_leaver(c, "li", "wang", ["wm1"]),
        94081,
    ),
    _e("resigned/transfer_result", lambda c: transfers.states(c, "li", "wang", left=True), 94082),
    _e("get_unassigned_list", transfers.unassigned, 92124),
    _e("groupchat/onjob_transfer", lambda c: transfers.groups(c, ["wr1"], "wang"), 95703),
    _e("groupchat/transfer", lambda c: transfers.groups_of_leaver(c, ["wr1"], "wang"), 92127),
    # materials
    Call("media/upload", lambda c: media.upload(c, "image", JPEG), "90253_media.upload"),
    Call("media/uploadimg", lambda c: media.upload_image(c, JPEG), "90256_media.uploadimg"),
    Call(
        "media/upload_attachment",
        lambda c: media.upload_attachment(c, "image", JPEG),
        "90253_media.upload",
    ),
    # sign-in
    Call("auth/getuserinfo", lambda c: oauth.who(c, "code"), "91023_user.getuserinfo.response"),
    Call("auth/getuserinfo", lambda c: oauth.who(c, "code"), "91023_user.getuserinfo.response.2"),
    Call(
        "auth/getuserdetail",
        lambda c: oauth.private_details(c, "ut"),
        "95833_auth.getuserdetail.response",
        "95833_auth.getuserdetail.request",
    ),
    Call("get_jsapi_ticket", oauth.corp_ticket, "96909_get_jsapi_ticket"),
    Call("ticket/get", oauth.agent_ticket, "96909_get_jsapi_ticket"),
    # archive, sensitive words, figures
    Call(
        "msgaudit/get_permit_user_list",
        lambda c: audit.permitted(c, 1),
        "91614_msgaudit.get_permit_user_list.response",
        "91614_msgaudit.get_permit_user_list.request",
    ),
    Call(
        "msgaudit/check_single_agree",
        lambda c: audit.single_agreements(c, [("li", "wm1")]),
        "91782_msgaudit.check_single_agree.response",
        "91782_msgaudit.check_single_agree.request",
    ),
    Call(
        "msgaudit/check_room_agree",
        lambda c: audit.room_agreements(c, "wr1"),
        "91782_msgaudit.check_room_agree.response",
        "91782_msgaudit.check_room_agree.request",
    ),
    Call(
        "msgaudit/groupchat/get",
        lambda c: audit.internal_group(c, "wr1"),
        "92951_msgaudit.groupchat.get.response",
        "92951_msgaudit.groupchat.get.request",
    ),
    Call(
        "msgaudit/get_robot_info",
        lambda c: audit.robot(c, "wb1"),
        "91774_msgaudit.get_robot_info",
    ),
    _e("add_intercept_rule", lambda c: intercept.add(c, RULE), 95097),
    _e("get_intercept_rule_list", intercept.list_all, 95097, request=False),
    _e("get_intercept_rule", lambda c: intercept.get(c, "r1"), 95097),
    _e(
        "update_intercept_rule",
        lambda c: intercept.update(
            c, "r1", RULE, add_scope=RULE.scope, remove_scope=intercept.Scope(("wang",))
        ),
        95097,
    ),
    _e("del_intercept_rule", lambda c: intercept.delete(c, "r1"), 95097),
    _e(
        "get_user_behavior_data",
        lambda c: statistics.contacts(c, DAY, LATER, staff_ids=["li"], departments=[2]),
        92132,
    ),
    _e("groupchat/statistic", lambda c: statistics.groups_by_owner(c, DAY, LATER, ["li"]), 92133),
    _e(
        "groupchat/statistic_group_by_day",
        lambda c: statistics.groups_by_day(c, DAY, LATER, ["li"]),
        92133,
    ),
]
