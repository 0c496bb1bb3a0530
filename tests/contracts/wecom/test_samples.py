"""The values of the official answers about messages and the rest, as our facts have them."""

from datetime import timedelta
from typing import Any

import pytest

from tests.contracts.wecom.calls import DAY, JPEG, LATER, Recorded, sample
from tests.contracts.wecom.sample_answers import Refusing, run, second, told
from wecom import (
    agents,
    audit,
    broadcasts,
    intercept,
    media,
    messages,
    moments,
    oauth,
    statistics,
    transfers,
)
from wecom.answers import Answer, Page, follow
from wecom.attachments import Content
from wecom.errors import (
    AlreadyDone,
    AnswerUnreadable,
    LimitExceeded,
    OutcomeUnknown,
    Refused,
    Rejected,
    RelationGone,
)
from wecom.http import Reply, Upload


def test_a_broadcast_cancelled_before_is_already_done() -> None:
    before = Refusing(Refused("p", "d", errcode=41093))
    with pytest.raises(AlreadyDone):
        run(broadcasts.cancel(before, "m"))
    with pytest.raises(Refused):
        run(broadcasts.cancel(Refusing(Refused("p", "d", errcode=41047)), "m"))


def test_a_note_says_who_did_not_get_it() -> None:
    note = messages.Note(messages.Recipients(("li",)), 1, messages.Text("您好"))
    sent = run(messages.send(told("90236_message.send.response"), note))
    assert sent.invalid_staff == ("userid1", "userid2")
    assert sent.unlicensed_staff == ("userid3", "userid4")
    assert (sent.msgid, sent.response_code) == ("xxxx", "xyzxyz")
    assert "xyzxyz" not in repr(sent)


def test_a_note_without_its_duplicate_check_is_not_repeatable() -> None:
    client = told("90236_message.send.response")
    to = messages.Recipients(("li",))
    run(messages.send(client, messages.Note(to, 1, messages.Text("a"), duplicate_check_s=0)))
    run(messages.send(client, messages.Note(to, 1, messages.Text("a"))))
    assert [one.idempotent for one in client.asked] == [False, True]


def test_a_broadcast_says_whom_it_could_not_take() -> None:
    created = run(
        broadcasts.create(
            told("92135_externalcontact.add_msg_template.response"),
            broadcasts.GroupBroadcast(Content("您好"), "li"),
        )
    )
    assert created.msgid == "msgGCAAAXtWyujaWJHDDGi0mAAAA"
    assert created.failed == ("wmqfasd1e1927831123109rBAAAA",)


def test_what_became_of_a_broadcast_is_read() -> None:
    task = run(broadcasts.tasks(told("93338_externalcontact.get_groupmsg_task.response"), "m"))[0]
    assert (task.staff_id, task.status, task.sent_at) == (
        "zhangsan",
        broadcasts.TASK_SENT,
        second(1552536375),
    )
    name = "93338_externalcontact.get_groupmsg_send_result.response"
    row = run(broadcasts.results(told(name), "m", "zhangsan"))[0]
    assert row.status == broadcasts.SENT
    assert row.chat_id == "wrOgQhDgAAMYQiS5ol9G7gK9JVAAAA"


def test_a_listed_broadcast_may_have_no_readable_time() -> None:
    name = "93338_externalcontact.get_groupmsg_list_v2.response"
    listed = run(broadcasts.listed(told(name), "single", DAY, LATER))[0]
    assert (listed.create_type, listed.created_at, listed.text) == (1, None, "文本消息内容")
    with pytest.raises(Rejected):
        run(broadcasts.listed(told(name), "single", DAY, LATER, limit=101))


def test_ids_with_blanks_behind_them_are_ids() -> None:
    name = "93333_externalcontact.get_moment_comments.response"
    found = run(moments.reactions(told(name), "mom", "li"))
    assert [one.external_userid for one in found.comments] == [
        "woAJ2GCAAAXtWyujaWJHDDGi0mACAAAA",
        "",
    ]
    assert [one.staff_id for one in found.likes] == ["", "zhangshan"]


