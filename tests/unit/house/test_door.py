"""No path to a customer around the door (architecture.md 4.3 and 5; decision 0003).

Read from the code itself: which functions of ``wecom`` say something to a customer, who calls
them, who makes the rows they are called for, and whether the gate stands before each.
"""

import ast
import importlib
import inspect
import pkgutil
import re
import typing
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

import wecom
from compliance.facts import Channel
from tests.unit.house.graph import functions, leads_to, mentioned, mentioning
from tests.unit.house.sources import (
    ROOT,
    Source,
    calls,
    constants,
    dotted,
    imported,
    mentions,
    sources,
)

GATE = "compliance.gate.Court"
SPEAKS_IN = "delivery.phrasing"

DOORS: dict[Channel, tuple[str, ...]] = {
    Channel.TODO: ("delivery.door.submit",),
    Channel.BROADCAST: ("delivery.door.submit",),
    Channel.WELCOME: ("delivery.welcome.submit",),
    Channel.SMS: ("delivery.door.submit",),
    Channel.PHONE: ("delivery.dialling.ask",),
    Channel.SIDEBAR: ("delivery.tickets.prepare",),
    Channel.MOMENT: ("delivery.door.submit", "delivery.moments.leaving.leave"),
    Channel.GROUP: ("delivery.group_posts.prepare",),
}
"""Where a message of each channel is judged. A channel without a door has no way out at all."""
TO_STAFF = {Channel.STAFF_NOTE: "delivery.jobs.announce"}

SPEAKS: dict[str, Channel | None] = {
    "wecom.welcome.send": Channel.WELCOME,
    "wecom.broadcasts.create": Channel.BROADCAST,
    "wecom.moments.create": Channel.MOMENT,
    "wecom.welcome.add_group_template": None,
    "wecom.welcome.edit_group_template": None,
}
"""What has WeCom say our words to a customer, by the channel whose door judges them; None: nobody
judges them, so nobody may call it."""

STAFF_HEAR = {"wecom.messages.send", "wecom.messages.update_card"}
"""App messages: WeCom delivers them to members of the corp alone."""

MAKES_CALLS = {
    "delivery.welcome.submit": "judges by itself",
    "delivery.broadcasts.close": "only what the door gathered",
    "delivery.moments.gathering._queue": "only what the door put on a list, judged again at the call",
    "delivery.jobs.announce": "to our own staff",
    "delivery.reminding.nudge": "to our own staff",
    "delivery.dialling._write": "only what the tap judged, and the gate again before it rings",
    "delivery.text_messages.queue": "only what the door judged, and the gate again at sending",
}
"""Who may put a call to WeCom into the outbox, and why that is no way around."""

ROWS = {
    "Outbox": {"delivery.repository.outbox"},
    "Todo": {"delivery.repository.todos"},
    "PhoneCall": {"delivery.repository.phone_calls"},
    "Broadcast": {"delivery.broadcasts"},
    "BroadcastRecipient": {"delivery.broadcasts"},
    "MomentTask": {"delivery.moments.service"},
    "MomentPart": {"delivery.moments.gathering"},
    "MomentReader": {"delivery.moments.gathering", "delivery.moments.jobs"},
    "SendTicket": {"delivery.tickets", "delivery.group_posts"},
}
"""Tables whose rows are messages, and the modules that insert into each."""

TAPS = {
    "bot.sidebar.sends.send": "delivery.tickets.prepare",
    "bot.sidebar.group.send": "delivery.group_posts.prepare",
}
"""The routes that hand a text to the phone, and the door each asks for it."""

WORDS_OF_THE_CLIENT = re.compile(
    r"""W\.call\(\s*['"](sendChatMessage|openExistedChatWithMsg|shareToExternal\w+|shareAppMessage)"""
)


def callers(name: str) -> set[str]:
    """The functions of ours, outside ``wecom`` itself, that mention ``name``."""
    return {one for one in mentioning().get(name, ()) if not one.startswith("wecom.")}


def _carries_words(kind: Any) -> bool:
    parts = typing.get_args(kind)
    if parts:
        return any(_carries_words(part) for part in parts)
    names = _names_of(kind) if isinstance(kind, type) else ()
    if not names:
        return False
    hints = typing.get_type_hints(kind)
    if hints.get("text") is str:
        return True
    return any(hints[name] is not kind and _carries_words(hints[name]) for name in names)


def _names_of(kind: type) -> tuple[str, ...]:
    """The fields of a fact, of either kind (docs/decisions/0004)."""
    if issubclass(kind, Struct):
        return kind.__struct_fields__
    return tuple(one.name for one in fields(kind)) if is_dataclass(kind) else ()


