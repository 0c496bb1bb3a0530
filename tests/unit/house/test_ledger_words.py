"""Whatever the code writes to the ledger has words on the pages: its kind and its act.

So does every kind of work item.
"""

import ast
import re
from collections.abc import Iterator
from typing import get_args

from archive.facts import SignalKind
from community.facts import Happening
from compliance.fence.steps import Kind
from console.naming import OBJECTS
from console.state_words import WORK_KINDS
from console.wording import ACTS, KINDS, SYSTEMS
from crm_sync.rules.relations import Landing
from delivery.dialling import PHONE
from delivery.facts import BROADCAST, MOMENT, STAFF_CARD, WELCOME
from delivery.models import OutboxState
from delivery.results import STATES
from delivery.text_messages import SMS
from tests.unit.house.sources import Source, dotted, imported, sources

SETTLED = set(OutboxState) - {OutboxState.QUEUED, OutboxState.SENDING}
UNWRITTEN = {Landing.SAME, Landing.STAYS_ENDED, Landing.STALE}
MADE: dict[str, set[str]] = {
    "f'allow.{state}'": {"allow.approved", "allow.refused", "allow.revoked"},
    "f'broadcast.customer_{state}'": {f"broadcast.customer_{one}" for one in STATES.values()},
    "f'department.{event.change}'": {f"department.{one}" for one in ("create", "update", "delete")},
    "f'evidence.{state}'": {"evidence.approved", "evidence.refused"},
    "f'fence.{step.kind}'": {f"fence.{one}" for one in get_args(Kind)},
    "f'group.{acts[0]}'": {f"group.{one}" for one in get_args(Happening)},
    "f'import.{ending.state}'": {
        f"import.{one}" for one in ("applied", "dry_run", "refused", "failed")
    },
    "f'lead.{way.to}'": {"lead.taken", "lead.done", "lead.open"},
    "f'member.{event.change}'": {f"member.{one}" for one in ("create", "update", "delete")},
    "f'relation.{how}'": {f"relation.{one}" for one in set(Landing) - UNWRITTEN},
    "f'session.{act}'": {f"session.{one}" for one in ("signed_in", "signed_out", "proved_again", "refused")},
    "f'{claim.kind}.absent'": {f"{one}.absent" for one in (SMS, PHONE)},
    "f'{claim.kind}.found'": {f"{one}.found" for one in (SMS, PHONE)},
    "f'{claim.kind}.uncertain'": {f"{one}.uncertain" for one in (WELCOME, STAFF_CARD, SMS, PHONE)},
    "f'{claim.kind}.{state.value}'": {
        f"{kind}.{state.value}" for kind in (WELCOME, BROADCAST, MOMENT, STAFF_CARD, SMS, PHONE) for state in SETTLED
    },
    "f'{one.intent.channel.value}.planned'": {
        f"{channel}.planned" for channel in ("todo", "broadcast", "moment", "sms")
    },
}  # fmt: skip
"""Acts that are put together at run time, and all that each may become."""
MADE_WORK: dict[str, set[str]] = {
    "f'customer_{one.kind}'": {f"customer_{one}" for one in get_args(SignalKind)},
    "f'send_{state.value}'": {"send_failed", "send_unknown"},
}
NO_ENTRIES = {"console.library.editing", "console.wording", "kit.ledger.entries"}
"""Modules whose ``act`` is a button or an entry already written."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


def _place_of_act(function: Function) -> int | None:
    """Where a function takes an act; -1 for by its name alone, None for not at all."""
    if any(one.arg == "act" for one in function.args.kwonlyargs):
        return -1
    names = [one.arg for one in function.args.args]
    return names.index("act") if "act" in names else None


def _takers() -> dict[str, int]:
    """Functions that are told which act to write, by full name."""
    return {
        f"{source.module}.{node.name}": place
        for source in sources()
        if source.module not in NO_ENTRIES
        for node in ast.walk(source.tree)
        if isinstance(node, Function) and (place := _place_of_act(node)) is not None
    }


def _calls() -> Iterator[tuple[Source, ast.Call, str, ast.expr]]:
    """Every call that names an act: where, by what full name, and the act's expression."""
    takers = _takers()
    for source in sources():
        known = imported(source)
        for node in ast.walk(source.tree):
            if not isinstance(node, ast.Call):
                continue
            first, dot, rest = dotted(node.func).partition(".")
            name = known.get(first, f"{source.module}.{first}") + dot + rest
            given = {one.arg: one.value for one in node.keywords}
            if name.rpartition(".")[2] == "Entry" and "act" in given:
                yield source, node, "Entry", given["act"]
            elif name in takers:
                place = takers[name]
                yield source, node, name, given["act"] if "act" in given else node.args[place]