def test_the_job_of_a_moment_says_who_was_wrong() -> None:
    name = "95094_externalcontact.get_moment_task_result.response"
    result = run(moments.job_result(told(name), "j"))
    assert (result.status, result.errcode, result.moment_id) == (moments.BEGUN, 0, "xxxx")
    assert result.invalid_senders == ("zhangshan", "lisi")
    assert (result.invalid_departments, result.invalid_tags) == ((2, 3), ("xxx",))


def test_a_handover_is_judged_customer_by_customer() -> None:
    name = "92125_externalcontact.transfer_customer.response"
    refused, taken = run(transfers.customers(told(name), "a", "b", ["x", "y"]))
    assert isinstance(refused.error, RelationGone)
    assert (refused.error.errcode, taken.error) == (40096, None)
    name = "92127_externalcontact.groupchat.transfer.response"
    (failed,) = run(transfers.groups_of_leaver(told(name), ["x"], "b"))
    assert isinstance(failed.error, Refused)
    assert "离职" in failed.error.person


def test_the_states_of_handovers_are_read() -> None:
    name = "94088_externalcontact.transfer_result.response"
    found = run(transfers.states(told(name), "a", "b"))[:3]
    assert [one.status for one in found] == [
        transfers.DONE,
        transfers.WAITING,
        transfers.REFUSED,
    ]
    assert [one.takeover_at for one in found] == [second(1588262400), second(1588482400), None]


def test_the_last_page_of_leavers_says_so_itself() -> None:
    answer = sample("92124_externalcontact.get_unassigned_list.response") | {"is_last": True}
    client = Recorded(answer)
    assert len(run(transfers.unassigned(client))) == 2
    assert len(client.asked) == 1


def test_a_material_lives_three_days_whichever_way_its_time_is_written() -> None:
    for created_at in ("1380000000", 1380000000):
        answer = sample("90253_media.upload") | {"created_at": created_at}
        material = run(media.upload(Recorded(answer), "image", JPEG))
        assert material.expires_at == second(1380000000) + timedelta(days=3)
        assert material.media_id == "1G6nrLmr5EC3MMb_-zK1dDdzmd0p7cNliYu9V5w7o8K0"


@pytest.mark.parametrize("size", [0, 5, 2 * 1024**2 + 1])
def test_a_material_of_a_wrong_size_is_not_uploaded(size: int) -> None:
    client = told("90253_media.upload")
    with pytest.raises(LimitExceeded):
        run(media.upload(client, "voice", Upload("a.amr", b"x" * size)))
    with pytest.raises(Rejected):
        run(media.upload(client, "voice", Upload("", b"x" * 10)))
    assert client.asked == []


class Downloads(Recorded):
    """Answers a file, or the object that WeCom sends in its place."""

    def __init__(self, problem: dict[str, Any] | None, headers: dict[str, str]) -> None:
        super().__init__({})
        self.problem, self.headers = problem, headers
        self.ranges: list[dict[str, str]] = []

    async def download(self, path: str, **asked: Any) -> tuple[dict[str, Any] | None, Reply]:
        self.ranges.append(asked["headers"])
        return self.problem, Reply(206, self.headers, b"part")


def test_a_part_of_a_material_says_how_much_there_is() -> None:
    client = Downloads(None, {"content-type": "image/png; x", "content-range": "bytes 0-3/99"})
    piece = run(media.download(client, "m", first=0, last=3))
    assert (piece.content, piece.content_type, piece.total) == (b"part", "image/png", 99)
    assert client.ranges == [{"Range": "bytes=0-3"}]
    whole = Downloads(None, {})
    assert run(media.download(whole, "m")).total is None
    assert whole.ranges == [{}]
    with pytest.raises(OutcomeUnknown):
        run(media.download(Downloads({"errcode": 0}, {}), "m"))


def test_who_signs_in_is_a_member_or_an_outsider() -> None:
    member = run(oauth.who(told("91023_user.getuserinfo.response"), "c"))
    assert member == oauth.SignedInMember("USERID", "")
    outsider = run(oauth.who(told("91023_user.getuserinfo.response.2"), "c"))
    assert outsider == oauth.SignedInOutsider("OPENID", "EXTERNAL_USERID")
    newer = run(oauth.who(Recorded({"userid": "li", "user_ticket": "ut"}), "c"))
    assert newer == oauth.SignedInMember("li", "ut")
    with pytest.raises(AnswerUnreadable):
        run(oauth.who(Recorded({}), "c"))
    with pytest.raises(LimitExceeded):
        run(oauth.who(Recorded({}), "c" * 513))