def test_every_call_of_wecom_that_takes_words_for_customers_is_known_here() -> None:
    found = set()
    for info in pkgutil.iter_modules(wecom.__path__, "wecom."):
        module = importlib.import_module(info.name)
        for name, function in inspect.getmembers(module, inspect.iscoroutinefunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                hints = typing.get_type_hints(function)
                if any(_carries_words(hint) for part, hint in hints.items() if part != "return"):
                    found.add(f"{module.__name__}.{name}")
    assert found == {*SPEAKS, *STAFF_HEAR}


@pytest.mark.parametrize("name", sorted(SPEAKS))
def test_only_phrasing_has_wecom_speak_to_customers(name: str) -> None:
    modules = {
        one.module
        for one in sources()
        if one.package != "wecom" and name in {full for full, _ in mentions(one)}
    }
    assert modules <= {SPEAKS_IN}
    channel = SPEAKS[name]
    if channel is None or not DOORS[channel]:
        assert not modules, f"{name}: nothing judges these words"


def test_nobody_speaks_to_wecom_in_raw_paths() -> None:
    paths = re.compile(r"\b(externalcontact|cgi-bin)/|\bmessage/send\b|\bkf/send_msg")
    found = [
        f"{one.name}:{line}: {text[:60]}"
        for one in sources()
        if one.package != "wecom"
        for text, line in constants(one)
        if paths.search(text)
    ]
    assert not found, "\n".join(found)


def test_a_handover_greets_nobody_outside_phrasing() -> None:
    found = [
        f"{one.name}:{call.lineno}"
        for one in sources()
        if one.package != "wecom" and one.module != SPEAKS_IN
        for call in calls(one.tree)
        if any(part.arg == "greeting" for part in call.keywords)
        and dotted(call.func).endswith("transfers.customers")
    ]
    assert not found, "transfer_success_msg is read by the customer: " + ", ".join(found)


def test_every_channel_has_its_door_or_no_way_out() -> None:
    assert set(DOORS) | set(TO_STAFF) == set(Channel)


@pytest.mark.parametrize(
    ("channel", "door"), [(channel, door) for channel, doors in DOORS.items() for door in doors]
)
def test_the_gate_stands_before_every_channel(channel: Channel, door: str) -> None:
    assert door in mentioned(), f"{door} is not there"
    assert leads_to(door, GATE), f"{channel}: {door} does not ask the gate"


def test_a_text_message_is_judged_again_and_queued_by_those_who_chose_it_alone() -> None:
    assert leads_to("delivery.text_messages.ready", GATE)
    assert callers("delivery.text_messages.queue") == {
        "delivery.door._queue",
        "delivery.channel_handover.hand_over",
    }
    modules = {
        one.module
        for one in sources()
        for call in calls(one.tree)
        if dotted(call.func).endswith("gateway.send")
    }
    assert modules == {SPEAKS_IN}


def test_a_call_is_judged_at_the_tap_and_again_before_the_exchange_is_asked_by_phrasing_alone() -> (
    None
):
    assert leads_to("delivery.dialling.ready", GATE)
    assert callers("delivery.dialling._write") == {"delivery.dialling.ask"}
    assert callers("delivery.dialling.ask") == {"bot.sidebar.calls.dial"}
    modules = {
        one.module
        for one in sources()
        for call in calls(one.tree)
        if dotted(call.func).endswith("dialler.connect")
    }
    assert modules == {SPEAKS_IN}


def test_a_moment_is_judged_again_before_its_call_and_its_list_made_by_the_door_alone() -> None:
    assert leads_to("delivery.moments.leaving.leave", GATE)
    assert callers("delivery.moments.leaving.leave") == {"delivery.phrasing.routes"}
    assert callers("delivery.moments.gathering.gather") == {"delivery.door._queue"}
    assert callers("wecom.moments.create") == {"delivery.phrasing.routes"}


def test_a_door_does_not_lead_through_the_gate_by_chance() -> None:
    assert not leads_to("delivery.jobs.announce", GATE)
    assert not leads_to("delivery.broadcasts.gather", GATE)


def test_only_those_who_judge_put_calls_into_the_outbox() -> None:
    assert callers("delivery.repository.outbox.put") == set(MAKES_CALLS)


def test_only_the_door_makes_todos_and_gathers_broadcasts() -> None:
    assert callers("delivery.broadcasts.gather") == {"delivery.door._queue"}
    assert callers("delivery.repository.todos.put") == {"delivery.door._queue"}
    assert callers("delivery.door._queue") == {"delivery.door.submit"}


def test_only_the_composition_makes_a_dispatcher_and_only_with_our_routes() -> None:
    assert callers("delivery.dispatcher.Dispatcher") <= {
        "wiring.parts.Parts.dispatcher",
        "bot.welcome_lane.WelcomeLane.__init__",  # names the type, is handed one
    }
    assert callers("delivery.phrasing.routes") == {"wiring.parts.Parts.dispatcher"}
    made = {
        one.module
        for one in sources()
        for call in calls(one.tree)
        if dotted(call.func) == "Route" and one.package == "delivery"
    }
    assert made == {SPEAKS_IN}


@pytest.mark.parametrize("table", sorted(ROWS))
def test_rows_that_are_messages_are_made_behind_a_door(table: str) -> None:
    inserts = {"insert", "insert_columns", "insert_into", "insert_new", "inserted", "upsert", table}
    found = set()
    for one in sources():
        for call in calls(one.tree):
            verb = dotted(call.func).rpartition(".")[2]
            if verb not in inserts:
                continue
            about = {dotted(part) for part in call.args} if verb != table else {table}
            if table in about and _is_model(one, table):
                found.add(one.module)
    assert found == ROWS[table]


def _is_model(source: Source, table: str) -> bool:
    return any(full.startswith("delivery.models") and full.endswith(f".{table}") for full, _ in mentions(source))  # fmt: skip


MATERIAL = "delivery.attached._payload"
"""An approved material by its live media id: no words of anybody stand in it."""
ARTICLE = "bot.sidebar.articles.cards_of"
"""An approved article behind our own address, made from the version that the ticket is for."""


def test_the_phone_sends_only_the_text_of_a_ticket() -> None:
    payloads = [
        (one, owner, node)
        for one in sources()
        if one.package not in ("wecom", "archive")
        for owner, function in functions(one)
        for node in ast.walk(function)
        if isinstance(node, ast.Dict)
        and any(isinstance(key, ast.Constant) and key.value == "msgtype" for key in node.keys)
    ]
    assert sorted(owner for _, owner, _ in payloads) == sorted((*TAPS, *(MATERIAL,) * 3, ARTICLE))
    assert callers("delivery.attached.payloads") == set(TAPS)
    assert callers(ARTICLE) == {"bot.sidebar.sends.send"}
    assert callers(MATERIAL) == {"delivery.attached.payloads"}
    for source, owner, payload in payloads:
        if owner in (MATERIAL, ARTICLE):
            continue
        texts = [ast.unparse(part) for part in ast.walk(payload) if isinstance(part, ast.Attribute)]
        assert texts == ["ticket.text"]
        [function] = [node for name, node in functions(source) if name == owner]
        given = [
            node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ticket"
        ]
        assert given
        for value in given:
            assert isinstance(value, ast.Await)
            assert isinstance(value.value, ast.Call)
            assert _named(source, dotted(value.value.func)) == TAPS[owner]


def _named(source: Source, local: str) -> str:
    first, _, rest = local.partition(".")
    known = imported(source).get(first, f"{source.module}.{first}")
    return f"{known}.{rest}" if rest else known


def test_every_door_of_a_tap_is_the_door_of_its_channel() -> None:
    assert set(TAPS.values()) == {*DOORS[Channel.SIDEBAR], *DOORS[Channel.GROUP]}


def test_tickets_are_made_at_the_doors_alone() -> None:
    made = {
        name
        for name in callers("delivery.tickets.Ticket")
        if not name.startswith("bot.")  # the routes only pass them on
    }
    assert made == {
        "delivery.tickets.prepare",
        "delivery.tickets._hand_out",
        "delivery.group_posts.prepare",
    }
    assert callers("delivery.tickets._hand_out") == {"delivery.tickets.prepare"}


def test_the_page_asks_the_server_for_every_word_it_sends() -> None:
    scripts = sorted((ROOT / "kit" / "web" / "static").glob("*.js"))
    found = {
        path.name: WORDS_OF_THE_CLIENT.findall(path.read_text(encoding="utf-8")) for path in scripts
    }
    assert {name: said for name, said in found.items() if said} == {"h5.js": ["sendChatMessage"]}
    h5 = Path(ROOT / "kit" / "web" / "static" / "h5.js").read_text(encoding="utf-8")
    assert "inOrder(ticket.payloads)" in h5
    assert h5.count("inOrder(") == 2  # its definition and this use
