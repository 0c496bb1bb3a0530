"""Every way to a customer is listed here, and each goes through a door with the gate in it.

The list is compared with the code: every endpoint of WeCom that our client knows is either a way
(its words or pictures come before a customer or a group) or says why it is none. An endpoint that
nobody has entered fails here before it can be used.
"""

import ast
import re
from dataclasses import dataclass
from typing import Final

import pytest

from tests.unit.house.graph import leads_to, mentioning
from tests.unit.house.sources import ROOT, Source, constants, sources
from tests.unit.house.test_door import DOORS, GATE, SPEAKS, SPEAKS_IN, TAPS

ENDPOINT: Final = re.compile(r"[a-z]+(/[a-z_0-9]+)+")
NO_ENDPOINT: Final = frozenset({"application/json", "text/plain"})


@dataclass(frozen=True)
class Way:
    """One way to a customer: our function that says it, and who may call that function.

    ``doors`` judge what goes this way; none where nobody uses it, or where it carries no words
    of ours as long as ``silent`` are never sent along.
    """

    function: str
    callers: frozenset[str] = frozenset()
    doors: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()


SUBMIT: Final = "delivery.door.submit"
SPOKEN: Final = frozenset({f"{SPEAKS_IN}.routes"})
ASKING: Final = frozenset({"portfolio.handover.asking._codes"})

WAYS: Final = {
    "externalcontact/send_welcome_msg": Way(
        "wecom.welcome.send", SPOKEN, ("delivery.welcome.submit",)
    ),
    "externalcontact/add_msg_template": Way("wecom.broadcasts.create", SPOKEN, (SUBMIT,)),
    "externalcontact/add_moment_task": Way(
        "wecom.moments.create", SPOKEN, (SUBMIT, "delivery.moments.leaving.leave")
    ),
    "externalcontact/group_welcome_template/add": Way("wecom.welcome.add_group_template"),
    "externalcontact/group_welcome_template/edit": Way("wecom.welcome.edit_group_template"),
    "externalcontact/transfer_customer": Way(
        "wecom.transfers.customers", ASKING, silent=("greeting",)
    ),
    "externalcontact/resigned/transfer_customer": Way(
        "wecom.transfers.customers_of_leaver", ASKING, silent=("greeting",)
    ),
    "externalcontact/add_contact_way": Way(
        "wecom.contact_ways.add",
        frozenset({"crm_sync.contact_ways.issue_way"}),
        silent=("conclusions",),
    ),
    "externalcontact/update_contact_way": Way("wecom.contact_ways.update", silent=("conclusions",)),
    "externalcontact/groupchat/add_join_way": Way("wecom.groups.add_join_way"),
    "externalcontact/groupchat/update_join_way": Way("wecom.groups.update_join_way"),
}
"""What of WeCom's own interfaces can bring something before a customer or a group."""

BESIDE_WECOM: Final = {
    "sendChatMessage, one customer": "delivery.tickets.prepare",
    "sendChatMessage, a group": "delivery.group_posts.prepare",
    "text message": "delivery.text_messages.ready",
    "telephone call, the tap": "delivery.dialling.ask",
    "telephone call, right before it": "delivery.dialling.ready",
    "a to-do's words, read out or copied": SUBMIT,
}
"""The ways that do not go through WeCom's server, by the door that judges them."""

_CONTACT, _GROUP = "externalcontact/", "externalcontact/groupchat/"
NONE: Final = {
    "members and apps of the corp read it, customers do not": {
        "message/send", "message/recall", "message/update_template_card",
        f"{_CONTACT}remind_groupmsg_send", f"{_CONTACT}remark",
    },
    "takes back what was going to be said": {
        f"{_CONTACT}cancel_groupmsg_send", f"{_CONTACT}cancel_moment_task",
        f"{_CONTACT}del_contact_way", f"{_GROUP}del_join_way",
        f"{_CONTACT}group_welcome_template/del",
    },
    "labels that only members see": {
        f"{_CONTACT}add_corp_tag", f"{_CONTACT}edit_corp_tag", f"{_CONTACT}del_corp_tag",
        f"{_CONTACT}mark_tag", f"{_CONTACT}get_corp_tag_list",
    },
    "keeps words away from customers": {
        f"{_CONTACT}add_intercept_rule", f"{_CONTACT}update_intercept_rule",
        f"{_CONTACT}del_intercept_rule", f"{_CONTACT}get_intercept_rule",
        f"{_CONTACT}get_intercept_rule_list",
    },
    "a file that nobody sees before a way above names it": {
        "media/upload", "media/upload_attachment", "media/uploadimg", "media/get",
    },
    "a group changes its owner, WeCom's own notice, no word of ours": {
        f"{_GROUP}onjob_transfer", f"{_GROUP}transfer",
    },
    "is read and changes nothing": {
        "agent/get", "auth/getuserdetail", "auth/getuserinfo", "department/list",
        "message/getchatdata", "message/getchatmediadata", "msgaudit/check_room_agree",
        "msgaudit/check_single_agree", "msgaudit/get_permit_user_list", "msgaudit/get_robot_info",
        "msgaudit/groupchat/get", "ticket/get", "user/get", "user/list", "user/list_id",
        f"{_CONTACT}batch/get_by_user", f"{_CONTACT}get", f"{_CONTACT}get_contact_way",
        f"{_CONTACT}get_follow_user_list", f"{_CONTACT}get_groupmsg_list_v2",
        f"{_CONTACT}get_groupmsg_send_result", f"{_CONTACT}get_groupmsg_task",
        f"{_CONTACT}get_moment_comments", f"{_CONTACT}get_moment_customer_list",
        f"{_CONTACT}get_moment_list", f"{_CONTACT}get_moment_send_result",
        f"{_CONTACT}get_moment_task", f"{_CONTACT}get_moment_task_result",
        f"{_CONTACT}get_unassigned_list", f"{_CONTACT}get_user_behavior_data",
        f"{_CONTACT}list", f"{_CONTACT}list_contact_way", f"{_CONTACT}opengid_to_chatid",
        f"{_GROUP}get", f"{_GROUP}get_join_way", f"{_GROUP}list", f"{_GROUP}statistic",
        f"{_GROUP}statistic_group_by_day",
    },
}  # fmt: skip
"""Every other endpoint of our client, by the reason why it is no way to a customer."""