def test_a_ticket_is_not_shown() -> None:
    client = told("96909_get_jsapi_ticket")
    assert run(oauth.corp_ticket(client)) == oauth.Ticket("TICKET", 7200)
    ticket = run(oauth.agent_ticket(client))
    assert "TICKET" not in repr(ticket)
    assert [one.params for one in client.asked] == [{}, {"type": "agent_config"}]


def test_agreement_is_told_pair_by_pair() -> None:
    name = "91782_msgaudit.check_single_agree.response"
    client = told(name)
    found = run(audit.single_agreements(client, [("li", "wm1")]))
    assert [one.agreed for one in found] == [True, False, True]
    assert found[0].changed_at == second(1562766651)
    assert client.asked[0].body == {"info": [{"userid": "li", "exteranalopenid": "wm1"}]}
    with pytest.raises(LimitExceeded):
        run(audit.single_agreements(client, [("li", "wm1")] * 101))


def test_a_rule_is_read_in_both_known_shapes() -> None:
    answer = sample("95097_externalcontact.get_intercept_rule.response")
    rule = run(intercept.get(Recorded(answer), "1"))
    assert (rule.rule_id, rule.semantics, rule.action) == ("1", (1, 2, 3), intercept.BLOCK)
    assert rule.scope == intercept.Scope(("zhangshan",), (2, 3))
    older = dict(answer["rule"])
    older["extra_rule"] = {"semantics_list": older.pop("semantics_list")}
    older["rule_id"] = "xxx"
    again = run(intercept.get(Recorded({"rule": older}), "xxx"))
    assert (again.rule_id, again.semantics) == ("xxx", (1, 2, 3))


def test_the_figures_of_a_day_keep_their_shares() -> None:
    name = "92132_externalcontact.get_user_behavior_data.response"
    day = run(statistics.contacts(told(name), DAY, LATER, staff_ids=["li"]))[0]
    assert (day.talks, day.reply_percentage, day.reply_minutes) == (100, 60.25, 1.0)
    assert day.day == second(1536508800)
    quiet = Recorded({"behavior_data": [{"stat_time": 1536508800}]})
    assert run(statistics.contacts(quiet, DAY, LATER, staff_ids=["li"]))[0].reply_percentage is None


def test_the_figures_of_groups_end_where_the_offset_does() -> None:
    name = "92133_externalcontact.groupchat.statistic.response"
    client = told(name)
    found = run(statistics.groups_by_owner(client, DAY, LATER, ["li"]))
    assert [(one.owner, one.figures.groups) for one in found] == [("zhangsan", 2), ("lisi", 3)]
    assert len(client.asked) == 1
    stuck = Recorded(sample(name) | {"next_offset": 0, "total": 9})
    with pytest.raises(AnswerUnreadable):
        run(statistics.groups_by_owner(stuck, DAY, LATER, ["li"]))


def test_an_app_says_what_it_sees() -> None:
    agent = run(agents.get(told("90227_agent.get"), 1000005))
    assert (agent.visible_staff, agent.visible_departments, agent.closed) == (
        ("zhangshan", "lisi"),
        (1,),
        False,
    )
    addresses = run(agents.callback_addresses(told("90238_getcallbackip")))
    assert addresses
    assert all(one.count(".") == 3 for one in addresses)


def test_a_cursor_that_does_not_move_is_an_error_and_not_an_endless_loop() -> None:
    async def stuck(cursor: str) -> Page[int]:
        return Page((1,), "same")

    with pytest.raises(AnswerUnreadable):
        run(follow(stuck))


def test_a_list_of_another_type_is_never_taken_for_an_empty_one() -> None:
    """A reconciliation would else delete everything."""
    others: list[Any] = [{}, "", 0, False, "none"]
    for value in others:
        with pytest.raises(AnswerUnreadable):
            Answer("p", {"rows": value}).objects("rows")
        with pytest.raises(AnswerUnreadable):
            Answer("p", {"rows": value}).strings("rows")
    assert Answer("p", {"rows": None}).objects("rows") == ()