def _values(source: Source, node: ast.expr) -> set[str]:
    """All texts that an expression may be; those taken from a caller are asked of the caller."""
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    if isinstance(node, ast.IfExp):
        return _values(source, node.body) | _values(source, node.orelse)
    if isinstance(node, ast.JoinedStr):
        return MADE[ast.unparse(node)]
    assert isinstance(node, ast.Name), f"{source.name}: {ast.unparse(node)}"
    home = imported(source).get(node.id, "").rpartition(".")[0]
    files = [one for one in sources() if one.module == (home or source.module)]
    return {
        value
        for one in files
        for given in ast.walk(one.tree)
        if isinstance(given, ast.Assign | ast.AnnAssign)
        and node.id in _targets(given)
        and given.value is not None
        for value in _values(one, given.value)
    }


def _targets(node: ast.Assign | ast.AnnAssign) -> set[str]:
    return {
        dotted(one) for one in (node.targets if isinstance(node, ast.Assign) else [node.target])
    }


def test_every_act_that_is_written_has_words() -> None:
    written = {
        (source.name, act)
        for source, _, name, node in _calls()
        if name != "kit.web.signing_in.record"  # its acts follow ``session.``
        for act in _values(source, node)
    }
    assert len({act for _, act in written}) > 100
    wordless = sorted({(act, where) for where, act in written if act not in ACTS})
    assert not wordless, wordless


def test_every_act_of_a_sign_in_is_one_of_those_that_are_put_together() -> None:
    said = {
        f"session.{act}"
        for source, _, name, node in _calls()
        if name == "kit.web.signing_in.record"
        for act in _values(source, node)
    }
    assert said == MADE["f'session.{act}'"]


def test_every_kind_that_is_written_has_words() -> None:
    kinds = {
        (source.name, kind)
        for source, call, name, _ in _calls()
        if name == "Entry"
        for one in call.keywords
        if one.arg == "kind"
        for kind in _values(source, one.value)
    }
    assert len({kind for _, kind in kinds}) > 8
    wordless = sorted({(kind, where) for where, kind in kinds if kind not in KINDS})
    assert not wordless, wordless


def test_every_way_of_putting_an_act_together_is_in_use() -> None:
    used = {
        ast.unparse(part)
        for _, _, _, node in _calls()
        for part in ast.walk(node)
        if isinstance(part, ast.JoinedStr)
    }
    assert used == set(MADE)


def test_every_object_and_every_system_that_is_written_has_words() -> None:
    objects: set[str] = set()
    systems: set[str] = set()
    for source in sources():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                systems |= set(re.findall(r"^system:([a-z_]+)$", node.value))
            if isinstance(node, ast.keyword) and node.arg == "object":
                objects |= set(re.findall(r"^f?'([a-z_]+):", ast.unparse(node.value)))
    named = {"customer", "staff", "group", "contact", "script", *OBJECTS}
    assert len(objects) > 15
    assert objects <= named, objects - named
    assert len(systems) > 8
    assert systems <= set(SYSTEMS), systems - set(SYSTEMS)


def test_every_kind_of_work_item_has_words() -> None:
    kinds: set[str] = set()
    for source in sources():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] == "Work":
                given = {one.arg: one.value for one in node.keywords}.get("kind")
                if isinstance(given, ast.JoinedStr):
                    kinds |= MADE_WORK[ast.unparse(given)]
                elif isinstance(given, ast.Constant):
                    kinds.add(str(given.value))
    assert len(kinds) > 6
    assert kinds <= set(WORK_KINDS), kinds - set(WORK_KINDS)