def _endpoints() -> dict[str, set[str]]:
    """Every endpoint our client names, with the modules that do."""
    found: dict[str, set[str]] = {}
    for one in sources():
        if one.package == "wecom":
            for text, _ in constants(one):
                if ENDPOINT.fullmatch(text) and text not in NO_ENDPOINT:
                    found.setdefault(text, set()).add(one.module)
    return found


def _known() -> dict[str, str]:
    return {endpoint: why for why, some in NONE.items() for endpoint in some}


def test_every_endpoint_of_wecom_is_a_way_or_says_why_it_is_none() -> None:
    found, listed = set(_endpoints()), set(WAYS) | set(_known())
    assert len(found) > 60
    new = sorted(found - listed - _completed(found))
    assert not new, f"enter {new} in WAYS with its door, or in NONE with the reason"
    assert set(WAYS) & set(_known()) == set()


def _completed(found: set[str]) -> set[str]:
    """Parts of a path whose end is chosen by the call (``…/statistic`` of two)."""
    return {one for one in found if any(other.startswith(f"{one}/") for other in found)}


def test_the_list_names_nothing_that_is_gone() -> None:
    said = " ".join(text for one in sources() if one.package == "wecom" for text, _ in constants(one))  # fmt: skip
    gone = [one for one in {*WAYS, *_known()} if one.rpartition("/")[2] not in said]
    assert not gone, gone


def test_every_path_of_the_client_stands_in_the_code_as_it_is_called() -> None:
    """A path put together from parts could be any endpoint; none is."""
    built = [
        f"{one.name}:{call.lineno}"
        for one in sources()
        if one.package == "wecom"
        for call in ast.walk(one.tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in ("call", "upload")
        and call.args
        and isinstance(call.args[0], ast.JoinedStr | ast.BinOp)
    ]
    assert not built, built


@pytest.mark.mission("C6", "E10")
@pytest.mark.parametrize("endpoint", sorted(WAYS))
def test_a_way_has_the_callers_it_is_listed_with_and_each_of_its_doors_asks_the_gate(
    endpoint: str,
) -> None:
    way = WAYS[endpoint]
    callers = {one for one in mentioning().get(way.function, ()) if not one.startswith("wecom.")}
    assert callers == way.callers
    assert bool(callers) == bool(way.doors or way.silent) or not callers
    for door in way.doors:
        assert leads_to(door, GATE), f"{door} does not ask the gate"
        assert door in {one for doors in DOORS.values() for one in doors}


@pytest.mark.mission("C6", "E10")
@pytest.mark.parametrize("name", sorted(BESIDE_WECOM))
def test_a_way_beside_wecom_asks_the_gate_too(name: str) -> None:
    assert leads_to(BESIDE_WECOM[name], GATE)


def test_the_doors_of_the_phone_are_those_of_this_list() -> None:
    assert set(TAPS.values()) < set(BESIDE_WECOM.values())


def test_what_speaks_by_its_types_is_on_this_list_too() -> None:
    assert set(SPEAKS) <= {way.function for way in WAYS.values()}


def test_silent_ways_stay_silent() -> None:
    """A greeting at a handover and a contact way's parting words are read by customers."""
    words = {"conclusions", "transfer_success_msg", "greeting"}
    said = {
        f"{one.module}: {word}"
        for one in sources()
        for word in _given(one, words)
        if one.module != "wecom.transfers"
    }
    assert not said, f"customers would read this, and nothing judges it: {sorted(said)}"


def _given(source: Source, words: set[str]) -> set[str]:
    """Those of ``words`` that a call passes by name or a body has as a key."""
    found = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.keyword) and node.arg in words and _to_wecom(source):
            found.add(node.arg)
        if isinstance(node, ast.Dict):
            found |= {
                key.value
                for key in node.keys
                if isinstance(key, ast.Constant) and key.value in words
            }
    return found & words


def _to_wecom(source: Source) -> bool:
    return "transfers" in source.text or source.package == "wecom"


def test_the_documents_tell_of_every_way() -> None:
    page = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")
    missing = [one for one in WAYS if f"`{one.removeprefix('externalcontact/')}`" not in page]
    assert not missing, f"docs/gate.md, 每条路: {missing}"
